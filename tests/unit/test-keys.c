/* Names and numbers of keys, and chords. */
#include "tests/unit/support.h"

#include <linux/input-event-codes.h>

#include "console/keys.h"

static void test_numbers(void)
{
	/* by hand from the USB HID usage tables, the kernel's header and the AT scancode set 1 */
	static const struct {
		const char *name;
		guint usb, evdev, qnum;
	} cases[] = {
		{"a",          4,   KEY_A,         0x1e},
		{ "z",         29,  KEY_Z,         0x2c},
		{ "0",         39,  KEY_0,         0x0b},
		{ "enter",     40,  KEY_ENTER,     0x1c},
		{ "ESC",       41,  KEY_ESC,       0x01},
		{ "space",     44,  KEY_SPACE,     0x39},
		{ "f1",        58,  KEY_F1,        0x3b},
		{ "f12",       69,  KEY_F12,       0x58},
		{ "up",        82,  KEY_UP,        0xc8},
		{ "Delete",    76,  KEY_DELETE,    0xd3},
		{ "kp_enter",  88,  KEY_KPENTER,   0x9c},
		{ "kp_5",      93,  KEY_KP5,       0x4c},
		{ "less",      100, KEY_102ND,     0x56},
		{ "menu",      101, KEY_COMPOSE,   0xdd},
		{ "print",     70,  KEY_SYSRQ,     0x54},
		{ "pause",     72,  KEY_PAUSE,     0xc6},
		{ "ctrl_r",    228, KEY_RIGHTCTRL, 0x9d},
		{ "altgr",     230, KEY_RIGHTALT,  0xb8},
		{ "win",       227, KEY_LEFTMETA,  0xdb},
		{ "ro",        135, KEY_RO,        0x73},
		{ "volumeup",  128, KEY_VOLUMEUP,  0xb0},
		{ "audioplay", 261, KEY_PLAYPAUSE, 0xa2},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmphex(key_by_name(cases[i].name), ==, cases[i].qnum);
		g_assert_cmphex(key_by_usb(cases[i].usb), ==, cases[i].qnum);
		g_assert_cmphex(key_by_evdev(cases[i].evdev), ==, cases[i].qnum);
	}
	g_assert_cmpuint(key_by_usb(0), ==, 0);
	g_assert_cmpuint(key_by_usb(100000), ==, 0);
	g_assert_cmpuint(key_by_evdev(G_MAXUINT), ==, 0);
	g_assert_cmpuint(key_by_name("nonesuch"), ==, 0);
	g_assert_cmpuint(key_by_name(""), ==, 0);
}

/* Every usage of a PC keyboard with 105 keys has a qnum, and no two keys the same one. */
static void test_table_is_whole(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (guint usage = 4; usage <= 101; usage++) {
		guint qnum = key_by_usb(usage);
		if (usage == 50) /* Non-US # is 49 on every layout that is sold */
			continue;
		g_test_message("usage %u", usage);
		g_assert_cmpuint(qnum, >, 0);
		g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(qnum)));
	}
	for (guint usage = 224; usage <= 231; usage++)
		g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(key_by_usb(usage))));
}

static void test_names_are_keys(void)
{
	const char *const *names = key_names();

	g_assert_cmpuint(g_strv_length((char **)names), >, 120);
	for (; *names; names++) {
		g_test_message("%s", *names);
		g_assert_cmpuint(key_by_name(*names), >, 0);
	}
}

static void test_chords(void)
{
	static const struct {
		const char *chord;
		guint codes[5];
	} cases[] = {
		{"ctrl-alt-delete", { 0x1d, 0x38, 0xd3 }},
		{ "Ctrl+Alt+F2",    { 0x1d, 0x38, 0x3c }},
		{ "f2",             { 0x3c }            },
		{ "ctrl--",         { 0x1d, 0x0c }      },
		{ "-",              { 0x0c }            },
		{ "shift-/",        { 0x2a, 0x35 }      },
		{ "alt-print-b",    { 0x38, 0x54, 0x30 }},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		guint codes[8];
		g_test_message("%s", cases[i].chord);
		g_assert_true(key_parse_chord(cases[i].chord, codes, G_N_ELEMENTS(codes), &error));
		for (gsize k = 0; k == 0 || cases[i].codes[k - 1]; k++)
			g_assert_cmphex(codes[k], ==, cases[i].codes[k]);
	}
}

static void test_bad_chords(void)
{
	static const struct {
		const char *chord, *words;
	} cases[] = {
		{"ctrl-alt-dlete", "`dlete'"   },
                { "",              "no key `'" },
                { "ctrl-",         "missing"   },
		{ "ctrl alt",      "`ctrl alt'"},
                { "a-b-c-d",       "too many"  },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *error = NULL;
		guint codes[4];
		g_test_message("%s", cases[i].chord);
		g_assert_false(key_parse_chord(cases[i].chord, codes, G_N_ELEMENTS(codes), &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, cases[i].words);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keys/numbers", test_numbers);
	g_test_add_func("/keys/table-is-whole", test_table_is_whole);
	g_test_add_func("/keys/names-are-keys", test_names_are_keys);
	g_test_add_func("/keys/chords", test_chords);
	g_test_add_func("/keys/bad-chords", test_bad_chords);
	return g_test_run();
}
