#include "ui/overlay.h"

#include <string.h>

#include "ui/graphics.h"
#include "ui/pixels.h"
#include "ui/theme.h"

#define IMAGE_ID                                                                                             \
	0x63726c /* of this terminal's images, in 24 bits, since it is a colour too; a small number is what others take */
/* What changed of a sixel picture is sent by bands, each a picture to the terminal: xterm keeps 16 and forgets the oldest. */
#define BANDS_MAX 8

struct Overlay {
	int columns, rows;
	CanvasCell *cells; /* as sent; character 0 = nothing of ours */
	/* the picture as sent */
	gboolean has_image;
	CanvasImage image;
	GArray *bands; /* guint: hashes of what was sent, sixel only; 0 = nothing */
};

Overlay *overlay_new(void)
{
	Overlay *overlay = g_new0(Overlay, 1);

	overlay->bands = g_array_new(FALSE, TRUE, sizeof(guint));
	return overlay;
}

void overlay_free(Overlay *overlay)
{
	g_array_unref(overlay->bands);
	g_free(overlay->cells);
	g_free(overlay);
}

gboolean overlay_takes(const CanvasCell *cell)
{
	if (cell->character == CANVAS_IMAGE)
		return TRUE;
	return graphics_level() >= GRAPHICS_TRUECOLOR && theme_level() != THEME_MONO &&
	       (COLOR_IS_RGB(cell->style.fg) || COLOR_IS_RGB(cell->style.bg));
}

void overlay_forget(Overlay *overlay)
{
	if (overlay->cells)
		memset(overlay->cells, 0,
		       sizeof(CanvasCell) * (gsize)overlay->columns * (gsize)overlay->rows);
	overlay->has_image = FALSE;
	g_array_set_size(overlay->bands, 0);
}

static void fit(Overlay *overlay, const Canvas *canvas)
{
	if (overlay->cells && overlay->columns == canvas->columns && overlay->rows == canvas->rows)
		return;
	g_free(overlay->cells);
	overlay->cells = g_new0(CanvasCell, (gsize)canvas->columns * (gsize)canvas->rows);
	overlay->columns = canvas->columns;
	overlay->rows = canvas->rows;
}

/* --- cells ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	GString *bytes;
	gboolean has_style;
	Style style;
	int x, y; /* where the terminal writes next, -1 = elsewhere */
} Pen;

static void move(Pen *pen, int x, int y)
{
	if (pen->x == x && pen->y == y)
		return;
	g_string_append_printf(pen->bytes, "\033[%d;%dH", y + 1, x + 1);
	pen->x = x;
	pen->y = y;
}

static void put_colour(GString *bytes, int layer, guint32 colour)
{
	if (colour == COLOR_DEFAULT)
		g_string_append_printf(bytes, ";%d", layer + 9);
	else if (COLOR_IS_RGB(colour))
		g_string_append_printf(bytes, ";%d;2;%u;%u;%u", layer + 8, colour >> 16 & 255,
				       colour >> 8 & 255, colour & 255);
	else
		g_string_append_printf(bytes, ";%d;5;%u", layer + 8, colour & 255);
}

static void set_style(Pen *pen, Style style)
{
	static const struct {
		guint attr;
		const char *code;
	} codes[] = {
		{ATTR_BOLD,       ";1"},
                { ATTR_DIM,       ";2"},
                { ATTR_UNDERLINE, ";4"},
                { ATTR_REVERSE,   ";7"}
	};

	if (pen->has_style && memcmp(&pen->style, &style, sizeof(style)) == 0)
		return;
	g_string_append(pen->bytes, "\033[0");
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if (style.attr & codes[i].attr)
			g_string_append(pen->bytes, codes[i].code);
	put_colour(pen->bytes, 30, style.fg);
	put_colour(pen->bytes, 40, style.bg);
	g_string_append_c(pen->bytes, 'm');
	pen->has_style = TRUE;
	pen->style = style;
}

static void put_cell(Pen *pen, int x, int y, const CanvasCell *cell)
{
	gunichar character = g_unichar_iscntrl(cell->character) ? 0xfffd : cell->character;

	move(pen, x, y);
	set_style(pen, cell->style);
	g_string_append_unichar(pen->bytes, character);
	pen->x += g_unichar_iswide(character) ? 2 : 1;
}

