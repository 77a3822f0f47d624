#include "cli/viewer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/paths.h"
#include "base/secret.h"
#include "client/detach.h"

#define READY_MS  10000
#define INFO_MAX  4096
#define STATE_MAX 4096

/* How carrel-view is asked for it, and the note that it leaves. */
static const struct {
	const char *name, *option, *note;
} kinds[VIEWER_KINDS] = {
	[VIEWER_VNC] = {"vnc",  "--vnc", "vncd.json"},
	[VIEWER_WEB] = { "web", "--web", "web.json" },
};

const char *viewer_kind_name(ViewerKind kind)
{
	return kinds[kind].name;
}

void viewer_server_free(ViewerServer *server)
{
	if (!server)
		return;
	g_free(server->address);
	g_free(server->password);
	g_free(server->view_password);
	g_free(server->url);
	g_free(server->view_url);
	g_free(server->fingerprint);
	g_free(server->asked);
	g_free(server);
}

static char *find_program(GError **error)
{
	g_autofree char *path = paths_program("carrel-view");
	char *found = g_find_program_in_path(path);

	if (!found)
		error_set(error, CARREL_ERROR_HOST, "install it, or connect with --via term",
			  "carrel-view is not installed");
	return found;
}

static gboolean has_display(void)
{
	const char *x = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");

	return (x && *x) || (wayland && *wayland);
}

/* What carrel-view says when it cannot go on: a sentence, a hint and a CarrelError, between tabs. A program that could not be run at all has
 * no number; that is @code. */
static void set_spoken_error(const char *line, CarrelError code, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(line, "\t", 3);
	guint count = g_strv_length(parts);
	guint64 number;

	if (count > 2 && g_ascii_string_to_unsigned(parts[2], 10, 0, CARREL_ERROR_LAST - 1, &number, NULL))
		code = (CarrelError)number;
	error_set(error, code, count > 1 && *parts[1] ? parts[1] : NULL, "%s", count > 0 ? parts[0] : "");
}

/* The one line that carrel-view writes when it is there, or cannot be. Caller frees. */
static char *read_answer(int fd, GError **error)
{
	g_autoptr(LineReader) lines = lines_new(INFO_MAX);
	gint64 deadline = g_get_monotonic_time() + READY_MS * (gint64)1000;
	char *line;
	gsize length;

	for (;;) {
		switch (lines_next(lines, fd, &line, &length, error)) {
		case LINES_LINE:
			return g_strdup(line);
		case LINES_ERROR:
			return NULL;
		case LINES_EOF:
			error_set(error, CARREL_ERROR_FAILED, "see its message above",
				  "carrel-view ended while it started");
			return NULL;
		case LINES_AGAIN:
			break;
		}
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		if (left > 0) {
			poll(&wait, 1, (int)left);
			continue;
		}
		error_set(error, CARREL_ERROR_TIMEOUT, "try again", "carrel-view was not ready within %d s",
			  READY_MS / 1000);
		return NULL;
	}
}

gboolean viewer_open_window(const char *vm_id, gboolean view_only, gboolean full_screen, GError **error)
{
	g_autofree char *program = find_program(error);

	if (!program)
		return FALSE;
	if (!has_display())
		return error_set(error, CARREL_ERROR_HOST, "connect with --via term or --via vnc",
				 "there is no display to open a window on");
	const char *argv[8] = { program, "--sdl", "--info-fd", G_STRINGIFY(DETACH_PIPE_FD), vm_id };
	gsize count = 5;
	if (view_only)
		argv[count++] = "--view-only";
	if (full_screen)
		argv[count++] = "--full-screen";
	const DetachPlan plan = { argv, -1, TRUE };
	autofd fd = detach_spawn(&plan, error);
	g_autofree char *line = fd < 0 ? NULL : read_answer(fd, error);
	if (!line || g_str_equal(line, "ok"))
		return line != NULL;
	set_spoken_error(line, CARREL_ERROR_HOST, error);
	return FALSE;
}

/* --- servers --- */

static char *dup_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_dup_string(node)
		       : NULL;
}

