#include "console/cells-overlay.h"

/* Blanks that part words of one run. */
#define GAP_MAX 2
/* How many rows a run may go down to find room. */
#define DOWN_MAX 2

/* For each row of the grid: what is taken from the left, and by which row of the text. */
typedef struct {
	int end, owner;
} Taken;

typedef struct {
	CellGrid *grid;
	const CellPicture *picture;
	const CellGrid *text;
	const TextReader *reader;
	Taken *taken;
} Overlay;

static gboolean is_word(const Cell *cell)
{
	return cell->character != CELL_NONE && cell->character != ' ';
}

/* Cells of a run that starts at @column. */
static int run_length(const CellGrid *text, int row, int column)
{
	const Cell *cells = text->cells + (gsize)row * (gsize)text->columns;
	int end = column, gap = 0;

	for (int i = column; i < text->columns && gap <= GAP_MAX && cells[i].character != CELL_NONE; i++) {
		gap = is_word(&cells[i]) ? 0 : gap + 1;
		end = gap ? end : i + 1;
	}
	return end - column;
}

static gboolean is_free(const Overlay *overlay, int row, int column)
{
	return row < overlay->picture->top + overlay->picture->rows && overlay->taken[row].end <= column;
}

/* Where a run that should stand at *@column, *@row finds room; FALSE: nowhere. */
static gboolean find_room(const Overlay *overlay, int text_row, int length, int *column, int *row)
{
	int wanted = MAX(MIN(*column, overlay->grid->columns - length), 0);

	for (int down = 0; down <= DOWN_MAX; down++)
		if (is_free(overlay, *row + down, wanted)) {
			*column = wanted;
			*row += down;
			return TRUE;
		} else if (down == 0 && overlay->taken[*row].owner == text_row) {
			break; /* it was the run before it in the same line */
		}
	*column = overlay->taken[*row].end + 1;
	return *column < overlay->grid->columns;
}

static void put_run(Overlay *overlay, int text_row, int text_column, int length)
{
	const CellPicture *picture = overlay->picture;
	Rect first = text_cell_rect(overlay->reader, text_column, text_row);
	int column = picture->left + first.x * picture->columns / picture->width;
	int row = picture->top + (first.y + first.height / 2) * picture->rows / picture->height;

	if (row < 0 || row >= overlay->grid->rows || !find_room(overlay, text_row, length, &column, &row))
		return;
	const Cell *from =
		overlay->text->cells + (gsize)text_row * (gsize)overlay->text->columns + text_column;
	Cell *to = overlay->grid->cells + (gsize)row * (gsize)overlay->grid->columns + column;
	int count = MIN(length, overlay->grid->columns - column);
	for (int i = 0; i < count; i++)
		to[i] = from[i];
	/* half of a double-width one is none */
	if (count < length && from[count].character == 0)
		to[count - 1].character = ' ';
	/* letters next to pieces of a picture are hard to tell from them */
	if (column > overlay->taken[row].end)
		to[-1] = (Cell){ ' ', from[0].fg, from[0].bg };
	if (column + count < overlay->grid->columns)
		to[count] = (Cell){ ' ', from[count - 1].fg, from[count - 1].bg };
	overlay->taken[row] = (Taken){ column + count, text_row };
}

void cells_overlay(CellGrid *grid, const CellPicture *picture, const CellGrid *text, const TextReader *reader)
{
	g_autofree Taken *taken = g_new0(Taken, (gsize)MAX(grid->rows, 1));
	Overlay overlay = { grid, picture, text, reader, taken };

	for (int row = 0; row < grid->rows; row++)
		taken[row] = (Taken){ 0, -1 };
	for (int row = 0; row < text->rows; row++)
		for (int column = 0; column < text->columns;) {
			int length = is_word(&text->cells[row * text->columns + column])
					     ? run_length(text, row, column)
					     : 0;
			if (length)
				put_run(&overlay, row, column, length);
			column += MAX(length, 1);
		}
}
