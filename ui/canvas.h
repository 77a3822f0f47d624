/*
 * A grid of styled cells, plain memory: every view draws into one, ui/screen.c carries what differs to the terminal, and
 * tests print it as text. Coordinates are cells from the top left; whatever lies outside is cut off.
 */
#pragma once

#include "console/cells.h"

/* Colours: 0x00RRGGBB, COLOR_DEFAULT (the terminal's own), or COLOR_INDEX(n) for an entry of the 256-colour palette. */
#define COLOR_DEFAULT   CELL_DEFAULT
#define COLOR_INDEX(n)  (0xfe000000u | (guint32)(n))
#define COLOR_IS_RGB(c) ((c) < 0x01000000u)

typedef enum {
	ATTR_NONE = 0,
	ATTR_BOLD = 1 << 0,
	ATTR_DIM = 1 << 1,
	ATTR_REVERSE = 1 << 2,
	ATTR_UNDERLINE = 1 << 3,
} CanvasAttr;

typedef struct {
	guint32 fg, bg;
	guint attr; /* CanvasAttr bits */
} Style;

typedef struct {
	gunichar character; /* 0 = right half of a double-width one */
	Style style;
} CanvasCell;

/* The character of cells that show a part of one of the canvas's pictures, on terminals that have pixels; which one: CANVAS_IMAGE_OF(). Whatever is
 * written over them covers it. */
#define CANVAS_IMAGE          0x10eeeeu
#define CANVAS_IMAGE_OF(cell) ((int)((cell)->style.fg & 0xff))
#define CANVAS_IMAGES_MAX     9

/* A picture that is drawn with pixels. */
typedef struct {
	Surface *surface;  /* borrowed */
	Rect area;         /* cells */
	int width, height; /* of the surface when it was put there */
	Rect damage;       /* pixels that changed since the last canvas with this picture */
} CanvasImage;

typedef struct {
	int columns, rows;
	CanvasCell *cells;      /* rows * columns, owned */
	int cursor_x, cursor_y; /* where the terminal's cursor blinks; -1 = hidden */
	CanvasImage images[CANVAS_IMAGES_MAX];
	int image_count;
} Canvas;

Canvas *canvas_new(int columns, int rows);
void canvas_free(Canvas *canvas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Canvas, canvas_free)

/* New size; the content is undefined until canvas_clear(). */
void canvas_resize(Canvas *canvas, int columns, int rows);
/* Blanks everything, hides the cursor. */
void canvas_clear(Canvas *canvas, Style style);

void canvas_put(Canvas *canvas, int x, int y, gunichar character, Style style);
/* Writes UTF-8 @text into at most @width columns, cut with an ellipsis; control characters become blanks, bytes that are
 * not UTF-8 a replacement. Returns the columns used. */
int canvas_text(Canvas *canvas, int x, int y, int width, Style style, const char *text);
/* The same, padded with blanks to @width; @right aligns to the right. */
void canvas_field(Canvas *canvas, int x, int y, int width, Style style, const char *text, gboolean right);
void canvas_fill(Canvas *canvas, Rect area, gunichar character, Style style);
/* Changes the style of what is there. */
void canvas_restyle(Canvas *canvas, Rect area, Style style);
void canvas_hline(Canvas *canvas, int x, int y, int width, Style style);
void canvas_vline(Canvas *canvas, int x, int y, int height, Style style);
/* A frame, its inside blanked; @title (may be NULL) stands in the upper edge. */
void canvas_box(Canvas *canvas, Rect area, Style style, const char *title);
/* A progress bar; @fraction below 0 = unknown. */
void canvas_bar(Canvas *canvas, int x, int y, int width, double fraction, Style done, Style todo);
/* A scroll bar at the right edge of @area, nothing when all @count rows fit. */
void canvas_scrollbar(Canvas *canvas, Rect area, int top, int count, Style style);
void canvas_cursor(Canvas *canvas, int x, int y);
/* @area is inside of the canvas. A surface has one picture, the last; more than CANVAS_IMAGES_MAX are left
 * out. */
void canvas_image(Canvas *canvas, Rect area, Surface *surface, const Rect *damage);

/* Columns that @text takes. */
int canvas_text_width(const char *text);
/* @text broken into lines of at most @width columns at blanks and newlines. Strings and array owned by the caller. */
GPtrArray *canvas_wrap(const char *text, int width);
/* What stands for @character where the terminal knows only ASCII. */
gunichar canvas_ascii(gunichar character);
/* All rows as text, trailing blanks cut, one newline each; for tests. Caller frees. */
char *canvas_dump(const Canvas *canvas);
