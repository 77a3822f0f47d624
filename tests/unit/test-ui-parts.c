/* The small parts: key table, canvas, line editing, lists, order of VMs, texts, keys for guests. */
#include <string.h>

#include "console/keys.h"
#include "fake-client.h"
#include "ui/guest-keys.h"
#include "ui/keys.h"
#include "ui/line-edit.h"
#include "ui/list.h"
#include "ui/paste.h"
#include "ui/vm-table.h"
#include "ui/vm-text.h"

/* --- the key table ------------------------------------------------------------------------------------------------------- */

/* Every lifecycle action and every command has a key somewhere and a help line; no key means two things in one view. */
static void test_keys_complete(void)
{
	gboolean has_key[COMMAND_COUNT] = { FALSE }, has_help[COMMAND_COUNT] = { FALSE };
	gsize count;
	const KeyRow *rows = keys_table(&count);

	for (gsize i = 0; i < count; i++) {
		g_autofree char *name = keys_name(rows[i].code, rows[i].mods);
		has_key[rows[i].command] = TRUE;
		has_help[rows[i].command] |= keys_help(&rows[i]) != NULL;
		g_assert_cmpstr(name, !=, "(unknown)");
		for (gsize j = 0; j < i; j++)
			g_assert_false(rows[i].view == rows[j].view && rows[i].code == rows[j].code &&
				       rows[i].mods == rows[j].mods);
	}
	for (int command = 0; command < COMMAND_COUNT; command++) {
		if (!has_key[command] || !has_help[command])
			g_error("command %d has no %s", command, has_key[command] ? "help line" : "key");
	}
}

/* In the list and in the console, each action of the action table can be reached (deletion only in the list). */
static void test_keys_actions(void)
{
	static const ViewId views[] = { VIEW_VMS, VIEW_CONSOLE };
	gsize count;
	const KeyRow *rows = keys_table(&count);

	for (gsize v = 0; v < G_N_ELEMENTS(views); v++)
		for (int action = 0; action < ACTION_COUNT; action++) {
			gboolean found = views[v] == VIEW_CONSOLE && action == ACTION_DELETE;
			for (gsize i = 0; i < count; i++)
				found = found || (rows[i].view == views[v] && rows[i].command == action);
			g_assert_true(found);
		}
}

/* A form, a filter and a line must get every character: rows for all views and for forms hold none. */
static void test_keys_leave_characters(void)
{
	gsize count;
	const KeyRow *rows = keys_table(&count);

	for (gsize i = 0; i < count; i++)
		if (rows[i].view == VIEW_ANY || rows[i].view == VIEW_FORM || rows[i].view == VIEW_QUICK ||
		    rows[i].view == VIEW_DIALOG)
			g_assert_true(rows[i].code >= TERM_KEY_UP || rows[i].mods & TERM_CTRL);
}

static void test_keys_lookup(void)
{
	TermKey key = { .code = 'R', .mods = TERM_SHIFT, .event = TERM_PRESS };

	g_assert_cmpint(keys_lookup(VIEW_VMS, &key), ==, ACTION_RESET);
	key.event = TERM_RELEASE;
	g_assert_cmpint(keys_lookup(VIEW_VMS, &key), ==, COMMAND_NONE);
	key = (TermKey){ .code = TERM_KEY_UP, .event = TERM_REPEAT };
	g_assert_cmpint(keys_lookup(VIEW_JOBS, &key), ==, COMMAND_UP);
	g_assert_cmpint(keys_lookup(VIEW_CONSOLE, &key), ==, COMMAND_NONE);
}

/* --- canvas ----------------------------------------------------------------------------------------------------------------- */

static const Style plain = { COLOR_DEFAULT, COLOR_DEFAULT, ATTR_NONE };

static void assert_text(int width, const char *text, const char *expected)
{
	g_autoptr(Canvas) canvas = canvas_new(width + 2, 1);
	g_autofree char *dump = NULL, *wanted = g_strconcat(expected, "\n", NULL);

	canvas_clear(canvas, plain);
	canvas_text(canvas, 0, 0, width, plain, text);
	dump = canvas_dump(canvas);
	g_assert_cmpstr(dump, ==, wanted);
}

