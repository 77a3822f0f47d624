#include "ui/quick-image.h"

#include <string.h>

#include "base/units.h"

#define DETAIL_LABEL_WIDTH 14

/* Columns of the list, as far as there is room. */
#define SYMBOL_WIDTH    2
#define PUBLISHER_WIDTH 14
#define SIZE_WIDTH      8
#define AGE_WIDTH       5
#define WORD_WIDTH      10
#define WITH_SIZE       40
#define WITH_ALL        60

/* The source that carrel has in itself: what is assembled on this machine. */
#define BUILT_SOURCE "carrel"

typedef struct {
	const char *sign, *word, *words; /* for a narrow list, a wide one, the page */
	Role role;
} Mark;

/* Is it what its publisher made, and how would we know? */
static const Mark *mark_of(const ClientImage *image)
{
	static const Mark verified = { "\xe2\x9c\x93", "verified", "verified", ROLE_GOOD };
	static const Mark built = { "\xe2\x9c\x93", "built here", "built on this machine, unchanged since",
				    ROLE_GOOD };
	static const Mark to_build = { "\xe2\x8c\x82", "built here", "not here yet; is built on this machine",
				       ROLE_NORMAL };
	static const Mark not_verified = { "!", "unverified", "in the store, not verified", ROLE_BAD };
	static const Mark signed_list = { "s", "signed", "not here yet; will be verified by a signature",
					  ROLE_NORMAL };
	static const Mark hash = { "#", "hash", "not here yet; will be verified by its hash", ROLE_DIM };
	static const Mark nothing = { "?", "no hash", "not here yet; nothing to verify it by", ROLE_WAIT };
	gboolean ours = g_str_equal(image->source, BUILT_SOURCE);

	if (image->available && !image->verified)
		return &not_verified;
	if (image->available)
		return ours ? &built : &verified;
	if (ours)
		return &to_build;
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

/* --- symbol --------------------------------------------------------------------------------------------------------------- */

/* Two letters and a colour of the 256 for systems that people look for; the first that is in id or system counts. */
static const struct {
	const char *system, *letters;
	guint color;
} symbols[] = {
	{"ubuntu",   "Ub", 166},
        { "debian",  "De", 125},
        { "fedora",  "Fe", 25 },
        { "centos",  "Ce", 97 },
	{ "rocky",   "Ro", 29 },
        { "alma",    "Al", 24 },
        { "oracle",  "Or", 124},
        { "alpine",  "Ap", 24 },
	{ "arch",    "Ar", 31 },
        { "suse",    "Su", 64 },
        { "freebsd", "Fb", 124},
        { "openbsd", "Ob", 136},
	{ "netbsd",  "Nb", 130},
        { "gentoo",  "Ge", 61 },
        { "nixos",   "Nx", 67 },
        { "kali",    "Ka", 24 },
	{ "void",    "Vo", 65 },
        { "openwrt", "Ow", 31 },
        { "windows", "Wi", 26 },
        { "win",     "Wi", 26 },
	{ "carrel",  "Ca", 30 },
};

static void draw_symbol(Canvas *canvas, int x, int y, const ClientImage *image, gboolean cursor)
{
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_HEADING);
	g_autofree char *initials = g_utf8_substring(image->name, 0, MIN(2, g_utf8_strlen(image->name, -1)));
	const char *letters = initials;

	for (gsize i = 0; i < G_N_ELEMENTS(symbols); i++) {
		if (!strstr(image->id, symbols[i].system) && !strstr(image->os, symbols[i].system))
			continue;
		letters = symbols[i].letters;
		if (theme_level() == THEME_COLORS_256)
			style = (Style){ COLOR_INDEX(231), COLOR_INDEX(symbols[i].color), ATTR_BOLD };
		break;
	}
	canvas_text(canvas, x, y, SYMBOL_WIDTH, style, letters);
}

void quick_image_draw_row(Canvas *canvas, Rect row, const ClientImage *image, gboolean cursor)
{
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_NORMAL), dim = cursor ? style : theme(ROLE_DIM);
	const Mark *mark = mark_of(image);
	gboolean all = row.width >= WITH_ALL;
	int width = all ? WORD_WIDTH : 1, left = row.x + 1, x = row.x + row.width - 1 - width;

	canvas_fill(canvas, row, ' ', style);
	canvas_text(canvas, x, row.y, width, cursor ? style : theme(mark->role),
		    all ? mark->word : mark->sign);
	if (row.width >= WITH_SIZE) {
		g_autofree char *age = age_text(image), *size = size_text(image);
		canvas_field(canvas, x -= AGE_WIDTH + 1, row.y, AGE_WIDTH, dim, age, TRUE);
		canvas_field(canvas, x -= SIZE_WIDTH + 1, row.y, SIZE_WIDTH, style, size, TRUE);
	}
	if (all)
		canvas_field(canvas, x -= PUBLISHER_WIDTH + 1, row.y, PUBLISHER_WIDTH, dim, image->publisher,
			     FALSE);
	draw_symbol(canvas, left, row.y, image, cursor);
	left += SYMBOL_WIDTH + 1;
	canvas_text(canvas, left, row.y, x - left - 1, style, image->name);
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

/* "carrel, 1.0, 38 MiB" */
static char *subtitle(const ClientImage *image)
{
	g_autofree char *size = size_text(image);
	const char *const parts[] = { image->publisher, image->version, size };
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (*parts[i])
			g_string_append_printf(text, "%s%s", text->len ? " \xc2\xb7 " : "", parts[i]);
	return g_string_free(text, FALSE);
}

static int draw_facts(Canvas *canvas, Rect area, int y, const ClientImage *image)
{
	g_autofree char *age = units_format_age(MAX(g_get_real_time() / G_USEC_PER_SEC - image->updated, 0));
	const char *const rows[][2] = {
		{"Trust",   quick_image_trust(image)},
		{ "System", image->os               },
		{ "Medium", g_str_equal(image->kind,  "iso") ? "DVD" : "disk" },
		{ "Secure Boot",        image->secure_boot ? "yes" : "no"                  },
		{ "Updated",        image->updated > 0 ? age : ""     },
		{ "First start",        image->cloud_init ? "takes your user, keys and host name" : ""              },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (*rows[i][1])
			y = draw_detail(canvas, area, y, rows[i][0], rows[i][1]);
	return y;
}

/* What carrel knows of it, where the list is from, and in red what was wrong with it. */
static int draw_source(Canvas *canvas, Rect area, int y, const ClientImage *image,
		       const QuickSources *sources)
{
	g_autofree char *source = quick_sources_describe(sources, image->source);
	const char *error = quick_sources_error(sources, image->source);

	y = draw_facts(canvas, area, y, image);
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

gboolean quick_image_matches(const ClientImage *image, char **words)
{
	g_autofree char *text = g_strjoin(" ", image->name, image->publisher, image->version, image->os,
					  image->source, image->id, NULL);
	g_autofree char *folded = g_utf8_casefold(text, -1);

	for (; *words; words++)
		if (!strstr(folded, *words))
			return FALSE;
	return TRUE;
}