/* A cell of the picture: the image's number is its colour. Only the first of a row says which row it is. */
static void put_placeholder(Pen *pen, const CanvasImage *image, int x, int y)
{
	Style style = { IMAGE_ID, COLOR_DEFAULT, ATTR_NONE };

	if (x != image->area.x && pen->x != x)
		return; /* something stands before it: it would not know its column */
	move(pen, x, y);
	set_style(pen, style);
	if (x == image->area.x)
		kitty_row(pen->bytes, y - image->area.y);
	else
		g_string_append_unichar(pen->bytes, KITTY_PLACEHOLDER);
	pen->x++;
}

static gboolean is_sent(const CanvasCell *before, const CanvasCell *now)
{
	return memcmp(before, now, sizeof(*now)) == 0;
}

/* A row of placeholders is sent as a whole, since each counts from its neighbour. */
static gboolean image_row_differs(const CanvasCell *before, const CanvasCell *now, int columns)
{
	for (int x = 0; x < columns; x++)
		if (now[x].character == CANVAS_IMAGE && !is_sent(&before[x], &now[x]))
			return TRUE;
	return FALSE;
}

static void draw_cell(const Canvas *canvas, int x, int y, gboolean placeholders, Pen *pen)
{
	static const CanvasCell blank = {
		' ', {COLOR_DEFAULT, COLOR_DEFAULT, ATTR_NONE}
	};
	const CanvasCell *cell = &canvas->cells[(gsize)y * (gsize)canvas->columns + (gsize)x];

	if (cell->character != CANVAS_IMAGE)
		put_cell(pen, x, y, cell);
	else if (placeholders)
		put_placeholder(pen, &canvas->image, x, y);
	else
		put_cell(pen, x, y, &blank);
}

static void draw_row(Overlay *overlay, const Canvas *canvas, int y, gboolean placeholders, Pen *pen)
{
	const CanvasCell *now = canvas->cells + (gsize)y * (gsize)canvas->columns;
	CanvasCell *before = overlay->cells + (gsize)y * (gsize)canvas->columns;
	gboolean whole = placeholders && image_row_differs(before, now, canvas->columns);

	for (int x = 0; x < canvas->columns; x++) {
		if (!overlay_takes(&now[x])) {
			before[x].character = 0;
			continue;
		}
		gboolean is_due =
			!is_sent(&before[x], &now[x]) || (whole && now[x].character == CANVAS_IMAGE);
		before[x] = now[x];
		if (is_due && now[x].character)
			draw_cell(canvas, x, y, placeholders, pen);
	}
}

/* --- pictures -------------------------------------------------------------------------------------------------------- */

static gboolean same_place(const Overlay *overlay, const CanvasImage *image)
{
	const CanvasImage *old = &overlay->image;

	return overlay->has_image && old->surface == image->surface &&
	       memcmp(&old->area, &image->area, sizeof(Rect)) == 0 && old->width == image->width &&
	       old->height == image->height;
}

/* What changed since it was sent is known as one rectangle. */
static void draw_kitty(Overlay *overlay, const CanvasImage *image, Pen *pen)
{
	gboolean placeholders = graphics_has_placeholders();

	if (!same_place(overlay, image)) {
		if (overlay->has_image)
			kitty_delete(pen->bytes, IMAGE_ID);
		move(pen, image->area.x, image->area.y);
		kitty_send(pen->bytes, IMAGE_ID, image->surface, image->area.width, image->area.height,
			   placeholders);
	} else if (image->damage.width > 0) {
		kitty_update(pen->bytes, IMAGE_ID, image->surface, &image->damage);
	}
}

static gboolean is_free(const Canvas *canvas, const Rect *area)
{
	for (int y = area->y; y < area->y + area->height; y++)
		for (int x = area->x; x < area->x + area->width; x++)
			if (canvas->cells[(gsize)y * (gsize)canvas->columns + (gsize)x].character !=
			    CANVAS_IMAGE)
				return FALSE;
	return TRUE;
}

