/*
 * A VNC server for viewers that others wrote: the only file that includes rfb/rfb.h of libvncserver.
 *
 * It runs threaded: in a single loop a viewer that stops in the middle of its handshake blocks all others for 20 seconds
 * (facts/console.md 2.2). What crosses the threads:
 * - Pixels. The main thread writes them into a frame buffer of the largest size, which is never moved or freed while threads run, and marks what
 *   changed; libvncserver locks those marks. A thread that sends a row while it is being written sends it again, since the mark comes after the
 *   write. With a fixed buffer no mixture of an old and a new screen size can reach outside of it.
 * - The size. Each viewer has a screen of libvncserver's of its own, over the same pixels, and its output thread gives that the new size before the
 *   next update. rfbNewFramebuffer() would wait here for each viewer to take what it is being sent: a stopped one holds up all, and since
 *   it is this loop that carries the bytes on (src/view/relay.c), so does any.
 * - Input, by a bounded queue that the main loop empties (vncd-queue.h).
 * - What the guest tells, by vncd-news.h.
 * - The end. A viewer's socket is shut down from here by a second descriptor, since libvncserver closes its own in the thread that uses it, and
 *   the thread is joined when it says that it goes: the library would leave it unjoined, with its stack.
 *
 * Not used, because each was a hole or hangs in 0.9.14: its listening sockets, its HTTP and WebSocket server, UDP, file transfer, and its
 * functions that send a clipboard or a bell, which reach viewers that gave no password yet.
 */
#include <fcntl.h>
#include <rfb/rfb.h>
#include <rfb/rfbregion.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "console/rfb.h"
#include "console/sink.h"
#include "console/vncd-input.h"
#include "console/vncd-messages.h"
#include "console/vncd-news.h"

/* From the connection to the first wish for a picture. */
#define HANDSHAKE_S 10
/* A viewer that takes no byte for so long is dropped. */
#define STALL_MS 20000
/* Larger screens are shown up to this; QEMU's VNC server never exceeds 2560x2048. */
#define WIDTH_MAX  4096
#define HEIGHT_MAX 4096

typedef struct {
	Sink base;
	guint32 *
		pixels; /* WIDTH_MAX x HEIGHT_MAX, in rows of the width; the kernel gives pages when they are touched */
	gint size; /* atomic: pack_size() of the picture */
	Layout *layout;
	InputHub *hub;
	VncdQueue *queue;
	GPtrArray *viewers; /* of Viewer, owned */
	Surface *surface;   /* followed for its cursor */
	guint sweep, cursor_watch;
	char *name, *passwords[3]; /* ended by NULL */
	gint cannot_resize;        /* atomic: QEMU said so */
	VncdNews *news;
	GMutex lock; /* of `gone' of the viewers */
	GCond left;
} VncSink;

typedef struct Viewer {
	VncSink *sink;
	rfbScreenInfoPtr screen; /* its size is that of the output thread */
	int tap;                 /* the same socket as libvncserver's */
	gint64 since;
	gboolean view_only;
	VncdInput *input;
	/* of its threads: */
	gint in;       /* atomic: the handshake is over */
	guint wants;   /* atomic: VncdWants */
	gint relative; /* atomic: it was told to send distances */
	VncdSeen seen;
	rfbCursorPtr cursor;
	pthread_t thread;
	gboolean gone; /* of sink->lock */
} Viewer;

/* --- input: on the main loop --------------------------------------------------------------------------------------- */

static void remove_viewer(Viewer *viewer)
{
	pthread_join(viewer->thread, NULL);
	g_ptr_array_remove_fast(viewer->sink->viewers, viewer);
}

static void take_event(const VncdEvent *event, gpointer data)
{
	VncSink *sink = data;
	Viewer *viewer = event->viewer;

	if (event->kind == VNCD_GONE)
		remove_viewer(viewer);
	else if (!vncd_input_take(viewer->input, sink_input(&sink->base), event))
		g_atomic_int_set(&sink->cannot_resize, 1);
}

/* --- input: on the viewers' threads -------------------------------------------------------------------------------- */

/* Takes the event's text. */
static void push(rfbClientPtr client, VncdEvent *event)
{
	Viewer *viewer = client->clientData;

	event->viewer = viewer;
	g_atomic_int_set(&viewer->in, 1);
	if (client->viewOnly || viewer->view_only)
		g_free(event->text);
	else
		vncd_queue_push(viewer->sink->queue, event);
}

