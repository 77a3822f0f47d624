/* What Windows takes as names and passwords, where that is less than others take. */
#include <string.h>

#include "base/error.h"
#include "model/windows-answer.h"

#define COMPUTER_MAX 15
#define USER_MAX     20
#define KINDS_MIN    3 /* of four kinds of characters in a server's password */
#define LENGTH_MAX   127

/* Accounts of Windows' own. */
static const char *const taken[] = { "defaultaccount", "guest", "network", "none", "system" };

static gboolean all_digits(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

char *windows_computer_name(const char *hostname, const char *user)
{
	g_autoptr(GString) name = g_string_new(NULL);

	/* The network's names have dots, this one has none. */
	g_string_append_len(name, hostname, (gssize)MIN(strcspn(hostname, "."), COMPUTER_MAX));
	if (all_digits(name->str) || g_ascii_strcasecmp(name->str, user) == 0) {
		g_string_prepend(name, "pc-");
		g_string_truncate(name, MIN(name->len, COMPUTER_MAX));
	}
	while (name->len > 0 && name->str[name->len - 1] == '-')
		g_string_truncate(name, name->len - 1);
	return g_string_free(g_steal_pointer(&name), FALSE);
}

static guint kinds_of(const char *password)
{
	gboolean lower = FALSE, upper = FALSE, digit = FALSE, other = FALSE;

	for (const char *p = password; *p; p++) {
		lower |= g_ascii_islower(*p);
		upper |= g_ascii_isupper(*p);
		digit |= g_ascii_isdigit(*p);
		other |= !g_ascii_isalnum(*p);
	}
	return (guint)(lower + upper + digit + other);
}

/* The policy of a new server: "Password must meet complexity requirements". */
static gboolean server_takes(const char *password, const char *user)
{
	g_autofree char *lower = g_ascii_strdown(password, -1), *name = g_ascii_strdown(user, -1);

	return kinds_of(password) >= KINDS_MIN && (strlen(name) < 3 || !strstr(lower, name));
}

gboolean windows_check_user(const char *os, const char *user, const char *password, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(taken); i++)
		if (g_ascii_strcasecmp(taken[i], user) == 0)
			return error_set(error, CARREL_ERROR_USAGE, "give another with --user",
					 "Windows has an account `%s' of its own", user);
	if (strlen(user) > USER_MAX)
		return error_set(error, CARREL_ERROR_USAGE, "give a shorter one with --user",
				 "`%s' has more than the %d characters that names of users have on Windows",
				 user, USER_MAX);
	if (g_utf8_strlen(password, -1) > LENGTH_MAX)
		return error_set(error, CARREL_ERROR_USAGE, NULL,
				 "the password has more than the %d characters that Windows takes",
				 LENGTH_MAX);
	return !windows_is_server(os) || server_takes(password, user) ||
	       error_set(error, CARREL_ERROR_USAGE,
			 "use three of: capitals, small letters, digits, others; and not the user's name",
			 "Windows Server does not take a password as simple as this");
}

char *windows_server_password(const char *password)
{
	g_autofree char *made = g_strconcat(password, "1", NULL);

	made[0] = g_ascii_toupper(made[0]);
	return g_steal_pointer(&made);
}
