/* Keys and the pointer, the guest's lights, and the nudges that keep QEMU awake after input. */
#include "console/source-private.h"

/* Pointer moves are worthless when they come late. */
#define QUEUE_MOVES_MAX 1024
/* Of a relative move on the wire (pseudo-encoding -257). */
#define RELATIVE_ZERO 0x7fff
#define POINTER_MAX   0xffff

/*
 * VNC alone looks for changes more and more seldom, up to 3 s, and a message from us makes it look at once and then every 30 ms: so we send one
 * when the guest will have reacted, and go on while it may go on. The message is the release of a key that no keyboard has.
 */
#define NUDGE_KEY       0x76 /* F24 */
#define NUDGE_FIRST_MS  8
#define NUDGE_BUSY_MS   30
#define NUDGE_IDLE_MS   250
#define NUDGE_BUSY_USEC (G_USEC_PER_SEC / 2) /* after the last input */

/* --- nudges -------------------------------------------------------------------------------------------------------- */

static gboolean is_busy(const Source *source)
{
	return source->input_at && g_get_monotonic_time() - source->input_at < NUDGE_BUSY_USEC;
}

static gboolean on_nudge(gpointer data)
{
	Source *source = data;

	source_detach(&source->nudger);
	source->nudge_soon = FALSE;
	if (source_can_send(source) && !source_pending(source) && !source->keys[NUDGE_KEY]) {
		rfb_put_key(source->out, 0, NUDGE_KEY, FALSE);
		source_flush(source);
	}
	source_nudge_again(source);
	return G_SOURCE_REMOVE;
}

static void nudge_in(Source *source, guint ms)
{
	source_detach(&source->nudger);
	source->nudger = source_add_timer(ms, on_nudge, source);
}

void source_nudge_again(Source *source)
{
	guint idle = MAX(NUDGE_IDLE_MS, source->interval);

	source->nudge_soon = FALSE;
	if (source->nudge && source->active && source->connected && source->fd >= 0)
		nudge_in(source, is_busy(source) ? NUDGE_BUSY_MS : idle);
	else
		source_detach(&source->nudger);
}

void source_set_nudge(Source *source, gboolean nudge)
{
	source->nudge = nudge;
	source_nudge_again(source);
}

/* More input does not put off the nudge for what came before. */
static void note_input(Source *source)
{
	source->input_at = g_get_monotonic_time();
	if (!source->nudger || source->nudge_soon)
		return;
	source->nudge_soon = TRUE;
	nudge_in(source, NUDGE_FIRST_MS);
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

void source_key(Source *source, guint qnum, gboolean down)
{
	if (qnum == 0 || qnum >= SOURCE_KEYS || !source_can_send(source))
		return;
	source->keys[qnum] = down;
	/* no keysym: it would make QEMU guess about the guest's lock keys */
	rfb_put_key(source->out, 0, qnum, down);
	source_flush(source);
	note_input(source);
}

void source_release_keys(Source *source)
{
	for (guint qnum = 1; qnum < SOURCE_KEYS; qnum++)
		if (source->keys[qnum])
			source_key(source, qnum, FALSE);
	if (source->buttons)
		source_pointer(source, source->pointer_x, source->pointer_y, 0);
}

guint source_leds(const Source *source)
{
	return source->leds;
}

void source_take_leds(Source *source, const RfbEvent *event)
{
	guint leds = event->value & (SOURCE_LED_SCROLL | SOURCE_LED_NUM | SOURCE_LED_CAPS);

	if (leds == source->leds)
		return;
	source->leds = leds;
	source_tell(source, SOURCE_LEDS);
}

/* --- pointer ------------------------------------------------------------------------------------------------------- */

/* Moves alone may be left out while the peer is slow; presses never. */
static void send_pointer(Source *source, int x, int y, guint buttons)
{
	gboolean is_move = buttons == source->buttons;

	if (!source_can_send(source) || (is_move && source_pending(source) > QUEUE_MOVES_MAX))
		return;
	source->buttons = buttons;
	rfb_put_pointer(source->out, (guint16)CLAMP(x, 0, POINTER_MAX), (guint16)CLAMP(y, 0, POINTER_MAX),
			buttons);
	source_flush(source);
	note_input(source);
}

/* While the guest takes relative moves only, a position says nothing: buttons alone are sent. */
void source_pointer(Source *source, int x, int y, guint buttons)
{
	source->pointer_x = CLAMP(x, 0, MAX(surface_width(source->surface) - 1, 0));
	source->pointer_y = CLAMP(y, 0, MAX(surface_height(source->surface) - 1, 0));
	if (source->absolute)
		send_pointer(source, source->pointer_x, source->pointer_y, buttons);
	else if (buttons != source->buttons)
		send_pointer(source, RELATIVE_ZERO, RELATIVE_ZERO, buttons);
}

void source_pointer_move(Source *source, int dx, int dy, guint buttons)
{
	if (source->absolute)
		source_pointer(source, source->pointer_x + dx, source->pointer_y + dy, buttons);
	else
		send_pointer(source, RELATIVE_ZERO + dx, RELATIVE_ZERO + dy, buttons);
}

gboolean source_pointer_absolute(const Source *source)
{
	return source->absolute;
}

void source_take_pointer_type(Source *source, const RfbEvent *event)
{
	gboolean absolute = event->value != 0;

	if (absolute == source->absolute)
		return;
	source->absolute = absolute;
	source_tell(source, SOURCE_POINTER);
}
