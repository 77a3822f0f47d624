#include "gallery/gunzip.h"

#include "gallery/input.h"

#define OUT_BYTES (256 * 1024)
#define MAGIC     "\x1f\x8b"

typedef enum {
	GUNZIP_BEGIN,  /* nothing was seen */
	GUNZIP_PASS,   /* it is no gzip */
	GUNZIP_MEMBER, /* in one member */
	GUNZIP_BETWEEN /* behind one: another may come */
} GunzipState;

struct Gunzip {
	Input input;
	GunzipState state;
	GConverter *converter; /* NULL: it is no gzip */
	guint8 *out;
};

Gunzip *gunzip_new(ArchivePull pull, gpointer data)
{
	Gunzip *gunzip = g_new0(Gunzip, 1);

	input_init(&gunzip->input, pull, data);
	return gunzip;
}

void gunzip_free(Gunzip *gunzip)
{
	if (!gunzip)
		return;
	input_clear(&gunzip->input);
	g_clear_object(&gunzip->converter);
	g_free(gunzip->out);
	g_free(gunzip);
}

gboolean gunzip_was_compressed(const Gunzip *gunzip)
{
	return gunzip->converter != NULL;
}

/* One step of the converter. TRUE: *@written is right, which may be 0. */
static gboolean convert(Gunzip *gunzip, gsize *written, GError **error)
{
	Input *input = &gunzip->input;
	gsize used = 0;
	GConverterResult result;

	*written = 0;
	result = g_converter_convert(gunzip->converter, input->bytes, input->length, gunzip->out, OUT_BYTES,
				     G_CONVERTER_NO_FLAGS, &used, written, NULL);
	if (result == G_CONVERTER_ERROR)
		return input_damaged(error, "its gzip data does not fit its checksum");
	input->bytes += used;
	input->length -= used;
	if (result == G_CONVERTER_FINISHED) {
		g_converter_reset(gunzip->converter);
		gunzip->state = GUNZIP_BETWEEN;
	}
	return TRUE;
}

/* What is behind the last member, often zeroes that fill up a block, is of no meaning. */
static gboolean is_over(const Gunzip *gunzip)
{
	return gunzip->state == GUNZIP_BETWEEN &&
	       (gunzip->input.length == 0 || gunzip->input.bytes[0] != 0x1f);
}

static gssize pull_members(Gunzip *gunzip, const guint8 **bytes, GError **error)
{
	gsize written = 0;

	while (written == 0) {
		if (!input_fill(&gunzip->input, error))
			return -1;
		if (is_over(gunzip))
			return 0;
		if (gunzip->input.length == 0) {
			input_damaged(error, "gzip data ends in the middle");
			return -1;
		}
		gunzip->state = GUNZIP_MEMBER;
		if (!convert(gunzip, &written, error))
			return -1;
	}
	*bytes = gunzip->out;
	return (gssize)written;
}

static gboolean look(Gunzip *gunzip, GError **error)
{
	gboolean yes;

	if (!input_begins(&gunzip->input, MAGIC, sizeof(MAGIC) - 1, &yes, error))
		return FALSE;
	gunzip->state = yes ? GUNZIP_MEMBER : GUNZIP_PASS;
	if (yes) {
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
	return gunzip->state == GUNZIP_PASS ? input_pass(&gunzip->input, bytes, error)
					    : pull_members(gunzip, bytes, error);
}
