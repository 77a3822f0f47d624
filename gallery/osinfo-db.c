#include "gallery/osinfo-db.h"

#include <osinfo/osinfo.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "gallery/os-words.h"

/* Systems older than that are started by a BIOS unless the database says otherwise. */
#define FIRST_YEAR_OF_EFI 2012
#define ARCH              "x86_64"

struct OsDb {
	OsinfoLoader *loader;
	OsinfoDb *db; /* borrowed of @loader */
	OsinfoOsList *systems;
};

OsDb *osdb_new(void)
{
	OsDb *db = g_new0(OsDb, 1);
	g_autoptr(GError) error = NULL;

	db->loader = osinfo_loader_new();
	osinfo_loader_process_default_path(db->loader, &error);
	if (error)
		g_info("osinfo-db: %s", error->message);
	db->db = osinfo_loader_get_db(db->loader);
	db->systems = osinfo_db_get_os_list(db->db);
	return db;
}

void osdb_free(OsDb *db)
{
	if (!db)
		return;
	g_object_unref(db->systems);
	g_object_unref(db->loader);
	g_free(db);
}

guint osdb_size(const OsDb *db)
{
	return (guint)osinfo_list_get_length(OSINFO_LIST(db->systems));
}

/* --- finding a system ------------------------------------------------------------------------------------------------- */

static OsinfoOs *nth_os(const OsDb *db, guint index)
{
	return OSINFO_OS(osinfo_list_get_nth(OSINFO_LIST(db->systems), (gint)index));
}

static const char *text(const char *value)
{
	return value ? value : "";
}

static const char *version_of(OsinfoOs *os)
{
	return text(osinfo_product_get_version(OSINFO_PRODUCT(os)));
}

static OsinfoOs *find_by_id(const OsDb *db, const char *id)
{
	for (guint i = 0; i < osdb_size(db); i++) {
		OsinfoOs *os = nth_os(db, i);
		GList *ids = osinfo_product_get_short_id_list(OSINFO_PRODUCT(os));
		GList *found = g_list_find_custom(ids, id, (GCompareFunc)strcmp);
		g_list_free(ids);
		if (found)
			return os;
	}
	return NULL;
}

/* "rocky9-unknown" is what the database says when it knows only the family. */
static gboolean is_vague(OsinfoOs *os)
{
	return g_str_has_suffix(text(osinfo_product_get_short_id(OSINFO_PRODUCT(os))), "unknown");
}

/* Of the distribution proper, not of something else that is made from it: "silverblue37" is of Fedora, too. */
static gboolean is_of(OsinfoOs *os, const OsWords *words)
{
	g_autofree char *prefix = g_strndup(words->id, strlen(words->id) - strlen(words->version));

	return g_strcmp0(osinfo_os_get_distro(os), words->distro) == 0 && !is_vague(os) &&
	       g_str_has_prefix(text(osinfo_product_get_short_id(OSINFO_PRODUCT(os))), prefix);
}

/* The newest of the distribution that is not newer than @words, else the oldest newer one. */
static OsinfoOs *find_closest(const OsDb *db, const OsWords *words)
{
	OsinfoOs *best = NULL;
	int best_side = 0;

	for (guint i = 0; i < osdb_size(db); i++) {
		OsinfoOs *os = nth_os(db, i);
		if (!is_of(os, words) || (*words->version && !g_ascii_isdigit(*version_of(os))))
			continue;
		int side = *words->version && os_version_compare(version_of(os), words->version) > 0 ? 1 : -1;
		int order = best ? os_version_compare(version_of(os), version_of(best)) : 0;
		if (!best || side < best_side || (side == best_side && order * side < 0)) {
			best = os;
			best_side = side;
		}
	}
	return best;
}

/* --- what is known of a system ---------------------------------------------------------------------------------------- */

static const char *family_of(OsinfoOs *os)
{
	const char *family = text(osinfo_os_get_family(os));

	if (g_str_has_prefix(family, "win"))
		return "windows";
	return g_str_equal(family, "linux") ? "linux" : "other";
}

/* The resources for our architecture, or for all. */
static OsinfoResources *resources_in(OsinfoResourcesList *list)
{
	OsinfoResources *found = NULL;

	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(list)); i++) {
		OsinfoResources *one = OSINFO_RESOURCES(osinfo_list_get_nth(OSINFO_LIST(list), i));
		const char *arch = text(osinfo_resources_get_architecture(one));
		if (g_str_equal(arch, ARCH) || (!found && g_str_equal(arch, OSINFO_ARCHITECTURE_ALL)))
			found = one;
	}
	return found;
}

