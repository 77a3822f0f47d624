/*
 * What unit tests share: folders that go away, waiting for asynchronous results, errors, golden files.
 * Static functions in a header, so that a test is one source file.
 */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* A test that hangs ends here, with its name, rather than at the runner's limit. */
#define SUPPORT_TIMEOUT_S 120

typedef char TempDir;

static inline void temp_dir_remove(TempDir *dir)
{
	g_autoptr(GError) error = NULL;

	file_remove_tree(dir, &error);
	g_assert_no_error(error);
	g_free(dir);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TempDir, temp_dir_remove)

/* A new empty folder: g_autoptr(TempDir) dir = temp_dir_new(); */
static inline TempDir *temp_dir_new(void)
{
	g_autoptr(GError) error = NULL;
	char *dir = g_dir_make_tmp("carrel-test-XXXXXX", &error);

	g_assert_no_error(error);
	return dir;
}

static inline void write_file(const char *path, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, text, -1, &error);
	g_assert_no_error(error);
}

static inline gint support_compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted and separated by blanks. */
static inline char *list_dir(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, support_compare_names);
	GString *list = g_string_new(NULL);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(list, "%s%s", i ? " " : "", (char *)names->pdata[i]);
	return g_string_free(list, FALSE);
}

/* --- waiting ----------------------------------------------------------------------------------------------------------- */

static inline gboolean support_too_long(gpointer data)
{
	g_error("a test did not get what it waits for: %s", (const char *)data);
	return G_SOURCE_REMOVE;
}

/* Runs the main loop until @condition, an expression, is true. */
#define wait_until(condition)                                                                                \
	do {                                                                                                 \
		guint support_timer =                                                                        \
			g_timeout_add_seconds(SUPPORT_TIMEOUT_S, support_too_long, (gpointer) #condition);   \
		while (!(condition))                                                                         \
			g_main_context_iteration(NULL, TRUE);                                                \
		g_source_remove(support_timer);                                                              \
	} while (0)

/* A GAsyncReadyCallback: keeps the result in the GAsyncResult * that @data points to. */
static inline void keep_result(GObject *source, GAsyncResult *result, gpointer data)
{
	*(GAsyncResult **)data = g_object_ref(result);
}

static inline gboolean support_wake_up(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

/* The same for what no source of the main loop tells of: looked at every few milliseconds. */
#define poll_until(condition)                                                                                \
	do {                                                                                                 \
		guint support_poll = g_timeout_add(5, support_wake_up, NULL);                                \
		wait_until(condition);                                                                       \
		g_source_remove(support_poll);                                                               \
	} while (0)

static inline gboolean support_process_is_gone(const char *pid_file)
{
	g_autofree char *pid = NULL;
	g_autofree char *words = NULL;
	gsize length = 0;

	g_assert_true(g_file_get_contents(pid_file, &pid, NULL, NULL));
	g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)g_ascii_strtoll(pid, NULL, 10));
	/* A dead one that nobody has waited for yet has no words any more. */
	return !g_file_get_contents(path, &words, &length, NULL) || length == 0;
}

/* Waits until a program has made @path; it should do so by renaming, so that the content is whole. */
static inline void wait_for_file(const char *path)
{
	poll_until(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* Waits until the process whose pid stands in @pid_file has ended. */
static inline void wait_until_gone(const char *pid_file)
{
	poll_until(support_process_is_gone(pid_file));
}

/* --- errors ------------------------------------------------------------------------------------------------------------ */

/* @error is a carrel error with @code whose sentence contains @words; it is cleared. */
#define assert_carrel_error(error, error_code, words)                                                        \
	do {                                                                                                 \
		g_assert_error((error), CARREL_ERROR, (gint)(error_code));                                   \
		if (!strstr((error)->message, (words)))                                                      \
			g_error("%s:%d: `%s' is not in: %s", __FILE__, __LINE__, (words), (error)->message); \
		g_clear_error(&(error));                                                                     \
	} while (0)

/* --- golden files ------------------------------------------------------------------------------------------------------ */

/* @text is what stands in tests/golden/@name; CARREL_GOLDEN=write writes it there. */
static inline void assert_golden(const char *name, const char *text)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", name, NULL);
	g_autofree char *expected = NULL;
	g_autoptr(GError) error = NULL;

	if (g_strcmp0(g_getenv("CARREL_GOLDEN"), "write") == 0) {
		g_autofree char *dir = g_path_get_dirname(path);
		g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
		write_file(path, text);
	}
	g_file_get_contents(path, &expected, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, expected);
}
