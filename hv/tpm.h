/* A TPM 2.0 by swtpm, one child per VM; it outlives the daemon like QEMU and ends when QEMU closes its connection (--terminate). */
#pragma once

#include <gio/gio.h>

/* State in @state_dir (made, 0700); ready when the control socket answers. CARREL_ERROR_HOST when swtpm is missing. */
void tpm_start(const char *state_dir, const char *socket, const char *log_file, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data);
/* Pid of swtpm, 0 on error. */
int tpm_start_finish(GAsyncResult *result, GError **error);
void tpm_stop(int pid);
