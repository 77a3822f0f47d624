/* Inside of hv/ only: what machine.c and machine-start.c share. */
#pragma once

#include "hv/machine.h"

struct Machine {
	guint refs; /* one of the owner, one per machine_hold() */
	char *id, *name, *log_file;
	MachineWatch watch; /* NULL once freed, or before the machine was handed out */
	gpointer data;
	int pid, pidfd;
	gboolean child;    /* ours to reap */
	gint64 log_start;  /* where this run's words begin */
	gboolean shutdown; /* SHUTDOWN was seen: the end is near and regular */
	gboolean killed;   /* by us */
	gboolean gone;
	Qmp *qmp;
	guint pid_source, reconnect_source;
	guint reconnects; /* tries since the monitor was lost */
};

/* A machine for a process that runs; opens its pidfd. NULL when the process is gone. */
Machine *machine_new(const MachineOptions *options, int pid, gboolean child, gint64 log_start);

/* Tries the monitor's socket once; TRUE: machine->qmp is set (and may still be silent). */
gboolean machine_connect(Machine *machine);

/* From now on the owner hears events. */
void machine_begin(Machine *machine, const MachineOptions *options);

/* Why a process that just ended did so, for people; reaps a child. NULL when it ended regularly. Caller frees. */
char *machine_obituary(Machine *machine);

/* Removes pid file and sockets. */
void machine_forget_files(const char *id);

/* Keeps the struct over an operation of several steps; its owner may free the machine meanwhile, which then has no monitor. */
Machine *machine_hold(Machine *machine);
void machine_release(Machine *machine);
