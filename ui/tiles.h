/* Where several screens stand side by side, and which is next to which. Pure. */
#pragma once

#include "console/surface.h"

/* As many as one digit names, and as still show something on 80x24. */
#define TILES_MAX 9

typedef enum { TILES_LEFT, TILES_RIGHT, TILES_UP, TILES_DOWN } TilesDirection;

/* Columns and rows of cells for @count tiles: 1x1, 2x1, 2x2, 3x2, 3x3. @count from 1 to TILES_MAX. */
void tiles_grid(int count, int *columns, int *rows);
/* The same for a wall of small ones: as large as @count of them may be in @width x @height, but none smaller than
 * TILES_SMALL_WIDTH x TILES_SMALL_HEIGHT; there may be less room than for @count then, and always is for one. */
#define TILES_SMALL_WIDTH  24
#define TILES_SMALL_HEIGHT 7
void tiles_wall(int count, int width, int height, int *columns, int *rows);

/* Divides @area into @count tiles, row by row, with a column free between neighbours. With @stretch the tiles of the last row share
 * its width. @tiles has room for @count. */
void tiles_place(Rect area, int columns, int rows, gboolean stretch, Rect *tiles, int count);

/* The tile that lies beside tile @from; @from itself where there is none. */
int tiles_beside(const Rect *tiles, int count, int from, TilesDirection direction);
/* The tile that has this cell, -1 = none. */
int tiles_at(const Rect *tiles, int count, int x, int y);
