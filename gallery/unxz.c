#include "gallery/unxz.h"

#include <lzma.h>

#include "gallery/input.h"

#define OUT_BYTES (256 * 1024)
#define MAGIC                                                                                                \
	"\xfd"                                                                                               \
	"7zXZ\0"
/* The first version whose decoder has threads. */
#define LZMA_MT_VERSION 50040002

typedef enum { UNXZ_BEGIN, UNXZ_PASS, UNXZ_DECODE, UNXZ_END } UnxzState;

struct Unxz {
	Input input;
	UnxzState state;
	lzma_stream stream;
	guint8 *out; /* NULL: it is no xz */
};

Unxz *unxz_new(ArchivePull pull, gpointer data)
{
	Unxz *unxz = g_new0(Unxz, 1);

	input_init(&unxz->input, pull, data);
	unxz->stream = (lzma_stream)LZMA_STREAM_INIT;
	return unxz;
}

void unxz_free(Unxz *unxz)
{
	if (!unxz)
		return;
	lzma_end(&unxz->stream);
	input_clear(&unxz->input);
	g_free(unxz->out);
	g_free(unxz);
}

gboolean unxz_was_compressed(const Unxz *unxz)
{
	return unxz->out != NULL;
}

/* Several files one after another are one, as for xz(1). */
static lzma_ret start_decoder(lzma_stream *stream)
{
#if LZMA_VERSION >= LZMA_MT_VERSION
	lzma_mt options = { .flags = LZMA_CONCATENATED,
			    .threads = MAX(1, MIN(g_get_num_processors(), 8)),
			    .memlimit_threading = UNXZ_MEMORY_MAX / 2,
			    .memlimit_stop = UNXZ_MEMORY_MAX };

	return lzma_stream_decoder_mt(stream, &options);
#else
	return lzma_stream_decoder(stream, UNXZ_MEMORY_MAX, LZMA_CONCATENATED);
#endif
}

static const char *words_of(lzma_ret ret)
{
	static const struct {
		lzma_ret ret;
		const char *words;
	} rows[] = {
		{LZMA_MEMLIMIT_ERROR, "its xz data needs too much memory"         },
		{ LZMA_MEM_ERROR,     "there is not enough memory for its xz data"},
		{ LZMA_BUF_ERROR,     "xz data ends in the middle"                },
		{ LZMA_OPTIONS_ERROR, "its xz data uses what nobody knows"        },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].ret == ret)
			return rows[i].words;
	return "its xz data does not fit its checksum";
}

static gssize decode(Unxz *unxz, const guint8 **bytes, GError **error)
{
	lzma_stream *stream = &unxz->stream;
	lzma_ret ret = LZMA_OK;

	stream->next_out = unxz->out;
	stream->avail_out = OUT_BYTES;
	while (stream->avail_out == OUT_BYTES && ret == LZMA_OK) {
		if (!input_fill(&unxz->input, error))
			return -1;
		stream->next_in = unxz->input.bytes;
		stream->avail_in = unxz->input.length;
		ret = lzma_code(stream, unxz->input.ended ? LZMA_FINISH : LZMA_RUN);
		unxz->input.bytes = stream->next_in;
		unxz->input.length = stream->avail_in;
	}
	if (ret == LZMA_STREAM_END) {
		unxz->state = UNXZ_END;
	} else if (ret != LZMA_OK) {
		input_damaged(error, words_of(ret));
		return -1;
	}
	*bytes = unxz->out;
	return (gssize)(OUT_BYTES - stream->avail_out);
}

static gboolean look(Unxz *unxz, GError **error)
{
	gboolean yes;

	if (!input_begins(&unxz->input, MAGIC, sizeof(MAGIC) - 1, &yes, error))
		return FALSE;
	unxz->state = yes ? UNXZ_DECODE : UNXZ_PASS;
	if (!yes)
		return TRUE;
	unxz->out = g_malloc(OUT_BYTES);
	return start_decoder(&unxz->stream) == LZMA_OK || input_damaged(error, words_of(LZMA_MEM_ERROR));
}

gssize unxz_pull(gpointer data, const guint8 **bytes, GError **error)
{
	Unxz *unxz = data;

	if (unxz->state == UNXZ_BEGIN && !look(unxz, error))
		return -1;
	if (unxz->state == UNXZ_PASS)
		return input_pass(&unxz->input, bytes, error);
	return unxz->state == UNXZ_END ? 0 : decode(unxz, bytes, error);
}
