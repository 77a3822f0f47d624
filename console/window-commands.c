#include "console/window-commands.h"

#include <string.h>
#include <time.h>

#include "console/cells.h"
#include "console/keys.h"
#include "console/png.h"
#include "console/text.h"
#include "console/window-private.h"
#include "base/error.h"

#define SCROLL_STEP 80 /* pixels, by an arrow key */

/* --- keys for the guest -------------------------------------------------------------------------------------------- */

static void send_chord(Window *window, const guint *codes, gsize count)
{
	for (gsize i = 0; i < count; i++)
		input_key(window->viewer, codes[i], TRUE);
	for (gsize i = count; i > 0; i--)
		input_key(window->viewer, codes[i - 1], FALSE);
}

/* Ctrl+Alt+ the key @qnum. */
static void send_ctrl_alt(Window *window, guint qnum)
{
	const guint codes[] = { key_by_name("ctrl"), key_by_name("alt"), qnum };

	if (!window_source(window))
		window_say(window, TRUE, "There is no screen that takes keys");
	else
		send_chord(window, codes, G_N_ELEMENTS(codes));
}

static void ctrl_alt_delete(Window *window)
{
	send_ctrl_alt(window, key_by_name("delete"));
	if (window_source(window))
		window_say(window, FALSE, "Ctrl+Alt+Del was sent");
}

/* --- pictures and text --------------------------------------------------------------------------------------------- */

static void screenshot(Window *window)
{
	g_autofree char *path = png_free_path(window->name);
	g_autoptr(GError) error = NULL;

	if (png_save(window->picture, path, &error)) {
		window_say(window, FALSE, "Screenshot saved as %s", path);
		return;
	}
	g_autofree char *sentence = error_sentence(error);
	window_say(window, TRUE, "%s", sentence);
}

static void copy_text(Window *window)
{
	g_autoptr(TextReader) reader = text_reader_new();
	g_autofree char *text = NULL;
	const CellGrid *grid;

	if (!text_read(reader, window->picture, &grid)) {
		window_say(window, TRUE, "The screen shows a picture, not text that could be copied");
		return;
	}
	text = text_from_grid(grid);
	window->backend->set_clipboard(text, window->data);
	window_say(window, FALSE, "The screen's text is in the clipboard");
}

/* --- the drive ----------------------------------------------------------------------------------------------------- */

static void insert(Window *window)
{
	window_open_box(window, BOX_PROMPT);
}

static void eject(Window *window)
{
	window_act(window, "eject", NULL);
}

/* --- the window ---------------------------------------------------------------------------------------------------- */

static void set_zoom(Window *window, Zoom zoom)
{
	g_autofree char *text = zoom_text(&zoom);

	window->settings.zoom = zoom;
	window_relayout(window);
	window_fit(window);
	window_say(window, FALSE, "Zoom: %s", text);
}

static void cycle_zoom(Window *window)
{
	set_zoom(window, zoom_cycle(&window->settings.zoom));
}

static void toggle_smooth(Window *window)
{
	window->settings.nearest = !window->settings.nearest;
	window_relayout(window);
	window_say(window, FALSE, window->settings.nearest ? "Pixels stay sharp" : "Pixels are smoothed");
}

static void toggle_follow(Window *window)
{
	window_set_follow(window, window->settings.fixed);
}

static void toggle_full_screen(Window *window)
{
	window->backend->set_full_screen(!window->full_screen, window->data);
}

static void toggle_mute(Window *window)
{
	window_set_mute(window, !window->settings.mute);
}

static void release(Window *window)
{
	if (window->keyboard || window->mouse)
		window_let_go(window);
	else
		window_capture(window, TRUE, TRUE);
}

static void help(Window *window)
{
	window_open_box(window, BOX_HELP);
}

/* --- switches ------------------------------------------------------------------------------------------------------ */

static gboolean is_sharp(const Window *window)
{
	return window->settings.nearest;
}

static gboolean is_following(const Window *window)
{
	return !window->settings.fixed;
}

