#include "ui/vm-table.h"

#include <string.h>

void vm_table_init(VmTable *table)
{
	*table = (VmTable){ .rows = g_ptr_array_new(),
			    .selected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
			    .filter = g_strdup("") };
}

void vm_table_clear(VmTable *table)
{
	g_ptr_array_unref(table->rows);
	g_hash_table_unref(table->selected);
	g_free(table->filter);
}

static gboolean contains(const char *text, const char *part)
{
	g_autofree char *lower = g_utf8_strdown(text, -1);

	return strstr(lower, part) != NULL;
}

static gboolean matches(const VmTable *table, const ClientVm *vm)
{
	const char *const texts[] = { vm->name,  vm->state, vm->os,    vm->switch_name,
				      vm->notes, vm->ip,    vm->status };

	if (!*table->filter)
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (contains(texts[i], table->filter))
			return TRUE;
	return FALSE;
}

/* --- order ------------------------------------------------------------------------------------------------------------ */

static int by_name(const ClientVm *a, const ClientVm *b)
{
	int order = g_utf8_collate(a->name, b->name);

	return order ? order : strcmp(a->path, b->path);
}

static int by_state(const ClientVm *a, const ClientVm *b)
{
	return strcmp(a->state, b->state);
}

/* Of numbers the greatest comes first: who asks for an order by CPU wants to see who uses it. */
static int by_cpu(const ClientVm *a, const ClientVm *b)
{
	return (a->cpu_usage < b->cpu_usage) - (a->cpu_usage > b->cpu_usage);
}

static int by_memory(const ClientVm *a, const ClientVm *b)
{
	return (a->memory_assigned < b->memory_assigned) - (a->memory_assigned > b->memory_assigned);
}

static gint64 start_time(const ClientVm *vm)
{
	return vm->started > 0 ? vm->started : G_MAXINT64;
}

static int by_uptime(const ClientVm *a, const ClientVm *b)
{
	return (start_time(a) > start_time(b)) - (start_time(a) < start_time(b));
}

static int by_status(const ClientVm *a, const ClientVm *b)
{
	return strcmp(b->status, a->status);
}

static int (*const orders[])(const ClientVm *, const ClientVm *) = {
	[VM_COLUMN_NAME] = by_name,     [VM_COLUMN_STATE] = by_state,   [VM_COLUMN_CPU] = by_cpu,
	[VM_COLUMN_MEMORY] = by_memory, [VM_COLUMN_UPTIME] = by_uptime, [VM_COLUMN_STATUS] = by_status,
};
G_STATIC_ASSERT(G_N_ELEMENTS(orders) == VM_COLUMN_COUNT);

static int compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const ClientVm *left = *(ClientVm *const *)a, *right = *(ClientVm *const *)b;
	const VmTable *table = data;
	int order = orders[table->sort](left, right);

	if (!order)
		return by_name(left, right);
	return table->reverse ? -order : order;
}

/* --- content ----------------------------------------------------------------------------------------------------------- */

static void forget_missing(VmTable *table, GPtrArray *vms)
{
	g_autoptr(GHashTable) present = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer path;

	if (!g_hash_table_size(table->selected))
		return;
	for (guint i = 0; i < vms->len; i++)
		g_hash_table_add(present, ((ClientVm *)vms->pdata[i])->path);
	g_hash_table_iter_init(&iter, table->selected);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		if (!g_hash_table_contains(present, path))
			g_hash_table_iter_remove(&iter);
}

void vm_table_update(VmTable *table, GPtrArray *vms)
{
	g_ptr_array_set_size(table->rows, 0);
	for (guint i = 0; i < vms->len; i++)
		if (matches(table, vms->pdata[i]))
			g_ptr_array_add(table->rows, vms->pdata[i]);
	/* The client's list is sorted by name; a thousand names need not be collated again for that. */
	if (table->sort != VM_COLUMN_NAME || table->reverse)
		g_ptr_array_sort_with_data(table->rows, compare, table);
	forget_missing(table, vms);
}

void vm_table_set_filter(VmTable *table, const char *filter)
{
	g_free(table->filter);
	table->filter = g_utf8_strdown(filter, -1);
}

void vm_table_sort_by(VmTable *table, VmColumn column)
{
	table->reverse = table->sort == column && !table->reverse;
	table->sort = column;
}

int vm_table_find(const VmTable *table, const char *path)
{
	for (guint i = 0; path && i < table->rows->len; i++)
		if (g_str_equal(((ClientVm *)table->rows->pdata[i])->path, path))
			return (int)i;
	return -1;
}

gboolean vm_table_is_selected(const VmTable *table, const ClientVm *vm)
{
	return g_hash_table_contains(table->selected, vm->path);
}

void vm_table_toggle(VmTable *table, const ClientVm *vm)
{
	if (!g_hash_table_remove(table->selected, vm->path))
		g_hash_table_add(table->selected, g_strdup(vm->path));
}

void vm_table_toggle_all(VmTable *table)
{
	gboolean all = TRUE;

	for (guint i = 0; i < table->rows->len; i++)
		all = all && vm_table_is_selected(table, table->rows->pdata[i]);
	g_hash_table_remove_all(table->selected);
	for (guint i = 0; !all && i < table->rows->len; i++)
		vm_table_toggle(table, table->rows->pdata[i]);
}
