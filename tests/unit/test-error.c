/* The error table: codes, exit statuses, names, hints, and the way over D-Bus. */
#include "base/error.h"

#include <unistd.h>

#include "tests/unit/support.h"

typedef struct {
	CarrelError code;
	int exit_status;
	const char *name, *dbus_name;
} Expected;

/* DESIGN.md section 7. */
static const Expected rows[] = {
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

static void test_table(void)
{
	g_assert_cmpuint(G_N_ELEMENTS(rows), ==, CARREL_ERROR_LAST);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = error_new(rows[i].code, NULL, "it is %s", "so");
		g_autofree char *name = g_dbus_error_encode_gerror(error);
		g_assert_cmpint(error_exit_status(error), ==, rows[i].exit_status);
		g_assert_cmpstr(error_code_name(error), ==, rows[i].name);
		g_assert_cmpstr(name, ==, rows[i].dbus_name);
	}
}

static void test_foreign(void)
{
	g_autoptr(GError) other = g_error_new(G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "x");
	g_autoptr(GError) cancelled = g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
	g_autoptr(GError) late = g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "x");
	g_autoptr(GError) beyond = g_error_new(CARREL_ERROR, CARREL_ERROR_LAST, "x");

	g_assert_cmpint(error_exit_status(other), ==, 1);
	g_assert_cmpstr(error_code_name(other), ==, "failed");
	g_assert_cmpstr(error_code_name(cancelled), ==, "cancelled");
	g_assert_cmpint(error_exit_status(late), ==, 6);
	g_assert_cmpint(error_exit_status(beyond), ==, 1);
}

static void test_hint(void)
{
	g_autoptr(GError) with =
		error_new(CARREL_ERROR_NOT_FOUND, "list VMs with `carrel list'", "VM `x' does not exist");
	g_autoptr(GError) without = error_new(CARREL_ERROR_FAILED, NULL, "it broke.");
	g_autofree char *message = error_message(with);
	g_autofree char *sentence = error_sentence(with);
	g_autofree char *plain = error_sentence(without);

	g_assert_cmpstr(message, ==, "VM `x' does not exist");
	g_assert_cmpstr(error_hint(with), ==, "list VMs with `carrel list'");
	g_assert_cmpstr(sentence, ==, "VM `x' does not exist; list VMs with `carrel list'.");
	g_assert_null(error_hint(without));
	g_assert_cmpstr(plain, ==, "it broke.");
}

/* Words of guests and programs cannot fake a hint, reach the terminal as escapes, or be refused by D-Bus. */
static void test_words_of_others(void)
{
	g_autoptr(GError) error =
		error_new(CARREL_ERROR_FAILED, NULL, "qemu says: %s", "a\nb\r\033[31mc\xff\177\n\n");
	g_autofree char *sentence = error_sentence(error);

	g_assert_cmpstr(error->message, ==, "qemu says: a b  [31mc\357\277\275 ");
	g_assert_null(error_hint(error));
	g_assert_true(g_utf8_validate(sentence, -1, NULL));
}

static void test_set(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(error_set(&error, CARREL_ERROR_STATE, NULL, "VM `%s' is off", "a"));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
	g_assert_false(error_set(NULL, CARREL_ERROR_STATE, NULL, "nobody asks"));
}

/* As a client gets it: encoded by one side, made into an error by the other, prefix stripped. */
static void test_over_dbus(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) sent = error_new(rows[i].code, "do so", "it is so");
		g_autofree char *name = g_dbus_error_encode_gerror(sent);
		g_autoptr(GError) got = g_dbus_error_new_for_dbus_error(name, sent->message);
		error_localise(got);
		g_autofree char *sentence = error_sentence(got);
		g_assert_error(got, CARREL_ERROR, (gint)rows[i].code);
		g_assert_cmpstr(sentence, ==, "it is so; do so.");
	}
	error_localise(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error/table", test_table);
	g_test_add_func("/error/foreign", test_foreign);
	g_test_add_func("/error/hint", test_hint);
	g_test_add_func("/error/words-of-others", test_words_of_others);
	g_test_add_func("/error/set", test_set);
	g_test_add_func("/error/over-dbus", test_over_dbus);
	return g_test_run();
}
