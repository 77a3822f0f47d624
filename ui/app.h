/*
 * The stack of views, and what goes to which of them. Knows neither terminal nor main loop: ui/ui.c feeds it keys and shows what
 * it draws; tests do the same with a canvas.
 */
#pragma once

#include "base/error.h"
#include "ui/theme.h"
#include "ui/view.h"

/* The smallest screen that everything fits on. */
#define APP_MIN_COLUMNS 80
#define APP_MIN_ROWS    24

/* What the app wants from who runs it. */
typedef struct {
	void (*redraw)(gpointer data);  /* call app_draw() soon, once */
	void (*repaint)(gpointer data); /* the same, and the terminal's picture is not to be trusted */
	void (*suspend)(gpointer data);
	void (*quit)(gpointer data);
	/* The view on top wants keys as a guest does: pasted text whole, releases if the terminal can. */
	void (*console_keys)(gpointer data, gboolean on);
	/* Into the terminal's clipboard; NULL: there is none. FALSE: it is too long. */
	gboolean (*copy)(const char *text, gpointer data);
} AppHost;

App *app_new(Client *client, const AppHost *host, gpointer data);
void app_free(App *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_free)

/* The list of VMs puts its cursor on this VM as soon as it shows it: the one that was just made. Takes it once; caller frees. */
void app_point_at(App *app, const char *vm_path);
char *app_take_pointed(App *app, const GPtrArray *vms);

Client *app_client(App *app);
/* The lists of the client are filled and current. */
gboolean app_connected(const App *app);

/* Puts @view on top; the app owns it. */
void app_push(App *app, View *view, const ViewClass *class);
/* Takes it off, wherever it lies; it is freed when the current event is handled. The last one ends the program. */
void app_pop(App *app, View *view);
View *app_top(App *app);

void app_key(App *app, const TermKey *key);
/* Runs a command of the view on top as if its key was pressed. */
void app_command(App *app, int command);

/* The help page about the keys of a view. */
void app_help(App *app, ViewId about);

/* Draws the whole screen. The canvas belongs to the app. */
const Canvas *app_draw(App *app, int columns, int rows);
/* Milliseconds until the picture changes by time alone, 0 = never. */
guint app_tick(App *app);

void app_redraw(App *app);
/* FALSE when it cannot be copied. */
gboolean app_copy(App *app, const char *text);
/* The line above the key bar, until the next command. */
void app_message(App *app, Role role, const char *format, ...) G_GNUC_PRINTF(3, 4);
void app_error(App *app, const GError *error);
void app_clear_message(App *app);
/* What is said now, or NULL. Borrowed. */
const char *app_message_text(const App *app, Role *role);
