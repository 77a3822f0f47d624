/*
 * What a QEMU binary offers, found by asking it: one start with no machine, a handful of QMP questions, and its list of displays.
 * Some answers come from trying (a user-mode netdev, a file opened with io_uring), because being compiled in does not mean that it works.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "hv/qemu-caps-private.h"

/* 7.2, as major * 100 + minor. */
#define VERSION_FLOOR 702
#define PATIENCE_MS   (10 * 1000)
#define INSTALL_HINT  "install it, on Debian and Ubuntu with `apt install qemu-system-x86'"

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

QemuCaps *qemu_caps_new(const char *binary, const char *arch)
{
	QemuCaps *caps = g_new0(QemuCaps, 1);

	caps->binary = g_strdup(binary);
	caps->arch = g_strdup(arch);
	caps->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return caps;
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

static void take_backend(QemuCaps *caps, JsonObject *backend)
{
	if (g_str_equal(json_string_or(backend, "name", ""), "qemu-vdagent"))
		caps->vdagent = TRUE;
}

static void take_backends(QemuCaps *caps, JsonNode *answer)
{
	each_object(caps, answer, take_backend);
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
	{ "query-chardev-backends",     NULL,					     take_backends},
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
	guint patience_source;
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
	g_auto(GStrv) numbers = g_strsplit(caps->version ? caps->version : "", ".", -1);

	if (g_strv_length(numbers) < 2)
		return error_set(error, CARREL_ERROR_HOST, "try `carrel host check'",
				 "`%s' does not answer as a QEMU does", caps->binary);
	if (g_ascii_strtoull(numbers[0], NULL, 10) * 100 + g_ascii_strtoull(numbers[1], NULL, 10) <
	    VERSION_FLOOR)
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
		qemu_caps_save(probe->caps);
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

	g_clear_handle_id(&probe->patience_source, g_source_remove);
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

static gboolean on_patience(gpointer process)
{
	g_subprocess_force_exit(process);
	return G_SOURCE_CONTINUE; /* removed with its end */
}

/* The questions as a file: a pipe could break while we write, when the program is no QEMU. */
static int questions_file(const char *binary)
{
	g_autofree char *text = all_questions(binary);
	gssize length = (gssize)strlen(text);
	autofd fd = memfd_create("questions", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, (gsize)length) != length || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return fd_steal(&fd);
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
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GError) error = NULL;
	int fd = questions_file(probe->caps->binary);

	if (fd >= 0)
		g_subprocess_launcher_take_stdin_fd(launcher, fd);
	g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, &error);
	if (process) {
		probe->patience_source = g_timeout_add(PATIENCE_MS, on_patience, process);
		g_subprocess_communicate_utf8_async(process, NULL, g_task_get_cancellable(task), on_answers,
						    task);
		return;
	}
	probe->error = error_new(CARREL_ERROR_HOST, "reinstall it", "cannot ask `%s': %s",
				 probe->caps->binary, error->message);
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
	QemuCaps *cached = binary ? qemu_caps_load(binary) : NULL;

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
	probe->caps = qemu_caps_new(binary, arch);
	probe->waiting = 2;
	g_task_set_task_data(task, probe, probe_free);
	ask_by_qmp(task);
	child_run(displays, PATIENCE_MS, NULL, NULL, cancellable, on_displays, task);
}

QemuCaps *qemu_caps_probe_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
