#include "ui/console-input.h"

#include <string.h>

#include "ui/calls.h"
#include "ui/console-shot.h"
#include "ui/dialog.h"
#include "ui/guest-keys.h"
#include "ui/paste.h"
#include "ui/view-past.h"
#include "ui/vm-actions.h"

struct ConsoleInput {
	App *app;
	char *path;
	Link *link;
	const Picture *picture;
	InputViewer *viewer;
	gboolean view_only;
	Layout *layout; /* NULL: the machine has no keyboard layouts */
	Calls *calls;
	Paste *paste;
	guint buttons;
	int press_x, press_y; /* cell where a selection may begin, -1 = nowhere */
	ConsoleInput **asker; /* counted; what it points to is NULL when this is gone */
};

static Source *open_source(const ConsoleInput *input)
{
	return link_has_frame(input->link) ? link_source(input->link) : NULL;
}

/* --- keys -------------------------------------------------------------------------------------------------------------- */

static void send_key(guint qnum, gboolean down, gpointer data)
{
	ConsoleInput *input = data;

	/* What is down goes up in any case. */
	if (!down || open_source(input))
		input_key(input->viewer, qnum, down);
}

static void say_missing(ConsoleInput *input, gunichar character)
{
	char text[8] = "";

	text[g_unichar_to_utf8(character, text)] = 0;
	app_message(input->app, ROLE_WAIT,
		    "The guest's keyboard layout has no `%s'; see `Keyboard layout' in Settings.", text);
}

static void stop_paste(ConsoleInput *input, const char *why)
{
	if (!input->paste)
		return;
	app_message(input->app, ROLE_WAIT, "%s: %u of %u characters were typed.", why,
		    paste_done(input->paste), paste_total(input->paste));
	g_clear_pointer(&input->paste, paste_free);
}

static void on_paste_progress(gpointer data)
{
	ConsoleInput *input = data;
	guint done = paste_done(input->paste), total = paste_total(input->paste);

	if (!open_source(input)) {
		stop_paste(input, "The screen of the VM went away");
	} else if (done < total) {
		app_message(input->app, ROLE_WAIT, "Typing %u of %u characters, Esc stops", done, total);
	} else {
		app_clear_message(input->app);
		g_clear_pointer(&input->paste, paste_free);
	}
	app_redraw(input->app);
}

/* All of it or nothing: a command of which some characters are missing is another command. */
static void start_paste(ConsoleInput *input, const char *text)
{
	g_autofree char *missing = input->layout ? paste_missing(text, input->layout) : NULL;

	if (!input->layout)
		app_message(input->app, ROLE_WAIT, "This machine has no keyboard; nothing was typed.");
	else if (strlen(text) >= PASTE_MAX)
		app_message(input->app, ROLE_WAIT, "This text is too long; nothing was typed.");
	else if (missing)
		app_message(input->app, ROLE_WAIT,
			    "The guest's keyboard layout has no %s; nothing was typed.", missing);
	else if (input->paste)
		paste_add(input->paste, text);
	else if (*text)
		input->paste = paste_new(text, input->layout, send_key, on_paste_progress, input);
}

/* While text is typed, keys of the person would come in between. */
static ViewResult paste_key(ConsoleInput *input, const TermKey *key)
{
	if (key->event != TERM_RELEASE && key->code == TERM_KEY_ESCAPE)
		stop_paste(input, "Typing was stopped");
	return VIEW_REDRAW;
}

ViewResult console_input_key(ConsoleInput *input, const TermKey *key)
{
	if (input->view_only) {
		app_message(input->app, ROLE_WAIT, "You only watch; Ctrl-] d leaves.");
		return VIEW_REDRAW;
	}
	if (!open_source(input))
		return VIEW_QUIET;
	if (key->code == TERM_PASTE) {
		start_paste(input, key->text);
		return VIEW_REDRAW;
	}
	if (input->paste)
		return paste_key(input, key);
	if (!input->layout && !key->physical && key->code < TERM_KEY_UP)
		return VIEW_QUIET;
	if (!guest_keys_send(key, input->layout, send_key, input) && !key->physical &&
	    key->code < TERM_KEY_UP)
		say_missing(input, key->code);
	return VIEW_QUIET;
}

void console_input_release(ConsoleInput *input)
{
	input->buttons = 0;
	input->press_x = -1;
	input_release_keys(input->viewer);
}

