/* A saved picture is what the surface holds. */
#include "console/png.h"

#include "tests/unit/console-util.h"

static void test_round_trip(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "a.png", NULL);
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(GError) error = NULL;
	png_image image = { .version = PNG_IMAGE_VERSION };
	guint8 rgb[5 * 3 * 3];

	surface_resize(surface, 5, 3);
	for (int i = 0; i < 15; i++)
		surface_row(surface, 0, 0)[i] = 0x102030 + (guint32)i * 0x010101;
	g_assert_true(png_save(surface, path, &error));
	g_assert_no_error(error);
	g_assert_true(png_image_begin_read_from_file(&image, path));
	g_assert_cmpuint(image.width, ==, 5);
	g_assert_cmpuint(image.height, ==, 3);
	g_assert_cmpuint(image.format & PNG_FORMAT_FLAG_ALPHA, ==, 0);
	image.format = PNG_FORMAT_RGB;
	g_assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
	for (int i = 0; i < 15; i++) {
		g_assert_cmpuint(rgb[i * 3], ==, 0x10 + i);
		g_assert_cmpuint(rgb[i * 3 + 1], ==, 0x20 + i);
		g_assert_cmpuint(rgb[i * 3 + 2], ==, 0x30 + i);
	}
}

/* What was saved is read again; what is cut, or no picture, is an error and nothing else. */
static void test_read(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "a.png", NULL);
	g_autoptr(Surface) surface = surface_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *bytes = NULL;
	gsize length;

	surface_resize(surface, 5, 3);
	for (int i = 0; i < 15; i++)
		surface_row(surface, 0, 0)[i] = 0x102030 + (guint32)i * 0x010101;
	g_assert_true(png_save(surface, path, &error));
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_autoptr(Surface) again = png_read((const guint8 *)bytes, length, 0, &error);
	g_assert_no_error(error);
	g_assert_cmpint(surface_width(again), ==, 5);
	g_assert_cmpmem(surface_pixels(again), 60, surface_pixels(surface), 60);
	for (gsize cut = 0; cut < length - 12; cut++) {
		GError *wrong = NULL;
		g_autoptr(Surface) part = png_read((const guint8 *)bytes, cut, 0, &wrong);
		g_assert_null(part);
		assert_carrel_error(wrong, CARREL_ERROR_FAILED, "cannot read the picture");
	}
	/* A width of a million: bytes 16 to 19, big-endian; the checksum behind them is wrong then, too. */
	memcpy(bytes + 16, "\0\x0f\x42\x40", 4);
	g_assert_null(png_read((const guint8 *)bytes, length, 0, NULL));
}

static void test_errors(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *path = g_build_filename(dir, "no", "such", "a.png", NULL);
	g_autoptr(Surface) surface = surface_new();
	GError *error = NULL;

	g_assert_false(png_save(surface, "-", &error));
	assert_carrel_error(error, CARREL_ERROR_STATE, "no picture");
	surface_resize(surface, 5, 3);
	g_assert_false(png_save(surface, path, &error));
	assert_carrel_error(error, CARREL_ERROR_FAILED, path);
	g_autofree char *left = list_dir(dir);
	g_assert_cmpstr(left, ==, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/png/round-trip", test_round_trip);
	g_test_add_func("/png/read", test_read);
	g_test_add_func("/png/errors", test_errors);
	return g_test_run();
}
