#include "ui/tiles.h"

#include <stdlib.h>

void tiles_grid(int count, int *columns, int *rows)
{
	*columns = count <= 1 ? 1 : count <= 4 ? 2 : 3;
	*rows = MAX((count + *columns - 1) / *columns, 1);
}

void tiles_wall(int count, int width, int height, int *columns, int *rows)
{
	/* Neighbours have a column between them. */
	int most_columns = MAX((width + 1) / (TILES_SMALL_WIDTH + 1), 1);
	int most_rows = MAX(height / TILES_SMALL_HEIGHT, 1);

	count = CLAMP(count, 1, most_columns * most_rows);
	*columns = 1;
	*rows = 1;
	/* A cell is twice as high as wide, so equal numbers of columns and rows keep a screen's shape; wider first. */
	while (*columns * *rows < count)
		if (*columns < most_columns && (*columns <= *rows || *rows == most_rows))
			++*columns;
		else
			++*rows;
}

/* Part @index of @count of a length, the rest spread over the first ones. */
static void divide(int length, int count, int index, int *from, int *size)
{
	int each = MAX(length, 0) / count, rest = MAX(length, 0) % count;

	*from = index * each + MIN(index, rest);
	*size = each + (index < rest);
}

void tiles_place(Rect area, int columns, int rows, gboolean stretch, Rect *tiles, int count)
{
	for (int i = 0; i < count; i++) {
		int row = i / columns, in_row = columns, x, y, width, height;
		if (stretch && (row + 1) * columns > count)
			in_row = count - row * columns;
		divide(area.width - (in_row - 1), in_row, i % columns, &x, &width);
		divide(area.height, rows, row, &y, &height);
		tiles[i] = (Rect){ area.x + x + i % columns, area.y + y, width, height };
	}
}

/* Cells between the nearest edges of two spans; 0 = they overlap. */
static int gap(int from, int size, int other, int other_size)
{
	return MAX(MAX(other - (from + size), from - (other + other_size)), 0);
}

/* How far away in that direction; -1 = not there. What lies in line is nearer than anything that does not. */
static int distance(const Rect *from, const Rect *to, TilesDirection direction)
{
	gboolean sideways = direction == TILES_LEFT || direction == TILES_RIGHT;
	int ahead = sideways ? to->x - (from->x + from->width) : to->y - (from->y + from->height);
	int aside = sideways ? gap(from->y, from->height, to->y, to->height)
			     : gap(from->x, from->width, to->x, to->width);

	if (direction == TILES_LEFT)
		ahead = from->x - (to->x + to->width);
	else if (direction == TILES_UP)
		ahead = from->y - (to->y + to->height);
	/* Sideways only within the row: what lies right of a tile in another row is no neighbour. */
	if (ahead < 0 || (sideways && aside > 0) || (sideways && to->y != from->y))
		return -1;
	return ahead + aside * 4;
}

int tiles_beside(const Rect *tiles, int count, int from, TilesDirection direction)
{
	int best = from, nearest = -1;

	for (int i = 0; i < count; i++) {
		int away = i == from ? -1 : distance(&tiles[from], &tiles[i], direction);
		if (away >= 0 && (nearest < 0 || away < nearest)) {
			best = i;
			nearest = away;
		}
	}
	return best;
}

int tiles_at(const Rect *tiles, int count, int x, int y)
{
	for (int i = 0; i < count; i++)
		if (x >= tiles[i].x && y >= tiles[i].y && x < tiles[i].x + tiles[i].width &&
		    y < tiles[i].y + tiles[i].height)
			return i;
	return -1;
}
