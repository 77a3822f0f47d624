#include "ui/quick-sources.h"

#include <string.h>

#include "base/units.h"

typedef struct {
	char *name, *error;
	gint64 fetched;
	gboolean builtin;
} Row;

struct QuickSources {
	GPtrArray *rows; /* of Row */
};

static void row_free(gpointer data)
{
	Row *row = data;

	g_free(row->name);
	g_free(row->error);
	g_free(row);
}

QuickSources *quick_sources_new(void)
{
	QuickSources *sources = g_new0(QuickSources, 1);

	sources->rows = g_ptr_array_new_with_free_func(row_free);
	return sources;
}

void quick_sources_free(QuickSources *sources)
{
	g_ptr_array_unref(sources->rows);
	g_free(sources);
}

void quick_sources_take(QuickSources *sources, GVariant *reply)
{
	g_autoptr(GVariant) list = g_variant_get_child_value(reply, 0);

	g_ptr_array_set_size(sources->rows, 0);
	for (gsize i = 0; i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(list, i);
		Row *row = g_new0(Row, 1);
		if (!g_variant_lookup(dict, "name", "s", &row->name))
			row->name = g_strdup("");
		if (!g_variant_lookup(dict, "error", "s", &row->error))
			row->error = g_strdup("");
		g_variant_lookup(dict, "fetched", "x", &row->fetched);
		g_variant_lookup(dict, "builtin", "b", &row->builtin);
		g_ptr_array_add(sources->rows, row);
	}
}

static const Row *find(const QuickSources *sources, const char *name)
{
	for (guint i = 0; i < sources->rows->len; i++)
		if (g_str_equal(((Row *)sources->rows->pdata[i])->name, name))
			return sources->rows->pdata[i];
	return NULL;
}

char *quick_sources_describe(const QuickSources *sources, const char *name)
{
	const Row *row = find(sources, name);

	if (!row)
		return g_strdup("");
	if (row->builtin || !row->fetched)
		return g_strdup(row->name);
	g_autofree char *age = units_format_age(g_get_real_time() / G_USEC_PER_SEC - row->fetched);
	return g_strdup_printf("%s, fetched %s", row->name, age);
}

const char *quick_sources_error(const QuickSources *sources, const char *name)
{
	const Row *row = find(sources, name);

	return row ? row->error : "";
}

/* "ubuntu: copy of 3 days ago: no route to the host". Errors often begin with the source's name themselves. */
static char *broken_line(const Row *row)
{
	gsize length = strlen(row->name);
	gboolean named = g_str_has_prefix(row->error, row->name) && row->error[length] == ':';
	const char *error = named ? row->error + length + 1 : row->error;
	g_autofree char *first = g_strndup(error, strcspn(error, "\n"));

	g_strstrip(first);
	if (!row->fetched)
		return g_strdup_printf("%s: no list yet: %s", row->name, first);
	g_autofree char *age = units_format_age(MAX(g_get_real_time() / G_USEC_PER_SEC - row->fetched, 0));
	return g_strdup_printf("%s: copy of %s: %s", row->name, age, first);
}

GPtrArray *quick_sources_lines(const QuickSources *sources)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	guint never = 0;

	for (guint i = 0; i < sources->rows->len; i++) {
		const Row *row = sources->rows->pdata[i];
		if (*row->error)
			g_ptr_array_add(lines, broken_line(row));
		else
			never += !row->builtin && !row->fetched;
	}
	if (never)
		g_ptr_array_insert(
			lines, 0,
			g_strdup_printf("%u more %s", never,
					never == 1 ? "list: Ctrl-R gets it" : "lists: Ctrl-R gets them"));
	return lines;
}
