/* The QMP client against a peer that this test plays by hand on a socketpair: order, events, errors, ends, nonsense. */
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "hv-util.h"

#define GREETING "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n"
#define BIG      (10 * 1000 * 1000)

typedef struct {
	Qmp *qmp;
	int peer;
	GString *events, *input;
	gboolean closed;
	char *close_words;
	gboolean free_on_event;
} Talk;

static void on_event(Qmp *qmp, const char *name, JsonObject *data, gpointer user)
{
	Talk *talk = user;

	g_string_append_printf(talk->events, "%s%s ", name,
			       data && json_object_has_member(data, "n") ? "+" : "");
	if (talk->free_on_event)
		g_clear_pointer(&talk->qmp, qmp_free);
}

static void on_closed(Qmp *qmp, const GError *error, gpointer user)
{
	Talk *talk = user;

	g_assert_false(talk->closed);
	g_assert_false(qmp_is_open(qmp));
	talk->closed = TRUE;
	talk->close_words = error ? error_message(error) : NULL;
}

static void set_up(Talk *talk, gconstpointer data)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	talk->peer = pair[1];
	talk->events = g_string_new(NULL);
	talk->input = g_string_new(NULL);
	talk->qmp = qmp_new(pair[0], on_event, on_closed, talk);
}

static void tear_down(Talk *talk, gconstpointer data)
{
	qmp_free(talk->qmp);
	fd_clear(&talk->peer);
	g_string_free(talk->events, TRUE);
	g_string_free(talk->input, TRUE);
	g_free(talk->close_words);
}

static void say(Talk *talk, const char *text)
{
	g_assert_cmpint(write(talk->peer, text, strlen(text)), ==, strlen(text));
}

/* The next line that the client sent; runs the loop until it is there. */
static char *hear(Talk *talk)
{
	char *newline;

	fd_set_nonblocking(talk->peer, TRUE);
	while (!(newline = strchr(talk->input->str, '\n'))) {
		char buffer[4096];
		ssize_t got = read(talk->peer, buffer, sizeof buffer);
		if (got > 0)
			g_string_append_len(talk->input, buffer, got);
		else
			g_main_context_iteration(NULL, FALSE);
	}
	char *line = g_strndup(talk->input->str, (gsize)(newline - talk->input->str));
	g_string_erase(talk->input, 0, newline + 1 - talk->input->str);
	fd_set_nonblocking(talk->peer, FALSE);
	return line;
}

static void expect(Talk *talk, const char *words)
{
	g_autofree char *line = hear(talk);

	g_assert_nonnull(strstr(line, words));
}

static void shake_hands(Talk *talk)
{
	say(talk, GREETING);
	expect(talk, "qmp_capabilities");
	say(talk, "{\"return\":{},\"id\":0}\r\n");
}

static char *answer_of(Caught *caught)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = qmp_execute_finish(test_await(caught), &error);

	g_assert_no_error(error);
	test_forget(caught);
	return json_text(node, FALSE);
}

static void assert_fails(Caught *caught, CarrelError code, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(qmp_execute_finish(test_await(caught), &error));
	g_assert_error(error, CARREL_ERROR, (gint)code);
	g_assert_nonnull(strstr(error->message, words));
	test_forget(caught);
}

/* Commands queued before the greeting wait for it; replies may come in another order, with events between. */
static void test_order(Talk *talk, gconstpointer data)
{
	Caught one = { NULL }, two = { NULL };

	qmp_execute(talk->qmp, "first", NULL, 0, test_catch, &one);
	qmp_execute(talk->qmp, "second", json_from_string("{\"a\":[1,\"x\"]}", NULL), 0, test_catch, &two);
	shake_hands(talk);
	expect(talk, "\"first\"");
	expect(talk, "{\"execute\":\"second\",\"arguments\":{\"a\":[1,\"x\"]},\"id\":2}");
	say(talk, "{\"event\":\"EARLY\",\"data\":{\"n\":1}}\r\n{\"return\":22,\"id\":2}\r\n{\"event\":"
		  "\"LATE\"}\r\n{\"return\":11,\"id\":1}\r\n");
	g_autofree char *first = answer_of(&one);
	g_autofree char *second = answer_of(&two);
	g_assert_cmpstr(first, ==, "11");
	g_assert_cmpstr(second, ==, "22");
	g_assert_cmpstr(talk->events->str, ==, "EARLY+ LATE ");
}

