/* The guest agent's client against an agent that this test plays, good and hostile. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "hv-util.h"
#include "hv/qga.h"

/* How the agent behaves. */
typedef enum {
	AGENT_GOOD,
	AGENT_SILENT,   /* never answers */
	AGENT_LATE_TOO, /* first an answer of an earlier conversation, and a wrong sync */
	AGENT_REFUSES,
	AGENT_GARBAGE,  /* answers a question with no JSON */
	AGENT_ENDLESS,  /* a line without an end */
	AGENT_LEAVES,   /* closes after the question */
	AGENT_NO_WORDS, /* syncs, then says nothing (guest-shutdown) */
	AGENT_SHELL     /* runs what it is told, in its way: answers[] one after the other */
} Agent;

typedef struct {
	char *dir, *socket;
	int listening, client;
	guint listen_source, client_source;
	Agent kind;
	const char *const *answers; /* of AGENT_SHELL, the last one again and again */
	char *last_question;
	guint questions, connections, most_connections;
} Fixture;

static void say(Fixture *fixture, const char *text, gssize length)
{
	gsize left = length < 0 ? strlen(text) : (gsize)length;

	g_assert_cmpint(write(fixture->client, text, left), ==, left);
}

static void hang_up(Fixture *fixture)
{
	g_clear_handle_id(&fixture->client_source, g_source_remove);
	fd_clear(&fixture->client);
	fixture->connections--;
}

static void answer_sync(Fixture *fixture, const char *line)
{
	g_autoptr(JsonNode) node = json_from_string(line, NULL);
	gint64 id =
		json_int_or(json_object_get_object_member(json_node_get_object(node), "arguments"), "id", 0);
	g_autofree char *text = g_strdup_printf("\xff{\"return\":%" G_GINT64_FORMAT "}\n", id);

	if (fixture->kind == AGENT_LATE_TOO)
		say(fixture,
		    "{\"return\":\"of yesterday\"}\n\xff{\"return\":17}\nhalf a li\xff{\"return\":{}}\n", -1);
	if (fixture->kind != AGENT_SILENT)
		say(fixture, text, -1);
}

static void say_endless(Fixture *fixture)
{
	g_autofree char *much = g_strnfill(64 * 1024, 'x');

	/* Until the client has enough. */
	fd_set_nonblocking(fixture->client, TRUE);
	while (write(fixture->client, much, 64 * 1024) > 0 || errno == EAGAIN)
		g_main_context_iteration(NULL, FALSE);
}

static void answer_question(Fixture *fixture, const char *line)
{
	fixture->questions++;
	switch (fixture->kind) {
	case AGENT_GOOD:
	case AGENT_LATE_TOO:
		say(fixture, strstr(line, "\"x\":1") ? "{\"return\":{\"got\":\"x\"}}\n" : "{\"return\":{}}\n",
		    -1);
		break;
	case AGENT_REFUSES:
		say(fixture, "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"not\\nhere\"}}\n", -1);
		break;
	case AGENT_GARBAGE:
		say(fixture, "{{{{\n", -1);
		break;
	case AGENT_ENDLESS:
		say_endless(fixture);
		break;
	case AGENT_LEAVES:
		hang_up(fixture);
		break;
	case AGENT_SHELL:
		say(fixture, *fixture->answers, -1);
		say(fixture, "\n", 1);
		fixture->answers += fixture->answers[1] != NULL;
		break;
	case AGENT_SILENT:
	case AGENT_NO_WORDS:
		break;
	}
	g_free(fixture->last_question);
	fixture->last_question = g_strdup(line);
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer data)
{
	Fixture *fixture = data;
	char buffer[4096];
	ssize_t got = read(fd, buffer, sizeof buffer - 1);

	if (got <= 0) {
		fixture->client_source = 0;
		hang_up(fixture);
		return G_SOURCE_REMOVE;
	}
	buffer[got] = '\0';
	g_assert_cmpint(buffer[got - 1], ==, '\n');
	if (buffer[0] == '\xff')
		answer_sync(fixture, buffer + 1);
	else
		answer_question(fixture, buffer);
	return fixture->client_source ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_listening(gint fd, GIOCondition condition, gpointer data)
{
	Fixture *fixture = data;

	/* As QEMU: the next one waits. */
	if (fixture->client >= 0)
		return G_SOURCE_CONTINUE;
	fixture->client = accept(fd, NULL, NULL);
	fixture->connections++;
	fixture->most_connections = MAX(fixture->most_connections, fixture->connections);
	fixture->client_source = g_unix_fd_add(fixture->client, G_IO_IN | G_IO_HUP, on_client, fixture);
	return G_SOURCE_CONTINUE;
}

static void set_up(Fixture *fixture, gconstpointer kind)
{
	fixture->dir = g_dir_make_tmp("carrel-qga-XXXXXX", NULL);
	fixture->socket = g_build_filename(fixture->dir, "qga", NULL);
	fixture->kind = (Agent)GPOINTER_TO_INT(kind);
	fixture->client = -1;
	fixture->listening = fd_listen_unix(fixture->socket, NULL);
	fixture->listen_source = g_unix_fd_add(fixture->listening, G_IO_IN, on_listening, fixture);
}

static void tear_down(Fixture *fixture, gconstpointer kind)
{
	g_source_remove(fixture->listen_source);
	g_clear_handle_id(&fixture->client_source, g_source_remove);
	fd_clear(&fixture->client);
	fd_clear(&fixture->listening);
	g_assert_true(file_remove_tree(fixture->dir, NULL));
	g_free(fixture->dir);
	g_free(fixture->socket);
	g_free(fixture->last_question);
}

static JsonNode *call(Fixture *fixture, const char *arguments, guint timeout_ms, GError **error)
{
	Caught caught = { NULL };

	qga_call(fixture->socket, "guest-question", arguments ? json_from_string(arguments, NULL) : NULL,
		 timeout_ms, NULL, test_catch, &caught);
	JsonNode *node = qga_call_finish(test_await(&caught), error);
	test_forget(&caught);
	return node;
}

static void test_answers(Fixture *fixture, gconstpointer kind)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = call(fixture, "{\"x\":1}", 60000, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(json_string_or(json_node_get_object(node), "got", ""), ==, "x");
}

typedef struct {
	Agent kind;
	CarrelError code;
	const char *words;
} Failure;

static const Failure failures[] = {
	{AGENT_REFUSES,  CARREL_ERROR_FAILED, "the guest agent says: not here"},
	{ AGENT_GARBAGE, CARREL_ERROR_FAILED, "JSON"                          },
	{ AGENT_ENDLESS, CARREL_ERROR_FAILED, "line of more than"             },
	{ AGENT_LEAVES,  CARREL_ERROR_FAILED, "closed"                        },
};

static void test_fails(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		fixture->kind = failures[i].kind;
		g_assert_null(call(fixture, NULL, 60000, &error));
		g_assert_error(error, CARREL_ERROR, (gint)failures[i].code);
		g_assert_nonnull(strstr(error->message, failures[i].words));
		g_clear_error(&error);
	}
	/* Nothing of that hinders the next. */
	fixture->kind = AGENT_GOOD;
	g_autoptr(JsonNode) node = call(fixture, NULL, 60000, &error);
	g_assert_no_error(error);
	g_assert_nonnull(node);
}

