/* UEFI firmware by QEMU's descriptors; docs/interop/firmware.json in QEMU's sources says how they are searched and what they mean. */
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "hv/host.h"

void firmware_free(Firmware *firmware)
{
	if (!firmware)
		return;
	g_free(firmware->code);
	g_free(firmware->vars);
	g_free(firmware->vars_format);
	g_free(firmware);
}

static gboolean array_holds(JsonObject *object, const char *key, const char *word)
{
	JsonArray *array = json_get_array(object, key, NULL);

	for (guint i = 0; array && i < json_array_get_length(array); i++)
		if (g_strcmp0(json_node_get_string(json_array_get_element(array, i)), word) == 0)
			return TRUE;
	return FALSE;
}

static gboolean machine_matches(JsonObject *target, const char *machine)
{
	JsonArray *patterns = json_get_array(target, "machines", NULL);

	for (guint i = 0; patterns && i < json_array_get_length(patterns); i++) {
		const char *pattern = json_node_get_string(json_array_get_element(patterns, i));
		if (pattern && fnmatch(pattern, machine, 0) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean target_matches(JsonObject *descriptor, const char *arch, const char *machine)
{
	JsonArray *targets = json_get_array(descriptor, "targets", NULL);

	for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
		JsonObject *target = json_as_object(json_array_get_element(targets, i), "target", NULL);
		if (target && g_str_equal(json_string_or(target, "architecture", ""), arch) &&
		    machine_matches(target, machine))
			return TRUE;
	}
	return FALSE;
}

/* With Secure Boot the keys must be enrolled, else it is off in fact. Without it, firmware that wants SMM is only a burden. */
static gboolean features_match(JsonObject *descriptor, gboolean secure_boot)
{
	if (secure_boot)
		return array_holds(descriptor, "features", "secure-boot") &&
		       array_holds(descriptor, "features", "enrolled-keys") &&
		       array_holds(descriptor, "features", "requires-smm");
	return !array_holds(descriptor, "features", "enrolled-keys") &&
	       !array_holds(descriptor, "features", "requires-smm");
}

/* A split flash device with raw code: what the argv builder can map. */
static Firmware *usable_files(JsonObject *descriptor, gboolean secure_boot)
{
	JsonObject *mapping = json_get_object(descriptor, "mapping", NULL);
	JsonObject *code = mapping ? json_get_object(mapping, "executable", NULL) : NULL;
	JsonObject *vars = mapping ? json_get_object(mapping, "nvram-template", NULL) : NULL;

	if (!code || !vars || !g_str_equal(json_string_or(mapping, "device", ""), "flash") ||
	    !g_str_equal(json_string_or(mapping, "mode", "split"), "split") ||
	    !g_str_equal(json_string_or(code, "format", "raw"), "raw"))
		return NULL;
	const char *code_file = json_string_or(code, "filename", "");
	const char *vars_file = json_string_or(vars, "filename", "");
	if (access(code_file, R_OK) < 0 || access(vars_file, R_OK) < 0)
		return NULL;
	Firmware *firmware = g_new0(Firmware, 1);
	firmware->code = g_strdup(code_file);
	firmware->vars = g_strdup(vars_file);
	firmware->vars_format = g_strdup(json_string_or(vars, "format", "raw"));
	firmware->secure_boot = secure_boot;
	return firmware;
}

static Firmware *try_descriptor(const char *path, const char *arch, const char *machine, gboolean secure_boot)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, NULL) || length == 0)
		return NULL; /* an empty file masks one of the same name in a later directory */
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, &error);
	JsonObject *descriptor = node ? json_as_object(node, path, &error) : NULL;
	if (!descriptor) {
		g_warning("firmware descriptor `%s' is ignored: %s", path, error->message);
		return NULL;
	}
	if (!array_holds(descriptor, "interface-types", "uefi") ||
	    !target_matches(descriptor, arch, machine) || !features_match(descriptor, secure_boot))
		return NULL;
	return usable_files(descriptor, secure_boot);
}

/* Name -> path of every descriptor; a name found in an earlier directory wins. */
static void collect(GHashTable *found, const char *dir)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
	const char *name;

	while (entries && (name = g_dir_read_name(entries)))
		if (g_str_has_suffix(name, ".json") && !g_hash_table_contains(found, name))
			g_hash_table_insert(found, g_strdup(name), g_build_filename(dir, name, NULL));
}

static void collect_all(GHashTable *found)
{
	const char *override = g_getenv("CARREL_FIRMWARE_DIR");

	if (override && *override) {
		collect(found, override);
		return;
	}
	g_autofree char *own = g_build_filename(g_get_user_config_dir(), "qemu", "firmware", NULL);
	const char *const dirs[] = { own, "/etc/qemu/firmware", "/usr/local/share/qemu/firmware",
				     "/usr/share/qemu/firmware" };
	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++)
		collect(found, dirs[i]);
}

Firmware *firmware_find(const char *arch, const char *machine, gboolean secure_boot, GError **error)
{
	g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	Firmware *firmware = NULL;

	collect_all(found);
	/* Names begin with two digits: lower ones come first, by the specification. */
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(found), (GCompareFunc)strcmp);
	for (GList *name = names; name && !firmware; name = name->next)
		firmware = try_descriptor(g_hash_table_lookup(found, name->data), arch, machine, secure_boot);
	if (!firmware)
		error_set(error, CARREL_ERROR_HOST,
			  "install OVMF, on Debian and Ubuntu with `apt install ovmf'",
			  "there is no UEFI firmware %s Secure Boot for machine `%s'",
			  secure_boot ? "with" : "without", machine);
	return firmware;
}
