#include "model/templates.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define NOTE "template.json"

struct Templates {
	char *dir;
	GPtrArray *all; /* of Template, owned */
	TemplateDiskUsed used;
	gpointer used_data;
};

const char *templates_dir(const Templates *templates)
{
	return templates->dir;
}

GPtrArray *templates_list(Templates *templates)
{
	return templates->all;
}

char *templates_file(const Templates *templates, const Template *template, const char *name)
{
	return g_build_filename(templates->dir, template->id, name, NULL);
}

/* --- reading --- */

static Template *read_note(const char *folder, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(folder, NOTE, NULL);
	gsize length = 0;
	g_autofree char *text = file_read(path, TEMPLATE_NOTE_MAX, &length, error);
	g_autoptr(Template) template = text ? template_parse(text, (gssize)length, error) : NULL;

	if (template && !g_str_equal(template->id, name)) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "it is a copy of another one");
		return NULL;
	}
	return g_steal_pointer(&template);
}

/* Names in the folder that could be a template's. */
static GPtrArray *folders(const Templates *templates)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(templates->dir, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_uuid_string_is_valid(name))
			g_ptr_array_add(names, g_strdup(name));
	return names;
}

Templates *templates_open(const char *dir, TemplateDiskUsed used, gpointer data)
{
	Templates *templates = g_new0(Templates, 1);

	templates->dir = g_strdup(dir);
	templates->all = g_ptr_array_new_with_free_func((GDestroyNotify)template_free);
	templates->used = used;
	templates->used_data = data;
	g_autoptr(GPtrArray) names = folders(templates);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *folder = g_build_filename(dir, names->pdata[i], NULL);
		g_autofree char *note = g_build_filename(folder, NOTE, NULL);
		g_autoptr(GError) error = NULL;
		Template *template = read_note(folder, names->pdata[i], &error);
		if (template)
			g_ptr_array_add(templates->all, template);
		/* Without a note only its disk is left, for VMs that rest on it. */
		else if (g_file_test(note, G_FILE_TEST_EXISTS) && (g_unlink(note), TRUE))
			g_warning("template `%s': %s", folder, error->message);
	}
	return templates;
}

void templates_free(Templates *templates)
{
	if (!templates)
		return;
	g_ptr_array_unref(templates->all);
	g_free(templates->dir);
	g_free(templates);
}

static gint64 mtime_ns(const struct stat *st)
{
	return (gint64)st->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st->st_mtim.tv_nsec;
}

gboolean templates_intact(const Templates *templates, const Template *template, GError **error)
{
	for (guint i = 0; i < template->files->len; i++) {
		const TemplateFile *file = template->files->pdata[i];
		g_autofree char *path = templates_file(templates, template, file->name);
		struct stat st;
		if (lstat(path, &st) < 0)
			return file_error(error, errno, "open", path);
		if (!S_ISREG(st.st_mode) || (guint64)st.st_size != file->size ||
		    (guint64)st.st_ino != file->inode || mtime_ns(&st) != file->mtime_ns)
			return error_set(error, CARREL_ERROR_VERIFY, NULL, "`%s' was changed", path);
	}
	return TRUE;
}

/* --- writing --- */

static gboolean write_note(const Template *template, const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, NOTE, NULL);
	g_autofree char *text = template_format(template);

	return file_replace(path, text, -1, 0600, error);
}

static gboolean note_files(Template *template, const char *folder, const char *const *names, GError **error)
{
	g_ptr_array_set_size(template->files, 0);
	template->size = 0;
	for (; *names; names++) {
		g_autofree char *path = g_build_filename(folder, *names, NULL);
		struct stat st;
		if (stat(path, &st) < 0)
			return file_error(error, errno, "open", path);
		template_add_file(template, *names, (guint64)st.st_size, (guint64)st.st_ino, mtime_ns(&st));
		template->size += (guint64)st.st_blocks * 512;
	}
	return TRUE;
}

gboolean templates_add(Templates *templates, Template *template, const char *folder, const char *const *names,
		       GError **error)
{
	g_autofree char *final = g_build_filename(templates->dir, template->id, NULL);

	if (!note_files(template, folder, names, error) || !write_note(template, folder, error))
		return FALSE;
	if (g_rename(folder, final) < 0)
		return file_error(error, errno, "rename", folder);
	g_ptr_array_add(templates->all, template);
	return TRUE;
}

void templates_touch(Templates *templates, Template *template)
{
	g_autofree char *folder = g_build_filename(templates->dir, template->id, NULL);
	g_autoptr(GError) error = NULL;

	template->used = g_get_real_time() / G_USEC_PER_SEC;
	if (!write_note(template, folder, &error))
		g_warning("%s", error->message);
}

/* --- dropping --- */

/* A folder without a note: all but a disk that is in use. */
static void remove_rest(Templates *templates, const char *name)
{
	g_autofree char *folder = g_build_filename(templates->dir, name, NULL);
	g_autofree char *disk = g_build_filename(folder, TEMPLATE_DISK, NULL);
	g_autoptr(GError) error = NULL;
	const char *entry;

	if (!g_file_test(disk, G_FILE_TEST_EXISTS) || !templates->used(disk, templates->used_data)) {
		if (!file_remove_tree(folder, &error))
			g_warning("%s", error->message);
		return;
	}
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, entry, NULL);
		if (!g_str_equal(entry, TEMPLATE_DISK) && g_unlink(path) < 0)
			g_warning("cannot remove `%s': %s", path, g_strerror(errno));
	}
}

void templates_drop(Templates *templates, Template *template, const char *why)
{
	g_autofree char *note = templates_file(templates, template, NOTE);
	g_autofree char *id = g_strdup(template->id);

	g_message("template of `%s' is dropped: %s", template->image, why);
	if (g_unlink(note) < 0)
		g_warning("cannot remove `%s': %s", note, g_strerror(errno));
	g_ptr_array_remove(templates->all, template);
	remove_rest(templates, id);
}

void templates_limit(Templates *templates, guint64 count, guint64 size)
{
	g_autoptr(GPtrArray) over = templates_over(templates->all, count, size);

	for (guint i = 0; i < over->len; i++)
		templates_drop(templates, over->pdata[i], "there are others that were used later");
}

static gboolean is_known(const Templates *templates, const char *id)
{
	for (guint i = 0; i < templates->all->len; i++)
		if (g_str_equal(((Template *)templates->all->pdata[i])->id, id))
			return TRUE;
	return FALSE;
}

void templates_sweep(Templates *templates)
{
	g_autoptr(GPtrArray) names = folders(templates);

	for (guint i = 0; i < names->len; i++)
		if (!is_known(templates, names->pdata[i]))
			remove_rest(templates, names->pdata[i]);
}
