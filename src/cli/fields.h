/* Fields on the command line: "key=value" words and options from the field table. */
#pragma once

#include <glib.h>

#include "cli/options.h"

/* Adds "key=value" to the a{ss} @fields. Checks that such a field exists (CARREL_ERROR_USAGE with the nearest one), and makes paths
 * absolute. The daemon checks the value. */
gboolean fields_add_word(GVariantBuilder *fields, const char *word, GError **error);

/* Adds one field by its path. */
gboolean fields_add(GVariantBuilder *fields, const char *path, const char *value, GError **error);

/* Adds every option of cli_field_options() that was given. */
gboolean fields_add_options(GVariantBuilder *fields, const Options *options, GError **error);
