/* What follows the prefix key in a console: a popup made of the key table's rows for VIEW_CONSOLE, behind those of VIEW_TILES in tiles. */
#pragma once

#include "ui/app.h"

/* The menu is gone when this is called. */
typedef void (*ConsoleMenuChosen)(View *console, const KeyRow *row);
/* Whether the row means something now. */
typedef gboolean (*ConsoleMenuOffers)(View *console, int command);

/* The caller takes it off with app_pop() if the console goes first. Borrowed. @closed is called when it is freed. */
View *console_menu_open(App *app, View *console, ConsoleMenuOffers offers, ConsoleMenuChosen chosen,
			void (*closed)(View *console));
