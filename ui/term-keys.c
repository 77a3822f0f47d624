#include "ui/term-keys.h"

#include <string.h>

#include "ui/term-codes.h"

#define ESC            '\033'
#define SEQUENCE_MAX   64  /* a longer escape sequence is none */
#define PARAMETERS_MAX 16  /* terminals that can much say much in DA1 */
#define STRING_MAX     512 /* of an answer */
#define PASTE_END      "\033[201~"

typedef struct {
	char *sequence; /* owned */
	guint code;
} Learned;

struct TermParser {
	TermKeyFunc func;
	gpointer data;
	GByteArray *buffer;
	GArray *learned; /* of Learned */
	GString *paste;  /* NULL unless inside of one */
	gboolean expects_answers;
};

/* One CSI sequence: parameters with up to three sub-parameters, as the kitty protocol has them. */
typedef struct {
	int value[PARAMETERS_MAX][3]; /* -1 = not given */
	int count;
	char private, final;
} Csi;

TermParser *term_parser_new(TermKeyFunc func, gpointer data)
{
	TermParser *parser = g_new0(TermParser, 1);

	parser->func = func;
	parser->data = data;
	parser->buffer = g_byte_array_new();
	parser->learned = g_array_new(FALSE, FALSE, sizeof(Learned));
	return parser;
}

void term_parser_free(TermParser *parser)
{
	for (guint i = 0; i < parser->learned->len; i++)
		g_free(g_array_index(parser->learned, Learned, i).sequence);
	g_array_unref(parser->learned);
	g_byte_array_unref(parser->buffer);
	if (parser->paste)
		g_string_free(parser->paste, TRUE);
	g_free(parser);
}

void term_parser_learn(TermParser *parser, const char *sequence, guint code)
{
	Learned learned = { g_strdup(sequence), code };

	g_array_append_val(parser->learned, learned);
}

static void emit_key(TermParser *parser, TermKey key)
{
	if (key.code == TERM_KEY_NONE)
		return;
	if (!key.event)
		key.event = TERM_PRESS;
	parser->func(&key, parser->data);
}

static void emit(TermParser *parser, guint code, guint mods)
{
	emit_key(parser, (TermKey){ .code = code, .mods = mods });
}

/* --- one byte ------------------------------------------------------------------------------------------------------ */

static void emit_control(TermParser *parser, guchar byte, guint mods)
{
	switch (byte) {
	case '\t':
		emit(parser, TERM_KEY_TAB, mods);
		break;
	case '\r':
		emit(parser, TERM_KEY_ENTER, mods);
		break;
	case 0x7f:
		emit(parser, TERM_KEY_BACKSPACE, mods);
		break;
	case ESC:
		emit(parser, TERM_KEY_ESCAPE, mods);
		break;
	case 0:
		emit(parser, ' ', mods | TERM_CTRL);
		break;
	default:
		emit(parser, byte <= 26 ? byte + 'a' - 1u : byte + 0x40u, mods | TERM_CTRL);
	}
}

/* A character at @bytes with @mods. Returns the bytes taken, 0 = not all there. */
static gsize parse_char(TermParser *parser, const char *bytes, gsize length, guint mods)
{
	gunichar character;

	if ((guchar)*bytes < 0x20 || *bytes == 0x7f) {
		emit_control(parser, (guchar)*bytes, mods);
		return 1;
	}
	character = g_utf8_get_char_validated(bytes, (gssize)length);
	if (character == (gunichar)-2)
		return 0;
	if (character == (gunichar)-1)
		return 1; /* not UTF-8: dropped */
	emit(parser, character, mods);
	return (gsize)(g_utf8_next_char(bytes) - bytes);
}

/* --- CSI ----------------------------------------------------------------------------------------------------------- */

/* Splits "1;2:3" between @text and @end. */
static void csi_split(Csi *csi, const char *text, const char *end)
{
	int sub = 0;

	memset(csi->value, 0xff, sizeof(csi->value)); /* all -1 */
	csi->count = text < end ? 1 : 0;
	for (; text < end && csi->count <= PARAMETERS_MAX; text++) {
		if (*text == ';') {
			csi->count++;
			sub = 0;
		} else if (*text == ':') {
			sub++;
		} else if (g_ascii_isdigit(*text) && sub < 3) {
			int *value = &csi->value[csi->count - 1][sub];
			*value = MIN(MAX(*value, 0) * 10 + (*text - '0'), 0x110000);
		}
	}
	csi->count = MIN(csi->count, PARAMETERS_MAX);
}

