#include <string.h>

#include "base/error.h"
#include "console/rfb-private.h"

enum { SECURITY_NONE = 1 };

/* Messages of the server (RFC 6143, 7.6; the last: QEMU's). */
enum { SERVER_UPDATE = 0, SERVER_COLOUR_MAP = 1, SERVER_BELL = 2, SERVER_CUT_TEXT = 3, SERVER_QEMU = 255 };
enum { QEMU_AUDIO = 1 };
enum { AUDIO_DATA = 2 };
#define AUDIO_FRAME 4 /* bytes: two channels of 16 bits */

/* A buffer that a big message left behind is given back. */
#define KEPT_MAX (256 * 1024)

static Step take_version(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error);

Rfb *rfb_new(GByteArray *out)
{
	Rfb *rfb = g_new0(Rfb, 1);

	rfb->out = out;
	rfb->in = g_byte_array_new();
	rfb_enter(rfb, take_version, 12);
	return rfb;
}

void rfb_free(Rfb *rfb)
{
	if (!rfb)
		return;
	g_byte_array_unref(rfb->in);
	g_free(rfb->cursor.pixels);
	g_free(rfb->text);
	g_free(rfb->name);
	g_free(rfb);
}

const char *rfb_name(const Rfb *rfb)
{
	return rfb->name;
}

/* --- handshake ----------------------------------------------------------------------------------------------------- */

Step rfb_refuse(GError **error, const char *what)
{
	error_set(error, CARREL_ERROR_FAILED, NULL, "the console's server %s", what);
	return STEP_ERROR;
}

gboolean rfb_take_size(Rfb *rfb, int width, int height, GError **error)
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

static Step take_name(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->name = g_utf8_make_valid((const char *)bytes, (gssize)rfb->need);
	set_size_event(rfb, RFB_CONNECTED, event);
	rfb_enter(rfb, rfb_take_message, 1);
	return STEP_EVENT;
}

/* The server's pixel format (bytes 4 to 19) does not matter: rfb_put_setup() sets ours. */
static Step take_init(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	guint32 length = rfb_get32(bytes + 20);

	if (!rfb_take_size(rfb, rfb_get16(bytes), rfb_get16(bytes + 2), error))
		return STEP_ERROR;
	if (length > RFB_NAME_MAX)
		return rfb_refuse(error, "sent a name that is too long");
	rfb_enter(rfb, take_name, length);
	return STEP_ON;
}

static Step take_reason(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	g_autofree char *reason = g_utf8_make_valid((const char *)bytes, (gssize)rfb->need);

	error_set(error, CARREL_ERROR_FAILED, NULL, "the console's server refused the connection: %s",
		  g_strstrip(reason));
	return STEP_ERROR;
}

static Step take_reason_length(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (rfb_get32(bytes) > RFB_REASON_MAX)
		return rfb_refuse(error, "refused the connection");
	rfb_enter(rfb, take_reason, rfb_get32(bytes));
	return STEP_ON;
}

static Step take_security_result(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (rfb_get32(bytes) != 0) {
		rfb_enter(rfb, take_reason_length, 4);
		return STEP_ON;
	}
	rfb_put8(rfb->out, 1); /* ClientInit: others may watch too */
	rfb_enter(rfb, take_init, 24);
	return STEP_ON;
}

static Step take_security_types(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (!memchr(bytes, SECURITY_NONE, rfb->need))
		return rfb_refuse(error, "wants a password, which the socket of a VM never does");
	rfb_put8(rfb->out, SECURITY_NONE);
	rfb_enter(rfb, take_security_result, 4);
	return STEP_ON;
}

static Step take_security_count(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (bytes[0] == 0)
		rfb_enter(rfb, take_reason_length, 4);
	else
		rfb_enter(rfb, take_security_types, bytes[0]);
	return STEP_ON;
}

static Step take_version(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (memcmp(bytes, "RFB 003.", 8) != 0 || bytes[11] != '\n')
		return rfb_refuse(error, "does not speak RFB");
	if (memcmp(bytes + 8, "008", 3) < 0)
		return rfb_refuse(error, "speaks a version of RFB before 3.8");
	g_byte_array_append(rfb->out, (const guint8 *)"RFB 003.008\n", 12);
	rfb_enter(rfb, take_security_count, 1);
	return STEP_ON;
}

/* --- messages of the server ---------------------------------------------------------------------------------------- */

Step rfb_tell(RfbEvent *event, RfbKind kind, guint value)
{
	event->kind = kind;
	event->value = value;
	return STEP_EVENT;
}

