#include "console/text-private.h"

#include <string.h>

/* Points at which grids are judged, and how many of them must agree before the whole screen is read. */
#define POINTS_MAX 256
#define POINTS_MIN 3
/* A grid with no letter at so many points is no grid. */
#define POINTS_HOPELESS 24
/* Points are spread by taking one from each block of so many pixels each way. */
#define BLOCK 16
/* Shares in percent: a grid that needs no better one; cells of two colours that make it worth while to look for an origin, to read
 * fonts, to do both. */
#define GOOD_PERCENT         60
#define ORIGIN_PERCENT       5
#define FONTS_PERCENT        50
#define ORIGIN_FONTS_PERCENT 90
/* Only GRUB places cells of other sizes anywhere, and has no large ones; each pixel of a cell is an origin to try. */
#define ORIGIN_HEIGHT_MAX 24

/* So much of a screen, in percent, may stand outside of a grid in its middle. */
#define OUTSIDE_PERCENT 3

/* Where cells start: at the corner; half of what remains to both sides; or as EDK2's console places a mode of so many cells. */
typedef enum { PLACE_CORNER, PLACE_WHOLE, PLACE_CENTRED, PLACE_EDK2 } Place;

typedef struct {
	Shape shape;
	Place place;
	int columns, rows; /* PLACE_EDK2; 0: as many as fit */
} Rule;

#define NINE(h)                                                                                              \
	{                                                                                                    \
		{ 8, h, 1, 1, 9, h }, PLACE_WHOLE, 0, 0                                                      \
	} /* VGA text mode */
#define CELLS(w, h, place)                                                                                   \
	{                                                                                                    \
		{ w, h, 1, 1, w, h }, place, 0, 0                                                            \
	}
#define EDK2(columns, rows)                                                                                  \
	{                                                                                                    \
		{ 8, 19, 1, 1, 8, 19 }, PLACE_EDK2, columns, rows                                            \
	}
#define DOUBLED(w, h, x, y)                                                                                  \
	{                                                                                                    \
		{ w, h, x, y, (w) * (x), (h) * (y) }, PLACE_WHOLE, 0, 0                                      \
	}

/* In the order in which they are tried; of equally good ones the first wins. */
static const Rule rules[] = {
	NINE(16),
	CELLS(8, 16, PLACE_CORNER),
	CELLS(8, 16, PLACE_CENTRED),
	EDK2(0, 0),
	EDK2(80, 25),
	EDK2(80, 50),
	EDK2(100, 31),
	EDK2(128, 40),
	EDK2(160, 42),
	EDK2(160, 41),
	EDK2(240, 56),
	NINE(14),
	NINE(8),
	CELLS(8, 14, PLACE_CORNER),
	CELLS(8, 8, PLACE_CORNER),
	DOUBLED(8, 16, 2, 1), /* VGA's 40 columns */
	DOUBLED(8, 8, 2, 1),
	DOUBLED(8, 8, 1, 2), /* 640x200 with its lines doubled */
	DOUBLED(8, 8, 2, 2), /* 320x200 */
	DOUBLED(8, 16, 2, 2),
};

/* Cells that GRUB's gfxterm and EDK2 place anywhere. */
static const Shape wandering[] = {
	{8,  16, 1, 1, 8, 16},
        { 8, 19, 1, 1, 8, 19}
};

typedef struct {
	guint seen;    /* points inside of the grid whose cell is not blank */
	guint two;     /* of two colours */
	guint known;   /* that are glyphs */
	guint letters; /* of them, those that prove something */
} Score;

typedef struct {
	const Surface *surface;
	Point points[POINTS_MAX];
	guint count;
	Grid best;
	Score score;
	guint two_percent; /* of cells at 8x16 */
	guint64 looked;
} Search;

/* --- placing --------------------------------------------------------------------------------------------------------- */

gboolean grid_place(const Surface *surface, const Shape *shape, int x, int y, Grid *grid)
{
	*grid = (Grid){ .shape = *shape, .x = x, .y = y };
	grid->columns = (surface_width(surface) - x) / shape->cell_width;
	grid->rows = (surface_height(surface) - y) / shape->cell_height;
	if (x < 0 || y < 0 || grid->columns <= 0 || grid->rows <= 0)
		return FALSE;
	grid->book = glyph_book(shape->width, shape->height);
	return TRUE;
}