static int csi_value(const Csi *csi, int index, int sub, int fallback)
{
	return csi->value[index][sub] < 0 ? fallback : csi->value[index][sub];
}

/* Modifiers and event type as parameter 2 of xterm and kitty: 1 + bits; Meta counts as Alt. */
static void csi_modifiers(const Csi *csi, int index, TermKey *key)
{
	guint bits = (guint)MAX(csi_value(csi, index, 0, 1) - 1, 0);

	key->mods = (bits & (TERM_SHIFT | TERM_ALT | TERM_CTRL | TERM_SUPER)) | (bits & 32 ? TERM_ALT : 0);
	key->event = (TermEvent)CLAMP(csi_value(csi, index, 1, TERM_PRESS), TERM_PRESS, TERM_RELEASE);
}

static void csi_mouse(TermParser *parser, int code, int x, int y, gboolean released)
{
	TermKey key = {
		.code = TERM_MOUSE, .x = x - 1, .y = y - 1, .event = released ? TERM_RELEASE : TERM_PRESS
	};

	if (code >= 128)
		return;
	key.mods = (code & 4 ? TERM_SHIFT : 0u) | (code & 8 ? TERM_ALT : 0u) | (code & 16 ? TERM_CTRL : 0u);
	key.button = (TermButton)((code & 3) + (code & 64 ? TERM_WHEEL_UP : 0));
	if (code & 32)
		key.event = TERM_REPEAT;
	emit_key(parser, key);
}

static void csi_kitty(TermParser *parser, const Csi *csi)
{
	TermKey key = { .physical = TRUE, .code = term_code_kitty(csi_value(csi, 0, 0, 0)) };
	int shifted = csi_value(csi, 0, 1, 0);

	key.shifted = shifted > 0x20 && g_unichar_validate((gunichar)shifted) ? (guint)shifted : 0;
	key.base = (guint)csi_value(csi, 0, 2, 0);
	csi_modifiers(csi, 1, &key);
	emit_key(parser, key);
}

static void csi_tilde(TermParser *parser, const Csi *csi)
{
	int number = csi_value(csi, 0, 0, 0);
	TermKey key = { .code = term_code_tilde(number) };

	csi_modifiers(csi, 1, &key);
	if (number == 27) { /* modifyOtherKeys */
		key.code = term_code_kitty(csi_value(csi, 2, 0, 0));
	} else if (number == 200) {
		parser->paste = g_string_new(NULL);
	}
	key.physical = csi->value[1][1] >= 0;
	emit_key(parser, key);
}

static void emit_attributes(TermParser *parser, const Csi *csi)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < csi->count; i++)
		g_string_append_printf(text, "%s%d", i ? ";" : "", csi_value(csi, i, 0, 0));
	parser->expects_answers = FALSE;
	emit_key(parser, (TermKey){ .code = TERM_HAS_DA1, .text = text->str });
}

static void csi_dispatch(TermParser *parser, const Csi *csi)
{
	TermKey key = { 0 };

	if (csi->private == '<' && (csi->final == 'M' || csi->final == 'm')) {
		csi_mouse(parser, csi_value(csi, 0, 0, 0), csi_value(csi, 1, 0, 1), csi_value(csi, 2, 0, 1),
			  csi->final == 'm');
	} else if (csi->private == '?') {
		if (csi->final == 'u')
			emit(parser, TERM_HAS_KITTY, 0);
		else if (csi->final == 'c')
			emit_attributes(parser, csi);
	} else if (csi->private) {
		return; /* an answer that nobody asked for */
	} else if (csi->final == '~') {
		csi_tilde(parser, csi);
	} else if (csi->final == 'u') {
		csi_kitty(parser, csi);
	} else if (csi->final == 't') {
		if (csi_value(csi, 0, 0, 0) == 6)
			emit_key(parser, (TermKey){ .code = TERM_CELL_SIZE,
						    .x = csi_value(csi, 2, 0, 0),
						    .y = csi_value(csi, 1, 0, 0) });
	} else if (csi->final == 'Z') {
		emit(parser, TERM_KEY_TAB, TERM_SHIFT);
	} else if (csi_value(csi, 0, 0, 1) <= 1) { /* others are answers, CSI 24;80R for example */
		key.code = term_code_letter(csi->final);
		csi_modifiers(csi, 1, &key);
		key.physical = csi->value[1][1] >= 0;
		emit_key(parser, key);
	}
}

