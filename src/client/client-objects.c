/*
 * Objects of the daemon as plain structs: tables say where the value of each property goes, so that a new property is a
 * member and a row.
 */
#include <stddef.h>
#include <string.h>

#include "client/client-objects.h"

struct Property {
	const char *name;
	char type; /* D-Bus type of the property; 'r' = a(ss), kept as GVariant */
	gsize offset;
};

#define VM(name, type, member)                                                                               \
	{                                                                                                    \
		name, type, offsetof(ClientVm, member)                                                       \
	}
#define JOB(name, type, member)                                                                              \
	{                                                                                                    \
		name, type, offsetof(ClientJob, member)                                                      \
	}
#define IMAGE(name, type, member)                                                                            \
	{                                                                                                    \
		name, type, offsetof(ClientImage, member)                                                    \
	}

/* In the order of data/io.carrel.xml, which is that of the daemon's replies: apply() looks at the next row first. */
static const Property vm_properties[] = {
	VM("Id", 's', id),
	VM("Name", 's', name),
	VM("State", 's', state),
	VM("Status", 's', status),
	VM("Generation", 'u', generation),
	VM("Cpus", 'u', cpus),
	VM("MemoryStartup", 't', memory_startup),
	VM("MemoryAssigned", 't', memory_assigned),
	VM("MemoryDemand", 't', memory_demand),
	VM("CpuUsage", 'd', cpu_usage),
	VM("Started", 'x', started),
	VM("Created", 'x', created),
	VM("Os", 's', os),
	VM("Switch", 's', switch_name),
	VM("Ip", 's', ip),
	VM("Checkpoint", 's', checkpoint),
	VM("Notes", 's', notes),
	VM("Pid", 'u', pid),
	VM("Accelerator", 's', accelerator),
	VM("Heartbeat", 's', heartbeat),
	VM("GuestState", 's', guest_state),
	VM("Folder", 's', folder),
};

static const Property job_properties[] = {
	JOB("Number", 'u', number),
	JOB("Verb", 's', verb),
	JOB("Subject", 's', subject),
	JOB("State", 's', state),
	JOB("Step", 's', step),
	JOB("Done", 't', done),
	JOB("Total", 't', total),
	JOB("Unit", 's', unit),
	JOB("Started", 'x', started),
	JOB("Ended", 'x', ended),
	JOB("Result", 'o', result),
	JOB("Note", 's', note),
	JOB("ErrorName", 's', error_name),
	JOB("ErrorMessage", 's', error_message),
};

static const Property image_properties[] = {
	IMAGE("Id", 's', id),
	IMAGE("Name", 's', name),
	IMAGE("Publisher", 's', publisher),
	IMAGE("Version", 's', version),
	IMAGE("Size", 't', size),
	IMAGE("Source", 's', source),
	IMAGE("Updated", 'x', updated),
	IMAGE("Verified", 'b', verified),
	IMAGE("Available", 'b', available),
	IMAGE("Sha256", 's', sha256),
	IMAGE("Description", 's', description),
	IMAGE("Kind", 's', kind),
	IMAGE("SecureBoot", 'b', secure_boot),
	IMAGE("Memory", 't', memory),
	IMAGE("Cpus", 'u', cpus),
	IMAGE("Os", 's', os),
	IMAGE("Trust", 's', trust),
	IMAGE("DownloadSize", 't', download_size),
	IMAGE("CloudInit", 'b', cloud_init),
	IMAGE("Logo", 's', logo),
	IMAGE("Symbol", 's', symbol),
	IMAGE("Thumbnail", 's', thumbnail),
	IMAGE("Details", 'r', details),
};

const Kind kinds[KIND_COUNT] = {
	[KIND_VM] = {"io.carrel.Vm",     "ListVms",    vm_properties,    G_N_ELEMENTS(vm_properties),    sizeof(VmEntry),
                     CLIENT_VM_ADDED,													    CLIENT_VM_CHANGED,     CLIENT_VM_REMOVED },
	[KIND_JOB] = { "io.carrel.Job",   "ListJobs",   job_properties,   G_N_ELEMENTS(job_properties),
                     sizeof(ClientJob),										   CLIENT_JOB_ADDED,      CLIENT_JOB_CHANGED,    CLIENT_JOB_REMOVED},
	[KIND_IMAGE] = { "io.carrel.Image", "ListImages", image_properties, G_N_ELEMENTS(image_properties),
                     sizeof(ClientImage),										 CLIENT_IMAGES_CHANGED, CLIENT_IMAGES_CHANGED,
                     CLIENT_IMAGES_CHANGED																		},
};

/* Each struct begins with its path. */
G_STATIC_ASSERT(offsetof(VmEntry, vm) == 0 && offsetof(ClientVm, path) == 0);
G_STATIC_ASSERT(offsetof(ClientJob, path) == 0 && offsetof(ClientImage, path) == 0);

char *object_path(gconstpointer object)
{
	return *(char *const *)object;
}

static gpointer member_of(const Property *property, gconstpointer object)
{
	return (char *)object + property->offset;
}

