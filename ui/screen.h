/*
 * The terminal's screen by ncurses; screen.c is the only file that knows it. Takes whole canvases, sends what differs.
 *
 * ncurses writes into a memory file instead of the terminal; what it wrote goes to tty_write(). So no call here ever waits for a
 * slow line, and the bytes of a frame can be counted.
 */
#pragma once

#include "ui/canvas.h"
#include "ui/term-keys.h"

typedef struct Screen Screen;

/* Needs tty_open(). Reads TERM, NO_COLOR and the locale, sets theme_set_level(). CARREL_ERROR_HOST when TERM is unknown. */
Screen *screen_new(GError **error);
/* Leaves the alternate screen. */
void screen_free(Screen *screen);

/* Function keys that terminfo knows for this terminal. */
void screen_teach(Screen *screen, TermParser *parser);

/* Shows @canvas. Returns the bytes queued for the terminal. */
gsize screen_show(Screen *screen, const Canvas *canvas);
/* The terminal has another size, or its picture was destroyed: the next screen_show() sends everything. */
void screen_resize(Screen *screen, int columns, int rows);

/* FALSE: the locale or the terminal knows only ASCII. */
gboolean screen_is_utf8(const Screen *screen);

/* Reports of mouse buttons, wheel and drags. Nothing on terminals without a mouse. */
void screen_set_mouse(Screen *screen, gboolean on);
/* Bracketed paste, and with @kitty the kitty keyboard protocol: for the console. */
void screen_set_console_keys(Screen *screen, gboolean on, gboolean kitty);
/* Asks what the terminal can: TERM_HAS_KITTY, TERM_ANSWER, TERM_CELL_SIZE and at last TERM_HAS_DA1 answer. FALSE: not asked, it would
 * show rubbish. */
gboolean screen_query(Screen *screen);
/* Between tty_suspend()'s stop and going on. */
void screen_leave(Screen *screen);
void screen_enter(Screen *screen);
