/* What can be done with the gallery: sources, refresh, download, prune. The items themselves are in image.h. */
#pragma once

#include "model/job.h"
#include "model/model.h"

typedef struct {
	const char *name, *type, *url, *keyring, *error, *signature, *signer;
	guint items;
	gint64 fetched, checked; /* unix seconds, 0 = never */
	gboolean builtin, busy;
	GPtrArray *warnings; /* of char * */
} SourceView;

/* Reads carrel.conf again if somebody edited it. FALSE when @index is too high. Pointers are borrowed until the main loop runs again. */
gboolean model_source_view(Model *model, guint index, SourceView *view);
/* What is wrong with carrel.conf, with file, line and column, or NULL. Borrowed. */
const GError *model_conf_error(Model *model);

typedef struct {
	const char *name;                          /* NULL: made from the URL */
	const char *url, *type, *keyring, *before; /* NULL: as the defaults are, at the end */
} SourceOptions;

/* Writes carrel.conf. *@name is the source's name; caller frees. */
gboolean model_add_source(Model *model, const SourceOptions *options, char **name, GError **error);
gboolean model_remove_source(Model *model, const char *name, GError **error);

/* Jobs "refresh" and "download". @name NULL: all sources. Borrowed. */
Job *model_refresh_gallery(Model *model, const char *name, GError **error);
Job *model_download(Model *model, const char *id, gboolean unverified, GError **error);

void model_prune(Model *model, gboolean all, gboolean dry_run, GAsyncReadyCallback callback, gpointer data);
gboolean model_prune_finish(Model *model, GAsyncResult *result, guint64 *freed, char ***names,
			    GError **error);

/* A picture of the image, see gallery_picture(). */
void model_image_picture(Model *model, const char *id, GCancellable *cancellable,
			 GAsyncReadyCallback callback, gpointer data);
GBytes *model_image_picture_finish(Model *model, GAsyncResult *result, GError **error);
