#include "view/web-files.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"

/* Files of noVNC are small: the largest is its picture decoder. */
#define FILE_BYTES_MAX (4 * 1024 * 1024)
#define FILES_MAX      1000
#define DEPTH_MAX      8

struct WebFiles {
	GHashTable *paths; /* "/app/ui.js" -> "/usr/share/novnc/app/ui.js" */
	char *scripts;
};

static const char *const homes[] = { "/usr/share/novnc", "/usr/share/webapps/novnc",
				     "/usr/local/share/novnc" };

/* What of it a browser needs. */
static const char *const parts[] = { "vnc.html", "app", "core", "vendor" };

/* Others are not handed out. */
static const struct {
	const char *ending, *type;
} types[] = {
	{".html",   "text/html; charset=utf-8"      },
	{ ".js",    "text/javascript; charset=utf-8"},
	{ ".css",   "text/css; charset=utf-8"       },
	{ ".json",  "application/json"              },
	{ ".svg",   "image/svg+xml"                 },
	{ ".png",   "image/png"                     },
	{ ".ico",   "image/x-icon"                  },
	{ ".ttf",   "font/ttf"                      },
	{ ".woff",  "font/woff"                     },
	{ ".woff2", "font/woff2"                    },
	{ ".mp3",   "audio/mpeg"                    },
	{ ".oga",   "audio/ogg"                     },
};

/* The token is behind the `#', which browsers do not send: no log and no other site gets to know it. */
static const char start_page[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>carrel</title>\n"
	"<script src=\"carrel.js\" defer></script></head>\n<body><p id=\"words\">Connecting ...</p>\n"
	"<noscript>noVNC needs JavaScript.</noscript></body></html>\n";

static const char start_script[] =
	"'use strict';\n"
	"const token = location.hash.slice(1);\n"
	"if (/^[A-Za-z0-9_-]+$/.test(token))\n"
	"	location.replace('vnc.html#autoconnect=1&reconnect=1&resize=remote&path=' +\n"
	"		encodeURIComponent('websockify?token=' + token));\n"
	"else\n"
	"	document.getElementById('words').textContent =\n"
	"		'This address lacks its token. `carrel connect VM --via web\\' prints a whole "
	"one.';\n";

/* noVNC either asks the guest for another size or scales. Here it does both: a guest that cannot change its size (or may not, for a viewer who only
 * watches) is scaled. Where noVNC is built otherwise some day, it does what it does by itself. */
static const char fit_script[] = "import UI from './app/ui.js';\n"
				 "const both = (name) => {\n"
				 "	const own = UI[name];\n"
				 "	if (typeof own !== 'function')\n"
				 "		return;\n"
				 "	UI[name] = (...args) => {\n"
				 "		const result = own.apply(UI, args);\n"
				 "		if (UI.rfb && UI.getSetting('resize') === 'remote')\n"
				 "			UI.rfb.scaleViewport = true;\n"
				 "		return result;\n"
				 "	};\n"
				 "};\n"
				 "both('connectFinished');\n"
				 "both('applyResizeMode');\n";
#define FIT_TAG "<script type=\"module\" src=\"carrel-fit.js\"></script>\n"

static const struct {
	const char *path, *text;
} own[] = {
	{"/",	       start_page  },
	{ "/carrel.js",     start_script},
	{ "/carrel-fit.js", fit_script  },
};

static const char *type_of(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_suffix(path, types[i].ending))
			return types[i].type;
	return NULL;
}

/* Adds the file, or what is in the folder, as @name. */
static void add(WebFiles *files, const char *name, const char *path, int depth)
{
	g_autoptr(GDir) dir = depth < DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
	const char *entry;

	if (!dir) {
		if (type_of(name) && g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
		    g_hash_table_size(files->paths) < FILES_MAX)
			g_hash_table_insert(files->paths, g_strdup(name), g_strdup(path));
		return;
	}
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *entry_name = g_strconcat(name, "/", entry, NULL);
		g_autofree char *entry_path = g_build_filename(path, entry, NULL);
		add(files, entry_name, entry_path, depth + 1);
	}
}

/* " 'sha256-...'" of a script's text. */
static void add_hash(GString *policy, const char *script, gsize length)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof(digest);

	g_checksum_update(sum, (const guchar *)script, (gssize)length);
	g_checksum_get_digest(sum, digest, &size);
	g_autofree char *text = g_base64_encode(digest, size);
	g_string_append_printf(policy, " 'sha256-%s'", text);
}

/* noVNC from 1.5 on starts by a script in its page, which has no src. */
static char *allow_scripts(const char *page)
{
	GString *policy = g_string_new("'self'");
	const char *at = page, *text, *end;

	while (at && (at = strstr(at, "<script")) && (text = strchr(at, '>')) &&
	       (end = strstr(text, "</script"))) {
		g_autofree char *tag = g_strndup(at, (gsize)(text - at));
		if (!strstr(tag, "src="))
			add_hash(policy, text + 1, (gsize)(end - text - 1));
		at = end;
	}
	return g_string_free(policy, FALSE);
}

static const char *find_home(void)
{
	const char *chosen = g_getenv("CARREL_NOVNC");

	if (chosen)
		return chosen;
	for (gsize i = 0; i < G_N_ELEMENTS(homes); i++)
		if (g_file_test(homes[i], G_FILE_TEST_IS_DIR))
			return homes[i];
	return homes[0];
}

WebFiles *web_files_new(GError **error)
{
	const char *home = find_home();
	WebFiles *files = g_new0(WebFiles, 1);

	files->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *name = g_strconcat("/", parts[i], NULL);
		g_autofree char *path = g_build_filename(home, parts[i], NULL);
		add(files, name, path, 0);
	}
	const char *page = g_hash_table_lookup(files->paths, "/vnc.html");
	g_autofree char *text = page ? file_read(page, FILE_BYTES_MAX, NULL, NULL) : NULL;
	if (text) {
		files->scripts = allow_scripts(text);
		return files;
	}
	web_files_free(files);
	error_set(error, CARREL_ERROR_HOST, "install the package novnc, or connect with --via vnc",
		  "noVNC is not installed: there is no `%s/vnc.html'", home);
	return NULL;
}

void web_files_free(WebFiles *files)
{
	if (!files)
		return;
	g_hash_table_unref(files->paths);
	g_free(files->scripts);
	g_free(files);
}

const char *web_files_scripts(const WebFiles *files)
{
	return files->scripts;
}

/* Before noVNC's own, so that it is there when that connects. Takes @page. */
static GBytes *with_our_script(char *page)
{
	g_autofree char *old = page;
	const char *at = strstr(page, "<script");
	char *text = at ? g_strdup_printf("%.*s" FIT_TAG "%s", (int)(at - page), page, at) : g_strdup(page);

	return g_bytes_new_take(text, strlen(text));
}

GBytes *web_files_get(const WebFiles *files, const char *path, const char **type)
{
	const char *file = g_hash_table_lookup(files->paths, path);
	gsize length;
	char *bytes;

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		if (g_str_equal(own[i].path, path)) {
			*type = type_of(g_str_equal(path, "/") ? ".html" : path);
			return g_bytes_new_static(own[i].text, strlen(own[i].text));
		}
	bytes = file ? file_read(file, FILE_BYTES_MAX, &length, NULL) : NULL;
	*type = type_of(path);
	if (bytes && g_str_equal(path, "/vnc.html"))
		return with_our_script(bytes);
	return bytes ? g_bytes_new_take(bytes, length) : NULL;
}
