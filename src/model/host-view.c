#include "model/host-view.h"

#include <string.h>
#include <unistd.h>

#include "model/model-private.h"

/* What programs can still take, as the kernel estimates it; free memory alone leaves out what the page cache would give back. */
static guint64 available_memory(void)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL) ||
	    !(line = strstr(text, "MemAvailable:")))
		return 0;
	return g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024;
}

void host_info(Model *model, HostInfo *info)
{
	const Host *host = model->host;
	guint64 page = (guint64)sysconf(_SC_PAGESIZE);

	*info = (HostInfo){
		.qemu = host->caps ? host->caps->binary : "",
		.qemu_version = host->caps ? host->caps->version : "",
		.arch = host->caps ? host->caps->arch : "",
		.accelerator = host->accel == ACCEL_KVM ? "kvm" : "tcg",
		.accelerator_reason = host->kvm->reason,
		.cpus = g_get_num_processors(),
		.memory = (guint64)sysconf(_SC_PHYS_PAGES) * page,
		.memory_available = available_memory(),
		.kvm_speed = host->kvm->speed,
	};
}

GPtrArray *host_check_rows(Model *model)
{
	g_autoptr(GPtrArray) checks = host_checks(model->host);
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

	for (guint i = 0; i < checks->len; i++) {
		const HostCheck *check = checks->pdata[i];
		const char *const row[] = { check->name,    check->requirement, check->found,
					    check->verdict, check->remedy,      NULL };
		g_ptr_array_add(rows, g_strdupv((char **)row));
	}
	return rows;
}
