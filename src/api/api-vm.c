/* io.carrel.Vm */
#include <gio/gunixfdlist.h>
#include <unistd.h>

#include "api/api-desc.h"
#include "api/api-private.h"
#include "base/error.h"
#include "base/fd.h"

/* --- properties --- */

#define GETTER(name, expression)                                                                             \
	static GVariant *get_##name(Model *model, gpointer object)                                           \
	{                                                                                                    \
		const Vm *vm = object;                                                                       \
		return expression;                                                                           \
	}

GETTER(id, g_variant_new_string(vm_id(vm)))
GETTER(name, g_variant_new_string(vm_name(vm)))
GETTER(state, g_variant_new_string(vm_state_name(vm_state(vm))))
GETTER(status, g_variant_new_string(vm_status(vm)))
GETTER(generation, g_variant_new_uint32((guint)vm_spec(vm)->generation))
GETTER(cpus, g_variant_new_uint32((guint)vm_spec(vm)->cpus))
GETTER(memory_startup, g_variant_new_uint64(vm_spec(vm)->memory))
GETTER(memory_assigned, g_variant_new_uint64(vm_memory_assigned(vm)))
GETTER(memory_demand, g_variant_new_uint64(vm_memory_demand(vm)))
GETTER(cpu_usage, g_variant_new_double(vm_cpu_usage(vm)))
GETTER(started, g_variant_new_int64(vm_started(vm)))
GETTER(created, g_variant_new_int64(vm_created(vm)))
GETTER(os, g_variant_new_string(vm_spec(vm)->os))
GETTER(ip, g_variant_new_string(vm_ip(vm)))
GETTER(checkpoint, g_variant_new_take_string(vm_checkpoint_name(vm)))
GETTER(notes, g_variant_new_string(vm_spec(vm)->notes))
GETTER(pid, g_variant_new_uint32((guint)vm_pid(vm)))
GETTER(accelerator, g_variant_new_string(vm_accelerator(vm)))
GETTER(heartbeat, g_variant_new_string(vm_heartbeat(vm)))
GETTER(guest_state, g_variant_new_string(vm_guest_state(vm)))
GETTER(folder, g_variant_new_string(vm_folder(vm)))
GETTER(instant, g_variant_new_boolean(vm_is_instant(vm)))
GETTER(spec, vm_fields(vm))

static GVariant *get_switch(Model *model, gpointer object)
{
	const GPtrArray *nics = vm_spec(object)->nics;

	return g_variant_new_string(nics->len > 0 ? ((NicSpec *)nics->pdata[0])->switch_name : "");
}

static const PropertyRow properties[] = {
	{"Id",              get_id,              0				  },
	{ "Name",           get_name,            VM_CHANGED_SPEC                    },
	{ "State",          get_state,           VM_CHANGED_STATE                   },
	{ "Status",         get_status,          VM_CHANGED_STATUS                  },
	{ "Generation",     get_generation,      VM_CHANGED_SPEC                    },
	{ "Cpus",           get_cpus,            VM_CHANGED_SPEC                    },
	{ "MemoryStartup",  get_memory_startup,  VM_CHANGED_SPEC                    },
	{ "MemoryAssigned", get_memory_assigned, VM_CHANGED_STATE | VM_CHANGED_SPEC },
	{ "MemoryDemand",   get_memory_demand,   VM_CHANGED_STATS                   },
	{ "CpuUsage",       get_cpu_usage,       VM_CHANGED_STATS                   },
	{ "Started",        get_started,         VM_CHANGED_STATE                   },
	{ "Created",        get_created,         VM_CHANGED_SPEC                    },
	{ "Os",             get_os,              VM_CHANGED_SPEC                    },
	{ "Switch",         get_switch,          VM_CHANGED_SPEC                    },
	{ "Ip",             get_ip,              VM_CHANGED_AGENT                   },
	{ "Checkpoint",     get_checkpoint,      VM_CHANGED_CHECKPOINT              },
	{ "Notes",          get_notes,           VM_CHANGED_SPEC                    },
	{ "Pid",            get_pid,             VM_CHANGED_STATE                   },
	{ "Accelerator",    get_accelerator,     VM_CHANGED_STATE                   },
	{ "Heartbeat",      get_heartbeat,       VM_CHANGED_AGENT                   },
	{ "GuestState",     get_guest_state,     VM_CHANGED_STATE | VM_CHANGED_AGENT},
	{ "Folder",         get_folder,          VM_CHANGED_SPEC                    },
	{ "Instant",        get_instant,         VM_CHANGED_STATE                   },
	{ "Spec",           get_spec,            VM_CHANGED_SPEC                    },
	{ NULL,             NULL,                0				  },
};

/* --- operations --- */

static void operate(Call *call, Vm *vm, VmOp op, const VmOpOptions *options)
{
	GError *error = NULL;

	Job *job = vm_operate(vm, op, options, &error);
	call_return_job(call, job, error);
}

