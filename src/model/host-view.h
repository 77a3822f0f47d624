/* What the host can do, as the API shows it. */
#pragma once

#include "model/model.h"

typedef struct {
	const char *qemu, *qemu_version, *accelerator, *accelerator_reason, *arch;
	guint cpus;
	guint64 memory, memory_available;
	double kvm_speed;
} HostInfo;

void host_info(Model *model, HostInfo *info);

/* Rows of five strings: name, requirement, found, verdict, remedy. A GPtrArray of char *[5]-like GStrv with free function. */
GPtrArray *host_check_rows(Model *model);
