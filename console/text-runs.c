#include "console/text-private.h"

/* A run of text: so many glyphs with so many letters or digits, parted by at most so many blanks. */
#define RUN_GLYPHS  4
#define RUN_LETTERS 3
#define RUN_GAP     2

/* Letters of one run stand on one background; a picture changes it from cell to cell. */
static int run_end(const TextReader *reader, int start, int row_end, guint *glyphs, guint *letters)
{
	int end = start, gap = 0;

	for (int i = start; i < row_end && gap <= RUN_GAP; i++) {
		const CellState *state = &reader->states[i];
		if (state->kind == STATE_BLANK &&
		    (reader->is_soft || reader->exact[i].bg == reader->exact[start].bg)) {
			gap++;
			continue;
		}
		if (!state_is_read(state))
			break;
		gap = 0;
		end = i + 1;
		++*glyphs;
		*letters += g_unichar_isalnum(reader->exact[i].character) ? 1 : 0;
	}
	return end;
}

static guint keep_row(TextReader *reader, int row)
{
	int start = row * reader->grid.columns, row_end = start + reader->grid.columns;
	guint kept = 0;

	for (int i = start; i < row_end;) {
		guint glyphs = 0, letters = 0;
		int end = state_is_read(&reader->states[i]) ? run_end(reader, i, row_end, &glyphs, &letters)
							    : i;
		gboolean is_run = glyphs >= RUN_GLYPHS && letters >= RUN_LETTERS;
		for (int at = i; at < MAX(end, i + 1); at++)
			reader->cells.cells[at] =
				is_run ? reader->exact[at] : (Cell){ CELL_NONE, CELL_DEFAULT, CELL_DEFAULT };
		kept += is_run ? (guint)(end - i) : 0;
		i = MAX(end, i + 1);
	}
	return kept;
}

guint runs_keep(TextReader *reader)
{
	guint kept = 0;

	for (int row = 0; row < reader->grid.rows; row++)
		kept += keep_row(reader, row);
	return kept;
}
