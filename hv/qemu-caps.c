/*
 * What a QEMU binary offers, found by asking it: one start with no machine, a handful of QMP questions, and its list of displays.
 * Some answers come from trying (a user-mode netdev, a file opened with io_uring), because being compiled in does not mean that it works.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "hv/host.h"

/* Raise it when the meaning of the cached file changes. */
#define CACHE_FORMAT 1
#define INSTALL_HINT "install it, on Debian and Ubuntu with `apt install qemu-system-x86'"

void qemu_caps_free(QemuCaps *caps)
{
	if (!caps)
		return;
	g_free(caps->binary);
	g_free(caps->version);
	g_free(caps->arch);
	g_free(caps->machine_q35);
	g_free(caps->machine_pc);
	g_clear_pointer(&caps->devices, g_hash_table_unref);
	g_free(caps);
}

gboolean qemu_caps_has_device(const QemuCaps *caps, const char *model)
{
	return g_hash_table_contains(caps->devices, model);
}

static QemuCaps *caps_new(const char *binary, const char *arch)
{
	QemuCaps *caps = g_new0(QemuCaps, 1);

	caps->binary = g_strdup(binary);
	caps->arch = g_strdup(arch);
	caps->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return caps;
}

/* --- the cache: one JSON object, valid for one binary as it was --- */

typedef struct {
	const char *key;
	gsize offset;
} CapsField;

static const CapsField string_fields[] = {
	{"version",      offsetof(QemuCaps, version)    },
	{ "arch",        offsetof(QemuCaps, arch)       },
	{ "machine_q35", offsetof(QemuCaps, machine_q35)},
	{ "machine_pc",  offsetof(QemuCaps, machine_pc) },
};

static const CapsField bool_fields[] = {
	{"display_dbus", offsetof(QemuCaps, display_dbus)},
        { "vnc",         offsetof(QemuCaps, vnc)         },
	{ "io_uring",    offsetof(QemuCaps, io_uring)    },
        { "sandbox",     offsetof(QemuCaps, sandbox)     },
	{ "user_net",    offsetof(QemuCaps, user_net)    },
};

#define FIELD(type, caps, field) (*(type *)((char *)(caps) + (field)->offset))

/* The name holds a hash of the path, so that two binaries do not push each other out. */
static char *cache_path(const char *binary)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, binary, -1);

	return g_strdup_printf("%s/qemu-caps-%.12s.json", dir, hash);
}

/* Path, size, mtime, and what else the answers depend on: the kernel (io_uring) and QEMU's loadable modules (display). */
static char *cache_stamp(const char *binary)
{
	static const char *const module_dirs[] = { "/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib64/qemu",
						   "/usr/lib/qemu" };
	struct utsname host;
	struct stat st;

	if (stat(binary, &st) < 0 || uname(&host) < 0)
		return NULL;
	GString *stamp = g_string_new(NULL);
	g_string_printf(stamp, "%d %s %lld %lld.%09ld %s", CACHE_FORMAT, binary, (long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, host.release);
	for (gsize i = 0; i < G_N_ELEMENTS(module_dirs); i++)
		if (stat(module_dirs[i], &st) == 0)
			g_string_append_printf(stamp, " %lld", (long long)st.st_mtim.tv_sec);
	return g_string_free(stamp, FALSE);
}

static QemuCaps *caps_from_json(JsonObject *object, const char *binary)
{
	g_autoptr(QemuCaps) caps = caps_new(binary, NULL);
	JsonArray *devices = json_get_array(object, "devices", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(string_fields); i++) {
		const char *text = json_string_or(object, string_fields[i].key, NULL);
		if (!text)
			return NULL;
		FIELD(char *, caps, &string_fields[i]) = g_strdup(text);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bool_fields); i++)
		FIELD(gboolean, caps, &bool_fields[i]) = json_bool_or(object, bool_fields[i].key, FALSE);
	if (!devices)
		return NULL;
	for (guint i = 0; i < json_array_get_length(devices); i++) {
		const char *name = json_node_get_string(json_array_get_element(devices, i));
		g_hash_table_add(caps->devices, g_strdup(name ? name : ""));
	}
	return g_steal_pointer(&caps);
}

