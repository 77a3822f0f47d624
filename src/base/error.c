#include "base/error.h"

#include <string.h>

typedef struct {
	CarrelError code;
	int exit_status;
	const char *name;
	const char *dbus_name;
} ErrorRow;

static const ErrorRow error_rows[] = {
	{CARREL_ERROR_FAILED,     1, "failed",              "io.carrel.Error.Failed"            },
	{ CARREL_ERROR_EXISTS,    1, "exists",              "io.carrel.Error.Exists"            },
	{ CARREL_ERROR_CANCELLED, 1, "cancelled",           "io.carrel.Error.Cancelled"         },
	{ CARREL_ERROR_USAGE,     2, "usage",               "io.carrel.Error.Usage"             },
	{ CARREL_ERROR_NOT_FOUND, 3, "not_found",           "io.carrel.Error.NotFound"          },
	{ CARREL_ERROR_STATE,     4, "wrong_state",         "io.carrel.Error.WrongState"        },
	{ CARREL_ERROR_HOST,      5, "host_unable",         "io.carrel.Error.HostUnable"        },
	{ CARREL_ERROR_TIMEOUT,   6, "timeout",             "io.carrel.Error.Timeout"           },
	{ CARREL_ERROR_VERIFY,    7, "verification_failed", "io.carrel.Error.VerificationFailed"},
};
G_STATIC_ASSERT(G_N_ELEMENTS(error_rows) == CARREL_ERROR_LAST);

GQuark carrel_error_quark(void)
{
	static gsize quark;
	GDBusErrorEntry entries[CARREL_ERROR_LAST];

	for (gsize i = 0; i < CARREL_ERROR_LAST; i++) {
		g_assert(error_rows[i].code == i);
		entries[i].error_code = (gint)i;
		entries[i].dbus_error_name = error_rows[i].dbus_name;
	}
	g_dbus_error_register_error_domain("carrel-error-quark", &quark, entries, CARREL_ERROR_LAST);
	return (GQuark)quark;
}

/*
 * Words of others (programs, guests, files' names) stand in errors: they must not fake the newline that divides sentence and hint, send
 * escapes to a terminal, or be what D-Bus refuses to carry.
 */
static char *clean_words(const char *words)
{
	char *valid = g_utf8_make_valid(words, -1);

	g_strchomp(valid);
	for (char *p = valid; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return valid;
}

static GError *error_new_valist(CarrelError code, const char *hint, const char *format, va_list args)
	G_GNUC_PRINTF(3, 0);

static GError *error_new_valist(CarrelError code, const char *hint, const char *format, va_list args)
{
	g_autofree char *words = g_strdup_vprintf(format, args);
	g_autofree char *sentence = clean_words(words);
	g_autofree char *advice = hint ? clean_words(hint) : NULL;

	if (!advice)
		return g_error_new_literal(CARREL_ERROR, (gint)code, sentence);
	return g_error_new(CARREL_ERROR, (gint)code, "%s\n%s", sentence, advice);
}

gboolean error_set(GError **error, CarrelError code, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_propagate_error(error, error_new_valist(code, hint, format, args));
	va_end(args);
	return FALSE;
}

GError *error_new(CarrelError code, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	GError *error = error_new_valist(code, hint, format, args);
	va_end(args);
	return error;
}

static const ErrorRow *error_row(const GError *error)
{
	if (error->domain == CARREL_ERROR && error->code >= 0 && error->code < CARREL_ERROR_LAST)
		return &error_rows[error->code];
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return &error_rows[CARREL_ERROR_CANCELLED];
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
		return &error_rows[CARREL_ERROR_TIMEOUT];
	return &error_rows[CARREL_ERROR_FAILED];
}

int error_exit_status(const GError *error)
{
	return error_row(error)->exit_status;
}

const char *error_code_name(const GError *error)
{
	return error_row(error)->name;
}

char *error_message(const GError *error)
{
	const char *newline = strchr(error->message, '\n');

	return newline ? g_strndup(error->message, (gsize)(newline - error->message))
		       : g_strdup(error->message);
}

const char *error_hint(const GError *error)
{
	const char *newline = strchr(error->message, '\n');

	return newline && newline[1] ? newline + 1 : NULL;
}

char *error_sentence(const GError *error)
{
	g_autofree char *message = error_message(error);
	const char *hint = error_hint(error);
	const char *last = hint ? hint : message;
	gboolean ended = *last && strchr(".!?", last[strlen(last) - 1]);

	return g_strconcat(message, hint ? "; " : "", hint ? hint : "", ended ? "" : ".", NULL);
}

void error_localise(GError *error)
{
	if (error)
		g_dbus_error_strip_remote_error(error);
}
