/* The window: the only file that includes SDL.h. */
#include <SDL.h>

#include "base/error.h"
#include "console/keys.h"
#include "console/sink.h"

/*
 * SDL has no descriptor to poll for its events on every platform it draws on, and its own waiting function polls too. So a timer looks
 * for them: often while the person works in the window (10 ms are below what QEMU's 30 ms refresh adds anyway), seldom otherwise. One look
 * costs about 20 us, so an idle window takes less than 0.3 % of a processor.
 */
#define LOOK_FOCUSED_MS 10
#define LOOK_VISIBLE_MS 50
#define LOOK_HIDDEN_MS  250

#define FULL_TITLE_HINT " - Ctrl+Alt+G releases the mouse"

typedef struct {
	Sink base;
	SDL_Window *window;
	SDL_Renderer *renderer;
	SDL_Texture *texture;
	int texture_width, texture_height;
	guint timer, timer_ms;
	char *title;
	guint buttons;
	gboolean grabbed;       /* relative mouse */
	SDL_Scancode swallowed; /* key of a shortcut: its release is ours too */
} SdlSink;

/* --- drawing ------------------------------------------------------------------------------------------------------- */

/* The picture in the window: as large as it fits with its shape kept, in the middle. */
static SDL_Rect target(SdlSink *sink)
{
	Surface *picture = sink_picture(&sink->base);
	int width, height;
	double scale;
	SDL_Rect rect;

	SDL_GetRendererOutputSize(sink->renderer, &width, &height);
	scale = MIN((double)width / surface_width(picture), (double)height / surface_height(picture));
	rect.w = MAX((int)(surface_width(picture) * scale), 1);
	rect.h = MAX((int)(surface_height(picture) * scale), 1);
	rect.x = (width - rect.w) / 2;
	rect.y = (height - rect.h) / 2;
	return rect;
}

