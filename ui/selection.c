#include "ui/selection.h"

#define NO_END (G_MAXINT - 1)

static void row_free(gpointer data)
{
	SelectionRow *row = data;

	g_free(row->cells);
	g_free(row->stamp);
	g_free(row);
}

Selection *selection_new(void)
{
	Selection *selection = g_new0(Selection, 1);

	selection->rows = g_ptr_array_new_with_free_func(row_free);
	return selection;
}

void selection_free(Selection *selection)
{
	g_ptr_array_unref(selection->rows);
	g_free(selection);
}

/* --- rows ------------------------------------------------------------------------------------------------------------ */

static SelectionRow *row_at(const Selection *selection, int y)
{
	return selection->rows->pdata[y];
}

static int last_row(const Selection *selection)
{
	return (int)selection->rows->len - 1;
}

/* Columns up to the last that is not blank. */
static int row_length(const SelectionRow *row)
{
	int length = row->columns;

	while (length > 0 && row->cells[length - 1].character == ' ')
		length--;
	return length;
}

static gboolean is_box(gunichar character)
{
	return character >= 0x2500 && character <= 0x259f;
}

/* A frame or a ruler, which ends at the edge without being more than this line. */
static gboolean ends_in_drawing(const SelectionRow *row, int length)
{
	gunichar last = row->cells[length - 1].character;
	gunichar before = length > 1 ? row->cells[length - 2].character : 0;

	return is_box(last) || (last == before && last && !g_unichar_isalnum(last));
}

/* Whether a text filled the row to the screen's edge and went on in the next one; a double-width character that did not fit leaves a blank. */
static gboolean runs_over(const SelectionRow *row, const SelectionRow *next, int columns)
{
	int length = row_length(row);
	gboolean next_is_wide = next->columns > 1 && next->cells[1].character == 0;

	if (!length || !next->columns || next->cells[0].character == ' ' || is_box(next->cells[0].character))
		return FALSE;
	return length >= columns - (next_is_wide ? 1 : 0) && !ends_in_drawing(row, length);
}

void selection_join_last(Selection *selection, int columns)
{
	int last = last_row(selection);

	if (last > 0)
		row_at(selection, last - 1)->wraps =
			runs_over(row_at(selection, last - 1), row_at(selection, last), columns);
}

void selection_add_grid(Selection *selection, const CellGrid *grid)
{
	gsize columns = (gsize)grid->columns;

	for (int y = 0; y < grid->rows; y++) {
		SelectionRow *row = g_new0(SelectionRow, 1);
		row->columns = grid->columns;
		row->cells = g_memdup2(&grid->cells[(gsize)y * columns], columns * sizeof(Cell));
		for (gsize x = 0; x < columns; x++)
			if (row->cells[x].character == CELL_NONE)
				row->cells[x] = (Cell){ ' ', CELL_DEFAULT, CELL_DEFAULT };
		g_ptr_array_add(selection->rows, row);
		if (y > 0)
			selection_join_last(selection, grid->columns);
	}
}

void selection_add_text(Selection *selection, const char *stamp, const char *text)
{
	SelectionRow *row = g_new0(SelectionRow, 1);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(Cell));

	for (const char *next = valid; *next; next = g_utf8_next_char(next)) {
		gunichar character = g_utf8_get_char(next);
		Cell cell = { g_unichar_isprint(character) ? character : ' ', CELL_DEFAULT, CELL_DEFAULT };
		g_array_append_val(cells, cell);
		cell.character = 0;
		if (g_unichar_iswide(character))
			g_array_append_val(cells, cell);
	}
	row->stamp = g_strdup(stamp);
	row->columns = (int)cells->len;
	row->cells = g_memdup2(cells->data, cells->len * sizeof(Cell));
	g_ptr_array_add(selection->rows, row);
}

void selection_prepend(Selection *selection, Selection *before)
{
	int added = (int)before->rows->len;
	GPtrArray *rest = selection->rows;

	selection->rows = before->rows;
	before->rows = g_ptr_array_new_with_free_func(row_free);
	g_ptr_array_extend_and_steal(selection->rows, rest);
	selection->y += added;
	selection->mark_y += added;
	selection->found_y += added;
}

/* --- cursor and mark ------------------------------------------------------------------------------------------------- */

