#include "console/sink.h"

#include "base/soon.h"
#include "console/card.h"

/* Before GTK-like drawing, after input: events of a guest that draws all the time must not starve the person's. */
#define UPDATE_PRIORITY (G_PRIORITY_DEFAULT + 10)

Surface *sink_picture(Sink *sink)
{
	return sink->has_card || !surface_pixels(sink->surface) ? sink->card : sink->surface;
}

Source *sink_input(Sink *sink)
{
	return sink->view_only || !sink->source || !source_is_open(sink->source) ? NULL : sink->source;
}

static void on_soon(gpointer data)
{
	Sink *sink = data;
	Rect damage = sink->damage;

	sink->damage = (Rect){ 0, 0, 0, 0 };
	if (sink->resized)
		sink->class->resize(sink);
	else if (damage.width > 0)
		sink->class->update(sink, &damage);
	sink->resized = FALSE;
}

/* Damage is collected: QEMU sends a frame as hundreds of small rectangles. */
static void schedule(Sink *sink)
{
	soon_ask(sink->soon, 0);
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Sink *sink = data;

	if (sink_picture(sink) != surface)
		return;
	if (event == SURFACE_RESIZED)
		sink->resized = TRUE;
	else if (event == SURFACE_DAMAGED)
		sink->damage = rect_union(&sink->damage, damage);
	schedule(sink);
}

void sink_init(Sink *sink, const SinkClass *class, Surface *surface, const SinkOptions *options)
{
	sink->class = class;
	sink->surface = surface_ref(surface);
	sink->view_only = options->view_only;
	sink->card = surface_new();
	card_draw(sink->card, "");
	sink->soon = soon_new(UPDATE_PRIORITY, on_soon, sink);
	sink->watch = surface_watch(surface, on_surface, sink);
}

void sink_set_source(Sink *sink, Source *source)
{
	sink->source = source;
	if (sink->class->set_source)
		sink->class->set_source(sink);
}

void sink_source_event(Sink *sink, SourceEvent event)
{
	if (sink->class->source_event)
		sink->class->source_event(sink, event);
}

/* Told each time that anything of the VM changed: most of it is nothing that is shown. */
void sink_set_status(Sink *sink, const char *title, const char *card)
{
	if (g_strcmp0(sink->title, title) == 0 && g_strcmp0(sink->card_text, card) == 0)
		return;
	g_free(sink->title);
	g_free(sink->card_text);
	sink->title = g_strdup(title);
	sink->card_text = g_strdup(card);
	sink->has_card = card != NULL;
	if (card)
		card_draw(sink->card, card);
	if (sink->class->set_title)
		sink->class->set_title(sink, title);
	sink->resized = TRUE;
	schedule(sink);
}

void sink_free(Sink *sink)
{
	if (!sink)
		return;
	soon_free(sink->soon);
	surface_unwatch(sink->surface, sink->watch);
	surface_unref(sink->surface);
	surface_unref(sink->card);
	g_free(sink->title);
	g_free(sink->card_text);
	sink->class->free(sink);
}
