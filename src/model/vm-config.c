/* vm.conf: reading it when somebody edited it, changing fields, renaming. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/units.h"
#include "hv/disk.h"
#include "hv/qmp-cmds.h"
#include "model/switch.h"
#include "model/vm-private.h"
#include "spec/spec-fields.h"
#include "spec/spec-file.h"

static FileStamp file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (FileStamp){ -1, 0, 0 };
	return (FileStamp){ (gint64)st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec,
			    (guint64)st.st_size, (guint64)st.st_ino };
}

static gboolean stamp_equal(const FileStamp *a, const FileStamp *b)
{
	return a->mtime_ns == b->mtime_ns && a->size == b->size && a->inode == b->inode;
}

/* A VM whose vm.conf cannot be read still has a name and an id, so that it can be seen and deleted. The id is made from the
 * folder's name: the same at each start. */
static VmSpec *stand_in_spec(const char *folder)
{
	VmSpec *spec = vm_spec_new();
	g_autofree char *name = g_path_get_basename(folder);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, folder, -1);

	vm_spec_set(spec, "name", name, NULL);
	g_free(spec->id);
	spec->id = g_strdup_printf("%.8s-%.4s-5%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15,
				   hash + 18);
	return spec;
}

/* The folder's name is the VM's: a copied or renamed folder is a VM of that name. */
static void take_spec(Vm *vm, VmSpec *spec)
{
	g_autofree char *name = g_path_get_basename(vm->folder);

	g_free(spec->name);
	spec->name = g_steal_pointer(&name);
	vm_spec_free(vm->spec);
	vm->spec = spec;
}

static gboolean id_taken(Vm *vm, const char *id)
{
	Vm *other = model_vm_by_id(vm->model, id);

	return other && other != vm;
}

static void set_conf_error(Vm *vm, char *sentence)
{
	g_free(vm->conf_error);
	vm->conf_error = sentence;
}

gboolean vm_load(Vm *vm)
{
	g_autofree char *path = vm_file(vm, VM_CONF);
	g_autoptr(GError) error = NULL;
	FileStamp stamp = file_stamp(path);

	if (vm->spec && stamp_equal(&stamp, &vm->stamp))
		return FALSE;
	vm->stamp = stamp;
	g_autoptr(VmSpec) spec = spec_file_load(path, &error);
	g_assert(vm->spec || !vm->machine);
	if (spec && vm->machine && !g_str_equal(spec->id, vm->spec->id))
		error = error_new(CARREL_ERROR_USAGE, "write back the old id, or turn the VM off first",
				  "%s:1:1: the id of a running VM was changed", path);
	else if (spec && id_taken(vm, spec->id))
		error = error_new(CARREL_ERROR_EXISTS, "give it a new one, as uuidgen makes it",
				  "%s:1:1: the id is that of VM `%s' too", path,
				  vm_name(model_vm_by_id(vm->model, spec->id)));
	if (error) {
		set_conf_error(vm, error_sentence(error));
		g_warning("%s", vm->conf_error);
		if (!vm->spec)
			vm->spec = stand_in_spec(vm->folder);
	} else {
		set_conf_error(vm, NULL);
		take_spec(vm, g_steal_pointer(&spec));
	}
	vm_mark(vm, VM_CHANGED_SPEC | VM_CHANGED_STATUS);
	return TRUE;
}

/* --- set --- */

typedef struct {
	Vm *vm;
	VmSpec *spec;    /* with the changes */
	GPtrArray *live; /* paths of fields that the running machine must hear of */
	guint next;
} SetRun;

static void set_run_free(gpointer data)
{
	SetRun *run = data;

	vm_spec_free(run->spec);
	g_ptr_array_unref(run->live);
	g_free(run);
}

static gboolean may_change(Vm *vm, const SpecField *field, GError **error)
{
	switch (field->change) {
	case CHANGE_LIVE:
		return TRUE;
	case CHANGE_OFF:
		if (vm_op_check(VM_OP_CONFIGURE, vm->state, vm->spec->name, error))
			return TRUE;
		g_prefix_error(error, "`%s': ", field->key);
		return FALSE;
	case CHANGE_RENAME:
		return error_set(error, CARREL_ERROR_USAGE, "use `carrel rename'",
				 "field `%s' is not changed by `set'", field->key);
	case CHANGE_NEVER:
		return error_set(error, CARREL_ERROR_USAGE, NULL, "field `%s' is fixed when a VM is created",
				 field->key);
	}
	g_assert_not_reached();
}

