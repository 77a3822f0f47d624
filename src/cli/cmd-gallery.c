/* The gallery: list, show. */
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/verbs.h"

const Option list_options[] = {
	{"source",     0, OPTION_TEXT, VALUE_NONE, "SOURCE", NULL, "Only images of this source" },
	{ "stored", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Only images that are in the store" },
	{ .name = NULL   },
};

static gboolean has_word(const ClientImage *image, const char *folded)
{
	const char *const texts[] = { image->id,      image->name, image->publisher,
				      image->version, image->os,   image->description };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text = g_utf8_casefold(texts[i], -1);
		if (strstr(text, folded))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_wanted(const Cli *cli, const ClientImage *image)
{
	const char *source = options_text(cli->options, "source");

	if ((source && !g_str_equal(image->source, source)) ||
	    (options_has(cli->options, "stored") && !image->available))
		return FALSE;
	for (guint i = 0; i < cli->n_args; i++) {
		g_autofree char *word = g_utf8_casefold(cli->args[i], -1);
		if (!has_word(image, word))
			return FALSE;
	}
	return TRUE;
}

static void list_json(const Cli *cli, GPtrArray *images)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < images->len; i++)
		if (is_wanted(cli, images->pdata[i]))
			json_array_add_object_element(array, row_image(images->pdata[i]));
	output_json(output_array(array));
}

/* What it takes on the disk, or to download. */
static char *size_text(const ClientImage *image)
{
	guint64 size = image->size ? image->size : image->download_size;

	return size ? units_format_size_human(size) : g_strdup("");
}

/* In the store: was it what its publisher made? Else: could that be found out? */
static const char *verified_text(const ClientImage *image)
{
	static const char *const words[][2] = {
		{"signature", "signed"    },
		{ "hash",     "hash"      },
		{ "none",     "unverified"},
	};

	if (image->available && !image->verified)
		return "no";
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(image->trust, words[i][0]))
			return words[i][1];
	return image->verified ? "yes" : "";
}

/* Somebody who has only the built-in image should know that there is more. */
static void tell_never_fetched(Cli *cli)
{
	g_autoptr(GVariant) reply =
		client_call_sync(cli->client, "/io/carrel", "Manager", "ListSources", NULL, NULL, NULL);
	g_autoptr(GVariant) list = reply ? g_variant_get_child_value(reply, 0) : NULL;
	guint count = 0;

	for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
		g_autoptr(GVariant) dict = g_variant_get_child_value(list, i);
		gboolean builtin = TRUE;
		gint64 fetched = 0;
		g_variant_lookup(dict, "builtin", "b", &builtin);
		g_variant_lookup(dict, "fetched", "x", &fetched);
		count += !builtin && !fetched;
	}
	if (count && output_is_terminal())
		g_printerr("The lists of %u %s were never fetched; `carrel gallery refresh' gets them.\n",
			   count, count == 1 ? "source" : "sources");
}

gboolean cmd_gallery_list(Cli *cli, GError **error)
{
	static const char *const headings[] = { "IMAGE", "NAME",     "PUBLISHER", "VERSION",
						"SIZE",  "VERIFIED", "IN STORE",  NULL };
	Client *client = cli_client(cli, FALSE, error);

	if (!client || !client_load_images_sync(client, error))
		return FALSE;
	GPtrArray *images = client_images(client);
	if (cli->json) {
		list_json(cli, images);
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (guint i = 0; i < images->len; i++) {
		const ClientImage *image = images->pdata[i];
		g_autofree char *size = size_text(image);
		if (is_wanted(cli, image))
			output_table_row(table, image->id, image->name, image->publisher, image->version,
					 size, verified_text(image), image->available ? "yes" : "no", NULL);
	}
	output_table_print(table);
	tell_never_fetched(cli);
	return TRUE;
}

static const ClientImage *find_image(Client *client, const char *id, GError **error)
{
	GPtrArray *images = client_images(client);
	g_autoptr(GPtrArray) ids = g_ptr_array_new();

	for (guint i = 0; i < images->len; i++) {
		const ClientImage *image = images->pdata[i];
		if (g_str_equal(image->id, id))
			return image;
		g_ptr_array_add(ids, image->id);
	}
	const char *near = suggest_nearest(id, ids);
	g_autofree char *hint = near ? g_strdup_printf("did you mean `%s'?", near)
				     : g_strdup("list images with `carrel gallery list'");
	error_set(error, CARREL_ERROR_NOT_FOUND, hint, "image `%s' does not exist", id);
	return NULL;
}

static void show_json(const ClientImage *image)
{
	JsonObject *object = row_image(image), *details = json_object_new();
	GVariantIter iter;
	const char *name, *value;

	if (image->details) {
		g_variant_iter_init(&iter, image->details);
		while (g_variant_iter_loop(&iter, "(&s&s)", &name, &value))
			json_object_set_string_member(details, name, value);
	}
	json_object_set_object_member(object, "details", details);
	output_json(output_node(object));
}

static void show_text(const ClientImage *image)
{
	OutputTable *table = output_table_new(NULL);
	g_autofree char *size = size_text(image);
	g_autofree char *updated = units_format_time(image->updated);
	GVariantIter iter;
	const char *name, *value;
	const char *const rows[][2] = {
		{"image",        image->id                      },
		{ "name",        image->name                    },
		{ "publisher",   image->publisher               },
		{ "version",     image->version                 },
		{ "description", image->description             },
		{ "kind",        image->kind                    },
		{ "os",          image->os                      },
		{ "size",        size                           },
		{ "source",      image->source                  },
		{ "updated",     updated ? updated : ""         },
		{ "sha256",      image->sha256                  },
		{ "verified",    image->verified ? "yes" : "no" },
		{ "verified by", image->trust                   },
		{ "in store",    image->available ? "yes" : "no"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (*rows[i][1])
			output_table_row(table, rows[i][0], rows[i][1], NULL);
	if (image->details) {
		g_variant_iter_init(&iter, image->details);
		while (g_variant_iter_loop(&iter, "(&s&s)", &name, &value))
			output_table_row(table, name, value, NULL);
	}
	output_table_print(table);
}

gboolean cmd_gallery_show(Cli *cli, GError **error)
{
	Client *client = cli_client(cli, FALSE, error);
	const ClientImage *image = client && client_load_images_sync(client, error)
					   ? find_image(client, cli->args[0], error)
					   : NULL;

	if (!image)
		return FALSE;
	if (cli->json)
		show_json(image);
	else
		show_text(image);
	return TRUE;
}
