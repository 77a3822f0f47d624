/* The fake QEMU's monitor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-qemu.h"

#define BIG_REPLY  (10 * 1000 * 1000)
#define STATE_TEXT "QEVM fake state\n"
/* Without the memory; of the same length. */
#define STATE_TEXT_SHARED "QEVM fake share\n"

static void send_text(const char *text)
{
	gsize left = strlen(text);

	while (fake.monitor >= 0 && left > 0) {
		ssize_t sent = write(fake.monitor == 0 ? 1 : fake.monitor, text, left);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (sent > 0) {
			text += sent;
			left -= (gsize)sent;
		}
	}
}

static void send_node(JsonNode *node)
{
	g_autofree char *text = json_to_string(node, FALSE);

	send_text(text);
	send_text("\r\n");
}

static JsonNode *from_text(const char *format, ...) G_GNUC_PRINTF(1, 2);

static JsonNode *from_text(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	JsonNode *node = json_from_string(text, NULL);
	g_assert(node);
	return node;
}

/* Takes over @data. */
void fake_event(const char *name, JsonNode *data)
{
	g_autoptr(JsonNode) node =
		from_text("{\"timestamp\":{\"seconds\":1,\"microseconds\":2},\"event\":\"%s\"}", name);

	if (data)
		json_object_set_member(json_node_get_object(node), "data", data);
	send_node(node);
}

void fake_monitor_greet(int fd)
{
	g_autofree char *garbage = fake_trick("garbage");

	fake.monitor = fd;
	g_string_truncate(fake.input, 0);
	send_text("{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":2,\"major\":7},\"package\":"
		  "\"fake\"},\"capabilities\":[\"oob\"]}}\r\n");
	if (garbage)
		send_text("this is no JSON\r\n");
}

void fake_monitor_cut(void)
{
	if (fake.monitor > 0)
		shutdown(fake.monitor, SHUT_RDWR);
}

/* --- commands: each gives the value of "return"; NULL and *@error for an error; a reply of its own when *@error is "" --- */

typedef JsonNode *(*Command)(JsonObject *arguments, const char **error);

static JsonNode *empty(void)
{
	return from_text("{}");
}

static JsonNode *nothing(JsonObject *arguments, const char **error)
{
	return empty();
}

static JsonNode *query_version(JsonObject *arguments, const char **error)
{
	return from_text("{\"qemu\":{\"micro\":0,\"minor\":2,\"major\":7},\"package\":\"fake\"}");
}

static JsonNode *query_machines(JsonObject *arguments, const char **error)
{
	return from_text("[{\"name\":\"pc-q35-7.2\",\"alias\":\"q35\"},{\"name\":\"pc-i440fx-7.2\",\"alias\":"
			 "\"pc\"}]");
}

static JsonNode *query_types(JsonObject *arguments, const char **error)
{
	static const char *const models = "pcie-root-port virtio-blk-pci virtio-scsi-pci scsi-hd ide-hd "
					  "ide-cd ich9-ahci nvme virtio-net-pci e1000 e1000e rtl8139 VGA "
					  "virtio-vga isa-serial virtio-serial-pci virtserialport qemu-xhci "
					  "usb-tablet virtio-rng-pci virtio-balloon-pci vmgenid "
					  "pvpanic tpm-crb tpm-tis intel-hda ich9-intel-hda hda-output";
	g_auto(GStrv) names = g_strsplit(models, " ", -1);
	JsonNode *node = from_text("[]");

	for (char **name = names; *name; name++) {
		JsonObject *type = json_object_new();
		json_object_set_string_member(type, "name", *name);
		json_array_add_object_element(json_node_get_array(node), type);
	}
	return node;
}

static JsonNode *query_options(JsonObject *arguments, const char **error)
{
	return from_text(
		"[{\"option\":\"sandbox\",\"parameters\":[{\"name\":\"enable\"},{\"name\":\"spawn\"}]},"
		"{\"option\":\"vnc\",\"parameters\":[]}]");
}

static JsonNode *query_backends(JsonObject *arguments, const char **error)
{
	return from_text("[{\"name\":\"socket\"},{\"name\":\"qemu-vdagent\"}]");
}