static void add_number(JsonObject *object, const char *key, gint64 value)
{
	if (value > 0)
		json_object_set_int_member(object, key, value);
}

static void add_resources(JsonObject *object, OsinfoOs *os)
{
	g_autoptr(OsinfoResourcesList) least = osinfo_os_get_minimum_resources(os);
	g_autoptr(OsinfoResourcesList) wanted = osinfo_os_get_recommended_resources(os);
	OsinfoResources *low = resources_in(least), *good = resources_in(wanted);

	if (low) {
		add_number(object, "memory_min", osinfo_resources_get_ram(low));
		add_number(object, "memory", osinfo_resources_get_ram(low));
		add_number(object, "disk", osinfo_resources_get_storage(low));
		add_number(object, "cpus", osinfo_resources_get_n_cpus(low));
	}
	if (good) {
		add_number(object, "memory", osinfo_resources_get_ram(good));
		add_number(object, "disk", osinfo_resources_get_storage(good));
		add_number(object, "cpus", osinfo_resources_get_n_cpus(good));
	}
}

static void add_date(JsonObject *object, const char *key, GDate *date)
{
	if (date && g_date_valid(date)) {
		g_autoptr(GDateTime) time = g_date_time_new_utc(
			g_date_get_year(date), (gint)g_date_get_month(date), g_date_get_day(date), 0, 0, 0);
		if (time)
			json_object_set_int_member(object, key, g_date_time_to_unix(time));
	}
	g_clear_pointer(&date, g_date_free);
}

/* The database lists firmware only where somebody looked: what is not there is old, or not known. */
static void add_firmware(JsonObject *object, OsinfoOs *os)
{
	g_autoptr(OsinfoFirmwareList) list = osinfo_os_get_complete_firmware_list(os, NULL);
	g_autoptr(GDate) date = osinfo_product_get_release_date(OSINFO_PRODUCT(os));
	gboolean efi = FALSE, no_bios = FALSE;
	gboolean old = date && g_date_valid(date) && g_date_get_year(date) < FIRST_YEAR_OF_EFI;

	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(list)); i++) {
		OsinfoFirmware *one = OSINFO_FIRMWARE(osinfo_list_get_nth(OSINFO_LIST(list), i));
		gboolean good = osinfo_firmware_is_supported(one);
		if (!g_str_equal(text(osinfo_firmware_get_architecture(one)), ARCH))
			continue;
		if (g_str_equal(text(osinfo_firmware_get_firmware_type(one)), "efi"))
			efi = good;
		else
			no_bios = !good;
	}
	json_object_set_boolean_member(object, "efi", efi);
	json_object_set_boolean_member(object, "bios", !no_bios && (efi || old));
	json_object_set_boolean_member(object, "secure_boot",
				       os_signed(text(osinfo_os_get_distro(os)), version_of(os)) && !old);
}

static gboolean has_script(OsinfoOs *os)
{
	g_autoptr(OsinfoInstallScriptList) scripts = osinfo_os_get_install_script_list(os);

	return osinfo_list_get_length(OSINFO_LIST(scripts)) > 0;
}

static JsonObject *unknown(const char *reason)
{
	JsonObject *object = json_object_new();

	json_object_set_boolean_member(object, "known", FALSE);
	json_object_set_string_member(object, "reason", reason);
	return object;
}

static void add_words(JsonObject *object, const char *id, const char *name, const char *distro,
		      const char *version)
{
	json_object_set_boolean_member(object, "known", TRUE);
	json_object_set_string_member(object, "id", id);
	json_object_set_string_member(object, "name", name);
	json_object_set_string_member(object, "distro", distro);
	json_object_set_string_member(object, "version", version);
}

static void add_rest(JsonObject *object, OsinfoOs *os)
{
	json_object_set_string_member(object, "family", family_of(os));
	json_object_set_string_member(object, "vendor", text(osinfo_product_get_vendor(OSINFO_PRODUCT(os))));
	add_resources(object, os);
	add_firmware(object, os);
	json_object_set_boolean_member(object, "unattended", has_script(os));
}

static JsonObject *os_object(OsinfoOs *os)
{
	JsonObject *object = json_object_new();
	OsinfoProduct *product = OSINFO_PRODUCT(os);

	add_words(object, text(osinfo_product_get_short_id(product)), text(osinfo_product_get_name(product)),
		  text(osinfo_os_get_distro(os)), version_of(os));
	add_rest(object, os);
	add_date(object, "eol", osinfo_product_get_eol_date(product));
	return object;
}

