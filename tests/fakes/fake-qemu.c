#include "fake-qemu.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

Fake fake = { .monitor = -1, .got_fd = -1, .state = "prelaunch" };

typedef struct {
	const char *kind; /* "monitor", "agent", "serial0", "vnc" */
	int listening;
} Listener;

char *fake_trick(const char *name)
{
	g_auto(GStrv) words = g_strsplit(fake.tricks, ";", -1);

	for (char **word = words; *word; word++) {
		gsize length = strlen(name);
		if (strncmp(*word, name, length) == 0 && ((*word)[length] == '\0' || (*word)[length] == '='))
			return g_strdup((*word)[length] ? *word + length + 1 : "");
	}
	return NULL;
}

static gboolean end_loop(gpointer data)
{
	g_main_loop_quit(fake.loop);
	return G_SOURCE_REMOVE;
}

void fake_power_off(const char *reason, gboolean by_guest)
{
	JsonNode *data = json_node_new(JSON_NODE_OBJECT);
	json_node_take_object(data, json_object_new());

	json_object_set_boolean_member(json_node_get_object(data), "guest", by_guest);
	json_object_set_string_member(json_node_get_object(data), "reason", reason);
	fake_event("SHUTDOWN", data);
	g_idle_add(end_loop, NULL);
}

void fake_set_state(const char *state, const char *event)
{
	fake.state = state;
	fake_event(event, NULL);
}

/* --- signals: what a guest does by itself --- */

static gboolean on_power_off(gpointer data)
{
	fake_power_off("guest-shutdown", TRUE);
	return G_SOURCE_CONTINUE;
}

static gboolean on_disk_full(gpointer data)
{
	fake_event("BLOCK_IO_ERROR", json_from_string("{\"device\":\"\",\"nospace\":true,\"node-name\":"
						      "\"disk0\",\"reason\":\"No space left on device\","
						      "\"operation\":\"write\",\"action\":\"stop\"}",
						      NULL));
	fake_set_state("io-error", "STOP");
	return G_SOURCE_CONTINUE;
}

static gboolean on_cut(gpointer data)
{
	fake_monitor_cut();
	return G_SOURCE_CONTINUE;
}

static gboolean on_panic(gpointer data)
{
	fake_event("GUEST_PANICKED", json_from_string("{\"action\":\"pause\"}", NULL));
	fake_set_state("guest-panicked", "STOP");
	return G_SOURCE_CONTINUE;
}

static gboolean on_term(gpointer data)
{
	fake_power_off("host-signal", FALSE);
	return G_SOURCE_CONTINUE;
}

/* --- sockets --- */

static gboolean on_client(gint fd, GIOCondition condition, gpointer data);

/* The monitor's listener while somebody waits behind the one client; else NULL. */
static Listener *waiting;

static gboolean on_monitor(gint fd, GIOCondition condition, gpointer data)
{
	if (fake_monitor_read(fd))
		return G_SOURCE_CONTINUE;
	fake.monitor = -1;
	if (fd == 0)
		end_loop(NULL);
	else
		close(fd);
	if (waiting)
		g_unix_fd_add(waiting->listening, G_IO_IN, on_client, waiting);
	waiting = NULL;
	return G_SOURCE_REMOVE;
}

/* The guest's shell: it takes the name that a script gives it (src/model/guest-identity.h), and says so, as base64. */
static char *run_script(const char *question)
{
	const char *start = strstr(question, "\"input-data\":\"");
	const char *end = start ? strchr(start + 14, '"') : NULL;
	g_autofree char *base64 = end ? g_strndup(start + 14, (gsize)(end - start) - 14) : g_strdup("");
	g_autofree char *stranger = fake_trick("stranger");
	gsize length;
	g_autofree char *script = (char *)g_base64_decode(base64, &length);
	g_auto(GStrv) lines = g_strsplit(script, "\n", 8);
	g_autoptr(GString) said = g_string_new(NULL);

	for (char **line = lines; !stranger && *line; line++)
		if (g_str_has_prefix(*line, "id='") || g_str_has_prefix(*line, "host='")) {
			g_auto(GStrv) parts = g_strsplit(*line, "'", 3);
			g_string_append_printf(said, "%s ", parts[1]);
		}
	return g_base64_encode((const guchar *)said->str, said->len);
}

