#include "console/text-private.h"

/* How far a letter looks for neighbours whose script is certain, in cells. */
#define REACH 40
/* So many cells are enough to know the screen's font. */
#define CENSUS 512

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

static gboolean has_script(GUnicodeScript script)
{
	return script != G_UNICODE_SCRIPT_COMMON && script != G_UNICODE_SCRIPT_INHERITED &&
	       script != G_UNICODE_SCRIPT_UNKNOWN;
}

/* A letter of a script that consoles are used in: fonts have the picture of "V" for those of Lisu and Cherokee as well, and "d" for a "d" in a
 * circle. */
static gboolean is_real_letter(gunichar character)
{
	return glyph_is_likely(character) && g_unichar_isalpha(character) &&
	       has_script(g_unichar_get_script(character));
}

/* The one script of all that a glyph may be; none where it may be a digit. */
static GUnicodeScript script_of(const GlyphBook *book, guint glyph)
{
	GUnicodeScript script = G_UNICODE_SCRIPT_COMMON;
	const GlyphMeaning *meaning = NULL;

	while ((meaning = glyph_meaning(book, glyph, meaning))) {
		GUnicodeScript other = g_unichar_get_script(meaning->character);
		if (!is_real_letter(meaning->character) && meaning->character > 0xff)
			continue;
		if (!has_script(other))
			return G_UNICODE_SCRIPT_COMMON;
		if (has_script(script) && script != other)
			return G_UNICODE_SCRIPT_COMMON;
		script = other;
	}
	return script;
}

/* Script of the letter in a cell where there is no doubt about it. */
static GUnicodeScript certain_script(const TextReader *reader, int index)
{
	const CellState *state = &reader->states[index];

	return state->kind == STATE_GLYPH ? script_of(reader->grid.book, state->glyph)
					  : G_UNICODE_SCRIPT_COMMON;
}

/* The nearest certain letter of the same word, else of the same row. */
static GUnicodeScript neighbours_script(const TextReader *reader, int index, gboolean *is_word)
{
	int row = index / reader->grid.columns * reader->grid.columns, end = row + reader->grid.columns;
	GUnicodeScript of_row = G_UNICODE_SCRIPT_COMMON;
	gboolean in_word[2] = { TRUE, TRUE };

	*is_word = FALSE;

	for (int distance = 1; distance <= REACH; distance++)
		for (int side = 0; side < 2; side++) {
			int at = side ? index + distance : index - distance;
			if (at < row || at >= end)
				continue;
			GUnicodeScript script = certain_script(reader, at);
			in_word[side] = in_word[side] && g_unichar_isalpha(reader->exact[at].character);
			*is_word = has_script(script) && in_word[side];
			if (*is_word)
				return script;
			if (has_script(script) && !has_script(of_row))
				of_row = script;
		}
	return of_row;
}

/* What is known about a cell besides its glyph. */
typedef struct {
	GUnicodeScript script; /* of the neighbours */
	gboolean is_word;      /* they are of the same word */
	gboolean is_letter;    /* one of the meanings is a letter */
	guint64 families;      /* of the screen's font */
} Context;

/*
 * The lower the likelier. Meanings count in this order: where the glyph may be a letter, what is none and not in ASCII or Latin 1 ("d" in a circle);
 * a letter of another script than its neighbours'; a digit among letters (Cyrillic's "Z" looks like a 3); another font than the screen's; likelihood.
 */
static guint weigh(const GlyphMeaning *meaning, const Context *context)
{
	gboolean is_letter = is_real_letter(meaning->character);
	guint weight = glyph_rank(meaning->character);

	if (!is_letter &&
	    ((context->is_letter && meaning->character > 0xff) || !glyph_is_likely(meaning->character)))
		weight += 10000;
	if (is_letter && has_script(context->script) &&
	    g_unichar_get_script(meaning->character) != context->script)
		weight += 1000;
	if (!is_letter && context->is_letter && context->is_word)
		weight += 500;
	if (!(meaning->families & context->families))
		weight += 100;
	return weight;
}

static gboolean may_be_letter(const GlyphBook *book, guint glyph)
{
	const GlyphMeaning *meaning = NULL;

	while ((meaning = glyph_meaning(book, glyph, meaning)))
		if (is_real_letter(meaning->character))
			return TRUE;
	return FALSE;
}

static gunichar choose(const TextReader *reader, int index, guint64 families)
{
	guint glyph = reader->states[index].glyph, least = G_MAXUINT;
	Context context = { .families = families, .is_letter = may_be_letter(reader->grid.book, glyph) };
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
