/*
 * Guest agent client. Its answers come from the guest and are not trusted: bounded lines (1 MiB), typed getters, timeouts.
 * Each call connects to the socket, syncs (guest-sync-delimited), asks, and leaves, so that a dead agent costs nothing.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

/* Runs @command; CARREL_ERROR_TIMEOUT when no agent answers in @timeout_ms. Calls on one socket are queued behind each other. */
void qga_call(const char *socket, const char *command, JsonNode *arguments, guint timeout_ms,
	      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
JsonNode *qga_call_finish(GAsyncResult *result, GError **error);

/* From the reply of guest-network-get-interfaces: the first address that is neither loopback nor link-local, IPv4 before IPv6; NULL when there is none or the
 * reply is nonsense. Caller frees. */
char *qga_first_address(JsonNode *reply);

/* guest-shutdown gives no reply on success; finish: TRUE when it was taken. */
void qga_shutdown(const char *socket, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
gboolean qga_shutdown_finish(GAsyncResult *result, GError **error);

/* Runs @script by the guest's sh as its agent's user, who is root. Finish gives what it wrote to stdout (at most 4 KiB of text, caller frees), or CARREL_ERROR_TIMEOUT, or
 * CARREL_ERROR_FAILED with its words when its exit status is not 0. What it leaves running must have closed stdout and stderr. */
void qga_script(const char *socket, const char *script, guint timeout_ms, GCancellable *cancellable,
		GAsyncReadyCallback callback, gpointer data);
char *qga_script_finish(GAsyncResult *result, GError **error);
