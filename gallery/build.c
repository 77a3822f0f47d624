#include "gallery/build.h"

#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "gallery/copy.h"
#include "gallery/note.h"

#define STEP_NAME_MAX       20
#define BUILDER_HOST_CANNOT 5

typedef struct {
	char *name, *note_from, *note_to;
	GalleryProgress progress;
	gpointer progress_data;
} Build;

static void build_free(gpointer data)
{
	Build *build = data;

	g_free(build->name);
	g_free(build->note_from);
	g_free(build->note_to);
	g_free(build);
}

/* "carrel-live" -> CARREL_LIVE_ISO */
static char *variable_name(const GalleryItem *item)
{
	g_autofree char *upper = g_ascii_strup(item->id, -1);

	return g_strconcat(g_strdelimit(upper, "-", '_'), item->kind == GALLERY_ISO ? "_ISO" : "_DISK", NULL);
}

char *build_ready_file(const GalleryItem *item)
{
	g_autofree char *variable = variable_name(item);
	const char *named = g_getenv(variable);
	g_autofree char *below =
		g_strdup_printf("images/%s.%s", item->id, item->kind == GALLERY_ISO ? "iso" : "qcow2");
	g_autofree char *shipped = paths_data_file(below);

	if (named && *named)
		return g_canonicalize_filename(named, NULL);
	return g_file_test(shipped, G_FILE_TEST_EXISTS) ? g_steal_pointer(&shipped) : NULL;
}

/* --- a ready-made file ----------------------------------------------------------------------------------------------- */

static void on_copied(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Build *build = g_task_get_task_data(task);
	GError *error = NULL;
	gsize length = 0;

	if (!copy_file_finish(result, &error)) {
		g_task_return_error(task, error);
		return;
	}
	g_autofree char *note = file_read(build->note_from, NOTE_MAX, &length, &error);
	if (note && file_replace(build->note_to, note, (gssize)length, 0600, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* --- a builder ------------------------------------------------------------------------------------------------------- */

static gboolean is_step_name(const char *word)
{
	gsize length = strlen(word);

	return length > 0 && length <= STEP_NAME_MAX && strspn(word, "abcdefghijklmnopqrstuvwxyz-") == length;
}

/* "progress STEP DONE TOTAL words"; whatever else it prints is for the log. */
static void on_builder_line(const char *line, gpointer data)
{
	Build *build = data;
	g_auto(GStrv) words = g_strsplit(line, " ", 5);
	guint64 done, total;

	g_debug("%s: %s", build->name, line);
	if (!build->progress || g_strv_length(words) < 4 || !g_str_equal(words[0], "progress") ||
	    !is_step_name(words[1]))
		return;
	if (g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXUINT64, &done, NULL) &&
	    g_ascii_string_to_unsigned(words[3], 10, 0, G_MAXUINT64, &total, NULL))
		build->progress(words[1], total ? MIN(done, total) : done, total, build->progress_data);
}

static void on_built(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Build *build = g_task_get_task_data(task);
	GError *error = NULL;
	int status = child_run_status(result);
	g_autoptr(ChildResult) output = child_run_finish(result, &error);

	if (output) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	g_autofree char *words = error_message(error);
	/* Cancelled, or the builder itself is not there. */
	if (!g_error_matches(error, CARREL_ERROR, CARREL_ERROR_FAILED)) {
		g_task_return_error(task, error);
		return;
	}
	g_task_return_error(task,
			    error_new(status == BUILDER_HOST_CANNOT ? CARREL_ERROR_HOST : CARREL_ERROR_FAILED,
				      NULL, "%s cannot be assembled: %s", build->name, words));
	g_error_free(error);
}

static void run_builder(const GalleryItem *item, const Part *part, GTask *task)
{
	g_autofree char *builder = paths_data_file(item->builder);
	g_autofree char *cache = paths_cache_dir();
	g_autofree char *debs = g_build_filename(cache, "debs", NULL);
	const char *argv[] = { builder, "--debs", debs, "--work", part->work, "--output", part->image, NULL };

	child_run(argv, 0, on_builder_line, g_task_get_task_data(task), g_task_get_cancellable(task),
		  on_built, task);
}

void build_item(const GalleryItem *item, const char *ready, const Part *part, GalleryProgress progress,
		gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Build *build = g_new0(Build, 1);

	build->name = g_strdup(item->name);
	build->progress = progress;
	build->progress_data = progress_data;
	build->note_from = ready ? g_strconcat(ready, ".json", NULL) : NULL;
	build->note_to = g_strdup(part->note);
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, build, build_free);
	if (ready)
		copy_file(ready, part->image, cancellable, on_copied, task);
	else
		run_builder(item, part, task);
}

gboolean build_item_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
