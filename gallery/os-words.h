/*
 * What we know of systems ourselves, beside libosinfo's database, which is always some releases behind: names that feeds and volumes use, and who starts with
 * Secure Boot. Pure.
 */
#pragma once

#include <glib.h>

/* A system by the words of libosinfo. Strings are owned. */
typedef struct {
	char *id;      /* "debian12" */
	char *name;    /* "Debian 12" */
	char *distro;  /* "debian" */
	char *version; /* "12", or "" */
	gboolean live; /* the volume is of a live system without an installer's name */
} OsWords;

void os_words_free(OsWords *words);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsWords, os_words_free)

/* By the label of a volume: "Debian 12.5.0 amd64 n". NULL when nobody knows. */
OsWords *os_words_from_volume(const char *label);

/* By a feed's words: "Ubuntu" and "noble", "rockylinux" and "9"; @version may be NULL: it may also stand in @id, "debian12". NULL when the distribution is not in
 * the table. */
OsWords *os_words_from_feed(const char *id, const char *version);

/* "15.4" against "15.10": less than 0, 0, more than 0. What is no number counts as -1, so that "testing" is before all. */
int os_version_compare(const char *a, const char *b);

/* Its boot loaders are signed by a key that firmware has: it starts with Secure Boot on. */
gboolean os_signed(const char *distro, const char *version);

/* The scripts that install the releases before it are good for it, too. */
gboolean os_scripted(const char *distro, const char *version);

/* "linux", "windows", "other". Static. */
const char *os_family(const char *distro);