/* A guest agent that knows a few questions. One read is one question: good enough for a client that waits for answers. */
static gboolean on_agent(gint fd, GIOCondition condition, gpointer data)
{
	static char *said; /* by the last script */
	char buffer[16384];
	ssize_t got = read(fd, buffer, sizeof buffer - 1);
	g_autofree char *agent = fake_trick("agent");
	g_autofree char *answer = NULL;

	if (got <= 0) {
		close(fd);
		return G_SOURCE_REMOVE;
	}
	buffer[got] = '\0';
	const char *id = strstr(buffer, "\"id\":");
	if (!agent)
		return G_SOURCE_CONTINUE;
	if (id)
		answer = g_strdup_printf("\xff{\"return\":%" G_GINT64_FORMAT "}\n",
					 g_ascii_strtoll(id + 5, NULL, 10));
	else if (strstr(buffer, "guest-network-get-interfaces"))
		answer = g_strdup(
			"{\"return\":[{\"name\":\"lo\",\"ip-addresses\":[{\"ip-address\":\"127.0.0.1\"}]},"
			"{\"name\":\"eth0\",\"ip-addresses\":[{\"ip-address\":\"10.0.2.15\"}]}]}\n");
	else if (strstr(buffer, "guest-ping"))
		answer = g_strdup("{\"return\":{}}\n");
	else if (strstr(buffer, "\"guest-exec-status\""))
		answer =
			g_strdup_printf("{\"return\":{\"exited\":true,\"exitcode\":0,\"out-data\":\"%s\"}}\n",
					said ? said : "");
	else if (strstr(buffer, "\"guest-exec\"")) {
		g_free(said);
		said = run_script(buffer);
		answer = g_strdup("{\"return\":{\"pid\":7}}\n");
	} else if (strstr(buffer, "guest-shutdown"))
		fake_power_off("guest-shutdown", TRUE);
	else
		answer = g_strdup(
			"{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"no such command\"}}\n");
	if (answer && write(fd, answer, strlen(answer)) < 0)
		perror("agent");
	return G_SOURCE_CONTINUE;
}

/* VNC and serial: somebody listens and says nothing. */
static gboolean on_ignored(gint fd, GIOCondition condition, gpointer data)
{
	char buffer[4096];

	if (read(fd, buffer, sizeof buffer) > 0)
		return G_SOURCE_CONTINUE;
	close(fd);
	return G_SOURCE_REMOVE;
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer data)
{
	Listener *listener = data;
	int client = -1;

	/* As QEMU: one monitor client at a time, the next one waits. */
	if (g_str_equal(listener->kind, "monitor") && fake.monitor >= 0) {
		waiting = listener;
		return G_SOURCE_REMOVE;
	}
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return G_SOURCE_CONTINUE;
	if (g_str_equal(listener->kind, "monitor")) {
		fake_monitor_greet(client);
		g_unix_fd_add(client, G_IO_IN | G_IO_HUP, on_monitor, NULL);
	} else {
		g_unix_fd_add(client, G_IO_IN | G_IO_HUP,
			      g_str_equal(listener->kind, "agent") ? on_agent : on_ignored, NULL);
	}
	return G_SOURCE_CONTINUE;
}

static void listen_on(const char *kind, const char *path)
{
	g_autoptr(GError) error = NULL;
	Listener *listener = g_new0(Listener, 1);

	listener->kind = kind;
	listener->listening = fd_listen_unix(path, &error);
	if (listener->listening < 0) {
		g_printerr("qemu-system-x86_64: %s\n", error->message);
		exit(1);
	}
	g_unix_fd_add(listener->listening, G_IO_IN, on_client, listener);
}

/* --- the command line --- */

static const char *value_of(char **argv, const char *option)
{
	for (; *argv; argv++)
		if (g_str_equal(*argv, option))
			return argv[1];
	return NULL;
}

