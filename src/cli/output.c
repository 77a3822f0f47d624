#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/units.h"

static void print_json(JsonNode *node, gboolean pretty)
{
	g_autofree char *text = json_text(node, pretty);

	json_node_unref(node);
	fputs(text, stdout);
	putchar('\n');
}

void output_json(JsonNode *node)
{
	print_json(node, TRUE);
}

void output_json_line(JsonNode *node)
{
	print_json(node, FALSE);
	fflush(stdout);
}

JsonNode *output_node(JsonObject *object)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(node, object);
	return node;
}

JsonNode *output_array(JsonArray *array)
{
	JsonNode *node = json_node_new(JSON_NODE_ARRAY);

	json_node_take_array(node, array);
	return node;
}

void output_set_string(JsonObject *object, const char *key, const char *text)
{
	if (text)
		json_object_set_string_member(object, key, text);
	else
		json_object_set_null_member(object, key);
}

void output_set_time(JsonObject *object, const char *key, gint64 unix_seconds)
{
	g_autofree char *text = units_format_time(unix_seconds);

	output_set_string(object, key, text);
}

char *output_clean(const char *text)
{
	GString *clean = g_string_new(NULL);
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (c == '\n' || c == '\t')
			g_string_append_c(clean, ' ');
		else
			g_string_append_unichar(clean, g_unichar_iscntrl(c) ? 0xfffd : c);
	}
	return g_string_free(clean, FALSE);
}

guint output_width(const char *text)
{
	guint width = 0;

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (!g_unichar_iszerowidth(c))
			width += g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

gboolean output_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

gboolean output_colours(void)
{
	const char *no_color = g_getenv("NO_COLOR");
	const char *term = g_getenv("TERM");

	return output_is_terminal() && !(no_color && *no_color) && term && !g_str_equal(term, "dumb");
}

/* --- columns --- */

#define GAP 2

struct OutputTable {
	GPtrArray *rows; /* of char **, the first one the headings */
	guint columns;
	gboolean headings;
};

static void free_row(gpointer row)
{
	g_strfreev(row);
}

OutputTable *output_table_new(const char *const *headings)
{
	OutputTable *table = g_new0(OutputTable, 1);

	table->rows = g_ptr_array_new_with_free_func(free_row);
	table->headings = headings != NULL;
	if (headings) {
		table->columns = g_strv_length((char **)headings);
		g_ptr_array_add(table->rows, g_strdupv((char **)headings));
	}
	return table;
}

void output_table_row(OutputTable *table, ...)
{
	g_autoptr(GPtrArray) cells = g_ptr_array_new();
	va_list args;

	va_start(args, table);
	for (const char *cell; (cell = va_arg(args, const char *));)
		g_ptr_array_add(cells, output_clean(cell));
	va_end(args);
	table->columns = MAX(table->columns, cells->len);
	g_ptr_array_add(cells, NULL);
	g_ptr_array_add(table->rows, g_ptr_array_free(g_steal_pointer(&cells), FALSE));
}

static const char *colour_of(const char *word)
{
	static const char *const colours[][2] = {
		{"running",   "32"},
                { "ok",       "32"},
                { "done",     "32"},
		{ "critical", "31"},
                { "missing",  "31"},
                { "failed",   "31"},
		{ "paused",   "33"},
                { "warning",  "33"},
                { "saved",    "36"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(colours); i++)
		if (g_str_equal(colours[i][0], word))
			return colours[i][1];
	return NULL;
}

static void print_row(const OutputTable *table, char **row, const guint *widths, gboolean heading)
{
	gboolean colours = output_colours();
	GString *line = g_string_new(NULL);

	for (guint i = 0; row[i]; i++) {
		const char *colour = colours ? (heading ? "1" : colour_of(row[i])) : NULL;
		guint pad = row[i + 1] ? widths[i] - output_width(row[i]) + GAP : 0;
		g_string_append_printf(line, colour ? "\033[%sm" : "%s", colour ? colour : "");
		g_string_append(line, row[i]);
		g_string_append(line, colour ? "\033[0m" : "");
		g_string_append_printf(line, "%*s", (int)pad, "");
	}
	while (line->len && line->str[line->len - 1] == ' ')
		g_string_truncate(line, line->len - 1);
	puts(line->str);
	g_string_free(line, TRUE);
}

void output_table_print(OutputTable *table)
{
	g_autofree guint *widths = g_new0(guint, table->columns + 1);

	for (guint i = 0; i < table->rows->len; i++) {
		char **row = table->rows->pdata[i];
		for (guint k = 0; row[k]; k++)
			widths[k] = MAX(widths[k], output_width(row[k]));
	}
	for (guint i = 0; i < table->rows->len; i++)
		print_row(table, table->rows->pdata[i], widths, table->headings && i == 0);
	g_ptr_array_unref(table->rows);
	g_free(table);
}
