/* What tests of the console share: a surface from a picture in tests/golden/. */
#pragma once

#include <png.h>

#include "console/surface.h"
#include "tests/unit/support.h"

static inline Surface *load_golden_png(const char *name)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", name, NULL);
	png_image image = { .version = PNG_IMAGE_VERSION };
	Surface *surface = surface_new();

	if (!png_image_begin_read_from_file(&image, path))
		g_error("%s: %s", path, image.message);
	image.format = G_BYTE_ORDER == G_LITTLE_ENDIAN ? PNG_FORMAT_BGRA : PNG_FORMAT_ARGB;
	g_assert_true(surface_resize(surface, (int)image.width, (int)image.height));
	guint32 *pixels = surface_row(surface, 0, 0);
	g_assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
	for (gsize i = 0; i < (gsize)image.width * image.height; i++)
		pixels[i] &= 0x00ffffff;
	return surface;
}

/* Red on the left, blue on the right. */
static inline Surface *new_halves(int width, int height)
{
	Surface *surface = surface_new();
	Rect all = { 0, 0, width, height };

	g_assert_true(surface_resize(surface, width, height));
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			*surface_row(surface, x, y) = x < width / 2 ? 0xff0000 : 0x0000ff;
	surface_damage(surface, &all);
	return surface;
}
