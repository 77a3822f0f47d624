/* Undoes xz with all processors, where its data is in blocks that do not need each other (`xz -T', pixz); libarchive takes one. What is no xz goes
 * through as it is. Not trusted. */
#pragma once

#include "gallery/archive-read.h"

/* Memory for its dictionary and blocks, bytes: more than that is refused. `xz -9' needs 65 MiB. */
#define UNXZ_MEMORY_MAX (512 * 1024 * 1024)

typedef struct Unxz Unxz;

/* @pull gives the bytes. */
Unxz *unxz_new(ArchivePull pull, gpointer data);
void unxz_free(Unxz *unxz);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unxz, unxz_free)

/* An ArchivePull whose @data is an Unxz. CARREL_ERROR_VERIFY: damaged, cut short, or it wants more memory than UNXZ_MEMORY_MAX. */
gssize unxz_pull(gpointer data, const guint8 **bytes, GError **error);

/* Was it xz? Known after the first pull. */
gboolean unxz_was_compressed(const Unxz *unxz);
