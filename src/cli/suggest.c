#include "cli/suggest.h"

#include <string.h>

#define WORD_MAX 64

/* Edits (insert, delete, replace, swap of neighbours) from @a to @b: optimal string alignment by three rows. */
static guint distance(const char *a, const char *b)
{
	guint rows[3][WORD_MAX + 1];
	gsize la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return G_MAXUINT;
	for (guint k = 0; k <= lb; k++)
		rows[0][k] = k;
	for (guint i = 1; i <= la; i++) {
		guint *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (guint k = 1; k <= lb; k++) {
			gboolean same = a[i - 1] == b[k - 1];
			row[k] = MIN(MIN(last[k] + 1, row[k - 1] + 1), last[k - 1] + !same);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				row[k] = MIN(row[k], before[k - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

const char *suggest_nearest(const char *wrong, const GPtrArray *words)
{
	const char *best = NULL;
	guint least = (guint)strlen(wrong) < 6 ? 2 : (guint)strlen(wrong) / 3 + 1;

	for (guint i = 0; i < words->len; i++) {
		const char *word = words->pdata[i];
		/* A beginning that was meant to be completed is nearer than any typing mistake. */
		guint edits = strlen(wrong) >= 2 && g_str_has_prefix(word, wrong) ? 1 : distance(wrong, word);
		if (edits < least && edits < strlen(word)) {
			least = edits;
			best = word;
		}
	}
	return best;
}
