/* What the source's files share: source.c (the connection), source-picture.c, source-input.c, source-clipboard.c, source-audio.c; and type-text.c. */
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
	gsize bulk; /* bytes of a clipboard in `out', which is no input; 0 once all was sent */
	GError *error;
	gboolean connected, hung_up;
	gint64 heard; /* monotonic time of the last bytes */
	guint8 buffer[SOURCE_READ_SIZE];

	/* source-picture.c */
	gboolean framed;
	gboolean active, asked; /* `asked': an update request waits for its answer */
	guint interval;         /* ms between two requests; 0 = none */
	GSource *pace;          /* the next request is due then */
	gint64 asked_at;        /* monotonic time of the last request */
	gboolean drawing;       /* in the middle of an update */
	gboolean whole;         /* every pixel was drawn since the last resize */
	gint64 drawn;           /* pixels drawn since then, until `whole' */
	gboolean sizable;       /* the server takes wishes for a size */
	gboolean size_refused;  /* the guest's device does not */

	/* source-input.c */
	gboolean absolute;
	int pointer_x, pointer_y;
	guint buttons;
	gboolean keys[SOURCE_KEYS];
	guint leds;
	gboolean nudge, nudge_soon; /* `nudge_soon': the one after an input waits */
	GSource *nudger;
	gint64 input_at; /* monotonic time of the last input */

	/* source-clipboard.c */
	gboolean extended_clipboard;
	char *clipboard;     /* the guest's */
	char *own_clipboard; /* what source_set_clipboard() was given; NULL: the guest's counts */

	/* source-audio.c */
	SourceAudio play;
	gpointer play_data;
	gboolean audio_allowed, audio_offered, audio_on;
};

/* Connected, and the peer still takes what it is sent. */
gboolean source_can_send(const Source *source);
/* Gives the kernel what it takes of `out' and waits for the rest. */
void source_flush(Source *source);
/* The watch may free the source. */
void source_tell(Source *source, SourceEvent event);
/* Destroys the timer or watch in *@gsource. */
void source_detach(GSource **gsource);
/* A timer of the source's context. */
GSource *source_add_timer(guint ms, GSourceFunc call, Source *source);

/* Keeps the struct for one who works on it over turns of the main loop; its owner may close it meanwhile: source_is_open(). */
Source *source_ref(Source *source);
void source_unref(Source *source);

/* source-picture.c: what the server says of the screen. */
void source_begin_picture(Source *source, const RfbEvent *event);
void source_resize(Source *source, const RfbEvent *event);
void source_take_size_answer(Source *source, const RfbEvent *event);
void source_draw(Source *source, const RfbEvent *event);
void source_draw_cursor(Source *source, const RfbEvent *event);
void source_end_update(Source *source, const RfbEvent *event);
/* Asks for a small piece as it is, which must be answered. */
void source_ask_sign_of_life(Source *source);

/* source-input.c */
void source_take_pointer_type(Source *source, const RfbEvent *event);
void source_take_leds(Source *source, const RfbEvent *event);
/* Begins, goes on or ends nudging, after what it depends on has changed. */
void source_nudge_again(Source *source);

/* source-clipboard.c */
void source_take_clipboard_offer(Source *source, const RfbEvent *event);
void source_take_clipboard_change(Source *source, const RfbEvent *event);
void source_give_clipboard(Source *source, const RfbEvent *event);
void source_take_clipboard(Source *source, const RfbEvent *event);

/* source-audio.c */
void source_take_audio_offer(Source *source, const RfbEvent *event);
void source_take_audio(Source *source, const RfbEvent *event);
