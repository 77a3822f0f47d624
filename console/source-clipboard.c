/* The clipboard that host and guest share. Whoever set it last owns it; the other side gets its text when it asks. */
#include "console/source-private.h"

const char *source_clipboard(const Source *source)
{
	return source->clipboard;
}

/* Its length does not count as input that nobody takes; one at a time waits to be sent. */
static void send_text(Source *source, void (*put)(GByteArray *out, const char *text))
{
	gsize before = source->out->len;

	if (!source->own_clipboard || !source_can_send(source) || source->bulk)
		return;
	put(source->out, source->own_clipboard);
	source->bulk = source->out->len - before;
	source_flush(source);
}

static void offer(Source *source)
{
	if (!source_can_send(source))
		return;
	rfb_put_clipboard_changed(source->out, source->own_clipboard != NULL);
	source_flush(source);
}

void source_set_clipboard(Source *source, const char *text)
{
	gboolean had = source->own_clipboard != NULL;

	g_clear_pointer(&source->own_clipboard, g_free);
	if (text && *text)
		source->own_clipboard = g_strndup(text, rfb_clipboard_length(text));
	if (!source->extended_clipboard)
		send_text(source, rfb_put_cut_text);
	else if (source->own_clipboard || had)
		offer(source);
}

/* What was set before is offered now. */
void source_take_clipboard_offer(Source *source, const RfbEvent *event)
{
	if (source->extended_clipboard || !source_can_send(source))
		return;
	source->extended_clipboard = source->sizable = TRUE;
	rfb_put_clipboard_caps(source->out);
	if (source->own_clipboard)
		offer(source);
	source_flush(source);
}

/* The guest has got something new: ours is history. */
void source_take_clipboard_change(Source *source, const RfbEvent *event)
{
	gboolean had = source->clipboard != NULL;

	g_clear_pointer(&source->own_clipboard, g_free);
	if (event->value && source_can_send(source)) {
		rfb_put_clipboard_request(source->out);
		source_flush(source);
	} else if (!event->value && had) {
		g_clear_pointer(&source->clipboard, g_free);
		source_tell(source, SOURCE_CLIPBOARD);
	}
}

void source_give_clipboard(Source *source, const RfbEvent *event)
{
	send_text(source, rfb_put_clipboard_text);
}

void source_take_clipboard(Source *source, const RfbEvent *event)
{
	g_free(source->clipboard);
	source->clipboard = *event->text ? g_strdup(event->text) : NULL;
	source_tell(source, SOURCE_CLIPBOARD);
}
