/*
 * Options by tables: each verb has one, and help, completion, man page and parser read the same rows.
 *
 * Options and arguments may stand in any order; "--" ends options. Values are checked where they are parsed, so that
 * getters cannot fail. Errors are CARREL_ERROR_USAGE and name the option.
 */
#pragma once

#include <glib.h>

typedef enum {
	OPTION_FLAG,     /* --yes */
	OPTION_TEXT,     /* --name N, --name=N */
	OPTION_SIZE,     /* bytes, "20G" */
	OPTION_DURATION, /* milliseconds, "60s" */
	OPTION_LIST,     /* may be given more than once */
	OPTION_OPTIONAL  /* --connect or --connect=term */
} OptionType;

/* What may stand for an argument or an option's value; for completion. */
typedef enum {
	VALUE_NONE,
	VALUE_VM,
	VALUE_IMAGE,
	VALUE_SWITCH,
	VALUE_FILE,
	VALUE_FIELD, /* key=value */
	VALUE_KEY,
	VALUE_MOUSE,
	VALUE_VERB,
	VALUE_SHELL
} ValueKind;

typedef struct {
	const char *name; /* without dashes */
	char letter;      /* 0 = none */
	OptionType type;
	ValueKind value;
	const char *argument; /* "SIZE"; NULL for a flag */
	const char *choices;  /* "term|sdl|vnc[=ADDRESS]", NULL = anything */
	const char *help;     /* one sentence without full stop */
} Option;

typedef struct Options Options;

/* @tables: NULL-terminated list of tables, each ended by a row without name. Words that are no options go to @arguments (of char *,
 * owned copies), in order. */
Options *options_parse(const Option *const *tables, char *const *words, GPtrArray *arguments, GError **error);
void options_free(Options *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Options, options_free)

gboolean options_has(const Options *options, const char *name);
/* NULL when not given, or given without a value. Borrowed. */
const char *options_text(const Options *options, const char *name);
guint64 options_size(const Options *options, const char *name, guint64 fallback);
guint64 options_ms(const Options *options, const char *name, guint64 fallback);
/* Of char *; never NULL. Borrowed. */
const GPtrArray *options_list(const Options *options, const char *name);
