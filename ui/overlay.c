#include "ui/overlay.h"

#include <string.h>

#include "ui/graphics.h"
#include "ui/pixels.h"
#include "ui/theme.h"

/* Of this terminal's first image, in 24 bits, since it is a colour too; small numbers are what others take. */
#define IMAGE_ID 0x637200u
/* What changed of a sixel picture is sent by bands, each a picture to the terminal: xterm keeps 16 and forgets the oldest, hence so many of all
 * pictures together (but at least one of each). */
#define BANDS_MAX 8

/* A picture as sent. It keeps its place in the table as long as it is shown. */
typedef struct {
	gboolean is_used;
	gboolean is_left; /* forgotten, but the terminal has it still, if it is an image of its own */
	CanvasImage image;
	GArray *bands; /* guint: hashes of what was sent, sixel only; 0 = nothing */
} Sent;

struct Overlay {
	int columns, rows;
	CanvasCell *cells; /* as sent; character 0 = nothing of ours */
	Sent sent[CANVAS_IMAGES_MAX];
	int slots[CANVAS_IMAGES_MAX]; /* of this frame's pictures: the place in @sent */
};

Overlay *overlay_new(void)
{
	Overlay *overlay = g_new0(Overlay, 1);

	for (int i = 0; i < CANVAS_IMAGES_MAX; i++)
		overlay->sent[i].bands = g_array_new(FALSE, TRUE, sizeof(guint));
	return overlay;
}

