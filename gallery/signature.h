/* OpenPGP signatures, checked by gpgv(1) in a child against one keyring, with no home folder and no trust of anybody else. */
#pragma once

#include <gio/gio.h>

typedef enum {
	SIGNATURE_NONE, /* there is none, and none was asked for */
	SIGNATURE_GOOD,
	SIGNATURE_BAD,     /* the text was changed */
	SIGNATURE_UNKNOWN, /* by a key that the keyring does not have */
	SIGNATURE_EXPIRED, /* by a key, or with a signature, whose time is over; or a revoked key */
	SIGNATURE_LAST
} SignatureState;

const char *signature_state_name(SignatureState state); /* "none", "good", "bad", "unknown-key", "expired" */

typedef struct {
	SignatureState state;
	char *fingerprint; /* of the key, "" = not known */
	char *signer;      /* its user id, cleaned of control characters; "" = not known */
	GBytes *text; /* what is signed: of a clear-signed document the text inside, and nothing around it; else the document */
} SignatureResult;

void signature_result_free(SignatureResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignatureResult, signature_result_free)

/*
 * @signature NULL: @document is clear-signed (RFC 9580 section 7), and only what gpgv itself gives back as signed counts. @keyring: path, or a name
 * below data/gallery/keyrings, armoured or binary. CARREL_ERROR_HOST when gpgv is missing, CARREL_ERROR_FAILED when the keyring cannot be read; a
 * signature that is not good is a result, no error.
 */
void signature_check(GBytes *document, GBytes *signature, const char *keyring, GCancellable *cancellable,
		     GAsyncReadyCallback callback, gpointer data);
SignatureResult *signature_check_finish(GAsyncResult *result, GError **error);

/* The sentence for people: CARREL_ERROR_VERIFY for all but NONE and GOOD. @what is named. */
gboolean signature_require_good(const SignatureResult *result, const char *what, GError **error);
