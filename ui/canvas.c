#include "ui/canvas.h"

#include <string.h>

#define ELLIPSIS 0x2026

Canvas *canvas_new(int columns, int rows)
{
	Canvas *canvas = g_new0(Canvas, 1);

	canvas_resize(canvas, columns, rows);
	return canvas;
}

void canvas_free(Canvas *canvas)
{
	g_free(canvas->cells);
	g_free(canvas);
}

void canvas_resize(Canvas *canvas, int columns, int rows)
{
	canvas->columns = MAX(columns, 1);
	canvas->rows = MAX(rows, 1);
	g_free(canvas->cells);
	canvas->cells = g_new0(CanvasCell, (gsize)canvas->columns * canvas->rows);
}

void canvas_clear(Canvas *canvas, Style style)
{
	canvas_fill(canvas, (Rect){ 0, 0, canvas->columns, canvas->rows }, ' ', style);
	canvas_cursor(canvas, -1, -1);
	canvas->image_count = 0;
}

static CanvasCell *cell_at(Canvas *canvas, int x, int y)
{
	if (x < 0 || y < 0 || x >= canvas->columns || y >= canvas->rows)
		return NULL;
	return &canvas->cells[(gsize)y * canvas->columns + x];
}

/* Whoever writes one half of a double-width character blanks the other. */
static void split_wide(Canvas *canvas, int x, int y)
{
	CanvasCell *cell = cell_at(canvas, x, y);
	CanvasCell *left = cell_at(canvas, x - 1, y), *right = cell_at(canvas, x + 1, y);

	if (cell->character == 0 && left)
		left->character = ' ';
	else if (right && right->character == 0)
		right->character = ' ';
}

void canvas_put(Canvas *canvas, int x, int y, gunichar character, Style style)
{
	CanvasCell *cell = cell_at(canvas, x, y);
	CanvasCell *right = cell_at(canvas, x + 1, y);

	if (!cell)
		return;
	split_wide(canvas, x, y);
	if (character && g_unichar_iswide(character)) {
		if (!right) {
			character = ' ';
		} else {
			split_wide(canvas, x + 1, y);
			*right = (CanvasCell){ 0, style };
		}
	}
	*cell = (CanvasCell){ character, style };
}

/* Columns of one character: 0 for marks that combine, which a grid of single characters cannot hold. */
static int char_width(gunichar character)
{
	if (character < 0x300)
		return 1;
	if (g_unichar_iszerowidth(character))
		return 0;
	return g_unichar_iswide(character) ? 2 : 1;
}

/* The next character fit to be shown; *@text moves on. */
static gunichar next_char(const char **text)
{
	gunichar character = g_utf8_get_char_validated(*text, -1);

	if (character == (gunichar)-1 || character == (gunichar)-2) {
		(*text)++;
		return 0xfffd;
	}
	*text = g_utf8_next_char(*text);
	return g_unichar_iscntrl(character) ? ' ' : character;
}

int canvas_text_width(const char *text)
{
	int width = 0;

	while (*text)
		width += char_width(next_char(&text));
	return width;
}

int canvas_text(Canvas *canvas, int x, int y, int width, Style style, const char *text)
{
	gboolean cut = canvas_text_width(text) > width;
	int limit = cut ? width - 1 : width, used = 0;

	while (*text) {
		gunichar character = next_char(&text);
		int columns = char_width(character);
		if (used + columns > limit)
			break;
		if (columns)
			canvas_put(canvas, x + used, y, character, style);
		used += columns;
	}
	if (cut && width > 0)
		canvas_put(canvas, x + used++, y, ELLIPSIS, style);
	return used;
}

void canvas_field(Canvas *canvas, int x, int y, int width, Style style, const char *text, gboolean right)
{
	int used = MIN(canvas_text_width(text), width);

	canvas_fill(canvas, (Rect){ x, y, width, 1 }, ' ', style);
	canvas_text(canvas, right ? x + width - used : x, y, width, style, text);
}

void canvas_fill(Canvas *canvas, Rect area, gunichar character, Style style)
{
	if (!rect_clip(&area, canvas->columns, canvas->rows))
		return;
	for (int y = area.y; y < area.y + area.height; y++) {
		split_wide(canvas, area.x, y);
		split_wide(canvas, area.x + area.width - 1, y);
		for (int x = area.x; x < area.x + area.width; x++)
			*cell_at(canvas, x, y) = (CanvasCell){ character, style };
	}
}

void canvas_restyle(Canvas *canvas, Rect area, Style style)
{
	if (!rect_clip(&area, canvas->columns, canvas->rows))
		return;
	for (int y = area.y; y < area.y + area.height; y++)
		for (int x = area.x; x < area.x + area.width; x++)
			cell_at(canvas, x, y)->style = style;
}

void canvas_hline(Canvas *canvas, int x, int y, int width, Style style)
{
	canvas_fill(canvas, (Rect){ x, y, width, 1 }, 0x2500, style);
}

void canvas_vline(Canvas *canvas, int x, int y, int height, Style style)
{
	canvas_fill(canvas, (Rect){ x, y, 1, height }, 0x2502, style);
}

