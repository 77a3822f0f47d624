#include "ui/vm-columns.h"

#include "ui/vm-text.h"

#define GAP        2
#define WIDE       110 /* from here on there is room for long names */
#define WIDE_NAME  32
#define MIN_STATUS 8

/* Width 0 takes what is left. */
/* clang-format off */
static const struct {
	const char *title;
	int width;
	gboolean right;
} table[] = {
	[VM_COLUMN_NAME]   = { "Name", 20, FALSE },
	[VM_COLUMN_STATE]  = { "State", 9, FALSE },
	[VM_COLUMN_CPU]    = { "CPU", 5, TRUE },
	[VM_COLUMN_MEMORY] = { "Memory", 8, TRUE },
	[VM_COLUMN_UPTIME] = { "Uptime", 9, TRUE },
	[VM_COLUMN_STATUS] = { "Status", 0, FALSE },
};
/* clang-format on */
G_STATIC_ASSERT(G_N_ELEMENTS(table) == VM_COLUMN_COUNT);

void vm_columns_layout(VmColumns *columns, int x, int width)
{
	int end = x + width;

	x += GAP; /* for the mark of selected rows */
	for (int i = 0; i < VM_COLUMN_COUNT; i++) {
		columns->x[i] = x;
		columns->width[i] = table[i].width ? table[i].width : MAX(end - x - GAP, MIN_STATUS);
		if (i == VM_COLUMN_NAME && width >= WIDE)
			columns->width[i] = WIDE_NAME;
		x += columns->width[i] + GAP;
	}
	columns->x[VM_COLUMN_COUNT] = x;
}

int vm_columns_at(const VmColumns *columns, int x)
{
	for (int i = 0; i < VM_COLUMN_COUNT; i++)
		if (x >= columns->x[i] && x < columns->x[i + 1])
			return i;
	return -1;
}

void vm_columns_draw_head(const VmColumns *columns, Canvas *canvas, int y, const VmTable *vms)
{
	gboolean usual = vms->sort == VM_COLUMN_NAME && !vms->reverse;
	const char *mark = vms->reverse ? "\xe2\x96\xb2" : "\xe2\x96\xbc";

	for (int i = 0; i < VM_COLUMN_COUNT; i++) {
		gboolean marked = !usual && i == (int)vms->sort;
		g_autofree char *title = g_strconcat(table[i].title, marked ? mark : "", NULL);
		canvas_field(canvas, columns->x[i], y, columns->width[i], theme(ROLE_HEADER), title,
			     table[i].right);
	}
}

/* In the order of the columns; each is freed by the caller. */
static void row_texts(const ClientVm *vm, const ClientJob *job, char *texts[VM_COLUMN_COUNT])
{
	texts[VM_COLUMN_NAME] = g_strdup(vm->name);
	texts[VM_COLUMN_STATE] = vm_text_state(vm->state);
	texts[VM_COLUMN_CPU] = vm_text_cpu(vm);
	texts[VM_COLUMN_MEMORY] = vm_text_memory(vm);
	texts[VM_COLUMN_UPTIME] = vm_text_uptime(vm->started, g_get_real_time() / G_USEC_PER_SEC);
	texts[VM_COLUMN_STATUS] = vm_text_status(vm, job);
}

/* The row with the cursor has one colour, so that it is seen as a whole. */
static Style column_style(VmColumn column, const ClientVm *vm, Style row, gboolean cursor)
{
	if (cursor)
		return row;
	if (column == VM_COLUMN_STATE)
		return theme(theme_state_role(vm->state));
	if (column == VM_COLUMN_STATUS)
		return theme(*vm->status && !vm_text_is_coming_up(vm) ? ROLE_BAD : ROLE_DIM);
	return row;
}

void vm_columns_draw_row(const VmColumns *columns, Canvas *canvas, Rect row, const ClientVm *vm,
			 const ClientJob *job, gboolean cursor, gboolean selected)
{
	Style style = theme(cursor ? ROLE_CURSOR : selected ? ROLE_MARKED : ROLE_NORMAL);
	char *texts[VM_COLUMN_COUNT];

	canvas_fill(canvas, row, ' ', style);
	canvas_text(canvas, row.x, row.y, 1, style, selected ? "*" : "");
	row_texts(vm, job, texts);
	for (int i = 0; i < VM_COLUMN_COUNT; i++) {
		canvas_field(canvas, columns->x[i], row.y, columns->width[i],
			     column_style((VmColumn)i, vm, style, cursor), texts[i], table[i].right);
		g_free(texts[i]);
	}
}
