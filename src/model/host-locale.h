/*
 * How this host speaks: its language, time zone and keyboard, which a new guest gets too. From the environment and the files of localectl(1),
 * locale(7) and Debian's; @root: "/", or a folder that stands for it (tests).
 */
#pragma once

#include <glib.h>

/* "de_DE.UTF-8"; "C.UTF-8" where nothing else is said, or something that cannot be a locale's name. Caller frees. */
char *host_locale(const char *root);
/* "Europe/Berlin", or NULL when not known. Caller frees. */
char *host_timezone(const char *root);
/* xkb layout, with its variant in parentheses if it has one: "us", "de(nodeadkeys)". "us" when not known. Caller frees. */
char *host_keymap(const char *root);

/* Whether @name can be one: the words are written into files of the guest. */
gboolean host_locale_valid(const char *name);
gboolean host_timezone_valid(const char *name);
