/* carreld: the daemon. Opens the store, finds what runs, serves the API until it is idle. */
#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/server.h"
#include "base/error.h"
#include "base/log.h"
#include "base/paths.h"
#include "config.h"

typedef struct {
	GMainLoop *loop;
	Model *model;
	Server *server;
	int ready_fd;
	int idle_timeout;
	int exit_status;
} Daemon;

/* Tells the client that started us: "ok", or one line with sentence and hint divided by a tab. "busy" in front: another daemon has the store, and
 * may be about to serve it. */
static void report(Daemon *daemon, const GError *error)
{
	gboolean busy = g_error_matches(error, CARREL_ERROR, CARREL_ERROR_EXISTS);
	g_autofree char *words = error ? g_strdelimit(g_strdup(error->message), "\n", '\t') : g_strdup("ok");
	g_autofree char *line = g_strconcat(busy ? "busy " : "", words, "\n", NULL);

	if (error)
		g_warning("%s", words);
	if (daemon->ready_fd < 0)
		return;
	if (write(daemon->ready_fd, line, strlen(line)) < 0)
		g_debug("nobody waits for us: %s", g_strerror(errno));
	close(daemon->ready_fd);
	daemon->ready_fd = -1;
}

static void on_quit(gpointer data)
{
	g_main_loop_quit(((Daemon *)data)->loop);
}

static gboolean on_signal(gpointer data)
{
	on_quit(data);
	return G_SOURCE_CONTINUE;
}

static void on_ready(GObject *source, GAsyncResult *result, gpointer data)
{
	Daemon *daemon = data;
	g_autoptr(GError) error = NULL;

	model_ready_finish(daemon->model, result, NULL);
	daemon->server =
		server_new(daemon->model, (guint)MAX(daemon->idle_timeout, 0), on_quit, daemon, &error);
	report(daemon, error);
	if (error) {
		daemon->exit_status = error_exit_status(error);
		g_main_loop_quit(daemon->loop);
	}
}

static gboolean daemon_open(Daemon *daemon, GError **error)
{
	g_autofree char *run_dir = paths_run_dir();

	if (!paths_ensure_private(run_dir, error))
		return FALSE;
	daemon->model = model_new(error);
	if (!daemon->model)
		return FALSE;
	model_ready(daemon->model, on_ready, daemon);
	return TRUE;
}

static gboolean parse_options(Daemon *daemon, int *argc, char ***argv, gboolean *verbose)
{
	gboolean version = FALSE;
	const GOptionEntry entries[] = {
		{"ready-fd",      0,   0, G_OPTION_ARG_INT,  &daemon->ready_fd,
                 "Report on this file descriptor when ready",                                                     "N" },
		{ "idle-timeout", 0,   0, G_OPTION_ARG_INT,  &daemon->idle_timeout,
                 "Leave after S seconds without work, 0 = never",                                                 "S" },
		{ "verbose",      'v', 0, G_OPTION_ARG_NONE, verbose,               "Log what is done",           NULL},
		{ "version",      0,   0, G_OPTION_ARG_NONE, &version,              "Print the version and exit", NULL},
		{ NULL,           0,   0, 0,                 NULL,                  NULL,                         NULL},
	};
	g_autoptr(GOptionContext) context =
		g_option_context_new("- daemon of carrel, started by it on demand");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &error) || *argc > 1) {
		fprintf(stderr, "carreld: %s; see `carreld --help'.\n",
			error ? error->message : "it takes no arguments");
		daemon->exit_status = 2;
		return FALSE;
	}
	if (version)
		printf("carreld %s\n", PACKAGE_VERSION);
	return !version;
}

int main(int argc, char **argv)
{
	Daemon daemon = { .ready_fd = -1, .idle_timeout = 60 };
	g_autoptr(GError) error = NULL;
	gboolean verbose = FALSE;

	setlocale(LC_ALL, "");
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	if (!parse_options(&daemon, &argc, &argv, &verbose))
		return daemon.exit_status;
	log_init("carreld", LOG_STYLE_DAEMON, verbose);
	daemon.loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGTERM, on_signal, &daemon);
	g_unix_signal_add(SIGINT, on_signal, &daemon);
	if (daemon_open(&daemon, &error)) {
		g_main_loop_run(daemon.loop);
	} else {
		report(&daemon, error);
		daemon.exit_status = error_exit_status(error);
	}
	server_free(daemon.server);
	model_free(daemon.model);
	g_main_loop_unref(daemon.loop);
	return daemon.exit_status;
}
