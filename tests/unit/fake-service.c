/* Objects and methods of the fake service. */
#include "fake-service.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "api/api-desc.h"
#include "base/error.h"
#include "base/paths.h"

#define ROOT "/io/carrel"
#define VMS  "io.carrel.Vm"
#define JOBS "io.carrel.Job"

/* --- what there is --- */

typedef struct {
	const char *id, *name, *state, *notes;
	guint generation, pid;
	gint64 started;
} FakeVm;

/* Not in the order of their names. */
static FakeVm vms[] = {
	{"22222222-0000-4000-8000-000000000002",  "web",    "running", "two\nlines",  2, 4242, 1700000000},
	{ "11111111-0000-4000-8000-000000000001", "alpha",  "off",     "",            1, 0,    0         },
	{ "33333333-0000-4000-8000-000000000003", "broken", "off",     "\033[31mred", 2, 0,    0         },
};

typedef struct {
	char *verb, *subject, *error_name, *error_message;
	const char *state, *result;
	guint done, total;
	gboolean moves;
} FakeJob;

static struct {
	GPtrArray *connections;
	GPtrArray *jobs; /* of FakeJob */
	gboolean deleted[G_N_ELEMENTS(vms)];
} fake;

static char *vm_path(guint index)
{
	return g_strdup_printf(ROOT "/vm/%.8s", vms[index].id);
}

static GVariant *vm_properties(guint index)
{
	const FakeVm *vm = &vms[index];
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "Id", "s", vm->id);
	g_variant_dict_insert(&dict, "Name", "s", vm->name);
	g_variant_dict_insert(&dict, "State", "s", vm->state);
	g_variant_dict_insert(&dict, "Status", "s", index == 2 ? "vm.conf:3:1: there is no field `x'" : "");
	g_variant_dict_insert(&dict, "Generation", "u", vm->generation);
	g_variant_dict_insert(&dict, "Cpus", "u", 2);
	g_variant_dict_insert(&dict, "MemoryStartup", "t", G_GUINT64_CONSTANT(2147483648));
	g_variant_dict_insert(&dict, "MemoryAssigned", "t", vm->pid ? G_GUINT64_CONSTANT(2147483648) : 0);
	g_variant_dict_insert(&dict, "MemoryDemand", "t", vm->pid ? G_GUINT64_CONSTANT(1073741824) : 0);
	g_variant_dict_insert(&dict, "CpuUsage", "d", vm->pid ? 12.5 : 0.0);
	g_variant_dict_insert(&dict, "Started", "x", vm->started);
	g_variant_dict_insert(&dict, "Created", "x", G_GINT64_CONSTANT(1600000000));
	g_variant_dict_insert(&dict, "Os", "s", "linux");
	g_variant_dict_insert(&dict, "Switch", "s", "Default Switch");
	g_variant_dict_insert(&dict, "Ip", "s", vm->pid ? "10.0.2.15" : "");
	g_variant_dict_insert(&dict, "Checkpoint", "s", "");
	g_variant_dict_insert(&dict, "Notes", "s", vm->notes);
	g_variant_dict_insert(&dict, "Pid", "u", vm->pid);
	g_variant_dict_insert(&dict, "Accelerator", "s", vm->pid ? "tcg" : "");
	g_variant_dict_insert(&dict, "Heartbeat", "s", "unknown");
	g_variant_dict_insert(&dict, "Folder", "s", "/vms/folder");
	/* One that no client knows, and one of a type that it does not expect: both must do no harm. */
	g_variant_dict_insert(&dict, "Novelty", "s", "new");
	return g_variant_dict_end(&dict);
}

static GVariant *vm_spec(guint index)
{
	return g_variant_new_parsed(
		"{'name': <%s>, 'cpus': <int64 2>, 'memory': <uint64 2147483648>, 'keymap': <'de'>,"
		" 'created': <'2020-09-13T12:26:40Z'>, 'accelerator': <'auto'>, 'tpm': <false>,"
		" 'disks': <[{'name': <'disk0'>, 'file': <'disk0.qcow2'>, 'bus': <'virtio'>}]>,"
		" 'nics': <[{'name': <'nic0'>, 'switch': <'Default Switch'>}]>}",
		vms[index].name);
}

static GVariant *job_properties(guint index)
{
	const FakeJob *job = fake.jobs->pdata[index];

	return g_variant_new_parsed("{'Number': <%u>, 'Verb': <%s>, 'Subject': <%s>, 'State': <%s>, 'Step': "
				    "<'work'>, 'Done': <%t>, 'Total': <%t>,"
				    " 'Unit': <'steps'>, 'Started': <int64 1700000000>, 'Ended': <int64 0>, "
				    "'Result': <%o>, 'ErrorName': <%s>,"
				    " 'ErrorMessage': <%s>}",
				    index + 1, job->verb, job->subject, job->state, (guint64)job->done,
				    (guint64)job->total, job->result, job->error_name ? job->error_name : "",
				    job->error_message ? job->error_message : "");
}

