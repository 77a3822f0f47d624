/*
 * The table of fields: ONE place from which vm.conf, CLI flags, `carrel set', the TUI's forms, the API's Spec property
 * and vm.conf(5) come. To add a field: a member in vm-spec.h, a row here, and its use in hv/. Nothing else.
 *
 * A field is addressed by its path: "memory", or "disk0.file" for a field of a disk or adapter section. Values cross all
 * borders as text in the units of people ("2G", "on", "off").
 */
#pragma once

#include "spec/vm-spec.h"

typedef enum {
	FIELD_BOOL,   /* gboolean; on, off (also yes/no, true/false, 1/0) */
	FIELD_INT,    /* gint64 in min..max */
	FIELD_SIZE,   /* guint64 bytes in min..max */
	FIELD_STRING, /* char *, one line, valid UTF-8 */
	FIELD_TEXT,   /* char *, may hold newlines */
	FIELD_ENUM,   /* char *, one of choices */
	FIELD_PATH, /* char *, a file; relative to the VM's folder when read from vm.conf; CLI makes it absolute */
	FIELD_MAC /* char *, MAC address */
} FieldType;

typedef enum { SECTION_VM, SECTION_DISK, SECTION_NIC, SECTION_COUNT } FieldSection;

/* When a field may be changed. */
typedef enum {
	CHANGE_NEVER,  /* set at creation only */
	CHANGE_RENAME, /* by `carrel rename' only */
	CHANGE_OFF,    /* while the VM is off */
	CHANGE_LIVE    /* also while it runs, at once */
} FieldChange;

typedef struct {
	FieldSection section;
	const char *key; /* snake_case, as in vm.conf and JSON */
	FieldType type;
	gsize offset;         /* of the member in VmSpec, DiskSpec or NicSpec */
	gint64 min, max;      /* for INT and SIZE */
	const char *fallback; /* default as text */
	const char *choices;  /* for ENUM: words separated by '|' */
	FieldChange change;
	const char *label; /* for forms: "Secure Boot" */
	const char *group; /* for forms: "Firmware" */
	const char *help;  /* one sentence without full stop */
} SpecField;

/* All rows, in the order in which they are shown and written; section by section. */
const SpecField *spec_fields(gsize *count);

/* Row with @key in @section, or NULL. */
const SpecField *spec_field(FieldSection section, const char *key);

/* "memory" or "disk0.file" to its row; *@object is the struct that holds the member (the spec itself, a DiskSpec, a NicSpec). */
const SpecField *spec_field_at(VmSpec *spec, const char *path, gpointer *object, GError **error);

/* Text of a field as people write it. @object as from spec_field_at(). Caller frees. */
char *spec_field_get(const SpecField *field, gconstpointer object);

/* Parses @text into the field: type, range and choices are checked; on error nothing changes. */
gboolean spec_field_set(const SpecField *field, gpointer object, const char *text, GError **error);

/* spec_field_at() and spec_field_set() in one; for `set key=value'. Does not look at SpecField.change. */
gboolean vm_spec_set(VmSpec *spec, const char *path, const char *text, GError **error);

/* Every path of @spec: "name", "memory", ..., "disk0.file", "nic0.mac", ... NULL-terminated. Caller frees with g_strfreev. */
char **vm_spec_paths(const VmSpec *spec);

/* a{sv} with every field of section VM by key, typed (b, x, t, s), and "disks", "nics" as aa{sv} with their "name". Floating. */
GVariant *vm_spec_to_variant(const VmSpec *spec);

/* The reverse, for clients that show or edit a spec they got from the API. Unknown keys are ignored. */
VmSpec *vm_spec_from_variant(GVariant *dict);
