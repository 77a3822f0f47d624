/* What a decompressor reads from: bytes that are pulled, of which it looks at the first ones before it decides. */
#pragma once

#include "gallery/archive-read.h"

typedef struct {
	ArchivePull pull;
	gpointer data;
	const guint8 *bytes; /* the next ones */
	gsize length;
	gboolean ended; /* no more can be pulled */
	GByteArray *head;
} Input;

void input_init(Input *input, ArchivePull pull, gpointer data);
void input_clear(Input *input);

/* When there are no bytes, pulls more; then there may be none because it ended. FALSE: the error of the pull. */
gboolean input_fill(Input *input, GError **error);

/* To be asked before anything was taken: does it begin with @magic? They may come one by one. */
gboolean input_begins(Input *input, const char *magic, gsize length, gboolean *yes, GError **error);

/* Gives all there is as it is, as an ArchivePull does. */
gssize input_pass(Input *input, const guint8 **bytes, GError **error);

/* CARREL_ERROR_VERIFY: the download is damaged or cut short. Returns FALSE. */
gboolean input_damaged(GError **error, const char *how);
