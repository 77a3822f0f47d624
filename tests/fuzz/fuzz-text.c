/*
 * What a guest draws: the first bytes choose the screen's size and how many colours there are, the others are its pixels, again and again. Then a part
 * is drawn anew, and read as a change.
 */
#include <stdint.h>
#include <string.h>

#include "console/text.h"

#define HEADER 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(TextReader *reader, Surface *surface)
{
	const CellGrid *grid;
	TextVerdict verdict = text_look(reader, surface, &grid);

	g_assert((verdict == TEXT_GRAPHICS) == (grid == NULL));
	if (!grid)
		return;
	g_assert(grid->columns > 0 && grid->rows > 0);
	g_assert(grid->cursor_x >= -1 && grid->cursor_x < grid->columns);
	g_assert(grid->cursor_y >= -1 && grid->cursor_y < grid->rows);
	for (int i = 0; i < grid->columns * grid->rows; i++) {
		gunichar character = grid->cells[i].character;
		g_assert(character == CELL_NONE || g_unichar_validate(character));
		g_assert(verdict == TEXT_MIXED || character != CELL_NONE);
		/* a right half has a left one */
		g_assert(character != 0 || (i % grid->columns > 0 && grid->cells[i - 1].character > 0xff));
	}
	g_autofree char *text = text_from_grid(grid);
	g_assert(g_utf8_validate(text, -1, NULL));
}

static void draw(Surface *surface, const Rect *area, const uint8_t *data, size_t size, guint32 colours)
{
	size_t at = 0;

	for (int y = area->y; y < area->y + area->height; y++)
		for (int x = area->x; x < area->x + area->width; x++, at = (at + 1) % (size * 8)) {
			guint32 bit = data[at / 8] >> (7 - at % 8) & 1,
				value = colours ? data[at / 8] * colours : 0xaaaaaa;
			*surface_row(surface, x, y) = (bit ? value : 0) & 0xffffff;
		}
	surface_damage(surface, area);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(Surface) surface = NULL;
	g_autoptr(TextReader) reader = NULL;

	/* the same on every machine */
	g_setenv("CARREL_FONT_PATH", "", TRUE);
	if (size <= HEADER)
		return 0;
	int width = 8 + data[0] % 20 * 8 + data[1] % 16, height = 8 + data[1] % 8 * 8 + data[2] % 19;
	Rect all = { 0, 0, width, height }, part = { width / 3, height / 3, width / 2, height / 4 };
	surface = surface_new();
	reader = text_reader_new();
	surface_resize(surface, width, height);
	draw(surface, &all, data + HEADER, size - HEADER, data[3] % 4 ? 0 : data[3] * 0x10101u);
	look(reader, surface);
	draw(surface, &part, data + size - 1, 1, 0);
	look(reader, surface);
	return 0;
}