static void test_refused(Talk *talk, gconstpointer data)
{
	Caught one = { NULL }, two = { NULL };

	shake_hands(talk);
	qmp_execute(talk->qmp, "bad", NULL, 0, test_catch, &one);
	qmp_execute(talk->qmp, "odd", NULL, 0, test_catch, &two);
	say(talk, "{\"id\":1,\"error\":{\"class\":\"GenericError\",\"desc\":\"no "
		  "such\\nthing\"}}\r\n{\"error\":7,\"id\":2}\r\n");
	assert_fails(&one, CARREL_ERROR_FAILED, "QEMU refused `bad': no such thing");
	assert_fails(&two, CARREL_ERROR_FAILED, "no description");
	g_assert_true(qmp_is_open(talk->qmp));
}

static void test_eof(Talk *talk, gconstpointer data)
{
	Caught one = { NULL }, two = { NULL };

	shake_hands(talk);
	qmp_execute(talk->qmp, "question", NULL, 0, test_catch, &one);
	expect(talk, "question");
	fd_clear(&talk->peer);
	test_wait(&talk->closed);
	g_assert_nonnull(one.result); /* pending commands fail first */
	g_assert_null(talk->close_words);
	assert_fails(&one, CARREL_ERROR_FAILED, "QEMU closed its monitor");
	qmp_execute(talk->qmp, "after", NULL, 0, test_catch, &two);
	assert_fails(&two, CARREL_ERROR_FAILED, "QEMU closed its monitor");
}

/* Anything that is no QMP ends the conversation with a reason. */
static void test_nonsense(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };

	if (g_str_has_prefix(data, "+")) {
		shake_hands(talk);
		say(talk, (const char *)data + 1);
	} else {
		say(talk, data);
	}
	qmp_execute(talk->qmp, "question", NULL, 0, test_catch, &one);
	test_wait(&talk->closed);
	g_assert_nonnull(talk->close_words);
	assert_fails(&one, CARREL_ERROR_FAILED, "QEMU closed its monitor");
}

static void test_big(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };
	g_autofree char *filler = g_strnfill(BIG, 'x');
	g_autofree char *reply = g_strconcat("{\"return\":\"", filler, "\",\"id\":1}\r\n", NULL);
	gsize left = strlen(reply);
	const char *at = reply;

	shake_hands(talk);
	qmp_execute(talk->qmp, "big", NULL, 0, test_catch, &one);
	fd_set_nonblocking(talk->peer, TRUE);
	while (left > 0) {
		ssize_t sent = write(talk->peer, at, left);
		if (sent > 0) {
			at += sent;
			left -= (gsize)sent;
		}
		g_main_context_iteration(NULL, FALSE);
	}
	g_autoptr(JsonNode) node = qmp_execute_finish(test_await(&one), NULL);
	g_assert_nonnull(node);
	g_assert_cmpuint(strlen(json_node_get_string(node)), ==, BIG);
	test_forget(&one);
}

/* A command longer than the socket's buffer goes out piece by piece. */
static void test_long_command(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };
	g_autofree char *filler = g_strnfill(BIG / 4, 'y');
	JsonNode *arguments = json_from_string("{}", NULL);

	json_object_set_string_member(json_node_get_object(arguments), "text", filler);
	shake_hands(talk);
	qmp_execute(talk->qmp, "long", arguments, 0, test_catch, &one);
	g_autofree char *line = hear(talk);
	g_assert_cmpuint(strlen(line), >, BIG / 4);
	say(talk, "{\"return\":1,\"id\":1}\r\n");
	g_autofree char *answer = answer_of(&one);
	g_assert_cmpstr(answer, ==, "1");
}

