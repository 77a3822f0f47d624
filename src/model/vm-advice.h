/*
 * What an ISO or disk that the user brings says about the VM that is made from it: fields that the user left out get what its system needs, within what this host
 * has left.
 */
#pragma once

#include "gallery/osinfo.h"
#include "model/host-view.h"
#include "spec/vm-spec.h"

typedef struct {
	const OsInfo *info;
	const HostInfo *host;
	GHashTable *fields; /* by path, as the user gave them: what stands there is not touched */
	guint64 *
		disk_size; /* of the disk that will be made, or NULL: there is none, or the user said how big */
	gboolean has_swtpm;
} Advice;

/*
 * Sets what was left out: os, memory (never more than half of what the host has available, unless the system needs more to run at all), cpus, generation,
 * Secure Boot, TPM, and the disk's size. Gives lines for the user: what was recognised, then each thing that this host cannot give. Caller frees.
 */
char *advice_apply(const Advice *advice, VmSpec *spec);
