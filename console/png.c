#include "console/png.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"

/* 0x00RRGGBB words to bytes R, G, B: the unused byte must not become transparency. */
static guint8 *to_rgb(Surface *surface)
{
	gsize count = (gsize)surface_width(surface) * surface_height(surface);
	const guint32 *pixels = surface_pixels(surface);
	guint8 *rgb = g_malloc(count * 3);

	for (gsize i = 0; i < count; i++) {
		rgb[i * 3] = (guint8)(pixels[i] >> 16);
		rgb[i * 3 + 1] = (guint8)(pixels[i] >> 8);
		rgb[i * 3 + 2] = (guint8)pixels[i];
	}
	return rgb;
}

/* libpng's simplified interface reports by return value: no setjmp. */
static guint8 *encode(Surface *surface, png_alloc_size_t *length, GError **error)
{
	g_autofree guint8 *rgb = to_rgb(surface);
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)surface_width(surface),
		.height = (png_uint_32)surface_height(surface),
		.format = PNG_FORMAT_RGB,
	};
	g_autofree guint8 *out = NULL;

	*length = PNG_IMAGE_PNG_SIZE_MAX(image);
	out = g_malloc(*length);
	if (!png_image_write_to_memory(&image, out, length, 0, rgb, 0, NULL)) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "cannot make the picture: %s", image.message);
		return NULL;
	}
	return g_steal_pointer(&out);
}

static gboolean write_stdout(const guint8 *bytes, gsize length, GError **error)
{
	if (fwrite(bytes, 1, length, stdout) != length || fflush(stdout) != 0)
		return file_error(error, errno, "write", "standard output");
	return TRUE;
}

gboolean png_save(Surface *surface, const char *path, GError **error)
{
	g_autofree guint8 *bytes = NULL;
	png_alloc_size_t length;

	if (!surface_pixels(surface))
		return error_set(error, CARREL_ERROR_STATE, NULL, "the screen has no picture yet");
	bytes = encode(surface, &length, error);
	if (!bytes)
		return FALSE;
	if (g_str_equal(path, "-"))
		return write_stdout(bytes, length, error);
	return file_replace(path, (const char *)bytes, (gssize)length, 0644, error);
}

static Surface *failed(png_image *image, GError **error)
{
	error_set(error, CARREL_ERROR_FAILED, NULL, "cannot read the picture: %s", image->message);
	png_image_free(image);
	return NULL;
}

static void copy_rows(Surface *surface, const guint8 *rgb)
{
	int width = surface_width(surface), height = surface_height(surface);
	Rect all = { 0, 0, width, height };

	for (int y = 0; y < height; y++) {
		guint32 *row = surface_row(surface, 0, y);
		for (int x = 0; x < width; x++, rgb += 3)
			row[x] = (guint32)rgb[0] << 16 | (guint32)rgb[1] << 8 | rgb[2];
	}
	surface_damage(surface, &all);
}

Surface *png_read(const guint8 *bytes, gsize length, guint32 background, GError **error)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	const png_color colour = { (png_byte)(background >> 16), (png_byte)(background >> 8),
				   (png_byte)background };
	g_autoptr(Surface) surface = surface_new();
	g_autofree guint8 *rgb = NULL;

	if (!png_image_begin_read_from_memory(&image, bytes, length))
		return failed(&image, error);
	image.format = PNG_FORMAT_RGB;
	if (image.width > PNG_READ_MAX || image.height > PNG_READ_MAX ||
	    !surface_resize(surface, (int)image.width, (int)image.height)) {
		g_strlcpy(image.message, "it is too large", sizeof image.message);
		return failed(&image, error);
	}
	rgb = g_malloc(PNG_IMAGE_SIZE(image));
	if (!png_image_finish_read(&image, &colour, rgb, 0, NULL))
		return failed(&image, error);
	copy_rows(surface, rgb);
	return g_steal_pointer(&surface);
}

char *png_free_path(const char *name)
{
	const char *folder = g_get_user_special_dir(G_USER_DIRECTORY_PICTURES);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H-%M-%S");
	g_autofree char *base = g_strdelimit(g_strdup_printf("%s %s", name, time), "/", '_');
	g_autofree char *path = NULL;

	if (!folder || !g_file_test(folder, G_FILE_TEST_IS_DIR))
		folder = g_get_home_dir();
	path = g_strdup_printf("%s/%s.png", folder, base);
	for (guint i = 2; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
		g_free(path);
		path = g_strdup_printf("%s/%s (%u).png", folder, base, i);
	}
	return g_steal_pointer(&path);
}
