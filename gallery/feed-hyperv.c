/* Hyper-V's gallery: { "images": [ ... ] }, by its published schema vm-gallery-schema.json. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "gallery/digest.h"
#include "gallery/feed-common.h"
#include "gallery/item.h"
#include "gallery/lenient-json.h"

typedef struct {
	const char *key;
	gsize offset;
} TextRow;

static const TextRow texts[] = {
	{"name",            offsetof(GalleryItem, name)     },
	{ "publisher",      offsetof(GalleryItem, publisher)},
	{ "version",        offsetof(GalleryItem, recipe)   },
	{ "locale",         offsetof(GalleryItem, locale)   },
	{ "minHostVersion", offsetof(GalleryItem, min_host) },
	{ "maxHostVersion", offsetof(GalleryItem, max_host) },
};

static const TextRow pictures[] = {
	{"logo",       offsetof(GalleryItem, logo)     },
	{ "symbol",    offsetof(GalleryItem, symbol)   },
	{ "thumbnail", offsetof(GalleryItem, thumbnail)},
};

static void take_clean(char **text, const char *value, gboolean paragraphs)
{
	g_autofree char *clean = feed_clean(value, paragraphs);

	item_set_text(text, clean);
}

/* Pieces are put together as they are; the paragraph breaks are pieces of their own. */
static void take_description(GalleryItem *item, const LenientNode *image)
{
	const LenientNode *node = lenient_get(image, "description");
	g_autoptr(GString) all = g_string_new(node ? node->text : "");

	if (node && node->kind == LENIENT_ARRAY)
		for (const LenientNode *piece = node->first; piece; piece = piece->next)
			g_string_append(all, piece->text);
	take_clean(&item->description, all->str, TRUE);
}

static void add_detail(GalleryItem *item, const char *name, const char *value)
{
	g_ptr_array_add(item->details, feed_clean(name, FALSE));
	g_ptr_array_add(item->details, feed_clean(value, FALSE));
}

/* A row without a name goes on with the one above it. */
static void take_details(GalleryItem *item, const LenientNode *image)
{
	const LenientNode *details = lenient_get(image, "details");
	const LenientNode *config = lenient_get(image, "config");
	const char *transport = lenient_text(config, "enhancedSessionTransportType");
	const char *boot = lenient_text(lenient_get(config, "boot"), "bootSourceDescription");

	for (const LenientNode *row = details ? details->first : NULL; row; row = row->next)
		if (row->kind == LENIENT_OBJECT)
			add_detail(item, lenient_text(row, "name"), lenient_text(row, "value"));
	if (*transport)
		add_detail(item, "Enhanced session", transport);
	if (*boot)
		add_detail(item, "Boot source", boot);
}

static void take_pictures(GalleryItem *item, const LenientNode *image, const FeedContext *context)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pictures); i++) {
		const LenientNode *node = lenient_get(image, pictures[i].key);
		GalleryPicture *picture = &G_STRUCT_MEMBER(GalleryPicture, item, pictures[i].offset);
		g_autofree char *url = feed_resolve(context->url, lenient_text(node, "uri"));
		g_autofree char *digest = digest_normalise(lenient_text(node, "hash"));
		if (url)
			item_set_text(&picture->url, url);
		if (url && digest)
			item_set_text(&picture->digest, digest);
	}
}

static gboolean has_ending(const char *name, const char *ending)
{
	gsize length = strlen(name), end = strlen(ending);

	return length > end && g_ascii_strcasecmp(name + length - end, ending) == 0;
}

/* The disk's place in an archive; feeds also write it of what is no archive, equal to the file's own name. */
static gboolean take_member(GalleryItem *item, const LenientNode *disk, const char *file)
{
	g_autofree char *member =
		g_strdelimit(g_strdup(lenient_text(disk, "archiveRelativePath")), "\\", '/');
	g_auto(GStrv) parts = g_strsplit(member, "/", -1);

	if (g_strv_contains((const char *const *)parts, ".."))
		return FALSE;
	item->kind = has_ending(*member ? member : file, ".iso") ? GALLERY_ISO : GALLERY_DISK;
	if (*member && g_ascii_strcasecmp(member, file) != 0)
		take_clean(&item->member, member, FALSE);
	return TRUE;
}

