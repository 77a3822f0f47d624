/* Boot records: which lines are new, which scrolled, which only changed; the file's bound; reading back whatever there is. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "console/record.h"

#define COLUMNS 20
#define ROWS    5

typedef struct {
	Recorder *recorder;
	GString *bytes;
} Fixture;

static void on_entry(const char *entry, gpointer data)
{
	g_assert_null(strchr(entry, '\n'));
	g_string_append_printf(((Fixture *)data)->bytes, "%s\n", entry);
}

static void setup(Fixture *f, gconstpointer data)
{
	f->bytes = g_string_new(NULL);
	f->recorder = recorder_new(on_entry, f);
	recorder_begin(f->recorder, "2026-01-31T12:00:00Z");
}

static void teardown(Fixture *f, gconstpointer data)
{
	recorder_free(f->recorder);
	g_string_free(f->bytes, TRUE);
}

/* A screen with @lines (separated by |) at @t. */
static void show(Fixture *f, gint64 t, const char *lines)
{
	Cell cells[ROWS * COLUMNS];
	CellGrid grid = { COLUMNS, ROWS, cells, -1, -1, TRUE };
	g_auto(GStrv) rows = g_strsplit(lines, "|", ROWS);

	for (guint i = 0; i < G_N_ELEMENTS(cells); i++)
		cells[i] = (Cell){ ' ', 0xaaaaaa, 0 };
	for (guint y = 0; rows[y]; y++)
		for (guint x = 0; rows[y][x]; x++)
			cells[y * COLUMNS + x].character = (guchar)rows[y][x];
	recorder_text(f->recorder, t, &grid);
}

/* What the record says at its end: "t:text", lines separated by |. */
static void says(Fixture *f, const char *wanted)
{
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read(f->bytes->str, f->bytes->len, &start);
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_cmpstr(start, ==, "2026-01-31T12:00:00Z");
	for (guint i = 0; i < entries->len; i++) {
		const RecordEntry *entry = entries->pdata[i];
		static const char *const names[] = { "",        "[text]", "[picture]", "[dropped]",
						     "[reset]", "[gap]",  "[end]" };
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT ":%s", i ? "|" : "", entry->t,
				       entry->kind == RECORD_LINE ? entry->text : names[entry->kind]);
	}
	g_assert_cmpstr(text->str, ==, wanted);
}

static void test_lines(Fixture *f, gconstpointer data)
{
	show(f, 10, "SeaBIOS|iPXE");
	show(f, 40, "SeaBIOS|iPXE||Booting from DVD");
	show(f, 900, "GNU GRUB");
	recorder_end(f->recorder, 1000);
	says(f, "10:[text]|10:SeaBIOS|10:iPXE|40:Booting from DVD|900:GNU GRUB|1000:[end]");
}

/* Each line once, at the time of its first appearance, however far it moved. */
static void test_scroll(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha|beta one|gamma|delta|epsilon");
	show(f, 2, "gamma|delta|epsilon|zeta|eta");
	show(f, 3, "delta|epsilon|zeta|eta|theta");
	recorder_end(f->recorder, 4);
	says(f, "1:[text]|1:alpha|1:beta one|1:gamma|1:delta|1:epsilon|2:zeta|2:eta|3:theta|4:[end]");
}

/* The status lines of an installer stay where they are. */
static void test_scroll_between(Fixture *f, gconstpointer data)
{
	show(f, 1, "Installer 1.0|alpha|beta one|gamma|F1 help");
	show(f, 2, "Installer 1.0|beta one|gamma|delta|F1 help");
	recorder_end(f->recorder, 3);
	says(f, "1:[text]|1:Installer 1.0|1:alpha|1:beta one|1:gamma|1:F1 help|2:delta|3:[end]");
}

static void test_changes(Fixture *f, gconstpointer data)
{
	show(f, 1, "Loading 10 %|login:");
	recorder_settle(f->recorder, 1 + RECORD_SETTLE_MS);
	show(f, 500, "Loading 80 %|login: ro");
	show(f, 600, "Loading 99 %|login: root");
	recorder_end(f->recorder, 700);
	says(f, "1:[text]|1:Loading 99 %|1:login: root|700:[end]");
}

