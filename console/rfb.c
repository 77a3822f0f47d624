#include "console/rfb.h"

#include <string.h>

#include "base/error.h"

enum { SECURITY_NONE = 1 };

/* Messages of the server (RFC 6143, 7.6). */
enum { SERVER_UPDATE = 0, SERVER_COLOUR_MAP = 1, SERVER_BELL = 2, SERVER_CUT_TEXT = 3 };

/* What the parser waits for next; rows of the table `states' at the end. */
typedef enum {
	WAIT_VERSION,
	WAIT_SECURITY_COUNT,
	WAIT_SECURITY_TYPES,
	WAIT_SECURITY_RESULT,
	WAIT_REASON_LENGTH,
	WAIT_REASON,
	WAIT_INIT,
	WAIT_NAME,
	WAIT_MESSAGE,
	WAIT_UPDATE,
	WAIT_RECT,
	WAIT_ROWS,
	WAIT_SCREENS,
	WAIT_LED_STATE,
	WAIT_UPDATE_END,
	WAIT_COLOUR_MAP,
	WAIT_CUT_TEXT,
	WAIT_STATES
} Wait;

struct Rfb {
	GByteArray *out;
	GByteArray *in;
	gsize done; /* bytes at the start of `in' that were taken */
	gsize skip; /* bytes to drop before the next state's */
	Wait wait;
	gsize need; /* bytes that `wait' needs */
	gsize used; /* of these, taken by the handler (rows take more) */
	char *name;
	int width, height;
	guint rects; /* rectangles of this update still to come */
	Rect rows;   /* part of the current one still to come */
	gboolean failed;
};

/* Outcome of a state's handler. */
typedef enum { STEP_ON, STEP_EVENT, STEP_ERROR } Step;

Rfb *rfb_new(GByteArray *out)
{
	Rfb *rfb = g_new0(Rfb, 1);

	rfb->out = out;
	rfb->in = g_byte_array_new();
	rfb->wait = WAIT_VERSION;
	rfb->need = 12;
	return rfb;
}

void rfb_free(Rfb *rfb)
{
	if (!rfb)
		return;
	g_byte_array_unref(rfb->in);
	g_free(rfb->name);
	g_free(rfb);
}

const char *rfb_name(const Rfb *rfb)
{
	return rfb->name;
}

/* --- numbers ------------------------------------------------------------------------------------------------------- */

static guint16 get16(const guint8 *bytes)
{
	return (guint16)(bytes[0] << 8 | bytes[1]);
}

static guint32 get32(const guint8 *bytes)
{
	return (guint32)get16(bytes) << 16 | get16(bytes + 2);
}

/* --- handshake ----------------------------------------------------------------------------------------------------- */

static void enter(Rfb *rfb, Wait wait, gsize need)
{
	rfb->wait = wait;
	rfb->need = need;
}

static void put_byte(Rfb *rfb, guint8 byte)
{
	g_byte_array_append(rfb->out, &byte, 1);
}

static Step refuse(GError **error, const char *what)
{
	error_set(error, CARREL_ERROR_FAILED, NULL, "the console's server %s", what);
	return STEP_ERROR;
}

static Step take_version(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (memcmp(bytes, "RFB 003.", 8) != 0 || bytes[11] != '\n')
		return refuse(error, "does not speak RFB");
	if (memcmp(bytes + 8, "008", 3) < 0)
		return refuse(error, "speaks a version of RFB before 3.8");
	g_byte_array_append(rfb->out, (const guint8 *)"RFB 003.008\n", 12);
	enter(rfb, WAIT_SECURITY_COUNT, 1);
	return STEP_ON;
}

static Step take_security_count(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (bytes[0] == 0)
		enter(rfb, WAIT_REASON_LENGTH, 4);
	else
		enter(rfb, WAIT_SECURITY_TYPES, bytes[0]);
	return STEP_ON;
}

static Step take_security_types(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (!memchr(bytes, SECURITY_NONE, rfb->need))
		return refuse(error, "wants a password, which the socket of a VM never does");
	put_byte(rfb, SECURITY_NONE);
	enter(rfb, WAIT_SECURITY_RESULT, 4);
	return STEP_ON;
}

static Step take_security_result(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (get32(bytes) != 0) {
		enter(rfb, WAIT_REASON_LENGTH, 4);
		return STEP_ON;
	}
	put_byte(rfb, 1); /* ClientInit: others may watch too */
	enter(rfb, WAIT_INIT, 24);
	return STEP_ON;
}

static Step take_reason_length(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (get32(bytes) > RFB_REASON_MAX)
		return refuse(error, "refused the connection");
	enter(rfb, WAIT_REASON, get32(bytes));
	return STEP_ON;
}

