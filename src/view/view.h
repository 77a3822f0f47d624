/*
 * carrel-view: one VM's screen in a window, for VNC viewers or browsers, over power cycles. The client says what the VM does and opens its console,
 * a source draws on the surface, a sink shows it. What the parts of the program share stands here and nowhere else.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "client/client.h"
#include "console/sink.h"

typedef struct {
	char *vm, *address, *title, *zoom, *host_key; /* NULL: not given */
	gint info_fd;                                 /* -1: nobody waits for a line of ours */
	gboolean sdl, vnc, web, view_only;
	gboolean full_screen, mute, sharp, fixed_size, no_clipboard; /* of the window */
} ViewOptions;

/* FALSE: CARREL_ERROR_USAGE. --help prints and ends the program. */
gboolean view_options_parse(ViewOptions *options, int *argc, char ***argv, GError **error);
void view_options_clear(ViewOptions *options);

typedef struct ViewVnc ViewVnc;
typedef struct ViewWeb ViewWeb;

typedef struct {
	ViewOptions options;
	GMainLoop *loop;
	int status; /* of the process */
	gboolean quitting;
	Client *client;
	char *path, *id; /* of the VM, once found */
	Surface *surface;
	Source *source;
	Sink *sink;
	GCancellable *opening; /* NULL: not waiting for a console */
	guint retry;           /* timer */
	guint32 token;         /* of the console, for ConsoleReady */
	gboolean framed;       /* a picture came by this console */
	GError *refused;       /* why there is no console; NULL = it is on its way */
	guint refusals;
	GCancellable *calls; /* of the window's commands */
	ViewVnc *vnc;        /* NULL: no such server */
	ViewWeb *web;        /* likewise */
	char *note;          /* what was written about the server */
} View;

/* --- view.c: life --- */

/* Until it is over; @view has its options. */
void view_run(View *view);
void view_clear(View *view);
void view_quit(View *view, int status);
/* The VM by its path; NULL while the daemon is away, or when it was deleted. */
const ClientVm *view_vm(View *view);
/* The VM's state or the console's changed: title and card follow. */
void view_show_status(View *view);
/* One line for whoever started us, and no more. */
void view_tell_starter(View *view, const char *line);

/* --- console.c: the way to the guest's screen --- */

/* Asks the daemon for the console, again and again until there is one; nothing to do when there is. */
void view_open_console(View *view);
/* Waits until the call that waits for the VM has ended. */
void view_close_console(View *view);

/* --- window.c: the window --- */

gboolean view_make_window(View *view, const ClientVm *vm, GError **error);
/* The VM, or one of its jobs, changed: toolbar and status bar follow. */
void view_window_vm_changed(View *view, const ClientVm *vm);
void view_window_job_changed(View *view, const ClientJob *job);
/* Size, zoom and switches are kept for the next time. */
void view_keep_window(View *view);

/* --- settings.c: what is kept of a window, in the VM's folder --- */

/* Leaves @window as it is where there is no file. */
void view_load_settings(const ClientVm *vm, WindowOptions *window);
void view_save_settings(const ClientVm *vm, const WindowSettings *settings);

/* --- vnc.c, web.c: the servers --- */

/* The server is there when this returns: its note is written, and whoever started us knows. */
gboolean view_make_vnc(View *view, const ClientVm *vm, GError **error);
gboolean view_make_web(View *view, const ClientVm *vm, GError **error);
/* Before the sink goes. */
void view_clear_vnc(View *view);
void view_clear_web(View *view);

/* --- note.c --- */

/* Takes @object, what there is to say of the server. */
gboolean view_write_note(View *view, JsonObject *object, GError **error);
void view_remove_note(View *view);
