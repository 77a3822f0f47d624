/* From the bytes of a download to an image: compression, archives, what image it is, and writing it. The first byte says how they are asked for. */
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "gallery/unpack-decode.h"

/* An input of some kilobytes may become some megabytes, not more: that is for the test of bombs. */
#define SIZE_MAX_HERE (8 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	const guint8 *bytes;
	gsize length, piece;
} Source;

static gssize pull(gpointer data, const guint8 **bytes, GError **error)
{
	Source *source = data;
	gsize length = MIN(source->piece, source->length);

	*bytes = source->bytes;
	source->bytes += length;
	source->length -= length;
	return (gssize)length;
}

static void check_decoded(const Decoded *decoded, const char *path)
{
	struct stat st;

	g_assert_cmpint(decoded->found, !=, IMAGE_UNKNOWN);
	g_assert_nonnull(decoded->member);
	if (decoded->is_download) {
		g_assert_cmpint(g_access(path, F_OK), !=, 0);
		return;
	}
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpuint((guint64)st.st_size, ==, decoded->size);
	g_assert_cmpuint(strlen(decoded->sha256), ==, 64);
	g_assert_cmpint(decoded->format == IMAGE_RAW, ==, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const gsize pieces[] = { 1, 100, 65536 };
	g_autofree char *path = g_strdup_printf("%s/fuzz-archive-%d", g_get_tmp_dir(), (int)getpid());
	g_autoptr(GError) error = NULL;
	OutputShare share = { 0 };
	guint8 how = size > 0 ? data[0] : 0;
	Source source = { data + (size > 0), size - (size > 0), pieces[how % 3] };
	const DecodeRequest request = {
		.image = path,
		.member = how & 0x40 ? "images\\disk.vhdx" : NULL,
		.sha256 = TRUE,
		.size_max = SIZE_MAX_HERE,
		.ratio_from = SIZE_MAX_HERE / 4,
		.share = &share,
		.pull = pull,
		.pull_data = &source,
	};
	g_autoptr(Decoded) decoded = unpack_decode(&request, &error);

	g_assert((decoded == NULL) == (error != NULL));
	if (decoded)
		check_decoded(decoded, path);
	else
		g_assert_cmpint(g_access(path, F_OK), !=, 0);
	if (error)
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_VERIFY);
	g_unlink(path);
	return 0;
}
