/* QEMU's firmware descriptors: which one is chosen, and what is passed over. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "hv-util.h"

#define SECURE "\"secure-boot\",\"enrolled-keys\",\"requires-smm\""

typedef struct {
	char *dir;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	fixture->dir = g_dir_make_tmp("carrel-firmware-XXXXXX", NULL);
	g_setenv("CARREL_FIRMWARE_DIR", fixture->dir, TRUE);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_assert_true(file_remove_tree(fixture->dir, NULL));
	g_free(fixture->dir);
}

static void put(Fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A good descriptor; @code and its variables are made as files. @more goes into the mapping. */
static void describe(Fixture *fixture, const char *name, const char *code, const char *machines,
		     const char *features, const char *more)
{
	g_autofree char *vars = g_strconcat(code, ".vars", NULL);
	g_autofree char *text =
		g_strdup_printf("{\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"flash\"%s,"
				"\"executable\":{\"filename\":\"%s/%s\",\"format\":\"raw\"},"
				"\"nvram-template\":{\"filename\":\"%s/%s\",\"format\":\"raw\"}},"
				"\"targets\":[{\"architecture\":\"x86_64\",\"machines\":[%s]}],\"features\":["
				"%s],\"tags\":[]}",
				more, fixture->dir, code, fixture->dir, vars, machines, features);

	put(fixture, code, "code");
	put(fixture, vars, "vars");
	put(fixture, name, text);
}

static void assert_found(gboolean secure, const char *code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Firmware) firmware = firmware_find("x86_64", "pc-q35-7.2", secure, &error);

	g_assert_no_error(error);
	g_autofree char *base = g_path_get_basename(firmware->code);
	g_assert_cmpstr(base, ==, code);
	g_assert_true(g_str_has_suffix(firmware->vars, ".vars"));
	g_assert_cmpstr(firmware->vars_format, ==, "raw");
	g_assert_cmpint(firmware->secure_boot, ==, secure);
}

static void assert_none(gboolean secure)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(firmware_find("x86_64", "pc-q35-7.2", secure, &error));
	g_assert_error(error, CARREL_ERROR, CARREL_ERROR_HOST);
	g_assert_nonnull(strstr(error->message, "ovmf"));
}

static void test_choice(Fixture *fixture, gconstpointer data)
{
	describe(fixture, "40-enrolled.json", "enrolled", "\"pc-q35-*\"", SECURE, "");
	describe(fixture, "50-empty.json", "empty", "\"pc-q35-*\"", "\"secure-boot\",\"requires-smm\"", "");
	describe(fixture, "60-plain.json", "plain", "\"pc-i440fx-*\",\"pc-q35-*\"", "\"acpi-s3\"", "");
	describe(fixture, "70-second.json", "second", "\"pc-q35-*\"", "", "");
	assert_found(TRUE, "enrolled");
	assert_found(FALSE, "plain");
}

/* What cannot be used, each for one reason, and behind them one that can. */
static void test_passed_over(Fixture *fixture, gconstpointer data)
{
	describe(fixture, "10-machine.json", "machine", "\"pc-i440fx-*\"", "", "");
	describe(fixture, "11-stateless.json", "stateless", "\"pc-q35-*\"", "", ",\"mode\":\"stateless\"");
	describe(fixture, "12-gone.json", "gone", "\"pc-q35-*\"", "", "");
	g_autofree char *gone = g_build_filename(fixture->dir, "gone", NULL);
	g_assert_true(file_remove_tree(gone, NULL));
	put(fixture, "13-empty.json", "");
	put(fixture, "14-bios.json", "{\"interface-types\":[\"bios\"],\"mapping\":{\"device\":\"memory\"}}");
	put(fixture, "15-types.json",
	    "{\"interface-types\":[7,null],\"mapping\":3,\"targets\":[[],5],\"features\":{}}");
	put(fixture, "16-note.txt", "no descriptor");
	describe(fixture, "90-good.json", "good", "\"pc-q35-*\"", "", "");
	assert_found(FALSE, "good");
	assert_none(TRUE);
}

static void test_broken(Fixture *fixture, gconstpointer data)
{
	put(fixture, "10-broken.json", "{\"interface-types\":[");
	g_test_expect_message("carrel", G_LOG_LEVEL_WARNING, "*10-broken.json*ignored*");
	assert_none(FALSE);
	g_test_assert_expected_messages();
}

static void test_nothing(Fixture *fixture, gconstpointer data)
{
	assert_none(TRUE);
	assert_none(FALSE);
	g_setenv("CARREL_FIRMWARE_DIR", "/nowhere", TRUE);
	assert_none(FALSE);
}

/* This host's own, when it has any. */
static void test_real(Fixture *fixture, gconstpointer data)
{
	g_unsetenv("CARREL_FIRMWARE_DIR");
	for (gint secure = 0; secure < 2; secure++) {
		g_autoptr(Firmware) firmware = firmware_find("x86_64", "pc-q35-7.2", secure, NULL);
		if (!firmware) {
			g_test_skip("no UEFI firmware is installed");
			return;
		}
		g_assert_true(g_file_test(firmware->code, G_FILE_TEST_EXISTS));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/firmware/choice", test_choice);
	ADD("/firmware/passed-over", test_passed_over);
	ADD("/firmware/broken", test_broken);
	ADD("/firmware/nothing", test_nothing);
	ADD("/firmware/real", test_real);
	return g_test_run();
}
