/* Input into a VM: the mouse. */
#include <string.h>

#include "base/error.h"
#include "cli/mouse.h"
#include "cli/session.h"

/* How long a button is down, and how long it is up between two presses: guests take two within half a second for a double click. */
#define CLICK_MS 60
#define INPUT_MS 30000 /* for the screen to answer */
/* A drag is a way, not a jump: toolkits begin one after some pixels, and look at what lies under the pointer. */
#define DRAG_STEPS 16
#define DRAG_MS    20
#define NOTCH_MS   30
#define NOTCHES    100

typedef struct {
	Session *session;
	int x, y, to_x, to_y;
	guint buttons; /* of source_pointer() */
	guint times;
} Mouse;

typedef struct {
	const char *name;
	guint buttons, times;
	guint words; /* that may stand behind it */
	void (*run)(const Mouse *mouse);
	const char *help;
} MouseAction;

/* --- doing it ------------------------------------------------------------------------------------------------------ */

static void point(const Mouse *mouse, int x, int y, guint buttons)
{
	if (!mouse->session->closed)
		source_pointer(mouse->session->source, x, y, buttons);
}

static void move(const Mouse *mouse)
{
	point(mouse, mouse->x, mouse->y, 0);
}

static void click(const Mouse *mouse)
{
	move(mouse);
	for (guint i = 0; i < mouse->times; i++) {
		session_pause(mouse->session, CLICK_MS);
		point(mouse, mouse->x, mouse->y, mouse->buttons);
		session_pause(mouse->session, CLICK_MS);
		point(mouse, mouse->x, mouse->y, 0);
	}
}

/* The wheel is a button that goes down and up at once. */
static void turn(const Mouse *mouse)
{
	move(mouse);
	for (guint i = 0; i < mouse->times; i++) {
		session_pause(mouse->session, NOTCH_MS);
		point(mouse, mouse->x, mouse->y, mouse->buttons);
		point(mouse, mouse->x, mouse->y, 0);
	}
}

static void drag(const Mouse *mouse)
{
	move(mouse);
	session_pause(mouse->session, CLICK_MS);
	point(mouse, mouse->x, mouse->y, mouse->buttons);
	session_pause(mouse->session, CLICK_MS);
	for (int i = 1; i <= DRAG_STEPS; i++) {
		point(mouse, mouse->x + (mouse->to_x - mouse->x) * i / DRAG_STEPS,
		      mouse->y + (mouse->to_y - mouse->y) * i / DRAG_STEPS, mouse->buttons);
		session_pause(mouse->session, DRAG_MS);
	}
	session_pause(mouse->session, CLICK_MS);
	point(mouse, mouse->to_x, mouse->to_y, 0);
}

static const MouseAction actions[] = {
	{"move",         0,      0, 0, move,  "move there, as without an action"   },
	{ "click",       1 << 0, 1, 0, click, "click the left button"              },
	{ "double",      1 << 0, 2, 0, click, "click it twice"                     },
	{ "middle",      1 << 1, 1, 0, click, "click the middle button"            },
	{ "right",       1 << 2, 1, 0, click, "click the right button"             },
	{ "drag",        1 << 0, 1, 2, drag,  "drag with the left button: drag X Y"},
	{ "wheel-up",    1 << 3, 1, 1, turn,  "turn the wheel, by N notches"       },
	{ "wheel-down",  1 << 4, 1, 1, turn,  "turn it down"                       },
	{ "wheel-left",  1 << 5, 1, 1, turn,  "tilt it"                            },
	{ "wheel-right", 1 << 6, 1, 1, turn,  "tilt it"                            },
};

const char *mouse_action_name(guint index, const char **help)
{
	if (index >= G_N_ELEMENTS(actions))
		return NULL;
	*help = actions[index].help;
	return actions[index].name;
}

/* --- what was typed ------------------------------------------------------------------------------------------------ */

static const MouseAction *find_action(const char *name, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
		if (g_str_equal(actions[i].name, name))
			return &actions[i];
		g_string_append_printf(names, "%s%s", i ? ", " : "it is one of ", actions[i].name);
	}
	error_set(error, CARREL_ERROR_USAGE, names->str, "there is no mouse action `%s'", name);
	return NULL;
}

static gboolean parse_pixel(const char *text, int *value, GError **error)
{
	gint64 number;

	if (!g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &number, NULL))
		return error_set(error, CARREL_ERROR_USAGE, "count pixels from 0", "`%s' is no coordinate",
				 text);
	*value = (int)number;
	return TRUE;
}

static gboolean parse_times(const char *text, guint *times, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, 1, NOTCHES, &number, NULL))
		return error_set(error, CARREL_ERROR_USAGE, "give a number from 1 to " G_STRINGIFY(NOTCHES),
				 "`%s' is no number of notches", text);
	*times = (guint)number;
	return TRUE;
}

/* @words: what stands behind the action, @count of them. */
static gboolean parse_words(const MouseAction *action, char *const *words, guint count, Mouse *mouse,
			    GError **error)
{
	if (count > action->words)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' is too much behind `%s'",
				 words[action->words], action->name);
	if (action->words == 2 && count < 2)
		return error_set(error, CARREL_ERROR_USAGE, "say `carrel mouse VM X Y drag X Y'",
				 "`%s' needs the point where it ends", action->name);
	if (count == 2)
		return parse_pixel(words[0], &mouse->to_x, error) &&
		       parse_pixel(words[1], &mouse->to_y, error);
	return count == 0 || parse_times(words[0], &mouse->times, error);
}

static const MouseAction *parse(Cli *cli, Mouse *mouse, GError **error)
{
	const MouseAction *action = find_action(cli->n_args > 3 ? cli->args[3] : "move", error);

	if (!action || !parse_pixel(cli->args[1], &mouse->x, error) ||
	    !parse_pixel(cli->args[2], &mouse->y, error))
		return NULL;
	mouse->buttons = action->buttons;
	mouse->times = action->times;
	mouse->to_x = mouse->x;
	mouse->to_y = mouse->y;
	guint words = MIN(cli->n_args, 4); /* VM X Y ACTION */
	return parse_words(action, cli->args + words, cli->n_args - words, mouse, error) ? action : NULL;
}

/* --- the verb ------------------------------------------------------------------------------------------------------ */

static gboolean check_point(const Session *session, int x, int y, GError **error)
{
	int width = surface_width(session->surface), height = surface_height(session->surface);

	if (x < width && y < height)
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE, NULL,
			 "%d,%d is outside of the screen of VM `%s', which has %dx%d pixels", x, y,
			 session->name, width, height);
}

/* The screen's size and kind of pointer are known now. */
static gboolean check_pointer(const Session *session, const Mouse *mouse, GError **error)
{
	if (!check_point(session, mouse->x, mouse->y, error) ||
	    !check_point(session, mouse->to_x, mouse->to_y, error))
		return FALSE;
	if (!source_pointer_absolute(session->source))
		return error_set(error, CARREL_ERROR_STATE, "wait until it has found its tablet",
				 "the guest in VM `%s' only takes relative movements now", session->name);
	return TRUE;
}

gboolean cmd_mouse(Cli *cli, GError **error)
{
	Mouse mouse = { 0 };
	const MouseAction *action = parse(cli, &mouse, error);

	if (!action)
		return FALSE;
	g_autoptr(Session) session = session_new(cli, cli->args[0], INPUT_MS, error);
	if (!session || !session_open(session, FALSE, error) || !check_pointer(session, &mouse, error))
		return FALSE;
	mouse.session = session;
	action->run(&mouse);
	return session_flush(session, error);
}
