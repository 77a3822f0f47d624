/*
 * What a terminal sends, as keys: a parser of raw tty bytes, pure (no terminal, no clock), fuzzable.
 *
 * Why not ncurses: the console hands keys on to a guest and wants what ncurses cannot tell (Alt, key releases, CSI-u), and
 * one parser is simpler than two that take turns at one file descriptor.
 *
 * Understood: UTF-8; C0 controls; ESC x as Alt+x; CSI and SS3 function keys of xterm, VT220, rxvt and the Linux console with
 * xterm's modifier parameter; xterm's modifyOtherKeys (CSI 27;m;c~); the kitty keyboard protocol (CSI u with event types);
 * SGR mouse (1006) and its predecessor (CSI M); bracketed paste (2004); answers to `CSI ? u' and DA1.
 * Sources: ctlseqs of xterm; the kitty keyboard protocol's page; console_codes(4).
 */
#pragma once

#include <glib.h>

typedef enum {
	TERM_KEY_NONE = 0,
	/* Smaller values are Unicode characters. */
	TERM_KEY_UP = 0x110000,
	TERM_KEY_DOWN,
	TERM_KEY_RIGHT,
	TERM_KEY_LEFT,
	TERM_KEY_HOME,
	TERM_KEY_END,
	TERM_KEY_PGUP,
	TERM_KEY_PGDN,
	TERM_KEY_INSERT,
	TERM_KEY_DELETE,
	TERM_KEY_BACKSPACE,
	TERM_KEY_TAB,
	TERM_KEY_ENTER,
	TERM_KEY_ESCAPE,
	TERM_KEY_F1, /* F1 to F24 in one row */
	TERM_KEY_F24 = TERM_KEY_F1 + 23,
	TERM_KEY_BEGIN, /* keypad 5 without Num Lock */
	TERM_KEY_CAPS_LOCK,
	TERM_KEY_SCROLL_LOCK,
	TERM_KEY_NUM_LOCK,
	TERM_KEY_PRINT,
	TERM_KEY_PAUSE,
	TERM_KEY_MENU,
	TERM_KEY_KP_0, /* KP_0 to KP_9 in one row */
	TERM_KEY_KP_9 = TERM_KEY_KP_0 + 9,
	TERM_KEY_KP_DECIMAL,
	TERM_KEY_KP_DIVIDE,
	TERM_KEY_KP_MULTIPLY,
	TERM_KEY_KP_SUBTRACT,
	TERM_KEY_KP_ADD,
	TERM_KEY_KP_ENTER,
	TERM_KEY_LEFT_SHIFT,
	TERM_KEY_LEFT_CTRL,
	TERM_KEY_LEFT_ALT,
	TERM_KEY_LEFT_SUPER,
	TERM_KEY_RIGHT_SHIFT,
	TERM_KEY_RIGHT_CTRL,
	TERM_KEY_RIGHT_ALT,
	TERM_KEY_RIGHT_SUPER,
	/* No keys: */
	TERM_MOUSE,     /* x, y, button, event; PRESS, RELEASE, or REPEAT for motion */
	TERM_PASTE,     /* text */
	TERM_HAS_KITTY, /* answer to CSI ? u: speaks the kitty protocol */
	TERM_CELL_SIZE, /* answer to CSI 16 t: x, y are the pixels of a cell */
	TERM_ANSWER, /* text: a control string, with the letter that began it: "P>|xterm(379)", "_Gi=1;OK" */
	TERM_HAS_DA1 /* answer to CSI c: every terminal gives it, so it ends the wait for other answers; text: its numbers */
} TermCode;

typedef enum { TERM_SHIFT = 1, TERM_ALT = 2, TERM_CTRL = 4, TERM_SUPER = 8 } TermMods;
typedef enum { TERM_PRESS = 1, TERM_REPEAT, TERM_RELEASE } TermEvent;

typedef enum {
	TERM_BUTTON_LEFT,
	TERM_BUTTON_MIDDLE,
	TERM_BUTTON_RIGHT,
	TERM_BUTTON_NONE, /* motion with nothing pressed */
	TERM_WHEEL_UP,
	TERM_WHEEL_DOWN,
	TERM_WHEEL_LEFT,
	TERM_WHEEL_RIGHT
} TermButton;

typedef struct {
	guint code; /* character or TermCode */
	guint mods; /* TermMods */
	TermEvent event;
	gboolean physical; /* from the kitty protocol: releases come too, modifiers are keys of their own */
	guint shifted;     /* physical: what the key gives with Shift, 0 = not told */
	guint base;        /* physical: the key at this place on a US keyboard, 0 = same as code */
	int x, y;          /* mouse: cells from 0 */
	TermButton button;
	const char *text; /* paste: UTF-8 as it came; answers; valid during the call */
} TermKey;

typedef struct TermParser TermParser;
typedef void (*TermKeyFunc)(const TermKey *key, gpointer data);

/* Longest paste that is kept, in bytes; the rest of a longer one is dropped. */
#define TERM_PASTE_MAX (256 * 1024)

TermParser *term_parser_new(TermKeyFunc func, gpointer data);
void term_parser_free(TermParser *parser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TermParser, term_parser_free)

/* @sequence (of terminfo, say) means @code on this terminal. */
void term_parser_learn(TermParser *parser, const char *sequence, guint code);
/* The terminal was asked: ESC P and ESC _ begin answers and not Alt+P and Alt+_, until the answer to DA1 came. */
void term_parser_expect_answers(TermParser *parser);
/* Calls the function for each key in @bytes. */
void term_parser_feed(TermParser *parser, const char *bytes, gsize length);
/* Something unfinished is kept, for example a lone ESC: call term_parser_timeout() when nothing follows in 25 ms. */
gboolean term_parser_pending(const TermParser *parser);
void term_parser_timeout(TermParser *parser);