static QemuCaps *cache_load(const char *binary)
{
	g_autofree char *path = cache_path(binary);
	g_autofree char *stamp = cache_stamp(binary);
	g_autofree char *text = NULL;
	gsize length;

	if (!stamp || !g_file_get_contents(path, &text, &length, NULL))
		return NULL;
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, NULL);
	JsonObject *object = node ? json_as_object(node, path, NULL) : NULL;
	if (!object || g_strcmp0(json_string_or(object, "stamp", NULL), stamp) != 0)
		return NULL;
	return caps_from_json(object, binary);
}

static void cache_save(const QemuCaps *caps)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *path = cache_path(caps->binary);
	g_autofree char *stamp = cache_stamp(caps->binary);
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();
	JsonArray *devices = json_array_new();
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(caps->devices), (GCompareFunc)strcmp);
	g_autoptr(GError) error = NULL;

	json_node_take_object(node, object);
	json_object_set_string_member(object, "stamp", stamp ? stamp : "");
	for (gsize i = 0; i < G_N_ELEMENTS(string_fields); i++)
		json_object_set_string_member(object, string_fields[i].key,
					      FIELD(char *, caps, &string_fields[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bool_fields); i++)
		json_object_set_boolean_member(object, bool_fields[i].key,
					       FIELD(gboolean, caps, &bool_fields[i]));
	for (GList *name = names; name; name = name->next)
		json_array_add_string_element(devices, name->data);
	json_object_set_array_member(object, "devices", devices);
	g_autofree char *text = json_text(node, TRUE);
	if (g_mkdir_with_parents(dir, 0700) < 0 || !file_replace(path, text, -1, 0600, &error))
		g_debug("capabilities of QEMU are not cached: %s", error ? error->message : dir);
}

/* --- the answers, each by the id of its question --- */

static void take_version(QemuCaps *caps, JsonNode *answer)
{
	JsonObject *object = json_as_object(answer, "version", NULL);
	JsonObject *qemu = object ? json_get_object(object, "qemu", NULL) : NULL;

	if (qemu)
		caps->version = g_strdup_printf("%d.%d.%d", (int)json_int_or(qemu, "major", 0),
						(int)json_int_or(qemu, "minor", 0),
						(int)json_int_or(qemu, "micro", 0));
}

/* Calls @take for each object of a list. */
static void each_object(QemuCaps *caps, JsonNode *answer, void (*take)(QemuCaps *caps, JsonObject *object))
{
	JsonArray *list = JSON_NODE_HOLDS_ARRAY(answer) ? json_node_get_array(answer) : NULL;

	for (guint i = 0; list && i < json_array_get_length(list); i++) {
		JsonObject *object = json_as_object(json_array_get_element(list, i), "element", NULL);
		if (object)
			take(caps, object);
	}
}

static void take_machine(QemuCaps *caps, JsonObject *machine)
{
	const char *alias = json_string_or(machine, "alias", "");
	const char *name = json_string_or(machine, "name", "");

	if (g_str_equal(alias, "q35") && !caps->machine_q35)
		caps->machine_q35 = g_strdup(name);
	if (g_str_equal(alias, "pc") && !caps->machine_pc)
		caps->machine_pc = g_strdup(name);
}

static void take_machines(QemuCaps *caps, JsonNode *answer)
{
	each_object(caps, answer, take_machine);
}

static void take_device(QemuCaps *caps, JsonObject *type)
{
	const char *name = json_string_or(type, "name", NULL);

	if (name)
		g_hash_table_add(caps->devices, g_strdup(name));
}

static void take_devices(QemuCaps *caps, JsonNode *answer)
{
	each_object(caps, answer, take_device);
}

static void take_option(QemuCaps *caps, JsonObject *option)
{
	const char *name = json_string_or(option, "option", "");
	JsonArray *parameters = json_get_array(option, "parameters", NULL);

	/* Without seccomp the option is known but has no parameters. */
	if (g_str_equal(name, "sandbox") && parameters && json_array_get_length(parameters) > 1)
		caps->sandbox = TRUE;
	if (g_str_equal(name, "vnc"))
		caps->vnc = TRUE;
}

