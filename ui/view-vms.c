#include "ui/view-vms.h"

#include <string.h>

#include "ui/details.h"
#include "ui/line-edit.h"
#include "ui/list.h"
#include "ui/tiles.h"
#include "ui/view-console.h"
#include "ui/view-form.h"
#include "ui/view-jobs.h"
#include "ui/view-previews.h"
#include "ui/view-quick.h"
#include "ui/view-tiles.h"
#include "ui/vm-actions.h"
#include "ui/vm-columns.h"
#include "ui/vm-text.h"

#define DOUBLE_CLICK_US (400 * 1000)

typedef struct {
	View view;
	VmTable table;
	List list;
	char *cursor; /* path of the VM under the cursor: rows move, the VM stays */
	gboolean dirty, filtering, quick_when_empty;
	LineEdit filter;
	Details *details;
	Rect rows;
	VmColumns columns;
	gint64 last_click;
	int last_row;
} VmsView;

/* --- rows ------------------------------------------------------------------------------------------------------------- */

static void refresh(VmsView *self);

/* The VM under the cursor, NULL = none. */
static ClientVm *current(VmsView *self)
{
	refresh(self);
	return self->list.cursor < (int)self->table.rows->len ? self->table.rows->pdata[self->list.cursor]
							      : NULL;
}

static void remember_cursor(VmsView *self)
{
	const ClientVm *vm = current(self);

	g_free(self->cursor);
	self->cursor = g_strdup(vm ? vm->path : NULL);
}

/* Rows as the client has them now, the cursor on the same VM as before. */
static void refresh(VmsView *self)
{
	int row;

	if (!self->dirty)
		return;
	self->dirty = FALSE;
	vm_table_update(&self->table, client_vms(app_client(self->view.app)));
	char *pointed = app_take_pointed(self->view.app, self->table.rows);
	if (pointed) {
		g_free(self->cursor);
		self->cursor = pointed;
	}
	row = vm_table_find(&self->table, self->cursor);
	if (row >= 0)
		self->list.cursor = row;
	list_layout(&self->list, (int)self->table.rows->len, self->list.height);
	remember_cursor(self);
}

static ViewResult changed(VmsView *self)
{
	self->dirty = TRUE;
	refresh(self);
	return VIEW_REDRAW;
}

/* What actions apply to: the selected VMs, else the one under the cursor. Caller frees. */
static GPtrArray *targets(VmsView *self)
{
	GPtrArray *vms = client_vms(app_client(self->view.app)), *found = g_ptr_array_new();
	ClientVm *vm = current(self);

	for (guint i = 0; i < vms->len; i++)
		if (vm_table_is_selected(&self->table, vms->pdata[i]))
			g_ptr_array_add(found, vms->pdata[i]);
	if (!found->len && vm)
		g_ptr_array_add(found, vm);
	return found;
}

/* --- commands --------------------------------------------------------------------------------------------------------- */

static void set_filter(VmsView *self, const char *text)
{
	vm_table_set_filter(&self->table, text);
	changed(self);
}

/* One VM in the whole terminal, several side by side. */
static void open_consoles(VmsView *self, gboolean view_only)
{
	g_autoptr(GPtrArray) vms = targets(self), paths = g_ptr_array_new_with_free_func(g_free);

	if (vms->len > TILES_MAX) {
		app_message(self->view.app, ROLE_BAD,
			    "%u VMs are selected, and at most %d have room side by side; deselect some.",
			    vms->len, TILES_MAX);
		return;
	}
	for (guint i = 0; i < vms->len; i++)
		g_ptr_array_add(paths, g_strdup(((ClientVm *)vms->pdata[i])->path));
	g_ptr_array_add(paths, NULL);
	if (vms->len == 1)
		view_console_open(self->view.app, paths->pdata[0], view_only, FALSE);
	else
		view_tiles_open(self->view.app, (const char *const *)paths->pdata, view_only);
}

static void connect_to(VmsView *self, const ClientVm *vm)
{
	open_consoles(self, FALSE);
}