/* A release that the database does not have: what the one before it needs. */
static JsonObject *words_object(const OsDb *db, const OsWords *words)
{
	JsonObject *object = json_object_new();
	OsinfoOs *closest = find_closest(db, words);

	add_words(object, words->id, words->name, words->distro, words->version);
	if (!closest) {
		json_object_set_string_member(object, "family", os_family(words->distro));
		json_object_set_boolean_member(object, "secure_boot",
					       os_signed(words->distro, words->version));
		return object;
	}
	add_rest(object, closest);
	json_object_set_boolean_member(object, "secure_boot", os_signed(words->distro, words->version));
	json_object_set_boolean_member(object, "unattended",
				       has_script(closest) && os_scripted(words->distro, words->version));
	json_object_set_string_member(object, "based_on",
				      text(osinfo_product_get_short_id(OSINFO_PRODUCT(closest))));
	return object;
}

JsonObject *osdb_os(OsDb *db, const char *id, const char *version)
{
	g_autofree char *joined = version ? g_strconcat(id, version, NULL) : NULL;
	g_autoptr(OsWords) words = os_words_from_feed(id, version);
	OsinfoOs *os = find_by_id(db, joined ? joined : id);

	if (!os && words)
		os = find_by_id(db, words->id);
	if (os)
		return os_object(os);
	return words ? words_object(db, words) : unknown("no system of that name is known");
}

/* --- media ------------------------------------------------------------------------------------------------------------ */

static void add_media(JsonObject *object, OsinfoMedia *media)
{
	json_object_set_boolean_member(object, "live", osinfo_media_get_live(media));
	json_object_set_boolean_member(object, "installer", osinfo_media_get_installer(media));
	json_object_set_string_member(object, "architecture", text(osinfo_media_get_architecture(media)));
	json_object_set_string_member(object, "kernel", text(osinfo_media_get_kernel_path(media)));
	json_object_set_string_member(object, "initrd", text(osinfo_media_get_initrd_path(media)));
	if (!osinfo_media_supports_installer_script(media))
		json_object_set_boolean_member(object, "unattended", FALSE);
}

/* Windows 10 and 11 have the same labels: the newest of the systems that may be meant, a vague one only where there is no other. */
static OsinfoMedia *best_media(OsinfoMediaList *list)
{
	OsinfoMedia *best = NULL;

	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(list)); i++) {
		OsinfoMedia *one = OSINFO_MEDIA(osinfo_list_get_nth(OSINFO_LIST(list), i));
		g_autoptr(OsinfoOs) os = osinfo_media_get_os(one);
		g_autoptr(OsinfoOs) other = best ? osinfo_media_get_os(best) : NULL;
		if (!os)
			continue;
		if (!other || (is_vague(other) && !is_vague(os)) ||
		    (is_vague(os) == is_vague(other) &&
		     os_version_compare(version_of(os), version_of(other)) > 0))
			best = one;
	}
	return best;
}

static JsonObject *media_object(OsinfoMediaList *list, OsinfoMedia *media)
{
	g_autoptr(OsinfoOs) os = osinfo_media_get_os(media);
	JsonObject *object = os_object(os);
	JsonArray *others = json_array_new();

	add_media(object, media);
	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(list)); i++) {
		g_autoptr(OsinfoOs) other =
			osinfo_media_get_os(OSINFO_MEDIA(osinfo_list_get_nth(OSINFO_LIST(list), i)));
		if (other && other != os && !is_vague(other))
			json_array_add_string_element(others,
						      text(osinfo_product_get_name(OSINFO_PRODUCT(other))));
	}
	json_object_set_array_member(object, "or", others);
	return object;
}

static JsonObject *guess_object(const OsDb *db, const char *label)
{
	g_autoptr(OsWords) words = os_words_from_volume(label);
	JsonObject *object;

	if (!words)
		return unknown(osdb_size(db) ? "libosinfo does not know its label"
					     : "osinfo-db is not installed");
	object = words_object(db, words);
	json_object_set_boolean_member(object, "live", words->live);
	json_object_set_boolean_member(object, "installer", !words->live);
	return object;
}

