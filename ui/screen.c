#include "ui/screen.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#undef columns /* term.h makes macros of such words */
#undef lines
#include <unistd.h>
#include <wchar.h>

#include "base/error.h"
#include "ui/graphics.h"
#include "ui/overlay.h"
#include "ui/theme.h"
#include "ui/tty.h"

#define MOUSE_ON   "\033[?1002h\033[?1006h"
#define MOUSE_OFF  "\033[?1006l\033[?1003l\033[?1002l"
#define MOTION_ON  "\033[?1003h" /* also with no button pressed: a guest wants to know */
#define MOTION_OFF "\033[?1003l"
#define PASTE_ON   "\033[?2004h"
#define PASTE_OFF  "\033[?2004l"
#define KITTY_PUSH "\033[>15u" /* disambiguate, event types, alternate keys, all keys as escape codes */
#define KITTY_POP  "\033[<u"
#define OTHER_ON                                                                                             \
	"\033[>4;2m" /* modifyOtherKeys: Ctrl+Shift+A is not Ctrl+A; for those without the kitty protocol */
#define OTHER_OFF       "\033[>4;0m"
#define SYNC_ON         "\033[?2026h"
#define SYNC_OFF        "\033[?2026l"
#define SYNC_FROM_BYTES 2000 /* smaller frames do not tear */

struct Screen {
	FILE *file; /* memory file that ncurses writes to */
	SCREEN *curses;
	Overlay *overlay;
	Canvas *shown; /* what ncurses was told last */
	gboolean utf8, modern, mouse, console_keys, kitty;
	GHashTable *nearest; /* RGB at 5 bits a channel -> palette index */
};

/* --- what ncurses wrote ---------------------------------------------------------------------------------------------- */

/* Moves the bytes of the memory file to @bytes. */
static void take_output(Screen *screen, GString *bytes)
{
	int fd = fileno(screen->file);
	off_t length = lseek(fd, 0, SEEK_END);

	if (length <= 0)
		return;
	g_string_set_size(bytes, (gsize)length);
	length = pread(fd, bytes->str, bytes->len, 0);
	g_string_truncate(bytes, (gsize)MAX(length, 0));
	if (ftruncate(fd, 0) == 0)
		lseek(fd, 0, SEEK_SET);
}

/* @canvas may be NULL: ncurses's bytes alone. */
static gsize send_output(Screen *screen, const Canvas *canvas)
{
	g_autoptr(GString) bytes = g_string_new(NULL);

	take_output(screen, bytes);
	if (canvas)
		overlay_draw(screen->overlay, canvas, bytes);
	if (bytes->len > SYNC_FROM_BYTES && screen->modern) {
		g_string_prepend(bytes, SYNC_ON);
		g_string_append(bytes, SYNC_OFF);
	}
	tty_write(bytes->str, (gssize)bytes->len);
	return bytes->len;
}

/* --- colours --------------------------------------------------------------------------------------------------------- */

static guint32 palette_rgb(int index)
{
	static const guint32 ansi[] = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
					0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
					0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff };
	static const guint levels[] = { 0, 95, 135, 175, 215, 255 };
	guint gray = 8u + 10u * (guint)MAX(index - 232, 0);

	if (index < 16)
		return ansi[index];
	if (index >= 232)
		return gray << 16 | gray << 8 | gray;
	index -= 16;
	return levels[index / 36] << 16 | levels[index / 6 % 6] << 8 | levels[index % 6];
}

static int distance(guint32 a, guint32 b)
{
	int red = (int)(a >> 16 & 0xff) - (int)(b >> 16 & 0xff),
	    green = (int)(a >> 8 & 0xff) - (int)(b >> 8 & 0xff);
	int blue = (int)(a & 0xff) - (int)(b & 0xff);

	return 3 * red * red + 6 * green * green + blue * blue; /* how eyes weigh them */
}

