/* screen: what a guest shows, once, when it shows something, or as it changes. */
#include <stdio.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/screen-text.h"
#include "cli/session.h"
#include "console/png.h"

#define DEFAULT_LIMIT_MS 60000
/* The first frame of a VM that runs comes at once; a limit for a QEMU that hangs. */
#define FRAME_MS 20000
/* Reading a screen costs some milliseconds; guests redraw more often than a person reads. */
#define CHECK_MS 100

const Option screen_options[] = {
	{"png",				       0, OPTION_TEXT, VALUE_FILE, "FILE", NULL, "Write a picture, `-' for standard output" },
	{ "wait",				'w', OPTION_TEXT, VALUE_NONE, "REGEX", NULL, "Wait until the text matches" },
	{ "follow",				     'f', OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Print lines as they appear, until --wait matches or the VM is off" },
	{ "history", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL,
         "Print what has been on the screen since the VM was started; with --wait, that counts too" },
	{ "previous",				     0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "With --history: of the run before" },
	{ "last",				0, OPTION_TEXT, VALUE_NONE, "N", NULL, "With --history: the last N entries only" },
	{ "timeout",				    't', OPTION_DURATION, VALUE_NONE, "TIME", NULL,
         "How long to wait; with --wait 60s by default" },
	{ .name = NULL             },
};

typedef struct {
	Session *session;
	ScreenText *screen;
	GRegex *regex; /* NULL: nothing to wait for */
	gboolean follow;
	guint64 limit_ms;
	guint watch, check_timer;
	gboolean due; /* the screen changed a while ago */
} Look;

static void look_clear(Look *look)
{
	g_clear_handle_id(&look->check_timer, g_source_remove);
	if (look->watch)
		surface_unwatch(look->session->surface, look->watch);
	g_clear_pointer(&look->screen, screen_text_free);
	g_clear_pointer(&look->session, session_free);
	g_clear_pointer(&look->regex, g_regex_unref);
}

static gboolean on_check_due(gpointer data)
{
	Look *look = data;

	look->due = TRUE;
	look->check_timer = 0;
	return G_SOURCE_REMOVE;
}

static void check_later(Look *look)
{
	if (!look->check_timer)
		look->check_timer = g_timeout_add(CHECK_MS, on_check_due, look);
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	if (event != SURFACE_CURSOR)
		check_later(data);
}

/* Reads the screen; TRUE when it shows what is waited for. */
static gboolean check(Look *look)
{
	look->due = FALSE;
	screen_text_read(look->screen);
	gboolean matches = look->regex && g_regex_match(look->regex, screen_text_get(look->screen), 0, NULL);
	if (look->follow && screen_text_follow(look->screen)) {
		if (matches)
			screen_text_follow(look->screen);
		else
			check_later(look);
	}
	return matches;
}

static gboolean set_timeout(Look *look, GError **error)
{
	g_autofree char *tail = screen_text_tail(look->screen);
	g_autofree char *hint = g_strdup_printf("its screen last showed: %s", *tail ? tail : "nothing");
	double seconds = (double)look->limit_ms / 1000;

	return error_set(error, CARREL_ERROR_TIMEOUT, hint, "VM `%s' did not show `%s' within %g s",
			 look->session->name, look->regex ? g_regex_get_pattern(look->regex) : "anything",
			 seconds);
}

/* Until it matches (TRUE), the connection ends or the limit is over. */
static gboolean watch_connection(Look *look)
{
	Session *session = look->session;

	if (check(look))
		return TRUE;
	while (!session->closed && !session->timed_out) {
		session_turn(session);
		if (look->due && check(look))
			return TRUE;
	}
	return check(look);
}

/* Over power cycles while there is something to wait for. */
static gboolean watch_screen(Look *look, GError **error)
{
	Session *session = look->session;

	for (;;) {
		g_autoptr(GError) failure = NULL;
		gboolean open = session_open(session, TRUE, &failure);
		if (open && watch_connection(look))
			return TRUE;
		if (session->timed_out)
			return set_timeout(look, error);
		if (!open && !session->closed) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return FALSE;
		}
		if (open && !look->regex) {
			screen_text_follow(look->screen);
			return TRUE;
		}
		session_pause(session, CHECK_MS);
	}
}