static gboolean place_rule(const Surface *surface, const Rule *rule, Grid *grid)
{
	int width = surface_width(surface), height = surface_height(surface);
	int cell_width = rule->shape.cell_width, cell_height = rule->shape.cell_height;
	int columns = rule->columns ? rule->columns : width / cell_width;
	int rows = rule->rows ? rule->rows : height / cell_height;
	gboolean is_middle = rule->place == PLACE_CENTRED || rule->place == PLACE_EDK2;

	if (rule->place == PLACE_WHOLE && (width % cell_width || height % cell_height))
		return FALSE;
	if (!grid_place(surface, &rule->shape, is_middle ? (width - columns * cell_width) / 2 : 0,
			is_middle ? (height - rows * cell_height) / 2 : 0, grid))
		return FALSE;
	/* centred text may leave cells of the screen unused, but what it has must be whole */
	return grid->columns >= columns && grid->rows >= rows;
}

gboolean grid_default(const Surface *surface, Grid *grid)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
		if (place_rule(surface, &rules[i], grid))
			return TRUE;
	return FALSE;
}

/* --- points ---------------------------------------------------------------------------------------------------------- */

/* A constant seed: the same screen gives the same answer. */
static guint next_random(guint32 *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static gboolean is_edge(guint32 a, guint32 b, guint contrast)
{
	return a != b && (!contrast || (guint)ABS((int)luma(a) - (int)luma(b)) >= contrast);
}

static gboolean find_edge(const Surface *surface, int left, int top, int first_row, guint contrast,
			  Point *point)
{
	int width = MIN(BLOCK, surface_width(surface) - left),
	    height = MIN(BLOCK, surface_height(surface) - top);

	for (int i = 0; i < height; i++) {
		int y = top + (first_row + i) % height;
		const guint32 *row = surface_pixels(surface) + (gsize)y * (gsize)surface_width(surface);
		for (int x = MAX(left, 1); x < left + width; x++)
			if (is_edge(row[x], row[x - 1], contrast)) {
				*point = (Point){ x, y };
				return TRUE;
			}
	}
	return FALSE;
}

guint grid_sample(const Surface *surface, const Rect *area, guint contrast, Point *points, guint max)
{
	guint32 state = 1;
	guint found = 0;

	for (int top = area->y; top < area->y + area->height; top += BLOCK)
		for (int left = area->x; left < area->x + area->width; left += BLOCK) {
			Point point;
			if (!find_edge(surface, left, top, (int)(next_random(&state) % BLOCK), contrast,
				       &point))
				continue;
			/* each of them has the same chance to be among the first @max, in any order */
			guint at = next_random(&state) % ++found;
			if (found <= max) {
				points[found - 1] = points[at];
				points[at] = point;
			} else if (at < max) {
				points[at] = point;
			}
		}
	return MIN(found, max);
}

gboolean grid_is_blank(const Surface *surface)
{
	const guint32 *pixels = surface_pixels(surface);

	for (int y = 0; y < surface_height(surface); y++)
		for (int x = 1; x < surface_width(surface); x++)
			if (pixels[(gsize)y * (gsize)surface_width(surface) + (gsize)x] !=
			    pixels[(gsize)y * (gsize)surface_width(surface) + (gsize)x - 1])
				return FALSE;
	return TRUE;
}

/* --- judging --------------------------------------------------------------------------------------------------------- */

/* Exact glyphs at the points; stops early where it is hopeless. */
static Score score_grid(Search *search, const Grid *grid)
{
	Score score = { 0 };
	guint tried = 0;

	for (guint i = 0; i < search->count; i++) {
		int column = search->points[i].x - grid->x, row = search->points[i].y - grid->y;
		guint32 fg, bg;
		CellBits bits;
		if (column < 0 || row < 0)
			continue;
		column /= grid->shape.cell_width;
		row /= grid->shape.cell_height;
		if (column >= grid->columns || row >= grid->rows)
			continue;
		bits_look(grid_pixels(grid, search->surface, column, row), surface_width(search->surface),
			  &grid->shape, &bits);
		search->looked++;
		tried++;
		if (bits.kind == BITS_BLANK)
			continue;
		score.seen++;
		score.two += bits.kind == BITS_TWO;
		guint glyph =
			bits.kind == BITS_TWO ? bits_find(grid->book, &grid->shape, &bits, &fg, &bg) : 0;
		score.known += glyph != 0;
		score.letters += glyph && glyph_is_telling(grid->book, glyph);
		if (tried >= POINTS_HOPELESS && score.letters < tried / POINTS_HOPELESS)
			break;
	}
	return score;
}

/* Letters decide: blocks and lines fit many grids. */
static gboolean is_better(const Score *a, const Score *b)
{
	return a->letters != b->letters ? a->letters > b->letters : a->known > b->known;
}

static gboolean is_good(const Score *score)
{
	return score->letters >= POINTS_MIN && score->known * 100 >= score->seen * GOOD_PERCENT;
}

static gboolean is_perfect(const Score *score)
{
	return is_good(score) && score->known == score->seen;
}

static void try_grid(Search *search, const Grid *grid)
{
	Score score = score_grid(search, grid);

	if (!is_better(&score, &search->score))
		return;
	search->score = score;
	search->best = *grid;
}

/* --- searching ------------------------------------------------------------------------------------------------------- */

/* A mode of so many cells uses no more of the screen, unless something is there. */
static void clip_grid(const Search *search, const Rule *rule, Grid *grid)
{
	int right = grid->x + rule->columns * grid->shape.cell_width;
	int bottom = grid->y + rule->rows * grid->shape.cell_height;

	for (guint i = 0; i < search->count; i++)
		if (search->points[i].x > right || search->points[i].y > bottom)
			return;
	grid->columns = rule->columns;
	grid->rows = rule->rows;
}

/* Something left of or above a mode in the middle: then it is not that mode, but what came after it, which uses the whole screen. */
static gboolean is_surrounded(const Search *search, const Grid *grid)
{
	guint outside = 0;

	for (guint i = 0; i < search->count; i++)
		outside += search->points[i].x < grid->x || search->points[i].y < grid->y;
	return outside * 100 > search->count * OUTSIDE_PERCENT;
}

static void try_rules(Search *search)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rules) && !is_perfect(&search->score); i++) {
		Grid grid;
		if (!place_rule(search->surface, &rules[i], &grid))
			continue;
		if (is_surrounded(search, &grid))
			continue;
		if (rules[i].columns)
			clip_grid(search, &rules[i], &grid);
		try_grid(search, &grid);
	}
}

