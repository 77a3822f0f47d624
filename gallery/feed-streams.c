/* simplestreams, as cloud-images.ubuntu.com and images.linuxcontainers.org publish them. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "gallery/digest.h"
#include "gallery/feed-common.h"
#include "gallery/item.h"
#include "gallery/lenient-json.h"
#include "gallery/os-words.h"

#define PRODUCTS_FORMAT "products:1.0"
#define INDEX_FORMAT    "index:1.0"
#define DATATYPE        "image-downloads"

/* Disks for virtual machines, the best first. The names of the items are free, their `ftype' is not. */
static const char *const disks[] = { "disk-kvm.img", "uefi1.img", "disk1.img", "img.xz", "qcow2" };

typedef struct {
	FeedBuild build;
	char *base; /* URL of the folder that holds streams/, with a slash at the end */
} Streams;

static char *streams_base(const char *url)
{
	g_autofree char *full = *url == '/' ? g_filename_to_uri(url, NULL, NULL) : g_strdup(url);
	const char *streams = full ? g_strrstr(full, "/streams/") : NULL;
	const char *slash = streams ? streams : full ? strrchr(full, '/') : NULL;

	return slash ? g_strndup(full, (gsize)(slash + 1 - full)) : g_strdup("");
}

/* A path below the base, and no way out of it. */
static gboolean path_ok(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);

	return *path && *path != '/' && !strchr(path, '\\') &&
	       !g_strv_contains((const char *const *)parts, "..");
}

static const LenientNode *find_disk(const LenientNode *version)
{
	const LenientNode *items = lenient_get(version, "items");

	for (gsize i = 0; i < G_N_ELEMENTS(disks); i++)
		for (const LenientNode *item = items ? items->first : NULL; item; item = item->next)
			if (g_str_equal(lenient_text(item, "ftype"), disks[i]) &&
			    path_ok(lenient_text(item, "path")))
				return item;
	return NULL;
}

/* The newest version that has a disk; aliases belong to it. */
static const LenientNode *find_version(const LenientNode *product)
{
	const LenientNode *versions = lenient_get(product, "versions");
	const LenientNode *newest = NULL;

	if (!versions || versions->kind != LENIENT_OBJECT)
		return NULL;
	for (const LenientNode *version = versions->first; version; version = version->next)
		if (find_disk(version) && (!newest || strverscmp(version->key, newest->key) > 0))
			newest = version;
	return newest;
}