static gboolean set_one(SetRun *run, const char *path, const char *text, GError **error)
{
	gpointer object;
	const SpecField *field = spec_field_at(run->spec, path, &object, error);

	if (!field)
		return FALSE;
	g_autofree char *before = spec_field_get(field, object);
	if (!spec_field_set(field, object, text, error))
		return FALSE;
	g_autofree char *after = spec_field_get(field, object);
	if (g_str_equal(before, after))
		return TRUE;
	if (field->change == CHANGE_LIVE)
		g_ptr_array_add(run->live, g_strdup(path));
	return may_change(run->vm, field, error);
}

static gboolean check_disc(const char *path, const char *use, GError **error)
{
	return !*path || !g_path_is_absolute(path) || g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
	       error_set(error, CARREL_ERROR_FAILED, "check the path", "there is no file `%s' for %s", path,
			 use);
}

static gboolean check_references(const VmSpec *spec, GError **error)
{
	for (guint i = 0; i < spec->nics->len; i++) {
		NetPort port;
		if (!switch_plug(spec->nics->pdata[i], &port, error))
			return FALSE;
	}
	return check_disc(spec->iso, "the DVD drive", error) && check_disc(spec->drivers, "drivers", error);
}

static void set_next_live(GTask *task);

static void on_live_applied(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;

	if (cmd_finish(result, &error)) {
		set_next_live(data);
		return;
	}
	g_task_return_error(data, g_steal_pointer(&error));
	g_object_unref(data);
}

static void set_save(GTask *task)
{
	SetRun *run = g_task_get_task_data(task);
	Vm *vm = run->vm;
	g_autofree char *path = vm_file(vm, VM_CONF);
	g_autoptr(GError) error = NULL;

	if (spec_file_save(run->spec, path, &error)) {
		take_spec(vm, g_steal_pointer(&run->spec));
		vm->stamp = file_stamp(path);
		set_conf_error(vm, NULL);
		vm_mark(vm, VM_CHANGED_SPEC | VM_CHANGED_STATUS);
		g_task_return_boolean(task, TRUE);
	} else {
		g_task_return_error(task, g_steal_pointer(&error));
	}
	g_object_unref(task);
}

static gboolean has_link(const NicSpec *nic)
{
	return nic->connected && *nic->switch_name;
}

/* Tells the machine about one live field after the other, then writes the file. */
static void set_next_live(GTask *task)
{
	SetRun *run = g_task_get_task_data(task);

	while (run->vm->machine && run->next < run->live->len) {
		const char *path = run->live->pdata[run->next++];
		const char *dot = strchr(path, '.');
		if (g_str_equal(path, "iso")) {
			g_autofree char *file =
				*run->spec->iso ? vm_file(run->vm, run->spec->iso) : g_strdup("");
			cmd_change_iso(run->vm->machine, file, on_live_applied, task);
			return;
		}
		if (dot && g_str_equal(dot, ".connected")) {
			g_autofree char *nic = g_strndup(path, (gsize)(dot - path));
			cmd_set_link(run->vm->machine, nic, has_link(vm_spec_find_nic(run->spec, nic)),
				     on_live_applied, task);
			return;
		}
	}
	set_save(task);
}

void vm_set(Vm *vm, GHashTable *fields, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	SetRun *run = g_new0(SetRun, 1);
	g_autoptr(GError) error = NULL;
	GHashTableIter iter;
	gpointer path, text;

	g_task_set_task_data(task, run, set_run_free);
	vm_load(vm);
	run->vm = vm;
	run->live = g_ptr_array_new_with_free_func(g_free);
	run->spec = vm_spec_copy(vm->spec);
	if (vm->conf_error)
		error = error_new(CARREL_ERROR_USAGE, NULL, "%s", vm->conf_error);
	g_hash_table_iter_init(&iter, fields);
	while (!error && g_hash_table_iter_next(&iter, &path, &text))
		set_one(run, path, text, &error);
	if (!error && vm_spec_validate(run->spec, &error))
		check_references(run->spec, &error);
	if (error) {
		g_task_return_error(task, g_steal_pointer(&error));
		g_object_unref(task);
		return;
	}
	set_next_live(task);
}