static void try_origins(Search *search, const Shape *shape)
{
	for (int y = 0; y < shape->cell_height; y++)
		for (int x = 0; x < shape->cell_width; x++) {
			Grid grid;
			if (grid_place(search->surface, shape, x, y, &grid))
				try_grid(search, &grid);
		}
}

static void try_wandering(Search *search)
{
	for (gsize i = 0; i < G_N_ELEMENTS(wandering) && !is_good(&search->score); i++)
		try_origins(search, &wandering[i]);
}

/* How much of the screen has two colours in a cell: text does, pictures do not. */
static guint measure_two(Search *search)
{
	static const Shape shape = { 8, 16, 1, 1, 8, 16 };
	guint two = 0, seen = 0;
	Grid grid;

	if (!grid_place(search->surface, &shape, 0, 0, &grid))
		return 0;
	for (guint i = 0; i < search->count; i++) {
		int column = search->points[i].x / 8, row = search->points[i].y / 16;
		CellBits bits;
		if (column >= grid.columns || row >= grid.rows)
			continue;
		bits_look(grid_pixels(&grid, search->surface, column, row), surface_width(search->surface),
			  &shape, &bits);
		search->looked++;
		seen++;
		two += bits.kind != BITS_PICTURE;
	}
	return seen ? two * 100 / seen : 0;
}

/* Text of a font that is not compiled in: the system's are read, those of the usual size first. */
static void try_system(Search *search)
{
	guint count;
	const FontSize *sizes = font_system_sizes(&count);

	glyph_book_load(glyph_book(8, 16));
	try_rules(search);
	try_wandering(search);
	for (guint i = 0; i < count && !is_good(&search->score); i++) {
		Shape shape = { sizes[i].width, sizes[i].height, 1, 1, sizes[i].width, sizes[i].height };
		Grid grid;
		if (!grid_place(search->surface, &shape, 0, 0, &grid))
			continue;
		glyph_book_load(grid.book);
		try_grid(search, &grid);
		if (!is_good(&search->score) && search->two_percent >= ORIGIN_FONTS_PERCENT &&
		    shape.cell_height <= ORIGIN_HEIGHT_MAX)
			try_origins(search, &shape);
	}
}

gboolean grid_search(const Surface *surface, Grid *grid, gboolean *deep, guint64 *looked)
{
	Rect all = { 0, 0, surface_width(surface), surface_height(surface) };
	gboolean may_be_deep = *deep;
	Search search = { .surface = surface };

	search.count = grid_sample(surface, &all, 0, search.points, POINTS_MAX);
	*deep = FALSE;
	if (search.count == 0)
		return FALSE;
	try_rules(&search);
	if (!is_good(&search.score)) {
		search.two_percent = measure_two(&search);
		if (search.two_percent >= ORIGIN_PERCENT)
			try_wandering(&search);
		*deep = !is_good(&search.score) && search.two_percent >= FONTS_PERCENT;
		if (*deep && may_be_deep)
			try_system(&search);
	}
	*looked += search.looked;
	*grid = search.best;
	return search.score.known > 0;
}

gboolean grid_has_letters(const Surface *surface, const Rect *area, guint64 *looked)
{
	Search search = { .surface = surface };

	search.count = grid_sample(surface, area, 0, search.points, POINTS_MAX);
	try_rules(&search);
	if (!search.score.letters)
		try_wandering(&search);
	*looked += search.looked;
	return search.score.letters > 0;
}
