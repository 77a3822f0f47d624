#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "console/source-private.h"

/* Reads of one dispatch, so that a busy screen does not starve the rest of the main loop. */
#define READS_MAX 16
/* QEMU answers the handshake at once, even before the guest runs. */
#define HANDSHAKE_S 10
/* A screen that does not change gives no answer. After this long we ask for a small piece as it is, which must be answered: it shows
 * that both sides still live, at no cost (the whole screen would be megabytes). */
#define SIGN_OF_LIFE_S 2

Source *source_ref(Source *source)
{
	source->references++;
	return source;
}

void source_unref(Source *source)
{
	if (--source->references > 0)
		return;
	surface_unref(source->surface);
	rfb_free(source->rfb);
	g_byte_array_unref(source->out);
	g_free(source->clipboard);
	g_free(source->own_clipboard);
	g_clear_error(&source->error);
	g_free(source);
}

void source_tell(Source *source, SourceEvent event)
{
	if (source->watch)
		source->watch(source, event, source->data);
}

void source_detach(GSource **gsource)
{
	if (*gsource)
		g_source_destroy(*gsource);
	g_clear_pointer(gsource, g_source_unref);
}

GSource *source_add_timer(guint ms, GSourceFunc call, Source *source)
{
	GSource *timer = g_timeout_source_new(ms);

	g_source_set_callback(timer, call, source, NULL);
	g_source_attach(timer, g_main_context_get_thread_default());
	return timer;
}

static void disconnect(Source *source)
{
	source_detach(&source->io);
	source_detach(&source->timer);
	source_detach(&source->pace);
	source_detach(&source->nudger);
	fd_clear(&source->fd);
}

/* Takes @error. */
static void fail(Source *source, GError *error)
{
	if (source->fd < 0) {
		g_error_free(error);
		return;
	}
	disconnect(source);
	source->error = error;
	memset(source->keys, 0, sizeof(source->keys));
	source_tell(source, SOURCE_CLOSED);
}

/* --- sending ------------------------------------------------------------------------------------------------------- */

static gboolean on_io(int fd, GIOCondition condition, gpointer data);

static void watch_io(Source *source)
{
	GIOCondition want = G_IO_IN | (source_pending(source) ? G_IO_OUT : 0);

	if (source->io && source->io_condition == want)
		return;
	source_detach(&source->io);
	source->io_condition = want;
	source->io = g_unix_fd_source_new(source->fd, want);
	g_source_set_callback(source->io, G_SOURCE_FUNC(on_io), source, NULL);
	g_source_attach(source->io, g_main_context_get_thread_default());
}

/* Also while there is always something left, so that the buffer does not grow; one that held a clipboard is given back. */
static void drop_sent(Source *source)
{
	if (!source_pending(source) && source->bulk)
		g_free(g_byte_array_steal(source->out, NULL));
	else if (!source_pending(source))
		g_byte_array_set_size(source->out, 0);
	else if (source->sent >= SOURCE_QUEUE_MAX)
		g_byte_array_remove_range(source->out, 0, (guint)source->sent);
	else
		return;
	source->sent = 0;
	if (!source->out->len)
		source->bulk = 0;
}