/* The Linux console's F1 to F5: CSI [ A to CSI [ E. */
static gsize parse_linux_function(TermParser *parser, const char *bytes, gsize length)
{
	if (length < 4)
		return 0;
	if (bytes[3] >= 'A' && bytes[3] <= 'E')
		emit(parser, TERM_KEY_F1 + (guint)(bytes[3] - 'A'), 0);
	return 4;
}

/* CSI M and three bytes, each 32 more than its value: what terminals without SGR mode send. */
static gsize parse_old_mouse(TermParser *parser, const char *bytes, gsize length)
{
	int code;

	if (length < 6)
		return 0;
	code = (guchar)bytes[3] - 32;
	if ((code & 3) == 3 && !(code & (32 | 64))) /* it does not say which button was lifted */
		csi_mouse(parser, code & ~3, (guchar)bytes[4] - 32, (guchar)bytes[5] - 32, TRUE);
	else
		csi_mouse(parser, code, (guchar)bytes[4] - 32, (guchar)bytes[5] - 32, FALSE);
	return 6;
}

static gsize parse_csi(TermParser *parser, const char *bytes, gsize length)
{
	const char *start = bytes + 2, *p, *limit = bytes + MIN(length, SEQUENCE_MAX);
	Csi csi = { 0 };

	if (length > 2 && *start == '[')
		return parse_linux_function(parser, bytes, length);
	if (length > 2 && *start == 'M')
		return parse_old_mouse(parser, bytes, length);
	if (start < limit && strchr("<=>?", *start))
		csi.private = *start++;
	for (p = start; p < limit && *p >= 0x20 && *p < 0x40; p++)
		;
	if (p == limit)
		return length >= SEQUENCE_MAX ? SEQUENCE_MAX : 0;
	if (*p < 0x40 || *p == 0x7f)
		return (gsize)(p - bytes); /* broken off by a control character: that one counts again */
	csi.final = *p;
	csi_split(&csi, start, p);
	csi_dispatch(parser, &csi);
	return (gsize)(p + 1 - bytes);
}

/* SS3: keypad and function keys, some terminals put a modifier digit before the letter. */
static gsize parse_ss3(TermParser *parser, const char *bytes, gsize length)
{
	gsize at = 2;
	TermKey key = { 0 };

	if (length > at && g_ascii_isdigit(bytes[at]))
		key.mods = (guint)(bytes[at++] - '1') & (TERM_SHIFT | TERM_ALT | TERM_CTRL);
	if (length <= at)
		return 0;
	key.code = term_code_letter(bytes[at]);
	if (!key.code && bytes[at] >= 'p' && bytes[at] <= 'y')
		key.code = TERM_KEY_KP_0 + (guint)(bytes[at] - 'p');
	emit_key(parser, key);
	return at + 1;
}

/* ESC P or ESC _, text, ESC \ or BEL. One that is too long, or holds other control characters, is none. */
static gsize parse_string(TermParser *parser, const char *bytes, gsize length)
{
	gsize end = 2;

	while (end < length && (guchar)bytes[end] >= 0x20 && (guchar)bytes[end] < 0x7f)
		end++;
	if (end > STRING_MAX)
		return end;
	if (end == length || (bytes[end] == ESC && end + 1 == length))
		return 0;
	if (bytes[end] != '\a' && (bytes[end] != ESC || bytes[end + 1] != '\\'))
		return end;
	g_autofree char *text = g_strndup(bytes + 1, end - 1);
	emit_key(parser, (TermKey){ .code = TERM_ANSWER, .text = text });
	return end + (bytes[end] == ESC ? 2 : 1);
}

