/* What the files of the window share: window.c (state, drawing), window-bars.c (toolbar, status bar),
 * window-input.c (keys, mouse), window-commands.c (what is done), window-share.c (clipboard, sound, size),
 * window-box.c (cards over the picture). */
#pragma once

#include <gio/gio.h>

#include "console/input.h"
#include "console/toolbar.h"
#include "console/window-box.h"
#include "console/window-commands.h"
#include "console/window.h"

#define WINDOW_KEYS   256 /* qnums */
#define STATUS_HEIGHT 20  /* at scale 1 */

/* What lies over the picture, in this order. */
enum { LAYER_TOOLBAR, LAYER_STATUS, LAYER_BOX, LAYERS };

struct Window {
	WindowOptions options; /* strings in it are not kept: `name' and `keymap' are below */
	const WindowBackend *backend;
	gpointer data;
	char *name, *keymap, *state, *message;
	gboolean bad;    /* the message */
	GArray *actions; /* WindowAction */

	Surface *picture; /* borrowed */
	gboolean card;
	Frame frame;
	WindowLayout layout;
	int scale;
	WindowSettings settings;
	gboolean full_screen, focus;
	gboolean own_size; /* the size is the one that we gave it; else the person's, and stays */

	/* layers */
	GArray *buttons; /* Button */
	int hot;         /* below the pointer, or -1 */
	int pressed;     /* where the left button went down, or -1 */
	Pixels layers[LAYERS];
	gboolean stale[LAYERS]; /* must be drawn again */
	Rect part;              /* of the window, to be drawn */
	Box box;
	gboolean toolbar_in; /* full screen: the toolbar is in sight */
	guint status_timer;  /* full screen: the status bar is in sight for so long */

	/* input */
	InputHub *hub;
	InputViewer *viewer;
	gboolean down[WINDOW_KEYS];       /* as the person holds them */
	gboolean ours[WINDOW_KEYS];       /* went down for us: its release is ours, too */
	guint buttons_down, buttons_ours; /* the guest's; those that went down on what is ours */
	int pointer_x, pointer_y;
	gboolean host_down, host_used;
	gboolean keyboard, mouse; /* captured */

	/* sharing */
	char *clipboard; /* what went over last, either way */
	guint size_timer;
	GCancellable *typing; /* NULL: nothing is being typed */
	gboolean no_sound;    /* there is no device; said once */
};

Source *window_source(const Window *window); /* that takes input; NULL when there is none */
/* Asks for the layer, or for a part of the window, to be drawn again. */
void window_stale(Window *window, int layer);
void window_stale_part(Window *window, const Rect *part);
/* The sizes, the zoom or the bars changed. */
void window_relayout(Window *window);
void window_say(Window *window, gboolean bad, const char *format, ...) G_GNUC_PRINTF(3, 4);
void window_act(Window *window, const char *command, const char *argument);
const WindowAction *window_action(const Window *window, const char *name);
/* A size for the window that shows the guest's screen at its zoom, unless the person gave it one. */
void window_fit(Window *window);

/* --- window-bars.c --- */
/* In full screen: brings the toolbar in, or away. */
void window_slide(Window *window, gboolean in);
void window_draw_toolbar(Window *window);
void window_draw_status(Window *window);
/* The pointer is over this button (-1: none): it is lit, and says what it does. */
void window_hover(Window *window, int button);

/* --- window-input.c --- */
void window_capture(Window *window, gboolean keyboard, gboolean mouse);
/* All keys and buttons up, nothing captured. */
void window_let_go(Window *window);
const char *window_host_key_name(const Window *window);

/* --- window-box.c: what is open above the picture --- */
void window_open_box(Window *window, BoxKind kind);
void window_close_box(Window *window);
/* Keys and clicks are the box's, not the guest's. */
gboolean window_box_is_modal(const Window *window);
/* TRUE when the box took the key. */
gboolean window_box_key(Window *window, const WindowKey *key);
gboolean window_box_click(Window *window, int x, int y);
void window_draw_box(Window *window);

/* --- window-share.c --- */
void window_set_follow(Window *window, gboolean on);
void window_cancel_typing(Window *window); /* the window is about to be freed */
void window_size_changed(Window *window);
void window_set_mute(Window *window, gboolean on);
void window_listen(Window *window);
void window_type_clipboard(Window *window);
void window_stop_typing(Window *window);
void window_offer_clipboard(Window *window);
void window_take_clipboard(Window *window);
