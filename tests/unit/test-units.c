/* Sizes, durations, times, names and MAC addresses as people write them. */
#include "base/units.h"

#include "tests/unit/support.h"

typedef struct {
	const char *text;
	guint64 value;
} Good;

static const Good good_sizes[] = {
	{"0",		    0               },
	{ "1000",                1000            },
	{ "1B",		  1               },
	{ "1k",		  1024            },
	{ "512M",                512ull << 20    },
	{ "2G",		  2ull << 30      },
	{ "2 GiB",               2ull << 30      },
	{ " 2GB ",               2ull << 30      },
	{ "1.5G",                1536ull << 20   },
	{ "0.5T",                512ull << 30    },
	{ "16T",		 16ull << 40     },
	{ "4096P",               1ull << 62      },
	{ "9007199254740993",    9007199254740993}, /* 2^53 + 1: no double is that */
	{ "4611686018427387904", 1ull << 62      },
};

static const char *const bad_sizes[] = {
	"",
	" ",
	"G",
	"-1",
	"-1G",
	"1X",
	"2GG",
	"2Gi b",
	"2,5G",
	"1..5G",
	"1.2.3",
	"0x10",
	"1e3",
	"inf",
	"nan",
	"4611686018427387905",
	"99999999999999999999",
	"5000P",
	"1.5",
	"0.3B",
	"2G\n3",
	".",
	"+2G",
	"2G 3G",
	"K1",
	"1KM",
	"\xff",
	"2\xc2\xa0G",
};

