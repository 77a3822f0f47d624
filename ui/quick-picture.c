#include "ui/quick-picture.h"

#include "console/png.h"

/* A cell is about twice as high as it is wide. */
#define CELL_RATIO 2
#define ROWS_MIN   4
#define ROWS_MAX   12

struct QuickPicture {
	Calls *calls;
	void (*redraw)(gpointer owner);
	gpointer owner;
	char *id;    /* whose picture is wanted; NULL = nobody's */
	char *asked; /* whose was asked for, and has not come yet */
	Surface *surface;
	Picture *picture;
};

QuickPicture *quick_picture_new(Client *client, void (*redraw)(gpointer owner), gpointer owner)
{
	QuickPicture *self = g_new0(QuickPicture, 1);

	self->calls = calls_new(client, self);
	self->redraw = redraw;
	self->owner = owner;
	return self;
}

static void drop(QuickPicture *self)
{
	g_clear_pointer(&self->surface, surface_unref);
	g_clear_pointer(&self->picture, picture_free);
}

void quick_picture_free(QuickPicture *self)
{
	calls_free(self->calls);
	drop(self);
	g_free(self->id);
	g_free(self->asked);
	g_free(self);
}

static void ask(QuickPicture *self);

static void take(QuickPicture *self, GVariant *reply)
{
	g_autoptr(GVariant) png = g_variant_get_child_value(reply, 0);
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	const guint8 *bytes = g_variant_get_fixed_array(png, &length, 1);

	self->surface = png_read(bytes, length, 0, &error);
	if (self->surface) {
		self->picture = picture_new(picture_style());
		picture_use_pixels(self->picture);
	}
	self->redraw(self->owner);
}

/* A picture that cannot be had is no trouble for anybody. */
static void on_picture(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	QuickPicture *self = owner;
	g_autofree char *asked = g_steal_pointer(&self->asked);

	if (g_strcmp0(asked, self->id) != 0)
		ask(self);
	else if (reply)
		take(self, reply);
}

/* One at a time: whoever runs through the list with the arrow keys asks for few. */
static void ask(QuickPicture *self)
{
	if (self->asked || !self->id)
		return;
	self->asked = g_strdup(self->id);
	calls_send(self->calls, "/io/carrel", "Manager", "ImagePicture", g_variant_new("(s)", self->id),
		   on_picture);
}

void quick_picture_set(QuickPicture *self, const ClientImage *image)
{
	gboolean has = image && (*image->thumbnail || *image->logo || *image->symbol);
	const char *id = has ? image->id : NULL;

	if (g_strcmp0(id, self->id) == 0)
		return;
	drop(self);
	g_free(self->id);
	self->id = g_strdup(id);
	ask(self);
}

int quick_picture_draw(QuickPicture *self, Canvas *canvas, Rect area)
{
	int rows = MIN(area.height / 3, ROWS_MAX);

	if (!self->surface || rows < ROWS_MIN)
		return 0;
	int width = rows * CELL_RATIO * surface_width(self->surface) / surface_height(self->surface);
	Rect place = { area.x, area.y, CLAMP(width, 1, area.width), rows };
	picture_draw(self->picture, self->surface, canvas, place);
	return rows + 1;
}