/* The channel of the clipboard as QEMU 7.2 has it: in the way of a save, and busy for a while after its port is gone. */
static struct {
	gboolean chardev, port;
	guint busy;
} clipboard;

static JsonNode *chardev_add(JsonObject *arguments, const char **error)
{
	*error = clipboard.chardev ? "Chardev already exists" : NULL;
	clipboard.chardev = TRUE;
	return *error ? NULL : empty();
}

static JsonNode *chardev_remove(JsonObject *arguments, const char **error)
{
	if (!clipboard.chardev) {
		*error = "Chardev not found";
		return NULL;
	}
	if (clipboard.port || clipboard.busy > 0) {
		*error = "Chardev is busy";
		clipboard.busy--;
		return NULL;
	}
	clipboard.chardev = FALSE;
	return empty();
}

/* Adapters: how often somebody must look until the last one is gone. */
static guint leaving;

static gboolean is_adapter(JsonObject *arguments)
{
	return g_str_has_prefix(json_object_get_string_member(arguments, "id"), "nic");
}

static JsonNode *qom_get(JsonObject *arguments, const char **error)
{
	g_autofree char *stays = fake_trick("adapter-stays");

	if (stays || (leaving > 0 && leaving--))
		return from_text("\"child\"");
	*error = "Device not found";
	return NULL;
}

static JsonNode *query_blockstats(JsonObject *arguments, const char **error)
{
	return from_text("[{\"stats\":{\"rd_bytes\":1000,\"wr_bytes\":20}},{\"stats\":{\"rd_bytes\":3}}]");
}

static JsonNode *device_add(JsonObject *arguments, const char **error)
{
	if (is_adapter(arguments))
		return empty();
	*error = !clipboard.chardev ? "Property 'virtserialport.chardev' can't find value"
		 : clipboard.port   ? "Duplicate device ID"
				    : NULL;
	clipboard.port = TRUE;
	return *error ? NULL : empty();
}

static JsonNode *device_del(JsonObject *arguments, const char **error)
{
	if (is_adapter(arguments)) {
		leaving = 3;
		return empty();
	}
	if (!clipboard.port) {
		*error = "Device not found";
		return NULL;
	}
	clipboard.port = FALSE;
	clipboard.busy = 2;
	return empty();
}

static JsonNode *query_status(JsonObject *arguments, const char **error)
{
	return from_text("{\"status\":\"%s\",\"singlestep\":false,\"running\":%s}", fake.state,
			 g_str_equal(fake.state, "running") ? "true" : "false");
}

static JsonNode *cont(JsonObject *arguments, const char **error)
{
	if (g_str_equal(fake.state, "inmigrate")) {
		*error = "Expecting an incoming migration";
		return NULL;
	}
	fake_set_state("running", "RESUME");
	return empty();
}

static JsonNode *stop(JsonObject *arguments, const char **error)
{
	if (g_str_equal(fake.state, "running"))
		fake_set_state("paused", "STOP");
	return empty();
}

static JsonNode *reset(JsonObject *arguments, const char **error)
{
	fake_event("RESET", from_text("{\"guest\":false,\"reason\":\"host-qmp-system-reset\"}"));
	return empty();
}

static JsonNode *powerdown(JsonObject *arguments, const char **error)
{
	g_autofree char *stubborn = fake_trick("stubborn");

	fake_event("POWERDOWN", NULL);
	if (!stubborn && g_str_equal(fake.state, "running"))
		fake_power_off("guest-shutdown", TRUE);
	return empty();
}

static JsonNode *quit(JsonObject *arguments, const char **error)
{
	fake_power_off("host-qmp-quit", FALSE);
	return empty();
}

static JsonNode *getfd(JsonObject *arguments, const char **error)
{
	if (fake.got_fd < 0) {
		*error = "No file descriptor supplied via SCM_RIGHTS";
		return NULL;
	}
	g_hash_table_insert(fake.named_fds, g_strdup(json_object_get_string_member(arguments, "fdname")),
			    GINT_TO_POINTER(fake.got_fd));
	fake.got_fd = -1;
	return empty();
}

