/*
 * Errors: one table ties a code to its D-Bus name, its JSON name and the exit status of the command line.
 *
 * A message is one sentence without a full stop: it names the thing and says what was wrong. The hint, which
 * says what to do, travels behind a newline inside GError.message so that it survives D-Bus unchanged; use
 * error_hint() and error_sentence() instead of printing GError.message.
 */
#pragma once

#include <gio/gio.h>

#define CARREL_ERROR (carrel_error_quark())

typedef enum {
	CARREL_ERROR_FAILED,    /* exit 1: it was tried and did not work */
	CARREL_ERROR_EXISTS,    /* exit 1: the name is taken */
	CARREL_ERROR_CANCELLED, /* exit 1: somebody cancelled the job */
	CARREL_ERROR_USAGE,     /* exit 2: the words of the request are wrong */
	CARREL_ERROR_NOT_FOUND, /* exit 3: no such VM, image or switch */
	CARREL_ERROR_STATE,     /* exit 4: not possible in this state */
	CARREL_ERROR_HOST,      /* exit 5: this host cannot */
	CARREL_ERROR_TIMEOUT,   /* exit 6: it took too long */
	CARREL_ERROR_VERIFY,    /* exit 7: a hash or signature does not match */
	CARREL_ERROR_LAST       /* number of codes, no code */
} CarrelError;

/* Also registers the codes as D-Bus errors io.carrel.Error.*, so that a GError passes through the API whole. */
GQuark carrel_error_quark(void);

/* Sets @error to @code with a formatted sentence. @hint may be NULL. Returns FALSE, so that callers can
 * `return error_set(error, ...);`. */
gboolean error_set(GError **error, CarrelError code, const char *hint, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* The same as a new error; the caller owns it. */
GError *error_new(CarrelError code, const char *hint, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Exit status of the command line for @error; any foreign domain is 1. */
int error_exit_status(const GError *error);

/* Name for JSON, for example "not_found"; foreign domains are "failed". Static. */
const char *error_code_name(const GError *error);

/* The sentence without the hint. The caller owns it. */
char *error_message(const GError *error);

/* The hint, or NULL. Points into @error. */
const char *error_hint(const GError *error);

/* Sentence and hint as a person reads them: "VM `x' does not exist; list VMs with `carrel list'." Owned by caller. */
char *error_sentence(const GError *error);

/* Strips the "GDBus.Error:..." prefix that a remote error carries. */
void error_localise(GError *error);
