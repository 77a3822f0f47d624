/* What a terminal (or whoever pretends to be one) sends: the parser of keys, in pieces of every length, with time-outs between. */
#include <stdint.h>

#include "ui/graphics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(const TermKey *key, gpointer data)
{
	guint *count = data;

	(*count)++;
	graphics_answer(key);
	g_assert(key->code != TERM_KEY_NONE);
	g_assert(key->code >= TERM_KEY_UP || g_unichar_validate(key->code));
	g_assert(key->event >= TERM_PRESS && key->event <= TERM_RELEASE);
	g_assert((key->code == TERM_PASTE || key->code == TERM_ANSWER || key->code == TERM_HAS_DA1) ==
		 (key->text != NULL));
	g_assert(!key->text || g_utf8_validate(key->text, -1, NULL));
}

/* The first byte says how the rest is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	guint count = 0;
	size_t piece = size ? 1 + (data[0] & 15) : 1;
	g_autoptr(TermParser) parser = term_parser_new(check_key, &count);

	term_parser_learn(parser, "\033[224z", TERM_KEY_F1);
	if (size && data[0] & 32)
		term_parser_expect_answers(parser);
	for (size_t at = 1; at < size; at += piece) {
		term_parser_feed(parser, (const char *)data + at, MIN(piece, size - at));
		if (data[0] & 16)
			term_parser_timeout(parser);
	}
	term_parser_timeout(parser);
	g_assert(!term_parser_pending(parser));
	g_assert(count <= 2 * size + 1); /* nothing is made of nothing */
	return 0;
}