static Step take_colour_map(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->skip = (gsize)rfb_get16(bytes + 3) * 6;
	rfb_enter(rfb, rfb_take_message, 1);
	return STEP_ON;
}

/* As many whole frames as there are. */
static Step take_audio(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	gsize available = MIN(rfb->in->len - rfb->done, rfb->left);

	rfb->used = available - available % AUDIO_FRAME;
	rfb->left -= rfb->used;
	event->kind = RFB_AUDIO;
	event->bytes = bytes;
	event->length = rfb->used;
	if (rfb->left < AUDIO_FRAME) {
		rfb->skip = rfb->left;
		rfb_enter(rfb, rfb_take_message, 1);
	}
	return STEP_EVENT;
}

static Step take_audio_length(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	rfb->left = rfb_get32(bytes);
	if (rfb->left > RFB_AUDIO_MAX)
		return rfb_refuse(error, "sent too much sound at once");
	if (rfb->left >= AUDIO_FRAME) {
		rfb_enter(rfb, take_audio, AUDIO_FRAME);
		return STEP_ON;
	}
	rfb->skip = rfb->left;
	rfb_enter(rfb, rfb_take_message, 1);
	return STEP_ON;
}

/* That sound begins (1) or ends (0) says nothing that its pieces do not. */
static Step take_qemu(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	guint operation = rfb_get16(bytes + 1);

	if (bytes[0] != QEMU_AUDIO || operation > AUDIO_DATA)
		return rfb_refuse(error, "sent an unknown message of QEMU's");
	if (operation == AUDIO_DATA)
		rfb_enter(rfb, take_audio_length, 4);
	else
		rfb_enter(rfb, rfb_take_message, 1);
	return STEP_ON;
}

static const struct {
	guint8 type;
	Take take;
	gsize need;
} messages[] = {
	{SERVER_UPDATE,      rfb_take_update,   3},
	{ SERVER_COLOUR_MAP, take_colour_map,   5},
	{ SERVER_CUT_TEXT,   rfb_take_cut_text, 7},
	{ SERVER_QEMU,       take_qemu,         3},
};

Step rfb_take_message(Rfb *rfb, const guint8 *bytes, RfbEvent *event, GError **error)
{
	if (bytes[0] == SERVER_BELL)
		return rfb_tell(event, RFB_BELL, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(messages); i++)
		if (messages[i].type == bytes[0]) {
			rfb_enter(rfb, messages[i].take, messages[i].need);
			return STEP_ON;
		}
	error_set(error, CARREL_ERROR_FAILED, NULL, "the console's server sent an unknown message (type %u)",
		  bytes[0]);
	return STEP_ERROR;
}

/* --- the machine --------------------------------------------------------------------------------------------------- */

/* What was taken is removed here and not at once, because events point into it. */
void rfb_feed(Rfb *rfb, const guint8 *data, gsize length)
{
	if (rfb->failed)
		return;
	if (rfb->done > KEPT_MAX) {
		g_autoptr(GByteArray) old = g_steal_pointer(&rfb->in);
		rfb->in = g_byte_array_new();
		g_byte_array_append(rfb->in, old->data + rfb->done, old->len - (guint)rfb->done);
	} else if (rfb->done) {
		g_byte_array_remove_range(rfb->in, 0, (guint)rfb->done);
	}
	rfb->done = 0;
	g_byte_array_append(rfb->in, data, (guint)length);
}

gsize rfb_held(const Rfb *rfb)
{
	return rfb->in->len - rfb->done;
}

/* What the last event lent. */
static void drop_lent(Rfb *rfb)
{
	g_clear_pointer(&rfb->cursor.pixels, g_free);
	g_clear_pointer(&rfb->text, g_free);
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
		rfb_refuse(error, "broke the protocol");
		return RFB_ERROR;
	}
	memset(event, 0, sizeof(*event));
	drop_lent(rfb);
	while (step == STEP_ON) {
		drop_skipped(rfb);
		if (rfb->skip || rfb->in->len - rfb->done < rfb->need)
			return event->kind = RFB_AGAIN;
		const guint8 *bytes = rfb->in->data + rfb->done;
		rfb->used = rfb->need;
		step = rfb->take(rfb, bytes, event, error);
		rfb->done += rfb->used;
	}
	rfb->failed = step == STEP_ERROR;
	return event->kind = rfb->failed ? RFB_ERROR : event->kind;
}