void canvas_box(Canvas *canvas, Rect area, Style style, const char *title)
{
	int right = area.x + area.width - 1, bottom = area.y + area.height - 1;

	canvas_fill(canvas, area, ' ', style);
	canvas_hline(canvas, area.x, area.y, area.width, style);
	canvas_hline(canvas, area.x, bottom, area.width, style);
	canvas_vline(canvas, area.x, area.y, area.height, style);
	canvas_vline(canvas, right, area.y, area.height, style);
	canvas_put(canvas, area.x, area.y, 0x250c, style);
	canvas_put(canvas, right, area.y, 0x2510, style);
	canvas_put(canvas, area.x, bottom, 0x2514, style);
	canvas_put(canvas, right, bottom, 0x2518, style);
	if (title) {
		g_autofree char *spaced = g_strdup_printf(" %s ", title);
		style.attr |= ATTR_BOLD;
		canvas_text(canvas, area.x + 2, area.y, area.width - 4, style, spaced);
	}
}

void canvas_bar(Canvas *canvas, int x, int y, int width, double fraction, Style done, Style todo)
{
	int full = (int)(CLAMP(fraction, 0.0, 1.0) * width + 0.5);

	canvas_fill(canvas, (Rect){ x, y, width, 1 }, 0x2591, todo);
	canvas_fill(canvas, (Rect){ x, y, full, 1 }, 0x2588, done);
}

void canvas_scrollbar(Canvas *canvas, Rect area, int top, int count, Style style)
{
	int x = area.x + area.width - 1, length, start;

	if (count <= area.height || area.height < 2)
		return;
	length = MAX(1, area.height * area.height / count);
	start = (int)((gint64)top * (area.height - length) / (count - area.height));
	canvas_vline(canvas, x, area.y, area.height, style);
	canvas_fill(canvas, (Rect){ x, area.y + start, 1, length }, 0x2588, style);
}

/* Of the same picture, or the next one. */
static int find_image(const Canvas *canvas, const Surface *surface)
{
	int index = 0;

	while (index < canvas->image_count && canvas->images[index].surface != surface)
		index++;
	return index;
}

void canvas_image(Canvas *canvas, Rect area, Surface *surface, const Rect *damage)
{
	int index = find_image(canvas, surface);

	if (index == CANVAS_IMAGES_MAX || !rect_clip(&area, canvas->columns, canvas->rows))
		return;
	canvas_fill(canvas, area, CANVAS_IMAGE, (Style){ COLOR_INDEX(index), COLOR_DEFAULT, ATTR_NONE });
	canvas->images[index] =
		(CanvasImage){ surface, area, surface_width(surface), surface_height(surface), *damage };
	canvas->image_count = MAX(canvas->image_count, index + 1);
}

void canvas_cursor(Canvas *canvas, int x, int y)
{
	gboolean inside = x >= 0 && y >= 0 && x < canvas->columns && y < canvas->rows;

	canvas->cursor_x = inside ? x : -1;
	canvas->cursor_y = inside ? y : -1;
}

/* Bytes of @line that fit into @width columns, broken at the last blank if there is one; at least one character. */
static gsize fitting(const char *line, gsize length, int width)
{
	const char *p = line, *blank = NULL;
	int used = 0;

	while (p < line + length) {
		const char *start = p;
		gunichar character = next_char(&p);
		used += char_width(character);
		if (character == ' ')
			blank = start;
		if (used > width && blank)
			return (gsize)(blank - line);
		if (used > width)
			return (gsize)(start > line ? start - line : p - line);
	}
	return length;
}

GPtrArray *canvas_wrap(const char *text, int width)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	const char *line = valid;

	width = MAX(width, 1);
	while (TRUE) {
		gsize length = strcspn(line, "\n"), taken = fitting(line, length, width);
		g_ptr_array_add(lines, g_strndup(line, taken));
		line += taken;
		if (taken < length)
			line += strspn(line, " ");
		else if (*line == '\n')
			line++;
		else
			return lines;
	}
}

gunichar canvas_ascii(gunichar character)
{
	/* clang-format off */
	static const struct {
		gunichar from;
		char to;
	} table[] = {
		{ 0x2500, '-' }, { 0x2502, '|' }, { 0x250c, '+' }, { 0x2510, '+' }, { 0x2514, '+' },  { 0x2518, '+' },
		{ 0x2588, '#' }, { 0x2591, '.' }, { 0x2026, '~' }, { 0x25b2, '^' }, { 0x25bc, 'v' },  { 0x2713, '*' },
		{ 0x00b7, '.' }, { 0x21b5, '/' }, { 0x2039, '<' }, { 0x203a, '>' }, { 0x2014, '-' },  { 0x2018, '`' },
		{ 0x201c, '"' }, { 0x201d, '"' }, { 0x2019, '\'' },
	};
	/* clang-format on */

	if (character < 0x80)
		return character;
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (table[i].from == character)
			return (gunichar)table[i].to;
	return '?';
}

char *canvas_dump(const Canvas *canvas)
{
	GString *text = g_string_new(NULL);

	for (int y = 0; y < canvas->rows; y++) {
		for (int x = 0; x < canvas->columns; x++) {
			gunichar character = canvas->cells[(gsize)y * canvas->columns + x].character;
			if (character)
				g_string_append_unichar(text, character);
		}
		while (text->len && text->str[text->len - 1] == ' ')
			g_string_truncate(text, text->len - 1);
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}
