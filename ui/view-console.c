#include "ui/view-console.h"

#include "ui/calls.h"
#include "ui/console-menu.h"
#include "ui/guest-keys.h"
#include "ui/link.h"
#include "ui/paste.h"
#include "ui/picture.h"
#include "ui/vm-actions.h"
#include "ui/vm-text.h"

#define PREFIX_KEY  ']'
#define PREFIX_HINT "Ctrl-] menu "

typedef struct {
	View view;
	char *path, *name;
	gboolean view_only, start; /* start: Start is still to be called */
	Link *link;
	Picture *picture;
	Layout *layout; /* NULL: the machine has no keyboard layouts */
	Calls *calls;
	Paste *paste;
	View *menu; /* NULL = closed */
	guint buttons;
} ConsoleView;

static const ClientVm *find_vm(ConsoleView *self)
{
	return client_find_vm(app_client(self->view.app), self->path);
}

static Source *open_source(ConsoleView *self)
{
	return link_has_frame(self->link) ? link_source(self->link) : NULL;
}

/* --- keys to the guest ------------------------------------------------------------------------------------------------- */

static void send_key(guint qnum, gboolean down, gpointer data)
{
	ConsoleView *self = data;
	Source *source = open_source(self);

	if (source)
		source_key(source, qnum, down);
}

static void say_missing(ConsoleView *self, gunichar character)
{
	char text[8] = "";

	text[g_unichar_to_utf8(character, text)] = 0;
	app_message(self->view.app, ROLE_WAIT,
		    "The guest's keyboard layout has no `%s'; see `Keyboard layout' in Settings.", text);
}

static void on_pasted(gunichar missing, gpointer data)
{
	ConsoleView *self = data;

	g_clear_pointer(&self->paste, paste_free);
	if (missing)
		say_missing(self, missing);
}

static ViewResult type_key(ConsoleView *self, const TermKey *key)
{
	if (self->view_only) {
		app_message(self->view.app, ROLE_WAIT, "You only watch; Ctrl-] d leaves.");
		return VIEW_REDRAW;
	}
	if (!open_source(self))
		return VIEW_QUIET;
	if (key->code == TERM_PASTE) {
		g_clear_pointer(&self->paste, paste_free);
		if (self->layout)
			self->paste = paste_new(key->text, self->layout, send_key, on_pasted, self);
		return VIEW_QUIET;
	}
	if (!self->layout && !key->physical && key->code < TERM_KEY_UP)
		return VIEW_QUIET;
	if (!guest_keys_send(key, self->layout, send_key, self) && !key->physical && key->code < TERM_KEY_UP)
		say_missing(self, key->code);
	return VIEW_QUIET;
}

static void release_keys(ConsoleView *self)
{
	if (open_source(self))
		source_release_keys(open_source(self));
}

/* --- the menu behind the prefix ---------------------------------------------------------------------------------------- */

static gboolean menu_offers(View *console, int command)
{
	ConsoleView *self = (ConsoleView *)console;
	const ClientVm *vm = find_vm(self);

	if (command < ACTION_COUNT)
		return vm && action_possible(action_get((ActionId)command), vm->state);
	if (command == COMMAND_SEND_CAD || command == COMMAND_SEND_FUNCTION || command == COMMAND_SEND_PREFIX)
		return open_source(self) && !self->view_only;
	return TRUE;
}

static void send_function(ConsoleView *self, guint code)
{
	g_autofree char *chord = g_strdup_printf("ctrl-alt-f%u", code - TERM_KEY_F1 + 1);

	guest_keys_chord(chord, send_key, self);
}

static void run_action(ConsoleView *self, int command)
{
	g_autoptr(GPtrArray) vms = g_ptr_array_new();
	const ClientVm *vm = find_vm(self);

	if (vm)
		g_ptr_array_add(vms, (gpointer)vm);
	vm_actions_run(self->view.app, command, vms);
}

static void menu_chosen(View *console, const KeyRow *row)
{
	ConsoleView *self = (ConsoleView *)console;
	TermKey prefix = { .code = PREFIX_KEY, .mods = TERM_CTRL, .event = TERM_PRESS };

	if (row->command < ACTION_COUNT)
		run_action(self, row->command);
	else if (row->command == COMMAND_CANCEL)
		app_pop(self->view.app, &self->view);
	else if (row->command == COMMAND_HELP)
		app_help(self->view.app, VIEW_CONSOLE);
	else if (!menu_offers(console, row->command))
		return;
	else if (row->command == COMMAND_SEND_CAD)
		guest_keys_chord("ctrl-alt-delete", send_key, self);
	else if (row->command == COMMAND_SEND_FUNCTION)
		send_function(self, row->code);
	else
		type_key(self, &prefix);
}

static void menu_closed(View *console)
{
	((ConsoleView *)console)->menu = NULL;
}

static gboolean is_prefix(const TermKey *key)
{
	return key->code == PREFIX_KEY && key->mods & TERM_CTRL && key->event != TERM_RELEASE;
}

static ViewResult console_key(View *view, const TermKey *key)
{
	ConsoleView *self = (ConsoleView *)view;
	Role role;

	if (app_message_text(view->app, &role) && key->event != TERM_RELEASE) {
		app_clear_message(view->app);
		app_redraw(view->app);
	}
	if (!is_prefix(key))
		return type_key(self, key);
	release_keys(self);
	self->menu = console_menu_open(view->app, view, menu_offers, menu_chosen, menu_closed);
	return VIEW_REDRAW;
}

/* --- the mouse ---------------------------------------------------------------------------------------------------------- */

