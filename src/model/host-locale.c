#include "model/host-locale.h"

#include <string.h>

#include "base/file.h"

#define SETTINGS_MAX 65536
#define ZONES        "/zoneinfo/"

static gboolean made_of(const char *name, const char *more)
{
	gsize length = strlen(name);

	if (length == 0 || length > 64 || !g_ascii_isalnum(*name))
		return FALSE;
	for (const char *p = name; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr(more, *p))
			return FALSE;
	return strstr(name, "..") == NULL;
}

gboolean host_locale_valid(const char *name)
{
	return made_of(name, "_.@-");
}

gboolean host_timezone_valid(const char *name)
{
	return made_of(name, "_+-/");
}

/* The value of @key in a file of lines KEY="VALUE" as a shell reads them; NULL when it is not there or empty. */
static char *setting_of(const char *root, const char *file, const char *key)
{
	g_autofree char *path = g_build_filename(root, file, NULL);
	g_autofree char *text = file_read(path, SETTINGS_MAX, NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	gsize length = strlen(key);

	for (char **line = lines; *line; line++) {
		const char *word = g_strstrip(*line);
		if (strncmp(word, key, length) != 0 || word[length] != '=')
			continue;
		g_autofree char *value = g_shell_unquote(word + length + 1, NULL);
		if (value && *value)
			return g_steal_pointer(&value);
	}
	return NULL;
}

char *host_locale(const char *root)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	static const char *const files[] = { "etc/locale.conf", "etc/default/locale" };

	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		const char *value = g_getenv(variables[i]);
		/* "C" says nothing about the person. */
		if (value && strchr(value, '_') && host_locale_valid(value))
			return g_strdup(value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *value = setting_of(root, files[i], "LANG");
		if (value && strchr(value, '_') && host_locale_valid(value))
			return g_steal_pointer(&value);
	}
	return g_strdup("C.UTF-8");
}

char *host_timezone(const char *root)
{
	const char *variable = g_getenv("TZ");
	g_autofree char *link = g_build_filename(root, "etc/localtime", NULL);
	g_autofree char *target = g_file_read_link(link, NULL);
	g_autofree char *file = g_build_filename(root, "etc/timezone", NULL);
	g_autofree char *text = file_read(file, SETTINGS_MAX, NULL, NULL);
	const char *zone = target ? strstr(target, ZONES) : NULL;
	const char *const found[] = { variable, zone ? zone + strlen(ZONES) : NULL,
				      text ? g_strstrip(text) : NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(found); i++)
		if (found[i] && host_timezone_valid(found[i]))
			return g_strdup(found[i]);
	return NULL;
}

/* Of a list of layouts, the first. */
static char *first_of(char *list)
{
	if (list)
		list[strcspn(list, ",")] = '\0';
	return list;
}

char *host_keymap(const char *root)
{
	static const char *const files[] = { "etc/default/keyboard", "etc/vconsole.conf" };

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *layout = first_of(setting_of(root, files[i], "XKBLAYOUT"));
		g_autofree char *variant = first_of(setting_of(root, files[i], "XKBVARIANT"));
		if (!layout || !made_of(layout, "_-"))
			continue;
		return variant && made_of(variant, "_-") ? g_strdup_printf("%s(%s)", layout, variant)
							 : g_steal_pointer(&layout);
	}
	return g_strdup("us");
}
