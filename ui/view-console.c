#include "ui/view-console.h"

#include "ui/console-card.h"
#include "ui/console-input.h"
#include "ui/console-menu.h"
#include "ui/vm-text.h"

typedef struct {
	View view;
	char *path, *name;
	gboolean view_only, start; /* start: Start is still to be called */
	Link *link;
	Picture *picture;
	ConsoleInput *input;
	View *menu; /* NULL = closed */
} ConsoleView;

static const ClientVm *find_vm(ConsoleView *self)
{
	return client_find_vm(app_client(self->view.app), self->path);
}

/* --- the menu behind the prefix ---------------------------------------------------------------------------------------- */

static gboolean menu_offers(View *console, int command)
{
	return command == COMMAND_CANCEL || command == COMMAND_HELP ||
	       console_input_offers(((ConsoleView *)console)->input, command);
}

static void menu_chosen(View *console, const KeyRow *row)
{
	ConsoleView *self = (ConsoleView *)console;

	if (console_input_run(self->input, row))
		return;
	if (row->command == COMMAND_CANCEL)
		app_pop(self->view.app, &self->view);
	else if (row->command == COMMAND_HELP)
		app_help(self->view.app, VIEW_CONSOLE);
}

static void menu_closed(View *console)
{
	((ConsoleView *)console)->menu = NULL;
}

static ViewResult console_key(View *view, const TermKey *key)
{
	ConsoleView *self = (ConsoleView *)view;
	Role role;

	if (app_message_text(view->app, &role) && key->event != TERM_RELEASE) {
		app_clear_message(view->app);
		app_redraw(view->app);
	}
	if (!console_input_is_prefix(key))
		return console_input_key(self->input, key);
	console_input_release(self->input);
	self->menu = console_menu_open(view->app, view, menu_offers, menu_chosen, menu_closed);
	return VIEW_REDRAW;
}

/* --- the mouse ---------------------------------------------------------------------------------------------------------- */

static ViewResult console_mouse(View *view, const TermKey *mouse)
{
	return console_input_mouse(((ConsoleView *)view)->input, mouse);
}

/* --- events ------------------------------------------------------------------------------------------------------------- */

static void on_started(GObject *source, GAsyncResult *result, gpointer data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *job = action_run_finish(app_client(app), result, &error);

	if (!job)
		app_error(app, error);
}

/* Messages of one connection keep their order: OpenConsole, which waits, is there before Start. */
static void start_if_wanted(ConsoleView *self)
{
	if (!self->start || link_state(self->link) == LINK_IDLE)
		return;
	self->start = FALSE;
	action_run(app_client(self->view.app), action_get(ACTION_START), self->path, NULL, on_started,
		   self->view.app);
}

static void on_link_changed(Link *link, gpointer data)
{
	ConsoleView *self = data;

	app_redraw(self->view.app);
}

static void take_name(ConsoleView *self)
{
	const ClientVm *vm = find_vm(self);

	if (!vm || g_strcmp0(vm->name, self->name) == 0)
		return;
	g_free(self->name);
	self->name = g_strdup(vm->name);
}

static ViewResult console_event(View *view, ClientEvent event, gpointer object)
{
	ConsoleView *self = (ConsoleView *)view;

	if (event == CLIENT_VM_REMOVED && g_str_equal(((ClientVm *)object)->path, self->path)) {
		app_message(view->app, ROLE_WAIT, "VM `%s' was deleted.", self->name);
		if (self->menu)
			app_pop(view->app, self->menu);
		app_pop(view->app, view);
		return VIEW_REDRAW;
	}
	link_event(self->link, event, object);
	console_input_event(self->input, event);
	start_if_wanted(self);
	take_name(self);
	if (event == CLIENT_VM_CHANGED)
		return g_str_equal(((ClientVm *)object)->path, self->path) ? VIEW_REDRAW : VIEW_QUIET;
	return event == CLIENT_IMAGES_CHANGED ? VIEW_QUIET : VIEW_REDRAW;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------ */

static void draw_status(ConsoleView *self, Canvas *canvas, int y)
{
	const ClientVm *vm = find_vm(self);
	g_autofree char *state = vm ? vm_text_state(vm->state) : g_strdup("");
	Surface *surface = link_surface(self->link);
	g_autofree char *size =
		link_has_frame(self->link)
			? g_strdup_printf(" \xc2\xb7 %dx%d", surface_width(surface), surface_height(surface))
			: g_strdup("");
	g_autofree char *text = g_strdup_printf(" %s \xc2\xb7 %s%s%s", self->name, state, size,
						self->view_only ? " \xc2\xb7 watching" : "");
	Role role;
	const char *message = app_message_text(self->view.app, &role);
	int hint_x = canvas->columns - canvas_text_width(CONSOLE_PREFIX_HINT), x;

	canvas_fill(canvas, (Rect){ 0, y, canvas->columns, 1 }, ' ', theme(ROLE_TITLE));
	x = canvas_text(canvas, 0, y, MAX(hint_x - 1, 0), theme(ROLE_TITLE), text) + 2;
	if (message) {
		Style style = theme(ROLE_TITLE);
		style.fg = theme(role).fg;
		canvas_text(canvas, x, y, MAX(hint_x - x - 1, 0), style, message);
	}
	canvas_text(canvas, hint_x, y, canvas->columns, theme(ROLE_TITLE), CONSOLE_PREFIX_HINT);
}

static void console_draw(View *view, Canvas *canvas, Rect area)
{
	ConsoleView *self = (ConsoleView *)view;
	Rect picture = { area.x, area.y, area.width, area.height - 1 };

	if (link_has_frame(self->link))
		picture_draw(self->picture, link_surface(self->link), canvas, picture);
	else
		console_card_draw(view->app, self->path, self->link, canvas, picture,
				  "Ctrl-] then s starts it, Ctrl-] then d leaves.");
	draw_status(self, canvas, area.y + area.height - 1);
}

/* Covered by a help page it asks for no frames; the keys must not stay down either. */
static void console_show(View *view, gboolean shown)
{
	ConsoleView *self = (ConsoleView *)view;

	if (!self->input)
		return;
	if (!shown)
		console_input_release(self->input);
	link_set_active(self->link, shown);
}

static void console_free(View *view)
{
	ConsoleView *self = (ConsoleView *)view;

	console_input_free(self->input);
	link_free(self->link);
	picture_free(self->picture);
	g_free(self->path);
	g_free(self->name);
	g_free(self);
}

static const ViewClass console_class = {
	.id = VIEW_CONSOLE,
	.whole = TRUE,
	.raw = TRUE,
	.draw = console_draw,
	.key = console_key,
	.mouse = console_mouse,
	.event = console_event,
	.show = console_show,
	.free = console_free,
};

void view_console_open(App *app, const char *vm_path, gboolean view_only, gboolean start)
{
	ConsoleView *self = g_new0(ConsoleView, 1);

	self->path = g_strdup(vm_path);
	self->name = g_strdup("");
	self->view_only = view_only;
	self->start = start;
	self->picture = picture_new(picture_style());
	picture_use_pixels(self->picture);
	app_push(app, &self->view, &console_class);
	self->link = link_new(app_client(app), vm_path, TRUE, on_link_changed, self);
	self->input = console_input_new(app, vm_path, self->link, self->picture, view_only);
	start_if_wanted(self);
	take_name(self);
}
