/*
 * carrel.conf: settings of the host, and the gallery's sources. Meant to be read and edited by people; read by conf.c.
 *
 *	templates = off
 *	source lab {
 *		type = hyperv
 *		url = "https://lab.example/gallery.json"
 *	}
 *
 * Sources that carrel ships (data/gallery/sources.conf, the same syntax) are there without being named. A section with such a name changes it: what it
 * leaves out stays as shipped, `enabled = off' hides it, and it takes its place in the order of the file, behind those that are not named.
 */
#pragma once

#include <glib.h>

typedef struct SourceSpec SourceSpec;

struct SourceSpec {
	char *name;    /* letters, digits, `-', `_', `.'; at most 32 */
	char *type;    /* auto, carrel, hyperv, simplestreams */
	char *url;     /* or an absolute path; a path that begins with "data:" is below carrel's data */
	char *keyring; /* whose signature it must have; "" = none needed. As in the gallery's signature.h */
	gboolean enabled;
	gboolean changed;    /* is named in carrel.conf */
	SourceSpec *shipped; /* as carrel ships it; NULL = it does not */
};

typedef struct {
	char *templates;         /* off, on: warm templates of images, made in the background */
	guint64 templates_count; /* at most so many */
	guint64 templates_size;  /* bytes of all together */
	GPtrArray *sources;      /* of SourceSpec, owned, in their order, also those not enabled */
} HostSpec;

#define HOST_CONF_MAX (256 * 1024)

void host_spec_free(HostSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostSpec, host_spec_free)

/* What @shipped (path of sources.conf) and @path say; a file that is not there says nothing. On an error, CARREL_ERROR_USAGE with "FILE:LINE:COLUMN: ",
 * nothing is taken from @path. */
HostSpec *host_conf_load(const char *path, const char *shipped, GError **error);
/* The same with texts; for tests and the fuzzer. */
HostSpec *host_conf_parse(const char *text, const char *path, const char *shipped_text, GError **error);

/* Writes atomically; sources that are as shipped are left out. Comments of people are lost, help is written instead. */
gboolean host_conf_save(const HostSpec *spec, const char *path, GError **error);
char *host_conf_format(const HostSpec *spec);

SourceSpec *host_spec_find_source(const HostSpec *spec, const char *name);

/* Sets one key of a source ("type", "url", "keyring", "enabled"), checked. */
gboolean source_spec_set(SourceSpec *source, const char *key, const char *text, GError **error);

/* Adds a source before the one named @before (NULL: at the end), or changes the shipped one of that name. CARREL_ERROR_EXISTS, _NOT_FOUND (@before), _USAGE. */
SourceSpec *host_spec_add_source(HostSpec *spec, const char *name, const char *before, GError **error);
/* Removes a source; a shipped one is switched off. CARREL_ERROR_NOT_FOUND. */
gboolean host_spec_remove_source(HostSpec *spec, const char *name, GError **error);
