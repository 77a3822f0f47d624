#include "model/ssh-key.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"

#define KEY_MAX        16384
#define KEYS_MAX       64
#define KEYGEN_TIMEOUT 20000

/* --- keys of others -------------------------------------------------------------------------------------------------- */

gboolean ssh_key_check(const char *line, GError **error)
{
	if (strstr(line, "PRIVATE KEY"))
		return error_set(error, CARREL_ERROR_USAGE, "give the file that ends in .pub",
				 "a private key was given where a public one is wanted");
	gboolean good = strlen(line) <= KEY_MAX && g_utf8_validate(line, -1, NULL) && strchr(line, ' ');
	for (const char *p = line; good && *p; p++)
		good = !g_ascii_iscntrl(*p);
	/* The base64 of every key begins with the length of its type's name. */
	if (good && strstr(line, "AAAA"))
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE, "give a file like ~/.ssh/id_ed25519.pub",
			 "`%.20s...' is no public key for ssh", line);
}

static gboolean has_key(const GPtrArray *keys, const char *line)
{
	for (guint i = 0; i < keys->len; i++)
		if (g_str_equal(keys->pdata[i], line))
			return TRUE;
	return FALSE;
}

gboolean ssh_key_add_text(const char *text, GPtrArray *keys, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **word = lines; *word; word++) {
		const char *line = g_strstrip(*word);
		if (!*line || *line == '#' || has_key(keys, line))
			continue;
		if (!ssh_key_check(line, error))
			return FALSE;
		if (keys->len >= KEYS_MAX)
			return error_set(error, CARREL_ERROR_USAGE, NULL, "more than %d ssh keys were given",
					 KEYS_MAX);
		g_ptr_array_add(keys, g_strdup(line));
	}
	return TRUE;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is no key there is somebody else's business. */
void ssh_key_add_users(const char *home, GPtrArray *keys)
{
	g_autofree char *folder = g_build_filename(home, ".ssh", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".pub") && !g_str_has_suffix(name, "-cert.pub"))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
		g_autofree char *text = file_read(path, KEY_MAX, NULL, NULL);
		if (text)
			ssh_key_add_text(text, keys, NULL);
	}
}

/* --- our own --------------------------------------------------------------------------------------------------------- */

static char *public_of(const char *private)
{
	return g_strconcat(private, ".pub", NULL);
}

static char *read_public(const char *private, GError **error)
{
	g_autofree char *path = public_of(private);
	g_autofree char *text = file_read(path, KEY_MAX, NULL, error);

	if (!text || !ssh_key_check(g_strstrip(text), error))
		return NULL;
	return g_steal_pointer(&text);
}

/* @made becomes the key unless somebody else was quicker. The private key comes last: who sees it sees the pair. */
static gboolean take_pair(const char *made, const char *wanted, GError **error)
{
	g_autofree char *made_public = public_of(made), *wanted_public = public_of(wanted);

	if (g_file_test(wanted, G_FILE_TEST_EXISTS)) {
		unlink(made);
		unlink(made_public);
		return TRUE;
	}
	if (g_rename(made_public, wanted_public) < 0 || g_rename(made, wanted) < 0)
		return file_error(error, errno, "write key", wanted);
	return TRUE;
}

static void on_made(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	g_autofree char *wanted = paths_ssh_key();
	GError *error = NULL;
	g_autoptr(ChildResult) output = child_run_finish(result, &error);
	char *key = NULL;

	if (output && take_pair(g_task_get_task_data(task), wanted, &error))
		key = read_public(wanted, &error);
	if (key)
		g_task_return_pointer(task, key, g_free);
	else
		g_task_return_error(task, error);
}

void ssh_key_ensure(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
	static guint number;
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	g_autofree char *wanted = paths_ssh_key();
	g_autofree char *folder = g_path_get_dirname(wanted);
	GError *error = NULL;
	char *key = NULL;

	g_task_set_check_cancellable(task, FALSE);
	if (g_file_test(wanted, G_FILE_TEST_EXISTS))
		key = read_public(wanted, &error);
	if (key) {
		g_task_return_pointer(task, key, g_free);
		g_object_unref(task);
	} else if (error || !paths_ensure_private(folder, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
	} else {
		char *part = g_strdup_printf("%s.%d-%u", wanted, (int)getpid(), ++number);
		const char *argv[] = { "ssh-keygen", "-q",     "-t", "ed25519", "-N", "",
				       "-C",         "carrel", "-f", part,      NULL };
		g_task_set_task_data(task, part, g_free);
		child_run(argv, KEYGEN_TIMEOUT, NULL, NULL, cancellable, on_made, task);
	}
}

char *ssh_key_ensure_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
