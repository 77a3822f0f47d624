/*
 * Where an image is made before it is in the store: IMAGES/ID-XXXXXX.part, a folder of its own for each run, whose lock says that the run
 * is alive. Whatever a run leaves when it dies lies in there, and the next start removes it.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
	char *dir;
	char *image; /* what becomes the stored file */
	char *note;  /* the builder's note about it */
	char *work;  /* for temporary files of the builder; not made */
	int lock;
} Part;

/* Makes the folder below @images and locks it. */
Part *part_new(const char *images, const char *id, GError **error);

/* Closes the lock; part_remove() before that removes the folder. */
void part_free(Part *part);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Part, part_free)

/* Removes the folder and all in it, in a thread since a builder may leave much. The callback gets no result to finish. */
void part_remove(Part *part, GAsyncReadyCallback callback, gpointer data);

/* Removes the folders below @images of runs that are dead. */
void part_remove_dead(const char *images);
