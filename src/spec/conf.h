/*
 * Files that people write, in libconfuse's syntax: keys with values on the top level and in titled sections. conf.c is the only file that
 * includes confuse.h; what keys there are and what their values mean is the caller's (spec-file.c, host-conf.c).
 */
#pragma once

#include <glib.h>

/* Keys that may stand together. Every value is a text for libconfuse, so that units work unquoted too. */
typedef struct {
	const char *
		section; /* "disk": any number of `disk TITLE { ... }' with different titles; NULL: the top level */
	const char *const *keys; /* ended by NULL */
} ConfGroup;

typedef struct {
	const ConfGroup *groups; /* the first is the top level */
	guint count;
	const char *name; /* of such a file: "vm.conf" */
	const char *hint; /* of every error in it */
	/* Is the value good? Called where it stands, so that the error can say where that is. */
	gboolean (*check)(guint group, const char *key, const char *text, GError **error);
	/* The whole text was good: its values, in the order of groups and keys. A section is opened before its values come. */
	void (*open)(guint group, const char *title, gpointer data);
	void (*take)(guint group, const char *key, const char *text, gpointer data);
} ConfFormat;

/* Errors are CARREL_ERROR_USAGE and begin with "PATH:LINE:COLUMN: "; unknown keys and those set twice are errors. */
gboolean conf_parse(const ConfFormat *format, const char *text, const char *path, gpointer data,
		    GError **error);

/* The same from a file of at most @max bytes. */
gboolean conf_load(const ConfFormat *format, const char *path, gsize max, gpointer data, GError **error);

/* Appends @text in quotes as libconfuse reads it back. */
void conf_append_quoted(GString *out, const char *text);