gboolean console_input_is_prefix(const TermKey *key)
{
	return key->code == CONSOLE_PREFIX_KEY && key->mods & TERM_CTRL && key->event != TERM_RELEASE;
}

/* --- commands ---------------------------------------------------------------------------------------------------------- */

static void send_cad(ConsoleInput *input, const KeyRow *row)
{
	guest_keys_chord("ctrl-alt-delete", send_key, input);
}

static void send_function(ConsoleInput *input, const KeyRow *row)
{
	g_autofree char *chord = g_strdup_printf("ctrl-alt-f%u", row->code - TERM_KEY_F1 + 1);

	guest_keys_chord(chord, send_key, input);
}

static void send_prefix(ConsoleInput *input, const KeyRow *row)
{
	TermKey prefix = { .code = CONSOLE_PREFIX_KEY, .mods = TERM_CTRL, .event = TERM_PRESS };

	console_input_key(input, &prefix);
}

/* The dialog may be answered when the console is gone. */
static void on_text_written(App *app, const DialogAnswer *answer, gpointer data)
{
	ConsoleInput **asker = data;

	if (*asker && open_source(*asker))
		start_paste(*asker, answer->text);
}

static void ask_text(ConsoleInput *input, const KeyRow *row)
{
	DialogSpec spec = { .title = "Type text",
			    .text = "This is typed into the VM as on its keyboard.",
			    .accept = "Type",
			    .input = "",
			    .done = on_text_written,
			    .destroy = g_rc_box_release };

	spec.data = g_rc_box_acquire(input->asker);
	dialog_open(input->app, &spec);
}

static void screenshot(ConsoleInput *input, const KeyRow *row)
{
	const ClientVm *vm = client_find_vm(app_client(input->app), input->path);

	console_shot(input->app, vm ? vm->name : "screen", link_surface(input->link));
}

static void look_back(ConsoleInput *input, const KeyRow *row)
{
	view_past_open(input->app, input->path, open_source(input) ? link_surface(input->link) : NULL,
		       row->command == COMMAND_PAST_FIND ? PAST_FIND : PAST_LOOK, 0, 0);
}

/* What a command needs to mean something. */
typedef enum {
	NEEDS_NOTHING,
	NEEDS_SCREEN,
	NEEDS_KEYBOARD /* a screen, and leave to type */
} Needs;

/* clang-format off */
static const struct {
	int command;
	Needs needs;
	void (*run)(ConsoleInput *input, const KeyRow *row);
} own_commands[] = {
	{ COMMAND_SEND_CAD, NEEDS_KEYBOARD, send_cad },
	{ COMMAND_SEND_FUNCTION, NEEDS_KEYBOARD, send_function },
	{ COMMAND_SEND_PREFIX, NEEDS_KEYBOARD, send_prefix },
	{ COMMAND_TYPE_TEXT, NEEDS_KEYBOARD, ask_text },
	{ COMMAND_SCREENSHOT, NEEDS_SCREEN, screenshot },
	{ COMMAND_PAST, NEEDS_NOTHING, look_back },
	{ COMMAND_PAST_FIND, NEEDS_NOTHING, look_back },
};
/* clang-format on */

static void run_action(ConsoleInput *input, int command)
{
	g_autoptr(GPtrArray) vms = g_ptr_array_new();
	const ClientVm *vm = client_find_vm(app_client(input->app), input->path);

	if (vm)
		g_ptr_array_add(vms, (gpointer)vm);
	vm_actions_run(input->app, command, vms);
}

static gboolean has_what_it_needs(const ConsoleInput *input, Needs needs)
{
	return needs == NEEDS_NOTHING || (open_source(input) && (needs == NEEDS_SCREEN || !input->view_only));
}

gboolean console_input_offers(ConsoleInput *input, int command)
{
	const ClientVm *vm = client_find_vm(app_client(input->app), input->path);

	if (command < ACTION_COUNT)
		return vm && action_possible(action_get((ActionId)command), vm->state);
	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++)
		if (own_commands[i].command == command)
			return has_what_it_needs(input, own_commands[i].needs);
	return FALSE;
}

gboolean console_input_run(ConsoleInput *input, const KeyRow *row)
{
	if (row->command < ACTION_COUNT) {
		run_action(input, row->command); /* says why when it is not possible */
		return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++) {
		if (own_commands[i].command != row->command)
			continue;
		if (console_input_offers(input, row->command))
			own_commands[i].run(input, row);
		return TRUE;
	}
	return FALSE;
}