/* What stood for a moment and went is there, and so is what came back. */
static void test_flash(Fixture *f, gconstpointer data)
{
	show(f, 1, "No bootable device");
	show(f, 31, "");
	show(f, 61, "No bootable device");
	recorder_end(f->recorder, 90);
	says(f, "1:[text]|1:No bootable device|61:No bootable device|90:[end]");
}

/* A guest that scrolls more than we see: what was being drawn is no line of its own, whatever was whole is. */
static void test_half_drawn(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha|beta one|gamma|delta|eps");
	show(f, 31, "one of|two of|three of|four of x|wxyz");
	show(f, 61, "twenty|thirty|forty|fifty|sixty nine");
	show(f, 91, "twenty|thirty|forty|fifty|sixty nine");
	show(f, 121, "");
	recorder_end(f->recorder, 200);
	says(f, "1:[text]|1:alpha|1:beta one|1:gamma|1:delta|31:one of|31:two of|31:three of|31:four of x|"
		"61:twenty|61:thirty|61:forty|61:fifty|61:sixty nine|200:[end]");
}

/* Its last message, and then the screen is cleared. */
static void test_last_row(Fixture *f, gconstpointer data)
{
	show(f, 1, "||||No bootable device");
	show(f, 31, "");
	show(f, 61, "PXE");
	recorder_end(f->recorder, 90);
	says(f, "1:[text]|1:No bootable device|61:PXE|90:[end]");
}

static void test_settled(Fixture *f, gconstpointer data)
{
	show(f, 1, "Kernel panic");
	gsize before = f->bytes->len;
	recorder_settle(f->recorder, RECORD_SETTLE_MS);
	g_assert_cmpuint(f->bytes->len, ==, before);
	recorder_settle(f->recorder, RECORD_SETTLE_MS + 1);
	g_assert_nonnull(strstr(f->bytes->str + before, "Kernel panic"));
	before = f->bytes->len;
	recorder_settle(f->recorder, 10 * RECORD_SETTLE_MS);
	g_assert_cmpuint(f->bytes->len, ==, before);
}

/* A text screen that is being drawn looks like a picture for a moment. */
static void test_pictures(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha");
	recorder_picture(f->recorder, 30, 720, 400);
	show(f, 60, "alpha|beta");
	recorder_picture(f->recorder, 90, 1024, 768);
	recorder_settle(f->recorder, 90 + RECORD_SETTLE_MS);
	recorder_picture(f->recorder, 600, 1024, 768);
	show(f, 2000, "alpha");
	recorder_end(f->recorder, 3000);
	says(f, "1:[text]|1:alpha|60:beta|90:[picture]|2000:[text]|2000:alpha|3000:[end]");
}

static void test_continue(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha");
	recorder_end(f->recorder, 5);
	recorder_free(f->recorder);
	f->recorder = recorder_new(on_entry, f);
	recorder_continue(f->recorder, 1);
	show(f, 6, "alpha");
	recorder_end(f->recorder, 7);
	says(f, "1:[text]|1:alpha|5:[end]|6:[text]|6:alpha|7:[end]");
}

/* What stood there before comes before the mark, and what comes back after it is new. */
static void test_reset(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha");
	recorder_picture(f->recorder, 20, 640, 480);
	recorder_reset(f->recorder, 30);
	show(f, 40, "");
	show(f, 50, "alpha");
	recorder_end(f->recorder, 60);
	says(f, "1:[text]|1:alpha|20:[picture]|30:[reset]|40:[text]|50:alpha|60:[end]");
}

static void test_gap(Fixture *f, gconstpointer data)
{
	show(f, 1, "alpha");
	recorder_settle(f->recorder, 500);
	recorder_free(f->recorder); /* it was killed */
	f->recorder = recorder_new(on_entry, f);
	recorder_continue(f->recorder, 1);
	recorder_gap(f->recorder, 800, 300);
	show(f, 800, "beta");
	recorder_end(f->recorder, 900);
	says(f, "1:[text]|1:alpha|800:[gap]|800:[text]|800:beta|900:[end]");
	g_assert_nonnull(strstr(f->bytes->str, "\"gap\":300"));
}

static gboolean finds(Fixture *f, const char *pattern)
{
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read(f->bytes->str, f->bytes->len, &start);
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE, 0, NULL);

	return record_matches(entries, regex);
}

