#include "ui/app.h"

#include <string.h>

#include "ui/frame.h"
#include "ui/view-help.h"

struct App {
	Client *client;
	guint watch;
	gboolean connected;
	const AppHost *host;
	gpointer host_data;
	GPtrArray *stack; /* of View *, the last one is on top */
	GPtrArray *dead;  /* popped while an event is handled */
	guint handling;
	Canvas *canvas;
	Frame frame;   /* where the key bar's entries are, for clicks */
	char *pointed; /* path of a VM, NULL = none */
	char *message;
	Role message_role;
};

void app_point_at(App *app, const char *vm_path)
{
	g_free(app->pointed);
	app->pointed = g_strdup(vm_path);
}

char *app_take_pointed(App *app, const GPtrArray *vms)
{
	for (guint i = 0; app->pointed && i < vms->len; i++)
		if (g_str_equal(((const ClientVm *)vms->pdata[i])->path, app->pointed))
			return g_steal_pointer(&app->pointed);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void on_client_event(Client *client, ClientEvent event, gpointer object, gpointer data);

App *app_new(Client *client, const AppHost *host, gpointer data)
{
	App *app = g_new0(App, 1);

	app->client = client;
	app->host = host;
	app->host_data = data;
	app->stack = g_ptr_array_new();
	app->dead = g_ptr_array_new();
	app->canvas = canvas_new(APP_MIN_COLUMNS, APP_MIN_ROWS);
	app->watch = client_watch(client, on_client_event, app);
	return app;
}

static void view_free(View *view)
{
	view->class->free(view);
}

static void bury_dead(App *app)
{
	if (app->handling)
		return;
	while (app->dead->len)
		view_free(g_ptr_array_steal_index(app->dead, 0));
}

void app_free(App *app)
{
	client_unwatch(app->client, app->watch);
	while (app->stack->len) {
		View *view = g_ptr_array_steal_index(app->stack, app->stack->len - 1);
		view_free(view);
	}
	bury_dead(app);
	g_ptr_array_unref(app->stack);
	g_ptr_array_unref(app->dead);
	canvas_free(app->canvas);
	frame_clear(&app->frame);
	g_free(app->pointed);
	g_free(app->message);
	g_free(app);
}

Client *app_client(App *app)
{
	return app->client;
}

gboolean app_connected(const App *app)
{
	return app->connected;
}

/* --- the stack -------------------------------------------------------------------------------------------------------- */

View *app_top(App *app)
{
	return app->stack->len ? app->stack->pdata[app->stack->len - 1] : NULL;
}

/* Index of the lowest view that can be seen: below it lies nothing but what it hides. */
static guint lowest_visible(App *app)
{
	guint index = app->stack->len;

	while (index > 0 && ((View *)app->stack->pdata[--index])->class->popup)
		;
	return index;
}

/* Tells each view whether it can be seen now. */
static void update_shown(App *app)
{
	guint lowest = lowest_visible(app);
	View *base = app->stack->len ? app->stack->pdata[lowest] : NULL;

	for (guint i = 0; i < app->stack->len; i++) {
		View *view = app->stack->pdata[i];
		gboolean shown = i >= lowest;
		if (shown == view->shown)
			continue;
		view->shown = shown;
		if (view->class->show)
			view->class->show(view, shown);
	}
	if (app->host)
		app->host->console_keys(app->host_data, base && base->class->raw);
	app_redraw(app);
}

static void place_view(App *app, View *view)
{
	view->area = (Rect){ 0, 0, app->canvas->columns, app->canvas->rows };
	if (!view->class->whole)
		view->area = (Rect){ 0, 1, app->canvas->columns, app->canvas->rows - 3 };
}

void app_push(App *app, View *view, const ViewClass *class)
{
	view->class = class;
	view->app = app;
	place_view(app, view); /* the mouse may be faster than the first drawing */
	g_ptr_array_add(app->stack, view);
	update_shown(app);
}

void app_pop(App *app, View *view)
{
	if (!g_ptr_array_remove(app->stack, view))
		return;
	if (view->shown && view->class->show)
		view->class->show(view, FALSE);
	g_ptr_array_add(app->dead, view);
	update_shown(app);
	bury_dead(app);
	if (!app->stack->len && app->host)
		app->host->quit(app->host_data);
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

gboolean app_copy(App *app, const char *text)
{
	return app->host->copy && app->host->copy(text, app->host_data);
}

void app_redraw(App *app)
{
	if (app->host)
		app->host->redraw(app->host_data);
}

void app_message(App *app, Role role, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_free(app->message);
	app->message = g_strdup_vprintf(format, args);
	app->message_role = role;
	va_end(args);
	app_redraw(app);
}

void app_error(App *app, const GError *error)
{
	g_autofree char *sentence = error_sentence(error);

	app_message(app, ROLE_BAD, "%s", sentence);
}

void app_clear_message(App *app)
{
	g_clear_pointer(&app->message, g_free);
}

const char *app_message_text(const App *app, Role *role)
{
	*role = app->message_role;
	return app->message;
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

static void finish_event(App *app, ViewResult result)
{
	app->handling--;
	bury_dead(app);
	if (result == VIEW_REDRAW)
		app_redraw(app);
}

/* A job that failed is told to whoever looks, also when another client began it. */
static void report_job(App *app, const ClientJob *job)
{
	if (!g_str_equal(job->state, "failed"))
		return;
	g_autoptr(GError) error = client_job_error(job);
	if (error)
		app_error(app, error);
}

static void on_client_event(Client *client, ClientEvent event, gpointer object, gpointer data)
{
	App *app = data;
	g_autoptr(GPtrArray) views = g_ptr_array_copy(app->stack, NULL, NULL);
	gboolean job_event = event == CLIENT_JOB_ADDED || event == CLIENT_JOB_CHANGED;
	ViewResult result = VIEW_IGNORED;

	app->handling++;
	if (event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED) {
		app->connected = event == CLIENT_CONNECTED;
		result = VIEW_REDRAW;
	}
	if (job_event)
		report_job(app, object);
	for (guint i = 0; i < views->len; i++) {
		View *view = views->pdata[i];
		ViewResult one = VIEW_IGNORED;
		if (view->class->event && !g_ptr_array_find(app->dead, view, NULL))
			one = view->class->event(view, event, object);
		result = MAX(result, one); /* a macro: it would run the handler twice */
	}
	finish_event(app, result);
}

void app_help(App *app, ViewId about)
{
	view_help_open(app, about);
}

static ViewResult run_app_command(App *app, const View *view, int command)
{
	switch (command) {
	case COMMAND_HELP:
		view_help_open(app, view->class->id);
		return VIEW_REDRAW;
	case COMMAND_REDRAW:
		if (app->host)
			app->host->repaint(app->host_data);
		return VIEW_REDRAW;
	case COMMAND_SUSPEND:
		if (app->host)
			app->host->suspend(app->host_data);
		return VIEW_REDRAW;
	case COMMAND_QUIT:
		if (app->host)
			app->host->quit(app->host_data);
		return VIEW_QUIET;
	default:
		return VIEW_IGNORED;
	}
}

static ViewResult run_command(App *app, View *view, int command)
{
	ViewResult result;

	if (app->message) {
		app_clear_message(app);
		app_redraw(app);
	}
	result = view->class->command ? view->class->command(view, command) : VIEW_IGNORED;
	return result == VIEW_IGNORED ? run_app_command(app, view, command) : result;
}

void app_command(App *app, int command)
{
	View *view = app_top(app);

	if (!view)
		return;
	app->handling++;
	finish_event(app, run_command(app, view, command));
}

static ViewResult give_key(View *view, const TermKey *key)
{
	return view->class->key ? view->class->key(view, key) : VIEW_IGNORED;
}

static gboolean is_text(const TermKey *key)
{
	return key->code == TERM_PASTE || (key->code < TERM_KEY_UP && !(key->mods & (TERM_CTRL | TERM_ALT)));
}

static ViewResult route_key(App *app, View *view, const TermKey *key)
{
	ViewResult result;
	int command;

	if (is_text(key) && (key->code == TERM_PASTE || (view->class->typing && view->class->typing(view))))
		return give_key(view, key);
	command = keys_lookup(view->class->id, key);
	if (command == COMMAND_NONE)
		return give_key(view, key);
	result = run_command(app, view, command);
	return result == VIEW_IGNORED ? give_key(view, key) : result;
}

static gboolean inside(Rect area, int x, int y)
{
	return x >= area.x && y >= area.y && x < area.x + area.width && y < area.y + area.height;
}

static ViewResult route_mouse(App *app, View *view, const TermKey *mouse)
{
	gboolean click = mouse->event == TERM_PRESS && mouse->button == TERM_BUTTON_LEFT;
	int command = click && !view->class->whole ? frame_command_at(&app->frame, mouse->x, mouse->y)
						   : COMMAND_NONE;

	if (command != COMMAND_NONE)
		return run_command(app, view, command);
	if (inside(view->area, mouse->x, mouse->y) && view->class->mouse)
		return view->class->mouse(view, mouse);
	return VIEW_IGNORED;
}

/* The kitty protocol tells more than a form or a menu wants: no releases, no modifiers by themselves, shifted characters as
 * they are written. FALSE: nothing is left. */
static gboolean simplify(TermKey *key)
{
	if (!key->physical)
		return TRUE;
	if (key->event == TERM_RELEASE ||
	    (key->code >= TERM_KEY_LEFT_SHIFT && key->code <= TERM_KEY_RIGHT_SUPER))
		return FALSE;
	if (key->code < TERM_KEY_UP && key->mods & TERM_SHIFT)
		key->code = key->shifted ? key->shifted : g_unichar_toupper(key->code);
	return TRUE;
}

/* No view has characters with Alt: this was Esc, and the character so soon behind it that the terminal's bytes look the same. */
static gboolean is_hasty_escape(const View *view, const TermKey *key)
{
	return !view->class->raw && !key->physical && key->code < TERM_KEY_UP && key->mods & TERM_ALT;
}

void app_key(App *app, const TermKey *key)
{
	View *view = app_top(app);
	TermKey simple = *key, escape = { .code = TERM_KEY_ESCAPE, .event = TERM_PRESS };
	ViewResult result = VIEW_IGNORED;

	if (!view)
		return;
	if (is_hasty_escape(view, key)) {
		simple.mods &= ~(guint)TERM_ALT;
		app_key(app, &escape);
		app_key(app, &simple);
		return;
	}
	app->handling++;
	if (key->code == TERM_MOUSE)
		result = route_mouse(app, view, key);
	else if (view->class->raw)
		result = give_key(view, key);
	else if (simplify(&simple))
		result = route_key(app, view, &simple);
	finish_event(app, result);
}

/* --- drawing ------------------------------------------------------------------------------------------------------------ */

static void draw_too_small(Canvas *canvas)
{
	g_autofree char *text =
		g_strdup_printf("carrel needs %d columns and %d rows; this terminal has %d and %d.",
				APP_MIN_COLUMNS, APP_MIN_ROWS, canvas->columns, canvas->rows);
	g_autoptr(GPtrArray) lines = canvas_wrap(text, canvas->columns);

	for (guint i = 0; i < lines->len; i++)
		canvas_text(canvas, 0, (int)i, canvas->columns, theme(ROLE_NORMAL), lines->pdata[i]);
}

static void draw_all(App *app)
{
	guint lowest = lowest_visible(app);
	View *base = app->stack->pdata[lowest], *top = app_top(app);

	/* Titles may say what has room. */
	for (guint i = lowest; i < app->stack->len; i++)
		place_view(app, app->stack->pdata[i]);
	if (!base->class->whole)
		frame_draw(&app->frame, app, app->canvas, base, top);
	for (guint i = lowest; i < app->stack->len; i++) {
		View *view = app->stack->pdata[i];
		view->class->draw(view, app->canvas, view->area);
	}
}

const Canvas *app_draw(App *app, int columns, int rows)
{
	if (columns != app->canvas->columns || rows != app->canvas->rows)
		canvas_resize(app->canvas, columns, rows);
	canvas_clear(app->canvas, theme(ROLE_NORMAL));
	/* A console draws itself at any size. */
	if (app->stack->len && ((View *)app->stack->pdata[lowest_visible(app)])->class->whole)
		draw_all(app);
	else if (columns < APP_MIN_COLUMNS || rows < APP_MIN_ROWS)
		draw_too_small(app->canvas);
	else if (app->stack->len)
		draw_all(app);
	return app->canvas;
}

guint app_tick(App *app)
{
	guint soonest = 0;

	for (guint i = app->stack->len ? lowest_visible(app) : 0; i < app->stack->len; i++) {
		View *view = app->stack->pdata[i];
		guint tick = view->class->tick ? view->class->tick(view) : 0;
		if (tick && (!soonest || tick < soonest))
			soonest = tick;
	}
	return soonest;
}
