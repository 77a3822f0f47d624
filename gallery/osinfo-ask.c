#include "gallery/osinfo-ask.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/osinfo.h"

#define TIMEOUT_MS (60 * 1000)
/* child.h keeps no more of an answer. */
#define ANSWER_MAX (1024 * 1024)
#define KEPT_MAX   256
#define SYSTEM_DB  "/usr/share/osinfo"

typedef struct {
	char *file; /* where the answer is kept, or NULL */
} Ask;

static void ask_free(gpointer data)
{
	Ask *ask = data;

	g_free(ask->file);
	g_free(ask);
}

static char *kept_folder(void)
{
	g_autofree char *cache = paths_cache_dir();

	return g_build_filename(cache, "osinfo", NULL);
}

/* Size and time of a file; a folder's time changes with its entries. */
static void add_stamp(GString *key, const char *path)
{
	struct stat st = { 0 };

	if (path && stat(path, &st) < 0)
		st = (struct stat){ 0 };
	g_string_append_printf(key, "%s\n%lld %lld.%09ld\n", path ? path : "", (long long)st.st_size,
			       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* The question, the file that it is about, the database and the program, all in one name. */
static char *kept_file(const char *const *argv, const char *about)
{
	g_autoptr(GString) key = g_string_new(NULL);
	g_autofree char *folder = kept_folder();
	const char *system = g_getenv("OSINFO_SYSTEM_DIR");
	g_autofree char *version = g_build_filename(system ? system : SYSTEM_DB, "VERSION", NULL);

	for (guint i = 1; argv[i]; i++)
		g_string_append_printf(key, "%s\n", argv[i]);
	add_stamp(key, argv[0]);
	add_stamp(key, system ? system : SYSTEM_DB);
	add_stamp(key, version);
	add_stamp(key, about);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key->str, -1);
	g_autofree char *name = g_strdup_printf("%s.json", hash);
	return g_build_filename(folder, name, NULL);
}

/* Old answers are never asked for again: when there are too many all go. */
static void keep(const char *file, const char *answer)
{
	g_autofree char *folder = kept_folder();
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GError) error = NULL;
	guint count = 0;

	while (dir && g_dir_read_name(dir))
		count++;
	if ((count > KEPT_MAX && !file_remove_tree(folder, &error)) ||
	    !paths_ensure_private(folder, &error) || !file_replace(file, answer, -1, 0600, &error))
		g_info("an answer of carrel-osinfo is not kept: %s", error->message);
}

static CarrelError code_of(int status)
{
	for (int code = 0; code < CARREL_ERROR_LAST; code++) {
		g_autoptr(GError) error = g_error_new_literal(CARREL_ERROR, code, "");
		if (status > 1 && error_exit_status(error) == status)
			return (CarrelError)code;
	}
	return CARREL_ERROR_FAILED;
}

/* The program's own sentence, without the name of a program that nobody has started. */
static GError *refusal(GAsyncResult *result, const GError *error)
{
	static const char prefix[] = "carrel-osinfo failed: ";
	const char *words = error->message;

	if (!g_str_has_prefix(words, prefix))
		return g_error_copy(error);
	return g_error_new_literal(CARREL_ERROR, (gint)code_of(child_run_status(result)),
				   words + sizeof prefix - 1);
}

static void on_answer(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Ask *ask = g_task_get_task_data(task);
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (!child) {
		g_task_return_error(task, refusal(result, error));
		return;
	}
	if (ask->file)
		keep(ask->file, child->out);
	g_task_return_pointer(task, g_steal_pointer(&child->out), g_free);
}

void osinfo_ask(const char *const *args, const char *about, gboolean kept, GCancellable *cancellable,
		GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autofree char *program = paths_program("carrel-osinfo");
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	Ask *ask = g_new0(Ask, 1);

	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, ask, ask_free);
	g_ptr_array_add(argv, program);
	for (; *args; args++)
		g_ptr_array_add(argv, (gpointer)*args);
	g_ptr_array_add(argv, NULL);
	const char *const *words = (const char *const *)argv->pdata;
	ask->file = kept ? kept_file(words, about) : NULL;
	char *answer = ask->file ? file_read(ask->file, ANSWER_MAX, NULL, NULL) : NULL;
	if (answer) {
		g_task_return_pointer(task, answer, g_free);
		g_object_unref(task);
		return;
	}
	child_run(words, TIMEOUT_MS, NULL, NULL, cancellable, on_answer, task);
}

char *osinfo_ask_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
