#include "console/window-private.h"

#include <string.h>

#include "console/keys.h"

#define HOST_KEY  "ctrl_r"
#define WIDTH_MIN 640 /* at scale 1: the toolbar has room */

/* --- what is shown ------------------------------------------------------------------------------------------------- */

void window_stale_part(Window *window, const Rect *part)
{
	window->part = rect_union(&window->part, part);
	window->backend->redraw(window->data);
}

void window_stale(Window *window, int layer)
{
	window->stale[layer] = TRUE;
	window->backend->redraw(window->data);
}

void window_expose(Window *window)
{
	window_stale_part(window, &(Rect){ 0, 0, window->frame.width, window->frame.height });
}

void window_relayout(Window *window)
{
	Frame *frame = &window->frame;
	gboolean full = window->full_screen;

	frame->toolbar = !full || window->toolbar_in ? TOOLBAR_HEIGHT * window->scale : 0;
	frame->status = !full || window->status_timer ? STATUS_HEIGHT * window->scale : 0;
	frame->over = full;
	frame->zoom = window->settings.zoom;
	frame->picture_width = window->picture ? surface_width(window->picture) : 0;
	frame->picture_height = window->picture ? surface_height(window->picture) : 0;
	frame_layout(frame, &window->layout);
	frame->scroll_x = window->layout.scroll_x;
	frame->scroll_y = window->layout.scroll_y;
	for (int layer = 0; layer < LAYERS; layer++)
		window_stale(window, layer);
	window_expose(window);
}

void window_fit(Window *window)
{
	Rect room = { 0, 0, 0, 0 };
	int width, height;

	if (window->full_screen || !window->own_size || window->card || window->frame.picture_width == 0)
		return;
	window->backend->desktop_size(&room.width, &room.height, window->data);
	frame_window_size(&window->frame, &room, &width, &height);
	width = MAX(width, MIN(WIDTH_MIN * window->scale, room.width));
	if (width != window->frame.width || height != window->frame.height)
		window->backend->set_size(width, height, window->data);
}

void window_set_picture(Window *window, Surface *picture, gboolean card)
{
	gboolean was_card = window->card;

	window->picture = picture;
	window->card = card;
	window_relayout(window);
	window_fit(window);
	if (was_card != card && (window->box.kind == BOX_NONE || window->box.kind == BOX_START))
		window_close_box(window);
}

void window_damage(Window *window, const Rect *damage)
{
	Rect part;

	if (frame_to_window(&window->layout, &window->frame, damage, &part))
		window_stale_part(window, &part);
}

void window_resized(Window *window, int width, int height, int scale)
{
	window->frame.width = width;
	window->frame.height = height;
	window->scale = MAX(scale, 1);
	window_relayout(window);
	window_size_changed(window);
}

void window_keep_size(Window *window)
{
	window->own_size = FALSE;
	window_size_changed(window);
}

void window_full_screen_changed(Window *window, gboolean full)
{
	if (window->full_screen == full)
		return;
	window->full_screen = full;
	window->toolbar_in = FALSE;
	window_capture(window, full, FALSE);
	window_say(window, FALSE,
		   full ? "%s+F leaves full screen; the toolbar is at the upper edge"
			: "This is a window again; %s+F is full screen",
		   window_host_key_name(window));
	window_relayout(window);
	window_size_changed(window);
}

/* --- drawing ------------------------------------------------------------------------------------------------------- */

static void draw_layers(Window *window)
{
	static void (*const draw[LAYERS])(Window * window) = {
		[LAYER_TOOLBAR] = window_draw_toolbar,
		[LAYER_STATUS] = window_draw_status,
		[LAYER_BOX] = window_draw_box,
	};

	for (int layer = 0; layer < LAYERS; layer++) {
		if (window->stale[layer])
			draw[layer](window);
		window->stale[layer] = FALSE;
	}
}

/* Whole multiples stay sharp without being asked to. */
static gboolean is_smooth(const Window *window)
{
	return !window->settings.nearest && window->frame.picture_width > 0 &&
	       window->layout.picture.width % window->frame.picture_width != 0;
}

static void paint_picture(const Window *window, Pixels *pixels, const Rect *part)
{
	const WindowLayout *layout = &window->layout;
	Rect seen;

	if (!rect_common(part, &layout->seen, &seen) || memcmp(&seen, part, sizeof(seen)) != 0)
		pixels_fill(pixels, part, 0);
	if (seen.width < 1 || seen.height < 1)
		return;
	const Pixels picture = { window->frame.picture_width, window->frame.picture_height,
				 window->frame.picture_width, surface_row(window->picture, 0, 0) };
	pixels_stretch(pixels, &layout->picture, &seen, &picture, is_smooth(window));
}

/* A resize of the surface is told later than it happens. */
static gboolean is_outdated(const Window *window)
{
	return window->picture && (surface_width(window->picture) != window->frame.picture_width ||
				   surface_height(window->picture) != window->frame.picture_height);
}

gboolean window_paint(Window *window, Pixels *pixels, Rect *part)
{
	if (is_outdated(window))
		window_relayout(window);
	draw_layers(window);
	*part = window->part;
	window->part = (Rect){ 0, 0, 0, 0 };
	if (!rect_clip(part, pixels->width, pixels->height))
		return FALSE;
	paint_picture(window, pixels, part);
	const Rect *places[LAYERS] = {
		[LAYER_TOOLBAR] = &window->layout.toolbar,
		[LAYER_STATUS] = &window->layout.status,
		[LAYER_BOX] = &window->box.at,
	};
	for (int layer = 0; layer < LAYERS; layer++)
		if (places[layer]->width > 0)
			pixels_put(pixels, places[layer]->x, places[layer]->y, part, &window->layers[layer]);
	return TRUE;
}

