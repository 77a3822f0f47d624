/* The window on a desktop: events go to console/window.h, which says what to draw. Only file with SDL.h. */
#include <SDL.h>

#include "base/error.h"
#include "base/soon.h"
#include "console/keys.h"
#include "console/sink.h"

/*
 * SDL has no descriptor to poll for its events on every platform it draws on, and its own waiting function
 * polls too. So a timer looks for them: often while the person works in the window (10 ms are below what
 * QEMU's 30 ms refresh adds anyway), seldom otherwise. One look costs about 20 us, so an idle window takes
 * less than 0.5 % of a processor.
 */
#define LOOK_FOCUSED_MS 10
#define LOOK_VISIBLE_MS 50
#define LOOK_HIDDEN_MS  250

/* After input, so that a guest that draws all the time does not starve the person's. */
#define DRAW_PRIORITY (G_PRIORITY_DEFAULT + 20)

#define FIRST_WIDTH  640 /* until the guest's screen is known: a card between its bars */
#define FIRST_HEIGHT 448
#define FRAME_ROOM   64 /* what a desktop puts around a window, at most */

#define AUDIO_SAMPLES 1024
#define AUDIO_FRAME   (SOURCE_AUDIO_CHANNELS * sizeof(gint16))
#define AUDIO_QUEUED_MAX                                                                                     \
	(SOURCE_AUDIO_RATE / 5 *                                                                             \
	 AUDIO_FRAME) /* 200 ms: sound that comes later than that belongs to another picture */

typedef enum { CURSOR_NONE, CURSOR_DESKTOP, CURSOR_GUEST } CursorKind;

typedef struct {
	Sink base;
	SDL_Window *window;
	Window *view;
	Surface *surface;          /* ours, until the watch has ended */
	int width, height;         /* pixels */
	int own_width, own_height; /* of the window, in SDL's units, as we wanted it */
	guint timer, timer_ms, cursor_watch;
	Soon *draw;
	Pixels shadow; /* drawn on where the desktop's pixels are not ours */
	SDL_Cursor *cursor;
	CursorKind cursor_kind;
	gboolean mouse; /* captured */
	SDL_AudioDeviceID audio;
} SdlSink;

/* --- drawing ------------------------------------------------------------------------------------------------------- */

static gboolean is_our_format(const SDL_Surface *surface)
{
	return surface->format->BytesPerPixel == 4 && surface->format->Rmask == 0xff0000 &&
	       surface->format->Gmask == 0xff00 && surface->format->Bmask == 0xff;
}

/* From our own pixels to those of the desktop. */
static void convert(const Pixels *pixels, SDL_Surface *surface, SDL_Rect rect)
{
	SDL_Surface *from = SDL_CreateRGBSurfaceWithFormatFrom(
		pixels->data, pixels->width, pixels->height, 32, pixels->stride * 4, SDL_PIXELFORMAT_RGB888);
	SDL_Rect to = rect;

	if (from)
		SDL_BlitSurface(from, &rect, surface, &to);
	SDL_FreeSurface(from);
}

static void on_draw(gpointer data)
{
	SdlSink *sink = data;
	SDL_Surface *surface = SDL_GetWindowSurface(sink->window);
	Pixels direct;
	Rect part;

	if (!surface || surface->w != sink->width || surface->h != sink->height)
		return; /* an event tells the new size */
	gboolean ours = is_our_format(surface);
	if (!ours)
		pixels_resize(&sink->shadow, surface->w, surface->h);
	direct = (Pixels){ surface->w, surface->h, surface->pitch / 4, surface->pixels };
	if (!window_paint(sink->view, ours ? &direct : &sink->shadow, &part))
		return;
	SDL_Rect rect = { part.x, part.y, part.width, part.height };
	if (!ours)
		convert(&sink->shadow, surface, rect);
	SDL_UpdateWindowSurfaceRects(sink->window, &rect, 1);
}

static void redraw(gpointer data)
{
	soon_ask(((SdlSink *)data)->draw, 0);
}

