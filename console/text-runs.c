#include "console/text-private.h"

/* A run of text: so many glyphs with so many letters or digits, not all the same, parted by at most so many blanks. */
#define RUN_GLYPHS  4
#define RUN_LETTERS 3
#define RUN_KINDS   2
#define RUN_GAP     2

typedef struct {
	guint glyphs, letters;
	guint kinds;    /* RUN_KINDS: so many or more */
	gunichar first; /* letter */
} Run;

/* Does a cell part words? Words of one run stand on one background, unless that is a picture. */
static gboolean is_gap(const TextReader *reader, int index, int start)
{
	const CellState *state = &reader->states[index];

	if (reader->is_soft)
		return state->kind == STATE_BLANK || state->kind == STATE_PICTURE;
	return state->kind == STATE_BLANK && reader->exact[index].bg == reader->exact[start].bg;
}

static void take_letter(Run *run, gunichar letter)
{
	run->letters++;
	if (run->letters == 1)
		run->first = letter;
	run->kinds = letter == run->first ? MAX(run->kinds, 1) : RUN_KINDS;
}

static int run_end(const TextReader *reader, int start, int row_end, Run *run)
{
	int end = start, gap = 0;

	for (int i = start; i < row_end && gap <= RUN_GAP; i++) {
		const CellState *state = &reader->states[i];
		if (is_gap(reader, i, start)) {
			gap++;
			continue;
		}
		if (!state_is_read(state))
			break;
		gap = 0;
		end = i + 1;
		run->glyphs++;
		if (reader_is_telling(reader, i))
			take_letter(run, reader->exact[i].character);
	}
	return end;
}

/* What is in no run: nothing, but what is certain is kept, blanks and, on a screen that is text, glyphs. */
static Cell outside_cell(const TextReader *reader, int index, gboolean is_main)
{
	const CellState *state = &reader->states[index];
	gboolean is_certain =
		!reader->is_soft && (state->kind == STATE_BLANK || (is_main && state_is_read(state)));

	return is_certain ? reader->exact[index] : (Cell){ CELL_NONE, CELL_DEFAULT, CELL_DEFAULT };
}

static guint keep_row(TextReader *reader, int row, gboolean is_main)
{
	int start = row * reader->grid.columns, row_end = start + reader->grid.columns;
	guint kept = 0;

	for (int i = start; i < row_end;) {
		Run run = { 0 };
		int end = state_is_read(&reader->states[i]) ? run_end(reader, i, row_end, &run) : i;
		gboolean is_run =
			run.glyphs >= RUN_GLYPHS && run.letters >= RUN_LETTERS && run.kinds >= RUN_KINDS;
		for (int at = i; at < MAX(end, i + 1); at++)
			reader->cells.cells[at] =
				is_run ? reader->exact[at] : outside_cell(reader, at, is_main);
		kept += is_run ? (guint)(end - i) : 0;
		i = MAX(end, i + 1);
	}
	return kept;
}

guint runs_keep(TextReader *reader)
{
	gboolean is_main = text_is_main(reader);
	guint kept = 0;

	for (int row = 0; row < reader->grid.rows; row++)
		kept += keep_row(reader, row, is_main);
	return kept;
}