static void test_silent(Fixture *fixture, gconstpointer kind)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(call(fixture, NULL, 20, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_TIMEOUT);
	g_assert_cmpuint(fixture->questions, ==, 0);
}

static void test_no_socket(Fixture *fixture, gconstpointer kind)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(file_remove_tree(fixture->dir, NULL));
	g_assert_null(call(fixture, NULL, 60000, &error));
	g_assert_nonnull(error);
}

/* Five at once: one connection at a time, all answered; a cancelled one leaves the others alone. */
static void test_queue(Fixture *fixture, gconstpointer kind)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	Caught caught[5] = { { NULL } };

	for (gsize i = 0; i < G_N_ELEMENTS(caught); i++)
		qga_call(fixture->socket, "guest-question", NULL, 60000, i == 2 ? cancellable : NULL,
			 test_catch, &caught[i]);
	g_cancellable_cancel(cancellable);
	for (gsize i = 0; i < G_N_ELEMENTS(caught); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(JsonNode) node = qga_call_finish(test_await(&caught[i]), &error);
		g_assert_cmpint(node != NULL, ==, i != 2);
		if (i == 2)
			g_assert_error(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
		else
			g_assert_no_error(error);
		test_forget(&caught[i]);
	}
	g_assert_cmpuint(fixture->questions, ==, 4);
	g_assert_cmpuint(fixture->most_connections, ==, 1);
}

static gboolean shut_down(Fixture *fixture, GError **error)
{
	Caught caught = { NULL };

	qga_shutdown(fixture->socket, NULL, test_catch, &caught);
	gboolean taken = qga_shutdown_finish(test_await(&caught), error);
	test_forget(&caught);
	return taken;
}

