/* The loop: bytes of the terminal become keys of the app, what the app draws goes to the terminal, at most 30 times a second and
 * never while the terminal has not taken the last frame. */
#include "ui/ui.h"

#include <locale.h>

#include "base/soon.h"
#include "ui/app.h"
#include "ui/clipboard.h"
#include "ui/graphics.h"
#include "ui/picture.h"
#include "ui/screen.h"
#include "ui/tty.h"
#include "ui/view-console.h"
#include "ui/view-tiles.h"
#include "ui/view-vms.h"

#define FRAME_MS  33
#define ESCAPE_MS 25

typedef struct {
	GMainLoop *loop;
	Client *client;
	App *app;
	Screen *screen;
	TermParser *parser;
	Soon *frame;
	guint tick, escape; /* sources */
	gboolean waiting;   /* a frame is due when the terminal has taken the last one */
	gint64 last_frame;
	gboolean console_keys, kitty, asked;
} Ui;

/* --- frames --------------------------------------------------------------------------------------------------------------- */

static void want_frame(gpointer data);

static gboolean on_tick(gpointer data)
{
	Ui *ui = data;

	ui->tick = 0;
	want_frame(ui);
	return G_SOURCE_REMOVE;
}

static void schedule_tick(Ui *ui)
{
	guint tick = app_tick(ui->app);

	g_clear_handle_id(&ui->tick, g_source_remove);
	if (tick)
		ui->tick = g_timeout_add(tick, on_tick, ui);
}

static void on_frame(gpointer data)
{
	Ui *ui = data;
	int columns, rows;

	ui->waiting = tty_pending() > 0;
	if (ui->waiting)
		return;
	tty_size(&columns, &rows);
	screen_show(ui->screen, app_draw(ui->app, columns, rows));
	ui->last_frame = g_get_monotonic_time();
	schedule_tick(ui);
}

static void want_frame(gpointer data)
{
	Ui *ui = data;
	gint64 wait = FRAME_MS - (g_get_monotonic_time() - ui->last_frame) / 1000;

	/* Behind everything that is to be handled now, so that a burst of events is one frame. */
	if (!ui->waiting)
		soon_ask(ui->frame, (guint)MAX(wait, 0));
}

static void repaint(gpointer data)
{
	Ui *ui = data;
	int columns, rows, cell_width, cell_height;

	tty_size(&columns, &rows);
	tty_cell_size(&cell_width, &cell_height);
	graphics_set_cell(cell_width, cell_height);
	screen_resize(ui->screen, columns, rows);
	want_frame(ui);
}

/* --- the app's wishes ------------------------------------------------------------------------------------------------------ */

static void suspend(gpointer data)
{
	Ui *ui = data;

	screen_leave(ui->screen);
	tty_suspend();
}

static void quit(gpointer data)
{
	g_main_loop_quit(((Ui *)data)->loop);
}

/* The terminal is asked once what it can, at the first console. */
static void console_keys(gpointer data, gboolean on)
{
	Ui *ui = data;

	if (on == ui->console_keys)
		return;
	ui->console_keys = on;
	screen_set_console_keys(ui->screen, on, ui->kitty);
	if (on && !ui->asked) {
		ui->asked = screen_query(ui->screen);
		if (ui->asked)
			term_parser_expect_answers(ui->parser);
	}
}

static gboolean copy(const char *text, gpointer data)
{
	g_autofree char *sequence = clipboard_sequence(text, g_getenv("TMUX") != NULL);

	if (sequence)
		tty_write(sequence, -1);
	return sequence != NULL;
}

static const AppHost host = {
	.redraw = want_frame,
	.repaint = repaint,
	.suspend = suspend,
	.quit = quit,
	.console_keys = console_keys,
	.copy = copy,
};

/* --- the terminal ---------------------------------------------------------------------------------------------------------- */

static void on_answer(Ui *ui, const TermKey *key)
{
	int width, height;

	tty_cell_size(&width, &height);
	graphics_set_cell(width, height);
	if (graphics_answer(key))
		repaint(ui);
}