static void watch(VmsView *self, const ClientVm *vm)
{
	open_consoles(self, TRUE);
}

static void open_previews(VmsView *self, const ClientVm *vm)
{
	view_previews_open(self->view.app);
}

static void open_settings(VmsView *self, const ClientVm *vm)
{
	view_form_open_settings(self->view.app, vm);
}

static void rename_vm(VmsView *self, const ClientVm *vm)
{
	vm_actions_rename(self->view.app, vm);
}

static void select_vm(VmsView *self, const ClientVm *vm)
{
	vm_table_toggle(&self->table, vm);
	list_command(&self->list, COMMAND_DOWN);
	remember_cursor(self);
}

static void open_quick(VmsView *self, const ClientVm *vm)
{
	view_quick_open(self->view.app);
}

static void open_new(VmsView *self, const ClientVm *vm)
{
	view_form_open_new(self->view.app);
}

static void open_jobs(VmsView *self, const ClientVm *vm)
{
	view_jobs_open(self->view.app);
}

static void select_all(VmsView *self, const ClientVm *vm)
{
	vm_table_toggle_all(&self->table);
}

static void start_filter(VmsView *self, const ClientVm *vm)
{
	self->filtering = TRUE;
}

static void cancel(VmsView *self, const ClientVm *vm)
{
	self->filtering = FALSE;
	line_edit_set(&self->filter, "");
	g_hash_table_remove_all(self->table.selected);
	set_filter(self, "");
}

static void sort_next(VmsView *self, const ClientVm *vm)
{
	vm_table_sort_by(&self->table, (VmColumn)((self->table.sort + 1) % VM_COLUMN_COUNT));
	changed(self);
}

static void sort_reverse(VmsView *self, const ClientVm *vm)
{
	vm_table_sort_by(&self->table, self->table.sort);
	changed(self);
}

static void next_tab(VmsView *self, const ClientVm *vm)
{
	details_next_tab(self->details);
}

/* @vm is the one under the cursor; commands that need one are not run without. */
/* clang-format off */
static const struct {
	int command;
	gboolean needs_vm;
	void (*run)(VmsView *self, const ClientVm *vm);
} own_commands[] = {
	{ COMMAND_ACCEPT, TRUE, connect_to },       { COMMAND_CONNECT_READ_ONLY, TRUE, watch },
	{ COMMAND_SETTINGS, TRUE, open_settings },  { COMMAND_RENAME, TRUE, rename_vm },
	{ COMMAND_SELECT, TRUE, select_vm },        { COMMAND_SELECT_ALL, FALSE, select_all },
	{ COMMAND_QUICK, FALSE, open_quick },       { COMMAND_NEW, FALSE, open_new },
	{ COMMAND_JOBS, FALSE, open_jobs },         { COMMAND_FILTER, FALSE, start_filter },
	{ COMMAND_CANCEL, FALSE, cancel },          { COMMAND_SORT, FALSE, sort_next },
	{ COMMAND_TAB, FALSE, next_tab },           { COMMAND_SORT_REVERSE, FALSE, sort_reverse },
	{ COMMAND_PREVIEWS, FALSE, open_previews },
};
/* clang-format on */

static ViewResult run_own(VmsView *self, int command)
{
	const ClientVm *vm = current(self);

	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++) {
		if (own_commands[i].command != command)
			continue;
		if (vm || !own_commands[i].needs_vm)
			own_commands[i].run(self, vm);
		return VIEW_REDRAW;
	}
	return VIEW_IGNORED;
}

static ViewResult vms_command(View *view, int command)
{
	VmsView *self = (VmsView *)view;
	g_autoptr(GPtrArray) vms = NULL;
	ViewResult result;

	refresh(self);
	if (self->filtering && command == COMMAND_ACCEPT) {
		self->filtering = FALSE; /* the filter stays */
		return VIEW_REDRAW;
	}
	result = list_command(&self->list, command);
	remember_cursor(self);
	if (result != VIEW_IGNORED)
		return result;
	vms = targets(self);
	if (command < ACTION_COUNT)
		vm_actions_run(view->app, command, vms);
	else if (command == COMMAND_MENU && vms->len)
		vm_actions_menu(view->app, vms);
	else
		return run_own(self, command);
	return VIEW_REDRAW;
}