static gboolean is_full_screen(SdlSink *sink)
{
	return (SDL_GetWindowFlags(sink->window) & SDL_WINDOW_FULLSCREEN_DESKTOP) != 0;
}

/* Desktops that enlarge everything give a surface larger than the window. */
static void take_size(SdlSink *sink)
{
	SDL_Surface *surface = SDL_GetWindowSurface(sink->window);
	int width, height;

	if (!surface)
		return;
	SDL_GetWindowSize(sink->window, &width, &height);
	window_full_screen_changed(sink->view, is_full_screen(sink));
	if (surface->w == sink->width && surface->h == sink->height) {
		window_expose(sink->view);
		return;
	}
	sink->width = surface->w;
	sink->height = surface->h;
	window_resized(sink->view, surface->w, surface->h, (surface->w + width / 2) / MAX(width, 1));
}

/* --- what the window wants ----------------------------------------------------------------------------------------- */

static void set_full_screen(gboolean on, gpointer data)
{
	SdlSink *sink = data;

	SDL_SetWindowFullscreen(sink->window, on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
	take_size(sink);
}

static int to_units(SdlSink *sink, int pixels)
{
	int width, height;

	SDL_GetWindowSize(sink->window, &width, &height);
	return sink->width > 0 ? (int)((gint64)pixels * width / sink->width) : pixels;
}

static void set_size(int width, int height, gpointer data)
{
	SdlSink *sink = data;

	if (SDL_GetWindowFlags(sink->window) & SDL_WINDOW_MAXIMIZED)
		return;
	sink->own_width = to_units(sink, width);
	sink->own_height = to_units(sink, height);
	SDL_SetWindowSize(sink->window, sink->own_width, sink->own_height);
	take_size(sink);
}

static void desktop_size(int *width, int *height, gpointer data)
{
	SdlSink *sink = data;
	SDL_Rect room = { 0, 0, FIRST_WIDTH, FIRST_HEIGHT };
	int units = to_units(sink, 1 << 16);

	SDL_GetDisplayUsableBounds(MAX(SDL_GetWindowDisplayIndex(sink->window), 0), &room);
	*width = (int)((gint64)room.w * (1 << 16) / MAX(units, 1));
	*height = (int)((gint64)MAX(room.h - FRAME_ROOM, 1) * (1 << 16) / MAX(units, 1));
}

static void capture(gboolean keyboard, gboolean mouse, gpointer data)
{
	SdlSink *sink = data;

	sink->mouse = mouse;
	SDL_SetWindowKeyboardGrab(sink->window, keyboard ? SDL_TRUE : SDL_FALSE);
	SDL_SetRelativeMouseMode(mouse ? SDL_TRUE : SDL_FALSE);
}

static void take_text(gboolean on, gpointer data)
{
	if (on)
		SDL_StartTextInput();
	else
		SDL_StopTextInput(); /* scancodes only: the layout is the guest's business */
}

static char *get_clipboard(gpointer data)
{
	char *text = SDL_HasClipboardText() ? SDL_GetClipboardText() : NULL;
	char *copy = text && *text ? g_strdup(text) : NULL;

	SDL_free(text);
	return copy;
}

static void set_clipboard(const char *text, gpointer data)
{
	SDL_SetClipboardText(text);
}

static void close_audio(SdlSink *sink)
{
	if (!sink->audio)
		return;
	SDL_CloseAudioDevice(sink->audio);
	SDL_QuitSubSystem(SDL_INIT_AUDIO);
	sink->audio = 0;
}

static gboolean open_audio(SdlSink *sink)
{
	const SDL_AudioSpec wanted = {
		.freq = SOURCE_AUDIO_RATE,
		.format = AUDIO_S16SYS,
		.channels = SOURCE_AUDIO_CHANNELS,
		.samples = AUDIO_SAMPLES,
	};

	if (sink->audio)
		return TRUE;
	if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0)
		return FALSE;
	sink->audio = SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0);
	if (!sink->audio) {
		g_debug("no sound: %s", SDL_GetError());
		SDL_QuitSubSystem(SDL_INIT_AUDIO);
		return FALSE;
	}
	SDL_PauseAudioDevice(sink->audio, 0);
	return TRUE;
}

