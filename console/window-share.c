/* What guest and desktop share beside picture and keys: the clipboard, typed or exchanged, sound, and the
 * size of the screen. */
#include <string.h>

#include "base/error.h"
#include "console/typing.h"
#include "console/window-private.h"

#define TYPE_MS 12 /* between keystrokes */
#define SIZE_SETTLE_MS                                                                                       \
	300 /* a window that is being resized sends sizes all the time; each would be a mode change */

/* --- the guest's screen follows the window ------------------------------------------------------------------------- */

static gboolean is_screen_size(const Window *window)
{
	const Rect *room = &window->layout.room;

	return room->width == window->frame.picture_width && room->height == window->frame.picture_height;
}

static gboolean request_size(Window *window)
{
	Source *source = window_source(window);
	const Rect *room = &window->layout.room;

	return source && source_request_size(source, room->width, room->height);
}

static gboolean on_settled(gpointer data)
{
	Window *window = data;

	window->size_timer = 0;
	if (!is_screen_size(window))
		request_size(window);
	return G_SOURCE_REMOVE;
}

void window_size_changed(Window *window)
{
	g_clear_handle_id(&window->size_timer, g_source_remove);
	if (!window->settings.fixed && !window->own_size)
		window->size_timer = g_timeout_add(SIZE_SETTLE_MS, on_settled, window);
}

void window_set_follow(Window *window, gboolean on)
{
	window->settings.fixed = !on;
	if (!on)
		window_say(window, FALSE, "The guest's screen keeps its size");
	else if (!window_source(window) || is_screen_size(window) || request_size(window))
		window_say(window, FALSE,
			   "The guest's screen follows the window, if its video device and driver can");
	else
		window_say(window, TRUE,
			   "This VM's screen has a fixed size; one with video=virtio can follow the window");
	window_stale(window, LAYER_TOOLBAR);
}

/* --- sound --------------------------------------------------------------------------------------------------------- */

static void play(Source *source, const gint16 *samples, gsize frames, gpointer data)
{
	Window *window = data;

	if (window->backend->play(samples, frames, window->data) || window->no_sound)
		return;
	window->no_sound = TRUE;
	window_say(window, TRUE, "This desktop has no sound device that plays the guest's sound");
	window_listen(window);
}

/* The source stops sending what nobody wants to hear. */
void window_listen(Window *window)
{
	Source *source = input_hub_source(window->hub);
	gboolean on = !window->settings.mute && !window->no_sound;

	if (!on || !source)
		window->backend->play(NULL, 0, window->data);
	if (source)
		source_set_audio(source, on ? play : NULL, on ? window : NULL);
}

void window_set_mute(Window *window, gboolean on)
{
	window->settings.mute = on;
	window->no_sound = FALSE;
	window_listen(window);
	window_say(window, FALSE, on ? "Sound is off" : "Sound is on");
	window_stale(window, LAYER_TOOLBAR);
}

/* --- clipboards ---------------------------------------------------------------------------------------------------- */

static gboolean is_shared(const Window *window)
{
	return !window->options.no_clipboard && !window->options.view_only && window->focus;
}

/* What both sides have is not sent back: the two would chase each other. */
static gboolean is_news(Window *window, const char *text)
{
	if (!text || g_strcmp0(window->clipboard, text) == 0)
		return FALSE;
	g_free(window->clipboard);
	window->clipboard = g_strdup(text);
	return TRUE;
}

void window_offer_clipboard(Window *window)
{
	Source *source = window_source(window);
	g_autofree char *text = NULL;

	if (!source || !is_shared(window))
		return;
	text = window->backend->get_clipboard(window->data);
	if (is_news(window, text))
		source_set_clipboard(source, text);
}

void window_take_clipboard(Window *window)
{
	Source *source = window_source(window);
	const char *text = source ? source_clipboard(source) : NULL;

	if (is_shared(window) && is_news(window, text))
		window->backend->set_clipboard(text, window->data);
}

/* --- typing -------------------------------------------------------------------------------------------------------- */

static void on_typed_some(guint done, guint total, gpointer data)
{
	Window *window = data;

	if (window->box.kind != BOX_TYPING)
		return;
	window->box.done = done;
	window->box.total = total;
	window_stale(window, LAYER_BOX);
}

/* The cancellable knows the window as long as there is one. */
#define WINDOW_KEY "window"

static void on_typed(GObject *object, GAsyncResult *result, gpointer data)
{
	g_autoptr(GCancellable) cancellable = data;
	Window *window = g_object_get_data(G_OBJECT(cancellable), WINDOW_KEY);
	g_autoptr(GError) error = NULL;
	gboolean typed = type_text_finish(result, &error);

	if (!window)
		return;
	g_clear_object(&window->typing);
	if (window->box.kind == BOX_TYPING)
		window_close_box(window);
	if (typed) {
		window_say(window, FALSE, "The clipboard's text was typed");
	} else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		window_say(window, TRUE, "Typing was stopped after %u of %u keystrokes", window->box.done,
			   window->box.total);
	} else {
		g_autofree char *sentence = error_sentence(error);
		window_say(window, TRUE, "%s", sentence);
	}
}

static void type(Window *window, Source *source, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Layout) layout = layout_new(window->keymap, &error);

	if (!layout) {
		g_autofree char *sentence = error_sentence(error);
		window_say(window, TRUE, "%s", sentence);
		return;
	}
	window->typing = g_cancellable_new();
	g_object_set_data(G_OBJECT(window->typing), WINDOW_KEY, window);
	window_open_box(window, BOX_TYPING);
	window->box.done = window->box.total = 0;
	type_text_watched(source, layout, text, TYPE_MS, on_typed_some, window, window->typing, on_typed,
			  g_object_ref(window->typing));
}

void window_type_clipboard(Window *window)
{
	g_autofree char *text = window->backend->get_clipboard(window->data);
	Source *source = window_source(window);

	if (!source || window->typing)
		return;
	if (text && *text)
		type(window, source, text);
	else
		window_say(window, TRUE, "The clipboard holds no text");
}

void window_stop_typing(Window *window)
{
	g_cancellable_cancel(window->typing);
}

void window_cancel_typing(Window *window)
{
	if (!window->typing)
		return;
	g_object_set_data(G_OBJECT(window->typing), WINDOW_KEY, NULL);
	g_cancellable_cancel(window->typing);
	g_clear_object(&window->typing);
}
