/* What verbs print: JSON, columns, colours. Text that guests or others made is cleaned of control characters first. */
#pragma once

#include <json-glib/json-glib.h>

/* Prints @node and a newline to stdout, indented; takes it. */
void output_json(JsonNode *node);
/* The same on one line, flushed; for streams of events. */
void output_json_line(JsonNode *node);

/* An object to fill and a node around it. */
JsonNode *output_node(JsonObject *object); /* takes @object */
JsonNode *output_array(JsonArray *array);  /* takes @array */

/* "key": "text", or null where @text is NULL. */
void output_set_string(JsonObject *object, const char *key, const char *text);
/* RFC 3339, or null for 0. */
void output_set_time(JsonObject *object, const char *key, gint64 unix_seconds);

/* Columns, aligned by display width. */
typedef struct OutputTable OutputTable;
OutputTable *
output_table_new(const char *const *headings); /* NULL-terminated; NULL: a table without headings */
/* As many cells as there are headings, ended by NULL; a cell "" stays empty. */
void output_table_row(OutputTable *table, ...) G_GNUC_NULL_TERMINATED;
void output_table_print(OutputTable *table); /* and frees it */

/* @text without control characters (newlines become blanks). Caller frees. */
char *output_clean(const char *text);

/* Columns that @text takes on a terminal. */
guint output_width(const char *text);

/* Whether stdout is a terminal that shows colours; NO_COLOR turns them off. */
gboolean output_colours(void);
gboolean output_is_terminal(void);