JsonObject *osdb_iso(OsDb *db, const char *path, const IsoLook *look)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	g_autofree char *uri = g_filename_to_uri(absolute, NULL, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(OsinfoMedia) media = osinfo_media_create_from_location_with_flags(uri, NULL, 0, &error);
	g_autoptr(OsinfoMediaList) list = media ? osinfo_db_identify_medialist(db->db, media) : NULL;
	OsinfoMedia *best = list ? best_media(list) : NULL;
	g_autoptr(OsinfoOs) os = best ? osinfo_media_get_os(best) : NULL;
	g_autoptr(OsWords) words = os_words_from_volume(look->label);
	JsonObject *object =
		os && !(words && is_vague(os)) ? media_object(list, best) : guess_object(db, look->label);

	/* What the medium itself says is better than what is known of the system. */
	if (look->bios || look->efi) {
		json_object_set_boolean_member(object, "bios", look->bios);
		json_object_set_boolean_member(object, "efi", look->efi);
	}
	json_object_set_string_member(object, "label", look->label);
	return object;
}

static void add_installer(JsonArray *array, OsinfoOs *os, OsinfoMedia *media)
{
	JsonObject *object = os_object(os);

	add_media(object, media);
	json_object_set_string_member(object, "url", osinfo_media_get_url(media));
	add_number(object, "size", osinfo_media_get_volume_size(media));
	json_array_add_object_element(array, object);
}

static gboolean is_over(OsinfoOs *os, const char *day)
{
	g_autofree char *eol = g_strdup(osinfo_product_get_eol_date_string(OSINFO_PRODUCT(os)));

	return is_vague(os) || (eol && strcmp(eol, day) < 0);
}

JsonArray *osdb_installers(OsDb *db, const char *architecture, const char *day)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < osdb_size(db); i++) {
		OsinfoOs *os = nth_os(db, i);
		if (is_over(os, day))
			continue;
		g_autoptr(OsinfoMediaList) list = osinfo_os_get_media_list(os);
		for (gint k = 0; k < osinfo_list_get_length(OSINFO_LIST(list)); k++) {
			OsinfoMedia *media = OSINFO_MEDIA(osinfo_list_get_nth(OSINFO_LIST(list), k));
			if (osinfo_media_get_url(media) &&
			    g_strcmp0(osinfo_media_get_architecture(media), architecture) == 0)
				add_installer(array, os, media);
		}
	}
	return array;
}

/* --- unattended installation ------------------------------------------------------------------------------------------ */

#define SCRIPT_MAX (256 * 1024)

/* Members of the request, and what libosinfo calls them. */
static const char *const params[][2] = {
	{"user",         OSINFO_INSTALL_CONFIG_PROP_USER_LOGIN    },
	{ "full_name",   OSINFO_INSTALL_CONFIG_PROP_USER_REALNAME },
	{ "password",    OSINFO_INSTALL_CONFIG_PROP_USER_PASSWORD },
	{ "password",    OSINFO_INSTALL_CONFIG_PROP_ADMIN_PASSWORD},
	{ "hostname",    OSINFO_INSTALL_CONFIG_PROP_HOSTNAME      },
	{ "language",    OSINFO_INSTALL_CONFIG_PROP_L10N_LANGUAGE },
	{ "keymap",      OSINFO_INSTALL_CONFIG_PROP_L10N_KEYBOARD },
	{ "timezone",    OSINFO_INSTALL_CONFIG_PROP_L10N_TIMEZONE },
	{ "product_key", OSINFO_INSTALL_CONFIG_PROP_REG_PRODUCTKEY},
	{ "target_disk", OSINFO_INSTALL_CONFIG_PROP_TARGET_DISK   },
};

static OsinfoInstallConfig *config_new(JsonObject *request)
{
	OsinfoInstallConfig *config = osinfo_install_config_new("http://carrel.io/install");
	OsinfoEntity *entity = OSINFO_ENTITY(config);

	for (gsize i = 0; i < G_N_ELEMENTS(params); i++) {
		const char *value = json_string_or(request, params[i][0], "");
		if (*value)
			osinfo_entity_set_param(entity, params[i][1], value);
	}
	osinfo_install_config_set_hardware_arch(config, ARCH);
	osinfo_install_config_set_user_administrator(config, TRUE);
	return config;
}

/* How the files get in: on a disc where the system looks at discs by itself (Windows does), else in the installer's initrd. 0: only by a floppy disk. */
static guint method_of(OsinfoInstallScript *script, gboolean windows)
{
	guint methods = osinfo_install_script_get_injection_methods(script);

	return methods & (windows ? (guint)OSINFO_INSTALL_SCRIPT_INJECTION_METHOD_CDROM
				  : (guint)OSINFO_INSTALL_SCRIPT_INJECTION_METHOD_INITRD);
}

