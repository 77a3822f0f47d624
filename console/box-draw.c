/* How a box looks (console/window-box.h). */
#include "console/window-box.h"

#define PADDING    8 /* at scale 1 */
#define LINE       18
#define EDIT_WIDTH 56 /* characters */
#define BAR_HEIGHT 10

#define BACKGROUND 0x002d333b
#define FRAME      0x006b7683
#define TITLE      0x00ffffff
#define TEXT       0x00c9d1d9
#define FIELD      0x00161b22
#define CURSOR     0x00e3b341
#define BUTTON     0x00316dca

static int columns_of(const char *text)
{
	return text ? (int)g_utf8_strlen(text, -1) : 0;
}

static int text_columns(const BoxText *text)
{
	int columns = columns_of(text->title), choices = 0;

	for (char **line = text->lines; line && *line; line++)
		columns = MAX(columns, columns_of(*line));
	for (gsize i = 0; i < BOX_CHOICES; i++)
		choices += text->choices[i] ? columns_of(text->choices[i]) + 4 : 0;
	columns = MAX(columns,
		      choices - 2); /* each has a blank at both sides, and two behind it but for the last */
	return text->edit ? MAX(columns, EDIT_WIDTH) : columns;
}

static int text_rows(const BoxText *text)
{
	guint lines = text->lines ? g_strv_length(text->lines) : 0;

	return (text->title != NULL) + (int)lines + (text->edit != NULL) + (text->percent >= 0) +
	       (text->choices[0] != NULL);
}

static void draw_edit(Pixels *pixels, const LineEdit *edit, int y, int columns, int scale)
{
	int cursor, width = PIXELS_FONT_WIDTH * scale;
	g_autofree char *view = line_edit_view(edit, columns, &cursor);
	const Rect field = { PADDING * scale, y, columns * width, PIXELS_FONT_HEIGHT * scale };
	const Rect mark = { field.x + cursor * width, y, 2 * scale, field.height };

	pixels_fill(pixels, &field, FIELD);
	pixels_text(pixels, field.x, y, scale, columns, TITLE, view);
	pixels_fill(pixels, &mark, CURSOR);
}

static void draw_bar(Pixels *pixels, int percent, int y, int scale)
{
	Rect bar = { PADDING * scale, y, pixels->width - 2 * PADDING * scale, BAR_HEIGHT * scale };

	pixels_fill(pixels, &bar, FIELD);
	bar.width = bar.width * percent / 100;
	pixels_fill(pixels, &bar, BUTTON);
}

static void draw_choices(Pixels *pixels, const BoxText *text, int y, int scale, Rect choices[BOX_CHOICES])
{
	int x = PADDING * scale, width = PIXELS_FONT_WIDTH * scale;

	for (gsize i = 0; i < BOX_CHOICES; i++) {
		int columns = columns_of(text->choices[i]);
		choices[i] = (Rect){ 0, 0, 0, 0 };
		if (columns == 0)
			continue;
		choices[i] = (Rect){ x, y, (columns + 2) * width, (PIXELS_FONT_HEIGHT + 2) * scale };
		pixels_fill(pixels, &choices[i], i == 0 ? BUTTON : FIELD);
		pixels_text(pixels, x + width, y + scale, scale, columns, TITLE, text->choices[i]);
		x += (columns + 4) * width;
	}
}

void box_draw(Pixels *pixels, const BoxText *text, int width, int height, int scale,
	      Rect choices[BOX_CHOICES])
{
	int pad = PADDING * scale, cell = PIXELS_FONT_WIDTH * scale, y = pad;
	int columns = MAX(MIN(text_columns(text), (width - 2 * pad) / cell), 1);
	int tall = text_rows(text) * LINE * scale + 2 * pad;

	pixels_resize(pixels, columns * cell + 2 * pad, CLAMP(tall, 1, MAX(height, 1)));
	const Rect all = { 0, 0, pixels->width, pixels->height };
	pixels_fill(pixels, &all, BACKGROUND);
	pixels_frame(pixels, &all, scale, FRAME);
	if (text->title) {
		pixels_text(pixels, pad, y, scale, columns, TITLE, text->title);
		y += LINE * scale;
	}
	for (char **line = text->lines; line && *line; line++, y += LINE * scale)
		pixels_text(pixels, pad, y, scale, columns, TEXT, *line);
	if (text->edit) {
		draw_edit(pixels, text->edit, y, columns, scale);
		y += LINE * scale;
	}
	if (text->percent >= 0) {
		draw_bar(pixels, MIN(text->percent, 100), y, scale);
		y += LINE * scale;
	}
	draw_choices(pixels, text, y, scale, choices);
}