static void on_keysym(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
	VncdEvent event = { .kind = VNCD_KEYSYM, .down = down != FALSE, .code = keysym };

	push(client, &event);
}

static void on_pointer(int buttons, int x, int y, rfbClientPtr client)
{
	Viewer *viewer = client->clientData;
	VncdEvent event = { .kind = VNCD_POINTER, .x = x, .y = y, .buttons = (guint)buttons };

	if (g_atomic_int_get(&viewer->relative)) {
		event.kind = VNCD_MOVE;
		event.x -= VNCD_POINTER_CENTRE;
		event.y -= VNCD_POINTER_CENTRE;
	}
	push(client, &event);
}

static void push_text(const char *bytes, int length, gboolean latin1, rfbClientPtr client)
{
	VncdEvent event = { .kind = VNCD_CLIPBOARD };

	event.text = vncd_text_from_viewer(bytes, (gsize)MAX(length, 0), latin1, RFB_CUT_TEXT_MAX);
	push(client, &event);
}

static void on_latin1(char *bytes, int length, rfbClientPtr client)
{
	push_text(bytes, length, TRUE, client);
}

static void on_utf8(char *bytes, int length, rfbClientPtr client)
{
	push_text(bytes, length, FALSE, client);
}

/* The answer is "done"; the new size follows when the guest has changed it. */
static int on_size_wish(int width, int height, int count, struct rfbExtDesktopScreen *screens,
			rfbClientPtr client)
{
	Viewer *viewer = client->clientData;
	VncdEvent event = { .kind = VNCD_SIZE, .x = width, .y = height };

	if (client->viewOnly || viewer->view_only || g_atomic_int_get(&viewer->sink->cannot_resize))
		return rfbExtDesktopSize_ResizeProhibited;
	if (width < 1 || height < 1 || width > WIDTH_MAX || height > HEIGHT_MAX)
		return rfbExtDesktopSize_InvalidScreenLayout;
	push(client, &event);
	return rfbExtDesktopSize_Success;
}

static void on_update_wish(rfbClientPtr client, rfbFramebufferUpdateRequestMsg *message)
{
	g_atomic_int_set(&((Viewer *)client->clientData)->in, 1);
}

/* --- QEMU's pseudo-encodings, which libvncserver has not ---------------------------------------------------------- */

static int qemu_encodings[] = { VNCD_EXTENDED_KEYS, VNCD_POINTER_TYPE, VNCD_LED_STATE, 0 };

static void send_message(rfbClientPtr client, GBytes *message)
{
	gsize size;
	const char *bytes = g_bytes_get_data(message, &size);

	rfbWriteExact(client, bytes, (int)size);
}

static void answer_extended_keys(rfbClientPtr client)
{
	g_autoptr(GBytes) message = vncd_message_extended_keys();

	LOCK(client->sendMutex);
	send_message(client, message);
	UNLOCK(client->sendMutex);
}

static rfbBool on_enable(rfbClientPtr client, void **data, int encoding)
{
	Viewer *viewer = client->clientData;

	*data = NULL; /* the library frees it, if anything */
	if (encoding == VNCD_POINTER_TYPE)
		g_atomic_int_or(&viewer->wants, VNCD_WANTS_POINTER);
	else if (encoding == VNCD_LED_STATE)
		g_atomic_int_or(&viewer->wants, VNCD_WANTS_LEDS);
	else if (encoding == VNCD_EXTENDED_KEYS)
		answer_extended_keys(client);
	else
		return FALSE;
	return TRUE;
}

/* Behind the type: subtype 0, down (2), keysym (4), qnum (4). */
static rfbBool on_message(rfbClientPtr client, void *data, const rfbClientToServerMsg *message)
{
	guint8 bytes[11];
	VncdEvent event = { .kind = VNCD_SCANCODE };

	if (message->type != VNCD_QEMU_MESSAGE)
		return FALSE;
	if (rfbReadExact(client, (char *)bytes, sizeof(bytes)) <= 0 || bytes[0] != 0) {
		rfbCloseClient(client);
		return TRUE;
	}
	event.down = bytes[2] != 0;
	event.code = (guint32)bytes[7] << 24 | (guint32)bytes[8] << 16 | (guint32)bytes[9] << 8 | bytes[10];
	push(client, &event);
	return TRUE;
}

static rfbProtocolExtension qemu_extension = {
	.pseudoEncodings = qemu_encodings,
	.enablePseudoEncoding = on_enable,
	.handleMessage = on_message,
};

/* --- news: on a viewer's output thread, before each update ------------------------------------------------------- */

