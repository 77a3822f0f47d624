#include "ui/quick-image.h"

#include "base/units.h"

#define DETAIL_LABEL_WIDTH 16

/* Columns of the list, as far as there is room. */
#define SIZE_WIDTH 10
#define AGE_WIDTH  7
#define WITH_SIZE  40
#define WITH_AGE   48

#define SIGN_DISC "\xe2\x97\x8e" /* a circle in a circle */
#define SIGN_DISK "\xe2\x96\xa3" /* a square in a square */

typedef struct {
	const char *sign, *words;
	Role role;
} Mark;

/* Is it what its publisher made, and how would we know? */
static const Mark *mark_of(const ClientImage *image)
{
	static const Mark verified = { "\xe2\x9c\x93", "verified", ROLE_GOOD };
	static const Mark not_verified = { "!", "in the store, not verified", ROLE_BAD };
	static const Mark signed_list = { " ", "not here yet; will be verified by a signature", ROLE_DIM };
	static const Mark hash = { " ", "not here yet; will be verified by its hash", ROLE_DIM };
	static const Mark nothing = { "?", "not here yet; nothing to verify it by", ROLE_WAIT };

	if (image->available)
		return image->verified ? &verified : &not_verified;
	if (g_str_equal(image->trust, "none"))
		return &nothing;
	return g_str_equal(image->trust, "signature") ? &signed_list : &hash;
}

/* In the store, else of the download. */
static char *size_text(const ClientImage *image)
{
	guint64 size = image->size ? image->size : image->download_size;

	return size ? units_format_size_human(size) : g_strdup("");
}

/* Short, for a column: "3 d", "5 mo". */
static char *age_text(const ClientImage *image)
{
	static const struct {
		gint64 seconds;
		const char *unit;
	} units[] = {
		{365 * 86400, "y" },
                { 30 * 86400, "mo"},
                { 7 * 86400,  "w" },
                { 86400,      "d" },
                { 3600,       "h" }
	};
	gint64 age = g_get_real_time() / G_USEC_PER_SEC - image->updated;

	for (gsize i = 0; image->updated > 0 && i < G_N_ELEMENTS(units); i++)
		if (age >= units[i].seconds)
			return g_strdup_printf("%" G_GINT64_FORMAT " %s", age / units[i].seconds,
					       units[i].unit);
	return g_strdup(image->updated > 0 ? "new" : "");
}

static void draw_right(Canvas *canvas, int x, int y, int width, Style style, const char *text)
{
	int length = MIN(canvas_text_width(text), width);

	canvas_text(canvas, x + width - length, y, length, style, text);
}

void quick_image_draw_row(Canvas *canvas, Rect row, const ClientImage *image, gboolean cursor)
{
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_NORMAL), dim = cursor ? style : theme(ROLE_DIM);
	const Mark *mark = mark_of(image);
	int right = row.x + row.width - 2, x = row.x + 1;

	canvas_fill(canvas, row, ' ', style);
	canvas_text(canvas, right, row.y, 1, cursor ? style : theme(mark->role), mark->sign);
	if (row.width >= WITH_AGE) {
		g_autofree char *age = age_text(image);
		right -= AGE_WIDTH;
		draw_right(canvas, right, row.y, AGE_WIDTH - 1, dim, age);
	}
	if (row.width >= WITH_SIZE) {
		g_autofree char *size = size_text(image);
		right -= SIZE_WIDTH;
		draw_right(canvas, right, row.y, SIZE_WIDTH - 1, dim, size);
	}
	x += canvas_text(canvas, x, row.y, 2, dim, g_str_equal(image->kind, "iso") ? SIGN_DISC : SIGN_DISK) +
	     1;
	x += canvas_text(canvas, x, row.y, right - x - 1, style, image->name) + 2;
	if (row.width >= WITH_SIZE && x < right - 1)
		canvas_text(canvas, x, row.y, right - x - 1, dim, image->publisher);
}

const char *quick_image_trust(const ClientImage *image)
{
	return mark_of(image)->words;
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
	g_autofree char *size = size_text(image);
	const char *const parts[] = { image->publisher, image->version, size, quick_image_trust(image) };
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (*parts[i])
			g_string_append_printf(text, "%s%s", text->len ? " \xc2\xb7 " : "", parts[i]);
	return g_string_free(text, FALSE);
}

/* Where the list is from, and in red what was wrong with it. */
static int draw_source(Canvas *canvas, Rect area, int y, const ClientImage *image,
		       const QuickSources *sources)
{
	g_autofree char *source = quick_sources_describe(sources, image->source);
	const char *error = quick_sources_error(sources, image->source);

	if (*source)
		y = draw_detail(canvas, area, y, "Source", source);
	if (*error) {
		g_autoptr(GPtrArray) lines = canvas_wrap(error, area.width);
		for (guint i = 0; i < lines->len && y < area.y + area.height; i++)
			canvas_text(canvas, area.x, y++, area.width, theme(ROLE_BAD), lines->pdata[i]);
	}
	return y;
}

void quick_image_draw_page(Canvas *canvas, Rect area, const ClientImage *image, const QuickSources *sources,
			   QuickPicture *picture)
{
	g_autofree char *line = subtitle(image);
	int y = area.y;
	GVariantIter iter;
	const char *name, *value;

	canvas_text(canvas, area.x, y++, area.width, theme(ROLE_HEADING), image->name);
	canvas_text(canvas, area.x, y++, area.width, theme(ROLE_DIM), line);
	y += 1 + quick_picture_draw(picture, canvas, (Rect){ area.x, y + 1, area.width, area.height - 3 });
	y = draw_paragraphs(canvas, area, y, image->description) + 1;
	y = draw_source(canvas, area, y, image, sources);
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