static GVariant *call_options(Call *call)
{
	return g_variant_get_child_value(call->parameters, 0);
}

static void call_start(Call *call, gpointer vm)
{
	g_autoptr(GVariant) dict = call_options(call);
	VmOpOptions options = { 0 };

	g_variant_lookup(dict, "paused", "b", &options.paused);
	operate(call, vm, VM_OP_START, &options);
}

static void call_shutdown(Call *call, gpointer vm)
{
	g_autoptr(GVariant) dict = call_options(call);
	VmOpOptions options = { 0 };

	g_variant_lookup(dict, "timeout_s", "u", &options.timeout_s);
	operate(call, vm, VM_OP_SHUTDOWN, &options);
}

static void call_delete(Call *call, gpointer vm)
{
	g_autoptr(GVariant) dict = call_options(call);
	VmOpOptions options = { 0 };

	g_variant_lookup(dict, "keep_disks", "b", &options.keep_disks);
	g_variant_lookup(dict, "force", "b", &options.force);
	operate(call, vm, VM_OP_DELETE, &options);
}

#define SIMPLE(name, op)                                                                                     \
	static void call_##name(Call *call, gpointer vm)                                                     \
	{                                                                                                    \
		operate(call, vm, op, NULL);                                                                 \
	}

SIMPLE(turn_off, VM_OP_TURN_OFF)
SIMPLE(reset, VM_OP_RESET)
SIMPLE(pause, VM_OP_PAUSE)
SIMPLE(resume, VM_OP_RESUME)
SIMPLE(save, VM_OP_SAVE)

/* --- configuration --- */

typedef struct {
	Call *call;
	Vm *vm;
} VmCall;

static VmCall *vm_call(Call *call, Vm *vm)
{
	VmCall *both = g_new0(VmCall, 1);

	*both = (VmCall){ call, vm };
	return both;
}

static void on_set(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree VmCall *both = data;
	GError *error = NULL;

	if (vm_set_finish(both->vm, result, &error))
		call_return(both->call, NULL);
	else
		call_fail(both->call, error);
}

static void call_set(Call *call, gpointer vm)
{
	g_autoptr(GHashTable) fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GVariantIter) iter = NULL;
	char *path, *text;

	g_variant_get(call->parameters, "(a{ss})", &iter);
	while (g_variant_iter_next(iter, "{ss}", &path, &text))
		g_hash_table_replace(fields, path, text);
	vm_set(vm, fields, on_set, vm_call(call, vm));
}

static void call_rename(Call *call, gpointer vm)
{
	const char *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s)", &name);
	if (vm_rename(vm, name, &error))
		call_return(call, NULL);
	else
		call_fail(call, error);
}

static void call_argv(Call *call, gpointer vm)
{
	GError *error = NULL;
	g_auto(GStrv) argv = vm_argv(vm, &error);

	if (argv)
		call_return(call, g_variant_new("(^as)", argv));
	else
		call_fail(call, error);
}

static void on_port(GObject *source, GAsyncResult *result, gpointer call)
{
	GError *error = NULL;
	g_autoptr(GInetSocketAddress) address = vm_open_port_finish(result, &error);

	if (!address) {
		call_fail(call, error);
		return;
	}
	g_autofree char *host = g_inet_address_to_string(g_inet_socket_address_get_address(address));
	call_return(call, g_variant_new("(su)", host, (guint)g_inet_socket_address_get_port(address)));
}

static void call_open_port(Call *call, gpointer vm)
{
	guint port;

	g_variant_get(call->parameters, "(u)", &port);
	if (port == 0 || port > G_MAXUINT16)
		call_fail(call, error_new(CARREL_ERROR_USAGE, NULL, "%u is no port of TCP", port));
	else
		vm_open_port(vm, port, on_port, call);
}

static void on_disks(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree VmCall *both = data;
	GError *error = NULL;
	g_autoptr(GPtrArray) views = vm_disks_finish(both->vm, result, &error);
	GVariantBuilder builder;

	if (!views) {
		call_fail(both->call, error);
		return;
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < views->len; i++) {
		const DiskView *view = views->pdata[i];
		g_variant_builder_open(&builder, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&builder, "{sv}", "name", g_variant_new_string(view->name));
		g_variant_builder_add(&builder, "{sv}", "path", g_variant_new_string(view->path));
		g_variant_builder_add(&builder, "{sv}", "format", g_variant_new_string(view->format));
		g_variant_builder_add(&builder, "{sv}", "size", g_variant_new_uint64(view->size));
		g_variant_builder_add(&builder, "{sv}", "used", g_variant_new_uint64(view->used));
		g_variant_builder_close(&builder);
	}
	call_return(both->call, g_variant_new("(aa{sv})", &builder));
}

