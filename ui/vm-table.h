/* The list of VMs as it is shown: filtered, sorted, with a selection. Pure; VMs are borrowed from the client. */
#pragma once

#include "client/client.h"

typedef enum {
	VM_COLUMN_NAME,
	VM_COLUMN_STATE,
	VM_COLUMN_CPU,
	VM_COLUMN_MEMORY,
	VM_COLUMN_UPTIME,
	VM_COLUMN_STATUS,
	VM_COLUMN_COUNT
} VmColumn;

typedef struct {
	GPtrArray *rows; /* of ClientVm *, borrowed, as shown; valid until the next event of the client */
	GHashTable *selected; /* object paths, owned */
	char *filter;         /* lower case; "" = all */
	VmColumn sort;
	gboolean reverse;
} VmTable;

void vm_table_init(VmTable *table);
void vm_table_clear(VmTable *table);

/* Takes over what the client has now. Selected VMs that are no more are forgotten. */
void vm_table_update(VmTable *table, GPtrArray *vms);
void vm_table_set_filter(VmTable *table, const char *filter);
/* By this column; the other way round if it was already. */
void vm_table_sort_by(VmTable *table, VmColumn column);
/* Row of the VM with @path, -1 when it is not shown. */
int vm_table_find(const VmTable *table, const char *path);

gboolean vm_table_is_selected(const VmTable *table, const ClientVm *vm);
void vm_table_toggle(VmTable *table, const ClientVm *vm);
/* All rows that are shown, or none when all are. */
void vm_table_toggle_all(VmTable *table);
