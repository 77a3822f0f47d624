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
#include "client/detach.h"

#define READY_MS  10000
#define INFO_MAX  4096
#define STATE_MAX 4096

void vnc_server_free(VncServer *server)
{
	if (!server)
		return;
	g_free(server->address);
	g_free(server->password);
	g_free(server->url);
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

/* What carrel-view says when it cannot go on: a sentence, a tab and a hint. */
static void set_spoken_error(char *line, CarrelError code, GError **error)
{
	char *tab = strchr(line, '\t');

	if (tab)
		*tab = '\0';
	error_set(error, code, tab && tab[1] ? tab + 1 : NULL, "%s", line);
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

gboolean viewer_open_window(const char *vm_id, gboolean view_only, GError **error)
{
	g_autofree char *program = find_program(error);

	if (!program)
		return FALSE;
	if (!has_display())
		return error_set(error, CARREL_ERROR_HOST, "connect with --via term or --via vnc",
				 "there is no display to open a window on");
	const char *const argv[] = { program,     "--sdl",
				     "--info-fd", G_STRINGIFY(DETACH_PIPE_FD),
				     vm_id,       view_only ? "--view-only" : NULL,
				     NULL };
	const DetachPlan plan = { argv, -1, TRUE };
	autofd fd = detach_spawn(&plan, error);
	g_autofree char *line = fd < 0 ? NULL : read_answer(fd, error);
	if (!line || g_str_equal(line, "ok"))
		return line != NULL;
	set_spoken_error(line, CARREL_ERROR_HOST, error);
	return FALSE;
}

/* --- VNC --- */

static VncServer *parse_server(const char *text, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "answer of carrel-view", error) : NULL;
	g_autoptr(VncServer) server = g_new0(VncServer, 1);
	gint64 port, pid;

	if (!object || !json_get_int(object, "port", &port, error) ||
	    !json_get_int(object, "pid", &pid, error))
		return NULL;
	const char *address = json_get_string(object, "address", error);
	const char *password = address ? json_get_string(object, "password", error) : NULL;
	if (!password)
		return NULL;
	server->address = g_strdup(address);
	server->password = g_strdup(password);
	server->port = (guint)CLAMP(port, 0, G_MAXUINT16);
	server->pid = (guint)CLAMP(pid, 0, G_MAXINT);
	server->url = g_strdup_printf("vnc://:%s@%s:%u", password, address, server->port);
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

VncServer *viewer_find_vnc(const char *vm_id)
{
	g_autofree char *path = paths_vm_run_file(vm_id, "vncd.json");
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, NULL) || length > STATE_MAX)
		return NULL;
	g_autoptr(VncServer) server = parse_server(text, NULL);
	return server && is_viewer(server->pid) ? g_steal_pointer(&server) : NULL;
}

VncServer *viewer_start_vnc(const char *vm_id, gboolean view_only, GError **error)
{
	g_autofree char *program = find_program(error);
	const char *const argv[] = { program,     "--vnc",
				     "--info-fd", G_STRINGIFY(DETACH_PIPE_FD),
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

gboolean viewer_stop_vnc(const VncServer *server, GError **error)
{
	if (kill((pid_t)server->pid, SIGTERM) == 0 || errno == ESRCH)
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL, "cannot end carrel-view with process id %u: %s",
			 server->pid, g_strerror(errno));
}