static Step take_reason(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	g_autofree char *reason = g_utf8_make_valid((const char *)bytes, (gssize)rfb->need);

	error_set(error, CARREL_ERROR_FAILED, NULL, "the console's server refused the connection: %s",
		  g_strstrip(reason));
	return STEP_ERROR;
}

static gboolean take_size(Rfb *rfb, int width, int height, GError **error)
{
	if (width < 1 || height < 1 || width > SURFACE_MAX_PIXELS / height)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "the guest's screen of %dx%d is too large",
				 width, height);
	rfb->width = width;
	rfb->height = height;
	return TRUE;
}

static void set_size_event(const Rfb *rfb, RfbKind kind, RfbEvent *event)
{
	event->kind = kind;
	event->rect = (Rect){ 0, 0, rfb->width, rfb->height };
}

/* The server's pixel format (bytes 4 to 19) does not matter: rfb_put_setup() sets ours. */
static Step take_init(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	guint32 length = get32(bytes + 20);

	if (!take_size(rfb, get16(bytes), get16(bytes + 2), error))
		return STEP_ERROR;
	if (length > RFB_NAME_MAX)
		return refuse(error, "sent a name that is too long");
	enter(rfb, WAIT_NAME, length);
	return STEP_ON;
}

static Step take_name(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->name = g_utf8_make_valid((const char *)bytes, (gssize)rfb->need);
	set_size_event(rfb, RFB_CONNECTED, event);
	enter(rfb, WAIT_MESSAGE, 1);
	return STEP_EVENT;
}

/* --- messages of the server ---------------------------------------------------------------------------------------- */

static Step take_message(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	switch (bytes[0]) {
	case SERVER_UPDATE:
		enter(rfb, WAIT_UPDATE, 3);
		return STEP_ON;
	case SERVER_COLOUR_MAP:
		enter(rfb, WAIT_COLOUR_MAP, 5);
		return STEP_ON;
	case SERVER_BELL:
		return STEP_ON;
	case SERVER_CUT_TEXT:
		enter(rfb, WAIT_CUT_TEXT, 7);
		return STEP_ON;
	default:
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "the console's server sent an unknown message (type %u)", bytes[0]);
		return STEP_ERROR;
	}
}

static Step take_colour_map(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->skip = (gsize)get16(bytes + 3) * 6;
	enter(rfb, WAIT_MESSAGE, 1);
	return STEP_ON;
}

static Step take_cut_text(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (get32(bytes + 3) > RFB_CUT_TEXT_MAX)
		return refuse(error, "sent a clipboard that is too large");
	rfb->skip = get32(bytes + 3);
	enter(rfb, WAIT_MESSAGE, 1);
	return STEP_ON;
}

static void next_rect(Rfb *rfb)
{
	if (rfb->rects == 0) {
		enter(rfb, WAIT_UPDATE_END, 0);
		return;
	}
	rfb->rects--;
	enter(rfb, WAIT_RECT, 12);
}

static Step take_update(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->rects = get16(bytes + 1);
	next_rect(rfb);
	return STEP_ON;
}

static Step take_update_end(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	event->kind = RFB_UPDATE_END;
	enter(rfb, WAIT_MESSAGE, 1);
	return STEP_EVENT;
}

static Step begin_rows(Rfb *rfb, const Rect *rect, GError **error)
{
	if (rect->x + rect->width > rfb->width || rect->y + rect->height > rfb->height) {
		error_set(error, CARREL_ERROR_FAILED, NULL,
			  "the console's server drew %dx%d at %d,%d outside of a screen of %dx%d",
			  rect->width, rect->height, rect->x, rect->y, rfb->width, rfb->height);
		return STEP_ERROR;
	}
	if (rect->width == 0 || rect->height == 0) {
		next_rect(rfb);
		return STEP_ON;
	}
	rfb->rows = *rect;
	enter(rfb, WAIT_ROWS, (gsize)rect->width * 4);
	return STEP_ON;
}

static Step take_new_size(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	if (!take_size(rfb, rect->width, rect->height, error))
		return STEP_ERROR;
	set_size_event(rfb, RFB_RESIZED, event);
	return STEP_EVENT;
}

/* x says who asked for the size (0 the server, 1 we), y whether it was refused; a list of screens follows. */
static Step take_extended_size(Rfb *rfb, const Rect *rect, RfbEvent *event, GError **error)
{
	Step step = STEP_ON;

	if (rect->x != 1 || rect->y == 0)
		step = take_new_size(rfb, rect, event, error);
	enter(rfb, WAIT_SCREENS, 4);
	return step;
}

static Step tell(RfbEvent *event, RfbKind kind, guint value)
{
	event->kind = kind;
	event->value = value;
	return STEP_EVENT;
}

