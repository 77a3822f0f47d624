/*
 * Checkpoints of a VM, as they lie in its folder:
 *
 *	checkpoints/ID/note.json	name, parent, time, and which images have a snapshot
 *	checkpoints/ID/vm.conf		as it was
 *	checkpoints/ID/state		memory and devices, if it was on or saved (a file as VM_SAVED_STATE)
 *	checkpoints/ID/tpm/, instant	as in the VM's folder, if they were there
 *	checkpoints/now			the ID that the VM goes on from
 *
 * The contents of its disks and of the firmware's variables are internal snapshots in the qcow2 files, whose tag is "carrel-ID". This file reads and writes notes;
 * vm-checkpoint*.c do the work.
 */
#pragma once

#include <glib.h>

#define CHECKPOINT_MAX      50  /* of a VM, as Hyper-V */
#define CHECKPOINT_NAME_MAX 100 /* characters */

typedef struct {
	char *node; /* QEMU's block node */
	char *path; /* absolute, or relative to the VM's folder */
} CheckpointDisk;

typedef struct {
	char *id;          /* eight hexadecimal digits, unique in its VM */
	char *name;        /* people's, not unique */
	char *parent;      /* ID of the one that the VM went on from when this was made; "" = none */
	gint64 created_us; /* unix microseconds: two may be made within one second */
	gboolean memory;   /* has a state */
	GPtrArray *disks;  /* of CheckpointDisk */
} Checkpoint;

Checkpoint *checkpoint_new(void);
void checkpoint_free(Checkpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checkpoint, checkpoint_free)
void checkpoint_add_disk(Checkpoint *checkpoint, const char *node, const char *path);

/* @name not too long, no control characters. */
gboolean checkpoint_check_name(const char *name, GError **error);

/* Of the VM in @folder, oldest first; notes that cannot be read are logged and left out. Caller unrefs. */
GPtrArray *checkpoints_load(const char *folder);
/* By ID, or by a name that only one has. Borrowed from @all. */
Checkpoint *checkpoints_find(GPtrArray *all, const char *word, GError **error);

/* Takes @one out of @all. Caller frees. */
Checkpoint *checkpoint_take(GPtrArray *all, Checkpoint *one);

/* A file of a checkpoint, or its folder when @file is NULL. Caller frees. */
char *checkpoint_path(const char *folder, const char *id, const char *file);
/* Writes the note; the checkpoint's folder must be there. */
gboolean checkpoint_save(const Checkpoint *checkpoint, const char *folder, GError **error);
/* The note alone, into any folder. */
gboolean checkpoint_save_note(const Checkpoint *checkpoint, const char *path, GError **error);

/* The one that the VM goes on from, "" = none. Caller frees. */
char *checkpoints_now(const char *folder);
gboolean checkpoints_set_now(const char *folder, const char *id, GError **error);

/* From a note's text; NULL with CARREL_ERROR_FAILED. Not trusted: paths lead only to where a vm.conf's may. */
Checkpoint *checkpoint_parse(const char *text, gsize length, const char *id, GError **error);
