/* What Windows' Setup is told: whole answer files (golden), their words, and names that it would refuse. */
#include "model/windows-answer.h"

#include <string.h>

#include "gallery/archive.h"
#include "model/vm-drivers.h"
#include "spec/spec-fields.h"
#include "tests/unit/support.h"

static const WindowsAnswer plain = {
	.os = "win11",
	.label = "CCCOMA_X64FRE_EN-US_DV9",
	.architecture = "x86_64",
	.efi = TRUE,
	.drivers = TRUE,
	.user = "ann",
	.password = "Secret-1",
	.hostname = "box",
	.locale = "en_US.UTF-8",
	.keymap = "us",
	.timezone = "UTC",
};

/* --- well-formed? ------------------------------------------------------------------------------------------------------- */

/* The value of the first element @name after @after; "" when there is none. As an XML reader sees it. */
typedef struct {
	const char *name;
	GString *value;
	gboolean inside, done;
} Look;

static void on_start(GMarkupParseContext *context, const char *name, const char **keys, const char **values,
		     gpointer data, GError **error)
{
	Look *look = data;

	look->inside = !look->done && g_str_equal(name, look->name);
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
	Look *look = data;

	look->done |= look->inside;
	look->inside = FALSE;
}

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
		    GError **error)
{
	Look *look = data;

	if (look->inside)
		g_string_append_len(look->value, text, (gssize)length);
}

static char *value_of(const char *xml, const char *name)
{
	static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
	Look look = { name, g_string_new(NULL), FALSE, FALSE };
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &look, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_markup_parse_context_parse(context, xml, -1, &error));
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(context, NULL));
	return g_string_free(look.value, FALSE);
}

static void assert_value(const WindowsAnswer *answer, const char *name, const char *wanted)
{
	g_autofree char *xml = windows_answer_text(answer);
	g_autofree char *value = value_of(xml, name);

	g_assert_cmpstr(value, ==, wanted);
}

/* --- whole files -------------------------------------------------------------------------------------------------------- */

static void check(const char *file, const WindowsAnswer *answer)
{
	g_autofree char *path = g_strconcat("windows/", file, NULL);
	g_autofree char *xml = windows_answer_text(answer);
	g_autofree char *user = value_of(xml, "RegisteredOwner");
	g_autofree char *password = value_of(xml, "Value");

	g_assert_cmpstr(user, ==, answer->user);
	assert_golden(path, xml);
}

static void test_windows_11(void)
{
	check("windows-11.xml", &plain);
}

static void test_bios(void)
{
	WindowsAnswer answer = plain;

	answer.os = "win10";
	answer.label = "CCCOMA_X86FRE_DE-DE_DV9";
	answer.architecture = "i686";
	answer.efi = FALSE;
	answer.locale = "de_AT.UTF-8";
	answer.keymap = "at(nodeadkeys)";
	answer.timezone = "Europe/Vienna";
	check("windows-10-bios.xml", &answer);
}

static void test_odd(void)
{
	WindowsAnswer answer = plain;

	answer.os = "win10";
	answer.drivers = FALSE;
	answer.password = "</Value><x y='1'>&amp; \"\303\251\346\227\245\" %PATH% ]]>";
	answer.hostname = "a-very-long-name-of-a-host.example.org";
	answer.product_key = "<AAAAA&BBBBB>";
	answer.label = "\"><evil>";
	check("windows-10-odd.xml", &answer);
	assert_value(&answer, "Key", answer.product_key);
	assert_value(&answer, "ComputerName", "a-very-long-nam");
}

static void test_server(void)
{
	WindowsAnswer answer = plain;

	answer.os = "win2k22";
	answer.label = "SSS_X64FREE_EN-US_DV9";
	answer.locale = "pt_BR.UTF-8";
	answer.keymap = "br";
	answer.timezone = "America/Sao_Paulo";
	check("server-2022.xml", &answer);
}

