/* One VM's live screen among others: a line with its name and state, and below it the picture, or a card while there is none. Tells
 * when what it shows changed, and only then: a guest whose screen stands still costs nothing. */
#pragma once

#include "ui/app.h"
#include "ui/link.h"
#include "ui/picture.h"

typedef struct Tile Tile;
/* What it shows is another now; not told while it is hidden. */
typedef void (*TileChanged)(gpointer data);

/* @wait: stays connected over power cycles, and the guest's first instruction waits for it (see link_new()). @interval: ms between pictures. */
Tile *tile_new(App *app, const char *vm_path, gboolean wait, guint interval, TileChanged changed,
	       gpointer data);
void tile_free(Tile *tile);

/* Its picture is made of pixels where the terminal has them; for CANVAS_IMAGES_MAX tiles on the screen at most. */
void tile_use_pixels(Tile *tile);
/* To be given the client's events. VIEW_REDRAW when what it shows is another now. */
ViewResult tile_event(Tile *tile, ClientEvent event, gpointer object);
/* FALSE: it cannot be seen, and costs nothing. */
void tile_show(Tile *tile, gboolean shown);

/* @number from 1, 0 = none. The cursor of the guest is shown in the one with @focus. */
void tile_draw(Tile *tile, Canvas *canvas, Rect area, int number, gboolean focus);

const char *tile_path(const Tile *tile);
const char *tile_name(const Tile *tile);
Link *tile_link(Tile *tile);
const Picture *tile_picture(const Tile *tile);