static void test_shutdown(Fixture *fixture, gconstpointer kind)
{
	static const Agent good[] = { AGENT_NO_WORDS, AGENT_LEAVES, AGENT_GOOD };
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		fixture->kind = good[i];
		g_assert_true(shut_down(fixture, &error));
		g_assert_no_error(error);
	}
	fixture->kind = AGENT_REFUSES;
	g_assert_false(shut_down(fixture, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
}

typedef struct {
	const char *answers[4];
	const char *output; /* NULL: an error with @words */
	const char *words;
} ScriptCase;

#define PID "{\"return\":{\"pid\":77}}"
static const ScriptCase script_cases[] = {
	{.answers = { PID, "{\"return\":{\"exited\":false}}",
		       "{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"aGVsbG8K\"}}" },
         .output = "hello\n"													    },
	{ .answers = { PID, "{\"return\":{\"exited\":true,\"exitcode\":0}}" },                               .output = ""               },
	{ .answers = { PID, "{\"return\":{\"exited\":true,\"exitcode\":3,\"err-data\":\"YmFkCg==\"}}" },
         .words = "failed: bad"													 },
	{ .answers = { PID, "{\"return\":{\"exited\":true,\"signal\":9}}" },                                 .words = "does not say why"},
	{ .answers = { PID, "{\"return\":[]}" },							     .words = "answer"          },
	{ .answers = { PID, "{\"return\":{\"exited\":false}}" },                                             .words = "does not end"    },
	{ .answers = { "{\"return\":{}}" },								  .words = "pid"             },
	{ .answers = { "{\"error\":{\"desc\":\"guest-exec has been disabled\"}}" },                          .words = "disabled"        },
};

static void test_script(Fixture *fixture, gconstpointer kind)
{
	for (gsize i = 0; i < G_N_ELEMENTS(script_cases); i++) {
		const ScriptCase *one = &script_cases[i];
		g_autoptr(GError) error = NULL;
		Caught caught = { NULL };

		/* One that never ends gets a short time, all others a long one. */
		gboolean endless = one->words && g_str_equal(one->words, "does not end");
		fixture->answers = one->answers;
		qga_script(fixture->socket, "echo hello\n", endless ? 300 : 60000, NULL, test_catch, &caught);
		g_autofree char *output = qga_script_finish(test_await(&caught), &error);
		g_assert_cmpstr(output, ==, one->output);
		if (one->words)
			g_assert_nonnull(strstr(error->message, one->words));
		else
			g_assert_no_error(error);
		test_forget(&caught);
	}
}

/* The script goes over whole, whatever is in it. */
static void test_script_question(Fixture *fixture, gconstpointer kind)
{
	static const char *const answers[] = { "{\"error\":{}}", NULL };
	Caught caught = { NULL };

	fixture->answers = answers;
	qga_script(fixture->socket, "echo '\"$x\"'\n", 60000, NULL, test_catch, &caught);
	g_assert_null(qga_script_finish(test_await(&caught), NULL));
	test_forget(&caught);
	g_assert_nonnull(strstr(fixture->last_question, "\"guest-exec\""));
	g_assert_nonnull(strstr(fixture->last_question, "\"sh\""));
	g_assert_nonnull(strstr(fixture->last_question, "\"ZWNobyAnIiR4IicK\""));
}

static void test_address(void)
{
#define ONE(addresses) "[{\"name\":\"eth0\",\"ip-addresses\":[" addresses "]}]"
#define IP(address)    "{\"ip-address\":\"" address "\",\"ip-address-type\":\"ipv4\",\"prefix\":24}"
	static const struct {
		const char *reply, *address;
	} rows[] = {
		{ONE(IP("127.0.0.1") "," IP("10.0.2.15")),                                       "10.0.2.15"  },
		{ ONE(IP("fec0::1") "," IP("192.168.1.2")),                                      "192.168.1.2"},
		{ ONE(IP("fe80::1") "," IP("2001:db8::7") "," IP("169.254.3.4")),                "2001:db8::7"},
		{ "[{\"name\":\"a\"},{\"ip-addresses\":[" IP("1.2.3.4") "]}]",                   "1.2.3.4"    },
		{ ONE(IP("::1") "," IP("0.0.0.0") "," IP("224.0.0.1")),                          NULL         },
		{ ONE(IP("not an address") "," IP("1.2.3")),                                     NULL         },
		{ "[]",									  NULL         },
		{ "{}",									  NULL         },
		{ "7",									   NULL         },
		{ "[1,null,[],{\"ip-addresses\":5},{\"ip-addresses\":[5,{\"ip-address\":{}}]}]", NULL         },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(JsonNode) node = json_from_string(rows[i].reply, NULL);
		g_autofree char *address = qga_first_address(node);
		g_assert_cmpstr(address, ==, rows[i].address);
	}
	g_assert_null(qga_first_address(NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN); /* the agent here writes to clients that had enough */
#define ADD(path, kind, function)                                                                            \
	g_test_add(path, Fixture, GINT_TO_POINTER(kind), set_up, function, tear_down)
	ADD("/qga/good", AGENT_GOOD, test_answers);
	ADD("/qga/late-too", AGENT_LATE_TOO, test_answers);
	ADD("/qga/fails", AGENT_GOOD, test_fails);
	ADD("/qga/silent", AGENT_SILENT, test_silent);
	ADD("/qga/no-socket", AGENT_GOOD, test_no_socket);
	ADD("/qga/queue", AGENT_GOOD, test_queue);
	ADD("/qga/shutdown", AGENT_GOOD, test_shutdown);
	ADD("/qga/script", AGENT_SHELL, test_script);
	ADD("/qga/script-question", AGENT_SHELL, test_script_question);
	g_test_add_func("/qga/address", test_address);
	return g_test_run();
}
