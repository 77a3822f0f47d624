/* "Did you mean": the nearest of some words. */
#pragma once

#include <glib.h>

/* The word of @words (of char *) that is nearest to @wrong, or NULL when none is near. Borrowed. */
const char *suggest_nearest(const char *wrong, const GPtrArray *words);
