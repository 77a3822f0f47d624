/* Passwords of guests: chosen so that they can be typed, stored so that they cannot be read. libcrypt, in this file only. */
#pragma once

#include <glib.h>

/* 12 letters, 49 bits, of those that are on the same keys of all latin layouts: at a guest's login prompt nobody knows yet which one it has. NULL and @error when the kernel gives no random bytes. Caller frees. */
char *passphrase_new(GError **error);

/* As in shadow(5): SHA-512 by crypt(3), with a random salt. Caller frees. */
char *passphrase_hash(const char *password, GError **error);