static void take_options(QemuCaps *caps, JsonNode *answer)
{
	each_object(caps, answer, take_option);
}

static void take_user_net(QemuCaps *caps, JsonNode *answer)
{
	caps->user_net = TRUE;
}

static void take_io_uring(QemuCaps *caps, JsonNode *answer)
{
	caps->io_uring = TRUE;
}

typedef struct {
	const char *command;
	const char *arguments;                          /* JSON; %s = the binary's path, quoted */
	void (*take)(QemuCaps *caps, JsonNode *answer); /* of a success; an error means "no" */
} Question;

/* The index is the id. */
static const Question questions[] = {
	{"qmp_capabilities",            NULL,					     NULL         },
	{ "query-version",              NULL,					     take_version },
	{ "query-machines",             NULL,					     take_machines},
	{ "qom-list-types",             "{\"implements\":\"device\",\"abstract\":false}", take_devices },
	{ "query-command-line-options", NULL,                                             take_options },
	{ "netdev_add",                 "{\"type\":\"user\",\"id\":\"probe\"}",           take_user_net},
	{ "blockdev-add",
         "{\"driver\":\"file\",\"node-name\":\"probe\",\"read-only\":true,\"locking\":\"off\",\"aio\":\"io_"
	  "uring\",\"filename\":%s}",						     take_io_uring},
	{ "quit",		       NULL,					     NULL         },
};

static char *all_questions(const char *binary)
{
	GString *text = g_string_new(NULL);
	g_autoptr(JsonNode) path = json_node_init_string(json_node_alloc(), binary);
	g_autofree char *quoted = json_text(path, FALSE);

	for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
		const Question *question = &questions[i];
		g_string_append_printf(text, "{\"execute\":\"%s\",\"id\":%u", question->command, i);
		if (question->arguments) {
			g_auto(GStrv) halves = g_strsplit(question->arguments, "%s", 2);
			g_string_append_printf(text, ",\"arguments\":%s%s%s", halves[0],
					       halves[1] ? quoted : "", halves[1] ? halves[1] : "");
		}
		g_string_append(text, "}\n");
	}
	return g_string_free(text, FALSE);
}

static void take_answers(QemuCaps *caps, const char *output)
{
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autoptr(JsonNode) node = **line ? json_parse(g_strchomp(*line), -1, NULL) : NULL;
		JsonObject *object = node ? json_as_object(node, "answer", NULL) : NULL;
		gint64 id = object ? json_int_or(object, "id", -1) : -1;
		JsonNode *answer = object ? json_object_get_member(object, "return") : NULL;
		if (answer && id >= 0 && id < (gint64)G_N_ELEMENTS(questions) && questions[id].take)
			questions[id].take(caps, answer);
	}
}

/* --- the probe: both children run side by side --- */

typedef struct {
	QemuCaps *caps;
	GError *error;
	guint waiting;
} Probe;

static void probe_free(gpointer data)
{
	Probe *probe = data;

	qemu_caps_free(probe->caps);
	g_clear_error(&probe->error);
	g_free(probe);
}

static gboolean caps_usable(const QemuCaps *caps, GError **error)
{
	int major = 0, minor = 0;

	if (!caps->version || sscanf(caps->version, "%d.%d", &major, &minor) != 2)
		return error_set(error, CARREL_ERROR_HOST, "try `carrel host check'",
				 "`%s' does not answer as a QEMU does", caps->binary);
	if (major * 100 + minor < 702)
		return error_set(error, CARREL_ERROR_HOST, "install QEMU 7.2 or newer",
				 "QEMU %s at `%s' is too old", caps->version, caps->binary);
	if (!caps->machine_q35 || !caps->machine_pc)
		return error_set(error, CARREL_ERROR_HOST, INSTALL_HINT, "`%s' has no PC machine types",
				 caps->binary);
	return TRUE;
}

static void probe_step(GTask *task)
{
	Probe *probe = g_task_get_task_data(task);

	if (--probe->waiting > 0)
		return;
	if (!probe->error && caps_usable(probe->caps, &probe->error))
		cache_save(probe->caps);
	if (probe->error)
		g_task_return_error(task, g_steal_pointer(&probe->error));
	else
		g_task_return_pointer(task, g_steal_pointer(&probe->caps), (GDestroyNotify)qemu_caps_free);
	g_object_unref(task);
}

