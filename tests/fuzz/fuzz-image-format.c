/* What an image is, by its first bytes and by its last. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "gallery/image-format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *what = "not set";
	ImageFormat format = image_format_find(data, size, &what);

	g_assert(format < IMAGE_LAST && image_format_name(format));
	/* An image is nothing else. */
	g_assert(format == IMAGE_UNKNOWN || !what);
	for (ImageFormat said = IMAGE_UNKNOWN; said < IMAGE_LAST; said++) {
		const char *why = image_format_refuse(said, data, size);
		g_assert(!why || *why);
		image_format_virtual_size(said, data, size);
	}
	if (size >= IMAGE_VHD_FOOTER)
		g_assert(image_format_vhd_data(data + size - IMAGE_VHD_FOOTER, size) < size);
	return 0;
}