/* --- parts ---------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *os, *label, *key, *image; /* "" = not told */
} editions[] = {
	{"win11",    "CCCOMA_X64FRE_EN-US_DV9", "W269N-WFGWX-YVC9B-4J6C9-T83GX", "" },
	{ "win11",   "CENA_X64FREE_EN-US_DV9",  "/IMAGE/INDEX",                  "1"},
	{ "win10",   "CENA_X64FREV_EN-US_DV5",  "NPPR9-FWDCX-D2C8J-H872K-2YT43", "" },
	{ "win10",   "J_CES_X64FREV_EN-US_DV5", "M7XTQ-FN8P6-TTKYV-9D4CC-J462D", "" },
	{ "win10",   "CESE_X64FREE_EN-US_DV5",  "/IMAGE/INDEX",                  "1"},
	{ "win8.1",  "",			"GCRJD-8NW9H-F2CDX-CCM8D-9D6T9", "" },
	{ "win2k19", "SSS_X64FREE_EN-US_DV9",   "/IMAGE/INDEX",                  "2"},
};

static void test_editions(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(editions); i++) {
		WindowsAnswer answer = plain;
		answer.os = editions[i].os;
		answer.label = editions[i].label;
		assert_value(&answer, "Key", editions[i].key);
		/* The first Value is the image's, or else the password's. */
		assert_value(&answer, "Value", *editions[i].image ? editions[i].image : plain.password);
	}
	WindowsAnswer retail = plain;
	retail.os = "win2k25";
	retail.label = "SSS_X64FRE_EN-US_DV9";
	g_autofree char *xml = windows_answer_text(&retail);
	g_assert_nonnull(strstr(xml, "<Key>/IMAGE/INDEX</Key>"));
	g_assert_nonnull(strstr(xml, "<Key>TVRH6-WHNXV-R9WG3-9XRFY-MY832</Key>"));
	g_assert_nonnull(strstr(xml, "<Path>D:\\viostor\\2k25\\amd64</Path>"));
	g_assert_nonnull(strstr(xml, "<Path>H:\\NetKVM\\2k22\\amd64</Path>"));
	g_assert_false(windows_answer_knows("win7"));
	g_assert_false(windows_answer_knows("windows"));
	g_assert_true(windows_is_server("win2k12r2"));
	g_assert_false(windows_is_server("win8.1"));
}

/* The built-in account is no new one. */
static void test_administrator(void)
{
	WindowsAnswer answer = plain;

	answer.user = "administrator";
	g_autofree char *xml = windows_answer_text(&answer);
	g_assert_null(strstr(xml, "<LocalAccount"));
	g_assert_nonnull(strstr(xml, "<AdministratorPassword>"));
	assert_value(&answer, "Username", "Administrator");
}

static void assert_same(const char *got, const char *wanted)
{
	g_assert_cmpstr(got, ==, wanted);
}

static void assert_taken(char *got, const char *wanted)
{
	g_autofree char *owned = got;

	g_assert_cmpstr(owned, ==, wanted);
}

static void test_words(void)
{
	assert_same(windows_input_locale("de(nodeadkeys)"), "0407:00000407");
	assert_same(windows_input_locale("ch(fr)"), "100c:0000100c");
	assert_same(windows_input_locale("ru"), "0419:00000419;0409:00000409");
	assert_same(windows_input_locale("klingon"), "0409:00000409");
	assert_same(windows_input_locale(""), "0409:00000409");

	assert_same(windows_time_zone("Europe/Berlin"), "W. Europe Standard Time");
	assert_same(windows_time_zone("Europe/Kyiv"), "FLE Standard Time");
	assert_same(windows_time_zone("America/New_York"), "Eastern Standard Time");
	assert_same(windows_time_zone("Asia/Kolkata"), "India Standard Time");
	assert_same(windows_time_zone("Etc/UTC"), "UTC");
	assert_same(windows_time_zone("Europe"), "UTC");
	assert_same(windows_time_zone("Europe/Berlin Europe/Rome"), "UTC");
	assert_same(windows_time_zone(""), "UTC");

	assert_taken(windows_locale("de_AT.UTF-8"), "de-AT");
	assert_taken(windows_locale("en_DK"), "en-US");
	assert_taken(windows_locale("no_NO.UTF-8"), "nb-NO");
	assert_taken(windows_locale("sr_RS@latin"), "sr-Latn-RS");
	assert_taken(windows_locale("sr_RS"), "sr-Cyrl-RS");
	assert_taken(windows_locale("C.UTF-8"), "en-US");
	assert_taken(windows_locale(""), "en-US");
	assert_taken(windows_label_language("SSS_X64FREE_FR-FR_DV9"), "fr-FR");
	assert_taken(windows_label_language("ESD_ISO"), "en-US");
	assert_taken(windows_label_language(""), "en-US");
}