/* @count digits at @offset as a number, -1 when they are not all there. */
static int digits_at(const char *text, gsize offset, gsize count)
{
	int value = 0;

	if (strlen(text) < offset + count)
		return -1;
	for (gsize i = offset; i < offset + count; i++) {
		if (!g_ascii_isdigit(text[i]))
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* "20260511_05:24", "20260705.1" -> unix seconds; 0 when it is no date. */
static gint64 version_time(const char *version)
{
	int hour = digits_at(version, 9, 2), minute = digits_at(version, 12, 2);

	g_autoptr(GDateTime) time =
		g_date_time_new_utc(digits_at(version, 0, 4), digits_at(version, 4, 2),
				    digits_at(version, 6, 2), MAX(hour, 0), MAX(minute, 0), 0);
	return time ? MAX(g_date_time_to_unix(time), 0) : 0;
}

static gboolean is_alias(const char *aliases, const char *alias)
{
	g_auto(GStrv) words = g_strsplit(aliases, ",", -1);

	return g_strv_contains((const char *const *)words, alias);
}

/* A product of Ubuntu's own: "com.ubuntu.cloud:server:24.04:amd64", "com.ubuntu.cloud.daily:...". */
static gboolean is_ubuntu(const LenientNode *product)
{
	return g_str_has_prefix(product->key, "com.ubuntu.");
}

static char *capitalised(const char *word)
{
	char *copy = g_strdup(word);

	*copy = g_ascii_toupper(*copy);
	return copy;
}

/* What tells products of one release apart: "cloud", "minimal", "daily"; "" = the plain one. Caller frees. */
static char *product_kind(const LenientNode *product)
{
	const char *variant = lenient_text(product, "variant");
	g_auto(GStrv) parts = g_strsplit(product->key, ":", -1);

	if (*variant)
		return g_strdup(g_str_equal(variant, "default") ? "" : variant);
	if (!is_ubuntu(product))
		return g_strdup("");
	gboolean daily = strstr(parts[0], ".daily") != NULL;
	const char *type = g_strv_length(parts) > 1 && !g_str_equal(parts[1], "server") ? parts[1] : "";
	return g_strconcat(type, *type && daily ? "-" : "", daily ? "daily" : "", NULL);
}

static void take_names(GalleryItem *item, const LenientNode *product, const LenientNode *version)
{
	const char *release = lenient_text(product, "release");
	const char *title = lenient_text(product, "release_title");
	const char *number = lenient_text(product, "version");
	const char *codename = lenient_text(product, "release_codename");
	g_autofree char *os = capitalised(lenient_text(product, "os"));
	g_autofree char *kind = product_kind(product);
	g_autofree char *plain = g_strdup_printf("%s %s%s%s%s", os, *title ? title : release,
						 *kind ? " (" : "", kind, *kind ? ")" : "");
	g_autofree char *words = g_strjoin("-", os, *number ? number : release, *kind ? kind : NULL, NULL);
	g_autofree char *clean = feed_clean(plain, FALSE);
	g_autofree char *serial = feed_clean(version->key, FALSE);
	g_autofree char *code = *codename ? g_strdup_printf(" \"%s\"", codename) : g_strdup("");
	g_autofree char *text =
		g_strdup_printf("%s%s, the image of %s.%s", clean, code, serial,
				item->cloud_init ? " It is set up at its first start by cloud-init." : "");

	g_free(item->id);
	item->id = feed_make_id(words);
	item_set_text(&item->name, clean);
	item_set_text(&item->recipe, serial);
	item_set_text(&item->version, serial);
	g_free(item->description);
	item->description = feed_clean(text, TRUE);
}

/* Rows of what a product says about itself, where it does. */
static void take_details(GalleryItem *item, const LenientNode *product)
{
	static const struct {
		const char *key, *name;
	} rows[] = {
		{"release_codename", "Codename"       },
                { "release",         "Release"        },
                { "variant",         "Variant"        },
		{ "support_eol",     "Supported until"},
                { "aliases",         "Also called"    },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *value = lenient_text(product, rows[i].key);
		if (!*value)
			continue;
		g_ptr_array_add(item->details, g_strdup(rows[i].name));
		g_ptr_array_add(item->details, feed_clean(value, FALSE));
	}
}

static void take_publisher(GalleryItem *item, const LenientNode *product, const char *base)
{
	g_autoptr(GUri) uri = g_uri_parse(base, G_URI_FLAGS_NONE, NULL);
	const char *host = uri && g_uri_get_host(uri) ? g_uri_get_host(uri) : "";
	g_autofree char *clean = feed_clean(is_ubuntu(product) ? "Canonical" : host, FALSE);

	item_set_text(&item->publisher,
		      g_str_has_prefix(clean, "images.") ? clean + strlen("images.") : clean);
}

static void take_download(GalleryItem *item, const LenientNode *disk, const char *base)
{
	static const char *const kinds[] = { "sha512", "sha256" };
	g_autofree char *path = g_uri_escape_string(lenient_text(disk, "path"), "/", FALSE);

	item->urls = g_new0(char *, 2);
	item->urls[0] = g_strconcat(base, path, NULL);
	item->download_size = lenient_number(disk, "size");
	for (gsize i = 0; i < G_N_ELEMENTS(kinds) && !*item->digest; i++) {
		g_autofree char *text = g_strconcat(kinds[i], ":", lenient_text(disk, kinds[i]), NULL);
		g_autofree char *digest = digest_normalise(text);
		item_set_text(&item->digest, digest ? digest : "");
	}
}

/* Systems that their makers have given up are not offered; one that is not out yet is. */
static gboolean is_wanted(const LenientNode *product, const FeedContext *context)
{
	const char *architecture = feed_architecture(lenient_text(product, "arch"));

	if (context->architecture && *context->architecture &&
	    !g_str_equal(architecture, feed_architecture(context->architecture)))
		return FALSE;
	return lenient_bool(product, "supported", TRUE) ||
	       is_alias(lenient_text(product, "aliases"), "devel");
}

/* libosinfo's word for the system where it is one with a number, so that its needs can be looked up. */
static void take_os(GalleryItem *item, const LenientNode *product)
{
	const char *number = lenient_text(product, "version");
	g_autoptr(OsWords) words = os_words_from_feed(lenient_text(product, "os"),
						      *number ? number : lenient_text(product, "release"));
	gboolean released = words && (!*words->version || g_ascii_isdigit(*words->version));

	item_set_text(&item->os, released ? words->id : words ? os_family(words->distro) : "linux");
}

static gboolean on_product(const LenientNode *product, gpointer data)
{
	Streams *streams = data;
	const FeedContext *context = streams->build.context;
	const LenientNode *version = NULL;

	if (!product->key || product->kind != LENIENT_OBJECT) {
		feed_warn(context, product->line, "a product is no object");
		return TRUE;
	}
	if (!is_wanted(product, context))
		return TRUE;
	if (!*lenient_text(product, "os") ||
	    !(*lenient_text(product, "release") || *lenient_text(product, "version"))) {
		feed_warn(context, product->line, "the product `%s' has no `os' and `release'", product->key);
		return TRUE;
	}
	if (!(version = find_version(product)))
		return TRUE; /* it is for containers only */
	g_autoptr(GalleryItem) item = item_new();
	item->kind = GALLERY_DISK;
	item->cloud_init = is_ubuntu(product) || g_str_equal(lenient_text(product, "variant"), "cloud");
	item->secure_boot = lenient_bool(lenient_get(product, "requirements"), "secureboot", TRUE);
	item->updated = version_time(version->key);
	take_os(item, product);
	item_set_text(&item->architecture, feed_architecture(lenient_text(product, "arch")));
	take_names(item, product, version);
	take_publisher(item, product, streams->base);
	take_details(item, product);
	take_download(item, find_disk(version), streams->base);
	return feed_build_take(&streams->build, g_steal_pointer(&item));
}

/* Is it what it should be, and of images? */
static gboolean check_head(const LenientJson *json, const char *format, const char *list,
			   const FeedContext *context, GError **error)
{
	const LenientNode *root = lenient_json_root(json);
	const char *datatype = lenient_text(root, "datatype");
	const LenientNode *member = lenient_get(root, list);

	if (!g_str_equal(lenient_text(root, "format"), format))
		return error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: `format' is not %s", context->name,
				 root->line, format);
	if (!member || member->kind != LENIENT_OBJECT)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: `%s' is missing or no object",
				 context->name, member ? member->line : root->line, list);
	return !*datatype || g_str_equal(datatype, DATATYPE) ||
	       error_set(error, CARREL_ERROR_FAILED, NULL, "%s:%u: `datatype' is not %s", context->name,
			 root->line, DATATYPE);
}

GPtrArray *feed_streams_parse(const char *text, gsize length, const FeedContext *context, GError **error)
{
	g_autofree char *base = streams_base(context->url);
	Streams streams = { .base = base };
	GPtrArray *items = NULL;

	feed_build_init(&streams.build, context);
	g_autoptr(LenientJson) json = lenient_json_parse(text, length, FEED_FORMAT_MAX, context->name,
							 "products", on_product, &streams, error);
	if (json && check_head(json, PRODUCTS_FORMAT, "products", context, error))
		items = g_steal_pointer(&streams.build.items);
	if (items && streams.build.full)
		feed_warn(context, 1, "only the first %d products are taken", FEED_FORMAT_ITEMS);
	feed_build_clear(&streams.build);
	return items;
}

static gboolean on_index(const LenientNode *entry, gpointer data)
{
	GPtrArray *paths = data;
	const char *path = lenient_text(entry, "path");
	const char *format = lenient_text(entry, "format");

	if (g_str_equal(lenient_text(entry, "datatype"), DATATYPE) && path_ok(path) &&
	    (!*format || g_str_equal(format, PRODUCTS_FORMAT)))
		g_ptr_array_add(paths, g_strdup(path));
	return paths->len < 1000;
}

char **feed_streams_index(const char *text, gsize length, const FeedContext *context, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(LenientJson) json = lenient_json_parse(text, length, FEED_FORMAT_MAX, context->name,
							 "index", on_index, paths, error);

	if (!json || !check_head(json, INDEX_FORMAT, "index", context, error))
		return NULL;
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}
