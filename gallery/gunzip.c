#include "gallery/gunzip.h"

#include "base/error.h"

#define OUT_BYTES (256 * 1024)

typedef enum {
	GUNZIP_BEGIN,  /* nothing was seen */
	GUNZIP_PASS,   /* it is no gzip */
	GUNZIP_MEMBER, /* in one member */
	GUNZIP_BETWEEN /* behind one: another may come */
} GunzipState;

struct Gunzip {
	ArchivePull pull;
	gpointer data;
	GunzipState state;
	GConverter *converter;
	const guint8 *in;
	gsize in_length;
	gboolean in_ended;
	GByteArray *head; /* the first bytes, as many as tell what it is */
	guint8 *out;
};

Gunzip *gunzip_new(ArchivePull pull, gpointer data)
{
	Gunzip *gunzip = g_new0(Gunzip, 1);

	gunzip->pull = pull;
	gunzip->data = data;
	gunzip->head = g_byte_array_new();
	return gunzip;
}

void gunzip_free(Gunzip *gunzip)
{
	if (!gunzip)
		return;
	g_clear_object(&gunzip->converter);
	g_byte_array_unref(gunzip->head);
	g_free(gunzip->out);
	g_free(gunzip);
}

gboolean gunzip_was_compressed(const Gunzip *gunzip)
{
	return gunzip->converter != NULL;
}

static gboolean fill(Gunzip *gunzip, GError **error)
{
	gssize got = gunzip->pull(gunzip->data, &gunzip->in, error);

	gunzip->in_length = got > 0 ? (gsize)got : 0;
	gunzip->in_ended = got == 0;
	return got >= 0;
}

static gboolean damaged(GError **error, const char *how)
{
	return error_set(error, CARREL_ERROR_VERIFY,
			 "fetch it again; if that does not help, its publisher must repair it",
			 "the download is damaged or cut short: %s", how);
}

/* One step of the converter. TRUE: *@written is right, which may be 0. */
static gboolean convert(Gunzip *gunzip, gsize *written, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gsize used = 0;
	GConverterResult result;

	*written = 0;
	result = g_converter_convert(gunzip->converter, gunzip->in, gunzip->in_length, gunzip->out, OUT_BYTES,
				     G_CONVERTER_NO_FLAGS, &used, written, &reason);
	if (result == G_CONVERTER_ERROR) {
		if (!g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
			return damaged(error, "its gzip data does not fit its checksum");
		used = gunzip->in_length;
	}
	gunzip->in += used;
	gunzip->in_length -= used;
	if (result == G_CONVERTER_FINISHED) {
		g_converter_reset(gunzip->converter);
		gunzip->state = GUNZIP_BETWEEN;
	}
	return TRUE;
}

/* What is behind the last member, often zeroes that fill up a block, is of no meaning. */
static gboolean is_over(const Gunzip *gunzip)
{
	return gunzip->state == GUNZIP_BETWEEN && (gunzip->in_ended || gunzip->in[0] != 0x1f);
}

static gssize pull_members(Gunzip *gunzip, const guint8 **bytes, GError **error)
{
	gsize written = 0;

	while (written == 0) {
		if (gunzip->in_length == 0 && !gunzip->in_ended && !fill(gunzip, error))
			return -1;
		if (is_over(gunzip))
			return 0;
		if (gunzip->in_length == 0) {
			damaged(error, "gzip data ends in the middle");
			return -1;
		}
		gunzip->state = GUNZIP_MEMBER;
		if (!convert(gunzip, &written, error))
			return -1;
	}
	*bytes = gunzip->out;
	return (gssize)written;
}

static gssize pull_as_is(Gunzip *gunzip, const guint8 **bytes, GError **error)
{
	gsize length;

	if (gunzip->in_length == 0 && !gunzip->in_ended && !fill(gunzip, error))
		return -1;
	length = gunzip->in_length;
	gunzip->in_length = 0;
	*bytes = gunzip->in;
	return (gssize)length;
}

/* They may come one by one. */
static gboolean look(Gunzip *gunzip, GError **error)
{
	while (gunzip->head->len < 2 && !gunzip->in_ended) {
		if (!fill(gunzip, error))
			return FALSE;
		g_byte_array_append(gunzip->head, gunzip->in, (guint)gunzip->in_length);
	}
	gunzip->in = gunzip->head->data;
	gunzip->in_length = gunzip->head->len;
	gunzip->state = GUNZIP_PASS;
	if (gunzip->in_length >= 2 && gunzip->in[0] == 0x1f && gunzip->in[1] == 0x8b) {
		gunzip->state = GUNZIP_MEMBER;
		gunzip->converter = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
		gunzip->out = g_malloc(OUT_BYTES);
	}
	return TRUE;
}

gssize gunzip_pull(gpointer data, const guint8 **bytes, GError **error)
{
	Gunzip *gunzip = data;

	if (gunzip->state == GUNZIP_BEGIN && !look(gunzip, error))
		return -1;
	return gunzip->state == GUNZIP_PASS ? pull_as_is(gunzip, bytes, error)
					    : pull_members(gunzip, bytes, error);
}