static GVariant *image_properties(void)
{
	return g_variant_new_parsed("{'Id': <'carrel-live'>, 'Name': <'carrel Live'>, 'Publisher': "
				    "<'carrel'>, 'Version': <'1'>, 'Size': <uint64 33554432>,"
				    " 'Source': <'built in'>, 'Updated': <int64 0>, 'Verified': <true>, "
				    "'Available': <true>, 'Sha256': <'ab'>,"
				    " 'Description': <'A small system'>, 'Kind': <'iso'>, 'SecureBoot': "
				    "<true>, 'Memory': <uint64 536870912>, 'Cpus': <uint32 1>,"
				    " 'Os': <'linux'>, 'Details': <[('Kernel', '6.1')]>}");
}

/* --- signals --- */

static void emit(const char *path, const char *interface, const char *signal, GVariant *parameters)
{
	g_autoptr(GVariant) sunk = g_variant_ref_sink(parameters);

	for (guint i = 0; i < fake.connections->len; i++)
		g_dbus_connection_emit_signal(fake.connections->pdata[i], NULL, path, interface, signal, sunk,
					      NULL);
}

static void emit_changed(const char *path, const char *interface, GVariant *properties)
{
	emit(path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
	     g_variant_new("(s@a{sv}as)", interface, properties, NULL));
}

static void emit_added(const char *path, const char *interface, GVariant *properties)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sa{sv}}"));
	g_variant_builder_add(&builder, "{s@a{sv}}", interface, properties);
	emit(ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
	     g_variant_new("(oa{sa{sv}})", path, &builder));
}

static void emit_removed(const char *path, const char *interface)
{
	const char *const interfaces[] = { interface, NULL };

	emit(ROOT, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
	     g_variant_new("(o^as)", path, interfaces));
}

/* --- jobs --- */

static char *job_path(guint index)
{
	return g_strdup_printf(ROOT "/job/%u", index + 1);
}

/* One step each time; the last one fails for the VM "broken". */
static gboolean on_job_step(gpointer data)
{
	guint index = GPOINTER_TO_UINT(data);
	FakeJob *job = fake.jobs->pdata[index];
	g_autofree char *path = job_path(index);

	job->done++;
	if (job->done == job->total) {
		gboolean bad = g_str_equal(job->subject, "broken");
		job->state = bad ? "failed" : "done";
		job->error_name = bad ? g_strdup("io.carrel.Error.HostUnable") : NULL;
		job->error_message = bad ? g_strdup("the disk of VM `broken' is gone\nput it back") : NULL;
	}
	emit_changed(path, JOBS, job_properties(index));
	return job->done < job->total ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* A job begins to move when somebody has asked for its state: what a client sees first does not depend on its speed. */
static void move_job(guint index)
{
	FakeJob *job = fake.jobs->pdata[index];

	if (!job->moves)
		g_timeout_add(5, on_job_step, GUINT_TO_POINTER(index));
	job->moves = TRUE;
}

static char *job_new(const char *verb, const char *subject, const char *result)
{
	FakeJob *job = g_new0(FakeJob, 1);
	guint index = fake.jobs->len;

	job->verb = g_strdup(verb);
	job->subject = g_strdup(subject);
	job->state = "running";
	job->result = result;
	job->total = 3;
	g_ptr_array_add(fake.jobs, job);
	g_autofree char *path = job_path(index);
	emit_added(path, JOBS, job_properties(index));
	return g_steal_pointer(&path);
}

/* --- methods --- */

typedef void (*FakeMethod)(GDBusMethodInvocation *invocation, GVariant *parameters, guint index);

static void fail(GDBusMethodInvocation *invocation, CarrelError code, const char *hint, const char *sentence)
{
	g_dbus_method_invocation_take_error(invocation, error_new(code, hint, "%s", sentence));
}

static void return_job(GDBusMethodInvocation *invocation, const char *verb, guint index)
{
	g_autofree char *job = job_new(verb, vms[index].name, "/");

	g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", job));
}

static void list_vms(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(oa{sv})"));
	for (guint i = 0; i < G_N_ELEMENTS(vms); i++) {
		g_autofree char *path = vm_path(i);
		if (!fake.deleted[i])
			g_variant_builder_add(&builder, "(o@a{sv})", path, vm_properties(i));
	}
	g_dbus_method_invocation_return_value(invocation, g_variant_new("(a(oa{sv}))", &builder));
}

static void list_jobs(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(oa{sv})"));
	for (guint i = 0; i < fake.jobs->len; i++) {
		g_autofree char *path = job_path(i);
		g_variant_builder_add(&builder, "(o@a{sv})", path, job_properties(i));
	}
	g_dbus_method_invocation_return_value(invocation, g_variant_new("(a(oa{sv}))", &builder));
}

static void list_images(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation, g_variant_new("(@a(oa{sv}))",
					  g_variant_new_parsed("[(%o, %@a{sv})]", ROOT "/image/carrel_2dlive",
							       image_properties())));
}

