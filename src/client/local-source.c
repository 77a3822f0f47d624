#include "client/local-source.h"

#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/units.h"

/* ECMA-119 8.4: the first descriptor stands in sector 16, behind its type. */
#define ISO_MAGIC_AT (16 * 2048 + 1)

gboolean local_source_is(const char *word)
{
	static const char *const endings[] = { ".iso", ".img",  ".qcow2", ".raw",
					       ".vhd", ".vhdx", ".vmdk",  ".vdi" };
	g_autofree char *lower = g_ascii_strdown(word, -1);

	if (strchr(word, '/'))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(lower, endings[i]))
			return g_file_test(word, G_FILE_TEST_EXISTS);
	return FALSE;
}

char *local_source_name(const char *path)
{
	g_autofree char *base = g_path_get_basename(path);
	char *dot = strrchr(base, '.');

	if (dot && dot != base)
		*dot = '\0';
	return units_check_name("VM", base, NULL) ? g_steal_pointer(&base) : g_strdup("local");
}

static gboolean is_iso(const char *path)
{
	char magic[5];
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && pread(fd, magic, sizeof magic, ISO_MAGIC_AT) == sizeof magic &&
	       memcmp(magic, "CD001", sizeof magic) == 0;
}

gboolean local_source_add(GVariantBuilder *fields, GVariantDict *options, const char *path, GError **error)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);

	if (!g_file_test(absolute, G_FILE_TEST_IS_REGULAR))
		return error_set(error, CARREL_ERROR_FAILED,
				 "check the path; names of images are listed by `carrel gallery'",
				 "there is no file `%s' to make a VM from", path);
	if (!g_utf8_validate(absolute, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, "rename it", "the name of file `%s' is not UTF-8",
				 path);
	if (is_iso(absolute))
		g_variant_builder_add(fields, "{ss}", "iso", absolute);
	else
		g_variant_dict_insert(options, "disk", "s", absolute);
	return TRUE;
}