/* The first 16 entries are what each person made of them, so with 256 colours the fixed ones are used. */
static int find_nearest(guint32 rgb)
{
	int colours = graphics_level() == GRAPHICS_16 ? MIN(COLORS, 16) : COLORS;
	int first = colours >= 256 ? 16 : 0, count = MIN(colours, 256), best = first;

	for (int index = first; index < count; index++)
		if (distance(rgb, palette_rgb(index)) < distance(rgb, palette_rgb(best)))
			best = index;
	return best;
}

static int nearest(Screen *screen, guint32 rgb)
{
	gpointer key = GUINT_TO_POINTER((rgb & 0xf8f8f8) | 1); /* never NULL */
	gpointer found = g_hash_table_lookup(screen->nearest, key);

	if (!found) {
		found = GINT_TO_POINTER(find_nearest(rgb) + 1);
		g_hash_table_insert(screen->nearest, key, found);
	}
	return GPOINTER_TO_INT(found) - 1;
}

/* Colour for alloc_pair(). */
static int curses_color(Screen *screen, guint32 color)
{
	int index;

	if (color == COLOR_DEFAULT)
		return -1;
	if (COLOR_IS_RGB(color))
		return nearest(screen, color);
	index = (int)(color & 0xff);
	return index < COLORS ? index : nearest(screen, palette_rgb(index));
}

static attr_t curses_attributes(guint attr)
{
	return (attr & ATTR_BOLD ? A_BOLD : 0) | (attr & ATTR_DIM ? A_DIM : 0) |
	       (attr & ATTR_REVERSE ? A_REVERSE : 0) | (attr & ATTR_UNDERLINE ? A_UNDERLINE : 0);
}

/* --- cells ----------------------------------------------------------------------------------------------------------- */

/* What may be sent for @cell: nothing that the locale cannot say or whose width libc sees differently. */
static gunichar sendable(const Screen *screen, const CanvasCell *cell)
{
	gunichar character = cell->character;
	int width = g_unichar_iswide(character) ? 2 : 1;

	if (character < 0x20 || character == 0x7f)
		return ' ';
	if (!screen->utf8)
		return canvas_ascii(character);
	return character < 0x80 || wcwidth((wchar_t)character) == width ? character : 0xfffd;
}

/* Not a blank: rows that end in blanks are cut short, which would wipe out what the overlay drew. */
static const CanvasCell placeholder = {
	'.', {COLOR_DEFAULT, COLOR_DEFAULT, ATTR_NONE}
};

static void put_cell(Screen *screen, int x, int y, const CanvasCell *cell)
{
	if (overlay_takes(cell))
		cell = &placeholder;
	gunichar character = sendable(screen, cell);
	wchar_t text[2] = { (wchar_t)character, 0 };
	int pair = 0;
	cchar_t wide;

	if (theme_level() != THEME_MONO)
		pair = alloc_pair(curses_color(screen, cell->style.fg), curses_color(screen, cell->style.bg));
	pair = MAX(pair, 0);
	setcchar(&wide, text, curses_attributes(cell->style.attr), (short)0, &pair);
	mvadd_wch(y, x, &wide);
	if (g_unichar_iswide(cell->character) && !g_unichar_iswide(character))
		mvadd_wch(y, x + 1, &wide);
}

/* Tells ncurses the part of a row that differs from what it was told before; it finds the shortest way itself. */
static void put_row(Screen *screen, const Canvas *canvas, int y)
{
	const CanvasCell *now = canvas->cells + (gsize)y * canvas->columns;
	CanvasCell *before = screen->shown->cells + (gsize)y * canvas->columns;
	int first = 0, last = canvas->columns - 1;

	if (memcmp(now, before, sizeof(*now) * (gsize)canvas->columns) == 0)
		return;
	while (memcmp(&now[first], &before[first], sizeof(*now)) == 0)
		first++;
	while (memcmp(&now[last], &before[last], sizeof(*now)) == 0)
		last--;
	while (first > 0 && (now[first].character == 0 || before[first].character == 0))
		first--;
	for (int x = first; x <= last; x++)
		if (now[x].character || overlay_takes(&now[x]))
			put_cell(screen, x, y, &now[x]);
	memcpy(before, now, sizeof(*now) * (gsize)canvas->columns);
}

