/* io.carrel.Manager */
#include <unistd.h>

#include "api/api-desc.h"
#include "api/api-private.h"
#include "base/error.h"
#include "config.h"
#include "model/host-view.h"
#include "model/image.h"

static GVariant *get_version(Model *model, gpointer object)
{
	return g_variant_new_string(PACKAGE_VERSION);
}

static GVariant *get_pid(Model *model, gpointer object)
{
	return g_variant_new_uint32((guint)getpid());
}

static GVariant *get_store(Model *model, gpointer object)
{
	return g_variant_new_string(model_store(model));
}

static GVariant *get_images_revision(Model *model, gpointer object)
{
	return g_variant_new_uint32(image_revision(model));
}

static const PropertyRow properties[] = {
	{"Version",         get_version,         0             },
	{ "Pid",            get_pid,             0             },
	{ "Store",          get_store,           0             },
	{ "ImagesRevision", get_images_revision, MANAGER_IMAGES},
	{ NULL,             NULL,                0             },
};

static void return_list(Call *call, const ObjectKind *kind, const char *skip)
{
	call_return(call, g_variant_new("(@a(oa{sv}))", api_list(kind, call->model, skip)));
}

static void call_list_vms(Call *call, gpointer object)
{
	model_rescan(call->model);
	return_list(call, &api_vm, "Spec");
}

static void call_list_images(Call *call, gpointer object)
{
	return_list(call, &api_image, NULL);
}

static void call_list_switches(Call *call, gpointer object)
{
	return_list(call, &api_switch, NULL);
}

static void call_list_jobs(Call *call, gpointer object)
{
	return_list(call, &api_job, NULL);
}

static void call_find_vm(Call *call, gpointer object)
{
	const char *name;
	GError *error = NULL;

	model_rescan(call->model);
	g_variant_get(call->parameters, "(&s)", &name);
	Vm *vm = model_find_vm(call->model, name, &error);
	if (!vm) {
		call_fail(call, error);
		return;
	}
	g_autofree char *path = api_path(api_vm.folder, vm_id(vm));
	call_return(call, g_variant_new("(o)", path));
}

/* Texts are borrowed from @dict. */
static void read_guest_options(GVariant *dict, GuestOptions *guest)
{
	gboolean seed = TRUE;

	g_variant_lookup(dict, "seed", "b", &seed);
	guest->no_seed = !seed;
	g_variant_lookup(dict, "user_data", "&s", &guest->user_data);
	g_variant_lookup(dict, "hostname", "&s", &guest->hostname);
	g_variant_lookup(dict, "locale", "&s", &guest->locale);
	g_variant_lookup(dict, "timezone", "&s", &guest->timezone);
	g_variant_lookup(dict, "password", "&s", &guest->password);
	g_variant_lookup(dict, "ssh_keys", "&s", &guest->ssh_keys);
}

static void call_create_vm(Call *call, gpointer object)
{
	g_autoptr(GHashTable) fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GVariantIter) iter = NULL;
	g_autoptr(GVariant) dict = NULL;
	CreateOptions options = { 0 };
	char *path, *text;
	GError *error = NULL;

	g_variant_get(call->parameters, "(a{ss}@a{sv})", &iter, &dict);
	while (g_variant_iter_next(iter, "{ss}", &path, &text))
		g_hash_table_replace(fields, path, text);
	g_variant_lookup(dict, "image", "&s", &options.image);
	g_variant_lookup(dict, "disk", "&s", &options.disk);
	g_variant_lookup(dict, "start", "b", &options.start);
	read_guest_options(dict, &options.guest);
	g_variant_lookup(dict, "instant", "b", &options.instant);
	g_variant_lookup(dict, "unverified", "b", &options.unverified);
	g_variant_lookup(dict, "unattended", "b", &options.unattended);
	g_variant_lookup(dict, "product_key", "&s", &options.product_key);
	options.has_disk_size = g_variant_lookup(dict, "disk_size", "t", &options.disk_size);
	model_rescan(call->model);
	Job *job = model_create_vm(call->model, fields, &options, &error);
	call_return_job(call, job, error);
}

