/* What Quick Create tells of the gallery's sources: where a list is from, how old it is, what is wrong with it. */
#pragma once

#include <glib.h>

typedef struct QuickSources QuickSources;

QuickSources *quick_sources_new(void);
void quick_sources_free(QuickSources *sources);

/* The reply of Manager.ListSources. */
void quick_sources_take(QuickSources *sources, GVariant *reply);

/* "ubuntu, 3 days ago"; "" when there is no such source. Caller frees. */
char *quick_sources_describe(const QuickSources *sources, const char *name);
/* What was wrong with the last try; "" = nothing. Borrowed. */
const char *quick_sources_error(const QuickSources *sources, const char *name);
/* Lines (char *, owned by the array) about those that are not as they should be: how many were never fetched, then each that could
 * not be, with the age of the copy that is used instead. None when all is well. */
GPtrArray *quick_sources_lines(const QuickSources *sources);
