#include "console/vncd-news.h"

#include "console/vncd-messages.h"

struct VncdNews {
	GMutex lock;
	VncdSeen serial; /* grows with each change */
	guint leds;
	gboolean absolute;
	GBytes *latin1, *extended; /* the clipboard as messages; NULL: there is none */
	SurfaceCursor cursor;
};

/* --- setting ------------------------------------------------------------------------------------------------------- */

static SurfaceCursor copy_cursor(const SurfaceCursor *from)
{
	SurfaceCursor copy = from ? *from : (SurfaceCursor){ 0 };
	gsize count = (gsize)copy.width * (gsize)copy.height;

	copy.pixels = count ? g_memdup2(from->pixels, count * sizeof(guint32)) : NULL;
	return copy;
}

VncdNews *vncd_news_new(void)
{
	VncdNews *news = g_new0(VncdNews, 1);

	g_mutex_init(&news->lock);
	news->leds = SOURCE_LEDS_UNKNOWN;
	news->absolute = TRUE;
	return news;
}

static void drop_clipboard(VncdNews *news)
{
	g_clear_pointer(&news->latin1, g_bytes_unref);
	g_clear_pointer(&news->extended, g_bytes_unref);
}

void vncd_news_free(VncdNews *news)
{
	if (!news)
		return;
	drop_clipboard(news);
	g_free(news->cursor.pixels);
	g_mutex_clear(&news->lock);
	g_free(news);
}

static void set_clipboard(VncdNews *news, const char *text)
{
	drop_clipboard(news);
	if (!text)
		return;
	news->latin1 = vncd_message_clipboard(text);
	news->extended = vncd_message_clipboard_extended(text);
	news->serial.clipboard++;
}

void vncd_news_take(VncdNews *news, Source *source, SourceEvent event)
{
	gboolean absolute = source_pointer_absolute(source);
	guint leds = source_leds(source);

	g_mutex_lock(&news->lock);
	news->serial.pointer += news->absolute != absolute;
	news->absolute = absolute;
	news->serial.leds += news->leds != leds;
	news->leds = leds;
	news->serial.bell += event == SOURCE_BELL;
	if (event == SOURCE_CLIPBOARD)
		set_clipboard(news, source_clipboard(source));
	g_mutex_unlock(&news->lock);
}

void vncd_news_set_cursor(VncdNews *news, const SurfaceCursor *cursor)
{
	g_mutex_lock(&news->lock);
	g_free(news->cursor.pixels);
	news->cursor = copy_cursor(cursor);
	news->serial.cursor++;
	g_mutex_unlock(&news->lock);
}

/* --- looking ------------------------------------------------------------------------------------------------------- */

VncdSeen vncd_news_begin(VncdNews *news)
{
	VncdSeen seen;

	g_mutex_lock(&news->lock);
	seen = news->serial; /* another clipboard than its own would be a surprise */
	seen.leds--;
	seen.pointer--;
	seen.cursor--;
	g_mutex_unlock(&news->lock);
	return seen;
}

/* Copies *@serial to *@seen; TRUE when it is another. */
static gboolean is_new(guint *seen, guint serial)
{
	gboolean differs = *seen != serial;

	*seen = serial;
	return differs;
}

/* With the lock held. */
static void collect(VncdNews *news, VncdSeen *seen, guint wants, VncdParcel *parcel)
{
	GPtrArray *messages = parcel->messages;
	GBytes *clipboard = wants & VNCD_WANTS_EXTENDED_CLIPBOARD ? news->extended : news->latin1;

	if (wants & VNCD_WANTS_LEDS && is_new(&seen->leds, news->serial.leds) &&
	    news->leds != SOURCE_LEDS_UNKNOWN)
		g_ptr_array_add(messages, vncd_message_leds(news->leds));
	if (wants & VNCD_WANTS_POINTER && is_new(&seen->pointer, news->serial.pointer)) {
		g_ptr_array_add(messages, vncd_message_pointer_type(news->absolute));
		parcel->relative = !news->absolute;
	}
	if (is_new(&seen->bell, news->serial.bell))
		g_ptr_array_add(messages, vncd_message_bell());
	if (is_new(&seen->clipboard, news->serial.clipboard) && clipboard)
		g_ptr_array_add(messages, g_bytes_ref(clipboard));
	if (is_new(&seen->cursor, news->serial.cursor)) {
		parcel->has_cursor = TRUE;
		parcel->cursor = copy_cursor(&news->cursor);
	}
}

void vncd_news_collect(VncdNews *news, VncdSeen *seen, guint wants, VncdParcel *parcel)
{
	*parcel = (VncdParcel){ .messages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
				.relative = -1 };
	g_mutex_lock(&news->lock);
	collect(news, seen, wants, parcel);
	g_mutex_unlock(&news->lock);
}

void vncd_parcel_clear(VncdParcel *parcel)
{
	g_ptr_array_unref(parcel->messages);
	g_free(parcel->cursor.pixels);
}