static void test_canvas_text(void)
{
	assert_text(10, "abc", "abc");
	assert_text(3, "abcdef", "ab\xe2\x80\xa6");
	assert_text(0, "abc", "");
	assert_text(5, "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe4\xba\xac\xe2\x80\xa6");
	assert_text(4, "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe2\x80\xa6");
	assert_text(10, "a\tb\033[31m", "a b [31m");
	assert_text(10,
		    "a\xff"
		    "b",
		    "a\xef\xbf\xbd"
		    "b");
	assert_text(10, "e\xcc\x81!", "e!"); /* marks that combine are left out */
}

/* Half of a double-width character never stays behind. */
static void test_canvas_wide(void)
{
	g_autoptr(Canvas) canvas = canvas_new(4, 1);
	g_autofree char *first = NULL, *second = NULL;

	canvas_clear(canvas, plain);
	canvas_text(canvas, 0, 0, 4, plain, "\xe6\x9d\xb1\xe4\xba\xac");
	canvas_put(canvas, 1, 0, 'x', plain);
	first = canvas_dump(canvas);
	g_assert_cmpstr(first, ==, " x\xe4\xba\xac\n");
	canvas_put(canvas, 3, 0, 0x6771, plain); /* no room for its right half */
	second = canvas_dump(canvas);
	g_assert_cmpstr(second, ==, " x\n");
}

/* Nothing outside is ever written; the sanitizer watches. */
static void test_canvas_clips(void)
{
	g_autoptr(Canvas) canvas = canvas_new(5, 3);

	canvas_clear(canvas, plain);
	canvas_box(canvas, (Rect){ -3, -3, 20, 20 }, plain, "title");
	canvas_text(canvas, -2, 1, 100, plain, "\xe6\x9d\xb1\xe4\xba\xac and more than fits");
	canvas_bar(canvas, 3, 2, 100, 7.5, plain, plain);
	canvas_fill(canvas, (Rect){ 4, 2, 10, 10 }, 'x', plain);
	canvas_scrollbar(canvas, (Rect){ 0, 0, 9, 9 }, 5, 100, plain);
	canvas_restyle(canvas, (Rect){ -1, -1, 3, 9 }, plain);
	canvas_cursor(canvas, 7, 7);
	g_assert_cmpint(canvas->cursor_x, ==, -1);
}

static void test_canvas_wrap(void)
{
	static const struct {
		const char *text;
		int width;
		const char *lines;
	} cases[] = {
		{"",			  10, ""                         },
		{ "one two three",            7,  "one two|three"            },
		{ "one two",                  3,  "one|two"                  },
		{ "abcdefgh",                 3,  "abc|def|gh"               },
		{ "a\n\nb",                   9,  "a||b"                     },
		{ "a b",                      0,  "a|b"                      },
		{ "\xe6\x9d\xb1\xe4\xba\xac", 3,  "\xe6\x9d\xb1|\xe4\xba\xac"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) lines = canvas_wrap(cases[i].text, cases[i].width);
		g_autofree char *joined = NULL;
		g_ptr_array_add(lines, NULL);
		joined = g_strjoinv("|", (char **)lines->pdata);
		g_assert_cmpstr(joined, ==, cases[i].lines);
	}
}

static void test_canvas_ascii(void)
{
	static const gunichar drawn[] = { 0x2500, 0x2502, 0x250c, 0x2510, 0x2514, 0x2518, 0x2588, 0x2591,
					  0x2026, 0x25b2, 0x25bc, 0x2713, 0xb7,   0x21b5, 0x2039, 0x203a };

	for (gsize i = 0; i < G_N_ELEMENTS(drawn); i++) {
		g_assert_cmpuint(canvas_ascii(drawn[i]), <, 0x80);
		g_assert_cmpuint(canvas_ascii(drawn[i]), !=, '?');
	}
	g_assert_cmpuint(canvas_ascii(0x6771), ==, '?');
}

/* --- line editing, lists ------------------------------------------------------------------------------------------------------ */

/* Characters are typed; < > are Left and Right, ^x is Ctrl-X, # Backspace, % Delete. */
static void edit_with(LineEdit *edit, const char *keys)
{
	for (; *keys; keys = g_utf8_next_char(keys)) {
		TermKey key = { .code = g_utf8_get_char(keys), .event = TERM_PRESS };
		if (*keys == '<' || *keys == '>')
			key.code = *keys == '<' ? TERM_KEY_LEFT : TERM_KEY_RIGHT;
		else if (*keys == '#' || *keys == '%')
			key.code = *keys == '#' ? TERM_KEY_BACKSPACE : TERM_KEY_DELETE;
		else if (*keys == '^')
			key = (TermKey){ .code = (guint) * ++keys, .mods = TERM_CTRL, .event = TERM_PRESS };
		g_assert_true(line_edit_key(edit, &key, FALSE));
	}
}