static gboolean print_screen(Cli *cli, Look *look, GError **error)
{
	const char *png = options_text(cli->options, "png");

	screen_text_read(look->screen);
	if (png && !png_save(look->session->surface, png, error))
		return FALSE;
	if (cli->json && g_strcmp0(png, "-") != 0)
		output_json(screen_text_json(look->screen));
	else if (!png && !look->follow)
		screen_text_print(look->screen);
	return TRUE;
}

static GRegex *parse_regex(const char *pattern, GError **error)
{
	g_autoptr(GError) bad = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_OPTIMIZE, 0, &bad);

	if (!regex)
		error_set(error, CARREL_ERROR_USAGE, "see pcrepattern(3)",
			  "`%s' is no regular expression: %s", pattern, bad->message);
	return regex;
}

static gboolean look_open(Cli *cli, Look *look, GError **error)
{
	const char *pattern = options_text(cli->options, "wait");
	guint64 fallback = pattern ? DEFAULT_LIMIT_MS : look->follow ? 0 : FRAME_MS;

	if (pattern && !(look->regex = parse_regex(pattern, error)))
		return FALSE;
	look->limit_ms = options_ms(cli->options, "timeout", fallback);
	look->session = session_new(cli, cli->args[0], look->limit_ms, error);
	if (!look->session)
		return FALSE;
	look->screen = screen_text_new(look->session->surface);
	look->watch = surface_watch(look->session->surface, on_surface, look);
	return TRUE;
}

/* --- what was there -------------------------------------------------------------------------------------------------- */

static gboolean parse_last(Cli *cli, guint64 *last, GError **error)
{
	const char *text = options_text(cli->options, "last");

	*last = 0;
	if (!text || g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT32, last, NULL))
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE, "give a number from 1 on", "`%s' is no number of entries",
			 text);
}

/* What flashed by before anybody waited for it has been there as well. */
static gboolean show_history(Cli *cli, Look *look, GError **error)
{
	const char *path = look->session->path;
	gboolean previous = options_has(cli->options, "previous");
	guint64 last;

	if (!parse_last(cli, &last, error))
		return FALSE;
	g_autoptr(GError) none = NULL;
	g_autoptr(History) history = history_load(cli->client, path, previous, &none);
	if (look->regex && !(history && history_matches(history, look->regex))) {
		if (!watch_screen(look, error))
			return FALSE;
		g_clear_pointer(&history, history_free);
		g_clear_error(&none);
		history = history_load(cli->client, path, previous, &none);
	}
	if (!history) {
		g_propagate_error(error, g_steal_pointer(&none));
		return FALSE;
	}
	if (cli->json)
		history_print_json(history, last);
	else
		history_print(history, last);
	return TRUE;
}

/* --- the verb -------------------------------------------------------------------------------------------------------- */

static gboolean show_screen(Cli *cli, Look *look, GError **error)
{
	if (look->regex || look->follow)
		return watch_screen(look, error) && print_screen(cli, look, error);
	return session_open(look->session, FALSE, error) && print_screen(cli, look, error);
}

gboolean cmd_screen(Cli *cli, GError **error)
{
	Look look = { .follow = options_has(cli->options, "follow") };
	gboolean history = options_has(cli->options, "history");

	if (!history && (options_has(cli->options, "last") || options_has(cli->options, "previous")))
		return error_set(error, CARREL_ERROR_USAGE, "add --history",
				 "--last and --previous are about the boot record");
	gboolean good = look_open(cli, &look, error);

	good = good && (history ? show_history(cli, &look, error) : show_screen(cli, &look, error));
	look_clear(&look);
	return good;
}
