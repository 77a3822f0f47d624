/*
 * Where an image is made before it is in the store: IMAGES/ID-XXXXXX.part, a folder of its own for each run, whose lock says that the run
 * is alive. Whatever a run leaves when it dies lies in there, and the next start removes it.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
	char *dir;
	char *image;    /* what becomes the stored file */
	char *note;     /* the builder's note about it */
	char *work;     /* for temporary files of the builder; not made */
	char *download; /* of a kept part: the bytes as they came, and what is known of them */
	char *state;
	int lock;
} Part;

/* Makes the folder below @images and locks it. */
Part *part_new(const char *images, const char *id, GError **error);

/* The folder IMAGES/KEY.fetch, which is there already when an earlier run was cut: it stays until part_remove(), or until nobody has touched it for two
 * weeks. CARREL_ERROR_STATE when another run has it. */
Part *part_keep(const char *images, const char *key, GError **error);

/* Removes the files in it, for a new beginning: they are wrong. */
void part_discard(const Part *part);

/* Closes the lock; part_remove() before that removes the folder. */
void part_free(Part *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Part, part_free)

/* Removes the folder and all in it, in a thread since a builder may leave much. The callback gets no result to finish. */
void part_remove(Part *part, GAsyncReadyCallback callback, gpointer data);

/* Removes the folders below @images of runs that are dead, and kept ones that are old. */
void part_remove_dead(const char *images);

/* Kept parts that no run works in: their folders (of char *, owned), for pruning. */
GPtrArray *part_list_kept(const char *images);
/* Removes such a folder unless a run has it. */
gboolean part_remove_kept(const char *dir, GError **error);