void selection_put(Selection *selection, int x, int y)
{
	const SelectionRow *row;
	int old_x = selection->x, old_y = selection->y;

	selection->has_found = FALSE;
	if (!selection->rows->len)
		return;
	selection->y = CLAMP(y, 0, last_row(selection));
	row = row_at(selection, selection->y);
	selection->wanted_x = MAX(x, 0);
	selection->x = CLAMP(x, 0, MAX(row->columns - 1, 0));
	if (selection->x == 0 || selection->x >= row->columns || row->cells[selection->x].character)
		return;
	/* A step to the right would end where it began. */
	if (selection->y == old_y && selection->x == old_x + 1 && selection->x + 1 < row->columns)
		selection->x++;
	else
		selection->x--;
}

void selection_put_end(Selection *selection)
{
	if (selection->rows->len)
		selection_put(selection, row_length(row_at(selection, selection->y)) - 1, selection->y);
}

void selection_mark(Selection *selection, SelectionMode mode)
{
	if (selection->mode == SELECTION_NONE) {
		selection->mark_x = selection->x;
		selection->mark_y = selection->y;
	}
	selection->mode = selection->mode == mode ? SELECTION_NONE : mode;
}

/* --- what is selected ------------------------------------------------------------------------------------------------ */

/* Cells from (x1, y1) to (x2, y2), both included. */
typedef struct {
	SelectionMode mode;
	int x1, y1, x2, y2;
} Extent;

/* Lines that the guest broke at the edge are one. */
static void grow_to_lines(const Selection *selection, Extent *extent)
{
	while (extent->y1 > 0 && row_at(selection, extent->y1 - 1)->wraps)
		extent->y1--;
	while (extent->y2 < last_row(selection) && row_at(selection, extent->y2)->wraps)
		extent->y2++;
	extent->x1 = 0;
	extent->x2 = NO_END;
}

static Extent extent_of(const Selection *selection, SelectionMode mode)
{
	int mark_x = selection->mark_x, mark_y = selection->mark_y, x = selection->x, y = selection->y;
	gboolean forward = mark_y < y || (mark_y == y && mark_x <= x);
	Extent extent = { mode, forward ? mark_x : x, forward ? mark_y : y, forward ? x : mark_x,
			  forward ? y : mark_y };

	if (mode == SELECTION_BLOCK) {
		extent.x1 = MIN(mark_x, x);
		extent.x2 = MAX(mark_x, x);
	} else if (mode == SELECTION_LINES) {
		grow_to_lines(selection, &extent);
	}
	return extent;
}

/* The columns of row @y that belong to it; both halves of a character or none. FALSE: none do. */
static gboolean row_span(const Selection *selection, const Extent *extent, int y, int *from, int *to)
{
	const SelectionRow *row;

	if (y < extent->y1 || y > extent->y2 || y > last_row(selection))
		return FALSE;
	row = row_at(selection, y);
	*from = extent->mode == SELECTION_BLOCK || y == extent->y1 ? extent->x1 : 0;
	*to = extent->mode == SELECTION_BLOCK || y == extent->y2 ? extent->x2 : NO_END;
	if (*from > 0 && *from < row->columns && row->cells[*from].character == 0)
		--*from;
	if (*to + 1 < row->columns && row->cells[*to + 1].character == 0)
		++*to;
	return *from <= *to;
}

gboolean selection_has(const Selection *selection, int x, int y)
{
	Extent extent = extent_of(selection, selection->mode);
	int from, to;

	return selection->mode != SELECTION_NONE && row_span(selection, &extent, y, &from, &to) &&
	       x >= from && x <= to;
}

static void append_row(GString *text, const SelectionRow *row, int from, int to)
{
	int end = MIN(row_length(row) - 1, to);

	while (end >= from && row->cells[end].character == ' ')
		end--;
	for (int x = from; x <= end; x++)
		if (row->cells[x].character)
			g_string_append_unichar(text, row->cells[x].character);
}

/* Whether a newline stands behind row @y, which belongs to it. */
static gboolean breaks_behind(const Selection *selection, const Extent *extent, int y)
{
	if (extent->mode == SELECTION_BLOCK)
		return y < extent->y2;
	return !row_at(selection, y)->wraps && (y < extent->y2 || extent->mode == SELECTION_LINES);
}

