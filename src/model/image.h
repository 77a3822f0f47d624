/* The gallery's items as the API shows them. */
#pragma once

#include "model/model.h"

typedef struct {
	const char *id, *name, *publisher, *version, *source, *sha256, *description, *kind, *os;
	const char *trust; /* by what it is, or can be, verified: "none", "hash", "signature" */
	const char *logo, *symbol, *thumbnail; /* URLs of pictures, "" = none */
	guint64 size, memory, download_size;
	guint cpus;
	gint64 updated;
	gboolean verified, available, secure_boot, cloud_init;
	GPtrArray *details; /* char *: name, value, name, value, ... */
} ImageView;

/* What to do when an image is not known: lists that were never fetched may have it. Static. */
const char *image_hint(Model *model);

/* Another number whenever the list is another one. */
guint image_revision(Model *model);
guint image_count(Model *model);
/* FALSE when @index is too high. Pointers are borrowed until the main loop runs again. */
gboolean image_view(Model *model, guint index, ImageView *view);
