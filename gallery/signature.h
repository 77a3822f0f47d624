/* OpenPGP signatures, checked by gpgv(1) in a child against one keyring, with no home folder and no trust of anybody else. */
#pragma once

#include <gio/gio.h>

/* Limits: what may be signed, a detached signature, a keyring (that of Debian's developers has 30 MB), and how long gpgv may take. */
#define SIGNATURE_DOCUMENT_MAX (128 * 1024 * 1024)
#define SIGNATURE_MAX          (1024 * 1024)
#define SIGNATURE_KEYRING_MAX  (64 * 1024 * 1024)
#define SIGNATURE_TIMEOUT_MS   60000

typedef enum {
	SIGNATURE_NONE, /* there is none, and none was asked for */
	SIGNATURE_GOOD,
	SIGNATURE_BAD,     /* the text was changed */
	SIGNATURE_UNKNOWN, /* by a key that the keyring does not have */
	SIGNATURE_EXPIRED, /* by a key, or with a signature, whose time is over; or a revoked key */
	SIGNATURE_MISSING, /* it was asked for, and what is there is no signature */
	SIGNATURE_WEAK,    /* made with MD5, SHA-1 or the like, which proves nothing any more */
	SIGNATURE_LAST
} SignatureState;

/* "none", "good", "bad", "unknown-key", "expired", "missing", "weak" */
const char *signature_state_name(SignatureState state);

typedef struct {
	SignatureState state;
	char *fingerprint; /* of the key, "" = not known */
	char *signer;      /* its user id, cleaned of control characters; "" = not known */
	GBytes *text; /* NULL unless GOOD. What is signed: of a clear-signed document the text inside, and nothing around it; else the document */
} SignatureResult;

void signature_result_free(SignatureResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignatureResult, signature_result_free)

/*
 * @signature NULL: @document is clear-signed (RFC 9580 section 7), and only what gpgv itself gives back as signed counts; it may end in a newline less than
 * what was signed. @keyring: path, or a name below data/gallery/keyrings, armoured or binary. Of several signatures one good one is enough if none is bad. The
 * result is never NONE. Errors: CARREL_ERROR_HOST when gpgv is missing, CARREL_ERROR_FAILED when the keyring cannot be read or a limit is passed, _TIMEOUT,
 * _CANCELLED; a signature that is not good is a result, no error.
 */
void signature_check(GBytes *document, GBytes *signature, const char *keyring, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data);
SignatureResult *signature_check_finish(GAsyncResult *result, GError **error);

/* The sentence for people: CARREL_ERROR_VERIFY for all but NONE and GOOD. @what is named. */
gboolean signature_require_good(const SignatureResult *result, const char *what, GError **error);