static void on_key(const TermKey *key, gpointer data)
{
	Ui *ui = data;

	if (key->code == TERM_ANSWER || key->code == TERM_CELL_SIZE || key->code == TERM_HAS_DA1) {
		on_answer(ui, key);
	} else if (key->code == TERM_HAS_KITTY) {
		ui->kitty = TRUE;
		if (ui->console_keys)
			screen_set_console_keys(ui->screen, TRUE, TRUE);
	} else {
		app_key(ui->app, key);
	}
}

static gboolean on_escape_timeout(gpointer data)
{
	Ui *ui = data;

	ui->escape = 0;
	term_parser_timeout(ui->parser);
	return G_SOURCE_REMOVE;
}

static void on_input(Ui *ui, const char *bytes, gsize length)
{
	g_clear_handle_id(&ui->escape, g_source_remove);
	term_parser_feed(ui->parser, bytes, length);
	if (term_parser_pending(ui->parser))
		ui->escape = g_timeout_add(ESCAPE_MS, on_escape_timeout, ui);
}

static void on_tty(TtyEvent event, const char *bytes, gsize length, gpointer data)
{
	Ui *ui = data;

	switch (event) {
	case TTY_INPUT:
		on_input(ui, bytes, length);
		break;
	case TTY_RESIZED:
		repaint(ui);
		break;
	case TTY_STOPPED:
		suspend(ui);
		break;
	case TTY_RESUMED:
		screen_enter(ui->screen);
		want_frame(ui);
		break;
	case TTY_DRAINED:
		if (ui->waiting) {
			ui->waiting = FALSE;
			want_frame(ui);
		}
		break;
	case TTY_HANGUP:
		quit(ui);
		break;
	}
}

/* --- begin and end --------------------------------------------------------------------------------------------------------- */

static int fail(GError *error)
{
	g_autofree char *sentence = error_sentence(error);
	int status = error_exit_status(error);

	g_printerr("carrel: %s\n", sentence);
	g_error_free(error);
	return status;
}

static gboolean open_terminal(Ui *ui, GError **error)
{
	setlocale(LC_ALL, "");
	if (!graphics_choose(g_getenv("CARREL_GRAPHICS")))
		return error_set(error, CARREL_ERROR_USAGE, "choose one of " GRAPHICS_CHOICES,
				 "CARREL_GRAPHICS is `%s'", g_getenv("CARREL_GRAPHICS"));
	if (!tty_open(on_tty, ui, error))
		return FALSE;
	ui->screen = screen_new(error);
	if (!ui->screen) {
		tty_close();
		return FALSE;
	}
	picture_set_unicode(screen_is_utf8(ui->screen));
	ui->parser = term_parser_new(on_key, ui);
	screen_teach(ui->screen, ui->parser);
	return TRUE;
}

static void close_all(Ui *ui)
{
	g_clear_handle_id(&ui->tick, g_source_remove);
	g_clear_handle_id(&ui->escape, g_source_remove);
	app_free(ui->app);
	client_free(ui->client);
	soon_free(ui->frame); /* they might still have asked for one */
	screen_free(ui->screen);
	tty_close();
	term_parser_free(ui->parser);
	g_main_loop_unref(ui->loop);
}

/* @vm_paths NULL: the list. */
static int run(const char *const *vm_paths, gboolean view_only, gboolean start)
{
	g_autofree Ui *ui = g_new0(Ui, 1);
	GError *error = NULL;

	if (!open_terminal(ui, &error))
		return fail(error);
	ui->frame = soon_new(G_PRIORITY_DEFAULT_IDLE, on_frame, ui);
	ui->loop = g_main_loop_new(NULL, FALSE);
	ui->client = client_new();
	ui->app = app_new(ui->client, &host, ui);
	if (vm_paths && vm_paths[1])
		view_tiles_open(ui->app, vm_paths, view_only);
	else if (vm_paths)
		view_console_open(ui->app, vm_paths[0], view_only, start);
	else
		view_vms_open(ui->app, TRUE);
	want_frame(ui);
	g_main_loop_run(ui->loop);
	close_all(ui);
	return 0;
}

int ui_run(void)
{
	return run(NULL, FALSE, FALSE);
}

int ui_run_console(const char *const *vm_paths, gboolean view_only, gboolean start)
{
	return run(vm_paths, view_only, start);
}