/* "path=" of a "key=value,..." text, where a doubled comma is one comma. */
static char *path_of(const char *text)
{
	const char *start = strstr(text, ",path=");
	GString *path = g_string_new(NULL);

	for (const char *p = start ? start + 6 : ""; *p && !(*p == ',' && p[1] != ','); p++) {
		if (*p == ',')
			p++;
		g_string_append_c(path, *p);
	}
	return g_string_free(path, FALSE);
}

static void open_chardev(const char *text)
{
	static const char *const kinds[] = { "monitor", "agent", "serial0" };
	g_autofree char *silent = fake_trick("silent");
	g_autofree char *path = path_of(text);

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *prefix = g_strdup_printf("socket,id=%s,", kinds[i]);
		if (g_str_has_prefix(text, prefix) && !(silent && i == 0))
			listen_on(kinds[i], path);
	}
}

/* A template's memory is made by QEMU; a clone's must be there. */
static void open_memory(const char *object)
{
	g_autoptr(JsonNode) node = *object == '{' ? json_from_string(object, NULL) : NULL;
	JsonObject *memory = node ? json_node_get_object(node) : NULL;
	const char *path =
		memory ? json_object_get_string_member_with_default(memory, "mem-path", NULL) : NULL;

	if (!path)
		return;
	gboolean make = json_object_get_boolean_member(memory, "share");
	int fd = open(path, make ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || (make && ftruncate(fd, json_object_get_int_member(memory, "size")) < 0)) {
		g_printerr("qemu-system-x86_64: can't open backing store %s for guest RAM\n", path);
		exit(1);
	}
	close(fd);
}

static gboolean open_all(gpointer data)
{
	char **argv = data;
	const char *pid_file = value_of(argv, "-pidfile");
	const char *vnc = value_of(argv, "-vnc");
	g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());

	if (pid_file && !g_file_set_contents(pid_file, pid, -1, NULL))
		exit(1);
	if (vnc && g_str_has_prefix(vnc, "unix:")) {
		g_autofree char *text = g_strconcat(",path=", vnc + 5, NULL);
		g_autofree char *path = path_of(text);
		listen_on("vnc", path);
	}
	for (; *argv; argv++)
		if (g_str_equal(*argv, "-chardev"))
			open_chardev(argv[1]);
		else if (g_str_equal(*argv, "-object"))
			open_memory(argv[1]);
	return G_SOURCE_REMOVE;
}

static void begin_machine(char **argv)
{
	g_autofree char *words = fake_trick("die");
	g_autofree char *slow = fake_trick("slow");

	if (words) {
		g_printerr("2026-11-22T21:50:00.123456Z qemu-system-x86_64: %s\n", words);
		exit(1);
	}
	if (value_of(argv, "-incoming"))
		fake.state = "inmigrate";
	if (slow)
		g_timeout_add((guint)g_ascii_strtoull(slow, NULL, 10), open_all, argv);
	else
		open_all(argv);
}

int main(int argc, char **argv)
{
	const char *tricks = g_getenv("FAKE_QEMU");
	const char *display = value_of(argv, "-display");

	fake.tricks = tricks ? tricks : "";
	if (display && g_str_equal(display, "help")) {
		puts("Available display backend types:\nnone\ndbus");
		return 0;
	}
	if (value_of(argv, "-version") || (argc > 1 && g_str_equal(argv[1], "-version"))) {
		puts("QEMU emulator version 7.2.0 (fake)");
		return 0;
	}
	fake.loop = g_main_loop_new(NULL, FALSE);
	fake.input = g_string_new(NULL);
	fake.named_fds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_unix_signal_add(SIGUSR1, on_power_off, NULL);
	g_unix_signal_add(SIGUSR2, on_disk_full, NULL);
	g_unix_signal_add(SIGHUP, on_cut, NULL);
	g_unix_signal_add(SIGWINCH, on_panic, NULL);
	g_unix_signal_add(SIGTERM, on_term, NULL);
	if (g_strcmp0(value_of(argv, "-qmp"), "stdio") == 0) {
		fake_monitor_greet(0);
		g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_monitor, NULL);
	} else {
		begin_machine(argv);
	}
	g_main_loop_run(fake.loop);
	return fake.exit_status;
}