void overlay_free(Overlay *overlay)
{
	for (int i = 0; i < CANVAS_IMAGES_MAX; i++)
		g_array_unref(overlay->sent[i].bands);
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
	for (int i = 0; i < CANVAS_IMAGES_MAX; i++) {
		overlay->sent[i].is_left |= overlay->sent[i].is_used;
		overlay->sent[i].is_used = FALSE;
		g_array_set_size(overlay->sent[i].bands, 0);
	}
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

/* A cell of a picture: the image's number is its colour. Only the first of a row says which row it is. */
static void put_placeholder(Pen *pen, const CanvasImage *image, guint id, int x, int y)
{
	Style style = { id, COLOR_DEFAULT, ATTR_NONE };

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

/* The cell as it is remembered: a picture has another number in each frame, but keeps its place. */
static CanvasCell remembered(const Overlay *overlay, const CanvasCell *cell)
{
	CanvasCell own = *cell;

	if (cell->character == CANVAS_IMAGE)
		own.style.fg = COLOR_INDEX(overlay->slots[CANVAS_IMAGE_OF(cell)]);
	return own;
}

/* Placeholders of a row are sent as a whole, since each counts from its neighbour. */
static gboolean image_row_differs(const Overlay *overlay, const CanvasCell *before, const CanvasCell *now)
{
	for (int x = 0; x < overlay->columns; x++) {
		CanvasCell cell = remembered(overlay, &now[x]);
		if (now[x].character == CANVAS_IMAGE && !is_sent(&before[x], &cell))
			return TRUE;
	}
	return FALSE;
}

static void draw_cell(const Overlay *overlay, const Canvas *canvas, int x, int y, gboolean placeholders,
		      Pen *pen)
{
	static const CanvasCell blank = {
		' ', {COLOR_DEFAULT, COLOR_DEFAULT, ATTR_NONE}
	};
	const CanvasCell *cell = &canvas->cells[(gsize)y * (gsize)canvas->columns + (gsize)x];
	int number = CANVAS_IMAGE_OF(cell);

	if (cell->character != CANVAS_IMAGE)
		put_cell(pen, x, y, cell);
	else if (placeholders)
		put_placeholder(pen, &canvas->images[number], IMAGE_ID + (guint)overlay->slots[number], x, y);
	else
		put_cell(pen, x, y, &blank);
}

static void draw_row(Overlay *overlay, const Canvas *canvas, int y, gboolean placeholders, Pen *pen)
{
	const CanvasCell *now = canvas->cells + (gsize)y * (gsize)canvas->columns;
	CanvasCell *before = overlay->cells + (gsize)y * (gsize)canvas->columns;
	gboolean whole = placeholders && image_row_differs(overlay, before, now);

	for (int x = 0; x < canvas->columns; x++) {
		if (!overlay_takes(&now[x])) {
			before[x].character = 0;
			continue;
		}
		CanvasCell cell = remembered(overlay, &now[x]);
		gboolean is_due = !is_sent(&before[x], &cell) || (whole && cell.character == CANVAS_IMAGE);
		before[x] = cell;
		if (is_due && cell.character)
			draw_cell(overlay, canvas, x, y, placeholders, pen);
	}
}

/* --- pictures -------------------------------------------------------------------------------------------------------- */

static gboolean same_place(const Sent *sent, const CanvasImage *image)
{
	const CanvasImage *old = &sent->image;

	return sent->is_used && old->surface == image->surface &&
	       memcmp(&old->area, &image->area, sizeof(Rect)) == 0 && old->width == image->width &&
	       old->height == image->height;
}

/* What changed since it was sent is known as one rectangle. */
static void draw_kitty(Sent *sent, guint id, const CanvasImage *image, Pen *pen)
{
	gboolean placeholders = graphics_has_placeholders();

	if (!same_place(sent, image)) {
		if (sent->is_used || sent->is_left)
			kitty_delete(pen->bytes, id);
		pen->x = -1;
		move(pen, image->area.x, image->area.y);
		kitty_send(pen->bytes, id, image->surface, image->area.width, image->area.height,
			   placeholders);
	} else if (image->damage.width > 0) {
		kitty_update(pen->bytes, id, image->surface, &image->damage);
	}
}

/* Nothing is written over this part of picture @number. */
static gboolean is_free(const Canvas *canvas, int number, const Rect *area)
{
	for (int y = area->y; y < area->y + area->height; y++)
		for (int x = area->x; x < area->x + area->width; x++) {
			const CanvasCell *cell = &canvas->cells[(gsize)y * (gsize)canvas->columns + (gsize)x];
			if (cell->character != CANVAS_IMAGE || CANVAS_IMAGE_OF(cell) != number)
				return FALSE;
		}
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

static int band_rows(const Canvas *canvas, const CanvasImage *image)
{
	int bands = MAX(BANDS_MAX / canvas->image_count, 1);

	return (image->area.height + bands - 1) / bands;
}

static void draw_band(Sent *sent, const Canvas *canvas, int number, guint band, Pen *pen)
{
	const CanvasImage *image = &canvas->images[number];
	int cell_width, cell_height, each = band_rows(canvas, image), top = (int)band * each;
	int rows = MIN(each, image->area.height - top);
	Rect cells = { image->area.x, image->area.y + top, image->area.width, rows };
	int first = top * image->height / image->area.height;
	int last = (top + rows) * image->height / image->area.height;
	Rect part = { 0, first, image->width, MAX(last - first, 1) };
	guint *before = &g_array_index(sent->bands, guint, band);

	/* Below a popup nothing is drawn; it comes back when that is gone. */
	guint hash = is_free(canvas, number, &cells) ? hash_part(image->surface, &part) : 0;
	if (hash == *before)
		return;
	*before = hash;
	if (!hash)
		return;
	graphics_cell(&cell_width, &cell_height);
	pen->x = -1;
	move(pen, cells.x, cells.y);
	sixel_send(pen->bytes, image->surface, &part, cells.width * cell_width, rows * cell_height);
	pen->x = -1;
}

static void draw_sixel(Sent *sent, const Canvas *canvas, int number, Pen *pen)
{
	const CanvasImage *image = &canvas->images[number];
	int rows = band_rows(canvas, image);
	guint bands = (guint)((image->area.height + rows - 1) / rows);

	if (!same_place(sent, image) || bands != sent->bands->len) {
		g_array_set_size(sent->bands, 0);
		/* ncurses begins with a scrolling region of what terminfo thinks of the size; below it a picture would scroll */
		g_string_append(pen->bytes, "\033[r");
		pen->x = -1;
	}
	g_array_set_size(sent->bands, bands);
	for (guint i = 0; i < bands; i++)
		draw_band(sent, canvas, number, i, pen);
}

/* An image that lies on the screen would show through a popup, whose background is the terminal's. */
static gboolean is_covered(const Canvas *canvas, int number)
{
	return graphics_level() == GRAPHICS_KITTY && !graphics_has_placeholders() &&
	       !is_free(canvas, number, &canvas->images[number].area);
}

/* Off the terminal; sixels are wiped out by what is written over them. */
static void drop(Overlay *overlay, int slot, GString *bytes)
{
	Sent *sent = &overlay->sent[slot];

	if ((sent->is_used || sent->is_left) && graphics_level() == GRAPHICS_KITTY)
		kitty_delete(bytes, IMAGE_ID + (guint)slot);
	sent->is_used = sent->is_left = FALSE;
	g_array_set_size(overlay->sent[slot].bands, 0);
}

static int find_sent(const Overlay *overlay, const Surface *surface)
{
	for (int i = 0; i < CANVAS_IMAGES_MAX; i++)
		if (overlay->sent[i].is_used && overlay->sent[i].image.surface == surface)
			return i;
	return -1;
}

static int find_unused(const Overlay *overlay, const gboolean *taken)
{
	int slot = 0;

	while (overlay->sent[slot].is_used || taken[slot])
		slot++;
	return slot;
}

/* Which place each picture of this frame has: the one of before, else a free one. Those that went are taken off the terminal. */
static void assign_slots(Overlay *overlay, const Canvas *canvas, GString *bytes)
{
	gboolean taken[CANVAS_IMAGES_MAX] = { FALSE };

	for (int i = 0; i < canvas->image_count; i++) {
		overlay->slots[i] = find_sent(overlay, canvas->images[i].surface);
		if (overlay->slots[i] >= 0)
			taken[overlay->slots[i]] = TRUE;
	}
	for (int slot = 0; slot < CANVAS_IMAGES_MAX; slot++)
		if (!taken[slot])
			drop(overlay, slot, bytes);
	for (int i = 0; i < canvas->image_count; i++)
		if (overlay->slots[i] < 0) {
			overlay->slots[i] = find_unused(overlay, taken);
			taken[overlay->slots[i]] = TRUE;
		}
}

static void draw_image(Overlay *overlay, const Canvas *canvas, int number, Pen *pen)
{
	const CanvasImage *image = &canvas->images[number];
	int slot = overlay->slots[number];
	Sent *sent = &overlay->sent[slot];

	if (is_covered(canvas, number)) {
		drop(overlay, slot, pen->bytes);
		return;
	}
	if (graphics_level() == GRAPHICS_KITTY)
		draw_kitty(sent, IMAGE_ID + (guint)slot, image, pen);
	else
		draw_sixel(sent, canvas, number, pen);
	sent->is_used = TRUE;
	sent->is_left = FALSE;
	sent->image = *image;
}

/* ncurses goes on where it was, in its own colours. */
void overlay_draw(Overlay *overlay, const Canvas *canvas, GString *bytes)
{
	g_autoptr(GString) own = g_string_new(NULL);
	Pen pen = { .bytes = own, .x = -1, .y = -1 };
	gboolean placeholders = graphics_level() == GRAPHICS_KITTY && graphics_has_placeholders();

	fit(overlay, canvas);
	assign_slots(overlay, canvas, own);
	for (int y = 0; y < canvas->rows; y++)
		draw_row(overlay, canvas, y, placeholders, &pen);
	for (int i = 0; i < canvas->image_count; i++)
		draw_image(overlay, canvas, i, &pen);
	if (own->len)
		g_string_append_printf(bytes, "\0337%s\0338", own->str);
}

void overlay_leave(Overlay *overlay, GString *bytes)
{
	for (int slot = 0; slot < CANVAS_IMAGES_MAX; slot++)
		drop(overlay, slot, bytes);
	overlay_forget(overlay);
}
