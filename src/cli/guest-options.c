#include "cli/guest-options.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"

#define FILE_MAX (1024 * 1024)

static void add_texts(GVariantDict *dict, const Options *options)
{
	static const char *const names[] = { "hostname", "locale", "timezone" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (options_has(options, names[i]))
			g_variant_dict_insert(dict, names[i], "s", options_text(options, names[i]));
}

/* A file as text that D-Bus can carry. */
static char *read_text(const char *option, const char *file, GError **error)
{
	gsize length = 0;
	char *text = file_read(file, FILE_MAX, &length, error);

	if (!text)
		g_prefix_error(error, "option `--%s': ", option);
	else if (!g_utf8_validate(text, (gssize)length, NULL)) {
		error_set(error, CARREL_ERROR_USAGE, NULL, "option `--%s': `%s' is not a text in UTF-8",
			  option, file);
		g_clear_pointer(&text, g_free);
	}
	return text;
}

static gboolean add_user_data(GVariantDict *dict, const Options *options, GError **error)
{
	const char *file = options_text(options, "user-data");

	if (!file)
		return TRUE;
	g_autofree char *text = read_text("user-data", file, error);
	if (text)
		g_variant_dict_insert(dict, "user_data", "s", text);
	return text != NULL;
}

static gboolean add_password(GVariantDict *dict, const Options *options, GError **error)
{
	const char *file = options_text(options, "password-file");

	if (!file)
		return TRUE;
	g_autofree char *text = read_text("password-file", file, error);
	if (!text)
		return FALSE;
	text[strcspn(text, "\r\n")] = '\0';
	g_variant_dict_insert(dict, "password", "s", text);
	memset(text, 0, strlen(text));
	return TRUE;
}

static gboolean add_keys(GVariantDict *dict, const Options *options, GError **error)
{
	const GPtrArray *files = options_list(options, "ssh-key");
	g_autoptr(GString) keys = g_string_new(NULL);

	for (guint i = 0; i < files->len; i++) {
		g_autofree char *text = read_text("ssh-key", files->pdata[i], error);
		if (!text)
			return FALSE;
		g_string_append(keys, text);
		g_string_append_c(keys, '\n');
	}
	if (files->len > 0)
		g_variant_dict_insert(dict, "ssh_keys", "s", keys->str);
	return TRUE;
}

gboolean guest_options_add(GVariantDict *dict, const Options *options, GError **error)
{
	if (options_has(options, "no-seed"))
		g_variant_dict_insert(dict, "seed", "b", FALSE);
	if (options_has(options, "product-key"))
		g_variant_dict_insert(dict, "product_key", "s", options_text(options, "product-key"));
	if (options_has(options, "unattended"))
		g_variant_dict_insert(dict, "unattended", "b", TRUE);
	add_texts(dict, options);
	return add_user_data(dict, options, error) && add_password(dict, options, error) &&
	       add_keys(dict, options, error);
}