static void test_line_edit(void)
{
	static const char *const cases[][2] = {
		{"abc",                     "abc"         },
		{ "ac<b",                   "abc"         },
		{ "abc##",                  "a"           },
		{ "#<%>x",                  "x"           },
		{ "abc^ax",                 "xabc"        },
		{ "abc^u",                  ""            },
		{ "ab<<^kc",                "c"           },
		{ "one two^wx",             "one x"       },
		{ "\xc3\xa4\xe2\x82\xac<#", "\xe2\x82\xac"},
		{ "\xc3\xa4\xe2\x82\xac<%", "\xc3\xa4"    },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		LineEdit edit;
		line_edit_init(&edit, "");
		edit_with(&edit, cases[i][0]);
		g_assert_cmpstr(edit.text->str, ==, cases[i][1]);
		line_edit_clear(&edit);
	}
}

static void test_line_paste(void)
{
	TermKey paste = { .code = TERM_PASTE, .text = "a\r\nb\033c" };
	TermKey enter = { .code = TERM_KEY_ENTER, .mods = TERM_ALT };
	LineEdit edit;

	line_edit_init(&edit, "");
	line_edit_key(&edit, &paste, FALSE);
	g_assert_cmpstr(edit.text->str, ==, "a  bc");
	g_assert_false(line_edit_key(&edit, &enter, FALSE));
	g_assert_true(line_edit_key(&edit, &enter, TRUE));
	g_assert_cmpstr(edit.text->str, ==, "a  bc\n");
	line_edit_clear(&edit);
}

/* The cursor is always seen, however long the text. */
static void test_line_draw(void)
{
	g_autoptr(Canvas) canvas = canvas_new(10, 1);
	g_autofree char *dump = NULL;
	LineEdit edit;

	canvas_clear(canvas, plain);
	line_edit_init(&edit, "a long line \xe6\x9d\xb1");
	line_edit_draw(&edit, canvas, 2, 0, 5, plain, TRUE);
	dump = canvas_dump(canvas);
	g_assert_cmpstr(dump, ==, "  e \xe6\x9d\xb1\n");
	g_assert_cmpint(canvas->cursor_x, ==, 6);
	line_edit_clear(&edit);
}

static void test_list(void)
{
	List list = { 0 };
	/* clang-format off */
	static const struct {
		int command, cursor, top;
	} steps[] = {
		{ COMMAND_DOWN, 1, 0 },
		{ COMMAND_PAGE_DOWN, 11, 2 },
		{ COMMAND_END, 99, 90 },
		{ COMMAND_DOWN, 99, 90 },
		{ COMMAND_UP, 98, 90 },
		{ COMMAND_PAGE_UP, 88, 88 },
		{ COMMAND_HOME, 0, 0 },
		{ COMMAND_UP, 0, 0 },
	};
	/* clang-format on */

	list_layout(&list, 100, 10);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_assert_cmpint(list_command(&list, steps[i].command), ==, VIEW_REDRAW);
		g_assert_cmpint(list.cursor, ==, steps[i].cursor);
		g_assert_cmpint(list.top, ==, steps[i].top);
	}
	g_assert_cmpint(list_command(&list, COMMAND_ACCEPT), ==, VIEW_IGNORED);
	list_layout(&list, 0, 10); /* all are gone */
	g_assert_cmpint(list.cursor, ==, 0);
	list_command(&list, COMMAND_DOWN);
	g_assert_cmpint(list.cursor, ==, 0);
}

/* --- VMs ------------------------------------------------------------------------------------------------------------------------ */

static char *order_of(const VmTable *table)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < table->rows->len; i++)
		g_string_append(names, ((ClientVm *)table->rows->pdata[i])->name);
	return g_string_free(names, FALSE);
}

static void assert_order(VmTable *table, Client *client, const char *expected)
{
	g_autofree char *order = NULL;

	vm_table_update(table, client_vms(client));
	order = order_of(table);
	g_assert_cmpstr(order, ==, expected);
}

