/*
 * JSON as real feeds have it: a byte order mark (UTF-8, UTF-16), trailing commas, comments of both kinds, raw newlines in texts, TRUE for true; bytes that are
 * no UTF-8 become U+FFFD. base/json.h is for what is JSON; this is for what Hyper-V's own reader takes. Not trusted: depth and size are bounded.
 *
 * A feed is one long list and little else, so the list's elements are given one at a time and forgotten: 100,000 items need the memory of one.
 */
#pragma once

#include <glib.h>

#define LENIENT_DEPTH_MAX 64

typedef enum {
	LENIENT_NULL,
	LENIENT_WORD, /* a number, true or false: @text has it in lower case */
	LENIENT_TEXT,
	LENIENT_ARRAY,
	LENIENT_OBJECT
} LenientKind;

typedef struct LenientNode LenientNode;
struct LenientNode {
	LenientKind kind;
	guint line;      /* on which it begins, from 1 */
	const char *key; /* in an object; NULL in an array */
	const char *text;
	LenientNode *first, *next; /* children; the next one in the same array or object */
};

/* An element of the list; it and all in it is gone after the call. FALSE: enough, the rest is only looked at. */
typedef gboolean (*LenientElement)(const LenientNode *element, gpointer data);

typedef struct LenientJson LenientJson;

/*
 * Parses @text. When the top is an object whose member @list (any case; NULL: none) is an array or object, its elements go to @on_element, and the
 * member stays empty. NULL and CARREL_ERROR_FAILED ("@name:LINE: what") when it is malformed even so, or longer than @max bytes; elements may have been given
 * before. Caller frees.
 */
LenientJson *lenient_json_parse(const char *text, gsize length, gsize max, const char *name, const char *list,
				LenientElement on_element, gpointer data, GError **error);
void lenient_json_free(LenientJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LenientJson, lenient_json_free)

/* Borrowed. */
const LenientNode *lenient_json_root(const LenientJson *json);

/* Member of an object, in any case of letters where none has exactly this; NULL when there is none or @node is no object. @node may be NULL. */
const LenientNode *lenient_get(const LenientNode *node, const char *key);
/* Its text, also of numbers and booleans; "" when there is none. Borrowed. */
const char *lenient_text(const LenientNode *node, const char *key);
/* Whole number from 0, also as a text; 0 when it is none. */
guint64 lenient_number(const LenientNode *node, const char *key);
/* "true", "1", "yes" in any case, as word or text; @fallback when it is none of these nor their contrary. */
gboolean lenient_bool(const LenientNode *node, const char *key, gboolean fallback);