gboolean vm_set_finish(Vm *vm, GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- rename --- */

gboolean vm_rename(Vm *vm, const char *name, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(vm->folder);
	g_autofree char *folder = g_build_filename(parent, name, NULL);
	g_autofree char *conf = g_build_filename(folder, VM_CONF, NULL);

	if (!units_check_name("VM", name, error) ||
	    !vm_op_check(VM_OP_RENAME, vm->state, vm->spec->name, error))
		return FALSE;
	if (vm->conf_error)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "%s", vm->conf_error);
	if (g_str_equal(name, vm->spec->name))
		return TRUE;
	if (g_ascii_strcasecmp(name, vm->spec->name) != 0 && !model_name_free(vm->model, name, error))
		return FALSE;
	g_autoptr(VmSpec) spec = vm_spec_copy(vm->spec);
	vm_spec_set(spec, "name", name, NULL);
	if (g_rename(vm->folder, folder) < 0)
		return file_error(error, errno, "rename folder", vm->folder);
	/* The folder's name counts, so the VM has its new name even if writing the file fails. */
	g_free(vm->folder);
	vm->folder = g_steal_pointer(&folder);
	take_spec(vm, g_steal_pointer(&spec));
	model_sort_vms(vm->model);
	vm_mark(vm, VM_CHANGED_SPEC);
	if (!spec_file_save(vm->spec, conf, error))
		return FALSE;
	vm->stamp = file_stamp(conf);
	return TRUE;
}

/* --- disks --- */

typedef struct {
	GPtrArray *views;
	guint pending;
} DisksRun;

static void disk_view_free(gpointer data)
{
	DiskView *view = data;

	g_free(view->name);
	g_free(view->path);
	g_free(view->format);
	g_free(view);
}

static void disks_run_free(gpointer data)
{
	g_clear_pointer(&((DisksRun *)data)->views, g_ptr_array_unref);
	g_free(data);
}

typedef struct {
	GTask *task;
	DiskView *view;
} DiskAsk;

static void on_disk_info(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree DiskAsk *ask = data;
	g_autoptr(DiskInfo) info = disk_info_finish(result, NULL);
	DisksRun *run = g_task_get_task_data(ask->task);

	if (info) {
		ask->view->size = info->size;
		ask->view->used = info->used;
	}
	if (--run->pending > 0)
		return;
	g_task_return_pointer(ask->task, g_steal_pointer(&run->views), (GDestroyNotify)g_ptr_array_unref);
	g_object_unref(ask->task);
}

void vm_disks(Vm *vm, GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, NULL, callback, data);
	DisksRun *run = g_new0(DisksRun, 1);

	g_task_set_task_data(task, run, disks_run_free);
	run->views = g_ptr_array_new_with_free_func(disk_view_free);
	run->pending = vm->spec->disks->len;
	for (guint i = 0; i < vm->spec->disks->len; i++) {
		const DiskSpec *disk = vm->spec->disks->pdata[i];
		DiskView *view = g_new0(DiskView, 1);
		DiskAsk *ask = g_new0(DiskAsk, 1);
		view->name = g_strdup(disk->name);
		view->path = vm_file(vm, disk->file);
		view->format = g_strdup(disk->format);
		g_ptr_array_add(run->views, view);
		*ask = (DiskAsk){ task, view };
		disk_info(view->path, view->format, NULL, on_disk_info, ask);
	}
	if (vm->spec->disks->len == 0) {
		g_task_return_pointer(task, g_steal_pointer(&run->views), (GDestroyNotify)g_ptr_array_unref);
		g_object_unref(task);
	}
}

GPtrArray *vm_disks_finish(Vm *vm, GAsyncResult *result, GError **error)
{
	return g_task_propagate_pointer(G_TASK(result), error);
}
