#include "ui/graphics.h"

#include <stdlib.h>
#include <string.h>

#define CELL_WIDTH  10
#define CELL_HEIGHT 20
/* The first kitty with placeholders, 0.28. */
#define KITTY_PLACEHOLDERS 28

static const char *const words[] = {
	[GRAPHICS_ASCII] = "ascii",         [GRAPHICS_16] = "16",       [GRAPHICS_256] = "256",
	[GRAPHICS_TRUECOLOR] = "truecolor", [GRAPHICS_SIXEL] = "sixel", [GRAPHICS_KITTY] = "kitty",
};

static struct {
	int chosen; /* Graphics, -1 = by what is found */
	Graphics found;
	gboolean kitty, sixel, truecolor, placeholders;
	int cell_width, cell_height;
} graphics = { .chosen = -1, .found = GRAPHICS_256 };

gboolean graphics_choose(const char *word)
{
	graphics.chosen = -1;
	if (!word || !*word || g_str_equal(word, "auto"))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(words[i], word))
			graphics.chosen = (int)i;
	return graphics.chosen >= 0;
}

Graphics graphics_level(void)
{
	return graphics.chosen >= 0 ? (Graphics)graphics.chosen : graphics.found;
}

/* A terminal that shows pixels shows all colours. Sixels can only be put where they belong when the size of a cell is known. */
static void find(Graphics least)
{
	graphics.found = graphics.kitty                          ? GRAPHICS_KITTY
			 : graphics.sixel && graphics.cell_width ? GRAPHICS_SIXEL
			 : graphics.truecolor                    ? GRAPHICS_TRUECOLOR
								 : least;
}

void graphics_begin(int colors, gboolean utf8)
{
	const char *term = g_getenv("COLORTERM");

	graphics.kitty = graphics.sixel = graphics.placeholders = FALSE;
	graphics.truecolor =
		utf8 && colors >= 8 && (g_strcmp0(term, "truecolor") == 0 || g_strcmp0(term, "24bit") == 0);
	find(!utf8 || colors < 8 ? GRAPHICS_ASCII : colors < 256 ? GRAPHICS_16 : GRAPHICS_256);
}

const char *graphics_query(void)
{
	/* Who it is; the size of a cell; an image that is not shown; a colour, and what became of it; and what every terminal answers. */
	return "\033[>q"
	       "\033[16t"
	       "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\"
	       "\0337\033[48;2;1;2;3m\033P$qm\033\\\0338\033[m"
	       "\033[c";
}

/* ">|kitty(0.32.2)", "_Gi=31;OK", "P1$r0;48:2::1:2:3m" */
static void take_string(const char *text)
{
	const char *version = strstr(text, "kitty(0.");

	if (g_str_has_prefix(text, "P>|") && version)
		graphics.placeholders = g_ascii_strtoull(version + 8, NULL, 10) >= KITTY_PLACEHOLDERS;
	else if (g_str_has_prefix(text, "P>|ghostty"))
		graphics.placeholders = TRUE;
	else if (g_str_has_prefix(text, "_Gi=31;OK"))
		graphics.kitty = TRUE;
	else if (g_str_has_prefix(text, "P1$r") && (strstr(text, "1:2:3") || strstr(text, "1;2;3")))
		graphics.truecolor = TRUE;
}

/* "62;4;22": the first number is the terminal's class, the others what it can. */
static void take_attributes(const char *text)
{
	g_auto(GStrv) numbers = g_strsplit(text, ";", -1);

	for (guint i = 1; numbers[0] && numbers[i]; i++)
		if (g_str_equal(numbers[i], "4"))
			graphics.sixel = TRUE;
}

gboolean graphics_answer(const TermKey *key)
{
	Graphics before = graphics_level(), least = MIN(graphics.found, GRAPHICS_256);

	if (key->code == TERM_ANSWER)
		take_string(key->text);
	else if (key->code == TERM_HAS_DA1)
		take_attributes(key->text);
	else if (key->code == TERM_CELL_SIZE)
		graphics_set_cell(key->x, key->y);
	/* all at once at the last answer, so that the picture does not change three times */
	if (key->code == TERM_HAS_DA1)
		find(least);
	return graphics_level() != before;
}

gboolean graphics_has_placeholders(void)
{
	return graphics.placeholders;
}

void graphics_set_cell(int width, int height)
{
	if (width < 2 || height < 2 || width > 256 || height > 256)
		return;
	graphics.cell_width = width;
	graphics.cell_height = height;
}

void graphics_cell(int *width, int *height)
{
	*width = graphics.cell_width ? graphics.cell_width : CELL_WIDTH;
	*height = graphics.cell_height ? graphics.cell_height : CELL_HEIGHT;
}