static GVariant *info_dict(const HostInfo *info)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "qemu", g_variant_new_string(info->qemu));
	g_variant_builder_add(&builder, "{sv}", "qemu_version", g_variant_new_string(info->qemu_version));
	g_variant_builder_add(&builder, "{sv}", "accelerator", g_variant_new_string(info->accelerator));
	g_variant_builder_add(&builder, "{sv}", "accelerator_reason",
			      g_variant_new_string(info->accelerator_reason));
	g_variant_builder_add(&builder, "{sv}", "arch", g_variant_new_string(info->arch));
	g_variant_builder_add(&builder, "{sv}", "cpus", g_variant_new_uint32(info->cpus));
	g_variant_builder_add(&builder, "{sv}", "memory", g_variant_new_uint64(info->memory));
	g_variant_builder_add(&builder, "{sv}", "memory_available",
			      g_variant_new_uint64(info->memory_available));
	g_variant_builder_add(&builder, "{sv}", "kvm_speed", g_variant_new_double(info->kvm_speed));
	return g_variant_builder_end(&builder);
}

static void call_host_check(Call *call, gpointer object)
{
	static const char *const columns[] = { "name", "requirement", "found", "verdict", "remedy" };
	g_autoptr(GPtrArray) rows = host_check_rows(call->model);
	GVariantBuilder checks;
	HostInfo info;

	host_info(call->model, &info);
	g_variant_builder_init(&checks, G_VARIANT_TYPE("aa{ss}"));
	for (guint i = 0; i < rows->len; i++) {
		char **row = rows->pdata[i];
		g_variant_builder_open(&checks, G_VARIANT_TYPE("a{ss}"));
		for (gsize k = 0; k < G_N_ELEMENTS(columns); k++)
			g_variant_builder_add(&checks, "{ss}", columns[k], row[k]);
		g_variant_builder_close(&checks);
	}
	call_return(call, g_variant_new("(@a{sv}aa{ss})", info_dict(&info), &checks));
}

static void call_rescan(Call *call, gpointer object)
{
	model_rescan(call->model);
	call_return(call, NULL);
}

static gboolean a_job_runs(Model *model)
{
	GPtrArray *jobs = model_jobs(model);

	for (guint i = 0; i < jobs->len; i++)
		if (((Job *)jobs->pdata[i])->state == JOB_RUNNING)
			return TRUE;
	return FALSE;
}

static void call_exit(Call *call, gpointer object)
{
	gboolean force;

	g_variant_get(call->parameters, "(b)", &force);
	if (!force && a_job_runs(call->model)) {
		call_fail(call, error_new(CARREL_ERROR_STATE, "wait for it, see `carrel jobs'",
					  "a job still runs"));
		return;
	}
	Server *server = call->server;
	g_autoptr(GDBusConnection) caller =
		g_object_ref(g_dbus_method_invocation_get_connection(call->invocation));
	call_return(call, NULL);
	server_exit(server, caller);
}

/* clang-format off: crashes on such tables */
static const MethodRow methods[] = {
	{"ListVms",         call_list_vms      },
	{ "FindVm",         call_find_vm       },
	{ "CreateVm",       call_create_vm     },
	{ "ListImages",     call_list_images   },
	{ "ListSwitches",   call_list_switches },
	{ "ListJobs",       call_list_jobs     },
	{ "WarmImage",      call_warm_image    },
	{ "CoolImage",      call_cool_image    },
	{ "ListTemplates",  call_list_templates},
	{ "HostCheck",      call_host_check    },
	{ "Rescan",         call_rescan        },
	{ "Exit",           call_exit          },
	{ "ListSources",    api_list_sources   },
	{ "AddSource",      api_add_source     },
	{ "RemoveSource",   api_remove_source  },
	{ "RefreshGallery", api_refresh        },
	{ "DownloadImage",  api_download       },
	{ "ImagePicture",   api_image_picture  },
	{ "PruneImages",    api_prune          },
	{ NULL,             NULL               },
};
/* clang-format on */

const ObjectKind api_manager = {
	"/io/carrel", &io_carrel_manager_interface, methods, properties, NULL, NULL
};