static int take_fd(JsonObject *arguments, const char **error)
{
	const char *uri = json_object_get_string_member(arguments, "uri");
	gpointer value = NULL;

	if (!g_str_has_prefix(uri, "fd:") || !(value = g_hash_table_lookup(fake.named_fds, uri + 3))) {
		*error = "File descriptor named in the URI has not been found";
		return -1;
	}
	g_hash_table_remove(fake.named_fds, uri + 3);
	return GPOINTER_TO_INT(value);
}

/* Both sides must agree, as QEMU checks it. */
static gboolean ignore_shared;

static JsonNode *set_capabilities(JsonObject *arguments, const char **error)
{
	JsonArray *list = json_object_get_array_member(arguments, "capabilities");
	JsonObject *one = json_array_get_object_element(list, 0);

	g_assert(g_str_equal(json_object_get_string_member(one, "capability"), "x-ignore-shared"));
	ignore_shared = json_object_get_boolean_member(one, "state");
	return empty();
}

static JsonNode *migrate(JsonObject *arguments, const char **error)
{
	g_autofree char *fails = fake_trick("save-fails");
	g_autofree char *hangs = fake_trick("save-hangs");
	int fd = take_fd(arguments, error);

	if (fd < 0)
		return NULL;
	if (clipboard.chardev) {
		close(fd);
		*error = "The vdagent chardev doesn't yet support migration";
		return NULL;
	}
	const char *state = ignore_shared ? STATE_TEXT_SHARED : STATE_TEXT;
	gboolean written = write(fd, state, strlen(STATE_TEXT)) == (ssize_t)strlen(STATE_TEXT);
	close(fd);
	fake.migration = fails || !written ? "failed" : hangs ? "active" : "completed";
	if (g_str_equal(fake.migration, "completed"))
		fake.state = "postmigrate";
	return empty();
}

static JsonNode *migrate_cancel(JsonObject *arguments, const char **error)
{
	fake.migration = "cancelled";
	return empty();
}

static JsonNode *migrate_incoming(JsonObject *arguments, const char **error)
{
	char text[sizeof STATE_TEXT] = "";
	int fd = take_fd(arguments, error);

	if (fd < 0)
		return NULL;
	if (read(fd, text, strlen(STATE_TEXT)) < 0 ||
	    !g_str_equal(text, ignore_shared ? STATE_TEXT_SHARED : STATE_TEXT)) {
		g_printerr("qemu-system-x86_64: load of migration failed: Invalid argument\n");
		exit(1); /* as QEMU 7.2 does */
	}
	close(fd);
	fake.migration = "completed";
	fake.state = "paused";
	return empty();
}

static JsonNode *query_migrate(JsonObject *arguments, const char **error)
{
	if (!fake.migration)
		return empty();
	return from_text("{\"status\":\"%s\",\"ram\":{\"total\":1000,\"remaining\":%d,\"transferred\":500}}",
			 fake.migration, g_str_equal(fake.migration, "completed") ? 0 : 500);
}

static JsonNode *fake_big(JsonObject *arguments, const char **error)
{
	g_autofree char *text = g_strnfill(BIG_REPLY, 'x');

	return json_node_init_string(json_node_alloc(), text);
}

static JsonNode *fake_event_command(JsonObject *arguments, const char **error)
{
	JsonNode *data = json_object_get_member(arguments, "data");

	fake_event(json_object_get_string_member(arguments, "name"), data ? json_node_copy(data) : NULL);
	return empty();
}

static JsonNode *fake_exit(JsonObject *arguments, const char **error)
{
	exit((int)json_object_get_int_member(arguments, "status"));
}