static Step take_rect(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	Rect rect = { get16(bytes), get16(bytes + 2), get16(bytes + 4), get16(bytes + 6) };
	gint32 encoding = (gint32)get32(bytes + 8);

	if (encoding == RFB_ENCODING_RAW)
		return begin_rows(rfb, &rect, error);
	if (encoding == RFB_ENCODING_EXTENDED_DESKTOP_SIZE)
		return take_extended_size(rfb, &rect, event, error);
	if (encoding == RFB_ENCODING_LED_STATE) {
		enter(rfb, WAIT_LED_STATE, 1);
		return STEP_ON;
	}
	next_rect(rfb);
	if (encoding == RFB_ENCODING_DESKTOP_SIZE)
		return take_new_size(rfb, &rect, event, error);
	if (encoding == RFB_ENCODING_POINTER_TYPE)
		return tell(event, RFB_POINTER_ABSOLUTE, rect.x != 0);
	if (encoding == RFB_ENCODING_KEYS_EXTENDED)
		return tell(event, RFB_KEYS_EXTENDED, 1);
	error_set(error, CARREL_ERROR_FAILED, NULL,
		  "the console's server used encoding %d, which was not offered", encoding);
	return STEP_ERROR;
}

/* Takes as many whole rows as there are. */
static Step take_rows(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	gsize available = (rfb->in->len - rfb->done) / rfb->need;
	int rows = (int)MIN(available, (gsize)rfb->rows.height);

	event->kind = RFB_PIXELS;
	event->pixels = bytes;
	event->rect = rfb->rows;
	event->rect.height = rows;
	rfb->used = rfb->need * (gsize)rows;
	rfb->rows.y += rows;
	rfb->rows.height -= rows;
	if (rfb->rows.height == 0)
		next_rect(rfb);
	return STEP_EVENT;
}

static Step take_screens(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->skip = (gsize)bytes[0] * 16;
	next_rect(rfb);
	return STEP_ON;
}

/* QEMU runs with lock-key-sync=off, so nothing depends on the guest's LEDs; the byte must be taken all the same. */
static Step take_led_state(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	next_rect(rfb);
	return STEP_ON;
}

/* --- the machine --------------------------------------------------------------------------------------------------- */

static Step (*const states[WAIT_STATES])(Rfb *, const guint8 *, RfbEvent *, GError **) = {
	[WAIT_VERSION] = take_version,
	[WAIT_SECURITY_COUNT] = take_security_count,
	[WAIT_SECURITY_TYPES] = take_security_types,
	[WAIT_SECURITY_RESULT] = take_security_result,
	[WAIT_REASON_LENGTH] = take_reason_length,
	[WAIT_REASON] = take_reason,
	[WAIT_INIT] = take_init,
	[WAIT_NAME] = take_name,
	[WAIT_MESSAGE] = take_message,
	[WAIT_UPDATE] = take_update,
	[WAIT_RECT] = take_rect,
	[WAIT_ROWS] = take_rows,
	[WAIT_SCREENS] = take_screens,
	[WAIT_LED_STATE] = take_led_state,
	[WAIT_UPDATE_END] = take_update_end,
	[WAIT_COLOUR_MAP] = take_colour_map,
	[WAIT_CUT_TEXT] = take_cut_text,
};

/* What was taken is removed here and not at once, because events point into it. */
void rfb_feed(Rfb *rfb, const guint8 *data, gsize length)
{
	if (rfb->failed)
		return;
	if (rfb->done) {
		g_byte_array_remove_range(rfb->in, 0, (guint)rfb->done);
		rfb->done = 0;
	}
	g_byte_array_append(rfb->in, data, (guint)length);
}

static void drop_skipped(Rfb *rfb)
{
	gsize dropped = MIN(rfb->skip, rfb->in->len - rfb->done);

	rfb->skip -= dropped;
	rfb->done += dropped;
}

RfbKind rfb_next(Rfb *rfb, RfbEvent *event, GError **error)
{
	Step step = STEP_ON;

	if (rfb->failed) {
		refuse(error, "broke the protocol");
		return RFB_ERROR;
	}
	memset(event, 0, sizeof(*event));
	while (step == STEP_ON) {
		drop_skipped(rfb);
		if (rfb->skip || rfb->in->len - rfb->done < rfb->need)
			return event->kind = RFB_AGAIN;
		const guint8 *bytes = rfb->in->data + rfb->done;
		rfb->used = rfb->need;
		step = states[rfb->wait](rfb, bytes, event, error);
		rfb->done += rfb->used;
	}
	rfb->failed = step == STEP_ERROR;
	return event->kind = rfb->failed ? RFB_ERROR : event->kind;
}
