#include "model/vm-seed.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "model/passphrase.h"
#include "gallery/archive.h"

#define LOGIN_MAX 65536

/* Images of some distributions come without the agent. It tells addresses and shuts down cleanly; without network the guest is as good without it, so
 * nothing here may fail. */
static const char agent_script[] =
	"command -v qemu-ga >/dev/null || {\n"
	"\tif command -v apt-get >/dev/null; then\n"
	"\t\tapt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends "
	"install qemu-guest-agent\n"
	"\telif command -v dnf >/dev/null; then dnf -q -y install qemu-guest-agent\n"
	"\telif command -v zypper >/dev/null; then zypper -q -n install qemu-guest-agent\n"
	"\telif command -v pacman >/dev/null; then pacman -Sy --noconfirm qemu-guest-agent\n"
	"\telif command -v apk >/dev/null; then apk add qemu-guest-agent && rc-update add qemu-guest-agent\n"
	"\tfi\n"
	"}\n"
	"if command -v systemctl >/dev/null; then systemctl start qemu-guest-agent\n"
	"elif command -v rc-service >/dev/null; then rc-service qemu-guest-agent start\n"
	"fi\n"
	"exit 0\n";

/* --- texts ----------------------------------------------------------------------------------------------------------- */

/* Takes @object over. */
static char *object_text(const char *head, JsonObject *object)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(node, object);
	g_autofree char *text = json_text(node, TRUE);
	return g_strconcat(head, text, "\n", NULL);
}

static JsonArray *array_of(const char *const *words)
{
	JsonArray *array = json_array_new();

	for (; *words; words++)
		json_array_add_string_element(array, *words);
	return array;
}

/* The distribution's own first user under another name: its groups and its sudo are what people of that distribution expect. */
static void add_user(JsonObject *top, const GuestSetup *setup, const char *hash)
{
	static const char *const users[] = { "default", NULL };
	JsonObject *user = json_object_new();

	json_object_set_string_member(user, "name", setup->user);
	json_object_set_string_member(user, "hashed_passwd", hash);
	json_object_set_boolean_member(user, "lock_passwd", FALSE);
	json_object_set_object_member(top, "user", user);
	json_object_set_array_member(top, "users", array_of(users));
	json_object_set_boolean_member(top, "ssh_pwauth", FALSE);
	/* Else cloud-init puts a command before root's keys that sends people away. */
	if (g_str_equal(setup->user, "root"))
		json_object_set_boolean_member(top, "disable_root", FALSE);
}

static void add_keys(JsonObject *top, const GuestSetup *setup, const char *carrel_key)
{
	JsonArray *keys = json_array_new();

	for (guint i = 0; i < setup->ssh_keys->len; i++)
		json_array_add_string_element(keys, setup->ssh_keys->pdata[i]);
	if (carrel_key)
		json_array_add_string_element(keys, carrel_key);
	json_object_set_array_member(top, "ssh_authorized_keys", keys);
}

/* "de(nodeadkeys)"; every image has "us" already. */
static void add_keyboard(JsonObject *top, const char *keymap)
{
	g_auto(GStrv) parts = g_strsplit_set(keymap, "()", 3);

	if (!parts[0] || !*parts[0] || g_str_equal(keymap, "us"))
		return;
	JsonObject *keyboard = json_object_new();
	json_object_set_string_member(keyboard, "layout", parts[0]);
	if (parts[1] && *parts[1])
		json_object_set_string_member(keyboard, "variant", parts[1]);
	json_object_set_object_member(top, "keyboard", keyboard);
}

static void add_agent(JsonObject *top)
{
	static const char *const commands[] = { agent_script, NULL };

	json_object_set_array_member(top, "runcmd", array_of(commands));
}