static void call_login(Call *call, gpointer vm)
{
	g_auto(GuestLogin) login = { NULL };
	GVariantBuilder builder;

	vm_login(vm, &login);
	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "user", g_variant_new_string(login.user));
	g_variant_builder_add(&builder, "{sv}", "password", g_variant_new_string(login.password));
	g_variant_builder_add(&builder, "{sv}", "key", g_variant_new_string(login.key));
	g_variant_builder_add(&builder, "{sv}", "known_hosts", g_variant_new_string(login.known_hosts));
	call_return(call, g_variant_new("(a{sv})", &builder));
}

static void call_disks(Call *call, gpointer vm)
{
	vm_disks(vm, on_disks, vm_call(call, vm));
}

/* --- consoles --- */

static void on_console(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autofree VmCall *both = data;
	GError *error = NULL;
	guint token = 0;
	autofd fd = vm_open_console_finish(both->vm, result, &token, &error);
	gboolean screen =
		g_str_equal(g_dbus_method_invocation_get_method_name(both->call->invocation), "OpenConsole");
	GVariantBuilder info;

	if (fd < 0) {
		call_fail(both->call, error);
		return;
	}
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	gint handle = g_unix_fd_list_append(fds, fd, &error);
	if (handle < 0) {
		call_fail(both->call, error);
		return;
	}
	if (!screen) {
		call_return_fds(both->call, g_variant_new("(h)", handle), fds);
		return;
	}
	g_variant_builder_init(&info, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&info, "{sv}", "token", g_variant_new_uint32(token));
	g_variant_builder_add(&info, "{sv}", "audio", g_variant_new_boolean(vm_has_sound(both->vm)));
	g_variant_builder_add(&info, "{sv}", "clipboard", g_variant_new_boolean(vm_has_clipboard(both->vm)));
	g_variant_builder_add(&info, "{sv}", "nudge", g_variant_new_boolean(vm_wants_nudge(both->vm)));
	call_return_fds(both->call, g_variant_new("(ha{sv})", handle, &info), fds);
}

static void open_console(Call *call, gpointer vm, VmConsoleKind kind)
{
	g_autoptr(GVariant) options = call_options(call);
	gboolean wait = FALSE;

	g_variant_lookup(options, "wait", "b", &wait);
	vm_open_console(vm, kind, wait, call->client, on_console, vm_call(call, vm));
}

static void call_open_console(Call *call, gpointer vm)
{
	open_console(call, vm, VM_SCREEN);
}

static void call_open_serial(Call *call, gpointer vm)
{
	open_console(call, vm, VM_SERIAL);
}

static void call_console_ready(Call *call, gpointer vm)
{
	guint token;

	g_variant_get(call->parameters, "(u)", &token);
	vm_console_ready(vm, token);
	call_return(call, NULL);
}

static void call_open_record(Call *call, gpointer vm)
{
	g_autoptr(GVariant) options = call_options(call);
	g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
	gboolean previous = FALSE;
	GError *error = NULL;

	g_variant_lookup(options, "previous", "b", &previous);
	autofd fd = vm_open_record(vm, previous, &error);
	gint handle = fd >= 0 ? g_unix_fd_list_append(fds, fd, &error) : -1;
	if (handle >= 0)
		call_return_fds(call, g_variant_new("(h)", handle), fds);
	else
		call_fail(call, error);
}

static const MethodRow methods[] = {
	{"Start",             call_start            },
	{ "Shutdown",         call_shutdown         },
	{ "TurnOff",          call_turn_off         },
	{ "Reset",            call_reset            },
	{ "Pause",            call_pause            },
	{ "Resume",           call_resume           },
	{ "Save",             call_save             },
	{ "CreateCheckpoint", call_create_checkpoint},
	{ "ListCheckpoints",  call_list_checkpoints },
	{ "ApplyCheckpoint",  call_apply_checkpoint },
	{ "DeleteCheckpoint", call_delete_checkpoint},
	{ "RenameCheckpoint", call_rename_checkpoint},
	{ "Revert",           call_revert           },
	{ "Set",              call_set              },
	{ "Rename",           call_rename           },
	{ "Delete",           call_delete           },
	{ "Argv",             call_argv             },
	{ "Disks",            call_disks            },
	{ "Login",            call_login            },
	{ "OpenPort",         call_open_port        },
	{ "OpenConsole",      call_open_console     },
	{ "ConsoleReady",     call_console_ready    },
	{ "OpenSerial",       call_open_serial      },
	{ "OpenRecord",       call_open_record      },
	{ NULL,               NULL                  },
};

static gpointer find(Model *model, const char *node)
{
	return model_vm_by_id(model, node);
}

static void each(Model *model, void (*visit)(const char *node, gpointer object, gpointer data), gpointer data)
{
	GPtrArray *vms = model_vms(model);

	for (guint i = 0; i < vms->len; i++)
		visit(vm_id(vms->pdata[i]), vms->pdata[i], data);
}

const ObjectKind api_vm = { "/io/carrel/vm", &io_carrel_vm_interface, methods, properties, find, each };