static gboolean play(const gint16 *samples, gsize frames, gpointer data)
{
	SdlSink *sink = data;

	if (!samples) {
		close_audio(sink);
		return TRUE;
	}
	if (!open_audio(sink))
		return FALSE;
	if (SDL_GetQueuedAudioSize(sink->audio) > AUDIO_QUEUED_MAX)
		SDL_ClearQueuedAudio(sink->audio);
	SDL_QueueAudio(sink->audio, samples,
		       (Uint32)(MIN(frames, AUDIO_QUEUED_MAX / AUDIO_FRAME) * AUDIO_FRAME));
	return TRUE;
}

static const WindowBackend backend = {
	redraw,    set_full_screen, set_size,      desktop_size, capture,
	take_text, get_clipboard,   set_clipboard, play,
};

/* --- pointer ------------------------------------------------------------------------------------------------------- */

/* Hardly seen, since the guest draws its own into its screen. */
static SDL_Cursor *make_dot(void)
{
	static const Uint8 black[] = { 0x00, 0x70, 0x70, 0x70, 0x00 },
			   mask[] = { 0xf8, 0xf8, 0xf8, 0xf8, 0xf8 };

	return SDL_CreateCursor(black, mask, 8, 5, 2, 2);
}

static SDL_Cursor *make_cursor(const SurfaceCursor *cursor)
{
	SDL_Surface *surface =
		SDL_CreateRGBSurfaceWithFormatFrom(cursor->pixels, cursor->width, cursor->height, 32,
						   cursor->width * 4, SDL_PIXELFORMAT_ARGB8888);
	SDL_Cursor *made = surface ? SDL_CreateColorCursor(surface, cursor->hot_x, cursor->hot_y) : NULL;

	SDL_FreeSurface(surface);
	return made;
}

static void show_cursor(SdlSink *sink)
{
	CursorKind kind = window_pointer_is_guests(sink->view) ? CURSOR_GUEST : CURSOR_DESKTOP;
	const SurfaceCursor *picture = surface_cursor(sink->base.surface);
	SDL_Cursor *old = sink->cursor;

	if (kind == sink->cursor_kind)
		return;
	sink->cursor_kind = kind;
	sink->cursor = NULL;
	if (kind == CURSOR_GUEST)
		sink->cursor = picture ? make_cursor(picture) : make_dot();
	SDL_SetCursor(sink->cursor ? sink->cursor : SDL_GetDefaultCursor());
	if (old)
		SDL_FreeCursor(old);
}

static void on_cursor(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	SdlSink *sink = data;

	if (event != SURFACE_CURSOR)
		return;
	sink->cursor_kind = CURSOR_NONE;
	show_cursor(sink);
}

/* --- events -------------------------------------------------------------------------------------------------------- */

/* SDL's units to pixels. */
static void to_pixels(SdlSink *sink, int *x, int *y)
{
	int width, height;

	SDL_GetWindowSize(sink->window, &width, &height);
	*x = (int)((gint64)*x * sink->width / MAX(width, 1));
	*y = (int)((gint64)*y * sink->height / MAX(height, 1));
}

static void on_key(SdlSink *sink, const SDL_Event *event)
{
	const SDL_KeyboardEvent *key = &event->key;
	const WindowKey told = {
		.qnum = key_by_usb(key->keysym.scancode),
		.character = key->keysym.sym > 0 && key->keysym.sym < 0x110000 ? (guint32)key->keysym.sym : 0,
		.down = event->type == SDL_KEYDOWN,
		.repeat = key->repeat,
	};

	window_key(sink->view, &told);
}

static void on_text(SdlSink *sink, const SDL_Event *event)
{
	window_text(sink->view, event->text.text);
}

