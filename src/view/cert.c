/* The only file that includes gnutls: GIO does TLS, but makes no certificates. */
#include "view/cert.h"

#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"

#define DAY     (24 * 60 * 60)
#define VALID_S (365 * DAY)
#define RENEW_S (300 * DAY)
#define SERIAL  16
#define PEM_MAX 65536

typedef struct {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t crt_pem, key_pem;
} Maker;

static void maker_clear(Maker *maker)
{
	if (maker->crt)
		gnutls_x509_crt_deinit(maker->crt);
	if (maker->key)
		gnutls_x509_privkey_deinit(maker->key);
	gnutls_free(maker->crt_pem.data);
	gnutls_free(maker->key_pem.data);
}

/* Each returns a status of GnuTLS: 0, or what was wrong. */

static int make_key(Maker *maker)
{
	int status = gnutls_x509_privkey_init(&maker->key);

	return status ? status
		      : gnutls_x509_privkey_generate(maker->key, GNUTLS_PK_ECDSA,
						     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int set_dates(Maker *maker)
{
	time_t now = time(NULL);
	int status = gnutls_x509_crt_set_version(maker->crt, 3);

	if (!status) /* clocks of other hosts differ */
		status = gnutls_x509_crt_set_activation_time(maker->crt, now - DAY);
	return status ? status : gnutls_x509_crt_set_expiration_time(maker->crt, now + VALID_S);
}

static int set_serial(Maker *maker)
{
	guint8 serial[SERIAL];
	int status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] &= 0x7f; /* it is a positive number */
	return status ? status : gnutls_x509_crt_set_serial(maker->crt, serial, sizeof(serial));
}

static int set_names(Maker *maker, const char *host)
{
	g_autoptr(GInetAddress) ip = g_inet_address_new_from_string(host);
	int status = gnutls_x509_crt_set_dn_by_oid(maker->crt, GNUTLS_OID_X520_COMMON_NAME, 0, host,
						   (unsigned)strlen(host));

	if (status)
		return status;
	if (!ip)
		return gnutls_x509_crt_set_subject_alt_name(maker->crt, GNUTLS_SAN_DNSNAME, host,
							    (unsigned)strlen(host), GNUTLS_FSAN_SET);
	return gnutls_x509_crt_set_subject_alt_name(
		maker->crt, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes(ip),
		(unsigned)g_inet_address_get_native_size(ip), GNUTLS_FSAN_SET);
}

static int set_uses(Maker *maker)
{
	int status = gnutls_x509_crt_set_basic_constraints(maker->crt, 0, -1);

	if (!status)
		status = gnutls_x509_crt_set_key_usage(maker->crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	return status ? status : gnutls_x509_crt_set_key_purpose_oid(maker->crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
}

static int sign(Maker *maker)
{
	int status = gnutls_x509_crt_set_key(maker->crt, maker->key);

	if (!status)
		status = gnutls_x509_crt_sign2(maker->crt, maker->crt, maker->key, GNUTLS_DIG_SHA256, 0);
	if (!status)
		status = gnutls_x509_crt_export2(maker->crt, GNUTLS_X509_FMT_PEM, &maker->crt_pem);
	return status ? status
		      : gnutls_x509_privkey_export2(maker->key, GNUTLS_X509_FMT_PEM, &maker->key_pem);
}

static int make_all(Maker *maker, const char *host)
{
	int status = make_key(maker);

	if (!status)
		status = gnutls_x509_crt_init(&maker->crt);
	if (!status)
		status = set_dates(maker);
	if (!status)
		status = set_serial(maker);
	if (!status)
		status = set_names(maker, host);
	if (!status)
		status = set_uses(maker);
	return status ? status : sign(maker);
}

/* Certificate and key, as PEM. Caller frees. */
static char *make_pem(const char *host, GError **error)
{
	Maker maker = { 0 };
	int status = make_all(&maker, host);
	char *pem = NULL;

	if (status)
		error_set(error, CARREL_ERROR_HOST, NULL, "cannot make a certificate for `%s': %s", host,
			  gnutls_strerror(status));
	else
		pem = g_strdup_printf("%.*s%.*s", (int)maker.crt_pem.size, (const char *)maker.crt_pem.data,
				      (int)maker.key_pem.size, (const char *)maker.key_pem.data);
	maker_clear(&maker);
	return pem;
}

static GTlsCertificate *parse_pem(const char *pem, GError **error)
{
	g_autoptr(GError) reason = NULL;
	GTlsCertificate *certificate = g_tls_certificate_new_from_pem(pem, -1, &reason);

	if (!certificate)
		error_set(error, CARREL_ERROR_HOST, "install the package glib-networking",
			  "cannot use TLS: %s", reason->message);
	return certificate;
}

static gboolean is_fresh(const char *path)
{
	struct stat info;

	return g_stat(path, &info) == 0 && time(NULL) - info.st_mtime < RENEW_S;
}

GTlsCertificate *cert_get(const char *path, const char *host, GError **error)
{
	g_autofree char *stored = is_fresh(path) ? file_read(path, PEM_MAX, NULL, NULL) : NULL;
	GTlsCertificate *certificate = stored ? parse_pem(stored, NULL) : NULL;

	if (certificate)
		return certificate;
	g_autofree char *pem = make_pem(host, error);
	certificate = pem ? parse_pem(pem, error) : NULL;
	if (certificate && !file_replace(path, pem, -1, 0600, error))
		g_clear_object(&certificate);
	return certificate;
}

char *cert_fingerprint(GTlsCertificate *certificate)
{
	g_autoptr(GByteArray) der = NULL;
	GString *text = g_string_new(NULL);

	g_object_get(certificate, "certificate", &der, NULL);
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der->data, der->len);
	for (gsize i = 0; sum[i]; i += 2)
		g_string_append_printf(text, "%s%c%c", i ? ":" : "", g_ascii_toupper(sum[i]),
				       g_ascii_toupper(sum[i + 1]));
	return g_string_free(text, FALSE);
}