static void present(SdlSink *sink)
{
	SDL_Rect rect = target(sink);
	gboolean whole = rect.w % sink->texture_width == 0;

	/* whole multiples stay sharp, others are smoothed */
	SDL_SetTextureScaleMode(sink->texture, whole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
	SDL_SetRenderDrawColor(sink->renderer, 0, 0, 0, 255);
	SDL_RenderClear(sink->renderer);
	SDL_RenderCopy(sink->renderer, sink->texture, NULL, &rect);
	SDL_RenderPresent(sink->renderer);
}

static void upload(SdlSink *sink, const Rect *damage)
{
	Surface *picture = sink_picture(&sink->base);
	SDL_Rect rect = { damage->x, damage->y, damage->width, damage->height };

	if (damage->x + damage->width > sink->texture_width ||
	    damage->y + damage->height > sink->texture_height)
		return; /* a resize is on its way */
	SDL_UpdateTexture(sink->texture, &rect, surface_row(picture, damage->x, damage->y),
			  surface_width(picture) * 4);
}

static void sdl_update(Sink *base, const Rect *damage)
{
	SdlSink *sink = (SdlSink *)base;

	upload(sink, damage);
	present(sink);
}

/* A window that the person did not size follows the guest's mode, as far as the desktop has room. */
static void fit_window(SdlSink *sink, int width, int height)
{
	Uint32 flags = SDL_GetWindowFlags(sink->window);
	SDL_Rect room = { 0, 0, width, height };
	int old_width, old_height;

	SDL_GetWindowSize(sink->window, &old_width, &old_height);
	if (flags & (SDL_WINDOW_FULLSCREEN_DESKTOP | SDL_WINDOW_MAXIMIZED) ||
	    old_width != sink->texture_width || old_height != sink->texture_height)
		return;
	SDL_GetDisplayUsableBounds(MAX(SDL_GetWindowDisplayIndex(sink->window), 0), &room);
	if (width <= room.w && height <= room.h)
		SDL_SetWindowSize(sink->window, width, height);
}

static void sdl_resize(Sink *base)
{
	SdlSink *sink = (SdlSink *)base;
	Surface *picture = sink_picture(base);
	Rect all = { 0, 0, surface_width(picture), surface_height(picture) };

	if (all.width != sink->texture_width || all.height != sink->texture_height) {
		if (sink->texture) {
			fit_window(sink, all.width, all.height);
			SDL_DestroyTexture(sink->texture);
		}
		sink->texture = SDL_CreateTexture(sink->renderer, SDL_PIXELFORMAT_RGB888,
						  SDL_TEXTUREACCESS_STREAMING, all.width, all.height);
		sink->texture_width = all.width;
		sink->texture_height = all.height;
	}
	sdl_update(base, &all);
}

static void show_title(SdlSink *sink)
{
	g_autofree char *title = g_strconcat(sink->title, sink->grabbed ? FULL_TITLE_HINT : "", NULL);

	SDL_SetWindowTitle(sink->window, title);
}

static void sdl_set_title(Sink *base, const char *title)
{
	SdlSink *sink = (SdlSink *)base;

	g_free(sink->title);
	sink->title = g_strdup(title);
	show_title(sink);
}

/* --- keyboard ------------------------------------------------------------------------------------------------------ */

static void grab(SdlSink *sink, gboolean on)
{
	if (sink->grabbed == on)
		return;
	sink->grabbed = on;
	SDL_SetRelativeMouseMode(on ? SDL_TRUE : SDL_FALSE);
	show_title(sink);
}

static void shortcut_grab(SdlSink *sink)
{
	Source *source = sink_input(&sink->base);

	grab(sink, !sink->grabbed && source && !source_pointer_absolute(source));
}

static void shortcut_full_screen(SdlSink *sink)
{
	gboolean full = (SDL_GetWindowFlags(sink->window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;

	SDL_SetWindowFullscreen(sink->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

/* Ctrl and Alt are down in the guest already. */
static void shortcut_delete(SdlSink *sink)
{
	Source *source = sink_input(&sink->base);
	guint qnum = key_by_name("delete");

	if (!source)
		return;
	source_key(source, qnum, TRUE);
	source_key(source, qnum, FALSE);
}

/* With Ctrl+Alt; the same keys as in Virtual Machine Connection where it has one. */
static const struct {
	SDL_Scancode scancode;
	void (*run)(SdlSink *sink);
} shortcuts[] = {
	{SDL_SCANCODE_G,       shortcut_grab       },
	{ SDL_SCANCODE_END,    shortcut_delete     },
	{ SDL_SCANCODE_RETURN, shortcut_full_screen},
};

static gboolean run_shortcut(SdlSink *sink, const SDL_KeyboardEvent *event)
{
	if (!(event->keysym.mod & KMOD_CTRL) || !(event->keysym.mod & KMOD_LALT))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(shortcuts); i++)
		if (shortcuts[i].scancode == event->keysym.scancode) {
			sink->swallowed = event->keysym.scancode;
			if (!event->repeat)
				shortcuts[i].run(sink);
			return TRUE;
		}
	return FALSE;
}

static void on_key(SdlSink *sink, const SDL_KeyboardEvent *event)
{
	Source *source = sink_input(&sink->base);
	gboolean down = event->type == SDL_KEYDOWN;

	if (!down && event->keysym.scancode == sink->swallowed)
		sink->swallowed = SDL_SCANCODE_UNKNOWN;
	else if (!(down && run_shortcut(sink, event)) && source)
		source_key(source, key_by_usb(event->keysym.scancode), down);
}

/* --- mouse --------------------------------------------------------------------------------------------------------- */

static void send_position(SdlSink *sink, Source *source, int x, int y)
{
	Surface *picture = sink_picture(&sink->base);
	SDL_Rect rect = target(sink);

	source_pointer(source, (x - rect.x) * surface_width(picture) / rect.w,
		       (y - rect.y) * surface_height(picture) / rect.h, sink->buttons);
}

static void send_buttons(SdlSink *sink, Source *source)
{
	int x, y;

	SDL_GetMouseState(&x, &y);
	if (source_pointer_absolute(source))
		send_position(sink, source, x, y);
	else
		source_pointer_move(source, 0, 0, sink->buttons);
}

static void on_motion(SdlSink *sink, const SDL_MouseMotionEvent *event)
{
	Source *source = sink_input(&sink->base);

	if (!source)
		return;
	if (source_pointer_absolute(source)) {
		grab(sink, FALSE);
		send_position(sink, source, event->x, event->y);
	} else if (sink->grabbed) {
		source_pointer_move(source, event->xrel, event->yrel, sink->buttons);
	}
}

static void on_button(SdlSink *sink, const SDL_MouseButtonEvent *event)
{
	static const guint bits[] = {
		[SDL_BUTTON_LEFT] = 1, [SDL_BUTTON_MIDDLE] = 2, [SDL_BUTTON_RIGHT] = 4
	};
	Source *source = sink_input(&sink->base);
	guint bit = event->button < G_N_ELEMENTS(bits) ? bits[event->button] : 0;

	if (!source)
		return;
	/* the click that takes the mouse is not the guest's */
	if (!source_pointer_absolute(source) && !sink->grabbed) {
		grab(sink, event->type == SDL_MOUSEBUTTONDOWN);
		return;
	}
	sink->buttons = event->type == SDL_MOUSEBUTTONDOWN ? sink->buttons | bit : sink->buttons & ~bit;
	send_buttons(sink, source);
}

/* A step of the wheel is a press and a release of a button. */
static void turn_wheel(SdlSink *sink, Source *source, int steps, guint forward, guint backward)
{
	for (int i = 0; i < ABS(steps); i++) {
		guint before = sink->buttons;
		sink->buttons |= steps > 0 ? forward : backward;
		send_buttons(sink, source);
		sink->buttons = before;
		send_buttons(sink, source);
	}
}

static void on_wheel(SdlSink *sink, const SDL_MouseWheelEvent *event)
{
	Source *source = sink_input(&sink->base);
	int sign = event->direction == SDL_MOUSEWHEEL_FLIPPED ? -1 : 1;

	if (!source)
		return;
	turn_wheel(sink, source, sign * event->y, 1 << 3, 1 << 4);
	turn_wheel(sink, source, sign * event->x, 1 << 6, 1 << 5);
}

/* --- window -------------------------------------------------------------------------------------------------------- */

static void release_input(SdlSink *sink)
{
	Source *source = sink_input(&sink->base);

	grab(sink, FALSE);
	sink->buttons = 0;
	if (source)
		source_release_keys(source);
}

static void on_window(SdlSink *sink, const SDL_WindowEvent *event)
{
	if (event->event == SDL_WINDOWEVENT_FOCUS_LOST)
		release_input(sink);
	else if (event->event == SDL_WINDOWEVENT_EXPOSED || event->event == SDL_WINDOWEVENT_SIZE_CHANGED)
		present(sink);
}

/* FALSE when the sink may be gone. */
static gboolean on_event(SdlSink *sink, const SDL_Event *event)
{
	switch (event->type) {
	case SDL_QUIT:
		if (sink->base.on_close)
			sink->base.on_close(&sink->base, sink->base.close_data);
		return FALSE;
	case SDL_WINDOWEVENT:
		on_window(sink, &event->window);
		return TRUE;
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		on_key(sink, &event->key);
		return TRUE;
	case SDL_MOUSEMOTION:
		on_motion(sink, &event->motion);
		return TRUE;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		on_button(sink, &event->button);
		return TRUE;
	case SDL_MOUSEWHEEL:
		on_wheel(sink, &event->wheel);
		return TRUE;
	case SDL_RENDER_TARGETS_RESET:
	case SDL_RENDER_DEVICE_RESET: /* the texture's content is lost */
		sdl_resize(&sink->base);
		return TRUE;
	default:
		return TRUE;
	}
}

static guint look_interval(SdlSink *sink)
{
	Uint32 flags = SDL_GetWindowFlags(sink->window);

	if (flags & SDL_WINDOW_INPUT_FOCUS)
		return LOOK_FOCUSED_MS;
	return flags & (SDL_WINDOW_MINIMIZED | SDL_WINDOW_HIDDEN) ? LOOK_HIDDEN_MS : LOOK_VISIBLE_MS;
}

static gboolean on_look(gpointer data)
{
	SdlSink *sink = data;
	SDL_Event event;
	guint ms;

	while (SDL_PollEvent(&event))
		if (!on_event(sink, &event))
			return G_SOURCE_CONTINUE; /* when the sink was freed, its timer was removed */
	ms = look_interval(sink);
	if (ms == sink->timer_ms)
		return G_SOURCE_CONTINUE;
	sink->timer_ms = ms;
	sink->timer = g_timeout_add(ms, on_look, sink);
	return G_SOURCE_REMOVE;
}

static void sdl_free(Sink *base)
{
	SdlSink *sink = (SdlSink *)base;

	g_clear_handle_id(&sink->timer, g_source_remove);
	if (sink->texture)
		SDL_DestroyTexture(sink->texture);
	if (sink->renderer)
		SDL_DestroyRenderer(sink->renderer);
	if (sink->window)
		SDL_DestroyWindow(sink->window);
	SDL_QuitSubSystem(SDL_INIT_VIDEO);
	g_free(sink->title);
	g_free(sink);
}

static const SinkClass sdl_class = {
	.name = "sdl",
	.update = sdl_update,
	.resize = sdl_resize,
	.set_title = sdl_set_title,
	.free = sdl_free,
};

static gboolean open_window(SdlSink *sink, const char *title)
{
	Surface *picture = sink_picture(&sink->base);

	sink->window =
		SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
				 surface_width(picture), surface_height(picture), SDL_WINDOW_RESIZABLE);
	if (sink->window)
		sink->renderer = SDL_CreateRenderer(sink->window, -1, 0);
	return sink->renderer != NULL;
}

static void set_hints(void)
{
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* ending is the program's business */
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
	SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
	SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
}

/* Where no display answers SDL goes on to drivers that draw on a bare console or nowhere; only who names one means it. */
static gboolean is_window_system(const char *driver)
{
	return g_getenv("SDL_VIDEODRIVER") || g_str_equal(driver, "x11") || g_str_equal(driver, "wayland");
}

static gboolean open_display(GError **error)
{
	static const char hint[] = "use --via term or --via vnc, or run it in a graphical session";

	set_hints();
	if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0)
		return error_set(error, CARREL_ERROR_HOST, hint, "there is no display for a window: %s",
				 SDL_GetError());
	if (is_window_system(SDL_GetCurrentVideoDriver()))
		return TRUE;
	SDL_QuitSubSystem(SDL_INIT_VIDEO);
	return error_set(error, CARREL_ERROR_HOST, hint, "there is no display for a window: none answers");
}

Sink *sink_sdl_new(Surface *surface, const SinkOptions *options, GError **error)
{
	SdlSink *sink;

	if (!open_display(error))
		return NULL;
	sink = g_new0(SdlSink, 1);
	sink_init(&sink->base, &sdl_class, surface, options);
	sink->title = g_strdup(options->title);
	if (!open_window(sink, options->title)) {
		error_set(error, CARREL_ERROR_HOST, "use --via term or --via vnc", "cannot open a window: %s",
			  SDL_GetError());
		sink_free(&sink->base);
		return NULL;
	}
	SDL_StopTextInput(); /* scancodes only: the layout is the guest's business */
	sdl_resize(&sink->base);
	sink->timer_ms = LOOK_FOCUSED_MS;
	sink->timer = g_timeout_add(LOOK_FOCUSED_MS, on_look, sink);
	return &sink->base;
}