static void on_motion(SdlSink *sink, const SDL_Event *event)
{
	int x = event->motion.x, y = event->motion.y;

	to_pixels(sink, &x, &y);
	window_motion(sink->view, x, y, event->motion.xrel, event->motion.yrel);
	show_cursor(sink);
}

static void on_button(SdlSink *sink, const SDL_Event *event)
{
	static const guint bits[] = {
		[SDL_BUTTON_LEFT] = 1, [SDL_BUTTON_MIDDLE] = 2, [SDL_BUTTON_RIGHT] = 4
	};
	gboolean down = event->type == SDL_MOUSEBUTTONDOWN;
	int x = event->button.x, y = event->button.y;

	to_pixels(sink, &x, &y);
	if (event->button.button >= G_N_ELEMENTS(bits) || !bits[event->button.button])
		return;
	window_button(sink->view, x, y, bits[event->button.button], down);
	show_cursor(sink);
}

static void on_wheel(SdlSink *sink, const SDL_Event *event)
{
	int sign = event->wheel.direction == SDL_MOUSEWHEEL_FLIPPED ? -1 : 1;
	int x, y;

	SDL_GetMouseState(&x, &y);
	to_pixels(sink, &x, &y);
	window_wheel(sink->view, x, y, sign * event->wheel.x, sign * event->wheel.y);
}

static void on_drop(SdlSink *sink, const SDL_Event *event)
{
	if (event->drop.file)
		window_drop_file(sink->view, event->drop.file);
	SDL_free(event->drop.file);
}

static void on_clipboard(SdlSink *sink, const SDL_Event *event)
{
	window_clipboard_changed(sink->view);
}

/* RESIZED is what did not come from us. What a tiling desktop gives is kept like what a person gives. */
static void on_resized(SdlSink *sink, int width, int height)
{
	if (is_full_screen(sink) || (width == sink->own_width && height == sink->own_height))
		return;
	window_keep_size(sink->view);
}

static void on_window(SdlSink *sink, const SDL_Event *event)
{
	Uint8 what = event->window.event;

	if (what == SDL_WINDOWEVENT_FOCUS_GAINED || what == SDL_WINDOWEVENT_FOCUS_LOST)
		window_focus(sink->view, what == SDL_WINDOWEVENT_FOCUS_GAINED);
	else if (what == SDL_WINDOWEVENT_LEAVE)
		window_leave(sink->view);
	if (what == SDL_WINDOWEVENT_RESIZED)
		on_resized(sink, event->window.data1, event->window.data2);
	if (what == SDL_WINDOWEVENT_RESIZED || what == SDL_WINDOWEVENT_SIZE_CHANGED ||
	    what == SDL_WINDOWEVENT_EXPOSED)
		take_size(sink);
}

static const struct {
	Uint32 type;
	void (*run)(SdlSink *sink, const SDL_Event *event);
} events[] = {
	{SDL_WINDOWEVENT,      on_window   },
	{ SDL_KEYDOWN,         on_key      },
	{ SDL_KEYUP,           on_key      },
	{ SDL_TEXTINPUT,       on_text     },
	{ SDL_MOUSEMOTION,     on_motion   },
	{ SDL_MOUSEBUTTONDOWN, on_button   },
	{ SDL_MOUSEBUTTONUP,   on_button   },
	{ SDL_MOUSEWHEEL,      on_wheel    },
	{ SDL_DROPFILE,        on_drop     },
	{ SDL_CLIPBOARDUPDATE, on_clipboard},
};