gsize screen_show(Screen *screen, const Canvas *canvas)
{
	if (screen->shown->columns != canvas->columns || screen->shown->rows != canvas->rows)
		screen_resize(screen, canvas->columns, canvas->rows);
	for (int y = 0; y < canvas->rows; y++)
		put_row(screen, canvas, y);
	curs_set(canvas->cursor_x >= 0);
	if (canvas->cursor_x >= 0)
		move(canvas->cursor_y, canvas->cursor_x);
	refresh();
	return send_output(screen, canvas);
}

void screen_resize(Screen *screen, int columns, int rows)
{
	if (columns != COLS || rows != LINES)
		resizeterm(rows, columns);
	canvas_resize(screen->shown, columns, rows); /* all zero: every cell differs */
	clearok(stdscr, TRUE);
	overlay_forget(screen->overlay);
}

/* --- begin and end --------------------------------------------------------------------------------------------------- */

/* Terminals that print what they do not know; a query would stay on their screen. */
static gboolean is_modern(const char *term)
{
	static const char *const old[] = { "linux", "vt", "ansi", "dumb", "cons", "wy", "hp", "ibm", "sun" };

	for (gsize i = 0; i < G_N_ELEMENTS(old); i++)
		if (g_str_has_prefix(term, old[i]))
			return FALSE;
	return TRUE;
}

static const char *capability(const char *name)
{
	const char *text = tigetstr(name);

	return text == (const char *)-1 || !text ? "" : text;
}

static void set_up_colors(void)
{
	const char *no_color = g_getenv("NO_COLOR");
	gboolean colors = has_colors() && !(no_color && *no_color) && start_color() == OK;

	if (colors)
		use_default_colors();
	theme_set_level(!colors ? THEME_MONO : COLORS >= 256 ? THEME_COLORS_256 : THEME_COLORS_8);
}

static void set_up_restore(Screen *screen)
{
	g_autofree char *sequence =
		g_strconcat(screen->modern ? MOUSE_OFF PASTE_OFF OTHER_OFF : "", capability("sgr0"),
			    capability("op"), capability("cnorm"), capability("rmcup"), "\r", NULL);

	tty_set_restore(sequence);
}

/* newterm() ends the program itself for some unknown terminals, so ask terminfo first. */
static gboolean check_term(const char *term, GError **error)
{
	int found = 0;
	gboolean good = setupterm(term, STDOUT_FILENO, &found) == OK && tigetstr("cup") > (char *)0;

	if (cur_term)
		del_curterm(cur_term);
	if (good)
		return TRUE;
	return error_set(error, CARREL_ERROR_HOST,
			 "set TERM to what your terminal is, for example TERM=xterm",
			 "the terminal type `%s' is not known or cannot move its cursor", term);
}

Screen *screen_new(GError **error)
{
	const char *term = g_getenv("TERM") ? g_getenv("TERM") : "dumb";
	int fd, columns, rows;
	Screen *screen;

	if (!check_term(term, error))
		return NULL;
	fd = memfd_create("screen", MFD_CLOEXEC);
	screen = g_new0(Screen, 1);
	screen->file = fdopen(fd, "w+");
	screen->curses = newterm(term, screen->file, stdin);
	tty_size(&columns, &rows);
	screen->shown = canvas_new(columns, rows);
	screen->nearest = g_hash_table_new(NULL, NULL);
	screen->overlay = overlay_new();
	screen->utf8 = g_strcmp0(nl_langinfo(CODESET), "UTF-8") == 0 && !g_str_has_prefix(term, "vt");
	screen->modern = is_modern(term);
	typeahead(-1); /* input is not read by ncurses */
	nonl();
	set_up_colors();
	graphics_begin(theme_level() == THEME_MONO ? 0 : COLORS, screen->utf8);
	set_up_restore(screen);
	screen_resize(screen, columns, rows);
	screen_set_mouse(screen, TRUE);
	return screen;
}