static void test_computer_names(void)
{
	assert_taken(windows_computer_name("web.example.org", "ann"), "web");
	assert_taken(windows_computer_name("12345", "ann"), "pc-12345");
	assert_taken(windows_computer_name("Ann", "ann"), "pc-Ann");
	assert_taken(windows_computer_name("123456789012345678", "ann"), "pc-123456789012");
	assert_taken(windows_computer_name("fourteen-chars--x", "ann"), "fourteen-chars");
}

static void test_users(void)
{
	static const struct {
		const char *os, *user, *password, *wrong; /* NULL = good */
	} rows[] = {
		{"win11",    "ann",                   "x",            NULL                    },
		{ "win11",   "guest",                 "x",            "account `guest' of its"},
		{ "win11",   "twenty-one-characters", "x",            "more than the 20"      },
		{ "win2k22", "ann",                   "secretsecret", "as simple as this"     },
		{ "win2k22", "ann",                   "Secret-ann1",  "as simple as this"     },
		{ "win2k22", "ann",                   "Secret1",      NULL                    },
		{ "win2k22", "al",                    "Secretal1",    NULL                    },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		gboolean good = windows_check_user(rows[i].os, rows[i].user, rows[i].password, &error);
		g_assert_cmpint(good, ==, rows[i].wrong == NULL);
		if (rows[i].wrong)
			assert_carrel_error(error, CARREL_ERROR_USAGE, rows[i].wrong);
	}
	g_autofree char *made = windows_server_password("abcdefghijkl");
	g_assert_cmpstr(made, ==, "Abcdefghijkl1");
	g_assert_true(windows_check_user("win2k22", "ann", made, NULL));
}

/* --- drivers -------------------------------------------------------------------------------------------------------------- */

static void test_drivers(void)
{
	static const char *const names[] = { "readme", NULL };
	TempDir *dir = temp_dir_new();
	g_autofree char *iso = g_build_filename(dir, "a.iso", NULL);
	g_autofree char *other = g_build_filename(dir, "b.iso", NULL);
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(VmSpec) spec = vm_spec_new();

	g_ptr_array_add(contents, g_bytes_new_static("x", 1));
	g_assert_true(archive_write_iso(iso, "virtio-win-0.1.266", names, contents, NULL));
	g_assert_true(archive_write_iso(other, "GRAPHICS", names, contents, NULL));
	g_assert_true(drivers_are_virtio(iso));
	g_assert_false(drivers_are_virtio(other));
	g_assert_false(drivers_are_virtio("/nonexistent"));

	vm_spec_add_disk(spec, NULL);
	vm_spec_add_disk(spec, NULL);
	vm_spec_add_nic(spec, NULL);
	vm_spec_set(spec, "disk1.bus", "sata", NULL);
	g_hash_table_add(said, "disk1.bus");
	drivers_use_virtio(spec, said);
	g_assert_cmpstr(((DiskSpec *)spec->disks->pdata[0])->bus, ==, "virtio");
	g_assert_cmpstr(((DiskSpec *)spec->disks->pdata[1])->bus, ==, "sata");
	g_assert_cmpstr(((NicSpec *)spec->nics->pdata[0])->model, ==, "virtio");
	temp_dir_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/windows/windows 11", test_windows_11);
	g_test_add_func("/windows/bios", test_bios);
	g_test_add_func("/windows/odd", test_odd);
	g_test_add_func("/windows/server", test_server);
	g_test_add_func("/windows/editions", test_editions);
	g_test_add_func("/windows/administrator", test_administrator);
	g_test_add_func("/windows/words", test_words);
	g_test_add_func("/windows/computer names", test_computer_names);
	g_test_add_func("/windows/users", test_users);
	g_test_add_func("/windows/drivers", test_drivers);
	return g_test_run();
}
