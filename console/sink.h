/*
 * The user side of a console: a window or a VNC server that shows a surface and sends input. Each sink is one file with one library
 * (sink-sdl.c: SDL2; sink-vncd.c: libvncserver); the terminal's sink is the TUI's console view, by console/cells.h.
 *
 * A sink lives over power cycles: the caller gives it the current Source, or none with a card to show.
 */
#pragma once

#include "console/source.h"
#include "console/window.h"

typedef struct Sink Sink;

typedef struct {
	const char *name;
	/* Draws what changed of sink_picture(); at most once per main loop turn. */
	void (*update)(Sink *sink, const Rect *damage);
	/* sink_picture() has another size, or is another one altogether. */
	void (*resize)(Sink *sink);
	/* NULL: has none, or for good. */
	void (*set_title)(Sink *sink, const char *title);
	/* NULL: does not care. `source' changed; the old one still exists. */
	void (*set_source)(Sink *sink);
	/* NULL: does not care. Lights, bell, clipboard, kind of pointer: what a Source tells beside its picture. */
	void (*source_event)(Sink *sink, SourceEvent event);
	/* Frees what is the sink's own, then the struct. */
	void (*free)(Sink *sink);
} SinkClass;

/* Base of every sink. Input goes to `source' when it is not NULL. */
struct Sink {
	const SinkClass *class;
	Surface *surface;
	Source *source; /* borrowed; changed by sink_set_source() */
	gboolean view_only;
	void (*on_close)(Sink *sink, gpointer data); /* the person closed the window */
	gpointer close_data;
	/* of sink.c: */
	Surface *card; /* shown instead of `surface' */
	gboolean has_card;
	char *title, *card_text; /* as told last */
	guint watch;
	struct Soon *soon;
	Rect damage; /* since the last update */
	gboolean resized;
};

typedef struct {
	const char *title;
	gboolean view_only;
	/* SDL only: NULL = the window's own; `view_only' and `name' in it are taken from here. */
	const WindowOptions *window;
	/* VNC only: NULL = whoever is let in by sink_vncd_add() needs none; the second one is for viewers that may only look. */
	const char *password, *view_password;
} SinkOptions;

/* CARREL_ERROR_HOST when there is no display. */
Sink *sink_sdl_new(Surface *surface, const SinkOptions *options, GError **error);
/* What is in the window; borrowed. */
Window *sink_sdl_window(Sink *sink);
/* It listens nowhere: whoever accepts connections gives them to sink_vncd_add(). Threads of libvncserver stay inside this file. */
Sink *sink_vncd_new(Surface *surface, const SinkOptions *options, GError **error);
/* A viewer on the stream socket @fd, which is taken in any case; its version ("RFB 003.008\n") must wait there to be read. It is closed when
 * it is not through with its handshake in time. @view_only: whatever password it gives. FALSE: there are too many, or it went away. */
gboolean sink_vncd_add(Sink *sink, int fd, gboolean view_only);
/* How many may be there at a time, and in the middle of their handshake. */
#define SINK_VNCD_VIEWERS    16
#define SINK_VNCD_HANDSHAKES 24

/* NULL: the VM is off; keys that are down are forgotten with the source. */
void sink_set_source(Sink *sink, Source *source);
/* Passes on what the source of the moment told its watch. */
void sink_source_event(Sink *sink, SourceEvent event);
/* Title, and the card: @card is the text shown instead of a picture ("VM `x' is off."), NULL = show the surface. */
void sink_set_status(Sink *sink, const char *title, const char *card);
void sink_free(Sink *sink);

/* For the sinks: begins to follow @surface; what to draw now; the source, unless there is none or it is for viewing only. */
void sink_init(Sink *sink, const SinkClass *class, Surface *surface, const SinkOptions *options);
Surface *sink_picture(Sink *sink);
Source *sink_input(Sink *sink);