/* --- the program --------------------------------------------------------------------------------------------------- */

Source *window_source(const Window *window)
{
	return window->options.view_only ? NULL : input_hub_source(window->hub);
}

const WindowAction *window_action(const Window *window, const char *name)
{
	for (guint i = 0; i < window->actions->len; i++) {
		const WindowAction *action = &g_array_index(window->actions, WindowAction, i);
		if (g_str_equal(action->name, name))
			return action;
	}
	return NULL;
}

void window_act(Window *window, const char *command, const char *argument)
{
	if (window->options.act && !window->options.view_only)
		window->options.act(command, argument, window->options.data);
}

/* The program tells it each time that anything of the VM changed; mostly it is its processor's load. */
static gboolean is_known(const Window *window, const char *state, const WindowAction *actions, gsize count)
{
	if (!g_str_equal(window->state, state) || window->actions->len != count)
		return FALSE;
	for (guint i = 0; i < count; i++) {
		const WindowAction *known = &g_array_index(window->actions, WindowAction, i);
		if (known->name != actions[i].name || known->possible != actions[i].possible)
			return FALSE;
	}
	return TRUE;
}

void window_set_actions(Window *window, const char *state, const WindowAction *actions, gsize count)
{
	if (is_known(window, state, actions, count))
		return;
	g_free(window->state);
	window->state = g_strdup(state);
	g_array_set_size(window->actions, 0);
	g_array_append_vals(window->actions, actions, (guint)count);
	window_stale(window, LAYER_TOOLBAR);
	window_stale(window, LAYER_STATUS);
	if (window->box.kind == BOX_NONE || window->box.kind == BOX_START)
		window_close_box(window);
}

void window_set_name(Window *window, const char *name)
{
	g_free(window->name);
	window->name = g_strdup(name);
}

void window_set_keymap(Window *window, const char *keymap)
{
	g_free(window->keymap);
	window->keymap = g_strdup(keymap);
}

void window_get_settings(const Window *window, WindowSettings *settings)
{
	*settings = window->settings;
	if (window->own_size)
		settings->width = settings->height = 0;
	else if (!window->full_screen) {
		settings->width = window->frame.width / window->scale;
		settings->height = window->frame.height / window->scale;
	}
}

void window_drop_file(Window *window, const char *path)
{
	if (window_command_possible(window, window_command("insert")))
		window_act(window, "insert", path);
}

/* --- the guest ----------------------------------------------------------------------------------------------------- */

void window_set_source(Window *window, Source *source)
{
	Source *old = input_hub_source(window->hub);

	if (old)
		source_set_audio(old, NULL, NULL);
	window_let_go(window);
	input_hub_set_source(window->hub, source);
	g_clear_pointer(&window->clipboard, g_free);
	window_listen(window);
	window_offer_clipboard(window);
	window_stale(window, LAYER_TOOLBAR);
	window_stale(window, LAYER_STATUS);
}

static void on_pointer(Window *window)
{
	Source *source = window_source(window);

	if (window->mouse && source && source_pointer_absolute(source))
		window_capture(window, window->keyboard, FALSE);
	window_stale(window, LAYER_STATUS);
}

static void on_leds(Window *window)
{
	window_stale(window, LAYER_STATUS);
}

void window_source_event(Window *window, SourceEvent event)
{
	static void (*const events[])(Window * window) = {
		[SOURCE_FRAME] = window_size_changed,
		[SOURCE_POINTER] = on_pointer,
		[SOURCE_LEDS] = on_leds,
		[SOURCE_CLIPBOARD] = window_take_clipboard,
		[SOURCE_CLOSED] = window_let_go,
	};

	if (event < (int)G_N_ELEMENTS(events) && events[event])
		events[event](window);
}

void window_focus(Window *window, gboolean focus)
{
	window->focus = focus;
	if (!focus) {
		window_let_go(window);
		return;
	}
	if (window->full_screen)
		window_capture(window, TRUE, FALSE);
	window_offer_clipboard(window);
	window_take_clipboard(window);
}

void window_clipboard_changed(Window *window)
{
	window_offer_clipboard(window);
}

/* --- life ---------------------------------------------------------------------------------------------------------- */

Window *window_new(const WindowOptions *options, const WindowBackend *backend, gpointer data)
{
	Window *window = g_new0(Window, 1);

	window->options = *options;
	if (!window->options.host_key)
		window->options.host_key = key_by_name(HOST_KEY);
	window->backend = backend;
	window->data = data;
	window->name = g_strdup(options->name);
	window->keymap = g_strdup(options->keymap ? options->keymap : "us");
	window->state = g_strdup("");
	window->settings = options->settings;
	window->own_size = options->settings.width == 0;
	window->actions = g_array_new(FALSE, FALSE, sizeof(WindowAction));
	window->buttons = g_array_new(FALSE, FALSE, sizeof(Button));
	window->hot = window->pressed = -1;
	window->scale = 1;
	window->hub = input_hub_new();
	window->viewer = input_join(window->hub);
	return window;
}

void window_free(Window *window)
{
	if (!window)
		return;
	window_set_source(window, NULL);
	window_cancel_typing(window);
	g_clear_handle_id(&window->size_timer, g_source_remove);
	g_clear_handle_id(&window->status_timer, g_source_remove);
	input_leave(window->viewer);
	input_hub_free(window->hub);
	for (int layer = 0; layer < LAYERS; layer++)
		pixels_clear(&window->layers[layer]);
	line_edit_close(&window->box.edit);
	g_array_unref(window->actions);
	g_array_unref(window->buttons);
	g_free(window->clipboard);
	g_free(window->message);
	g_free(window->state);
	g_free(window->keymap);
	g_free(window->name);
	g_free(window);
}
