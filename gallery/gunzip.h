/* Undoes gzip (RFC 1952), with its checksums: libarchive does not look at them. What is not gzip goes through as it is. Not trusted. */
#pragma once

#include "gallery/archive-read.h"

typedef struct Gunzip Gunzip;

/* @pull gives the bytes. */
Gunzip *gunzip_new(ArchivePull pull, gpointer data);
void gunzip_free(Gunzip *gunzip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gunzip, gunzip_free)

/* An ArchivePull whose @data is a Gunzip. CARREL_ERROR_VERIFY: damaged or cut short. */
gssize gunzip_pull(gpointer data, const guint8 **bytes, GError **error);

/* Was it gzip? Known after the first pull. */
gboolean gunzip_was_compressed(const Gunzip *gunzip);
