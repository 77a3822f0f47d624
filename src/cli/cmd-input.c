/* Input into a VM: type, key. The mouse is cmd-mouse.c. */
#include "base/error.h"
#include "cli/session.h"
#include "cli/suggest.h"
#include "console/keys.h"
#include "console/typing.h"

/* Firmware polls its keyboard; shorter presses get lost there. */
#define PRESS_MS   40
#define STROKE_MS  12
#define INPUT_MS   30000 /* for the screen to answer */
#define CHORD_KEYS 8

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