static const char *last_words(const char *text)
{
	const char *newline = strrchr(text, '\n');

	return newline ? newline + 1 : text;
}

static void on_answers(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Probe *probe = g_task_get_task_data(task);
	GSubprocess *process = G_SUBPROCESS(source);
	g_autofree char *output = NULL, *words = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_subprocess_communicate_utf8_finish(process, result, &output, &words, &error)) {
		g_subprocess_force_exit(process);
		probe->error = error_new(CARREL_ERROR_HOST, NULL, "cannot ask `%s': %s", probe->caps->binary,
					 error->message);
	} else if (!g_subprocess_get_successful(process)) {
		probe->error = error_new(CARREL_ERROR_HOST, "reinstall it", "`%s' does not work: %s",
					 probe->caps->binary, last_words(g_strchomp(words)));
	} else {
		take_answers(probe->caps, output);
	}
	probe_step(task);
}

static void ask_by_qmp(GTask *task)
{
	Probe *probe = g_task_get_task_data(task);
	const char *argv[] = { probe->caps->binary,
			       "-machine",
			       "none",
			       "-nodefaults",
			       "-no-user-config",
			       "-display",
			       "none",
			       "-S",
			       "-qmp",
			       "stdio",
			       NULL };
	g_autofree char *text = all_questions(probe->caps->binary);
	g_autoptr(GSubprocess) process =
		g_subprocess_newv(argv,
				  G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
					  G_SUBPROCESS_FLAGS_STDERR_PIPE,
				  &probe->error);

	if (process)
		g_subprocess_communicate_utf8_async(process, text, g_task_get_cancellable(task), on_answers,
						    task);
	else
		probe_step(task);
}

static void on_displays(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Probe *probe = g_task_get_task_data(task);
	g_autoptr(ChildResult) child = child_run_finish(result, NULL);
	g_auto(GStrv) lines = g_strsplit(child ? child->out : "", "\n", -1);

	probe->caps->display_dbus = g_strv_contains((const char *const *)lines, "dbus");
	probe_step(task);
}

static char *find_binary(const char *arch, GError **error)
{
	const char *wanted = g_getenv("CARREL_QEMU");
	g_autofree char *name = g_strdup_printf("qemu-system-%s", arch);
	g_autofree char *found = g_find_program_in_path(wanted && *wanted ? wanted : name);

	if (found)
		return g_canonicalize_filename(found, NULL);
	if (wanted && *wanted)
		error_set(error, CARREL_ERROR_HOST, "correct CARREL_QEMU or unset it",
			  "there is no program `%s'", wanted);
	else
		error_set(error, CARREL_ERROR_HOST, INSTALL_HINT, "QEMU (`%s') is not installed", name);
	return NULL;
}

static char *host_arch(GError **error)
{
	struct utsname host;

	if (uname(&host) < 0 || !g_str_equal(host.machine, "x86_64")) {
		error_set(error, CARREL_ERROR_HOST, "use an x86_64 host",
			  "carrel knows PC machines only, and this host is %s", host.machine);
		return NULL;
	}
	return g_strdup(host.machine);
}

void qemu_caps_probe(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autoptr(GError) error = NULL;
	g_autofree char *arch = host_arch(&error);
	g_autofree char *binary = arch ? find_binary(arch, &error) : NULL;
	QemuCaps *cached = binary ? cache_load(binary) : NULL;

	if (!binary || cached) {
		if (cached)
			g_task_return_pointer(task, cached, (GDestroyNotify)qemu_caps_free);
		else
			g_task_return_error(task, g_steal_pointer(&error));
		g_object_unref(task);
		return;
	}
	const char *displays[] = { binary, "-display", "help", NULL };
	Probe *probe = g_new0(Probe, 1);
	probe->caps = caps_new(binary, arch);
	probe->waiting = 2;
	g_task_set_task_data(task, probe, probe_free);
	ask_by_qmp(task);
	child_run(displays, 10 * 1000, NULL, NULL, cancellable, on_displays, task);
}

QemuCaps *qemu_caps_probe_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