char *seed_user_data(const GuestSetup *setup, const char *hash, const char *carrel_key, gboolean agent)
{
	JsonObject *top = json_object_new();

	add_user(top, setup, hash);
	add_keys(top, setup, carrel_key);
	json_object_set_string_member(top, "locale", setup->locale);
	if (*setup->timezone)
		json_object_set_string_member(top, "timezone", setup->timezone);
	add_keyboard(top, setup->keymap);
	/* So that sudo finds the guest's own name. */
	json_object_set_string_member(top, "manage_etc_hosts", "localhost");
	if (agent)
		add_agent(top);
	return object_text("#cloud-config\n", top);
}

char *seed_meta_data(const GuestSetup *setup, const char *instance)
{
	JsonObject *top = json_object_new();

	json_object_set_string_member(top, "instance-id", instance);
	json_object_set_string_member(top, "local-hostname", setup->hostname);
	return object_text("", top);
}

char *seed_network_config(const VmSpec *spec)
{
	if (spec->nics->len < 2)
		return NULL;
	JsonObject *top = json_object_new(), *ethernets = json_object_new();
	for (guint i = 0; i < spec->nics->len; i++) {
		const NicSpec *nic = spec->nics->pdata[i];
		g_autofree char *name = g_strdup_printf("eth%u", i);
		JsonObject *one = json_object_new(), *match = json_object_new();
		json_object_set_string_member(match, "macaddress", nic->mac);
		json_object_set_object_member(one, "match", match);
		json_object_set_string_member(one, "set-name", name);
		json_object_set_boolean_member(one, "dhcp4", TRUE);
		/* A cable that is not plugged in must not hold the start up. */
		json_object_set_boolean_member(one, "optional", i > 0);
		json_object_set_object_member(ethernets, name, one);
	}
	json_object_set_int_member(top, "version", 2);
	json_object_set_object_member(top, "ethernets", ethernets);
	return object_text("", top);
}

/* --- files ----------------------------------------------------------------------------------------------------------- */

/* Takes @text over. */
static void add_file(GPtrArray *names, GPtrArray *contents, const char *name, char *text)
{
	g_ptr_array_add(names, (gpointer)name);
	g_ptr_array_add(contents, g_bytes_new_take(text, strlen(text)));
}

gboolean seed_write_login(const char *folder, const GuestSetup *setup, gboolean carrel_key, GError **error)
{
	g_autofree char *path = g_build_filename(folder, VM_LOGIN, NULL);
	JsonObject *top = json_object_new();

	json_object_set_string_member(top, "password", setup->password);
	json_object_set_boolean_member(top, "carrel_key", carrel_key);
	g_autofree char *text = object_text("", top);
	return file_replace(path, text, -1, 0600, error);
}

gboolean seed_write(const char *folder, const VmSpec *spec, const GuestSetup *setup, const char *carrel_key,
		    GError **error)
{
	g_autofree char *path = g_build_filename(folder, VM_SEED, NULL);
	g_autofree char *hash = passphrase_hash(setup->password, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

	if (!hash)
		return FALSE;
	char *network = seed_network_config(spec);
	add_file(names, contents, "user-data",
		 setup->user_data ? g_strdup(setup->user_data)
				  : seed_user_data(setup, hash, carrel_key, spec->guest_agent));
	add_file(names, contents, "meta-data", seed_meta_data(setup, spec->id));
	if (network)
		add_file(names, contents, "network-config", network);
	g_ptr_array_add(names, NULL);
	return archive_write_iso(path, "cidata", (const char *const *)names->pdata, contents, error) &&
	       (setup->user_data || seed_write_login(folder, setup, carrel_key != NULL, error));
}

void seed_read_login(const char *folder, char **password, gboolean *carrel_key)
{
	g_autofree char *path = g_build_filename(folder, VM_LOGIN, NULL);
	g_autofree char *text = file_read(path, LOGIN_MAX, NULL, NULL);
	g_autoptr(JsonNode) node = text ? json_parse(text, -1, NULL) : NULL;
	JsonObject *top = node ? json_as_object(node, VM_LOGIN, NULL) : NULL;

	*password = top ? g_strdup(json_string_or(top, "password", NULL)) : NULL;
	*carrel_key = top && json_bool_or(top, "carrel_key", FALSE);
}
