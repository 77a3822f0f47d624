/* Secrets by which viewers are let in. */
#pragma once

#include <glib.h>

/* VNC authentication knows 8 characters and no more; a token has 192 bits. Letters, digits, `-' and `_'. */
#define SECRET_PASSWORD 8
#define SECRET_TOKEN    32

/* @length random characters; the caller frees them. NULL and @error when the kernel gives none. */
char *secret_new(gsize length, GError **error);
/* Takes the same time wherever they differ. */
gboolean secret_equal(const char *secret, const char *given);