static const struct {
	const char *name;
	Command run;
} commands[] = {
	{"qmp_capabilities",                        nothing           },
	{ "query-version",                          query_version     },
	{ "query-machines",                         query_machines    },
	{ "qom-list-types",                         query_types       },
	{ "query-command-line-options",             query_options     },
	{ "query-status",			   query_status      },
	{ "cont",				   cont              },
	{ "stop",				   stop              },
	{ "system_reset",			   reset             },
	{ "system_powerdown",                       powerdown         },
	{ "quit",				   quit              },
	{ "set_link",			       nothing           },
	{ "query-chardev-backends",                 query_backends    },
	{ "chardev-add",			    chardev_add       },
	{ "chardev-remove",                         chardev_remove    },
	{ "device_add",			     device_add        },
	{ "device_del",			     device_del        },
	{ "netdev_add",			     nothing           },
	{ "netdev_del",			     nothing           },
	{ "qom-get",				qom_get           },
	{ "query-blockstats",                       query_blockstats  },
	{ "blockdev-add",			   nothing           },
	{ "blockdev-del",			   nothing           },
	{ "transaction",			    nothing           },
	{ "blockdev-snapshot-delete-internal-sync", nothing           },
	{ "blockdev-open-tray",                     nothing           },
	{ "blockdev-close-tray",                    nothing           },
	{ "blockdev-remove-medium",                 nothing           },
	{ "blockdev-insert-medium",                 nothing           },
	{ "getfd",				  getfd             },
	{ "migrate-set-capabilities",               set_capabilities  },
	{ "migrate-set-parameters",                 nothing           },
	{ "migrate",				migrate           },
	{ "migrate_cancel",                         migrate_cancel    },
	{ "migrate-incoming",                       migrate_incoming  },
	{ "query-migrate",                          query_migrate     },
	{ "fake-big",			       fake_big          },
	{ "fake-event",			     fake_event_command},
	{ "fake-exit",			      fake_exit         },
};

static gboolean trick_is(const char *name, const char *value)
{
	g_autofree char *wanted = fake_trick(name);

	return g_strcmp0(wanted, value) == 0;
}

static JsonNode *run(const char *name, JsonObject *arguments, const char **error)
{
	if (trick_is("crash", name))
		abort();
	if (trick_is("refuse", name)) {
		*error = "refused as told";
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(commands[i].name, name))
			return commands[i].run(arguments, error);
	*error = "The command has not been found";
	return NULL;
}

static void take_line(const char *line)
{
	g_autoptr(JsonNode) node = json_from_string(line, NULL);
	g_autofree char *mute = fake_trick("mute");
	g_autofree char *chatty = fake_trick("chatty");
	const char *error = "The command cannot be parsed";

	if (mute || !node || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	JsonObject *object = json_node_get_object(node);
	const char *name = json_object_get_string_member_with_default(object, "execute", "");
	JsonNode *id = json_object_get_member(object, "id");
	JsonObject *arguments = json_object_has_member(object, "arguments")
					? json_object_get_object_member(object, "arguments")
					: NULL;
	if (trick_is("hang", name))
		return;
	if (chatty)
		fake_event("RTC_CHANGE", from_text("{\"offset\":1}"));
	g_autoptr(JsonNode) reply = empty();
	JsonNode *value = run(name, arguments, &error);
	if (value)
		json_object_set_member(json_node_get_object(reply), "return", value);
	else
		json_object_set_member(json_node_get_object(reply), "error",
				       from_text("{\"class\":\"GenericError\",\"desc\":\"%s\"}", error));
	if (id)
		json_object_set_member(json_node_get_object(reply), "id", json_node_copy(id));
	send_node(reply);
}

static gssize receive(int fd, char *buffer, gsize size)
{
	struct iovec part = { buffer, size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof control };

	if (fd == 0)
		return read(0, buffer, size);
	gssize got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fake.got_fd, CMSG_DATA(header), sizeof(int));
	return got;
}

/* FALSE: the client left. */
gboolean fake_monitor_read(int fd)
{
	char buffer[4096];
	gssize got = receive(fd, buffer, sizeof buffer);
	char *newline;

	if (got <= 0)
		return FALSE;
	g_string_append_len(fake.input, buffer, got);
	while ((newline = strchr(fake.input->str, '\n'))) {
		g_autofree char *line = g_strndup(fake.input->str, (gsize)(newline - fake.input->str));
		g_string_erase(fake.input, 0, newline + 1 - fake.input->str);
		take_line(line);
	}
	return TRUE;
}
