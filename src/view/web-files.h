/*
 * What the web server hands out: the files of noVNC that were there when it started, by their exact names, and three of its own. A request is
 * looked up and never made into a path, so there is nothing to climb out of.
 */
#pragma once

#include <glib.h>

typedef struct WebFiles WebFiles;

/* NULL and CARREL_ERROR_HOST when noVNC is not installed. Looked for in CARREL_NOVNC, else where distributions put it. */
WebFiles *web_files_new(GError **error);
void web_files_free(WebFiles *files);

/* Which scripts a page may run, for a content security policy: files of ours, and the ones that stand in noVNC's page, by their hashes. */
const char *web_files_scripts(const WebFiles *files);

/* NULL: there is none. *@type is static. */
GBytes *web_files_get(const WebFiles *files, const char *path, const char **type);