/* libvncserver frees it with free(). */
static rfbCursorPtr make_cursor(const SurfaceCursor *from)
{
	gsize count = (gsize)from->width * (gsize)from->height;
	rfbCursorPtr cursor = count ? calloc(1, sizeof(*cursor)) : NULL;
	guint32 *pixels = cursor ? malloc(count * sizeof(*pixels)) : NULL;

	if (!pixels) {
		free(cursor);
		return NULL;
	}
	memcpy(pixels, from->pixels, count * sizeof(*pixels));
	cursor->width = (unsigned short)from->width;
	cursor->height = (unsigned short)from->height;
	cursor->xhot = (unsigned short)from->hot_x;
	cursor->yhot = (unsigned short)from->hot_y;
	cursor->mask = vncd_cursor_mask(from);
	cursor->richSource = (unsigned char *)pixels;
	cursor->cleanup = cursor->cleanupMask = cursor->cleanupRichSource = TRUE;
	return cursor;
}

static void free_cursor(Viewer *viewer)
{
	rfbFreeCursor(viewer->cursor);
	viewer->cursor = NULL;
}

/* Each viewer has its own, which no other thread touches. */
static rfbCursorPtr get_cursor(rfbClientPtr client)
{
	return ((Viewer *)client->clientData)->cursor;
}

/* Its thread reads the end of the stream, and leaves. */
static void end_viewer(Viewer *viewer)
{
	shutdown(viewer->tap, SHUT_RDWR);
}

static gint pack_size(int width, int height)
{
	return width << 16 | height;
}

/* What rfbNewFramebuffer() does, for one viewer and from its own thread. A viewer that cannot be told of the new size would be sent rectangles
 * outside of its screen. */
static void follow_size(Viewer *viewer, rfbClientPtr client)
{
	gint size = g_atomic_int_get(&viewer->sink->size);
	rfbScreenInfoPtr screen = viewer->screen;

	if (size == pack_size(screen->width, screen->height))
		return;
	if (!client->useNewFBSize) {
		end_viewer(viewer);
		return;
	}
	screen->width = size >> 16;
	screen->height = size & 0xffff;
	screen->paddedWidthInBytes = screen->width * (int)sizeof(guint32);
	LOCK(client->updateMutex);
	sraRgnDestroy(client->modifiedRegion);
	client->modifiedRegion = sraRgnCreateRect(0, 0, screen->width, screen->height);
	client->newFBSizePending = TRUE;
	UNLOCK(client->updateMutex);
}

static void on_display(rfbClientPtr client)
{
	Viewer *viewer = client->clientData;
	guint wants = (guint)g_atomic_int_get(&viewer->wants) |
		      (client->enableExtendedClipboard ? VNCD_WANTS_EXTENDED_CLIPBOARD : 0);
	VncdParcel parcel;

	follow_size(viewer, client);
	vncd_news_collect(viewer->sink->news, &viewer->seen, wants, &parcel);
	for (guint i = 0; i < parcel.messages->len; i++)
		send_message(client, parcel.messages->pdata[i]);
	if (parcel.relative >= 0)
		g_atomic_int_set(&viewer->relative, parcel.relative);
	if (parcel.has_cursor) {
		free_cursor(viewer);
		viewer->cursor = make_cursor(&parcel.cursor);
		client->cursorWasChanged = TRUE;
	}
	vncd_parcel_clear(&parcel);
}

/* --- news: from the main loop -------------------------------------------------------------------------------------- */

static void mark(VncSink *sink, const Rect *rect)
{
	for (guint i = 0; i < sink->viewers->len; i++)
		rfbMarkRectAsModified(((Viewer *)sink->viewers->pdata[i])->screen, rect->x, rect->y,
				      rect->x + rect->width, rect->y + rect->height);
}

/* One pixel, so that the output threads have something to do, and look. */
static void wake_viewers(VncSink *sink)
{
	mark(sink, &(const Rect){ 0, 0, 1, 1 });
}

static void vncd_source_event(Sink *base, SourceEvent event)
{
	if (base->source)
		vncd_news_take(((VncSink *)base)->news, base->source, event);
	wake_viewers((VncSink *)base);
}

static void vncd_set_source(Sink *base)
{
	VncSink *sink = (VncSink *)base;

	input_hub_set_source(sink->hub, base->source);
	g_atomic_int_set(&sink->cannot_resize, 0);
}

static void on_cursor(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	VncSink *sink = data;

	if (event != SURFACE_CURSOR)
		return;
	vncd_news_set_cursor(sink->news, surface_cursor(surface));
	wake_viewers(sink);
}