char *selection_text(const Selection *selection)
{
	GString *text = g_string_new(NULL);
	Extent extent = extent_of(selection, selection->mode);
	int from, to;

	if (selection->mode == SELECTION_NONE) {
		extent.y1 = extent.y2 = selection->y;
		grow_to_lines(selection, &extent);
	}
	for (int y = extent.y1; row_span(selection, &extent, y, &from, &to); y++) {
		append_row(text, row_at(selection, y), from, to);
		if (breaks_behind(selection, &extent, y))
			g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

/* --- search ---------------------------------------------------------------------------------------------------------- */

typedef struct {
	gunichar *characters;
	glong length;
	gboolean exact; /* capitals count */
} Pattern;

static void pattern_init(Pattern *pattern, const char *text)
{
	pattern->characters = g_utf8_to_ucs4_fast(text, -1, &pattern->length);
	pattern->exact = FALSE;
	for (glong i = 0; i < pattern->length; i++)
		pattern->exact = pattern->exact || g_unichar_isupper(pattern->characters[i]);
}

/* To the next cell that begins a character, over the edge where the line does. FALSE: the line ends. */
static gboolean step(const Selection *selection, int *x, int *y)
{
	const SelectionRow *row = row_at(selection, *y);
	int length = row->wraps ? row_length(row) : row->columns;

	do
		++*x;
	while (*x < length && row->cells[*x].character == 0);
	if (*x < length)
		return TRUE;
	*x = 0;
	++*y;
	return row->wraps && *y <= last_row(selection);
}

static gboolean matches(const Pattern *pattern, glong index, gunichar character)
{
	return pattern->characters[index] == (pattern->exact ? character : g_unichar_tolower(character));
}

/* Whether the pattern stands at (@x, @y); *@end_x, *@end_y: its last cell. */
static gboolean match_at(const Selection *selection, const Pattern *pattern, int x, int y, int *end_x,
			 int *end_y)
{
	const SelectionRow *row;

	for (glong i = 0; i < pattern->length; i++) {
		if (i > 0 && !step(selection, &x, &y))
			return FALSE;
		if (!matches(pattern, i, row_at(selection, y)->cells[x].character))
			return FALSE;
	}
	row = row_at(selection, y);
	*end_x = x + 1 < row->columns && row->cells[x + 1].character == 0 ? x + 1 : x;
	*end_y = y;
	return TRUE;
}

/* The match that begins in row @y within @from <= x < @to, the first one, or the last one. */
static gboolean find_in_row(Selection *selection, const Pattern *pattern, gboolean backwards, int y, int from,
			    int to)
{
	int count = MIN(to, row_at(selection, y)->columns) - from, end_x, end_y;

	for (int i = 0; i < count; i++) {
		int x = backwards ? from + count - 1 - i : from + i;
		if (!match_at(selection, pattern, x, y, &end_x, &end_y))
			continue;
		selection_put(selection, x, y);
		selection->has_found = TRUE;
		selection->found_x = end_x;
		selection->found_y = end_y;
		return TRUE;
	}
	return FALSE;
}

gboolean selection_find(Selection *selection, const char *words, gboolean backwards, gboolean *wrapped)
{
	int rows = (int)selection->rows->len, x = selection->x, y = selection->y;
	Pattern pattern;
	gboolean found = FALSE;

	*wrapped = FALSE;
	pattern_init(&pattern, words);
	/* The cursor's row twice: the part that lies ahead first, the rest of it last. */
	for (int i = 0; i <= rows && rows && pattern.length && !found; i++) {
		int row = backwards ? (y - i + rows) % rows : (y + i) % rows;
		int from = i == 0 && !backwards ? x + 1 : 0;
		found = find_in_row(selection, &pattern, backwards, row, from,
				    i == 0 && backwards ? x : G_MAXINT);
		*wrapped = found && i > 0 && (backwards ? row >= y : row <= y);
	}
	g_free(pattern.characters);
	return found;
}

gboolean selection_is_found(const Selection *selection, int x, int y)
{
	if (!selection->has_found || y < selection->y || y > selection->found_y)
		return FALSE;
	return (y > selection->y || x >= selection->x) && (y < selection->found_y || x <= selection->found_x);
}
