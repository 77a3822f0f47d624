#include "model/image.h"

#include "model/model-private.h"

const char *image_hint(Model *model)
{
	GallerySourceView view;

	for (guint i = 0; gallery_source_view(model->gallery, i, &view); i++)
		if (!view.builtin && !view.fetched)
			return "`carrel gallery refresh' gets the lists of images, `carrel gallery list' "
			       "shows them";
	return "list images with `carrel gallery list'";
}

guint image_revision(Model *model)
{
	return model->images_revision;
}

guint image_count(Model *model)
{
	return gallery_items(model->gallery)->len;
}

gboolean image_view(Model *model, guint index, ImageView *view)
{
	GPtrArray *items = gallery_items(model->gallery);

	if (index >= items->len)
		return FALSE;
	const GalleryItem *item = items->pdata[index];
	*view = (ImageView){
		.id = item->id,
		.name = item->name,
		.publisher = item->publisher,
		.version = item->version,
		.source = item->source,
		.sha256 = item->sha256,
		.description = item->description,
		.kind = item->kind == GALLERY_ISO ? "iso" : "disk",
		.os = item->os,
		.trust = gallery_trust_name(item->trust),
		.logo = item->logo.url,
		.symbol = item->symbol.url,
		.thumbnail = item->thumbnail.url,
		.size = item->size,
		.download_size = item->download_size,
		.cloud_init = item->cloud_init,
		.memory = item->memory,
		.cpus = item->cpus,
		.updated = item->updated,
		.verified = item->verified,
		.available = item->path && *item->path,
		.secure_boot = item->secure_boot,
		.details = item->details,
	};
	return TRUE;
}
