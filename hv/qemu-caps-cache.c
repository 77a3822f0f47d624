/* The cache of qemu-caps.c: one JSON object a binary, valid as long as the binary, its modules and the kernel are what they were. */
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/json.h"
#include "base/paths.h"
#include "hv/qemu-caps-private.h"

/* Raise it when the meaning of the cached file changes. */
#define CACHE_FORMAT 2

typedef struct {
	const char *key;
	gsize offset;
} CapsField;

static const CapsField string_fields[] = {
	{"version",      offsetof(QemuCaps, version)    },
	{ "arch",        offsetof(QemuCaps, arch)       },
	{ "machine_q35", offsetof(QemuCaps, machine_q35)},
	{ "machine_pc",  offsetof(QemuCaps, machine_pc) },
};

static const CapsField bool_fields[] = {
	{"display_dbus", offsetof(QemuCaps, display_dbus)},
        { "vnc",         offsetof(QemuCaps, vnc)         },
	{ "io_uring",    offsetof(QemuCaps, io_uring)    },
        { "sandbox",     offsetof(QemuCaps, sandbox)     },
	{ "user_net",    offsetof(QemuCaps, user_net)    },
        { "vdagent",     offsetof(QemuCaps, vdagent)     },
};

#define FIELD(type, caps, field) (*(type *)((char *)(caps) + (field)->offset))

/* The name holds a hash of the path, so that two binaries do not push each other out. */
static char *cache_path(const char *binary)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, binary, -1);

	return g_strdup_printf("%s/qemu-caps-%.12s.json", dir, hash);
}

/* Path, size, mtime, and what else the answers depend on: the kernel (io_uring) and QEMU's loadable modules (display). */
static char *cache_stamp(const char *binary)
{
	static const char *const module_dirs[] = { "/usr/lib/x86_64-linux-gnu/qemu", "/usr/lib64/qemu",
						   "/usr/lib/qemu" };
	struct utsname host;
	struct stat st;

	if (stat(binary, &st) < 0 || uname(&host) < 0)
		return NULL;
	GString *stamp = g_string_new(NULL);
	g_string_printf(stamp, "%d %s %lld %lld.%09ld %s", CACHE_FORMAT, binary, (long long)st.st_size,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, host.release);
	for (gsize i = 0; i < G_N_ELEMENTS(module_dirs); i++)
		if (stat(module_dirs[i], &st) == 0)
			g_string_append_printf(stamp, " %lld", (long long)st.st_mtim.tv_sec);
	return g_string_free(stamp, FALSE);
}

static QemuCaps *caps_from_json(JsonObject *object, const char *binary)
{
	g_autoptr(QemuCaps) caps = qemu_caps_new(binary, NULL);
	JsonArray *devices = json_get_array(object, "devices", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(string_fields); i++) {
		const char *text = json_string_or(object, string_fields[i].key, NULL);
		if (!text)
			return NULL;
		FIELD(char *, caps, &string_fields[i]) = g_strdup(text);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bool_fields); i++)
		FIELD(gboolean, caps, &bool_fields[i]) = json_bool_or(object, bool_fields[i].key, FALSE);
	if (!devices)
		return NULL;
	for (guint i = 0; i < json_array_get_length(devices); i++) {
		const char *name = json_node_get_string(json_array_get_element(devices, i));
		g_hash_table_add(caps->devices, g_strdup(name ? name : ""));
	}
	return g_steal_pointer(&caps);
}

QemuCaps *qemu_caps_load(const char *binary)
{
	g_autofree char *path = cache_path(binary);
	g_autofree char *stamp = cache_stamp(binary);
	g_autofree char *text = NULL;
	gsize length;

	if (!stamp || !g_file_get_contents(path, &text, &length, NULL))
		return NULL;
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, NULL);
	JsonObject *object = node ? json_as_object(node, path, NULL) : NULL;
	if (!object || g_strcmp0(json_string_or(object, "stamp", NULL), stamp) != 0)
		return NULL;
	return caps_from_json(object, binary);
}

void qemu_caps_save(const QemuCaps *caps)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *path = cache_path(caps->binary);
	g_autofree char *stamp = cache_stamp(caps->binary);
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();
	JsonArray *devices = json_array_new();
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(caps->devices), (GCompareFunc)strcmp);
	g_autoptr(GError) error = NULL;

	json_node_take_object(node, object);
	json_object_set_string_member(object, "stamp", stamp ? stamp : "");
	for (gsize i = 0; i < G_N_ELEMENTS(string_fields); i++)
		json_object_set_string_member(object, string_fields[i].key,
					      FIELD(char *, caps, &string_fields[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bool_fields); i++)
		json_object_set_boolean_member(object, bool_fields[i].key,
					       FIELD(gboolean, caps, &bool_fields[i]));
	for (GList *name = names; name; name = name->next)
		json_array_add_string_element(devices, name->data);
	json_object_set_array_member(object, "devices", devices);
	g_autofree char *text = json_text(node, TRUE);
	if (g_mkdir_with_parents(dir, 0700) < 0 || !file_replace(path, text, -1, 0600, &error))
		g_debug("capabilities of QEMU are not cached: %s", error ? error->message : dir);
}