/* Gives the kernel what it takes. A broken connection is left to the reading side, which first reads what came before. */
void source_flush(Source *source)
{
	if (source->fd < 0)
		return;
	while (source_pending(source)) {
		ssize_t put = send(source->fd, source->out->data + source->sent, source_pending(source),
				   MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			break;
		source->sent += (gsize)put;
	}
	drop_sent(source);
	watch_io(source);
}

gsize source_pending(const Source *source)
{
	return source->out->len - source->sent;
}

static gboolean is_jammed(const Source *source)
{
	return source_pending(source) >= SOURCE_QUEUE_MAX + source->bulk;
}

gboolean source_can_send(const Source *source)
{
	return source->fd >= 0 && source->connected && !source->hung_up && !is_jammed(source);
}

/* --- signs of life ------------------------------------------------------------------------------------------------- */

static void check_life(Source *source)
{
	gint64 silent = g_get_monotonic_time() - source->heard;

	if (!source->connected && silent > HANDSHAKE_S * G_USEC_PER_SEC)
		fail(source, error_new(CARREL_ERROR_TIMEOUT, NULL, "the console's server does not answer"));
	else if (is_jammed(source))
		fail(source,
		     error_new(CARREL_ERROR_TIMEOUT, NULL, "the console's server takes no input any more"));
	else if (source_can_send(source) && source->asked && silent >= SIGN_OF_LIFE_S * G_USEC_PER_SEC)
		source_ask_sign_of_life(source);
}

static gboolean on_timer(gpointer data)
{
	Source *source = data;

	source_ref(source);
	check_life(source);
	source_unref(source);
	return G_SOURCE_CONTINUE; /* of no effect when disconnect() destroyed it */
}

/* --- what the server says ------------------------------------------------------------------------------------------ */

static void take_bell(Source *source, const RfbEvent *event)
{
	source_tell(source, SOURCE_BELL);
}

/* By RfbKind; what is missing says nothing to us. */
static void (*const handlers[])(Source *source, const RfbEvent *event) = {
	[RFB_CONNECTED] = source_begin_picture,
	[RFB_RESIZED] = source_resize,
	[RFB_SIZE_ANSWER] = source_take_size_answer,
	[RFB_PIXELS] = source_draw,
	[RFB_CURSOR] = source_draw_cursor,
	[RFB_UPDATE_END] = source_end_update,
	[RFB_POINTER_ABSOLUTE] = source_take_pointer_type,
	[RFB_LEDS] = source_take_leds,
	[RFB_BELL] = take_bell,
	[RFB_CLIPBOARD_OFFERED] = source_take_clipboard_offer,
	[RFB_CLIPBOARD_CHANGED] = source_take_clipboard_change,
	[RFB_CLIPBOARD_WANTED] = source_give_clipboard,
	[RFB_CLIPBOARD_TEXT] = source_take_clipboard,
	[RFB_AUDIO_OFFERED] = source_take_audio_offer,
	[RFB_AUDIO] = source_take_audio,
};

/* The watch may free the source in any event: fd is -1 then. */
static void digest(Source *source, const guint8 *bytes, gsize length)
{
	GError *error = NULL;
	RfbEvent event;

	rfb_feed(source->rfb, bytes, length);
	while (source->fd >= 0) {
		RfbKind kind = rfb_next(source->rfb, &event, &error);
		if (kind == RFB_ERROR)
			fail(source, error);
		if (kind == RFB_AGAIN || kind == RFB_ERROR)
			return;
		if (handlers[kind])
			handlers[kind](source, &event);
	}
}

/* FALSE when there is nothing more to read now. */
static gboolean read_some(Source *source)
{
	ssize_t got = read(source->fd, source->buffer, sizeof(source->buffer));

	if (got < 0 && errno == EINTR)
		return TRUE;
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return FALSE;
	if (got <= 0) {
		fail(source, error_new(CARREL_ERROR_STATE, NULL, "the guest's screen was closed"));
		return FALSE;
	}
	source->heard = g_get_monotonic_time();
	digest(source, source->buffer, (gsize)got);
	return got == (ssize_t)sizeof(source->buffer);
}

static gboolean on_io(int fd, GIOCondition condition, gpointer data)
{
	Source *source = data;
	guint reads = 0;

	source_ref(source);
	if (condition & ~G_IO_OUT)
		while (source->fd >= 0 && reads++ < READS_MAX && read_some(source))
			;
	source_flush(source);
	source_unref(source);
	return G_SOURCE_CONTINUE;
}

Source *source_new(int fd, Surface *surface, SourceWatch watch, gpointer data)
{
	Source *source = g_new0(Source, 1);

	source->references = 1;
	source->fd = fd;
	source->surface = surface_ref(surface);
	source->watch = watch;
	source->data = data;
	source->out = g_byte_array_new();
	source->rfb = rfb_new(source->out);
	source->active = source->absolute = source->audio_allowed = TRUE;
	source->leds = SOURCE_LEDS_UNKNOWN;
	source->heard = g_get_monotonic_time();
	fd_set_nonblocking(fd, TRUE);
	watch_io(source);
	source->timer = source_add_timer(SIGN_OF_LIFE_S * 1000, on_timer, source);
	return source;
}

void source_free(Source *source)
{
	if (!source)
		return;
	source->watch = NULL;
	source_release_keys(source);
	disconnect(source);
	source_unref(source);
}

void source_hang_up(Source *source)
{
	source->hung_up = TRUE;
	if (source->fd >= 0)
		shutdown(source->fd, SHUT_WR);
}

gboolean source_is_open(const Source *source)
{
	return source->fd >= 0;
}

gboolean source_is_drawing(const Source *source)
{
	return source->fd >= 0 && source->drawing;
}

const GError *source_error(const Source *source)
{
	return source->error;
}
