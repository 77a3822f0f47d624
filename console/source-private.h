/* What source.c (the connection), source-input.c (keys, pointer) and type-text.c share. */
#pragma once

#include "console/rfb.h"
#include "console/source.h"

#define SOURCE_READ_SIZE (64 * 1024)
#define SOURCE_KEYS      256 /* qnums */
/* What is queued beyond this is no input any more, it is a hang. */
#define SOURCE_QUEUE_MAX (256 * 1024)

struct Source {
	int references; /* the owner's, and one while we call out */
	int fd;
	GSource *io, *timer;
	GIOCondition io_condition;
	Surface *surface;
	SourceWatch watch;
	gpointer data;
	Rfb *rfb;
	GByteArray *out;
	gsize sent; /* bytes at the start of `out' that the kernel has */
	GError *error;
	gboolean connected, framed;
	gboolean active, asked; /* `asked': an update request waits for its answer */
	gint64 heard;           /* monotonic time of the last bytes */
	gboolean whole;         /* every pixel was drawn since the last resize */
	gint64 drawn;           /* pixels drawn since then, until `whole' */
	gboolean absolute;
	int pointer_x, pointer_y;
	guint buttons;
	gboolean keys[SOURCE_KEYS];
	guint8 buffer[SOURCE_READ_SIZE];
};

/* Connected, and the peer still takes what it is sent. */
gboolean source_can_send(const Source *source);
/* Gives the kernel what it takes of `out' and waits for the rest. */
void source_flush(Source *source);

/* Keeps the struct for one who works on it over turns of the main loop; its owner may close it meanwhile: source_is_open(). */
Source *source_ref(Source *source);
void source_unref(Source *source);
