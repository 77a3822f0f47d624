#include "ui/quick-image.h"

#include "base/units.h"

#define DETAIL_LABEL_WIDTH 16

void quick_image_draw_row(Canvas *canvas, Rect row, const ClientImage *image, gboolean cursor)
{
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_NORMAL), mark = style;

	canvas_fill(canvas, row, ' ', style);
	canvas_text(canvas, row.x + 1, row.y, row.width - 4, style, image->name);
	if (!cursor)
		mark = theme(ROLE_GOOD);
	if (image->verified)
		canvas_text(canvas, row.x + row.width - 2, row.y, 1, mark, "\xe2\x9c\x93");
}

static int draw_paragraphs(Canvas *canvas, Rect area, int y, const char *text)
{
	g_autoptr(GPtrArray) lines = canvas_wrap(text, area.width);

	for (guint i = 0; i < lines->len && y < area.y + area.height; i++)
		canvas_text(canvas, area.x, y++, area.width, theme(ROLE_NORMAL), lines->pdata[i]);
	return y;
}

static int draw_detail(Canvas *canvas, Rect area, int y, const char *name, const char *value)
{
	g_autoptr(GPtrArray) lines = canvas_wrap(value, area.width - DETAIL_LABEL_WIDTH);

	if (y < area.y + area.height)
		canvas_text(canvas, area.x, y, DETAIL_LABEL_WIDTH - 1, theme(ROLE_DIM), name);
	for (guint i = 0; i < lines->len && y < area.y + area.height; i++)
		canvas_text(canvas, area.x + DETAIL_LABEL_WIDTH, y++, area.width - DETAIL_LABEL_WIDTH,
			    theme(ROLE_NORMAL), lines->pdata[i]);
	return y;
}

/* "carrel, 1.0, 38 MiB, verified" */
static char *subtitle(const ClientImage *image)
{
	g_autofree char *size = image->size ? units_format_size_human(image->size) : g_strdup("");
	const char *const parts[] = { image->publisher, image->version, size,
				      image->verified    ? "verified"
				      : image->available ? "not verified"
							 : "not here yet" };
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (*parts[i])
			g_string_append_printf(text, "%s%s", text->len ? " \xc2\xb7 " : "", parts[i]);
	return g_string_free(text, FALSE);
}

void quick_image_draw_page(Canvas *canvas, Rect area, const ClientImage *image)
{
	g_autofree char *line = subtitle(image);
	int y = area.y;
	GVariantIter iter;
	const char *name, *value;

	canvas_text(canvas, area.x, y++, area.width, theme(ROLE_HEADING), image->name);
	canvas_text(canvas, area.x, y++, area.width, theme(ROLE_DIM), line);
	y = draw_paragraphs(canvas, area, y + 1, image->description) + 1;
	if (!image->details)
		return;
	g_variant_iter_init(&iter, image->details);
	while (g_variant_iter_next(&iter, "(&s&s)", &name, &value))
		y = draw_detail(canvas, area, y, name, value);
}

static gboolean is_taken(GPtrArray *vms, const char *name)
{
	for (guint i = 0; i < vms->len; i++)
		if (g_str_equal(((ClientVm *)vms->pdata[i])->name, name))
			return TRUE;
	return FALSE;
}

char *quick_image_vm_name(const ClientImage *image, GPtrArray *vms)
{
	char *name = g_strdup(image->id);

	for (guint number = 2; is_taken(vms, name); number++) {
		g_free(name);
		name = g_strdup_printf("%s-%u", image->id, number);
	}
	return name;
}
