/* What the lists say about a VM or a job, as text; pure. Strings are owned by the caller unless said otherwise. */
#pragma once

#include "client/client.h"

/* "Running": a state as people read it. */
char *vm_text_state(const char *state);
/* Percent of one host processor; "" while off. */
char *vm_text_cpu(const ClientVm *vm);
/* Assigned memory; "" while off. */
char *vm_text_memory(const ClientVm *vm);
/* "45 s", "12 min", "3 h 05", "2 d 04 h"; "" for a VM that is off. Coarse, so that a list of running VMs rarely changes. */
char *vm_text_uptime(gint64 started, gint64 now);
/* Milliseconds after which vm_text_uptime() gives another text; 0 = never. */
guint vm_text_uptime_tick(gint64 started, gint64 now);
/* The job that works on the VM, else its status sentence, else its notes. @job may be NULL. */
char *vm_text_status(const ClientVm *vm, const ClientJob *job);
/* "Create web1: disk". */
char *vm_text_job(const ClientJob *job);
/* 0 to 1; -1 = unknown. */
double vm_text_fraction(const ClientJob *job);
/* "3 VMs, 1 running"; "" for NULL. */
char *vm_text_totals(GPtrArray *vms);
/* Local date and time, "" for 0. */
char *vm_text_time(gint64 unix_seconds);

/* The guest is on its way: then its status says what it is doing, and nothing is wrong. */
gboolean vm_text_is_coming_up(const ClientVm *vm);