/* --- pixels -------------------------------------------------------------------------------------------------------- */

static void vncd_update(Sink *base, const Rect *damage)
{
	VncSink *sink = (VncSink *)base;
	Surface *picture = sink_picture(base);
	int width = sink->size >> 16;
	Rect rect = *damage;

	if (!rect_clip(&rect, width, sink->size & 0xffff) ||
	    !rect_clip(&rect, surface_width(picture), surface_height(picture)))
		return;
	for (int y = rect.y; y < rect.y + rect.height; y++)
		memcpy(sink->pixels + (gsize)y * (gsize)width + rect.x, surface_row(picture, rect.x, y),
		       (gsize)rect.width * sizeof(guint32));
	mark(sink, &rect);
}

static void vncd_resize(Sink *base)
{
	VncSink *sink = (VncSink *)base;
	Surface *picture = sink_picture(base);
	Rect all = { 0, 0, surface_width(picture), surface_height(picture) };

	rect_clip(&all, WIDTH_MAX, HEIGHT_MAX);
	g_atomic_int_set(&sink->size, pack_size(all.width, all.height));
	vncd_update(base, &all);
}

/* --- viewers ------------------------------------------------------------------------------------------------------- */

static void viewer_free(gpointer data)
{
	Viewer *viewer = data;

	vncd_input_free(viewer->input);
	free_cursor(viewer);
	rfbScreenCleanup(viewer->screen);
	fd_clear(&viewer->tap);
	g_free(viewer);
}

/* The last thing that its threads do with it. */
static void on_client_gone(rfbClientPtr client)
{
	Viewer *viewer = client->clientData;
	VncSink *sink = viewer->sink;
	const VncdEvent event = { .kind = VNCD_GONE, .viewer = viewer };

	g_mutex_lock(&sink->lock);
	viewer->thread = pthread_self();
	viewer->gone = TRUE;
	g_cond_signal(&sink->left);
	vncd_queue_push(sink->queue, &event);
	g_mutex_unlock(&sink->lock);
}

static enum rfbNewClientAction on_client(rfbClientPtr client)
{
	Viewer *viewer = client->screen->screenData;

	client->clientData = viewer;
	client->viewOnly = viewer->view_only;
	client->clientGoneHook = on_client_gone;
	client->clientFramebufferUpdateRequestHook = on_update_wish;
	return RFB_CLIENT_ACCEPT;
}

static guint count_handshakes(const VncSink *sink)
{
	guint count = 0;

	for (guint i = 0; i < sink->viewers->len; i++)
		count += !g_atomic_int_get(&((Viewer *)sink->viewers->pdata[i])->in);
	return count;
}

/* Ends the handshakes that take too long; runs while there are any. */
static gboolean on_sweep(gpointer data)
{
	VncSink *sink = data;
	gint64 oldest = g_get_monotonic_time() - HANDSHAKE_S * G_USEC_PER_SEC;

	for (guint i = 0; i < sink->viewers->len; i++) {
		Viewer *viewer = sink->viewers->pdata[i];
		if (!g_atomic_int_get(&viewer->in) && viewer->since < oldest)
			end_viewer(viewer);
	}
	if (count_handshakes(sink) > 0)
		return G_SOURCE_CONTINUE;
	sink->sweep = 0;
	return G_SOURCE_REMOVE;
}

static void set_up_screen(rfbScreenInfoPtr screen, VncSink *sink)
{
	screen->desktopName = sink->name;
	screen->frameBuffer = (char *)sink->pixels;
	screen->serverFormat.redShift = 16; /* as a surface has it */
	screen->serverFormat.blueShift = 0;
	screen->backgroundLoop = TRUE; /* threads, without the one that listens */
	screen->alwaysShared = TRUE;
	screen->cursor = NULL;
	screen->getCursorPtr = get_cursor;
	screen->kbdAddEvent = on_keysym;
	screen->ptrAddEvent = on_pointer;
	screen->setXCutText = on_latin1;
	screen->setXCutTextUTF8 = on_utf8;
	screen->setDesktopSizeHook = on_size_wish;
	screen->displayHook = on_display;
	screen->newClientHook = on_client;
	screen->maxClientWait = STALL_MS;
	screen->permitFileTransfer = FALSE;
	screen->authPasswdData = sink->passwords[0] ? sink->passwords : NULL;
	screen->authPasswdFirstViewOnly = 1;
	screen->passwordCheck = rfbCheckPasswordByList;
}