static void test_table(void)
{
	g_autoptr(Client) client = client_new();
	ClientVm *a = fake_add_vm(client, "a", "running"), *b = fake_add_vm(client, "b", "off"),
		 *c = fake_add_vm(client, "c", "paused");
	VmTable table;

	a->cpu_usage = 5;
	c->cpu_usage = 50;
	a->started = 200;
	c->started = 100;
	fake_set(&b->notes, "Caf\xc3\x89");
	vm_table_init(&table);
	assert_order(&table, client, "abc");
	vm_table_sort_by(&table, VM_COLUMN_CPU); /* who uses most comes first */
	assert_order(&table, client, "cab");
	vm_table_sort_by(&table, VM_COLUMN_CPU);
	assert_order(&table, client, "bac");
	vm_table_sort_by(&table, VM_COLUMN_STATE);
	assert_order(&table, client, "bca");
	vm_table_sort_by(&table, VM_COLUMN_UPTIME);
	assert_order(&table, client, "cab");
	vm_table_set_filter(&table, "caf\xc3\xa9");
	assert_order(&table, client, "b");
	vm_table_toggle_all(&table);
	g_assert_true(vm_table_is_selected(&table, b));
	vm_table_set_filter(&table, "");
	assert_order(&table, client, "cab");
	g_assert_cmpint(vm_table_find(&table, b->path), ==, 2);
	fake_remove_vm(client, b);
	assert_order(&table, client, "ca");
	g_assert_cmpuint(g_hash_table_size(table.selected), ==, 0);
	vm_table_clear(&table);
}

static void test_uptime(void)
{
	/* clang-format off */
	static const struct {
		gint64 age;
		const char *text;
		guint tick;
	} cases[] = {
		{ 0, "0 s", 1000 },
		{ 59, "59 s", 1000 },
		{ 60, "1 min", 60000 },
		{ 119, "1 min", 1000 },
		{ 3599, "59 min", 1000 },
		{ 3600, "1 h 00", 60000 },
		{ 86399, "23 h 59", 1000 },
		{ 86400, "1 d 00 h", 3600000 },
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = vm_text_uptime(1000000, 1000000 + cases[i].age);
		g_autofree char *next =
			vm_text_uptime(1000000, 1000000 + cases[i].age + cases[i].tick / 1000);
		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(vm_text_uptime_tick(1000000, 1000000 + cases[i].age), ==, cases[i].tick);
		g_assert_cmpstr(text, !=, next);
	}
	g_assert_cmpuint(vm_text_uptime_tick(0, 1000000), ==, 0);
}

/* --- keys for guests --------------------------------------------------------------------------------------------------------------- */

static void note_key(guint qnum, gboolean down, gpointer data)
{
	g_string_append_printf(data, "%s%02x", down ? "+" : "-", qnum);
}

static char *sent(TermKey key, Layout *layout)
{
	GString *keys = g_string_new(NULL);

	if (!key.event)
		key.event = TERM_PRESS;
	if (!guest_keys_send(&key, layout, note_key, keys))
		g_string_append(keys, "!");
	return g_string_free(keys, FALSE);
}

/* Scancodes of AT set 1, e0 as bit 0x80. */
static void test_guest_keys(void)
{
	g_autoptr(GError) error = NULL;
	Layout *us = layout_new("us", &error), *de = layout_new("de", NULL);
	const struct {
		TermKey key;
		Layout *layout;
		const char *sent;
	} cases[] = {
		{{ .code = 'a' },							      us, "+1e-1e"      },
		{ { .code = 'A', .mods = TERM_SHIFT },                                         us, "+2a+1e-1e-2a"},
		{ { .code = 'c', .mods = TERM_CTRL },                                          us, "+1d+2e-2e-1d"},
		{ { .code = 'x', .mods = TERM_ALT },                                           us, "+38+2d-2d-38"},
		{ { .code = 'z' },							     de, "+15-15"      },
		{ { .code = '@' },							     de, "+b8+10-10-b8"},
		{ { .code = TERM_KEY_UP },						     us, "+c8-c8"      },
		{ { .code = TERM_KEY_F1 + 11, .mods = TERM_SHIFT },                            us, "+2a+58-58-2a"},
		{ { .code = TERM_KEY_ESCAPE },						 us, "+01-01"      },
		{ { .code = TERM_KEY_TAB, .mods = TERM_SHIFT },                                us, "+2a+0f-0f-2a"},
		{ { .code = 0x20ac },							  us, "!"           },
 /* physical: by place, down and up by themselves */
		{ { .code = 'y', .base = 'z', .physical = TRUE, .event = TERM_PRESS },         us, "+2c"         },
		{ { .code = 'a', .mods = TERM_CTRL, .physical = TRUE, .event = TERM_RELEASE }, us, "-1e"         },
		{ { .code = TERM_KEY_LEFT_CTRL, .physical = TRUE, .event = TERM_PRESS },       us, "+1d"         },
		{ { .code = TERM_KEY_RIGHT_ALT, .physical = TRUE, .event = TERM_REPEAT },      us, "+b8"         },
	};

	g_assert_no_error(error);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *keys = sent(cases[i].key, cases[i].layout);
		g_assert_cmpstr(keys, ==, cases[i].sent);
	}
	layout_free(us);
	layout_free(de);
}

