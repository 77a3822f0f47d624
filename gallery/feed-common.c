#include "gallery/feed-common.h"

#include <string.h>

#include "gallery/feed.h"
#include "gallery/item.h"

#define WARNINGS_MAX 100
#define ID_MAX       64

void feed_build_init(FeedBuild *build, const FeedContext *context)
{
	*build = (FeedBuild){ .context = context };
	build->items = g_ptr_array_new_with_free_func((GDestroyNotify)gallery_item_free);
	build->ids = g_hash_table_new(g_str_hash, g_str_equal);
}

void feed_build_clear(FeedBuild *build)
{
	g_clear_pointer(&build->ids, g_hash_table_unref);
	g_clear_pointer(&build->items, g_ptr_array_unref);
}

static char *unique_id(GHashTable *ids, const char *id)
{
	for (guint i = 2;; i++) {
		g_autofree char *end = g_strdup_printf("-%u", i);
		g_autofree char *head = g_strndup(id, ID_MAX - strlen(end));
		g_autofree char *next = g_strconcat(head, end, NULL);
		if (!g_hash_table_contains(ids, next))
			return g_steal_pointer(&next);
	}
}

gboolean feed_build_take(FeedBuild *build, GalleryItem *item)
{
	if (build->items->len >= FEED_FORMAT_ITEMS) {
		gallery_item_free(item);
		build->full = TRUE;
		return FALSE;
	}
	if (g_hash_table_contains(build->ids, item->id)) {
		/* The name alone may stand there thousands of times; a number by the count is free at once. */
		g_autofree char *counted = g_strdup_printf("%.48s-%u", item->id, build->items->len);
		g_autofree char *id = g_hash_table_size(build->ids) < 1000 ? unique_id(build->ids, item->id)
				      : g_hash_table_contains(build->ids, counted)
					      ? unique_id(build->ids, counted)
					      : g_strdup(counted);
		item_set_text(&item->id, id);
	}
	item_set_text(&item->source, build->context->source);
	g_hash_table_add(build->ids, item->id);
	g_ptr_array_add(build->items, item);
	return TRUE;
}

void feed_warn(const FeedContext *context, guint line, const char *format, ...)
{
	va_list arguments;

	if (!context->warnings || context->warnings->len >= WARNINGS_MAX)
		return;
	va_start(arguments, format);
	g_autofree char *words = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *clean = feed_clean(words, FALSE);
	g_ptr_array_add(context->warnings, g_strdup_printf("%s:%u: %s", context->name, line, clean));
}

char *feed_clean(const char *text, gboolean paragraphs)
{
	g_autoptr(GString) clean = g_string_new(NULL);

	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (clean->len + 4 > FEED_TEXT_MAX)
			break;
		if (paragraphs && c == '\n')
			g_string_append_c(clean, '\n');
		else if (!(paragraphs && c == '\r' && p[1] == '\n'))
			g_string_append_unichar(clean, g_unichar_iscntrl(c) ? ' ' : c);
	}
	return g_strstrip(g_strdup(clean->str));
}

char *feed_resolve(const char *base, const char *reference)
{
	static const char *const schemes[] = { "http", "https", "file", NULL };
	GUriFlags flags = G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED;
	g_autofree char *trimmed = g_strstrip(g_strdup(reference));
	g_autofree char *base_url = *base == '/' ? g_filename_to_uri(base, NULL, NULL) : g_strdup(base);
	g_autoptr(GUri) base_uri = base_url ? g_uri_parse(base_url, flags, NULL) : NULL;
	/* "C:\gallery\x.vhdx" would be a URL of the scheme c. */
	if (!*trimmed || (g_ascii_isalpha(trimmed[0]) && trimmed[1] == ':') ||
	    strlen(trimmed) > FEED_TEXT_MAX)
		return NULL;
	g_autoptr(GUri) uri = base_uri ? g_uri_parse_relative(base_uri, trimmed, flags, NULL)
				       : g_uri_parse(trimmed, flags, NULL);
	if (!uri || !g_strv_contains(schemes, g_uri_get_scheme(uri)))
		return NULL;
	gboolean file = g_str_equal(g_uri_get_scheme(uri), "file");
	/* A page elsewhere must not make us read files here. */
	if (file && !(base_uri && g_str_equal(g_uri_get_scheme(base_uri), "file")))
		return NULL;
	if (!file && (!g_uri_get_host(uri) || !*g_uri_get_host(uri)))
		return NULL;
	g_autofree char *text = g_uri_to_string(uri);
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p) || *p == '\\')
			return NULL;
	g_autofree char *escaped = g_uri_escape_string(
		text,
		G_URI_RESERVED_CHARS_GENERIC_DELIMITERS G_URI_RESERVED_CHARS_SUBCOMPONENT_DELIMITERS "%",
		FALSE);
	return g_steal_pointer(&escaped);
}

const char *feed_architecture(const char *name)
{
	static const struct {
		const char *other, *qemu;
	} rows[] = {
		{"amd64",    "x86_64" },
                { "x64",     "x86_64" },
                { "arm64",   "aarch64"},
		{ "i686",    "i386"   },
                { "386",     "i386"   },
                { "ppc64el", "ppc64"  },
		{ "ppc64le", "ppc64"  },
                { "armhf",   "arm"    },
                { "armv7l",  "arm"    },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_ascii_strcasecmp(name, rows[i].other) == 0)
			return rows[i].qemu;
	return name;
}

char *feed_file_name(const char *url)
{
	gsize length = strcspn(url, "?#");
	g_autofree char *path = g_strndup(url, length);
	const char *slash = strrchr(path, '/');
	g_autofree char *name = g_uri_unescape_string(slash ? slash + 1 : path, "/");

	return name && g_utf8_validate(name, -1, NULL) ? g_steal_pointer(&name) : g_strdup("");
}

char *feed_make_id(const char *name)
{
	g_autoptr(GString) id = g_string_new(NULL);

	for (const char *p = name; *p && id->len < ID_MAX; p++) {
		char c = g_ascii_tolower(*p);
		gboolean alnum = g_ascii_isalnum(c);
		/* A dot is part of a version, between digits and letters. */
		if (alnum || (c == '.' && id->len > 0 && g_ascii_isalnum(p[1])))
			g_string_append_c(id, c);
		else if (id->len > 0 && id->str[id->len - 1] != '-')
			g_string_append_c(id, '-');
	}
	while (id->len > 0 && !g_ascii_isalnum(id->str[id->len - 1]))
		g_string_truncate(id, id->len - 1);
	return g_strdup(id->len > 0 ? id->str : "image");
}