static gsize parse_escape(TermParser *parser, const char *bytes, gsize length)
{
	if (length < 2)
		return 0;
	if (bytes[1] == '[')
		return parse_csi(parser, bytes, length);
	if (bytes[1] == 'O')
		return parse_ss3(parser, bytes, length);
	if (parser->expects_answers && (bytes[1] == 'P' || bytes[1] == '_'))
		return parse_string(parser, bytes, length);
	if (bytes[1] == ESC) { /* the first one is a key of its own */
		emit(parser, TERM_KEY_ESCAPE, 0);
		return 1;
	}
	gsize taken = parse_char(parser, bytes + 1, length - 1, TERM_ALT);
	return taken ? taken + 1 : 0;
}

/* --- learned sequences, paste, and the loop ------------------------------------------------------------------------- */

/* Bytes of the learned sequence at @bytes; 0 = none; *@partial: one of them may follow. */
static gsize parse_learned(TermParser *parser, const char *bytes, gsize length, gboolean *partial)
{
	*partial = FALSE;
	for (guint i = 0; i < parser->learned->len; i++) {
		const Learned *learned = &g_array_index(parser->learned, Learned, i);
		gsize size = strlen(learned->sequence);
		if (size <= length && memcmp(bytes, learned->sequence, size) == 0) {
			emit(parser, learned->code, 0);
			return size;
		}
		if (size > length && memcmp(bytes, learned->sequence, length) == 0)
			*partial = TRUE;
	}
	return 0;
}

static void finish_paste(TermParser *parser)
{
	GString *paste = g_steal_pointer(&parser->paste);
	g_autofree char *text = g_utf8_make_valid(paste->str, (gssize)paste->len);

	emit_key(parser, (TermKey){ .code = TERM_PASTE, .text = text });
	g_string_free(paste, TRUE);
}

/* Everything up to the end mark is text, whatever it looks like. */
static gsize parse_paste(TermParser *parser, const char *bytes, gsize length)
{
	const char *end = memmem(bytes, length, PASTE_END, strlen(PASTE_END));
	gsize text = end ? (gsize)(end - bytes) : length - MIN(length, strlen(PASTE_END) - 1);

	g_string_append_len(parser->paste, bytes, (gssize)MIN(text, TERM_PASTE_MAX - parser->paste->len));
	if (!end)
		return text;
	finish_paste(parser);
	return text + strlen(PASTE_END);
}

static gsize parse_one(TermParser *parser, const char *bytes, gsize length)
{
	gboolean partial;
	gsize taken;

	if (parser->paste)
		return parse_paste(parser, bytes, length);
	taken = parse_learned(parser, bytes, length, &partial);
	if (taken || partial)
		return taken;
	if (*bytes == ESC)
		return parse_escape(parser, bytes, length);
	return parse_char(parser, bytes, length, 0);
}

static void consume(TermParser *parser)
{
	guint offset = 0;

	while (offset < parser->buffer->len) {
		const char *bytes = (const char *)parser->buffer->data + offset;
		gsize taken = parse_one(parser, bytes, parser->buffer->len - offset);
		if (!taken)
			break;
		offset += (guint)taken;
	}
	g_byte_array_remove_range(parser->buffer, 0, offset);
}

void term_parser_expect_answers(TermParser *parser)
{
	parser->expects_answers = TRUE;
}

void term_parser_feed(TermParser *parser, const char *bytes, gsize length)
{
	g_byte_array_append(parser->buffer, (const guint8 *)bytes, (guint)length);
	consume(parser);
}

gboolean term_parser_pending(const TermParser *parser)
{
	return parser->buffer->len > 0 && !parser->paste;
}

/* Nothing follows: ESC was the key, "ESC [" was Alt+[, and the rest of a broken sequence is dropped. */
void term_parser_timeout(TermParser *parser)
{
	g_autoptr(GByteArray) rest = NULL;

	if (!term_parser_pending(parser))
		return;
	rest = g_steal_pointer(&parser->buffer);
	parser->buffer = g_byte_array_new();
	if (rest->len == 1 && rest->data[0] == ESC)
		emit(parser, TERM_KEY_ESCAPE, 0);
	else if (rest->len == 2 && rest->data[0] == ESC)
		parse_char(parser, (const char *)rest->data + 1, 1, TERM_ALT);
}
