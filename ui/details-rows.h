/* What the pages of the details pane say: rows of a label and a value, pure. */
#pragma once

#include "client/client.h"
#include "spec/vm-spec.h"
#include "ui/theme.h"

typedef enum { TAB_SUMMARY, TAB_HARDWARE, TAB_STORAGE, TAB_NETWORK, TAB_COUNT } DetailsTab;

typedef struct {
	const char *label; /* static, or inside of the spec */
	char *value;       /* owned */
	Role role;
} DetailsRow;

/* Arrays of DetailsRow *, owned by the caller; they live as long as spec and VM do. */
GPtrArray *details_rows_summary(const ClientVm *vm, int width);
GPtrArray *details_rows_hardware(const VmSpec *spec);
/* @disks: the reply of Vm.Disks (aa{sv}), NULL = not there yet. */
GPtrArray *details_rows_storage(const VmSpec *spec, GVariant *disks);
GPtrArray *details_rows_network(const VmSpec *spec, const ClientVm *vm);
GPtrArray *details_rows_waiting(void);