/* Which scripts go together: those of the smallest profile that has one we can use. */
static const char *choose_profile(OsinfoInstallScriptList *scripts, gboolean windows)
{
	static const char *const profiles[] = { OSINFO_INSTALL_SCRIPT_PROFILE_JEOS,
						OSINFO_INSTALL_SCRIPT_PROFILE_DESKTOP };

	for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++)
		for (gint k = 0; k < osinfo_list_get_length(OSINFO_LIST(scripts)); k++) {
			OsinfoInstallScript *script =
				OSINFO_INSTALL_SCRIPT(osinfo_list_get_nth(OSINFO_LIST(scripts), k));
			if (g_strcmp0(osinfo_install_script_get_profile(script), profiles[i]) == 0 &&
			    method_of(script, windows))
				return profiles[i];
		}
	return NULL;
}

static gboolean add_script(JsonObject *answer, OsinfoOs *os, OsinfoInstallScript *script,
			   OsinfoInstallConfig *config, guint method, GError **error)
{
	JsonObject *files = json_object_get_object_member(answer, "files");

	osinfo_install_script_set_preferred_injection_method(script,
							     (OsinfoInstallScriptInjectionMethod)method);
	g_autofree char *content = osinfo_install_script_generate(script, os, config, NULL, error);
	if (!content)
		return FALSE;
	if (strlen(content) > SCRIPT_MAX)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "an install script is too long");
	json_object_set_string_member(files, osinfo_install_script_get_expected_filename(script), content);
	g_autofree char *line = osinfo_install_script_generate_command_line(script, os, config);
	if (line && *g_strstrip(line))
		json_object_set_string_member(answer, "command_line", line);
	return TRUE;
}

static OsinfoOs *find_os(const OsDb *db, const char *id)
{
	g_autoptr(OsWords) words = os_words_from_feed(id, NULL);
	OsinfoOs *os = find_by_id(db, id);

	if (os || !words || !os_scripted(words->distro, words->version))
		return os;
	return find_closest(db, words);
}

/* Where the installer's kernel lies, by the system's first medium for our architecture that has one. */
static void add_kernel(JsonObject *answer, OsinfoOs *os)
{
	g_autoptr(OsinfoMediaList) list = osinfo_os_get_media_list(os);

	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(list)); i++) {
		OsinfoMedia *media = OSINFO_MEDIA(osinfo_list_get_nth(OSINFO_LIST(list), i));
		if (g_strcmp0(osinfo_media_get_architecture(media), ARCH) != 0 ||
		    !osinfo_media_get_kernel_path(media) || !osinfo_media_get_initrd_path(media))
			continue;
		json_object_set_string_member(answer, "kernel", osinfo_media_get_kernel_path(media));
		json_object_set_string_member(answer, "initrd", osinfo_media_get_initrd_path(media));
		return;
	}
}

JsonObject *osdb_script(OsDb *db, const char *id, JsonObject *request, GError **error)
{
	OsinfoOs *os = find_os(db, id);
	g_autoptr(OsinfoInstallScriptList) scripts = os ? osinfo_os_get_install_script_list(os) : NULL;
	gboolean windows = os && g_str_equal(family_of(os), "windows");
	const char *profile = scripts ? choose_profile(scripts, windows) : NULL;
	g_autoptr(OsinfoInstallConfig) config = config_new(request);
	g_autoptr(JsonNode) node = json_node_alloc();
	JsonObject *answer = json_object_new();

	json_node_init_object(node, answer);
	json_object_unref(answer);
	if (!profile) {
		error_set(error, CARREL_ERROR_NOT_FOUND, "install it by hand in its console",
			  "libosinfo has no script that installs `%s' unattended", id);
		return NULL;
	}
	json_object_set_object_member(answer, "files", json_object_new());
	json_object_set_string_member(answer, "medium", windows ? "cdrom" : "initrd");
	json_object_set_string_member(answer, "label", windows ? "UNATTEND" : "");
	for (gint i = 0; i < osinfo_list_get_length(OSINFO_LIST(scripts)); i++) {
		OsinfoInstallScript *script =
			OSINFO_INSTALL_SCRIPT(osinfo_list_get_nth(OSINFO_LIST(scripts), i));
		guint method = method_of(script, windows);
		if (method && g_strcmp0(osinfo_install_script_get_profile(script), profile) == 0 &&
		    !add_script(answer, os, script, config, method, error))
			return NULL;
	}
	if (!windows)
		add_kernel(answer, os);
	return json_object_ref(answer);
}
