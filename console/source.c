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
#define SIGN_OF_LIFE_S    2
#define SIGN_OF_LIFE_SIZE 16

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
	g_clear_error(&source->error);
	g_free(source);
}

static void tell(Source *source, SourceEvent event)
{
	if (source->watch)
		source->watch(source, event, source->data);
}

static void detach(GSource **gsource)
{
	if (*gsource)
		g_source_destroy(*gsource);
	g_clear_pointer(gsource, g_source_unref);
}

static void disconnect(Source *source)
{
	detach(&source->io);
	detach(&source->timer);
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
	tell(source, SOURCE_CLOSED);
}

/* --- sending ------------------------------------------------------------------------------------------------------- */

static gboolean on_io(int fd, GIOCondition condition, gpointer data);

static void watch_io(Source *source)
{
	GIOCondition want = G_IO_IN | (source_pending(source) ? G_IO_OUT : 0);

	if (source->io && source->io_condition == want)
		return;
	detach(&source->io);
	source->io_condition = want;
	source->io = g_unix_fd_source_new(source->fd, want);
	g_source_set_callback(source->io, G_SOURCE_FUNC(on_io), source, NULL);
	g_source_attach(source->io, g_main_context_get_thread_default());
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
	if (!source_pending(source)) {
		g_byte_array_set_size(source->out, 0);
		source->sent = 0;
	}
	watch_io(source);
}

gsize source_pending(const Source *source)
{
	return source->out->len - source->sent;
}

gboolean source_can_send(const Source *source)
{
	return source->fd >= 0 && source->connected && source_pending(source) < SOURCE_QUEUE_MAX;
}

/* --- asking for pictures ------------------------------------------------------------------------------------------- */

static void ask(Source *source, gboolean incremental)
{
	Rect all = { 0, 0, surface_width(source->surface), surface_height(source->surface) };

	if (!source_can_send(source) || !source->active)
		return;
	rfb_put_update_request(source->out, incremental, &all);
	source->asked = TRUE;
}

static void ask_sign_of_life(Source *source)
{
	Rect piece = { 0, 0, SIGN_OF_LIFE_SIZE, SIGN_OF_LIFE_SIZE };

	if (rect_clip(&piece, surface_width(source->surface), surface_height(source->surface)))
		rfb_put_update_request(source->out, FALSE, &piece);
	source_flush(source);
}

static void check_life(Source *source)
{
	gint64 silent = g_get_monotonic_time() - source->heard;

	if (!source->connected && silent > HANDSHAKE_S * G_USEC_PER_SEC)
		fail(source, error_new(CARREL_ERROR_TIMEOUT, NULL, "the console's server does not answer"));
	else if (source_pending(source) >= SOURCE_QUEUE_MAX)
		fail(source,
		     error_new(CARREL_ERROR_TIMEOUT, NULL, "the console's server takes no input any more"));
	else if (source_can_send(source) && source->asked && silent >= SIGN_OF_LIFE_S * G_USEC_PER_SEC)
		ask_sign_of_life(source);
}

static gboolean on_timer(gpointer data)
{
	Source *source = data;

	source_ref(source);
	check_life(source);
	source_unref(source);
	return G_SOURCE_CONTINUE; /* of no effect when disconnect() destroyed it */
}

void source_set_active(Source *source, gboolean active)
{
	gboolean was = source->active;

	source->active = active;
	if (active && !was && !source->asked) {
		ask(source, source->whole);
		source_flush(source);
	}
}

/* --- what the server says ------------------------------------------------------------------------------------------ */

/* Copies a row and says which part of it changed: QEMU sends tiles of 16 pixels and whole screens after a resize. */
static gboolean copy_row(guint32 *to, const guint8 *from, int width, int *first, int *last)
{
	int low = width, high = -1;

	for (int x = 0; x < width; x++) {
		guint32 pixel;
		memcpy(&pixel, from + (gsize)x * 4, 4);
		pixel &= 0x00ffffff;
		if (to[x] == pixel)
			continue;
		to[x] = pixel;
		low = MIN(low, x);
		high = x;
	}
	*first = low;
	*last = high;
	return high >= 0;
}

static void draw(Source *source, const RfbEvent *event)
{
	Rect changed = { 0, 0, 0, 0 };

	for (int y = 0; y < event->rect.height; y++) {
		int first, last;
		guint32 *row = surface_row(source->surface, event->rect.x, event->rect.y + y);
		if (!copy_row(row, event->pixels + (gsize)y * event->rect.width * 4, event->rect.width,
			      &first, &last))
			continue;
		Rect part = { event->rect.x + first, event->rect.y + y, last - first + 1, 1 };
		changed = rect_union(&changed, &part);
	}
	if (!source->whole)
		source->drawn += (gint64)event->rect.width * event->rect.height;
	surface_damage(source->surface, &changed);
}

static void resize(Source *source, const RfbEvent *event)
{
	if (event->rect.width == surface_width(source->surface) &&
	    event->rect.height == surface_height(source->surface))
		return;
	surface_resize(source->surface, event->rect.width, event->rect.height);
	source->whole = FALSE;
	source->drawn = 0;
}

/* Always a new surface here: a picture of an earlier connection must not count as this one's. */
static void begin(Source *source, const RfbEvent *event)
{
	surface_resize(source->surface, event->rect.width, event->rect.height);
	source->connected = TRUE;
	rfb_put_setup(source->out);
	ask(source, FALSE);
	tell(source, SOURCE_CONNECTED);
}

static void end_update(Source *source)
{
	gint64 all = (gint64)surface_width(source->surface) * surface_height(source->surface);

	source->asked = FALSE;
	if (!source->whole)
		source->whole = source->drawn >= all;
	if (source->whole && !source->framed) {
		source->framed = TRUE;
		tell(source, SOURCE_FRAME);
	}
	ask(source, source->whole);
}

static void handle(Source *source, const RfbEvent *event)
{
	switch (event->kind) {
	case RFB_CONNECTED:
		begin(source, event);
		break;
	case RFB_RESIZED:
		resize(source, event);
		break;
	case RFB_PIXELS:
		draw(source, event);
		break;
	case RFB_UPDATE_END:
		end_update(source);
		break;
	case RFB_POINTER_ABSOLUTE:
		source->absolute = event->value != 0;
		break;
	case RFB_KEYS_EXTENDED: /* every QEMU since 0.13 */
	case RFB_AGAIN:
	case RFB_ERROR:
		break;
	}
}

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
		handle(source, &event);
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
	source->active = source->absolute = TRUE;
	source->heard = g_get_monotonic_time();
	fd_set_nonblocking(fd, TRUE);
	watch_io(source);
	source->timer = g_timeout_source_new_seconds(SIGN_OF_LIFE_S);
	g_source_set_callback(source->timer, on_timer, source, NULL);
	g_source_attach(source->timer, g_main_context_get_thread_default());
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

gboolean source_is_open(const Source *source)
{
	return source->fd >= 0;
}

const GError *source_error(const Source *source)
{
	return source->error;
}
