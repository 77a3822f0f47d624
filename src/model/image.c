#include "model/image.h"

#include "model/model-private.h"

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
		.size = item->size,
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
