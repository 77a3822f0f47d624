#include "ui/past-page.h"

#include "console/record.h"
#include "console/text.h"

/* --- the screen ------------------------------------------------------------------------------------------------------ */

static gboolean put_at_pixel(Selection *page, const TextReader *reader, const CellGrid *grid, int x, int y)
{
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++) {
			Rect cell = text_cell_rect(reader, column, row);
			if (x >= cell.x && y >= cell.y && x < cell.x + cell.width &&
			    y < cell.y + cell.height) {
				selection_put(page, column, row);
				return TRUE;
			}
		}
	return FALSE;
}

static gboolean row_is_blank(const CellGrid *grid, int row)
{
	const Cell *cells = &grid->cells[(gsize)row * (gsize)grid->columns];

	for (int column = 0; column < grid->columns; column++)
		if (cells[column].character != ' ' && cells[column].character != CELL_NONE)
			return FALSE;
	return TRUE;
}

/* Guests blink their cursors, and some have none: below what is written, then. */
static void put_at_cursor(Selection *page, const CellGrid *grid)
{
	int row = grid->rows;

	if (grid->cursor_x >= 0 && grid->cursor_y >= 0) {
		selection_put(page, grid->cursor_x, grid->cursor_y);
		return;
	}
	while (row > 0 && row_is_blank(grid, row - 1))
		row--;
	selection_put(page, 0, row);
}

gboolean past_page_add_screen(Selection *page, Surface *surface, int pixel_x, int pixel_y)
{
	g_autoptr(TextReader) reader = text_reader_new();
	const CellGrid *grid = NULL;

	if (!surface_width(surface) || text_look(reader, surface, &grid) == TEXT_GRAPHICS)
		return FALSE;
	selection_add_grid(page, grid);
	if (!put_at_pixel(page, reader, grid, pixel_x, pixel_y))
		put_at_cursor(page, grid);
	return TRUE;
}

/* --- the record ------------------------------------------------------------------------------------------------------ */

typedef struct {
	Selection *page;
	int columns;             /* of the screen in text mode, 0 = not known */
	const RecordEntry *last; /* a line, when the last row is one */
} Reading;

static void add_note(Reading *reading, const RecordEntry *entry)
{
	g_autofree char *stamp = g_strdup_printf("%9.3f", (double)entry->t / 1000);
	g_autofree char *text = NULL;

	if (entry->kind == RECORD_DROPPED)
		text = g_strdup_printf("[%" G_GINT64_FORMAT " lines are left out]", entry->count);
	else if (entry->kind == RECORD_END)
		text = g_strdup("[power off]");
	else
		text = g_strdup_printf("[%s of %dx%d]", entry->kind == RECORD_PICTURE ? "picture" : "text",
				       entry->width, entry->height);
	selection_add_text(reading->page, entry->kind == RECORD_DROPPED ? "" : stamp, text);
	reading->last = NULL;
}

static void add_line(Reading *reading, const RecordEntry *entry)
{
	g_autofree char *stamp = g_strdup_printf("%9.3f", (double)entry->t / 1000);
	const RecordEntry *last = reading->last;

	selection_add_text(reading->page, stamp, entry->text);
	if (last && reading->columns && last->t == entry->t && last->row + 1 == entry->row)
		selection_join_last(reading->page, reading->columns);
	reading->last = entry;
}

void past_page_add_record(Selection *page, int fd)
{
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read_fd(fd, &start);
	Reading reading = { .page = page };

	for (guint i = 0; i < entries->len; i++) {
		const RecordEntry *entry = entries->pdata[i];
		if (entry->kind == RECORD_TEXT_MODE)
			reading.columns = entry->width;
		if (entry->kind == RECORD_LINE)
			add_line(&reading, entry);
		else
			add_note(&reading, entry);
	}
}
