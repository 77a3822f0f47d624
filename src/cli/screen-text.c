#include "cli/screen-text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output.h"

#define DEFAULT_COLUMNS 80
#define DEFAULT_ROWS    24
#define TAIL_LINES      3

struct ScreenText {
	Surface *surface;
	TextReader *reader;
	const CellGrid *grid; /* NULL: a picture */
	TextVerdict verdict;
	char *text;
	/* For screen_text_follow(): */
	GHashTable *shown; /* line to how often it stands on the screen and was printed */
	char *held;        /* lowest line of the last call, not printed yet */
};

ScreenText *screen_text_new(Surface *surface)
{
	ScreenText *screen = g_new0(ScreenText, 1);

	screen->surface = surface_ref(surface);
	screen->reader = text_reader_new();
	screen->text = g_strdup("");
	screen->shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return screen;
}

void screen_text_free(ScreenText *screen)
{
	if (!screen)
		return;
	surface_unref(screen->surface);
	text_reader_free(screen->reader);
	g_hash_table_unref(screen->shown);
	g_free(screen->text);
	g_free(screen->held);
	g_free(screen);
}

void screen_text_read(ScreenText *screen)
{
	screen->verdict = text_look(screen->reader, screen->surface, &screen->grid);
	g_free(screen->text);
	screen->text = screen->grid ? text_from_grid(screen->grid) : g_strdup("");
}

const char *screen_text_get(const ScreenText *screen)
{
	return screen->text;
}

/* "[picture of 1024x768]", what stands for a line where there are none. */
static char *picture_line(const ScreenText *screen)
{
	return g_strdup_printf("[picture of %dx%d]", surface_width(screen->surface),
			       surface_height(screen->surface));
}

static char **screen_lines(const ScreenText *screen)
{
	g_autofree char *picture = *screen->text ? NULL : picture_line(screen);

	return g_strsplit(picture ? picture : screen->text, "\n", -1);
}

char *screen_text_tail(const ScreenText *screen)
{
	g_auto(GStrv) lines = screen_lines(screen);
	GString *tail = g_string_new(NULL);
	guint count = 0;

	for (guint i = g_strv_length(lines); i > 0 && count < TAIL_LINES; i--) {
		if (!*g_strchug(lines[i - 1]))
			continue;
		if (count++)
			g_string_prepend(tail, " | ");
		g_string_prepend(tail, lines[i - 1]);
	}
	return g_string_free(tail, FALSE);
}

static void set_colour(JsonObject *object, const char *key, guint32 colour)
{
	g_autofree char *text = g_strdup_printf("#%06x", colour & 0xffffff);

	json_object_set_string_member(object, key, text);
}

/* Neighbours of the same colours from @x on: {x, text, fg, bg}; *@next is the first that is not among them. A blank has no colour but its
 * background's. */
static JsonObject *run_json(const Cell *row, int columns, int x, int *next)
{
	g_autoptr(GString) text = g_string_new(NULL);
	JsonObject *object = json_object_new();
	guint32 fg = row[x].fg, bg = row[x].bg;
	gboolean is_blank = TRUE;

	json_object_set_int_member(object, "x", x);
	for (; x < columns && row[x].bg == bg && row[x].character != CELL_NONE; x++) {
		if (row[x].character == 0)
			continue;
		if (row[x].character != ' ' && !is_blank && row[x].fg != fg)
			break;
		if (row[x].character != ' ' && is_blank)
			fg = row[x].fg;
		is_blank = is_blank && row[x].character == ' ';
		g_string_append_unichar(text, row[x].character);
	}
	json_object_set_string_member(object, "text", text->str);
	set_colour(object, "fg", fg);
	set_colour(object, "bg", bg);
	*next = x;
	return object;
}

/* A row's runs; what is no text is in none. */
static JsonArray *row_json(const Cell *row, int columns)
{
	JsonArray *runs = json_array_new();

	for (int x = 0; x < columns;) {
		if (row[x].character == CELL_NONE)
			x++;
		else
			json_array_add_object_element(runs, run_json(row, columns, x, &x));
	}
	return runs;
}

static JsonArray *cells_json(const CellGrid *grid)
{
	JsonArray *rows = json_array_new();

	for (int y = 0; grid && y < grid->rows; y++)
		json_array_add_array_element(rows, row_json(grid->cells + y * grid->columns, grid->columns));
	return rows;
}