/* --- the mouse --------------------------------------------------------------------------------------------------------- */

/* Whether the person who presses the button means the text rather than the guest. Most terminals keep what is dragged with Shift to themselves,
 * some hand it on. */
static gboolean begins_selection(const ConsoleInput *input, const TermKey *mouse)
{
	return mouse->event == TERM_PRESS && mouse->button == TERM_BUTTON_LEFT &&
	       (input->view_only || mouse->mods & (TERM_ALT | TERM_SHIFT) ||
		!source_pointer_absolute(open_source(input)));
}

/* TRUE: the event was part of selecting text. */
static gboolean drag(ConsoleInput *input, const TermKey *mouse)
{
	int x, y, press_x = input->press_x, press_y = input->press_y;

	if (begins_selection(input, mouse)) {
		input->press_x = mouse->x;
		input->press_y = mouse->y;
		return TRUE;
	}
	if (press_x < 0 || (mouse->event == TERM_REPEAT && mouse->x == press_x && mouse->y == press_y))
		return press_x >= 0;
	input->press_x = -1;
	if (mouse->event == TERM_REPEAT && mouse->button == TERM_BUTTON_LEFT &&
	    picture_to_pixel(input->picture, press_x, press_y, &x, &y) &&
	    view_past_open(input->app, input->path, link_surface(input->link), PAST_DRAG, x, y))
		app_key(input->app, mouse);
	return TRUE;
}

ViewResult console_input_mouse(ConsoleInput *input, const TermKey *mouse)
{
	Source *source = open_source(input);
	guint wheel = 0;
	int x, y;

	if (source && drag(input, mouse))
		return VIEW_QUIET;
	/* A terminal has no way to hold the pointer inside, so a guest with a relative mouse cannot be served. */
	if (!source || input->view_only || !source_pointer_absolute(source) ||
	    !picture_to_pixel(input->picture, mouse->x, mouse->y, &x, &y))
		return VIEW_QUIET;
	if (mouse->button <= TERM_BUTTON_RIGHT && mouse->event == TERM_PRESS)
		input->buttons |= 1u << mouse->button;
	else if (mouse->button <= TERM_BUTTON_RIGHT && mouse->event == TERM_RELEASE)
		input->buttons &= ~(1u << mouse->button);
	else if (mouse->button >= TERM_WHEEL_UP)
		wheel = 8u << (mouse->button - TERM_WHEEL_UP);
	if (wheel)
		input_pointer(input->viewer, x, y, input->buttons | wheel);
	input_pointer(input->viewer, x, y, input->buttons);
	return VIEW_QUIET;
}

/* --- life -------------------------------------------------------------------------------------------------------------- */

static void on_spec(gpointer owner, VmSpec *spec, const GError *error)
{
	ConsoleInput *input = owner;
	g_autoptr(VmSpec) owned = spec;
	Layout *layout = owned && *owned->keymap ? layout_new(owned->keymap, NULL) : NULL;

	if (!layout)
		return;
	stop_paste(input, "The keyboard layout changed");
	g_clear_pointer(&input->layout, layout_free);
	input->layout = layout;
}

ConsoleInput *console_input_new(App *app, const char *vm_path, Link *link, const Picture *picture,
				gboolean view_only)
{
	ConsoleInput *input = g_new0(ConsoleInput, 1);

	input->app = app;
	input->path = g_strdup(vm_path);
	input->link = link;
	input->picture = picture;
	input->view_only = view_only;
	input->press_x = -1;
	input->viewer = input_join(link_input(link));
	input->asker = g_rc_box_new(ConsoleInput *);
	*input->asker = input;
	input->layout = layout_new("us", NULL);
	input->calls = calls_new(app_client(app), input);
	if (client_is_connected(app_client(app)))
		calls_get_spec(input->calls, vm_path, on_spec);
	return input;
}

void console_input_free(ConsoleInput *input)
{
	g_clear_pointer(&input->paste, paste_free);
	input_leave(input->viewer);
	g_clear_pointer(&input->layout, layout_free);
	*input->asker = NULL;
	g_rc_box_release(input->asker);
	calls_free(input->calls);
	g_free(input->path);
	g_free(input);
}

void console_input_event(ConsoleInput *input, ClientEvent event)
{
	if (event == CLIENT_CONNECTED)
		calls_get_spec(input->calls, input->path, on_spec);
}
