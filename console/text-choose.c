#include "console/text-private.h"

/* How far a word looks for neighbours whose script is certain, in cells. */
#define REACH 40
/* So many cells are enough to know the screen's font. */
#define CENSUS 2048

/* The family most glyphs belong to: what is drawn in another has lost its say. */
static guint64 main_families(const TextReader *reader)
{
	guint votes[FONT_FAMILIES] = { 0 }, best = 0;
	guint count = (guint)(reader->grid.columns * reader->grid.rows), voters = 0;
	guint64 families = 0;

	for (guint i = 0; i < count && voters < CENSUS; i++) {
		const GlyphMeaning *meaning = NULL;
		guint64 having = 0;
		if (reader->states[i].kind != STATE_GLYPH)
			continue;
		voters++;
		while ((meaning = glyph_meaning(reader->grid.book, reader->states[i].glyph, meaning)))
			having |= meaning->families;
		for (guint family = 0; having; family++, having >>= 1)
			votes[family] += having & 1;
	}
	for (guint family = 0; family < FONT_FAMILIES; family++)
		best = MAX(best, votes[family]);
	for (guint family = 0; family < FONT_FAMILIES; family++)
		if (best && votes[family] == best)
			families |= G_GUINT64_CONSTANT(1) << family;
	return families;
}

/* Script of the letter in a cell where there is no doubt about it. */
static GUnicodeScript certain_script(const TextReader *reader, int index)
{
	const CellState *state = &reader->states[index];

	return state->kind == STATE_GLYPH ? glyph_script(reader->grid.book, state->glyph)
					  : G_UNICODE_SCRIPT_COMMON;
}

/* The first certain letter from @from in one direction, within the row. */
static GUnicodeScript script_towards(const TextReader *reader, int from, int step)
{
	int row = from / reader->grid.columns;

	for (int i = 0, at = from; i < REACH && at >= 0 && at / reader->grid.columns == row;
	     i++, at += step) {
		GUnicodeScript script = certain_script(reader, at);
		if (glyph_has_script(script))
			return script;
	}
	return G_UNICODE_SCRIPT_COMMON;
}

/* The end of the word around a cell in one direction, and a certain letter in it. */
static int end_of_word(const TextReader *reader, int index, int step, GUnicodeScript *script)
{
	int columns = reader->grid.columns, row = index / columns, at = index;

	while (at + step >= 0 && (at + step) / columns == row &&
	       g_unichar_isalpha(reader->exact[at + step].character)) {
		at += step;
		if (!glyph_has_script(*script))
			*script = certain_script(reader, at);
	}
	return at;
}

/* What the letters of the same word are, else those to both sides of it, as long as they agree. */
static GUnicodeScript neighbours_script(const TextReader *reader, int index, gboolean *is_word)
{
	GUnicodeScript script = G_UNICODE_SCRIPT_COMMON;
	int start = end_of_word(reader, index, -1, &script), end = end_of_word(reader, index, 1, &script);
	GUnicodeScript before, after;

	*is_word = glyph_has_script(script);
	if (*is_word)
		return script;
	before = script_towards(reader, start, -1);
	after = script_towards(reader, end, 1);
	if (glyph_has_script(before) && glyph_has_script(after) && before != after)
		return G_UNICODE_SCRIPT_COMMON;
	return glyph_has_script(before) ? before : after;
}

/* What is known about a cell besides its glyph. */
typedef struct {
	GUnicodeScript script; /* of the neighbours */
	gboolean is_word;      /* they are of the same word */
	guint letter_rank;     /* of the likeliest letter among the meanings; G_MAXUINT: there is none */
	guint64 families;      /* of the screen's font */
} Context;

/*
 * The lower the likelier. Meanings count in this order: what is no letter and less likely than the letter that it may be ("d" in a circle); a letter of
 * another script than its neighbours'; a digit among letters (Cyrillic's "Z" looks like a 3); another font than the screen's; likelihood.
 */
static guint weigh(const GlyphMeaning *meaning, const Context *context)
{
	gboolean is_letter = glyph_is_letter(meaning->character);
	guint rank = glyph_rank(meaning->character);
	/* in low fonts some capitals look like their small letters, of which there are more */
	guint weight = rank * 2 + (g_unichar_isupper(meaning->character) ? 1 : 0);

	if (!is_letter && (rank > context->letter_rank || !glyph_is_likely(meaning->character)))
		weight += 10000;
	if (is_letter && glyph_has_script(context->script) &&
	    g_unichar_get_script(meaning->character) != context->script)
		weight += 1000;
	if (g_unichar_isdigit(meaning->character) && context->letter_rank != G_MAXUINT && context->is_word)
		weight += 500;
	if (!(meaning->families & context->families))
		weight += 100;
	return weight;
}

static gunichar choose(const TextReader *reader, int index, guint64 families)
{
	guint glyph = reader->states[index].glyph, least = G_MAXUINT;
	Context context = { .families = families,
			    .letter_rank = glyph_letter_rank(reader->grid.book, glyph) };
	const GlyphMeaning *meaning = NULL;
	gunichar chosen = 0;

	context.script = neighbours_script(reader, index, &context.is_word);
	while ((meaning = glyph_meaning(reader->grid.book, glyph, meaning))) {
		guint weight = weigh(meaning, &context);
		if (weight < least || (weight == least && meaning->character < chosen)) {
			least = weight;
			chosen = meaning->character;
		}
	}
	return chosen;
}

static gboolean row_is_new(const TextReader *reader, int row)
{
	for (int column = 0; column < reader->grid.columns; column++)
		if (reader->states[row * reader->grid.columns + column].is_new)
			return TRUE;
	return FALSE;
}

void choose_characters(TextReader *reader)
{
	guint64 families = 0;

	/* a new letter can settle what its neighbours are, so whole rows count */
	for (int row = 0; row < reader->grid.rows; row++) {
		if (!row_is_new(reader, row))
			continue;
		for (int column = 0; column < reader->grid.columns; column++) {
			int index = row * reader->grid.columns + column;
			const CellState *state = &reader->states[index];
			if (state->kind != STATE_GLYPH ||
			    !glyph_is_ambiguous(reader->grid.book, state->glyph))
				continue;
			families = families ? families : main_families(reader);
			reader->exact[index].character = choose(reader, index, families);
		}
	}
}