/* What stood on one screen, with its blank lines, even if it came line by line; and what scrolled past. */
static void test_matches(Fixture *f, gconstpointer data)
{
	show(f, 1, "Title");
	show(f, 100, "Title||one|two");
	show(f, 200, "two|three|four|five|six");
	show(f, 300, "six|seven|eight|nine|ten");
	recorder_reset(f->recorder, 400);
	show(f, 500, "");
	show(f, 600, "after");
	recorder_end(f->recorder, 700);
	g_assert_true(finds(f, "^three$"));
	g_assert_true(finds(f, "^Title\n\none$"));
	g_assert_true(finds(f, "one\ntwo"));
	g_assert_true(finds(f, "six\nseven\neight"));
	g_assert_false(finds(f, "ten\n+after"));
	g_assert_false(finds(f, "one[^x]*ten")); /* never on one screen */
}

/* --- the file -------------------------------------------------------------------------------------------------------- */

#define SMALL 4000

static GPtrArray *read_file(const char *path, gsize *size)
{
	g_autofree char *bytes = NULL, *start = NULL;

	g_assert_true(g_file_get_contents(path, &bytes, size, NULL));
	return record_read(bytes, *size, &start);
}

static void add_lines(const char *path, int first, int last)
{
	g_autoptr(RecordFile) file = record_file_new(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), SMALL);

	for (int i = first; i <= last; i++) {
		g_autofree char *entry =
			g_strdup_printf("{\"id\":%d,\"t\":%d,\"row\":1,\"text\":\"line %d\"}", i, i, i);
		record_file_add(file, entry);
	}
}

/* The beginning and the end are there, and every line is accounted for. */
static void test_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("carrel-record-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "record.jsonl", NULL);
	gint64 dropped = 0;
	gsize size, lines = 0;

	add_lines(path, 1, 1000);
	g_autoptr(GPtrArray) entries = read_file(path, &size);
	g_assert_cmpuint(size, <=, SMALL);
	for (guint i = 0; i < entries->len; i++) {
		const RecordEntry *entry = entries->pdata[i];
		dropped += entry->kind == RECORD_DROPPED ? entry->count : 0;
		lines += entry->kind == RECORD_LINE;
	}
	g_assert_cmpstr(((RecordEntry *)entries->pdata[0])->text, ==, "line 1");
	g_assert_cmpstr(((RecordEntry *)entries->pdata[entries->len - 1])->text, ==, "line 1000");
	g_assert_cmpint(dropped + (gint64)lines, ==, 1000);
	g_unlink(path);

	/* One that is there grows. */
	add_lines(path, 1, 1);
	add_lines(path, 2, 3);
	g_autoptr(GPtrArray) both = read_file(path, &size);
	g_assert_cmpuint(both->len, ==, 3);
	g_unlink(path);
	g_rmdir(dir);
}

static void test_garbage(void)
{
	static const char text[] =
		"\n[]\n{\"id\":\"x\"}\nnothing\n{\"t\":-5,\"mode\":3}\n{\"id\":2,\"t\":1,\"text\":"
		"\"a\"}\n{\"id\":2,\"t\":9,\"text\":\"b\"}\n{\"id\":3,\"te";
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read(text, sizeof(text) - 1, &start);
	const RecordEntry *last = entries->pdata[entries->len - 1];

	g_assert_cmpstr(start, ==, "");
	g_assert_cmpstr(last->text, ==, "b");
	g_assert_cmpint(last->t, ==, 1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *f, gconstpointer data);
	} tests[] = {
		{"/record/lines",           test_lines         },
		{ "/record/scroll",         test_scroll        },
		{ "/record/scroll-between", test_scroll_between},
		{ "/record/changes",        test_changes       },
		{ "/record/flash",          test_flash         },
		{ "/record/settled",        test_settled       },
		{ "/record/half-drawn",     test_half_drawn    },
		{ "/record/last-row",       test_last_row      },
		{ "/record/pictures",       test_pictures      },
		{ "/record/continue",       test_continue      },
		{ "/record/reset",          test_reset         },
		{ "/record/gap",            test_gap           },
		{ "/record/matches",        test_matches       },
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, setup, tests[i].test, teardown);
	g_test_add_func("/record/file", test_file);
	g_test_add_func("/record/garbage", test_garbage);
	return g_test_run();
}
