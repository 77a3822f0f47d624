/*
 * The window of Virtual Machine Connection without the library that opens it: what it shows, what its keys
 * and buttons do. A backend (sink-sdl.c) hands in events and does what WindowBackend names; the program
 * (carrel-view) hands in what the VM can do and is told what the person wants of it.
 *
 * All sizes and positions are physical pixels of the window. One thread.
 */
#pragma once

#include "console/pixels.h"
#include "console/source.h"
#include "console/window-layout.h"

typedef struct Window Window;

/* --- the program's side --- */

/* What is kept of a window until it is opened again. */
typedef struct {
	int width, height; /* in the desktop's units; 0 = as large as the guest's screen */
	Zoom zoom;
	gboolean nearest; /* pixels stay sharp; else smooth */
	gboolean fixed;   /* the guest's screen keeps its size; else it follows the window's */
	gboolean mute;
} WindowSettings;

typedef struct {
	const char *name; /* of the VM, for files and questions */
	WindowSettings settings;
	guint host_key; /* qnum of the key that belongs to the window; 0 = right Ctrl */
	gboolean full_screen;
	gboolean no_clipboard; /* the guest and the desktop do not share theirs */
	gboolean view_only;
	const char *keymap; /* the layout that the guest uses, for typing; NULL = "us" */
	/* A command that is the program's: an action of the VM, "insert" with a file (absolute) or
	 * "eject". NULL: there is no program, and none of them is shown. */
	void (*act)(const char *command, const char *argument, gpointer data);
	gpointer data;
} WindowOptions;

/* An action on the VM as the program offers it. Strings are static. */
typedef struct {
	const char *name;  /* "turn-off" */
	const char *label; /* "Turn Off" */
	const char *help;  /* one sentence without full stop */
	gboolean possible; /* in the VM's state */
	gboolean confirm;  /* the person is asked first */
} WindowAction;

/* Copies the array. @state: the word in the status bar. */
void window_set_actions(Window *window, const char *state, const WindowAction *actions, gsize count);
/* One sentence in the status bar, until the next. @bad: in red. */
void window_set_message(Window *window, gboolean bad, const char *message);
void window_set_name(Window *window, const char *name);
void window_set_keymap(Window *window, const char *keymap);
/* As they are now; a size only when a person chose it. */
void window_get_settings(const Window *window, WindowSettings *settings);

/* --- the backend's side --- */

typedef struct {
	void (*redraw)(gpointer data); /* soon: once however often it is asked for; see window_paint() */
	void (*set_full_screen)(gboolean on, gpointer data);
	void (*set_size)(int width, int height, gpointer data);
	void (*desktop_size)(int *width, int *height, gpointer data); /* room for a window with its frame */
	/* Keyboard: the desktop's own keys, too. Mouse: no pointer; motion is told by how far. */
	void (*capture)(gboolean keyboard, gboolean mouse, gpointer data);
	void (*take_text)(gboolean on, gpointer data); /* window_text() is wanted */
	char *(*get_clipboard)(gpointer data);         /* NULL when it holds no text; the caller frees */
	void (*set_clipboard)(const char *text, gpointer data);
	/* NULL: silence. FALSE when there is no sound device. */
	gboolean (*play)(const gint16 *samples, gsize frames, gpointer data);
} WindowBackend;

/* @options are copied. @picture: what is shown, kept current by window_set_picture(). */
Window *window_new(const WindowOptions *options, const WindowBackend *backend, gpointer data);
void window_free(Window *window);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Window, window_free)

/* NULL: the VM is off. The old one still exists. */
void window_set_source(Window *window, Source *source);
void window_source_event(Window *window, SourceEvent event);
/* The surface to show or another size of it; @card: it holds a text instead of the guest's screen. Borrowed. */
void window_set_picture(Window *window, Surface *picture, gboolean card);
void window_damage(Window *window, const Rect *damage);

/* The window has this size now; @scale of what we draw on it: 1, 2, ... */
void window_resized(Window *window, int width, int height, int scale);
/* A person sized it, for example by maximising it: it is not made as large as the guest's screen any more. */
void window_keep_size(Window *window);
void window_full_screen_changed(Window *window, gboolean full);
void window_focus(Window *window, gboolean focus);
void window_clipboard_changed(Window *window);
void window_drop_file(Window *window, const char *path);

typedef struct {
	guint qnum;        /* 0: a key that the guest has not got */
	guint32 character; /* on the key by the person's layout, 0 = none */
	gboolean down, repeat;
} WindowKey;
void window_key(Window *window, const WindowKey *key);
void window_text(Window *window, const char *text);

/* Position; how far it moved where the mouse is captured. */
void window_motion(Window *window, int x, int y, int dx, int dy);
void window_leave(Window *window);
/* @button as bits of source_pointer(): 1 left, 2 middle, 4 right. */
void window_button(Window *window, int x, int y, guint button, gboolean down);
void window_wheel(Window *window, int x, int y, int steps_x, int steps_y);
/* Whether the pointer is where it is the guest's: then the guest's picture of it is shown
 * (surface_cursor()), or hardly any. */
gboolean window_pointer_is_guests(const Window *window);

/*
 * Draws on @pixels, which are all of the window and still hold what was drawn last, what changed since; @part
 * is where that was. FALSE: nothing did.
 */
gboolean window_paint(Window *window, Pixels *pixels, Rect *part);
/* Everything has to be drawn again. */
void window_expose(Window *window);