static gboolean is_full_screen(const Window *window)
{
	return window->full_screen;
}

static gboolean is_mute(const Window *window)
{
	return window->settings.mute;
}

static gboolean is_captured(const Window *window)
{
	return window->keyboard || window->mouse;
}

/* clang-format off */
static const Command commands[] = {
	{ "ctrl-alt-delete", 'D', ICON_KEYS, "Ctrl+Alt+Del", "Send Ctrl+Alt+Del to the guest", ctrl_alt_delete, NULL, TRUE, NULL },
	{ "start", 'S', ICON_START, NULL, NULL, NULL, NULL, TRUE, NULL },
	{ "turn-off", 'O', ICON_TURN_OFF, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "shutdown", 'U', ICON_SHUTDOWN, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "save", 'A', ICON_SAVE, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "pause", 'P', ICON_PAUSE, NULL, NULL, NULL, "resume", TRUE, NULL },
	{ "resume", 'Q', ICON_RESUME, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "reset", 'R', ICON_RESET, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "checkpoint", 'N', ICON_CHECKPOINT, NULL, NULL, NULL, NULL, TRUE, NULL },
	{ "revert", 'E', ICON_REVERT, NULL, NULL, NULL, NULL, FALSE, NULL },
	{ "insert", 'I', ICON_DISC, "Insert DVD", "Put an ISO file into the DVD drive; a file can also be dropped on the window", insert, NULL, TRUE, NULL },
	{ "eject", 'J', ICON_EJECT, "Eject DVD", "Empty the DVD drive", eject, NULL, FALSE, NULL },
	{ "screenshot", 'C', ICON_CAMERA, "Screenshot", "Save the screen as a PNG file in the folder for pictures", screenshot, NULL, TRUE, NULL },
	{ "type", 'V', ICON_TYPE, "Type clipboard", "Type the clipboard's text into the guest", window_type_clipboard, NULL, FALSE, NULL },
	{ "copy", 'T', ICON_COPY, "Copy screen text", "Put the text on the screen into the clipboard", copy_text, NULL, FALSE, NULL },
	{ "zoom", 'Z', ICON_ZOOM, "Zoom", "Change between fit, whole multiples and 100 %", cycle_zoom, NULL, TRUE, NULL },
	{ "smooth", 'X', ICON_SMOOTH, "Sharp pixels", "Leave pixels sharp instead of smoothing them", toggle_smooth, NULL, FALSE, is_sharp },
	{ "follow", 'W', ICON_FOLLOW, "Follow window", "Let the guest's screen follow the window's size, where its device can", toggle_follow, NULL, FALSE, is_following },
	{ "full-screen", 'F', ICON_FULL_SCREEN, "Full screen", "Cover the whole desktop, or go back", toggle_full_screen, NULL, FALSE, is_full_screen },
	{ "mute", 'M', ICON_SOUND, "Mute", "Play no sound", toggle_mute, NULL, FALSE, is_mute },
	{ "release", 'G', ICON_RELEASE, "Capture or release", "Take keyboard and mouse for the guest, or give them back", release, NULL, TRUE, is_captured },
	{ "help", 'H', ICON_HELP, "Help", "Show all keys", help, NULL, FALSE, NULL },
};
/* clang-format on */

const Command *window_commands(gsize *count)
{
	*count = G_N_ELEMENTS(commands);
	return commands;
}