/* The late reply of a timed-out command is dropped, and later ones still find their way. */
static void test_timeout(Talk *talk, gconstpointer data)
{
	Caught one = { NULL }, two = { NULL };

	shake_hands(talk);
	qmp_execute(talk->qmp, "slow", NULL, 10, test_catch, &one);
	assert_fails(&one, CARREL_ERROR_TIMEOUT, "did not answer `slow'");
	say(talk, "{\"return\":\"late\",\"id\":1}\r\n");
	qmp_execute(talk->qmp, "next", NULL, 60000, test_catch, &two);
	say(talk, "{\"return\":\"good\",\"id\":2}\r\n");
	g_autofree char *answer = answer_of(&two);
	g_assert_cmpstr(answer, ==, "\"good\"");
}

static void test_free(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };

	qmp_execute(talk->qmp, "pending", NULL, 60000, test_catch, &one);
	g_clear_pointer(&talk->qmp, qmp_free);
	assert_fails(&one, CARREL_ERROR_CANCELLED, "given up");
	g_assert_false(talk->closed);
}

static void test_free_in_event(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };

	shake_hands(talk);
	qmp_execute(talk->qmp, "pending", NULL, 0, test_catch, &one);
	talk->free_on_event = TRUE;
	say(talk, "{\"event\":\"A\"}\r\n{\"event\":\"B\"}\r\n{\"return\":1,\"id\":1}\r\n");
	assert_fails(&one, CARREL_ERROR_CANCELLED, "given up");
	g_assert_cmpstr(talk->events->str, ==, "A ");
}

/* The descriptor comes along with the bytes of its command, and the caller keeps its own. */
static void test_fd(Talk *talk, gconstpointer data)
{
	Caught one = { NULL };
	char buffer[4096], control[64];
	struct iovec part = { buffer, sizeof buffer };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	int pipes[2], received;

	shake_hands(talk);
	g_assert_cmpint(pipe(pipes), ==, 0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	qmp_execute_fd(talk->qmp, "getfd", json_from_string("{\"fdname\":\"x\"}", NULL), pipes[1], 0,
		       test_catch, &one);
	g_assert_cmpint(recvmsg(talk->peer, &message, 0), >, 0);
	g_assert_nonnull(CMSG_FIRSTHDR(&message));
	memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
	g_assert_cmpint(write(received, "hello", 5), ==, 5);
	g_assert_cmpint(read(pipes[0], buffer, 5), ==, 5);
	g_assert_cmpint(write(pipes[1], "still", 5), ==, 5);
	say(talk, "{\"return\":{},\"id\":1}\r\n");
	g_free(answer_of(&one));
	close(received);
	close(pipes[0]);
	close(pipes[1]);
}

int main(int argc, char **argv)
{
	static const char *const nonsense[] = {
		"no json at all\n",
		"{\"return\":{}}\n",
		"[]\n",
		"+{\"neither\":1}\n",
		"+{\"return\":\n",
		"+\"text\"\n",
		"+\377\376\n",
		GREETING "{\"error\":{\"desc\":\"no\"},\"id\":0}\n",
	};

	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Talk, NULL, set_up, function, tear_down)
	ADD("/qmp/order", test_order);
	ADD("/qmp/refused", test_refused);
	ADD("/qmp/eof", test_eof);
	ADD("/qmp/big", test_big);
	ADD("/qmp/long-command", test_long_command);
	ADD("/qmp/timeout", test_timeout);
	ADD("/qmp/free", test_free);
	ADD("/qmp/free-in-event", test_free_in_event);
	ADD("/qmp/fd", test_fd);
	for (gsize i = 0; i < G_N_ELEMENTS(nonsense); i++) {
		g_autofree char *path = g_strdup_printf("/qmp/nonsense/%" G_GSIZE_FORMAT, i);
		g_test_add(path, Talk, nonsense[i], set_up, test_nonsense, tear_down);
	}
	return g_test_run();
}
