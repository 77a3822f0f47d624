/* Methods of io.carrel.Vm about checkpoints. */
#include "api/api-private.h"
#include "model/checkpoint.h"

static void operate(Call *call, Vm *vm, VmOp op, const char *word)
{
	VmOpOptions options = { .checkpoint = word };
	GError *error = NULL;
	Job *job = vm_operate(vm, op, &options, &error);

	call_return_job(call, job, error);
}

void call_create_checkpoint(Call *call, gpointer vm)
{
	g_autoptr(GVariant) dict = g_variant_get_child_value(call->parameters, 0);
	const char *name = NULL;

	g_variant_lookup(dict, "name", "&s", &name);
	operate(call, vm, VM_OP_CHECKPOINT, name);
}

void call_revert(Call *call, gpointer vm)
{
	operate(call, vm, VM_OP_APPLY, NULL);
}

static void operate_on(Call *call, Vm *vm, VmOp op)
{
	const char *word;

	g_variant_get(call->parameters, "(&s)", &word);
	operate(call, vm, op, word);
}

void call_apply_checkpoint(Call *call, gpointer vm)
{
	operate_on(call, vm, VM_OP_APPLY);
}

void call_delete_checkpoint(Call *call, gpointer vm)
{
	operate_on(call, vm, VM_OP_DROP_CHECKPOINT);
}

void call_rename_checkpoint(Call *call, gpointer vm)
{
	const char *word, *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s&s)", &word, &name);
	if (vm_rename_checkpoint(vm, word, name, &error))
		call_return(call, NULL);
	else
		call_fail(call, error);
}

static void add_row(GVariantBuilder *rows, const Checkpoint *checkpoint, const char *now)
{
	gboolean current = g_str_equal(checkpoint->id, now);

	g_variant_builder_open(rows, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(rows, "{sv}", "id", g_variant_new_string(checkpoint->id));
	g_variant_builder_add(rows, "{sv}", "name", g_variant_new_string(checkpoint->name));
	g_variant_builder_add(rows, "{sv}", "parent", g_variant_new_string(checkpoint->parent));
	g_variant_builder_add(rows, "{sv}", "created",
			      g_variant_new_int64(checkpoint->created_us / G_USEC_PER_SEC));
	g_variant_builder_add(rows, "{sv}", "memory", g_variant_new_boolean(checkpoint->memory));
	g_variant_builder_add(rows, "{sv}", "current", g_variant_new_boolean(current));
	g_variant_builder_close(rows);
}

void call_list_checkpoints(Call *call, gpointer vm)
{
	g_autoptr(GPtrArray) all = vm_checkpoints(vm);
	g_autofree char *now = vm_checkpoint_now(vm);
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < all->len; i++)
		add_row(&rows, all->pdata[i], now);
	call_return(call, g_variant_new("(aa{sv})", &rows));
}
