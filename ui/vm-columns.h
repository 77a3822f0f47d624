/* The columns of the list of VMs: heads and rows on a canvas. */
#pragma once

#include "ui/theme.h"
#include "ui/vm-table.h"

typedef struct {
	int x[VM_COLUMN_COUNT + 1]; /* where each begins; the last one is the end */
	int width[VM_COLUMN_COUNT];
} VmColumns;

/* Places the columns on @width columns of the screen. */
void vm_columns_layout(VmColumns *columns, int x, int width);
/* The column at @x, -1 = none. */
int vm_columns_at(const VmColumns *columns, int x);

/* A mark shows the order unless it is the usual one, by name. */
void vm_columns_draw_head(const VmColumns *columns, Canvas *canvas, int y, const VmTable *table);
/* @job works on the VM; may be NULL. */
void vm_columns_draw_row(const VmColumns *columns, Canvas *canvas, Rect row, const ClientVm *vm,
			 const ClientJob *job, gboolean cursor, gboolean selected);