/* Every key that a terminal can name has a place on the guest's keyboard. */
static void test_guest_keys_complete(void)
{
	for (guint code = TERM_KEY_UP; code <= TERM_KEY_RIGHT_SUPER; code++) {
		g_autofree char *keys = sent((TermKey){ .code = code, .physical = TRUE }, NULL);
		if (code > TERM_KEY_F1 + 11 && code <= TERM_KEY_F24)
			continue; /* F13 and up: as the key table has them */
		if (!g_str_has_prefix(keys, "+"))
			g_error("key %#x sends nothing", code);
	}
	for (guint code = 0x20; code < 0x7f; code++) {
		g_autofree char *keys = NULL;
		if (!strchr("`-=[]\\;',./ abcdefghijklmnopqrstuvwxyz0123456789", (int)code))
			continue;
		keys = sent((TermKey){ .code = code, .physical = TRUE }, NULL);
		if (!g_str_has_prefix(keys, "+"))
			g_error("the key at `%c' sends nothing", (char)code);
	}
}

static void test_chords(void)
{
	g_autoptr(GString) keys = g_string_new(NULL);

	guest_keys_chord("ctrl-alt-delete", note_key, keys);
	g_assert_cmpstr(keys->str, ==, "+1d+38+d3-d3-38-1d");
	g_string_truncate(keys, 0);
	guest_keys_chord("ctrl-alt-f12", note_key, keys);
	g_assert_cmpstr(keys->str, ==, "+1d+38+58-58-38-1d");
}

static void on_key(guint qnum, gboolean down, gpointer data)
{
	if (down)
		++*(guint *)data;
}

static void on_progress(gpointer data)
{
}

/* Nothing is dropped silently: what cannot be typed is named before anything is. */
static void test_paste(void)
{
	g_autoptr(Layout) layout = layout_new("us", NULL);
	g_autofree char *none = paste_missing("echo \"Hi\"\t~\r\n", layout);
	g_autofree char *some = paste_missing("a\xd0\xb6\xd0\xb6\xe6\xbc\xa2\x01", layout);
	guint presses = 0;
	g_autoptr(Paste) paste = paste_new("a\r\nb\r", layout, on_key, on_progress, &presses);

	g_assert_null(none);
	g_assert_cmpstr(some, ==, "`\xd0\xb6', `\xe6\xbc\xa2', U+0001");
	g_assert_cmpuint(paste_total(paste), ==, 4);
	paste_add(paste, "cd");
	while (paste_done(paste) < paste_total(paste))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(presses, ==, 6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/keys/complete", test_keys_complete);
	g_test_add_func("/ui/keys/actions", test_keys_actions);
	g_test_add_func("/ui/keys/leave-characters", test_keys_leave_characters);
	g_test_add_func("/ui/keys/lookup", test_keys_lookup);
	g_test_add_func("/ui/canvas/text", test_canvas_text);
	g_test_add_func("/ui/canvas/wide", test_canvas_wide);
	g_test_add_func("/ui/canvas/clips", test_canvas_clips);
	g_test_add_func("/ui/canvas/wrap", test_canvas_wrap);
	g_test_add_func("/ui/canvas/ascii", test_canvas_ascii);
	g_test_add_func("/ui/line-edit/keys", test_line_edit);
	g_test_add_func("/ui/line-edit/paste", test_line_paste);
	g_test_add_func("/ui/paste", test_paste);
	g_test_add_func("/ui/line-edit/draw", test_line_draw);
	g_test_add_func("/ui/list", test_list);
	g_test_add_func("/ui/vm-table", test_table);
	g_test_add_func("/ui/vm-text/uptime", test_uptime);
	g_test_add_func("/ui/guest-keys/sent", test_guest_keys);
	g_test_add_func("/ui/guest-keys/complete", test_guest_keys_complete);
	g_test_add_func("/ui/guest-keys/chords", test_chords);
	return g_test_run();
}
