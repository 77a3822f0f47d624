#include "model/guest-setup.h"

#include <string.h>

#include "base/error.h"
#include "model/passphrase.h"
#include "base/units.h"
#include "model/host-locale.h"
#include "model/ssh-key.h"
#include "spec/spec-fields.h"

#define USER_MAX     32
#define LABEL_MAX    63
#define HOST_MAX     253
#define PASSWORD_MAX 256
#define DEFAULT_USER "carrel"
/* cloud-init takes more; it is read whole into the memory of every start. */
#define USER_DATA_MAX (1024 * 1024)

gboolean guest_options_given(const GuestOptions *options)
{
	return options->user_data || options->hostname || options->locale || options->timezone ||
	       options->password || options->ssh_keys;
}

void guest_setup_free(GuestSetup *setup)
{
	if (!setup)
		return;
	g_free(setup->user);
	g_free(setup->password);
	g_free(setup->hostname);
	g_free(setup->locale);
	g_free(setup->timezone);
	g_free(setup->keymap);
	g_free(setup->user_data);
	g_ptr_array_unref(setup->ssh_keys);
	g_free(setup);
}

/* What useradd(8) of every distribution takes. */
static gboolean is_user_name(const char *name)
{
	gboolean good = (g_ascii_islower(*name) || *name == '_') && strlen(name) <= USER_MAX;

	for (const char *p = name; good && *p; p++)
		good = g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '_' || *p == '-';
	return good;
}

/* Labels of RFC 1123, with dots between. */
static gboolean is_host_name(const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);
	gboolean good = *name && strlen(name) <= HOST_MAX;

	for (char **label = labels; good && *label; label++) {
		gsize length = strlen(*label);
		good = length > 0 && length <= LABEL_MAX && **label != '-' && (*label)[length - 1] != '-';
		for (const char *p = *label; good && *p; p++)
			good = g_ascii_isalnum(*p) || *p == '-';
	}
	return good;
}

static gboolean is_password(const char *password)
{
	gboolean good = *password && strlen(password) <= PASSWORD_MAX && g_utf8_validate(password, -1, NULL);

	for (const char *p = password; good && *p; p++)
		good = !g_ascii_iscntrl(*p);
	return good;
}

static const char *default_user(void)
{
	const char *own = g_get_user_name();

	return is_user_name(own) && !g_str_equal(own, "root") ? own : DEFAULT_USER;
}

/* The words that a person gave, each with what it must be. */
static gboolean check(const GuestSetup *setup, const GuestOptions *options, GError **error)
{
	const struct {
		const char *value, *what;
		gboolean (*good)(const char *value);
	} rows[] = {
		{setup->user,        "name of a user: letters a to z, digits, `_' and `-'", is_user_name       },
		{ setup->hostname,   "host name: letters, digits and hyphens",              is_host_name       },
		{ options->locale,   "locale, for example de_DE.UTF-8",                     host_locale_valid  },
		{ options->timezone, "time zone, for example Europe/Berlin",                host_timezone_valid},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].value && !rows[i].good(rows[i].value))
			return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' is no %s", rows[i].value,
					 rows[i].what);
	/* Not shown: it may be right but for one character. */
	if (options->password && !is_password(options->password))
		return error_set(error, CARREL_ERROR_USAGE, NULL,
				 "the password is empty, longer than %d bytes or has control characters",
				 PASSWORD_MAX);
	if (options->user_data && strlen(options->user_data) > USER_DATA_MAX)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the user-data has more than %d bytes",
				 USER_DATA_MAX);
	return !options->ssh_keys || ssh_key_add_text(options->ssh_keys, setup->ssh_keys, error);
}

GuestSetup *guest_setup_new(const GuestOptions *options, VmSpec *spec, gboolean keymap_given, GError **error)
{
	g_autoptr(GuestSetup) setup = g_new0(GuestSetup, 1);
	g_autofree char *zone = host_timezone("/"), *keymap = host_keymap("/");

	/* Whoever writes the user-data decides who there is. */
	if (!*spec->user && !options->user_data)
		vm_spec_set(spec, "user", default_user(), NULL);
	if (!keymap_given)
		vm_spec_set(spec, "keymap", keymap, NULL);
	setup->user = g_strdup(*spec->user ? spec->user : default_user());
	setup->hostname =
		options->hostname ? g_strdup(options->hostname) : units_host_name(spec->name, LABEL_MAX);
	setup->locale = options->locale ? g_strdup(options->locale) : host_locale("/");
	setup->timezone = g_strdup(options->timezone ? options->timezone : zone ? zone : "");
	setup->keymap = g_strdup(spec->keymap);
	setup->user_data = g_strdup(options->user_data);
	setup->ssh_keys = g_ptr_array_new_with_free_func(g_free);
	if (!check(setup, options, error))
		return NULL;
	ssh_key_add_users(g_get_home_dir(), setup->ssh_keys);
	setup->password_made = !options->password;
	setup->password = options->password ? g_strdup(options->password) : passphrase_new(error);
	return setup->password ? g_steal_pointer(&setup) : NULL;
}