static guint hash_part(Surface *surface, const Rect *part)
{
	guint hash = 5381;

	for (int y = part->y; y < part->y + part->height; y++) {
		const guint32 *pixels = surface_row(surface, part->x, y);
		for (int x = 0; x < part->width; x++)
			hash = hash * 33 + pixels[x];
	}
	return MAX(hash, 1);
}

static int band_rows(const CanvasImage *image)
{
	return (image->area.height + BANDS_MAX - 1) / BANDS_MAX;
}

static void draw_band(Overlay *overlay, const Canvas *canvas, guint number, Pen *pen)
{
	const CanvasImage *image = &canvas->image;
	int cell_width, cell_height, top = (int)number * band_rows(image);
	int rows = MIN(band_rows(image), image->area.height - top);
	Rect cells = { image->area.x, image->area.y + top, image->area.width, rows };
	int first = top * image->height / image->area.height;
	int last = (top + rows) * image->height / image->area.height;
	Rect part = { 0, first, image->width, MAX(last - first, 1) };
	guint *sent = &g_array_index(overlay->bands, guint, number);

	/* Below a popup nothing is drawn; it comes back when that is gone. */
	guint hash = is_free(canvas, &cells) ? hash_part(image->surface, &part) : 0;
	if (hash == *sent)
		return;
	*sent = hash;
	if (!hash)
		return;
	graphics_cell(&cell_width, &cell_height);
	pen->x = -1;
	move(pen, cells.x, cells.y);
	sixel_send(pen->bytes, image->surface, &part, cells.width * cell_width, rows * cell_height);
	pen->x = -1;
}

static void draw_sixel(Overlay *overlay, const Canvas *canvas, Pen *pen)
{
	int rows = band_rows(&canvas->image);
	guint bands = (guint)((canvas->image.area.height + rows - 1) / rows);

	if (!same_place(overlay, &canvas->image)) {
		g_array_set_size(overlay->bands, 0);
		/* ncurses begins with a scrolling region of what terminfo thinks of the size; below it a picture would scroll */
		g_string_append(pen->bytes, "\033[r");
		pen->x = -1;
	}
	g_array_set_size(overlay->bands, bands);
	for (guint i = 0; i < bands; i++)
		draw_band(overlay, canvas, i, pen);
}

/* An image that lies on the screen would show through a popup, whose background is the terminal's. */
static gboolean is_covered(const Canvas *canvas)
{
	return graphics_level() == GRAPHICS_KITTY && !graphics_has_placeholders() &&
	       !is_free(canvas, &canvas->image.area);
}

static void draw_image(Overlay *overlay, const Canvas *canvas, Pen *pen)
{
	static const CanvasImage none = { 0 };
	const CanvasImage *image = canvas->image.surface && is_covered(canvas) ? &none : &canvas->image;
	gboolean kitty = graphics_level() == GRAPHICS_KITTY;

	if (!image->surface) {
		if (overlay->has_image && kitty)
			kitty_delete(pen->bytes, IMAGE_ID);
		g_array_set_size(overlay->bands, 0);
	} else if (kitty) {
		draw_kitty(overlay, image, pen);
	} else {
		draw_sixel(overlay, canvas, pen);
	}
	overlay->has_image = image->surface != NULL;
	overlay->image = *image;
}

/* ncurses goes on where it was, in its own colours. */
void overlay_draw(Overlay *overlay, const Canvas *canvas, GString *bytes)
{
	g_autoptr(GString) own = g_string_new(NULL);
	Pen pen = { .bytes = own, .x = -1, .y = -1 };
	gboolean placeholders = graphics_level() == GRAPHICS_KITTY && graphics_has_placeholders();

	fit(overlay, canvas);
	for (int y = 0; y < canvas->rows; y++)
		draw_row(overlay, canvas, y, placeholders, &pen);
	draw_image(overlay, canvas, &pen);
	if (own->len)
		g_string_append_printf(bytes, "\0337%s\0338", own->str);
}

void overlay_leave(Overlay *overlay, GString *bytes)
{
	if (overlay->has_image && graphics_level() == GRAPHICS_KITTY)
		kitty_delete(bytes, IMAGE_ID);
	overlay_forget(overlay);
}
