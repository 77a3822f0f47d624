/* The gallery's items as the API shows them. */
#pragma once

#include "model/model.h"

typedef struct {
	const char *id, *name, *publisher, *version, *source, *sha256, *description, *kind, *os;
	guint64 size, memory;
	guint cpus;
	gint64 updated;
	gboolean verified, available, secure_boot;
	GPtrArray *details; /* char *: name, value, name, value, ... */
} ImageView;

guint image_count(Model *model);
/* FALSE when @index is too high. Pointers are borrowed until the main loop runs again. */
gboolean image_view(Model *model, guint index, ImageView *view);
