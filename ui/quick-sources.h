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
/* One line about all: lists that were never fetched, or that could not be; NULL = nothing to say. Caller frees. */
char *quick_sources_note(const QuickSources *sources);
