/*
 * A VNC server for viewers that others wrote: the only file that includes rfb/rfb.h of libvncserver.
 *
 * It runs threaded: in a single loop a viewer that stops in the middle of its handshake blocks all others for 20 seconds
 * (facts/console.md 2.2). Two things cross the threads:
 * - Pixels. The main thread writes them into a frame buffer of the largest size, which is never moved or freed while threads run, and marks what
 *   changed; libvncserver locks those marks. A thread that sends a row while it is being written sends it again, since the mark comes after the
 *   write. With a fixed buffer no mixture of an old and a new screen size can reach outside of it.
 * - Input, by a bounded queue that the main loop empties.
 *
 * Not used, because each was a hole or hangs in 0.9.14: its HTTP server, IPv6 and automatic ports (it listens on all
 * addresses then), UDP, file transfer.
 */
#include <rfb/rfb.h>
#include <string.h>

#include "base/error.h"
#include "console/keysyms.h"
#include "console/sink.h"

#define CLIENTS_MAX    8
#define CLIENT_WAIT_MS 5000
#define PORT_FIRST     5900
#define PORT_LAST      5999
/* Larger screens are shown up to this; QEMU's VNC server never exceeds 2560x2048. */
#define WIDTH_MAX  4096
#define HEIGHT_MAX 4096
/* A queue of this length is not a person. Releases still get in: a key must not stay down. */
#define QUEUE_MAX 1024

typedef enum { INPUT_SCANCODE, INPUT_KEYSYM, INPUT_POINTER, INPUT_GONE } InputKind;

typedef struct {
	InputKind kind;
	gboolean down;
	guint32 code; /* qnum or keysym */
	int x, y;
	guint buttons;
} Input;

typedef struct {
	Sink base;
	rfbScreenInfoPtr screen;
	guint32 *pixels; /* WIDTH_MAX x HEIGHT_MAX; the kernel gives pages when they are touched */
	Keysyms *keysyms;
	char *name;
	char *passwords[2]; /* ended by NULL */
	int x, y;           /* of the last pointer event, for guests that take relative moves */
	GMutex lock;        /* of what follows */
	GQueue queue;
	guint drain; /* idle source */
	gboolean closed;
} VncSink;

/* --- input --------------------------------------------------------------------------------------------------------- */

static void send_pointer(VncSink *sink, Source *source, const Input *input)
{
	if (source_pointer_absolute(source))
		source_pointer(source, input->x, input->y, input->buttons);
	else
		source_pointer_move(source, input->x - sink->x, input->y - sink->y, input->buttons);
	sink->x = input->x;
	sink->y = input->y;
}

static void send_input(VncSink *sink, const Input *input)
{
	Source *source = sink_input(&sink->base);

	if (!source)
		return;
	switch (input->kind) {
	case INPUT_SCANCODE:
		source_key(source, input->code, input->down);
		break;
	case INPUT_KEYSYM:
		keysyms_send(sink->keysyms, source, input->code, input->down);
		break;
	case INPUT_POINTER:
		send_pointer(sink, source, input);
		break;
	case INPUT_GONE:
		source_release_keys(source);
		break;
	}
}

static gboolean on_drain(gpointer data)
{
	VncSink *sink = data;
	GQueue queue;
	Input *input;

	g_mutex_lock(&sink->lock);
	queue = sink->queue;
	g_queue_init(&sink->queue);
	sink->drain = 0;
	g_mutex_unlock(&sink->lock);
	while ((input = g_queue_pop_head(&queue))) {
		send_input(sink, input);
		g_free(input);
	}
	return G_SOURCE_REMOVE;
}

/* From libvncserver's threads. */
static void push(rfbClientPtr client, const Input *input)
{
	VncSink *sink = client->screen->screenData;
	gboolean lifts = input->kind == INPUT_GONE || (input->kind != INPUT_POINTER && !input->down);

	if (client->viewOnly)
		return;
	g_mutex_lock(&sink->lock);
	if (!sink->closed && g_queue_get_length(&sink->queue) < (lifts ? 2 * QUEUE_MAX : QUEUE_MAX)) {
		g_queue_push_tail(&sink->queue, g_memdup2(input, sizeof(*input)));
		if (!sink->drain)
			sink->drain = g_idle_add_full(G_PRIORITY_DEFAULT, on_drain, sink, NULL);
	}
	g_mutex_unlock(&sink->lock);
}

static void on_keysym(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
	Input input = { .kind = INPUT_KEYSYM, .down = down != FALSE, .code = keysym };

	push(client, &input);
}

static void on_pointer(int buttons, int x, int y, rfbClientPtr client)
{
	Input input = { .kind = INPUT_POINTER, .x = x, .y = y, .buttons = (guint)buttons };

	push(client, &input);
}

