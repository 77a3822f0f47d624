#include "gallery/lenient-json.h"

#include <string.h>

#include "base/error.h"

#define CHUNK_NODES 1024

typedef struct Chunk Chunk;
struct Chunk {
	Chunk *next;
	LenientNode nodes[CHUNK_NODES];
};

/* Nodes live in chunks and go back to @free chunks in one piece; texts stand decoded in @buffer, in their own places. */
struct LenientJson {
	char *buffer;
	Chunk *chunks;
	guint used; /* of the first chunk */
	LenientNode *root;
};

typedef struct {
	LenientJson *json;
	char *at, *end;
	guint line, depth;
	const char *list;
	LenientElement on_element;
	gpointer data;
	gboolean enough;
	const char *wrong; /* the first thing that was wrong; static */
	guint wrong_line;
} Parser;

/* --- nodes ------------------------------------------------------------------------------------------------------------ */

static LenientNode *node_new(Parser *parser, LenientKind kind)
{
	LenientJson *json = parser->json;

	if (!json->chunks || json->used == CHUNK_NODES) {
		Chunk *chunk = g_new(Chunk, 1);
		chunk->next = json->chunks;
		json->chunks = chunk;
		json->used = 0;
	}
	LenientNode *node = &json->chunks->nodes[json->used++];
	*node = (LenientNode){ .kind = kind, .line = parser->line, .text = "" };
	return node;
}

/* Forgets all nodes that were made since. */
static void nodes_reset(LenientJson *json, Chunk *chunk, guint used)
{
	while (json->chunks != chunk) {
		Chunk *old = json->chunks;
		json->chunks = old->next;
		g_free(old);
	}
	json->used = used;
}

void lenient_json_free(LenientJson *json)
{
	if (!json)
		return;
	nodes_reset(json, NULL, 0);
	g_free(json->buffer);
	g_free(json);
}

const LenientNode *lenient_json_root(const LenientJson *json)
{
	return json->root;
}

/* --- words ------------------------------------------------------------------------------------------------------------ */

static LenientNode *fail(Parser *parser, const char *what)
{
	if (!parser->wrong) {
		parser->wrong = what;
		parser->wrong_line = parser->line;
	}
	return NULL;
}

/* Comments end as in C. FALSE when one does not. */
static gboolean skip_comment(Parser *parser)
{
	gboolean line = parser->at[1] == '/';

	parser->at += 2;
	while (parser->at < parser->end) {
		if (line && *parser->at == '\n')
			return TRUE;
		if (!line && parser->at[0] == '*' && parser->at[1] == '/') {
			parser->at += 2;
			return TRUE;
		}
		if (*parser->at++ == '\n')
			parser->line++;
	}
	return line || fail(parser, "a comment has no end");
}

/* The buffer ends in a NUL, which stops all of these. */
static gboolean skip_blank(Parser *parser)
{
	for (;; parser->at++) {
		while (parser->at[0] == '/' && (parser->at[1] == '/' || parser->at[1] == '*'))
			if (!skip_comment(parser))
				return FALSE;
		if (*parser->at == '\n')
			parser->line++;
		else if (!*parser->at || !strchr(" \t\r\v\f", *parser->at))
			return TRUE;
	}
}