static ViewerServer *parse_server(const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "answer of carrel-view", error) : NULL;
	g_autoptr(ViewerServer) server = g_new0(ViewerServer, 1);
	gint64 port, pid;

	if (!object || !json_get_int(object, "port", &port, error) ||
	    !json_get_int(object, "pid", &pid, error) ||
	    !json_get_bool(object, "local", &server->local, error) ||
	    !json_get_bool(object, "view_only", &server->view_only, error) ||
	    !json_get_string(object, "address", error) || !json_get_string(object, "url", error) ||
	    !json_get_string(object, "asked", error))
		return NULL;
	server->address = dup_member(object, "address");
	server->url = dup_member(object, "url");
	server->asked = dup_member(object, "asked");
	server->password = dup_member(object, "password");
	server->view_password = dup_member(object, "view_password");
	server->view_url = dup_member(object, "view_url");
	server->fingerprint = dup_member(object, "fingerprint");
	server->port = (guint)CLAMP(port, 0, G_MAXUINT16);
	server->pid = (guint)CLAMP(pid, 0, G_MAXINT);
	return g_steal_pointer(&server);
}

/* Whether @pid is a carrel-view, and not a stranger that got its number. */
static gboolean is_viewer(guint pid)
{
	g_autofree char *link = g_strdup_printf("/proc/%u/exe", pid);
	g_autofree char *exe = pid ? g_file_read_link(link, NULL) : NULL;
	g_autofree char *name = exe ? g_path_get_basename(exe) : NULL;

	/* A program that was replaced by an upgrade is "carrel-view (deleted)". */
	return name && g_str_has_prefix(name, "carrel-view");
}

ViewerServer *viewer_find(ViewerKind kind, const char *vm_id)
{
	g_autofree char *path = paths_vm_run_file(vm_id, kinds[kind].note);
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL) || length > STATE_MAX)
		return NULL;
	g_autoptr(ViewerServer) server = parse_server(text, NULL);
	return server && is_viewer(server->pid) ? g_steal_pointer(&server) : NULL;
}

ViewerServer *viewer_start(ViewerKind kind, const char *vm_id, const char *address, gboolean view_only,
			   GError **error)
{
	g_autofree char *program = find_program(error);
	const char *const argv[] = { program,     kinds[kind].option,
				     "--info-fd", G_STRINGIFY(DETACH_PIPE_FD),
				     "--address", address,
				     vm_id,       view_only ? "--view-only" : NULL,
				     NULL };

	/* Nothing of the terminal's: who reads our output to its end must not wait for the server. */
	const DetachPlan plan = { argv, -1, TRUE };
	autofd fd = program ? detach_spawn(&plan, error) : -1;
	g_autofree char *line = fd < 0 ? NULL : read_answer(fd, error);
	if (!line || *line == '{')
		return line ? parse_server(line, error) : NULL;
	set_spoken_error(line, CARREL_ERROR_FAILED, error);
	return NULL;
}

gboolean viewer_stop(const ViewerServer *server, GError **error)
{
	if (kill((pid_t)server->pid, SIGTERM) == 0 || errno == ESRCH)
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot end carrel-view with process id %u: %s",
			 server->pid, g_strerror(errno));
}

/* --- browser --- */

/* The command line of a browser is read by every user of this host: it gets a ticket for one use instead of the token behind `#'. */
static char *ticket_url(const char *url, GError **error)
{
	const char *token = strchr(url, '#');
	g_autofree char *ticket =
		token ? secret_ticket_new(token + 1, g_get_real_time() / G_USEC_PER_SEC, error) : NULL;

	return ticket ? g_strdup_printf("%.*sopen/%s", (int)(token - url), url, ticket) : NULL;
}

gboolean viewer_open_browser(const ViewerServer *server, GError **error)
{
	g_autofree char *opener = has_display() ? g_find_program_in_path("xdg-open") : NULL;
	g_autofree char *url = opener ? ticket_url(server->url, error) : NULL;
	const char *const argv[] = { opener, url, NULL };
	const DetachPlan plan = { argv, -1, TRUE };
	autofd fd = url ? detach_spawn(&plan, error) : -1;

	return fd >= 0;
}
