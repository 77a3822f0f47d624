/* The RFB parser on any bytes, fed in pieces whose sizes come from the bytes too. */
#include "console/rfb.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

/* Like the source does it: rows lie inside of the screen, or the parser is broken. */
static void check_event(const RfbEvent *event, int width, int height)
{
	if (event->kind != RFB_PIXELS)
		return;
	g_assert_true(event->rect.x >= 0 && event->rect.x + event->rect.width <= width);
	g_assert_true(event->rect.y >= 0 && event->rect.y + event->rect.height <= height);
	const guint8 *last = event->pixels + (gsize)event->rect.width * event->rect.height * 4 - 1;
	g_assert_true(*event->pixels <= 255 && *last <= 255); /* reads them, for the sanitizer */
}

static gboolean digest(Rfb *rfb, int *width, int *height)
{
	RfbEvent event;

	for (;;) {
		g_autoptr(GError) error = NULL;
		RfbKind kind = rfb_next(rfb, &event, &error);
		g_assert_true((kind == RFB_ERROR) == (error != NULL));
		if (kind == RFB_AGAIN || kind == RFB_ERROR)
			return kind == RFB_AGAIN;
		if (kind == RFB_CONNECTED || kind == RFB_RESIZED) {
			*width = event.rect.width;
			*height = event.rect.height;
			g_assert_true(*width > 0 && *height > 0 && *width <= SURFACE_MAX_PIXELS / *height);
		}
		check_event(&event, *width, *height);
	}
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(Rfb) rfb = rfb_new(out);
	int width = 0, height = 0;
	gboolean good = TRUE;

	for (size_t at = 0; good && at < size;) {
		size_t piece = MIN(1 + data[at] % 61u, size - at);
		rfb_feed(rfb, data + at, piece);
		good = digest(rfb, &width, &height);
		at += piece;
	}
	return 0;
}