/* FALSE when the sink may be gone. */
static gboolean on_event(SdlSink *sink, const SDL_Event *event)
{
	if (event->type == SDL_QUIT) {
		if (sink->base.on_close)
			sink->base.on_close(&sink->base, sink->base.close_data);
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
		if (events[i].type == event->type)
			events[i].run(sink, event);
	return TRUE;
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

/* --- the sink ------------------------------------------------------------------------------------------------------ */

static void sdl_update(Sink *base, const Rect *damage)
{
	window_damage(((SdlSink *)base)->view, damage);
}

static void sdl_resize(Sink *base)
{
	Surface *picture = sink_picture(base);

	window_set_picture(((SdlSink *)base)->view, picture, picture == base->card);
}

static void sdl_set_title(Sink *base, const char *title)
{
	SDL_SetWindowTitle(((SdlSink *)base)->window, title);
}

static void sdl_set_source(Sink *base)
{
	window_set_source(((SdlSink *)base)->view, base->source);
}

static void sdl_source_event(Sink *base, SourceEvent event)
{
	window_source_event(((SdlSink *)base)->view, event);
	show_cursor((SdlSink *)base);
}

static void sdl_free(Sink *base)
{
	SdlSink *sink = (SdlSink *)base;

	if (sink->cursor_watch)
		surface_unwatch(sink->surface, sink->cursor_watch);
	window_free(sink->view);
	close_audio(sink);
	g_clear_handle_id(&sink->timer, g_source_remove);
	soon_free(sink->draw);
	if (sink->cursor)
		SDL_FreeCursor(sink->cursor);
	if (sink->window)
		SDL_DestroyWindow(sink->window);
	SDL_QuitSubSystem(SDL_INIT_VIDEO);
	pixels_clear(&sink->shadow);
	surface_unref(sink->surface);
	g_free(sink);
}

static const SinkClass sdl_class = {
	.name = "sdl",
	.update = sdl_update,
	.resize = sdl_resize,
	.set_title = sdl_set_title,
	.set_source = sdl_set_source,
	.source_event = sdl_source_event,
	.free = sdl_free,
};

Window *sink_sdl_window(Sink *sink)
{
	return ((SdlSink *)sink)->view;
}

static void set_hints(void)
{
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* ending is the program's business */
	SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
	SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
	SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1");
}

/* Without a display SDL takes drivers that draw on a bare console or nowhere; only who names one means it. */
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
	if (!is_window_system(SDL_GetCurrentVideoDriver())) {
		SDL_QuitSubSystem(SDL_INIT_VIDEO);
		return error_set(error, CARREL_ERROR_HOST, hint,
				 "there is no display for a window: none answers");
	}
	/* Only what changed goes to an X server, by shared memory; Wayland has no such way and gets a texture. */
	if (g_str_equal(SDL_GetCurrentVideoDriver(), "x11"))
		SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
	return TRUE;
}

static void open_window(SdlSink *sink, const SinkOptions *options)
{
	WindowOptions window = { .name = options->title };

	if (options->window)
		window = *options->window;
	window.view_only = options->view_only;
	sink->own_width = window.settings.width > 0 ? window.settings.width : FIRST_WIDTH;
	sink->own_height = window.settings.height > 0 ? window.settings.height : FIRST_HEIGHT;
	sink->window = SDL_CreateWindow(options->title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
					sink->own_width, sink->own_height,
					SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
	if (!sink->window)
		return;
	sink->view = window_new(&window, &backend, sink);
	take_text(FALSE, sink);
	take_size(sink);
	sdl_resize(&sink->base);
	if (window.full_screen)
		set_full_screen(TRUE, sink);
}

Sink *sink_sdl_new(Surface *surface, const SinkOptions *options, GError **error)
{
	SdlSink *sink;

	if (!open_display(error))
		return NULL;
	sink = g_new0(SdlSink, 1);
	sink_init(&sink->base, &sdl_class, surface, options);
	sink->draw = soon_new(DRAW_PRIORITY, on_draw, sink);
	open_window(sink, options);
	if (!sink->window || !SDL_GetWindowSurface(sink->window)) {
		error_set(error, CARREL_ERROR_HOST, "use --via term or --via vnc", "cannot open a window: %s",
			  SDL_GetError());
		sink_free(&sink->base);
		return NULL;
	}
	sink->surface = surface_ref(surface);
	sink->cursor_watch = surface_watch(surface, on_cursor, sink);
	sink->timer_ms = LOOK_FOCUSED_MS;
	sink->timer = g_timeout_add(LOOK_FOCUSED_MS, on_look, sink);
	return &sink->base;
}
