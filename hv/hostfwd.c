/* Sources: QEMU net/slirp.c (hostfwd_add, info usernet), libslirp src/misc.c (slirp_connection_info). There are only these human commands for it. */
#include "hv/hostfwd.h"

#include <string.h>

#include "base/error.h"
#include "hv/machine-private.h"
#include "hv/qmp-cmds-private.h"

#define TIMEOUT_MS 10000
#define LOCALHOST  "127.0.0.1"

typedef struct {
	Machine *machine;
	char *nic;
	guint guest_port;
	gboolean asked; /* for the forward */
} Forward;

static void forward_free(gpointer data)
{
	Forward *forward = data;

	machine_release(forward->machine);
	g_free(forward->nic);
	g_free(forward);
}

/* Columns: protocol and state, fd, address and port of this side, address and port of the guest's, queues. */
static guint take_line(const char *line, guint guest_port)
{
	g_auto(GStrv) all = g_strsplit_set(line, " \r", -1);
	const char *words[8] = { NULL };
	guint count = 0;
	guint64 port, to;

	for (char **word = all; *word && count < G_N_ELEMENTS(words); word++)
		if (**word)
			words[count++] = *word;
	if (count < 6 || !g_str_equal(words[0], "TCP[HOST_FORWARD]") || !g_str_equal(words[2], LOCALHOST))
		return 0;
	if (!g_ascii_string_to_unsigned(words[3], 10, 1, G_MAXUINT16, &port, NULL) ||
	    !g_ascii_string_to_unsigned(words[5], 10, 1, G_MAXUINT16, &to, NULL) || to != guest_port)
		return 0;
	return (guint)port;
}

guint hostfwd_find(const char *text, const char *nic, guint guest_port)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *heading = g_strdup_printf("(net-%s):", nic);
	gboolean ours = FALSE;
	guint port = 0;

	for (char **line = lines; *line && !port; line++) {
		if (**line != ' ')
			ours = strstr(*line, heading) != NULL;
		else if (ours)
			port = take_line(*line, guest_port);
	}
	return port;
}

/* Takes over @task and @error. */
static void fail(GTask *task, GError *error)
{
	g_task_return_error(task, error);
	g_object_unref(task);
}

static void ask(GTask *task, const char *command, GAsyncReadyCallback callback)
{
	Forward *forward = g_task_get_task_data(task);
	GError *error = NULL;
	Qmp *qmp = cmd_monitor(forward->machine, &error);

	if (qmp)
		qmp_execute(qmp, "human-monitor-command", cmd_arguments("command-line", command, NULL),
			    TIMEOUT_MS, callback, task);
	else
		fail(task, error);
}

/* What a human command printed; "" when it is content. */
static char *answer(GAsyncResult *result, GError **error)
{
	g_autoptr(JsonNode) node = qmp_execute_finish(result, error);

	if (node && json_node_get_value_type(node) == G_TYPE_STRING)
		return json_node_dup_string(node);
	if (node)
		error_set(error, CARREL_ERROR_FAILED, NULL, "QEMU answered nonsense");
	return NULL;
}

static void on_listed(GObject *source, GAsyncResult *result, gpointer task);

static void on_added(GObject *source, GAsyncResult *result, gpointer task)
{
	Forward *forward = g_task_get_task_data(task);
	GError *error = NULL;
	g_autofree char *text = answer(result, &error);

	if (text && *g_strstrip(text)) {
		text[strcspn(text, "\r\n")] = '\0';
		error_set(&error, CARREL_ERROR_FAILED, NULL, "QEMU cannot forward a port to VM `%s': %.200s",
			  machine_name(forward->machine), text);
	}
	if (error)
		fail(task, error);
	else
		ask(task, "info usernet", on_listed);
}

static void on_listed(GObject *source, GAsyncResult *result, gpointer task)
{
	Forward *forward = g_task_get_task_data(task);
	GError *error = NULL;
	g_autofree char *text = answer(result, &error);
	guint port = text ? hostfwd_find(text, forward->nic, forward->guest_port) : 0;

	if (error) {
		fail(task, error);
	} else if (port) {
		g_task_return_int(task, port);
		g_object_unref(task);
	} else if (forward->asked) {
		fail(task, error_new(CARREL_ERROR_FAILED, NULL, "QEMU made no way to port %u of VM `%s'",
				     forward->guest_port, machine_name(forward->machine)));
	} else {
		/* Port 0: the kernel chooses one that is free. */
		g_autofree char *command = g_strdup_printf("hostfwd_add net-%s tcp:" LOCALHOST ":0-:%u",
							   forward->nic, forward->guest_port);
		forward->asked = TRUE;
		ask(task, command, on_added);
	}
}

void hostfwd_open(Machine *machine, const char *nic, guint guest_port, GAsyncReadyCallback callback,
		  gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	Forward *forward = g_new0(Forward, 1);

	*forward = (Forward){ machine_hold(machine), g_strdup(nic), guest_port, FALSE };
	g_task_set_task_data(task, forward, forward_free);
	ask(task, "info usernet", on_listed);
}

guint hostfwd_open_finish(GAsyncResult *result, GError **error)
{
	gssize port = g_task_propagate_int(G_TASK(result), error);

	return port > 0 ? (guint)port : 0;
}
