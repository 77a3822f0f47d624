#include "ui/details.h"

#include "ui/calls.h"
#include "ui/details-rows.h"
#include "ui/preview.h"

#define LABEL_MIN 12
#define LABEL_MAX 24

static const char *const tab_names[] = { "Summary", "Hardware", "Storage", "Network" };
G_STATIC_ASSERT(G_N_ELEMENTS(tab_names) == TAB_COUNT);

struct Details {
	App *app;
	Preview *preview;
	Calls *calls;
	DetailsTab tab;
	gboolean shown;
	char *path, *state; /* of the VM that `spec' and `disks' are about */
	VmSpec *spec;       /* NULL until it came */
	GVariant *disks;    /* aa{sv}, NULL until it came */
	gboolean spec_asked, disks_asked;
	int tab_y, tab_x[TAB_COUNT + 1]; /* where the tabs were drawn */
};

Details *details_new(App *app)
{
	Details *details = g_new0(Details, 1);

	details->app = app;
	details->preview = preview_new(app);
	details->calls = calls_new(app_client(app), details);
	details->tab_y = -1;
	return details;
}

static void forget(Details *details)
{
	g_clear_pointer(&details->spec, vm_spec_free);
	g_clear_pointer(&details->disks, g_variant_unref);
	g_clear_pointer(&details->path, g_free);
	g_clear_pointer(&details->state, g_free);
	details->spec_asked = details->disks_asked = FALSE;
	/* Answers about the last VM must not be taken for this one's. */
	calls_free(details->calls);
	details->calls = calls_new(app_client(details->app), details);
}

void details_free(Details *details)
{
	forget(details);
	calls_free(details->calls);
	preview_free(details->preview);
	g_free(details);
}

/* --- what must be asked for ------------------------------------------------------------------------------------------- */

static void on_spec(gpointer owner, VmSpec *spec, const GError *error)
{
	Details *details = owner;

	details->spec = spec;
	app_redraw(details->app);
}

static void on_disks(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	Details *details = owner;

	if (reply)
		details->disks = g_variant_get_child_value(reply, 0);
	app_redraw(details->app);
}

static void ask(Details *details)
{
	if (!details->shown || !details->path || details->tab == TAB_SUMMARY || !app_connected(details->app))
		return;
	if (!details->spec_asked) {
		details->spec_asked = TRUE;
		calls_get_spec(details->calls, details->path, on_spec);
	}
	if (details->tab == TAB_STORAGE && !details->disks_asked) {
		details->disks_asked = TRUE;
		calls_send(details->calls, details->path, "Vm", "Disks", NULL, on_disks);
	}
}

/* Another VM or another state: what is known may be wrong. */
void details_set_vm(Details *details, const ClientVm *vm)
{
	const char *path = vm ? vm->path : NULL, *state = vm ? vm->state : NULL;

	if (g_strcmp0(path, details->path) != 0 || g_strcmp0(state, details->state) != 0) {
		forget(details);
		details->path = g_strdup(path);
		details->state = g_strdup(state);
	}
	preview_set_vm(details->preview, details->shown ? vm : NULL);
	ask(details);
}

void details_show(Details *details, gboolean shown)
{
	details->shown = shown;
	if (shown)
		return;
	preview_set_vm(details->preview, NULL);
	forget(details); /* whoever covered us may have changed it */
}

void details_next_tab(Details *details)
{
	details->tab = (DetailsTab)((details->tab + 1) % TAB_COUNT);
	ask(details);
}

void details_event(Details *details, ClientEvent event, gpointer object)
{
	preview_event(details->preview, event, object);
}

gboolean details_click(Details *details, int x, int y)
{
	for (int i = 0; y == details->tab_y && i < TAB_COUNT; i++)
		if (x >= details->tab_x[i] && x < details->tab_x[i + 1]) {
			details->tab = (DetailsTab)i;
			ask(details);
			return TRUE;
		}
	return FALSE;
}

/* --- drawing ------------------------------------------------------------------------------------------------------------ */

static void draw_tabs(Details *details, Canvas *canvas, Rect area, const ClientVm *vm)
{
	int x = area.x + 2;

	canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
	x += canvas_text(canvas, x, area.y, area.width / 3, theme(ROLE_HEADING), " ");
	x += canvas_text(canvas, x, area.y, area.width / 3, theme(ROLE_HEADING), vm->name);
	x += canvas_text(canvas, x, area.y, 1, theme(ROLE_HEADING), " ") + 2;
	details->tab_y = area.y;
	for (int i = 0; i < TAB_COUNT; i++) {
		Style style = theme(i == (int)details->tab ? ROLE_NORMAL : ROLE_DIM);
		g_autofree char *text = g_strdup_printf(" %s ", tab_names[i]);
		if (i == (int)details->tab)
			style.attr |= ATTR_BOLD | ATTR_UNDERLINE;
		details->tab_x[i] = x;
		canvas_text(canvas, x, area.y, 1, theme(ROLE_DIM), " ");
		canvas_text(canvas, x + 1, area.y, area.width, style, tab_names[i]);
		x += canvas_text_width(text);
		canvas_text(canvas, x - 1, area.y, 1, theme(ROLE_DIM), " ");
	}
	details->tab_x[TAB_COUNT] = x;
}

/* Columns for the labels and the blank behind them. */
static int label_width(GPtrArray *rows)
{
	int width = LABEL_MIN;

	for (guint i = 0; i < rows->len; i++)
		width = MAX(width, canvas_text_width(((DetailsRow *)rows->pdata[i])->label) + 2);
	return MIN(width, LABEL_MAX);
}

/* Rows one below the other, in two columns where there is room. */
static void draw_rows(GPtrArray *rows, Canvas *canvas, Rect area)
{
	gboolean twice = (int)rows->len > area.height && area.width >= 84;
	int width = twice ? area.width / 2 : area.width, label = label_width(rows);

	for (int i = 0; i < (int)rows->len && i < area.height * (twice ? 2 : 1); i++) {
		const DetailsRow *row = rows->pdata[i];
		int x = area.x + i / area.height * width, y = area.y + i % area.height;
		canvas_text(canvas, x, y, label - 1, theme(ROLE_DIM), row->label);
		canvas_text(canvas, x + label, y, width - label - 1, theme(row->role), row->value);
	}
}

static GPtrArray *rows_of(Details *details, const ClientVm *vm, int width)
{
	if (details->tab == TAB_SUMMARY)
		return details_rows_summary(vm, width - LABEL_MIN - 1);
	if (!details->spec)
		return details_rows_waiting();
	if (details->tab == TAB_HARDWARE)
		return details_rows_hardware(details->spec);
	if (details->tab == TAB_STORAGE)
		return details_rows_storage(details->spec, details->disks);
	return details_rows_network(details->spec, vm);
}

void details_draw(Details *details, Canvas *canvas, Rect area, const ClientVm *vm)
{
	int picture_width = MIN((area.height - 1) * 8 / 3, area.width / 3);
	Rect picture = { area.x + 1, area.y + 1, picture_width, area.height - 1 };
	Rect text = { picture.x + picture_width + 2, area.y + 1, area.width - picture_width - 4,
		      area.height - 1 };
	g_autoptr(GPtrArray) rows = NULL;

	details->tab_y = -1;
	if (!vm) {
		canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
		return;
	}
	draw_tabs(details, canvas, area, vm);
	preview_draw(details->preview, canvas, picture, vm);
	rows = rows_of(details, vm, text.width);
	draw_rows(rows, canvas, text);
}
