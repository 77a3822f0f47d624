/* Input into a VM: type, key, mouse. */
#include "base/error.h"
#include "cli/session.h"
#include "cli/suggest.h"
#include "console/keys.h"
#include "console/typing.h"

/* Firmware polls its keyboard; shorter presses get lost there. */
#define PRESS_MS   40
#define CLICK_MS   60
#define STROKE_MS  12
#define INPUT_MS   30000 /* for the screen to answer */
#define CHORD_KEYS 8
#define CLICKS_MAX 2

const Option type_options[] = {
	{"interval",       0, OPTION_DURATION, VALUE_NONE, "TIME", NULL,
         "Time between keys, 12ms by default; 30ms suits firmware" },
	{ .name = NULL},
};

/* --- type --- */

typedef struct {
	gboolean ended;
	GError *error;
} Typing;

static void on_typed(GObject *object, GAsyncResult *result, gpointer data)
{
	Typing *typing = data;

	type_text_finish(result, &typing->error);
	typing->ended = TRUE;
}

static Layout *vm_layout(Session *session, GError **error)
{
	g_autoptr(GVariant) spec = client_get_sync(session->client, session->path, "Vm", "Spec", error);
	const char *keymap = "us";

	if (!spec)
		return NULL;
	g_variant_lookup(spec, "keymap", "&s", &keymap);
	return layout_new(keymap, error);
}

gboolean cmd_type(Cli *cli, GError **error)
{
	const char *text = cli->args[1];
	guint interval = (guint)MIN(options_ms(cli->options, "interval", STROKE_MS), G_MAXUINT);
	Typing typing = { 0 };

	if (!g_utf8_validate(text, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the text is not valid UTF-8");
	g_autoptr(Session) session = session_new(cli, cli->args[0], 0, error);
	g_autoptr(Layout) layout = session ? vm_layout(session, error) : NULL;
	if (!layout || !session_open(session, FALSE, error))
		return FALSE;
	type_text(session->source, layout, text, interval, NULL, on_typed, &typing);
	while (!typing.ended)
		session_turn(session);
	if (typing.error) {
		g_propagate_error(error, typing.error);
		return FALSE;
	}
	return session_flush(session, error);
}

/* --- key --- */

static void press_chord(Session *session, const guint *codes)
{
	gsize count = 0;

	for (; codes[count]; count++)
		source_key(session->source, codes[count], TRUE);
	session_pause(session, PRESS_MS);
	while (count-- > 0 && !session->closed)
		source_key(session->source, codes[count], FALSE);
	session_pause(session, PRESS_MS);
}

gboolean cmd_key(Cli *cli, GError **error)
{
	guint codes[CHORD_KEYS + 1];

	/* All are checked before one is pressed. */
	for (guint i = 1; i < cli->n_args; i++)
		if (!key_parse_chord(cli->args[i], codes, G_N_ELEMENTS(codes), error))
			return FALSE;
	g_autoptr(Session) session = session_new(cli, cli->args[0], INPUT_MS, error);
	if (!session || !session_open(session, FALSE, error))
		return FALSE;
	for (guint i = 1; i < cli->n_args && !session->closed; i++)
		if (key_parse_chord(cli->args[i], codes, G_N_ELEMENTS(codes), NULL))
			press_chord(session, codes);
	return session_flush(session, error);
}

/* --- mouse --- */

typedef struct {
	const char *name;
	guint buttons, times;
} MouseAction;

static const MouseAction mouse_actions[] = {
	{"move",    0,      0         },
	{ "click",  1 << 0, 1         },
	{ "double", 1 << 0, CLICKS_MAX},
	{ "right",  1 << 2, 1         },
};

static const MouseAction *mouse_action(const char *name, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(mouse_actions); i++)
		if (g_str_equal(mouse_actions[i].name, name))
			return &mouse_actions[i];
	error_set(error, CARREL_ERROR_USAGE, "it is one of move, click, double, right",
		  "there is no mouse action `%s'", name);
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

/* The screen's size and kind of pointer are known now. */
static gboolean check_pointer(const Session *session, int x, int y, GError **error)
{
	int width = surface_width(session->surface), height = surface_height(session->surface);

	if (x >= width || y >= height)
		return error_set(error, CARREL_ERROR_USAGE, NULL,
				 "%d,%d is outside of the screen of VM `%s', which has %dx%d pixels", x, y,
				 session->name, width, height);
	if (!source_pointer_absolute(session->source))
		return error_set(error, CARREL_ERROR_STATE, "wait until it has found its tablet",
				 "the guest in VM `%s' only takes relative movements now", session->name);
	return TRUE;
}

gboolean cmd_mouse(Cli *cli, GError **error)
{
	const MouseAction *action = mouse_action(cli->n_args > 3 ? cli->args[3] : "move", error);
	int x = 0, y = 0;

	if (!action || !parse_pixel(cli->args[1], &x, error) || !parse_pixel(cli->args[2], &y, error))
		return FALSE;
	g_autoptr(Session) session = session_new(cli, cli->args[0], INPUT_MS, error);
	if (!session || !session_open(session, FALSE, error) || !check_pointer(session, x, y, error))
		return FALSE;
	source_pointer(session->source, x, y, 0);
	for (guint i = 0; i < action->times && !session->closed; i++) {
		session_pause(session, CLICK_MS);
		source_pointer(session->source, x, y, action->buttons);
		session_pause(session, CLICK_MS);
		source_pointer(session->source, x, y, 0);
	}
	return session_flush(session, error);
}
