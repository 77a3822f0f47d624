#include "console/font-system.h"

#include <stdlib.h>
#include <string.h>

#include "base/paths.h"

/* Folders are other people's: so many files in all, the rest is not looked at. */
#define FILES_MAX 2000
/* The first families are those that are compiled in, see console/glyphs.c. */
#define FAMILY_FIRST 4

typedef struct {
	char *path;
	FontSize cell;
	guint family;
} FontFile;

static GArray *files;       /* FontFile */
static GArray *sizes;       /* FontSize */
static GPtrArray *families; /* names */

static const char *const folders[] = {
	"/usr/share/consolefonts",   "/usr/share/kbd/consolefonts",
	"/usr/lib/kbd/consolefonts", "/usr/share/unifont",
	"/usr/share/grub",           "/boot/grub/fonts",
	"/boot/grub2/fonts",
};

static const char *const endings[] = { ".psf", ".psf.gz", ".psfu", ".psfu.gz", ".hex", ".hex.gz", ".pf2" };

static gboolean is_font_name(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(name, endings[i]))
			return TRUE;
	return FALSE;
}

/* "Lat15-Terminus32x16.psf.gz" is of "Terminus32x16". */
static guint family_of(const char *name)
{
	const char *dash = strchr(name, '-'), *start = dash ? dash + 1 : name;
	g_autofree char *family = g_strndup(start, strcspn(start, "."));

	for (guint i = 0; i < families->len; i++)
		if (strcmp(g_ptr_array_index(families, i), family) == 0)
			return MIN(FAMILY_FIRST + i, FONT_FAMILIES - 1);
	g_ptr_array_add(families, g_steal_pointer(&family));
	return MIN(FAMILY_FIRST + families->len - 1, FONT_FAMILIES - 1);
}

static void note_size(FontSize cell)
{
	for (guint i = 0; i < sizes->len; i++) {
		const FontSize *size = &g_array_index(sizes, FontSize, i);
		if (size->width == cell.width && size->height == cell.height)
			return;
	}
	if (cell.width == 8 && cell.height == 16)
		g_array_prepend_val(sizes, cell);
	else
		g_array_append_val(sizes, cell);
}

/* GRUB's index of characters stands before its glyphs, and it needs both for the width. */
static gsize head_length(const char *name)
{
	return g_str_has_suffix(name, ".pf2") ? FONT_FILE_MAX : FONT_HEAD;
}

static void add_file(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GBytes) head = font_read_file(path, head_length(name));
	FontFile file = { .path = path };
	const guint8 *bytes;
	gsize size;

	if (!head)
		return;
	bytes = g_bytes_get_data(head, &size);
	if (!bytes || !font_head(bytes, size, &file.cell))
		return;
	file.family = family_of(name);
	g_steal_pointer(&path);
	g_array_append_val(files, file);
	note_size(file.cell);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order of names, so that what is found does not depend on the file system. */
static void add_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)) && names->len < FILES_MAX)
		if (is_font_name(name))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len && files->len < FILES_MAX; i++)
		add_file(folder, g_ptr_array_index(names, i));
}

static void find_files(void)
{
	const char *path = g_getenv("CARREL_FONT_PATH");

	if (files)
		return;
	files = g_array_new(FALSE, FALSE, sizeof(FontFile));
	sizes = g_array_new(FALSE, FALSE, sizeof(FontSize));
	families = g_ptr_array_new();
	if (path) {
		g_auto(GStrv) listed = g_strsplit(path, ":", -1);
		for (char **folder = listed; *folder; folder++)
			add_folder(*folder);
		return;
	}
	g_autofree char *own = paths_fonts_dir();
	add_folder(own);
	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++)
		add_folder(folders[i]);
}

const FontSize *font_system_sizes(guint *count)
{
	find_files();
	*count = sizes->len;
	return (const FontSize *)(void *)sizes->data;
}

typedef struct {
	FontSize size;
	guint family;
	FontSystemSink sink;
	gpointer data;
} Wanted;

static void take_glyph(int width, int height, const guint8 *rows, gunichar character, gpointer data)
{
	const Wanted *wanted = data;

	if (width == wanted->size.width && height == wanted->size.height)
		wanted->sink(rows, character, wanted->family, wanted->data);
}

void font_system_load(FontSize size, FontSystemSink sink, gpointer data)
{
	find_files();
	for (guint i = 0; i < files->len; i++) {
		const FontFile *file = &g_array_index(files, FontFile, i);
		Wanted wanted = { size, file->family, sink, data };
		if (file->cell.height != size.height ||
		    (file->cell.width != size.width && file->cell.width * 2 != size.width))
			continue;
		g_autoptr(GBytes) bytes = font_read_file(file->path, FONT_FILE_MAX);
		gsize length;
		const guint8 *start = bytes ? g_bytes_get_data(bytes, &length) : NULL;
		if (start)
			font_load(start, length, take_glyph, &wanted);
	}
}
