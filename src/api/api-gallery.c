/* io.carrel.Image and io.carrel.Switch: objects that are only looked at. */
#include <string.h>

#include "api/api-desc.h"
#include "api/api-private.h"
#include "model/image.h"
#include "model/switch.h"

/* Views are made when asked for; the object handed around is the index + 1. */
static ImageView image_at(Model *model, gpointer object)
{
	ImageView view;

	memset(&view, 0, sizeof view);
	image_view(model, GPOINTER_TO_UINT(object) - 1, &view);
	return view;
}

#define GETTER(name, expression)                                                                             \
	static GVariant *image_##name(Model *model, gpointer object)                                         \
	{                                                                                                    \
		ImageView view = image_at(model, object);                                                    \
		return expression;                                                                           \
	}

GETTER(id, g_variant_new_string(view.id))
GETTER(name, g_variant_new_string(view.name))
GETTER(publisher, g_variant_new_string(view.publisher))
GETTER(version, g_variant_new_string(view.version))
GETTER(size, g_variant_new_uint64(view.size))
GETTER(source, g_variant_new_string(view.source))
GETTER(updated, g_variant_new_int64(view.updated))
GETTER(verified, g_variant_new_boolean(view.verified))
GETTER(available, g_variant_new_boolean(view.available))
GETTER(sha256, g_variant_new_string(view.sha256))
GETTER(description, g_variant_new_string(view.description))
GETTER(kind, g_variant_new_string(view.kind))
GETTER(secure_boot, g_variant_new_boolean(view.secure_boot))
GETTER(memory, g_variant_new_uint64(view.memory))
GETTER(cpus, g_variant_new_uint32(view.cpus))
GETTER(os, g_variant_new_string(view.os))
GETTER(trust, g_variant_new_string(view.trust))
GETTER(download_size, g_variant_new_uint64(view.download_size))
GETTER(cloud_init, g_variant_new_boolean(view.cloud_init))
GETTER(logo, g_variant_new_string(view.logo))
GETTER(symbol, g_variant_new_string(view.symbol))
GETTER(thumbnail, g_variant_new_string(view.thumbnail))

static GVariant *image_details(Model *model, gpointer object)
{
	ImageView view = image_at(model, object);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ss)"));
	for (guint i = 0; view.details && i + 1 < view.details->len; i += 2)
		g_variant_builder_add(&builder, "(ss)", view.details->pdata[i], view.details->pdata[i + 1]);
	return g_variant_builder_end(&builder);
}

static const PropertyRow image_properties[] = {
	{"Id",            image_id,            0},
	{ "Name",         image_name,          0},
	{ "Publisher",    image_publisher,     0},
	{ "Version",      image_version,       0},
	{ "Size",         image_size,          0},
	{ "Source",       image_source,        0},
	{ "Updated",      image_updated,       0},
	{ "Verified",     image_verified,      0},
	{ "Available",    image_available,     0},
	{ "Sha256",       image_sha256,        0},
	{ "Description",  image_description,   0},
	{ "Kind",         image_kind,          0},
	{ "SecureBoot",   image_secure_boot,   0},
	{ "Memory",       image_memory,        0},
	{ "Cpus",         image_cpus,          0},
	{ "Os",           image_os,            0},
	{ "Trust",        image_trust,         0},
	{ "DownloadSize", image_download_size, 0},
	{ "CloudInit",    image_cloud_init,    0},
	{ "Logo",         image_logo,          0},
	{ "Symbol",       image_symbol,        0},
	{ "Thumbnail",    image_thumbnail,     0},
	{ "Details",      image_details,       0},
	{ NULL,           NULL,                0},
};

static gpointer image_find(Model *model, const char *node)
{
	ImageView view;

	for (guint i = 0; image_view(model, i, &view); i++)
		if (g_str_equal(view.id, node))
			return GUINT_TO_POINTER(i + 1);
	return NULL;
}

static void image_each(Model *model, void (*visit)(const char *node, gpointer object, gpointer data),
		       gpointer data)
{
	ImageView view;

	for (guint i = 0; image_view(model, i, &view); i++)
		visit(view.id, GUINT_TO_POINTER(i + 1), data);
}

const ObjectKind api_image = {
	"/io/carrel/image", &io_carrel_image_interface, NULL, image_properties, image_find, image_each
};

static GVariant *switch_name(Model *model, gpointer object)
{
	return g_variant_new_string(((const Switch *)object)->name);
}

static GVariant *switch_kind(Model *model, gpointer object)
{
	return g_variant_new_string(((const Switch *)object)->kind);
}

static GVariant *switch_description(Model *model, gpointer object)
{
	return g_variant_new_string(((const Switch *)object)->description);
}

static GVariant *switch_adapters(Model *model, gpointer object)
{
	return g_variant_new_uint32(model_switch_adapters(model, ((const Switch *)object)->name));
}

static const PropertyRow switch_properties[] = {
	{"Name",         switch_name,        0},
	{ "Kind",        switch_kind,        0},
	{ "Description", switch_description, 0},
	{ "Adapters",    switch_adapters,    0},
	{ NULL,          NULL,               0},
};

static gpointer find_switch(Model *model, const char *node)
{
	return (gpointer)switch_find(node);
}

static void switch_each(Model *model, void (*visit)(const char *node, gpointer object, gpointer data),
			gpointer data)
{
	for (const Switch *one = switch_list(); one->name; one++)
		visit(one->name, (gpointer)one, data);
}

const ObjectKind api_switch = {
	"/io/carrel/switch", &io_carrel_switch_interface, NULL, switch_properties, find_switch, switch_each
};
