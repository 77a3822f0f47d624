/* What images.c offers to the other files of src/model. Nobody else includes this. */
#pragma once

#include "model/model.h"

/* Reads carrel.conf if it is not what was read last, and sets up the gallery's sources. */
void images_load_conf(Model *model);

/* Progress of the gallery as that of a Job (@job). */
void images_on_progress(const char *step, guint64 done, guint64 total, gpointer job);

/* SHA-256 of each stored image that some file of a VM names, also of a VM that cannot be read: set of char *. */
GHashTable *images_in_use(Model *model);
