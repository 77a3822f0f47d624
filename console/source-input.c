#include "console/source-private.h"

/* Pointer moves are worthless when they come late. */
#define QUEUE_MOVES_MAX 1024
/* Of a relative move on the wire (pseudo-encoding -257). */
#define RELATIVE_ZERO 0x7fff
#define POINTER_MAX   0xffff

void source_key(Source *source, guint qnum, gboolean down)
{
	if (qnum == 0 || qnum >= SOURCE_KEYS || !source_can_send(source))
		return;
	source->keys[qnum] = down;
	/* no keysym: it would make QEMU guess about the guest's lock keys */
	rfb_put_key(source->out, 0, qnum, down);
	source_flush(source);
}

void source_release_keys(Source *source)
{
	for (guint qnum = 1; qnum < SOURCE_KEYS; qnum++)
		if (source->keys[qnum])
			source_key(source, qnum, FALSE);
	if (source->buttons)
		source_pointer(source, source->pointer_x, source->pointer_y, 0);
}

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
