/*
 * Typed QMP commands. Each starts one command on @machine's monitor; finish with machine_cmd_finish() unless it says otherwise. When the monitor is lost they fail with
 * CARREL_ERROR_FAILED.
 */
#pragma once

#include "hv/machine.h"

void cmd_cont(Machine *machine, GAsyncReadyCallback callback, gpointer data);
void cmd_stop(Machine *machine, GAsyncReadyCallback callback, gpointer data);
void cmd_system_reset(Machine *machine, GAsyncReadyCallback callback, gpointer data);
void cmd_system_powerdown(Machine *machine, GAsyncReadyCallback callback,
			  gpointer data); /* ACPI power button */
void cmd_quit(Machine *machine, GAsyncReadyCallback callback, gpointer data);
void cmd_set_link(Machine *machine, const char *nic, gboolean up, GAsyncReadyCallback callback,
		  gpointer data);
/* Presses a key and lets it go; @key: a QKeyCode of qapi/ui.json. */
void cmd_send_key(Machine *machine, const char *key, GAsyncReadyCallback callback, gpointer data);
/* Puts @path (absolute; "" = empty) into the DVD drive. */
void cmd_change_iso(Machine *machine, const char *path, GAsyncReadyCallback callback, gpointer data);
/* The channel of the shared clipboard; once each. Without it a machine can be saved by any QEMU. Unplugging what is not there succeeds. */
void cmd_plug_clipboard(Machine *machine, GAsyncReadyCallback callback, gpointer data);
void cmd_unplug_clipboard(Machine *machine, GAsyncReadyCallback callback, gpointer data);
gboolean cmd_finish(GAsyncResult *result, GError **error);

/* query-status: "running", "paused", "prelaunch", "inmigrate", "io-error", "guest-panicked", ... Finish gives the string, owned by the caller. */
void cmd_query_status(Machine *machine, GAsyncReadyCallback callback, gpointer data);
char *cmd_query_status_finish(GAsyncResult *result, GError **error);

/* Saves device state and memory to @file (mode 0600, written to FILE.part, fsync, rename) by migration to a passed fd; the machine is stopped first and stays
 * stopped. On error the part is gone and the machine is still there, stopped. @progress may be NULL. */
typedef void (*CmdProgress)(guint64 done, guint64 total, gpointer data);
void cmd_save_state(Machine *machine, const char *file, CmdProgress progress, gpointer progress_data,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* Into a machine that was started with ArgvContext.incoming; afterwards it is paused. */
void cmd_load_state(Machine *machine, const char *file, CmdProgress progress, gpointer progress_data,
		    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);

/* The same without the memory, for a machine of MEMORY_TEMPLATE; its file holds that. And into one of MEMORY_CLONE. */
void cmd_save_template(Machine *machine, const char *file, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data);
void cmd_load_template(Machine *machine, const char *file, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data);

/* Plugs an adapter of qemu_argv_adapters() into the running machine. */
void cmd_plug_adapter(Machine *machine, const ArgvAdapter *adapter, GAsyncReadyCallback callback,
		      gpointer data);
/* Unplugs adapter @nic, which takes the guest's consent; CARREL_ERROR_TIMEOUT when it does not give it within a few seconds. */
void cmd_unplug_adapter(Machine *machine, const char *nic, GAsyncReadyCallback callback, gpointer data);

/* Bytes that all disks have read and written since the start. */
void cmd_query_disk_bytes(Machine *machine, GAsyncReadyCallback callback, gpointer data);
gboolean cmd_query_disk_bytes_finish(GAsyncResult *result, guint64 *bytes, GError **error);
