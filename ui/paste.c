#include "ui/paste.h"

#include <string.h>

#include "ui/guest-keys.h"

/* QEMU hands its queue to the guest at 10 ms a key; faster only fills the queue, which drops what does not fit. */
#define INTERVAL_MS 24
/* So many characters are named when they cannot be typed. */
#define MISSING_MAX 5

struct Paste {
	gunichar *text;
	guint done, total;
	Layout *layout;
	PasteKey key;
	PasteProgress progress;
	gpointer data;
	guint timer;
};

/* Lines end with \r in some terminals' pastes, with \r\n in what Windows wrote: one Enter for each. */
static gunichar *to_characters(const char *text, guint *count)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	glong length;
	gunichar *characters = g_utf8_to_ucs4_fast(valid, -1, &length);

	*count = 0;
	for (glong i = 0; i < length; i++)
		if (characters[i] != '\n' || i == 0 || characters[i - 1] != '\r')
			characters[(*count)++] = characters[i];
	return characters;
}

static TermKey key_of(gunichar character)
{
	TermKey key = { .code = character, .event = TERM_PRESS };

	if (character == '\n' || character == '\r')
		key.code = TERM_KEY_ENTER;
	else if (character == '\t')
		key.code = TERM_KEY_TAB;
	return key;
}

static gboolean can_type(gunichar character, Layout *layout)
{
	KeyStroke strokes[2];
	guint count;

	return key_of(character).code >= TERM_KEY_UP || layout_lookup(layout, character, strokes, &count);
}

char *paste_missing(const char *text, Layout *layout)
{
	guint total, named = 0;
	g_autofree gunichar *characters = to_characters(text, &total);
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GString *words = g_string_new(NULL);

	for (guint i = 0; i < total; i++) {
		char name[8] = "";
		if (can_type(characters[i], layout) ||
		    !g_hash_table_add(seen, GUINT_TO_POINTER(characters[i])) || named++ >= MISSING_MAX)
			continue;
		name[g_unichar_to_utf8(characters[i], name)] = 0;
		if (g_unichar_isprint(characters[i]))
			g_string_append_printf(words, "%s`%s'", words->len ? ", " : "", name);
		else
			g_string_append_printf(words, "%sU+%04X", words->len ? ", " : "", characters[i]);
	}
	if (named > MISSING_MAX)
		g_string_append_printf(words, " and %u more", named - MISSING_MAX);
	return g_string_free(words, words->len == 0);
}

static gboolean on_timer(gpointer data)
{
	Paste *paste = data;
	TermKey key = key_of(paste->text[paste->done++]);
	gboolean last = paste->done == paste->total;

	guest_keys_send(&key, paste->layout, paste->key, paste->data);
	if (last)
		paste->timer = 0;
	paste->progress(paste->data);
	return last ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

Paste *paste_new(const char *text, Layout *layout, PasteKey key, PasteProgress progress, gpointer data)
{
	Paste *paste = g_new0(Paste, 1);

	paste->text = to_characters(text, &paste->total);
	paste->layout = layout;
	paste->key = key;
	paste->progress = progress;
	paste->data = data;
	paste->timer = g_timeout_add(INTERVAL_MS, on_timer, paste);
	return paste;
}

void paste_add(Paste *paste, const char *text)
{
	guint more;
	g_autofree gunichar *characters = to_characters(text, &more);

	paste->text = g_renew(gunichar, paste->text, paste->total + more + 1);
	memcpy(paste->text + paste->total, characters, more * sizeof(gunichar));
	paste->total += more;
}

void paste_free(Paste *paste)
{
	if (paste->timer)
		g_source_remove(paste->timer);
	g_free(paste->text);
	g_free(paste);
}

guint paste_done(const Paste *paste)
{
	return paste->done;
}

guint paste_total(const Paste *paste)
{
	return paste->total;
}