JsonNode *screen_text_json(const ScreenText *screen)
{
	JsonObject *object = json_object_new();
	const CellGrid *grid = screen->grid;

	json_object_set_int_member(object, "width", surface_width(screen->surface));
	json_object_set_int_member(object, "height", surface_height(screen->surface));
	json_object_set_boolean_member(object, "is_text", screen->verdict == TEXT_PURE);
	json_object_set_boolean_member(object, "is_mixed", screen->verdict == TEXT_MIXED);
	json_object_set_string_member(object, "text", screen->text);
	json_object_set_int_member(object, "columns", grid ? grid->columns : 0);
	json_object_set_int_member(object, "rows", grid ? grid->rows : 0);
	if (grid && grid->cursor_x >= 0) {
		JsonObject *cursor = json_object_new();
		json_object_set_int_member(cursor, "x", grid->cursor_x);
		json_object_set_int_member(cursor, "y", grid->cursor_y);
		json_object_set_object_member(object, "cursor", cursor);
	} else {
		json_object_set_null_member(object, "cursor");
	}
	json_object_set_array_member(object, "cells", cells_json(grid));
	return output_node(object);
}

/* --- drawing --- */

static void append_colour(GString *line, guint layer, guint32 colour)
{
	if (colour == CELL_DEFAULT)
		g_string_append_printf(line, "\033[%um", layer + 1);
	else
		g_string_append_printf(line, "\033[%u;2;%u;%u;%um", layer, colour >> 16 & 255,
				       colour >> 8 & 255, colour & 255);
}

static void draw_row(const Cell *cells, int columns, gboolean colours)
{
	GString *line = g_string_new(NULL);
	guint32 fg = CELL_DEFAULT, bg = CELL_DEFAULT;

	for (int x = 0; x < columns; x++) {
		if (!cells[x].character)
			continue;
		if (colours && cells[x].fg != fg)
			append_colour(line, 38, fg = cells[x].fg);
		if (colours && cells[x].bg != bg)
			append_colour(line, 48, bg = cells[x].bg);
		g_string_append_unichar(line,
					g_unichar_iscntrl(cells[x].character) ? 0xfffd : cells[x].character);
	}
	if (colours)
		g_string_append(line, "\033[0m");
	else
		g_strchomp(line->str);
	puts(line->str);
	g_string_free(line, TRUE);
}

static void draw_picture(const ScreenText *screen)
{
	gboolean colours = output_colours();
	g_autoptr(CellsRenderer) renderer =
		cells_renderer_new(output_is_terminal() ? CELLS_SYMBOLS : CELLS_ASCII);
	struct winsize size = { .ws_col = DEFAULT_COLUMNS, .ws_row = DEFAULT_ROWS };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		size = (struct winsize){ .ws_col = DEFAULT_COLUMNS, .ws_row = DEFAULT_ROWS };
	const CellGrid *grid = cells_render(renderer, screen->surface, size.ws_col, MAX(size.ws_row - 1, 1));
	for (int y = 0; y < grid->rows; y++)
		draw_row(grid->cells + y * grid->columns, grid->columns, colours);
}

void screen_text_print(const ScreenText *screen)
{
	g_auto(GStrv) lines = screen_lines(screen);
	guint count = g_strv_length(lines);

	/* Words over a picture: people see both, a script wants the words. */
	if (!screen->grid || (screen->verdict == TEXT_MIXED && output_is_terminal())) {
		draw_picture(screen);
		return;
	}
	while (count && !*lines[count - 1])
		count--;
	for (guint i = 0; i < count; i++) {
		g_autofree char *clean = output_clean(lines[i]);
		puts(clean);
	}
}

/* --- following --- */

static guint count_of(GHashTable *table, const char *line)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(table, line));
}

static void count_up(GHashTable *table, const char *line)
{
	g_hash_table_insert(table, g_strdup(line), GUINT_TO_POINTER(count_of(table, line) + 1));
}

static int lowest_line(char **lines)
{
	int lowest = (int)g_strv_length(lines) - 1;

	while (lowest >= 0 && !*lines[lowest])
		lowest--;
	return lowest;
}

gboolean screen_text_follow(ScreenText *screen)
{
	g_auto(GStrv) lines = screen_lines(screen);
	g_autofree char *before = g_steal_pointer(&screen->held);
	GHashTable *now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int lowest = lowest_line(lines);

	/* Scrolling moves lines: what matters is how often a line stands there, not where. */
	for (int i = 0; i <= lowest; i++) {
		gboolean is_new = count_of(now, lines[i]) >= count_of(screen->shown, lines[i]);
		if (!*lines[i])
			continue;
		if (is_new && i == lowest && g_strcmp0(lines[i], before) != 0) {
			screen->held = g_strdup(lines[i]);
			continue;
		}
		count_up(now, lines[i]);
		if (!is_new)
			continue;
		g_autofree char *clean = output_clean(lines[i]);
		puts(clean);
	}
	g_hash_table_unref(screen->shown);
	screen->shown = now;
	fflush(stdout);
	return screen->held != NULL;
}
