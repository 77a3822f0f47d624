#include "ui/preview.h"

#include "ui/link.h"
#include "ui/picture.h"
#include "ui/vm-text.h"

/* Who runs down the list connects to none of the VMs on the way. */
#define SETTLE_MS 200
/* A picture of this size needs no more, and the list stays quick. */
#define FRAME_MS 250

struct Preview {
	App *app;
	char *path; /* NULL = none */
	Link *link;
	Picture *picture;
	guint settle, frame;
};

Preview *preview_new(App *app)
{
	Preview *preview = g_new0(Preview, 1);

	preview->app = app;
	preview->picture = picture_new(picture_style());
	return preview;
}

static void disconnect(Preview *preview)
{
	g_clear_handle_id(&preview->settle, g_source_remove);
	g_clear_handle_id(&preview->frame, g_source_remove);
	g_clear_pointer(&preview->link, link_free);
	g_clear_pointer(&preview->path, g_free);
}

void preview_free(Preview *preview)
{
	disconnect(preview);
	picture_free(preview->picture);
	g_free(preview);
}

static gboolean on_frame(gpointer data)
{
	Preview *preview = data;

	preview->frame = 0;
	app_redraw(preview->app);
	return G_SOURCE_REMOVE;
}

static void on_link_changed(Link *link, gpointer data)
{
	Preview *preview = data;

	if (!preview->frame)
		preview->frame = g_timeout_add(FRAME_MS, on_frame, preview);
}

static gboolean on_settled(gpointer data)
{
	Preview *preview = data;

	preview->settle = 0;
	preview->link = link_new(app_client(preview->app), preview->path, FALSE, on_link_changed, preview);
	link_set_interval(preview->link, FRAME_MS);
	return G_SOURCE_REMOVE;
}

void preview_set_vm(Preview *preview, const ClientVm *vm)
{
	const char *path = vm && vm->pid > 0 ? vm->path : NULL;

	if (g_strcmp0(path, preview->path) == 0)
		return;
	disconnect(preview);
	picture_free(preview->picture);
	preview->picture = picture_new(picture_style());
	preview->path = g_strdup(path);
	if (path)
		preview->settle = g_timeout_add(SETTLE_MS, on_settled, preview);
}

void preview_event(Preview *preview, ClientEvent event, gpointer object)
{
	if (preview->link)
		link_event(preview->link, event, object);
}

static void draw_card(Canvas *canvas, Rect area, const char *text)
{
	int width = canvas_text_width(text);

	canvas_text(canvas, area.x + MAX(area.width - width, 0) / 2, area.y + area.height / 2, area.width,
		    theme(ROLE_DIM), text);
}

void preview_draw(Preview *preview, Canvas *canvas, Rect area, const ClientVm *vm)
{
	g_autofree char *state = vm ? vm_text_state(vm->state) : g_strdup("");
	int cursor_x = canvas->cursor_x, cursor_y = canvas->cursor_y;

	if (!preview->link || !link_has_frame(preview->link)) {
		draw_card(canvas, area, state);
		return;
	}
	picture_draw(preview->picture, link_surface(preview->link), canvas, area);
	canvas_cursor(canvas, cursor_x, cursor_y); /* the guest's cursor is not ours here */
}