static void list_switches(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation,
		g_variant_new_parsed(
			"([(%o, {'Name': <'Default Switch'>, 'Kind': <'nat'>, 'Description': <'To the host'>,"
			" 'Adapters': <uint32 3>})],)",
			ROOT "/switch/default"));
}

static void find_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	const char *name;

	g_variant_get(parameters, "(&s)", &name);
	for (guint i = 0; i < G_N_ELEMENTS(vms); i++)
		if (!fake.deleted[i] && g_str_equal(vms[i].name, name)) {
			g_autofree char *path = vm_path(i);
			g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", path));
			return;
		}
	g_autofree char *sentence = g_strdup_printf("there is no VM `%s'", name);
	fail(invocation, CARREL_ERROR_NOT_FOUND, "list VMs with `carrel list'", sentence);
}

/* The names "web" and "carrel-live" are taken; the latter is not in the list, as if another client had been quicker. */
static void create_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_autoptr(GVariant) fields = g_variant_get_child_value(parameters, 0);
	g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 1);
	const char *name = "", *image = NULL;

	g_variant_lookup(fields, "name", "&s", &name);
	if (g_variant_lookup(options, "image", "&s", &image) && !g_str_equal(image, "carrel-live")) {
		fail(invocation, CARREL_ERROR_NOT_FOUND, NULL, "there is no such image");
		return;
	}
	if (g_str_equal(name, "web") || g_str_equal(name, "carrel-live")) {
		fail(invocation, CARREL_ERROR_EXISTS, "take another name", "the name is taken");
		return;
	}
	g_autofree char *told = g_strdup_printf("%s/created", g_getenv("CARREL_HOME"));
	g_autofree char *text = g_variant_print(parameters, FALSE);
	g_file_set_contents(told, text, -1, NULL);
	g_autofree char *job = job_new("create", name, ROOT "/vm/11111111");
	g_dbus_method_invocation_return_value(invocation, g_variant_new("(o)", job));
}

static void host_check(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation, g_variant_new_parsed(
				    "({'qemu': <'/usr/bin/qemu'>, 'accelerator': <'tcg'>, "
				    "'accelerator_reason': <'no KVM'>,"
				    " 'cpus': <uint32 2>, 'memory': <uint64 4294967296>, 'kvm_speed': <0.0>},"
				    " [{'name': 'qemu', 'requirement': 'QEMU 7.2', 'found': '7.2', "
				    "'verdict': 'ok', 'remedy': ''}])"));
}

static void start_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	if (g_str_equal(vms[index].state, "running"))
		fail(invocation, CARREL_ERROR_STATE, "turn it off first",
		     "VM `web' is running and cannot be started");
	else
		return_job(invocation, "start", index);
}

static void pause_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_autofree char *path = vm_path(index);

	vms[index].state = "paused";
	emit_changed(path, VMS,
		     g_variant_new_parsed("{'State': <'paused'>, 'Novelty': <1>, 'Pid': <'not a number'>}"));
	return_job(invocation, "pause", index);
}

static void set_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(invocation, NULL);
}

static void rename_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_autofree char *path = vm_path(index);
	char *name;

	g_variant_get(parameters, "(s)", &name);
	vms[index].name = name;
	emit_changed(path, VMS, g_variant_new_parsed("{'Name': <%s>}", name));
	g_dbus_method_invocation_return_value(invocation, NULL);
}

static void delete_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_autofree char *path = vm_path(index);

	fake.deleted[index] = TRUE;
	emit_removed(path, VMS);
	return_job(invocation, "delete", index);
}

static void argv_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation, g_variant_new_parsed("(['qemu', '-name', 'two words', '-x', \"it's\", ''],)"));
}

static void login_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation, g_variant_new_parsed("({'user': <'fred'>, 'password': <'secret'>, 'key': <''>, "
						 "'known_hosts': <'/known_hosts'>},)"));
}

