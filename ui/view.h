/*
 * A screen of the TUI is a View: a class (table of functions) and its data. Views lie on a stack; the one on top gets the keys.
 * The app never knows which view is up. Handlers never draw: they return what is to be done, and the app draws once when all
 * events are handled.
 */
#pragma once

#include "client/client.h"
#include "ui/canvas.h"
#include "ui/keys.h"

typedef struct App App;
typedef struct View View;

typedef enum {
	VIEW_IGNORED, /* not mine */
	VIEW_QUIET,   /* done, nothing to draw */
	VIEW_REDRAW   /* done, draw */
} ViewResult;

typedef struct {
	ViewId id;      /* whose rows of the key table count */
	gboolean popup; /* drawn over the view below, which stays visible */
	gboolean whole; /* takes the whole screen, without title and key bar */
	gboolean raw; /* takes every key before the key table, as the terminal sends it: they are a guest's */

	/* Text for the title bar. Caller frees. Not for popups and whole ones. */
	char *(*title)(View *view);
	void (*draw)(View *view, Canvas *canvas, Rect area);
	/* A command of the key table. */
	ViewResult (*command)(View *view, int command);
	/* Whether @command means something now; those that do not are left out of the key bar. NULL: all do. */
	gboolean (*offers)(View *view, int command);
	/* A key that is not in the table; with typing() also characters that are. */
	ViewResult (*key)(View *view, const TermKey *key);
	gboolean (*typing)(View *view);
	/* A mouse event inside of the view's area; coordinates are the screen's. */
	ViewResult (*mouse)(View *view, const TermKey *mouse);
	/* What the daemon reports. Every view gets it, also those that are hidden. */
	ViewResult (*event)(View *view, ClientEvent event, gpointer object);
	/* It becomes visible or hidden. */
	void (*show)(View *view, gboolean shown);
	/* Milliseconds until its picture changes by time alone; 0 = it does not. Asked after each drawing. */
	guint (*tick)(View *view);
	void (*free)(View *view);
} ViewClass;

/* Base of every view; embed it first. */
struct View {
	const ViewClass *class;
	App *app;
	Rect area; /* where it was drawn last */
	gboolean shown;
};