/* --- QEMU's extended key events, which libvncserver has not ------------------------------------------------------- */

#define EXTENDED_KEYS (-258)
#define QEMU_MESSAGE  255

static int extended_encodings[] = { EXTENDED_KEYS, 0 };

/* The answer is an update with one rectangle of that encoding; 1x1, since libvncclient ignores empty ones. */
static rfbBool on_enable(rfbClientPtr client, void **data, int encoding)
{
	static const guint8 answer[16] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0xff, 0xff, 0xfe, 0xfe };

	if (encoding != EXTENDED_KEYS)
		return FALSE;
	*data = NULL; /* the library frees it, if anything */
	LOCK(client->sendMutex);
	rfbWriteExact(client, (const char *)answer, sizeof(answer));
	UNLOCK(client->sendMutex);
	return TRUE;
}

static guint32 get32(const guint8 *bytes)
{
	return (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 | bytes[3];
}

/* Behind the type: subtype 0, down (2), keysym (4), qnum (4). */
static rfbBool on_message(rfbClientPtr client, void *data, const rfbClientToServerMsg *message)
{
	guint8 bytes[11];
	Input input = { .kind = INPUT_SCANCODE };

	if (message->type != QEMU_MESSAGE)
		return FALSE;
	if (rfbReadExact(client, (char *)bytes, sizeof(bytes)) <= 0 || bytes[0] != 0) {
		rfbCloseClient(client);
		return TRUE;
	}
	input.down = bytes[2] != 0;
	input.code = get32(bytes + 7);
	push(client, &input);
	return TRUE;
}

static rfbProtocolExtension extended_keys = {
	.pseudoEncodings = extended_encodings,
	.enablePseudoEncoding = on_enable,
	.handleMessage = on_message,
};

/* --- clients ------------------------------------------------------------------------------------------------------- */

static void on_client_gone(rfbClientPtr client)
{
	Input input = { .kind = INPUT_GONE };

	push(client, &input);
}

static enum rfbNewClientAction on_client(rfbClientPtr client)
{
	rfbClientIteratorPtr iterator = rfbGetClientIterator(client->screen);
	int count = 0;

	while (rfbClientIteratorNext(iterator))
		count++;
	rfbReleaseClientIterator(iterator);
	if (count > CLIENTS_MAX)
		return RFB_CLIENT_REFUSE;
	client->clientGoneHook = on_client_gone;
	return RFB_CLIENT_ACCEPT;
}

/* --- pixels -------------------------------------------------------------------------------------------------------- */

/* libvncserver's own format has red in the first byte; to change that for each new size would race with its threads, so the pixels are
 * turned here. */
static void copy_row(guint32 *to, const guint32 *from, int count, const rfbPixelFormat *format)
{
	for (int x = 0; x < count; x++)
		to[x] = (from[x] >> 16 & 0xff) << format->redShift |
			(from[x] >> 8 & 0xff) << format->greenShift | (from[x] & 0xff) << format->blueShift;
}

static void vncd_update(Sink *base, const Rect *damage)
{
	VncSink *sink = (VncSink *)base;
	Surface *picture = sink_picture(base);
	Rect rect = *damage;

	if (!rect_clip(&rect, sink->screen->width, sink->screen->height) ||
	    !rect_clip(&rect, surface_width(picture), surface_height(picture)))
		return;
	for (int y = rect.y; y < rect.y + rect.height; y++)
		copy_row(sink->pixels + (gsize)y * sink->screen->width + rect.x,
			 surface_row(picture, rect.x, y), rect.width, &sink->screen->serverFormat);
	rfbMarkRectAsModified(sink->screen, rect.x, rect.y, rect.x + rect.width, rect.y + rect.height);
}

/* A viewer that was never told of the new size would be sent rectangles outside of its screen. */
static void close_unresizable(rfbScreenInfoPtr screen)
{
	rfbClientIteratorPtr iterator = rfbGetClientIterator(screen);
	rfbClientPtr client;

	while ((client = rfbClientIteratorNext(iterator)))
		if (client->state == RFB_NORMAL && !client->useNewFBSize && !client->useExtDesktopSize)
			rfbCloseClient(client);
	rfbReleaseClientIterator(iterator);
}

static void vncd_resize(Sink *base)
{
	VncSink *sink = (VncSink *)base;
	Surface *picture = sink_picture(base);
	Rect all = { 0, 0, surface_width(picture), surface_height(picture) };

	rect_clip(&all, WIDTH_MAX, HEIGHT_MAX);
	if (all.width != sink->screen->width || all.height != sink->screen->height) {
		rfbNewFramebuffer(sink->screen, (char *)sink->pixels, all.width, all.height, 8, 3, 4);
		close_unresizable(sink->screen);
	}
	vncd_update(base, &all);
}

/* Viewers learn the name when they connect. */
static void vncd_set_title(Sink *base, const char *title)
{
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

static void vncd_free(Sink *base)
{
	VncSink *sink = (VncSink *)base;

	g_mutex_lock(&sink->lock);
	sink->closed = TRUE;
	g_clear_handle_id(&sink->drain, g_source_remove);
	g_queue_clear_full(&sink->queue, g_free);
	g_mutex_unlock(&sink->lock);
	if (sink->screen) {
		rfbShutdownServer(sink->screen, TRUE);
		rfbScreenCleanup(sink->screen);
	}
	keysyms_free(sink->keysyms);
	g_mutex_clear(&sink->lock);
	g_free(sink->pixels);
	g_free(sink->passwords[0]);
	g_free(sink->name);
	g_free(sink);
}

static const SinkClass vncd_class = {
	.name = "vnc",
	.update = vncd_update,
	.resize = vncd_resize,
	.set_title = vncd_set_title,
	.free = vncd_free,
};

static void set_up_screen(VncSink *sink, const SinkOptions *options)
{
	rfbScreenInfoPtr screen = sink->screen;

	screen->screenData = sink;
	screen->desktopName = sink->name;
	screen->frameBuffer = (char *)sink->pixels;
	screen->alwaysShared = TRUE;
	screen->cursor = NULL;
	screen->kbdAddEvent = on_keysym;
	screen->ptrAddEvent = on_pointer;
	screen->newClientHook = on_client;
	screen->maxClientWait = CLIENT_WAIT_MS;
	screen->permitFileTransfer = FALSE;
	screen->ipv6port = -1;
	screen->httpPort = screen->http6Port = -1;
	screen->udpPort = 0;
	if (options->password) {
		sink->passwords[0] = g_strdup(options->password);
		screen->authPasswdData = sink->passwords;
		screen->authPasswdFirstViewOnly = options->view_only ? 0 : 1;
		screen->passwordCheck = rfbCheckPasswordByList;
	}
}

/* libvncserver reports by a socket or none. */
static gboolean listen_on(VncSink *sink, const SinkOptions *options, GError **error)
{
	const char *address = options->address ? options->address : "127.0.0.1";
	guint first = options->port ? options->port : PORT_FIRST;
	guint last = options->port ? options->port : PORT_LAST;

	if (!g_hostname_is_ip_address(address) || strchr(address, ':') ||
	    !rfbStringToAddr((char *)address, &sink->screen->listenInterface))
		return error_set(error, CARREL_ERROR_USAGE, "use an IPv4 address, for example 127.0.0.1",
				 "cannot listen on `%s'", address);
	for (guint port = first; port <= last; port++) {
		sink->screen->port = (int)port;
		sink->screen->socketState = RFB_SOCKET_INIT; /* it tries once only, else */
		rfbInitServer(sink->screen);
		if (sink->screen->listenSock >= 0)
			return TRUE;
	}
	if (first == last)
		return error_set(error, CARREL_ERROR_FAILED,
				 "choose another port, or none for the first free one",
				 "cannot listen on %s port %u", address, first);
	return error_set(error, CARREL_ERROR_FAILED, "is that an address of this host? Else name a port",
			 "no port from %u to %u can be listened on at %s", first, last, address);
}

static void register_once(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	rfbLogEnable(FALSE);
	rfbRegisterProtocolExtension(&extended_keys);
	g_once_init_leave(&done, 1);
}

static gboolean start(VncSink *sink, const SinkOptions *options, GError **error)
{
	Surface *picture = sink_picture(&sink->base);

	sink->keysyms = keysyms_new(error);
	if (!sink->keysyms)
		return FALSE;
	sink->pixels = g_malloc0_n((gsize)WIDTH_MAX * HEIGHT_MAX, sizeof(guint32));
	sink->screen = rfbGetScreen(NULL, NULL, MIN(surface_width(picture), WIDTH_MAX),
				    MIN(surface_height(picture), HEIGHT_MAX), 8, 3, 4);
	set_up_screen(sink, options);
	if (!listen_on(sink, options, error))
		return FALSE;
	vncd_resize(&sink->base);
	rfbRunEventLoop(sink->screen, -1, TRUE);
	return TRUE;
}

Sink *sink_vncd_new(Surface *surface, const SinkOptions *options, GError **error)
{
	VncSink *sink = g_new0(VncSink, 1);

	register_once();
	g_mutex_init(&sink->lock);
	g_queue_init(&sink->queue);
	sink->name = g_strdup(options->title);
	sink_init(&sink->base, &vncd_class, surface, options);
	if (start(sink, options, error))
		return &sink->base;
	sink_free(&sink->base);
	return NULL;
}

guint sink_vncd_port(Sink *sink)
{
	return (guint)((VncSink *)sink)->screen->port;
}