/* What is wrong with it, static; NULL = nothing. */
static const char *take_disk(GalleryItem *item, const LenientNode *image, const FeedContext *context)
{
	const LenientNode *disk = lenient_get(image, "disk");
	const char *hash = lenient_text(disk, "hash");
	g_autofree char *url = feed_resolve(context->url, lenient_text(disk, "uri"));
	g_autofree char *digest = digest_normalise(hash);

	if (!disk || !*lenient_text(disk, "uri"))
		return "has no `disk' with a `uri'";
	if (!url)
		return "has a `disk' whose `uri' is no URL that can be fetched";
	g_autofree char *file = feed_file_name(url);
	if (!take_member(item, disk, file))
		return "has an `archiveRelativePath' that leads out of the archive";
	if (*hash && !digest)
		feed_warn(context, disk->line, "`%s' has a hash that proves nothing: %s", item->name, hash);
	item->urls = g_new0(char *, 2);
	item->urls[0] = g_steal_pointer(&url);
	item_set_text(&item->digest, digest ? digest : "");
	item->download_size = lenient_number(disk, "size");
	item->disk_size = lenient_number(lenient_get(image, "requirements"), "diskSpace");
	return NULL;
}

/* Only what the texts say; what the image is, is seen when it is there. */
static void guess(GalleryItem *item)
{
	g_autofree char *name = g_utf8_strdown(item->name, -1);
	g_autofree char *url = g_ascii_strdown(item->urls[0], -1);
	gboolean arm = strstr(url, "arm64") || strstr(url, "aarch64");

	item_set_text(&item->os, strstr(name, "windows") ? "windows" : "");
	item_set_text(&item->architecture, arm ? "aarch64" : "x86_64");
}

static gboolean on_image(const LenientNode *image, gpointer data)
{
	FeedBuild *build = data;
	g_autoptr(GalleryItem) item = item_new();
	const char *wrong = image->kind != LENIENT_OBJECT ? "is no object" : NULL;

	for (gsize i = 0; !wrong && i < G_N_ELEMENTS(texts); i++)
		take_clean(&G_STRUCT_MEMBER(char *, item, texts[i].offset), lenient_text(image, texts[i].key),
			   FALSE);
	if (!wrong && !*item->name)
		wrong = "has no `name'";
	if (!wrong)
		wrong = take_disk(item, image, build->context);
	if (wrong) {
		feed_warn(build->context, image->line, "an image %s%s%s%s", *item->name ? "(`" : "",
			  item->name, *item->name ? "') " : "", wrong);
		return TRUE;
	}
	take_description(item, image);
	take_details(item, image);
	take_pictures(item, image, build->context);
	guess(item);
	item_set_text(&item->version, item->recipe);
	item->secure_boot = lenient_bool(lenient_get(image, "config"), "secureBoot", FALSE);
	item->updated = item_parse_time(lenient_text(image, "lastUpdated"));
	g_free(item->id);
	item->id = feed_make_id(item->name);
	return feed_build_take(build, g_steal_pointer(&item));
}

GPtrArray *feed_hyperv_parse(const char *text, gsize length, const FeedContext *context, GError **error)
{
	g_auto(FeedBuild) build = { 0 };

	feed_build_init(&build, context);
	g_autoptr(LenientJson) json = lenient_json_parse(text, length, FEED_FORMAT_MAX, context->name,
							 "images", on_image, &build, error);
	if (!json)
		return NULL;
	const LenientNode *images = lenient_get(lenient_json_root(json), "images");
	if (!images || images->kind != LENIENT_ARRAY) {
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "%s:%u: this is no gallery of Hyper-V: `images' %s", context->name,
			  images ? images->line : 1, images ? "is no array" : "is missing");
		return NULL;
	}
	if (build.full)
		feed_warn(context, images->line, "only the first %d images are taken", FEED_FORMAT_ITEMS);
	return g_steal_pointer(&build.items);
}