const Command *window_command(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

const Command *window_command_by_key(char key)
{
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		if (commands[i].key == g_ascii_toupper(key))
			return &commands[i];
	return NULL;
}

/* The drive is the program's, too; its words are ours. */
static gboolean is_drive(const Command *command)
{
	return command->run == insert || command->run == eject;
}

const char *window_command_label(const Window *window, const Command *command)
{
	const WindowAction *action = command->run ? NULL : window_action(window, command->name);

	if (is_drive(command) && !window->options.act)
		return NULL;
	return action ? action->label : command->label;
}

const char *window_command_help(const Window *window, const Command *command)
{
	const WindowAction *action = command->run ? NULL : window_action(window, command->name);

	return action ? action->help : command->help;
}

/* Those that send something need somebody who takes it. */
static gboolean needs_source(const Command *command)
{
	return command->run == ctrl_alt_delete || command->run == window_type_clipboard ||
	       command->run == release;
}

gboolean window_command_possible(const Window *window, const Command *command)
{
	const WindowAction *action = window_action(window, command->name);

	if (!command->run)
		return action && action->possible && !window->options.view_only;
	if (needs_source(command))
		return window_source(window) != NULL;
	if (is_drive(command))
		return window->options.act && !window->options.view_only;
	if (command->run == screenshot || command->run == copy_text)
		return !window->card;
	return TRUE;
}

void window_command_run(Window *window, const Command *command)
{
	const WindowAction *action = window_action(window, command->name);
	const char *label = window_command_label(window, command);

	if (!label)
		return;
	if (!window_command_possible(window, command)) {
		window_say(window, TRUE, "%s is not possible while VM `%s' is %s", label, window->name,
			   window->options.view_only ? "only being viewed" : window->state);
		return;
	}
	if (command->run) {
		command->run(window);
	} else if (action->confirm) {
		window->box.command = command;
		window_open_box(window, BOX_CONFIRM);
	} else {
		window_act(window, command->name, NULL);
	}
}

/* --- keys beside the letters --------------------------------------------------------------------------------------- */

static void zoom_in(Window *window, guint qnum)
{
	set_zoom(window, zoom_step(window->layout.percent, 1));
}

static void zoom_out(Window *window, guint qnum)
{
	set_zoom(window, zoom_step(window->layout.percent, -1));
}

/* Also the way back to a window that follows the guest's screen. */
static void zoom_one(Window *window, guint qnum)
{
	window->own_size = TRUE;
	set_zoom(window, (Zoom){ ZOOM_FIXED, 100 });
}

static void scroll_by(Window *window, int dx, int dy)
{
	window->frame.scroll_x = window->layout.scroll_x + dx;
	window->frame.scroll_y = window->layout.scroll_y + dy;
	window_relayout(window);
}

static void scroll(Window *window, guint qnum)
{
	if (qnum == key_by_name("left") || qnum == key_by_name("right"))
		scroll_by(window, qnum == key_by_name("left") ? -SCROLL_STEP : SCROLL_STEP, 0);
	else
		scroll_by(window, 0, qnum == key_by_name("up") ? -SCROLL_STEP : SCROLL_STEP);
}

static void delete (Window *window, guint qnum)
{
	ctrl_alt_delete(window);
}

static const struct {
	const char *names; /* of keys, separated by blanks */
	void (*run)(Window *window, guint qnum);
} host_keys[] = {
	{"equal kp_add",                        zoom_in      },
        { "minus kp_subtract",                  zoom_out     },
	{ "0 kp_0",			     zoom_one     },
        { "left right up down",                 scroll       },
	{ "delete end",			 delete       },
        { "f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f12", send_ctrl_alt},
};

gboolean window_host_key(Window *window, guint qnum)
{
	for (gsize i = 0; i < G_N_ELEMENTS(host_keys); i++) {
		g_auto(GStrv) names = g_strsplit(host_keys[i].names, " ", -1);
		for (char **name = names; *name; name++)
			if (key_by_name(*name) == qnum) {
				host_keys[i].run(window, qnum);
				return TRUE;
			}
	}
	return FALSE;
}

static const WindowKeyHelp key_help[] = {
	{"+ - 0",    "zoom in, out, 100 %"},
	{ "arrows",  "scroll"             },
	{ "Del",     "Ctrl+Alt+Del"       },
	{ "F1..F12", "Ctrl+Alt+F1..F12"   },
};

const WindowKeyHelp *window_key_help(gsize *count)
{
	*count = G_N_ELEMENTS(key_help);
	return key_help;
}