static Viewer *viewer_new(VncSink *sink, int tap, gboolean view_only)
{
	Viewer *viewer = g_new0(Viewer, 1);

	*viewer =
		(Viewer){ .sink = sink, .tap = tap, .view_only = view_only, .since = g_get_monotonic_time() };
	viewer->screen = rfbGetScreen(NULL, NULL, sink->size >> 16, sink->size & 0xffff, 8, 3, 4);
	viewer->screen->screenData = viewer;
	set_up_screen(viewer->screen, sink);
	viewer->input = vncd_input_new(sink->hub, sink->layout);
	viewer->seen = vncd_news_begin(sink->news);
	return viewer;
}

gboolean sink_vncd_add(Sink *base, int fd, gboolean view_only)
{
	VncSink *sink = (VncSink *)base;
	guint handshakes = count_handshakes(sink);
	int tap = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	rfbClientPtr client;
	Viewer *viewer;

	if (handshakes >= SINK_VNCD_HANDSHAKES || sink->viewers->len - handshakes >= SINK_VNCD_VIEWERS ||
	    fd >= FD_SETSIZE || tap < 0) {
		fd_clear(&tap);
		close(fd);
		return FALSE;
	}
	viewer = viewer_new(sink, tap, view_only || base->view_only);
	client = rfbNewClient(viewer->screen, fd);
	if (!client) {
		viewer_free(viewer);
		return FALSE;
	}
	g_ptr_array_add(sink->viewers, viewer);
	if (!sink->sweep)
		sink->sweep = g_timeout_add(1000, on_sweep, sink);
	rfbStartOnHoldClient(client);
	return TRUE;
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

/* Their threads end one after the other; what they still sent is forgotten with the source. */
static void end_all_viewers(VncSink *sink)
{
	g_ptr_array_foreach(sink->viewers, (GFunc)(gpointer)end_viewer, NULL);
	g_mutex_lock(&sink->lock);
	for (guint i = 0; i < sink->viewers->len; i++)
		while (!((Viewer *)sink->viewers->pdata[i])->gone)
			g_cond_wait(&sink->left, &sink->lock);
	g_mutex_unlock(&sink->lock);
	vncd_queue_free(sink->queue);
}

static void vncd_free(Sink *base)
{
	VncSink *sink = (VncSink *)base;

	g_clear_handle_id(&sink->sweep, g_source_remove);
	surface_unwatch(sink->surface, sink->cursor_watch);
	surface_unref(sink->surface);
	end_all_viewers(sink);
	g_ptr_array_unref(sink->viewers);
	input_hub_free(sink->hub);
	layout_free(sink->layout);
	vncd_news_free(sink->news);
	g_cond_clear(&sink->left);
	g_mutex_clear(&sink->lock);
	g_free(sink->pixels);
	g_free(sink->passwords[0]);
	g_free(sink->passwords[1]);
	g_free(sink->name);
	g_free(sink);
}

static const SinkClass vncd_class = {
	.name = "vnc",
	.update = vncd_update,
	.resize = vncd_resize,
	.set_source = vncd_set_source,
	.source_event = vncd_source_event,
	.free = vncd_free,
};

static void register_once(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	rfbLogEnable(FALSE);
	rfbRegisterProtocolExtension(&qemu_extension);
	g_once_init_leave(&done, 1);
}

Sink *sink_vncd_new(Surface *surface, const SinkOptions *options, GError **error)
{
	Layout *layout = layout_new("us", error);
	VncSink *sink;

	if (!layout)
		return NULL;
	register_once();
	sink = g_new0(VncSink, 1);
	g_mutex_init(&sink->lock);
	g_cond_init(&sink->left);
	sink->layout = layout;
	sink->hub = input_hub_new();
	sink->queue = vncd_queue_new(take_event, sink);
	sink->viewers = g_ptr_array_new_with_free_func(viewer_free);
	sink->name = g_strdup(options->title);
	sink->passwords[0] = g_strdup(options->password);
	sink->passwords[1] = options->password ? g_strdup(options->view_password) : NULL;
	sink->news = vncd_news_new();
	sink_init(&sink->base, &vncd_class, surface, options);
	sink->pixels = g_malloc0_n((gsize)WIDTH_MAX * HEIGHT_MAX, sizeof(guint32));
	vncd_resize(&sink->base);
	sink->surface = surface_ref(surface);
	sink->cursor_watch = surface_watch(surface, on_cursor, sink);
	return &sink->base;
}