static ViewResult console_mouse(View *view, const TermKey *mouse)
{
	ConsoleView *self = (ConsoleView *)view;
	Source *source = open_source(self);
	guint wheel = 0;
	int x, y;

	/* A terminal has no way to hold the pointer inside, so a guest with a relative mouse cannot be served. */
	if (!source || self->view_only || !source_pointer_absolute(source) ||
	    !picture_to_pixel(self->picture, mouse->x, mouse->y, &x, &y))
		return VIEW_QUIET;
	if (mouse->button <= TERM_BUTTON_RIGHT && mouse->event == TERM_PRESS)
		self->buttons |= 1u << mouse->button;
	else if (mouse->button <= TERM_BUTTON_RIGHT && mouse->event == TERM_RELEASE)
		self->buttons &= ~(1u << mouse->button);
	else if (mouse->button >= TERM_WHEEL_UP)
		wheel = 8u << (mouse->button - TERM_WHEEL_UP);
	if (wheel)
		source_pointer(source, x, y, self->buttons | wheel);
	source_pointer(source, x, y, self->buttons);
	return VIEW_QUIET;
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
	start_if_wanted(self);
	take_name(self);
	if (event == CLIENT_VM_CHANGED)
		return g_str_equal(((ClientVm *)object)->path, self->path) ? VIEW_REDRAW : VIEW_QUIET;
	return event == CLIENT_IMAGES_CHANGED ? VIEW_QUIET : VIEW_REDRAW;
}

static void on_spec(gpointer owner, VmSpec *spec, const GError *error)
{
	ConsoleView *self = owner;
	g_autoptr(VmSpec) owned = spec;
	Layout *layout = owned && *owned->keymap ? layout_new(owned->keymap, NULL) : NULL;

	if (!layout)
		return;
	g_clear_pointer(&self->paste, paste_free);
	g_clear_pointer(&self->layout, layout_free);
	self->layout = layout;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------ */

/* Two lines: what is the matter, what to do. */
static void describe(ConsoleView *self, char **what, char **hint)
{
	const ClientVm *vm = find_vm(self);

	*hint = g_strdup("");
	if (!client_is_connected(app_client(self->view.app))) {
		*what = g_strdup("No connection to carreld, trying again\xe2\x80\xa6");
	} else if (!vm) {
		*what = g_strdup("Loading\xe2\x80\xa6");
	} else if (action_possible(action_get(ACTION_START), vm->state)) {
		*what = g_strdup_printf("VM `%s' is %s.", vm->name, vm->state);
		g_free(*hint);
		*hint = g_strdup("Ctrl-] then s starts it, Ctrl-] then d leaves.");
	} else {
		*what = g_strdup_printf("VM `%s' is %s\xe2\x80\xa6", vm->name, vm->state);
	}
}

static void draw_centred(Canvas *canvas, Rect area, int y, Role role, const char *text)
{
	int width = MIN(canvas_text_width(text), area.width);

	canvas_text(canvas, area.x + (area.width - width) / 2, y, width, theme(role), text);
}

static void draw_card(ConsoleView *self, Canvas *canvas, Rect area)
{
	g_autofree char *what = NULL, *hint = NULL;

	describe(self, &what, &hint);
	draw_centred(canvas, area, area.y + area.height / 2 - 1, ROLE_NORMAL, what);
	draw_centred(canvas, area, area.y + area.height / 2 + 1, ROLE_DIM, hint);
}

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
	int hint_x = canvas->columns - canvas_text_width(PREFIX_HINT), x;

	canvas_fill(canvas, (Rect){ 0, y, canvas->columns, 1 }, ' ', theme(ROLE_TITLE));
	x = canvas_text(canvas, 0, y, MAX(hint_x - 1, 0), theme(ROLE_TITLE), text) + 2;
	if (message) {
		Style style = theme(ROLE_TITLE);
		style.fg = theme(role).fg;
		canvas_text(canvas, x, y, MAX(hint_x - x - 1, 0), style, message);
	}
	canvas_text(canvas, hint_x, y, canvas->columns, theme(ROLE_TITLE), PREFIX_HINT);
}

static void console_draw(View *view, Canvas *canvas, Rect area)
{
	ConsoleView *self = (ConsoleView *)view;
	Rect picture = { area.x, area.y, area.width, area.height - 1 };

	if (open_source(self))
		picture_draw(self->picture, link_surface(self->link), canvas, picture);
	else
		draw_card(self, canvas, picture);
	draw_status(self, canvas, area.y + area.height - 1);
}

/* Covered by a help page it asks for no frames; the keys must not stay down either. */
static void console_show(View *view, gboolean shown)
{
	ConsoleView *self = (ConsoleView *)view;

	if (!self->link)
		return;
	if (!shown)
		release_keys(self);
	if (link_source(self->link))
		source_set_active(link_source(self->link), shown);
}

static void console_free(View *view)
{
	ConsoleView *self = (ConsoleView *)view;

	g_clear_pointer(&self->paste, paste_free);
	link_free(self->link);
	picture_free(self->picture);
	g_clear_pointer(&self->layout, layout_free);
	calls_free(self->calls);
	g_free(self->path);
	g_free(self->name);
	g_free(self);
}

static const ViewClass console_class = {
	.id = VIEW_CONSOLE,
	.whole = TRUE,
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
	self->layout = layout_new("us", NULL);
	self->calls = calls_new(app_client(app), self);
	app_push(app, &self->view, &console_class);
	self->link = link_new(app_client(app), vm_path, TRUE, on_link_changed, self);
	start_if_wanted(self);
	take_name(self);
	if (client_is_connected(app_client(app)))
		calls_get_spec(self->calls, vm_path, on_spec);
}