static gboolean vms_offers(View *view, int command)
{
	VmsView *self = (VmsView *)view;
	g_autoptr(GPtrArray) vms = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(own_commands); i++)
		if (own_commands[i].command == command)
			return !own_commands[i].needs_vm || current(self);
	vms = targets(self);
	return command < ACTION_COUNT ? vm_actions_offered(command, vms)
				      : command != COMMAND_MENU || vms->len;
}

static gboolean vms_typing(View *view)
{
	return ((VmsView *)view)->filtering;
}

static ViewResult vms_key(View *view, const TermKey *key)
{
	VmsView *self = (VmsView *)view;

	if (!self->filtering || !line_edit_key(&self->filter, key, FALSE))
		return VIEW_IGNORED;
	set_filter(self, self->filter.text->str);
	return VIEW_REDRAW;
}

/* --- mouse ------------------------------------------------------------------------------------------------------------ */

static ViewResult click_header(VmsView *self, int x)
{
	int column = vm_columns_at(&self->columns, x);

	if (column < 0)
		return VIEW_IGNORED;
	vm_table_sort_by(&self->table, (VmColumn)column);
	return changed(self);
}

static ViewResult click_row(VmsView *self)
{
	gint64 now = g_get_monotonic_time();
	gboolean twice = now - self->last_click < DOUBLE_CLICK_US && self->last_row == self->list.cursor;

	self->last_click = now;
	self->last_row = self->list.cursor;
	if (twice) /* that one, whatever is selected */
		view_console_open(self->view.app, current(self)->path, FALSE, FALSE);
	return VIEW_REDRAW;
}

static ViewResult vms_mouse(View *view, const TermKey *mouse)
{
	VmsView *self = (VmsView *)view;
	gboolean press = mouse->event == TERM_PRESS && mouse->button == TERM_BUTTON_LEFT, clicked;
	ViewResult result;

	refresh(self);
	if (press && mouse->y == self->rows.y - 1)
		return click_header(self, mouse->x);
	if (press && details_click(self->details, mouse->x, mouse->y))
		return VIEW_REDRAW;
	result = list_mouse(&self->list, mouse, self->rows, &clicked);
	remember_cursor(self);
	return clicked ? click_row(self) : result;
}

/* --- events ----------------------------------------------------------------------------------------------------------- */

static ViewResult vms_event(View *view, ClientEvent event, gpointer object)
{
	VmsView *self = (VmsView *)view;

	self->dirty = TRUE;
	details_event(self->details, event, object);
	if (event == CLIENT_CONNECTED && self->quick_when_empty && !client_vms(app_client(view->app))->len)
		view_quick_open(view->app);
	if (event == CLIENT_CONNECTED)
		self->quick_when_empty = FALSE;
	return view->shown ? VIEW_REDRAW : VIEW_QUIET;
}

static void vms_show(View *view, gboolean shown)
{
	details_show(((VmsView *)view)->details, shown);
}