static void disks_vm(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	g_dbus_method_invocation_return_value(
		invocation, g_variant_new_parsed(
				    "([{'name': <'disk0'>, 'path': <'/vms/disk0.qcow2'>, 'format': <'qcow2'>,"
				    " 'size': <uint64 21474836480>, 'used': <uint64 196608>}],)"));
}

/* The daemon goes away in the middle of a call. */
static void die(GDBusMethodInvocation *invocation, GVariant *parameters, guint index)
{
	_exit(1);
}

static const struct {
	const char *name;
	FakeMethod run;
} methods[] = {
	{"ListVms",       list_vms     },
        { "ListJobs",     list_jobs    },
	{ "ListImages",   list_images  },
        { "ListSwitches", list_switches},
	{ "FindVm",       find_vm      },
        { "CreateVm",     create_vm    },
	{ "HostCheck",    host_check   },
        { "Start",        start_vm     },
	{ "Pause",        pause_vm     },
        { "Set",          set_vm       },
	{ "Rename",       rename_vm    },
        { "Delete",       delete_vm    },
	{ "Argv",         argv_vm      },
        { "Disks",        disks_vm     },
	{ "Login",        login_vm     },
        { "Exit",         die          },
};

static void on_call(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
		    const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
		    gpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
		if (g_str_equal(methods[i].name, method)) {
			methods[i].run(invocation, parameters, GPOINTER_TO_UINT(data));
			return;
		}
	fail(invocation, CARREL_ERROR_FAILED, NULL, "the fake service does not do that");
}

static GVariant *on_get(GDBusConnection *connection, const char *sender, const char *path,
			const char *interface, const char *property, GError **error, gpointer data)
{
	guint index = GPOINTER_TO_UINT(data);
	g_autoptr(GVariant) all = NULL;

	if (g_str_equal(property, "Spec"))
		return vm_spec(index);
	if (g_str_equal(interface, JOBS))
		move_job(index);
	all = g_variant_ref_sink(g_str_equal(interface, JOBS) ? job_properties(index) : vm_properties(index));
	return g_variant_lookup_value(all, property, NULL);
}

static const GDBusInterfaceVTable vtable = { on_call, on_get, NULL, { 0 } };

/* Jobs come and go: whatever number is asked for. */
static GDBusInterfaceInfo **on_introspect(GDBusConnection *connection, const char *sender, const char *path,
					  const char *node, gpointer data)
{
	GDBusInterfaceInfo **infos = g_new0(GDBusInterfaceInfo *, 2);

	infos[0] = g_dbus_interface_info_ref((GDBusInterfaceInfo *)&io_carrel_job_interface);
	return infos;
}

static char **on_enumerate(GDBusConnection *connection, const char *sender, const char *path, gpointer data)
{
	return g_new0(char *, 1);
}

static const GDBusInterfaceVTable *on_dispatch(GDBusConnection *connection, const char *sender,
					       const char *path, const char *interface, const char *node,
					       gpointer *user_data, gpointer data)
{
	guint number = (guint)g_ascii_strtoull(node ? node : "0", NULL, 10);

	if (!number || number > fake.jobs->len)
		return NULL;
	*user_data = GUINT_TO_POINTER(number - 1);
	return &vtable;
}

static const GDBusSubtreeVTable subtree = { on_enumerate, on_introspect, on_dispatch, { 0 } };

static gboolean on_connection(GDBusServer *server, GDBusConnection *connection, gpointer data)
{
	g_dbus_connection_register_object(connection, ROOT,
					  (GDBusInterfaceInfo *)&io_carrel_manager_interface, &vtable, NULL,
					  NULL, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(vms); i++) {
		g_autofree char *path = vm_path(i);
		g_dbus_connection_register_object(connection, path,
						  (GDBusInterfaceInfo *)&io_carrel_vm_interface, &vtable,
						  GUINT_TO_POINTER(i), NULL, NULL);
	}
	g_dbus_connection_register_subtree(connection, ROOT "/job", &subtree,
					   G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, NULL, NULL,
					   NULL);
	g_ptr_array_add(fake.connections, g_object_ref(connection));
	return TRUE;
}

GDBusServer *fake_objects_listen(void)
{
	fake.connections = g_ptr_array_new_with_free_func(g_object_unref);
	fake.jobs = g_ptr_array_new();
	g_autofree char *socket = paths_api_socket();
	g_autofree char *address = g_strconcat("unix:path=", socket, NULL);
	g_autofree char *guid = g_dbus_generate_guid();

	g_unlink(socket);
	GDBusServer *server =
		g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, NULL);
	g_assert_nonnull(server);
	g_signal_connect(server, "new-connection", G_CALLBACK(on_connection), NULL);
	g_dbus_server_start(server);
	return server;
}
