#include "ui/console-card.h"

#include "ui/vm-text.h"

typedef struct {
	char *text; /* owned */
	Role role;
} CardLine;

static void line_clear(gpointer data)
{
	g_free(((CardLine *)data)->text);
}

static void add(GArray *lines, int width, Role role, const char *text)
{
	g_autoptr(GPtrArray) parts = canvas_wrap(text, width);

	for (guint i = 0; i < parts->len; i++) {
		CardLine line = { g_strdup(parts->pdata[i]), role };
		g_array_append_val(lines, line);
	}
}

/* What is the matter. In a narrow place, whose title has the name, the state is enough. */
static char *headline(App *app, const ClientVm *vm, Link *link, gboolean is_narrow)
{
	gboolean can_start = vm && action_possible(action_get(ACTION_START), vm->state);

	if (!client_is_connected(app_client(app)))
		return g_strdup("No connection to carreld, trying again\xe2\x80\xa6");
	if (!vm)
		return g_strdup("Loading\xe2\x80\xa6");
	if (link_state(link) == LINK_OPEN && !can_start)
		return g_strdup("Waiting for the picture\xe2\x80\xa6");
	if (is_narrow)
		return vm_text_state(vm->state);
	return g_strdup_printf(can_start ? "VM `%s' is %s." : "VM `%s' is %s\xe2\x80\xa6", vm->name,
			       vm->state);
}

#define NARROW 60

void console_card_draw(App *app, const char *vm_path, Link *link, Canvas *canvas, Rect area, const char *hint)
{
	const ClientVm *vm = client_find_vm(app_client(app), vm_path);
	g_autofree char *what = headline(app, vm, link, area.width < NARROW);
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(CardLine));
	int width = MAX(area.width - 2, 1), top;

	g_array_set_clear_func(lines, line_clear);
	add(lines, width, ROLE_NORMAL, what);
	if (vm && *vm->status)
		add(lines, width, ROLE_BAD, vm->status);
	if (hint && vm && action_possible(action_get(ACTION_START), vm->state)) {
		add(lines, width, ROLE_DIM, " ");
		add(lines, width, ROLE_DIM, hint);
	}
	top = area.y + MAX((area.height - (int)lines->len) / 2, 0);
	for (guint i = 0; i < lines->len && (int)i < area.height; i++) {
		const CardLine *line = &g_array_index(lines, CardLine, i);
		int used = MIN(canvas_text_width(line->text), area.width);
		canvas_text(canvas, area.x + (area.width - used) / 2, top + (int)i, used, theme(line->role),
			    line->text);
	}
}