void screen_free(Screen *screen)
{
	screen_leave(screen);
	delscreen(screen->curses);
	fclose(screen->file);
	canvas_free(screen->shown);
	overlay_free(screen->overlay);
	g_hash_table_unref(screen->nearest);
	g_free(screen);
}

static void leave_overlay(Screen *screen)
{
	g_autoptr(GString) bytes = g_string_new(NULL);

	overlay_leave(screen->overlay, bytes);
	tty_write(bytes->str, (gssize)bytes->len);
}

void screen_leave(Screen *screen)
{
	gboolean console_keys = screen->console_keys;

	screen_set_console_keys(screen, FALSE, FALSE);
	screen->console_keys = console_keys;
	if (screen->mouse)
		tty_write(MOUSE_OFF, -1);
	leave_overlay(screen);
	endwin();
	send_output(screen, NULL);
}

void screen_enter(Screen *screen)
{
	if (screen->mouse)
		tty_write(MOUSE_ON, -1);
	if (screen->console_keys)
		screen_set_console_keys(screen, TRUE, screen->kitty);
	screen_resize(screen, screen->shown->columns, screen->shown->rows);
}

gboolean screen_is_utf8(const Screen *screen)
{
	return screen->utf8;
}

/* --- modes ----------------------------------------------------------------------------------------------------------- */

void screen_set_mouse(Screen *screen, gboolean on)
{
	if (on == screen->mouse || !*capability("kmous"))
		return;
	screen->mouse = on;
	tty_write(on ? MOUSE_ON : MOUSE_OFF, -1);
}

void screen_set_console_keys(Screen *screen, gboolean on, gboolean kitty)
{
	if (!screen->modern)
		return;
	if (on) {
		screen->console_keys = TRUE;
		screen->kitty = kitty;
		tty_write(PASTE_ON, -1);
		if (screen->mouse)
			tty_write(MOTION_ON, -1);
		tty_write(kitty ? OTHER_OFF KITTY_PUSH : OTHER_ON, -1);
	} else if (screen->console_keys) {
		screen->console_keys = FALSE;
		tty_write(screen->kitty ? KITTY_POP : OTHER_OFF, -1);
		tty_write(PASTE_OFF, -1);
		if (screen->mouse)
			tty_write(MOTION_OFF MOUSE_ON, -1);
	}
}

gboolean screen_query(Screen *screen)
{
	if (!screen->modern)
		return FALSE;
	tty_write("\033[?u", -1);
	tty_write(graphics_query(), -1);
	return TRUE;
}

void screen_teach(Screen *screen, TermParser *parser)
{
	/* clang-format off */
	static const struct {
		const char *name;
		guint code;
	} keys[] = {
		{ "kcuu1", TERM_KEY_UP },      { "kcud1", TERM_KEY_DOWN },    { "kcuf1", TERM_KEY_RIGHT },
		{ "kcub1", TERM_KEY_LEFT },    { "khome", TERM_KEY_HOME },    { "kend", TERM_KEY_END },
		{ "kpp", TERM_KEY_PGUP },      { "knp", TERM_KEY_PGDN },      { "kich1", TERM_KEY_INSERT },
		{ "kdch1", TERM_KEY_DELETE },  { "kbs", TERM_KEY_BACKSPACE },
	};
	/* clang-format on */
	char name[8];

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (*capability(keys[i].name))
			term_parser_learn(parser, capability(keys[i].name), keys[i].code);
	for (guint i = 1; i <= 12; i++) {
		g_snprintf(name, sizeof(name), "kf%u", i);
		if (*capability(name))
			term_parser_learn(parser, capability(name), TERM_KEY_F1 + i - 1);
	}
}
