/* The gallery: list, show. */
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/suggest.h"
#include "cli/verbs.h"

static void list_json(GPtrArray *images)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < images->len; i++)
		json_array_add_object_element(array, row_image(images->pdata[i]));
	output_json(output_array(array));
}

static char *size_text(const ClientImage *image)
{
	return image->size ? units_format_size_human(image->size) : g_strdup("");
}

gboolean cmd_gallery_list(Cli *cli, GError **error)
{
	static const char *const headings[] = { "IMAGE", "NAME",     "PUBLISHER", "VERSION",
						"SIZE",  "IN STORE", NULL };
	Client *client = cli_client(cli, TRUE, error);

	if (!client)
		return FALSE;
	GPtrArray *images = client_images(client);
	if (cli->json) {
		list_json(images);
		return TRUE;
	}
	OutputTable *table = output_table_new(headings);
	for (guint i = 0; i < images->len; i++) {
		const ClientImage *image = images->pdata[i];
		g_autofree char *size = size_text(image);
		output_table_row(table, image->id, image->name, image->publisher, image->version, size,
				 image->available ? "yes" : "no", NULL);
	}
	output_table_print(table);
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
	Client *client = cli_client(cli, TRUE, error);
	const ClientImage *image = client ? find_image(client, cli->args[0], error) : NULL;

	if (!image)
		return FALSE;
	if (cli->json)
		show_json(image);
	else
		show_text(image);
	return TRUE;
}