/* Uptimes of the rows that are seen. */
static guint vms_tick(View *view)
{
	VmsView *self = (VmsView *)view;
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;
	guint soonest = 0;

	refresh(self);
	for (int i = self->list.top; i < MIN(self->list.top + self->list.height, (int)self->table.rows->len);
	     i++) {
		guint tick = vm_text_uptime_tick(((ClientVm *)self->table.rows->pdata[i])->started, now);
		if (tick && (!soonest || tick < soonest))
			soonest = tick;
	}
	return soonest;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------- */

static const ClientJob *job_of(VmsView *self, const ClientVm *vm)
{
	GPtrArray *jobs = client_jobs(app_client(self->view.app));

	for (guint i = jobs->len; i > 0; i--) {
		const ClientJob *job = jobs->pdata[i - 1];
		if (g_str_equal(job->state, "running") && g_str_equal(job->subject, vm->name))
			return job;
	}
	return NULL;
}

static void draw_row(VmsView *self, Canvas *canvas, Rect row, int index)
{
	const ClientVm *vm = self->table.rows->pdata[index];

	vm_columns_draw_row(&self->columns, canvas, row, vm, job_of(self, vm), index == self->list.cursor,
			    vm_table_is_selected(&self->table, vm));
}

static void draw_empty(VmsView *self, Canvas *canvas, Rect area)
{
	const char *text = *self->table.filter ? "No VM matches the filter. Esc drops it."
			   : app_connected(self->view.app)
				   ? "No VMs yet. Press c for Quick Create, or n for a new one."
				   : "";

	canvas_text(canvas, area.x + 2, area.y + 1, area.width - 4, theme(ROLE_DIM), text);
}

static void draw_list(VmsView *self, Canvas *canvas, Rect area)
{
	list_layout(&self->list, (int)self->table.rows->len, area.height);
	if (!self->table.rows->len)
		draw_empty(self, canvas, area);
	for (int i = 0; i < area.height && self->list.top + i < self->list.count; i++)
		draw_row(self, canvas, (Rect){ area.x, area.y + i, area.width, 1 }, self->list.top + i);
	canvas_scrollbar(canvas, area, self->list.top, self->list.count, theme(ROLE_DIM));
}

static void draw_filter(VmsView *self, Canvas *canvas, Rect area)
{
	int x = area.x + 2 + canvas_text(canvas, area.x + 2, area.y, 8, theme(ROLE_HEADING), "Filter: ");

	line_edit_draw(&self->filter, canvas, x, area.y, 40, theme(self->filtering ? ROLE_FOCUS : ROLE_INPUT),
		       self->filtering);
}

static void vms_draw(View *view, Canvas *canvas, Rect area)
{
	VmsView *self = (VmsView *)view;
	gboolean filter = self->filtering || *self->table.filter;
	int details_height = CLAMP(area.height * 2 / 5, 9, 18), head = filter ? 2 : 1;

	refresh(self);
	self->rows = (Rect){ area.x, area.y + head, area.width, area.height - head - details_height };
	if (filter)
		draw_filter(self, canvas, area);
	vm_columns_layout(&self->columns, area.x, area.width);
	vm_columns_draw_head(&self->columns, canvas, area.y + head - 1, &self->table);
	draw_list(self, canvas, self->rows);
	details_set_vm(self->details, current(self));
	details_draw(self->details, canvas,
		     (Rect){ area.x, area.y + area.height - details_height, area.width, details_height },
		     current(self));
}

static char *vms_title(View *view)
{
	VmsView *self = (VmsView *)view;
	guint selected = g_hash_table_size(self->table.selected);

	return selected ? g_strdup_printf("Virtual Machines (%u selected)", selected)
			: g_strdup("Virtual Machines");
}

static void vms_free(View *view)
{
	VmsView *self = (VmsView *)view;

	details_free(self->details);
	vm_table_clear(&self->table);
	line_edit_clear(&self->filter);
	g_free(self->cursor);
	g_free(self);
}

static const ViewClass vms_class = {
	.id = VIEW_VMS,
	.title = vms_title,
	.draw = vms_draw,
	.command = vms_command,
	.offers = vms_offers,
	.key = vms_key,
	.typing = vms_typing,
	.mouse = vms_mouse,
	.event = vms_event,
	.show = vms_show,
	.tick = vms_tick,
	.free = vms_free,
};

void view_vms_open(App *app, gboolean quick_when_empty)
{
	VmsView *self = g_new0(VmsView, 1);

	self->quick_when_empty = quick_when_empty;
	self->dirty = TRUE;
	vm_table_init(&self->table);
	line_edit_init(&self->filter, "");
	self->details = details_new(app);
	app_push(app, &self->view, &vms_class);
}
