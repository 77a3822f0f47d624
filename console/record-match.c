/* Looking for a regular expression in what has been on the screen: the screens are put together again from their lines. */
#include "console/record.h"

/* Of a screen that never said its size, and at most. */
#define ROWS_DEFAULT 25
#define ROWS_MAX     512

typedef struct {
	const GRegex *regex;
	int rows;
	const char *screen[ROWS_MAX]; /* what each row shows, NULL = blank */
	GQueue recent;                /* the last `rows' lines, borrowed, in the order in which they came */
	gboolean news;                /* since the last match was tried */
} Search;

static void forget(Search *search, int rows)
{
	for (int row = 0; row < ROWS_MAX; row++)
		search->screen[row] = NULL;
	g_queue_clear(&search->recent);
	search->rows = CLAMP(rows, 1, ROWS_MAX);
}

/* Lines that stand below each other. */
static gboolean try_screen(const Search *search)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int row = 0; row < search->rows; row++)
		g_string_append_printf(text, "%s\n", search->screen[row] ? search->screen[row] : "");
	return g_regex_match(search->regex, text->str, 0, NULL);
}

/* Where a line stood is known for the moment at which it was written, and not how far it scrolled until then: the order tells. */
static gboolean try_recent(const Search *search)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (const GList *item = search->recent.head; item; item = item->next)
		g_string_append_printf(text, "%s\n", (const char *)item->data);
	return g_regex_match(search->regex, text->str, 0, NULL);
}

static gboolean try(Search *search)
{
	if (!search->news)
		return FALSE;
	search->news = FALSE;
	return try_screen(search) || try_recent(search);
}

static void take_line(Search *search, const RecordEntry *entry)
{
	if (entry->row < ROWS_MAX)
		search->screen[entry->row] = entry->text;
	search->rows = CLAMP(entry->row + 1, search->rows, ROWS_MAX);
	g_queue_push_tail(&search->recent, entry->text);
	if ((int)search->recent.length > search->rows)
		g_queue_pop_head(&search->recent);
	search->news = TRUE;
}

gboolean record_matches(const GPtrArray *entries, const GRegex *regex)
{
	Search search = { .regex = regex, .rows = ROWS_DEFAULT, .recent = G_QUEUE_INIT };
	gboolean found = FALSE;
	gint64 t = 0;

	for (guint i = 0; i < entries->len && !found; i++) {
		const RecordEntry *entry = entries->pdata[i];
		/* What came at the same time was seen together; a full window is tried before a line falls out of it. */
		if (entry->kind != RECORD_LINE || entry->t != t || (int)search.recent.length >= search.rows)
			found = try(&search);
		t = entry->t;
		if (entry->kind == RECORD_LINE)
			take_line(&search, entry);
		else
			forget(&search, entry->kind == RECORD_TEXT_MODE ? entry->height : search.rows);
	}
	found = found || try(&search);
	g_queue_clear(&search.recent);
	return found;
}