/* Four hex digits at @at, -1 when they are none. */
static gint32 read_hex(const char *at)
{
	gint32 value = 0;

	for (guint i = 0; i < 4; i++) {
		gint digit = g_ascii_xdigit_value(at[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Behind "\u"; a half of a pair, and NUL, become U+FFFD. Writes at *@out, which is never past what was read. */
static gboolean read_unicode(Parser *parser, char **out)
{
	gint32 value = read_hex(parser->at);

	if (value < 0)
		return FALSE;
	parser->at += 4;
	if (value >= 0xd800 && value < 0xdc00 && parser->at[0] == '\\' && parser->at[1] == 'u') {
		gint32 low = read_hex(parser->at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
			parser->at += 6;
		}
	}
	if (value == 0 || (value >= 0xd800 && value < 0xe000))
		value = 0xfffd;
	*out += g_unichar_to_utf8((gunichar)value, *out);
	return TRUE;
}

/* Behind a backslash. What is no escape stands for itself: a path of Windows that nobody doubled. */
static gboolean read_escape(Parser *parser, char **out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	char c = *parser->at++;
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return read_unicode(parser, out);
	if (c == '\n')
		parser->line++;
	if (!known && !strchr("\"\\/", c))
		*(*out)++ = '\\';
	*(*out)++ = known ? to[known - from] : c;
	return TRUE;
}

/* At a double quote. The text stands in its own place and ends where at the latest its closing quote was. */
static const char *read_text(Parser *parser)
{
	char *text = ++parser->at;
	char *out = text;
	guint line = parser->line;

	while (parser->at < parser->end && *parser->at != '"') {
		if (*parser->at == '\n')
			parser->line++;
		if (*parser->at != '\\') {
			*out++ = *parser->at++;
			continue;
		}
		parser->at++;
		if (parser->at < parser->end && !read_escape(parser, &out)) {
			fail(parser, "`\\u' is not followed by four hex digits");
			return NULL;
		}
	}
	if (parser->at >= parser->end) {
		parser->line = line;
		fail(parser, "a text has no end");
		return NULL;
	}
	parser->at++;
	*out = 0;
	return text;
}

/* true, false, null and numbers, which end where something else begins: that byte is put behind the word only after it was read. */
static LenientNode *read_word(Parser *parser)
{
	static const char *const words[] = { "true", "false", "null", NULL };
	char *begin = parser->at;
	LenientNode *node = node_new(parser, LENIENT_WORD);

	while (g_ascii_isalnum(*parser->at) || (*parser->at && strchr("+-.", *parser->at)))
		parser->at++;
	/* No place for a NUL is behind it, so that it is moved one to the front, over what stood before the value. */
	gsize length = (gsize)(parser->at - begin);
	if (length == 0)
		return fail(parser, *begin ? "this is no JSON" : "it ends in the middle");
	memmove(begin - 1, begin, length);
	begin[length - 1] = 0;
	begin--;
	for (char *p = begin; *p; p++)
		*p = g_ascii_tolower(*p);
	if (!g_ascii_isdigit(*begin) && *begin != '-' && !g_strv_contains(words, begin))
		return fail(parser, "a word is neither true, false, null nor a number");
	node->kind = g_str_equal(begin, "null") ? LENIENT_NULL : LENIENT_WORD;
	node->text = node->kind == LENIENT_NULL ? "" : begin;
	return node;
}

/* --- structure -------------------------------------------------------------------------------------------------------- */

static LenientNode *read_value(Parser *parser, gboolean is_list);

static const char *read_key(Parser *parser)
{
	const char *key = NULL;

	if (*parser->at != '"') {
		fail(parser, "a name in double quotes, or `}', is missing");
		return NULL;
	}
	if (!(key = read_text(parser)) || !skip_blank(parser))
		return NULL;
	if (*parser->at != ':') {
		fail(parser, "a `:' is missing behind a name");
		return NULL;
	}
	parser->at++;
	return skip_blank(parser) ? key : NULL;
}

/* @is_list: each goes to the caller's function and is forgotten, with its nodes. */
static gboolean read_element(Parser *parser, LenientNode *parent, LenientNode ***tail, gboolean is_list)
{
	const char *key = NULL;
	Chunk *chunk = parser->json->chunks;
	guint used = parser->json->used;

	if (parent->kind == LENIENT_OBJECT && !(key = read_key(parser)))
		return FALSE;
	gboolean list =
		parser->depth == 1 && parser->list && key && g_ascii_strcasecmp(key, parser->list) == 0;
	LenientNode *node = read_value(parser, list);
	if (!node)
		return FALSE;
	node->key = key;
	if (!is_list) {
		**tail = node;
		*tail = &node->next;
		return TRUE;
	}
	if (!parser->enough && !parser->on_element(node, parser->data))
		parser->enough = TRUE;
	nodes_reset(parser->json, chunk, used);
	return TRUE;
}

static LenientNode *read_container(Parser *parser, gboolean is_list)
{
	LenientNode *node = node_new(parser, *parser->at == '{' ? LENIENT_OBJECT : LENIENT_ARRAY);
	LenientNode **tail = &node->first;
	char close = *parser->at == '{' ? '}' : ']';

	if (++parser->depth > LENIENT_DEPTH_MAX)
		return fail(parser, "it is nested more than " G_STRINGIFY(LENIENT_DEPTH_MAX) " levels deep");
	parser->at++;
	if (!skip_blank(parser))
		return NULL;
	while (*parser->at != close) {
		if (!read_element(parser, node, &tail, is_list) || !skip_blank(parser))
			return NULL;
		if (*parser->at == ',')
			parser->at++;
		else if (*parser->at != close)
			return fail(parser,
				    close == '}' ? "a `,' or `}' is missing" : "a `,' or `]' is missing");
		if (!skip_blank(parser))
			return NULL;
	}
	parser->at++;
	parser->depth--;
	return node;
}

static LenientNode *read_value(Parser *parser, gboolean is_list)
{
	if (*parser->at == '{' || *parser->at == '[')
		return read_container(parser, is_list);
	if (*parser->at != '"')
		return read_word(parser);
	LenientNode *node = node_new(parser, LENIENT_TEXT);
	node->text = read_text(parser);
	return node->text ? node : NULL;
}

static LenientNode *read_document(Parser *parser)
{
	if (!skip_blank(parser))
		return NULL;
	if (parser->at == parser->end)
		return fail(parser, "it is empty");
	LenientNode *root = read_value(parser, FALSE);
	if (!root || !skip_blank(parser))
		return NULL;
	return parser->at == parser->end ? root : fail(parser, "something stands behind the end");
}

/* --- text ------------------------------------------------------------------------------------------------------------- */

static gunichar utf16_unit(const guint8 *at, gboolean big)
{
	return big ? (gunichar)(at[0] << 8 | at[1]) : (gunichar)(at[1] << 8 | at[0]);
}

/* Halves of pairs become U+FFFD, as with UTF-8. */
static char *from_utf16(const guint8 *bytes, gsize length, gboolean big)
{
	GString *text = g_string_sized_new(length);

	for (gsize i = 0; i + 1 < length; i += 2) {
		gunichar unit = utf16_unit(bytes + i, big);
		gunichar low = i + 3 < length ? utf16_unit(bytes + i + 2, big) : 0;
		if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		g_string_append_unichar(text, unit == 0 || (unit >= 0xd800 && unit < 0xe000) ? 0xfffd : unit);
	}
	return g_string_free(text, FALSE);
}

/* A copy as UTF-8 without a mark, with one byte of room before it. */
static char *decode(const char *text, gsize length)
{
	const guint8 *bytes = (const guint8 *)text;
	g_autofree char *other = NULL;

	if (length >= 2 && bytes[0] + bytes[1] == 0xff + 0xfe && (bytes[0] == 0xff || bytes[0] == 0xfe))
		other = from_utf16(bytes + 2, length - 2, bytes[0] == 0xfe);
	else if (!g_utf8_validate_len(text, length, NULL))
		other = g_utf8_make_valid(text, (gssize)length);
	if (other) {
		text = other;
		length = strlen(other);
	}
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3, length -= 3;
	char *copy = g_malloc(length + 2);
	copy[0] = ' ';
	memcpy(copy + 1, text, length);
	copy[length + 1] = 0;
	return copy;
}

LenientJson *lenient_json_parse(const char *text, gsize length, gsize max, const char *name, const char *list,
				LenientElement on_element, gpointer data, GError **error)
{
	g_autoptr(LenientJson) json = g_new0(LenientJson, 1);
	Parser parser = { .json = json, .line = 1, .list = list, .on_element = on_element, .data = data };

	if (length > max) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "%s:1: has more than %" G_GSIZE_FORMAT " bytes",
			  name, max);
		return NULL;
	}
	json->buffer = decode(text, length);
	parser.at = json->buffer;
	parser.end = json->buffer + strlen(json->buffer);
	json->root = read_document(&parser);
	if (json->root)
		return g_steal_pointer(&json);
	error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: JSON is malformed: %s", name, parser.wrong_line,
		  parser.wrong);
	return NULL;
}

/* --- getters ---------------------------------------------------------------------------------------------------------- */

const LenientNode *lenient_get(const LenientNode *node, const char *key)
{
	const LenientNode *like = NULL;

	if (!node || node->kind != LENIENT_OBJECT)
		return NULL;
	for (const LenientNode *child = node->first; child; child = child->next) {
		if (g_str_equal(child->key, key))
			return child;
		if (!like && g_ascii_strcasecmp(child->key, key) == 0)
			like = child;
	}
	return like;
}

const char *lenient_text(const LenientNode *node, const char *key)
{
	const LenientNode *member = lenient_get(node, key);

	return member ? member->text : "";
}

guint64 lenient_number(const LenientNode *node, const char *key)
{
	guint64 value = 0;

	return g_ascii_string_to_unsigned(lenient_text(node, key), 10, 0, G_MAXINT64, &value, NULL) ? value
												    : 0;
}

gboolean lenient_bool(const LenientNode *node, const char *key, gboolean fallback)
{
	static const char *const yes[] = { "true", "1", "yes", NULL };
	static const char *const no[] = { "false", "0", "no", NULL };
	g_autofree char *word = g_ascii_strdown(lenient_text(node, key), -1);

	if (g_strv_contains(yes, g_strstrip(word)))
		return TRUE;
	return g_strv_contains(no, word) ? FALSE : fallback;
}