static void test_size(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(good_sizes); i++) {
		g_autoptr(GError) error = NULL;
		guint64 value = 7;
		units_parse_size(good_sizes[i].text, &value, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(value, ==, good_sizes[i].value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad_sizes); i++) {
		g_autoptr(GError) error = NULL;
		guint64 value = 7;
		if (units_parse_size(bad_sizes[i], &value, &error))
			g_error("`%s' was taken for a size", bad_sizes[i]);
		g_assert_cmpuint(value, ==, 7);
		g_assert_nonnull(error_hint(error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, "is not a size");
	}
}

/* What is written parses back to the same, for round numbers and for any. */
static void test_size_round_trip(void)
{
	for (guint i = 0; i < 5000; i++) {
		guint64 value =
			((guint64)g_test_rand_int() << 32 | (guint32)g_test_rand_int()) >> 2 >> (i % 62);
		value = value >> (i % 7 * 10) << (i % 7 * 10);
		g_autofree char *text = units_format_size(value);
		guint64 back = 0;
		g_assert_true(units_parse_size(text, &back, NULL));
		g_assert_cmpuint(back, ==, value);
	}
	g_autofree char *exact = units_format_size(1536ull << 20);
	g_autofree char *odd = units_format_size(1000);
	g_assert_cmpstr(exact, ==, "1536M");
	g_assert_cmpstr(odd, ==, "1000");
}

static void test_size_human(void)
{
	static const Good rows[] = {
		{"0 B",        0            },
		{ "999 B",     999          },
		{ "1 KiB",     1024         },
		{ "1.5 GiB",   1536ull << 20},
		{ "2 GiB",     2ull << 30   },
		{ "20 GiB",    20ull << 30  },
		{ "38 MiB",    40000000     },
		{ "16384 PiB", G_MAXUINT64  },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = units_format_size_human(rows[i].value);
		g_assert_cmpstr(text, ==, rows[i].text);
	}
}

static void test_duration(void)
{
	static const Good good[] = {
		{"0",      0       },
                { "5",     5000    },
                { "500ms", 500     },
                { "60s",   60000   },
		{ "60 s",  60000   },
                { "1.5s",  1500    },
                { "5m",    300000  },
                { "5min",  300000  },
		{ "2h",    7200000 },
                { "1d",    86400000},
                { " 7s ",  7000    },
	};
	static const char *const bad[] = { "",    "s",   "-5s", "5x", "5sec!", "5 5", "99999999999999999999d",
					   "inf", "\xff" };

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		guint64 ms = 1;
		g_assert_true(units_parse_duration(good[i].text, &ms, NULL));
		g_assert_cmpuint(ms, ==, good[i].value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		guint64 ms = 1;
		if (units_parse_duration(bad[i], &ms, &error))
			g_error("`%s' was taken for a duration", bad[i]);
		assert_carrel_error(error, CARREL_ERROR_USAGE, "is not a duration");
	}
	g_autofree char *zero = units_format_duration(0);
	g_autofree char *hours = units_format_duration(3 * 3600 + 4 * 60 + 5);
	g_autofree char *days = units_format_duration(2 * 86400 + 3 * 3600 + 4 * 60 + 5);
	g_assert_cmpstr(zero, ==, "00:00:00");
	g_assert_cmpstr(hours, ==, "03:04:05");
	g_assert_cmpstr(days, ==, "2 d 03:04");
}

static void test_time(void)
{
	g_autofree char *text = units_format_time(1795381080);

	g_assert_cmpstr(text, ==, "2026-11-22T20:58:00Z");
	g_assert_null(units_format_time(0));
	g_assert_null(units_format_time(-1));
	g_assert_null(units_format_time(G_MAXINT64));
}

static void assert_bad_name(const char *name, const char *words)
{
	g_autoptr(GError) error = NULL;

	if (units_check_name("VM", name, &error))
		g_error("`%s' was taken for a name", name);
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
	g_assert_cmpuint(strlen(error->message), <, 300);
	assert_carrel_error(error, CARREL_ERROR_USAGE, words);
}

static void test_name(void)
{
	static const char *const good[] = { "a", "web 1", "Debian-12.5_test", "B\303\274cher",
					    "0", "a..b",  "x'y\"z$" };
	g_autofree char *hundred = g_strnfill(100, 'a');
	g_autofree char *more = g_strnfill(101, 'a');
	g_autofree char *long_one = g_strnfill(300, 'a');
	GString *wide = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(units_check_name("VM", good[i], NULL));
	g_assert_true(units_check_name("VM", hundred, NULL));
	assert_bad_name(more, "longer than 100");
	assert_bad_name(long_one, "longer than 100");
	for (guint i = 0; i < 81; i++) /* 81 characters, 243 bytes: no file name with a suffix */
		g_string_append(wide, "\342\202\254");
	assert_bad_name(wide->str, "longer than");
	g_string_free(wide, TRUE);
	assert_bad_name("", "is empty");
	assert_bad_name("a/b", "contains `/'");
	assert_bad_name("..", "starts with");
	assert_bad_name(".hidden", "starts with");
	assert_bad_name("-rf", "starts with");
	assert_bad_name(" a", "blank");
	assert_bad_name("a ", "blank");
	assert_bad_name("a\nb", "control character");
	assert_bad_name("a\033[2Jb", "control character");
	assert_bad_name("a\302\205b", "control character"); /* C1 */
	assert_bad_name("a\xff", "not valid UTF-8");
}

static void test_mac(void)
{
	static const char *const bad[] = { "",
					   "52:54:00:12:34",
					   "52:54:00:12:34:5g",
					   "52-54-00-12-34-56",
					   "525400123456",
					   "01:00:5e:00:00:01",
					   "52:54:00:12:34:56 ",
					   "52:54:00:12:34:567",
					   "ff:ff:ff:ff:ff:ff" };

	g_assert_true(units_check_mac("52:54:00:12:34:56", NULL));
	g_assert_true(units_check_mac("AA:bb:CC:dd:EE:ff", NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		if (units_check_mac(bad[i], &error))
			g_error("`%s' was taken for a MAC address", bad[i]);
		assert_carrel_error(error, CARREL_ERROR_USAGE, "MAC address");
	}
	for (guint i = 0; i < 100; i++) {
		g_autofree char *mac = units_random_mac();
		g_assert_true(g_str_has_prefix(mac, "52:54:00:"));
		g_assert_true(units_check_mac(mac, NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/units/size", test_size);
	g_test_add_func("/units/size-round-trip", test_size_round_trip);
	g_test_add_func("/units/size-human", test_size_human);
	g_test_add_func("/units/duration", test_duration);
	g_test_add_func("/units/time", test_time);
	g_test_add_func("/units/name", test_name);
	g_test_add_func("/units/mac", test_mac);
	return g_test_run();
}