gpointer object_new(const Kind *kind, const char *path)
{
	gpointer object = g_malloc0(kind->size);

	*(char **)object = g_strdup(path);
	for (gsize i = 0; i < kind->count; i++)
		if (strchr("so", kind->properties[i].type))
			*(char **)member_of(&kind->properties[i], object) = g_strdup("");
	return object;
}

void object_free(const Kind *kind, gpointer object)
{
	for (gsize i = 0; i < kind->count; i++) {
		gpointer member = member_of(&kind->properties[i], object);
		if (strchr("so", kind->properties[i].type))
			g_free(*(char **)member);
		else if (kind->properties[i].type == 'r')
			g_clear_pointer((GVariant **)member, g_variant_unref);
	}
	if (kind == &kinds[KIND_VM])
		g_free(((VmEntry *)object)->sort_key);
	g_free(object_path(object));
	g_free(object);
}

static gboolean set_string(char **member, GVariant *value)
{
	const char *text = g_variant_get_string(value, NULL);

	if (g_str_equal(*member, text))
		return FALSE;
	g_free(*member);
	*member = g_strdup(text);
	return TRUE;
}

static gboolean set_rows(GVariant **member, GVariant *value)
{
	if (*member && g_variant_equal(*member, value))
		return FALSE;
	g_clear_pointer(member, g_variant_unref);
	*member = g_variant_ref(value);
	return TRUE;
}

#define SET_NUMBER(ctype, get)                                                                               \
	do {                                                                                                 \
		ctype number = get(value);                                                                   \
		gboolean differs = memcmp(member, &number, sizeof number) != 0;                              \
		memcpy(member, &number, sizeof number);                                                      \
		return differs;                                                                              \
	} while (0)

static gboolean set_member(const Property *property, gpointer object, GVariant *value)
{
	const char *type = g_variant_get_type_string(value);
	gpointer member = member_of(property, object);

	if (property->type == 'r' && g_str_equal(type, "a(ss)"))
		return set_rows(member, value);
	/* A daemon of another version may have changed a type; better an old value than a crash. */
	if (type[0] != property->type || type[1])
		return FALSE;
	switch (property->type) {
	case 's':
	case 'o':
		return set_string(member, value);
	case 'u':
		SET_NUMBER(guint, g_variant_get_uint32);
	case 't':
		SET_NUMBER(guint64, g_variant_get_uint64);
	case 'x':
		SET_NUMBER(gint64, g_variant_get_int64);
	case 'd':
		SET_NUMBER(double, g_variant_get_double);
	case 'b':
		SET_NUMBER(gboolean, g_variant_get_boolean);
	default:
		return FALSE;
	}
}

static const Property *find_property(const Kind *kind, const char *name, gsize *next)
{
	for (gsize i = 0; i < kind->count; i++) {
		gsize at = (*next + i) % kind->count;
		if (g_str_equal(kind->properties[at].name, name)) {
			*next = at + 1;
			return &kind->properties[at];
		}
	}
	return NULL;
}

/* Child by child: with a thousand VMs, the format strings of g_variant_iter_loop() would take half of the time. */
static gboolean apply_entry(const Kind *kind, gpointer object, GVariant *entry, gsize *next)
{
	g_autoptr(GVariant) name = g_variant_get_child_value(entry, 0);
	const Property *property = find_property(kind, g_variant_get_string(name, NULL), next);

	if (!property)
		return FALSE;
	g_autoptr(GVariant) boxed = g_variant_get_child_value(entry, 1);
	g_autoptr(GVariant) value = g_variant_get_variant(boxed);
	return set_member(property, object, value);
}

gboolean object_apply(const Kind *kind, gpointer object, GVariant *dict)
{
	gsize next = 0, count = g_variant_n_children(dict);
	gboolean changed = FALSE;

	for (gsize i = 0; i < count; i++) {
		g_autoptr(GVariant) entry = g_variant_get_child_value(dict, i);
		changed |= apply_entry(kind, object, entry, &next);
	}
	return changed;
}

static gboolean clear_member(const Property *property, gpointer object)
{
	static const struct {
		char type;
		const char *zero; /* as GVariant text */
	} zeros[] = {
		{'s',  "''"            },
                { 'o', "objectpath '/'"},
                { 'u', "uint32 0"      },
		{ 't', "uint64 0"      },
                { 'x', "int64 0"       },
                { 'd', "0.0"           },
		{ 'b', "false"         }
	};

	for (gsize i = 0; i < G_N_ELEMENTS(zeros); i++)
		if (zeros[i].type == property->type) {
			g_autoptr(GVariant) zero = g_variant_parse(NULL, zeros[i].zero, NULL, NULL, NULL);
			return set_member(property, object, zero);
		}
	return FALSE;
}

gboolean object_clear_absent(const Kind *kind, gpointer object, GVariant *dict)
{
	gboolean changed = FALSE;

	for (gsize i = 0; i < kind->count; i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(dict, kind->properties[i].name, NULL);
		if (!value)
			changed |= clear_member(&kind->properties[i], object);
	}
	return changed;
}
