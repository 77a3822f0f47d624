#include "ui/paste.h"

#include "ui/guest-keys.h"

/* QEMU hands its queue to the guest at 10 ms a key; faster only fills the queue, which drops what does not fit. */
#define INTERVAL_MS 24

struct Paste {
	char *text;
	const char *next;
	Layout *layout;
	PasteKey key;
	PasteDone done;
	gpointer data;
	guint timer;
};

static gboolean on_timer(gpointer data)
{
	Paste *paste = data;
	gunichar character = g_utf8_get_char(paste->next);
	TermKey key = { .code = character, .event = TERM_PRESS };

	if (character == '\n' || character == '\r')
		key.code = TERM_KEY_ENTER;
	else if (character == '\t')
		key.code = TERM_KEY_TAB;
	if (character && guest_keys_send(&key, paste->layout, paste->key, paste->data)) {
		paste->next = g_utf8_next_char(paste->next);
		return G_SOURCE_CONTINUE;
	}
	paste->timer = 0;
	paste->done(character, paste->data);
	return G_SOURCE_REMOVE;
}

Paste *paste_new(const char *text, Layout *layout, PasteKey key, PasteDone done, gpointer data)
{
	Paste *paste = g_new0(Paste, 1);

	paste->text = g_strdup(text);
	paste->next = paste->text;
	paste->layout = layout;
	paste->key = key;
	paste->done = done;
	paste->data = data;
	paste->timer = g_timeout_add(INTERVAL_MS, on_timer, paste);
	return paste;
}

void paste_free(Paste *paste)
{
	if (paste->timer)
		g_source_remove(paste->timer);
	g_free(paste->text);
	g_free(paste);
}
