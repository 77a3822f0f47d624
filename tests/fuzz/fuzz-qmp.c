/* The monitor's bytes of a QEMU that a guest may own, through the whole client. */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hv/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	gboolean closed;
	guint answers;
} Seen;

static void on_event(Qmp *qmp, const char *name, JsonObject *data, gpointer user)
{
	g_assert(g_utf8_validate(name, -1, NULL));
}

static void on_closed(Qmp *qmp, const GError *error, gpointer user)
{
	((Seen *)user)->closed = TRUE;
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(result, &error);

	g_assert((node == NULL) != (error == NULL));
	((Seen *)user)->answers++;
}

static GLogWriterOutput no_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
	return G_LOG_WRITER_HANDLED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static gboolean silenced;
	Seen seen = { FALSE, 0 };
	int pair[2];

	if (!silenced)
		g_log_set_writer_func(no_log, NULL, NULL);
	silenced = TRUE;
	if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	Qmp *qmp = qmp_new(pair[0], on_event, on_closed, &seen);
	for (guint i = 0; i < 3; i++)
		qmp_execute(qmp, "question", NULL, 0, on_answer, &seen);
	/* In two pieces, so that lines are cut somewhere. */
	g_assert(write(pair[1], data, size / 2) == (ssize_t)(size / 2));
	while (g_main_context_iteration(NULL, FALSE))
		;
	if (!seen.closed && send(pair[1], data + size / 2, size - size / 2, MSG_NOSIGNAL) > 0)
		while (g_main_context_iteration(NULL, FALSE))
			;
	close(pair[1]);
	while (!seen.closed)
		g_main_context_iteration(NULL, TRUE);
	qmp_free(qmp);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert(seen.answers == 3);
	return 0;
}
