/* Objects of the daemon as plain structs, for client-cache.c and wait.c. */
#pragma once

#include "client/client-private.h"

typedef struct Property Property;

/* A VM and what it is sorted by. */
typedef struct {
	ClientVm vm;
	char *sort_key;
} VmEntry;

typedef struct {
	const char *interface, *list_method;
	const Property *properties;
	gsize count, size;
	ClientEvent added, changed, removed;
} Kind;

extern const Kind kinds[KIND_COUNT];

/* Every struct begins with its path. Borrowed. */
char *object_path(gconstpointer object);

/* Strings are "", numbers 0 until object_apply(). */
gpointer object_new(const Kind *kind, const char *path);
void object_free(const Kind *kind, gpointer object);

/* Puts a{sv} into @object; TRUE when a value changed. Unknown names and values of a wrong type are left out. */
gboolean object_apply(const Kind *kind, gpointer object, GVariant *dict);

/* Sets what a list left out because it is empty or 0. TRUE when something changed. */
gboolean object_clear_absent(const Kind *kind, gpointer object, GVariant *dict);
