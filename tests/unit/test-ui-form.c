/* What a form knows, and how it looks. */
#include <string.h>

#include "ui/form-widget.h"
#include "ui/theme.h"

static VmSpec *new_spec(void)
{
	VmSpec *spec = vm_spec_new();
	gboolean good = vm_spec_set(spec, "name", "web", NULL);
	DiskSpec *disk = vm_spec_add_disk(spec, NULL);

	g_assert_true(good);
	g_free(disk->file);
	disk->file = g_strdup("disk0.qcow2");
	vm_spec_add_nic(spec, NULL);
	return spec;
}

static Form *settings(const char *state)
{
	g_autoptr(VmSpec) spec = new_spec();

	return form_new(FORM_SETTINGS, spec, state);
}

static guint row_of(const Form *form, const char *path)
{
	int index = form_find(form, path);

	g_assert_cmpint(index, >=, 0);
	return (guint)index;
}

static char *fields_text(const Form *form, gboolean name)
{
	g_autoptr(GVariant) fields = g_variant_ref_sink(form_fields(form, name));

	return g_variant_print(fields, FALSE);
}

/* Every field of the table is in the settings, under a heading, in groups that hang together. */
static void test_complete(void)
{
	g_autoptr(VmSpec) spec = new_spec();
	g_autoptr(Form) form = form_new(FORM_SETTINGS, spec, "off");
	g_auto(GStrv) paths = vm_spec_paths(spec);
	g_autoptr(GHashTable) headings = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_cmpuint(form_count(form), ==, g_strv_length(paths));
	for (char **path = paths; *path; path++)
		row_of(form, *path);
	g_assert_nonnull(form_row(form, 0)->heading);
	for (guint i = 0; i < form_count(form); i++)
		if (form_row(form, i)->heading)
			g_assert_true(g_hash_table_add(headings, form_row(form, i)->heading));
	g_assert_true(g_hash_table_contains(headings, "Storage: disk0"));
}

static void test_changes(void)
{
	g_autoptr(Form) form = settings("off");
	g_autofree char *nothing = fields_text(form, FALSE), *something = NULL;

	g_assert_cmpstr(nothing, ==, "{}");
	form_set_text(form, row_of(form, "memory"), "4G");
	form_set_text(form, row_of(form, "disk0.cache"), "none");
	form_set_text(form, row_of(form, "cpus"), "8");
	form_set_text(form, row_of(form, "cpus"), "2"); /* as before: not a change */
	something = fields_text(form, FALSE);
	g_assert_cmpstr(something, ==, "{'memory': '4G', 'disk0.cache': 'none'}");
	g_assert_cmpint(form_check(form), ==, -1);
}

static void test_errors(void)
{
	static const char *const wrong[][2] = {
		{"memory",       "a lot"                },
		{ "memory",      "1K"                   },
		{ "cpus",        "0"                    },
		{ "cpus",        "999999999999999999999"},
		{ "video",       "vga"                  },
		{ "nic0.mac",    "x"                    },
		{ "secure_boot", "maybe"                },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(Form) form = settings("off");
		guint row = row_of(form, wrong[i][0]);
		g_autofree char *before = g_strdup(form_row(form, row)->text);
		form_set_text(form, row, wrong[i][1]);
		g_assert_nonnull(form_row(form, row)->error);
		g_assert_cmpstr(form_row(form, row)->text, ==, wrong[i][1]); /* what was written stays */
		g_assert_cmpint(form_check(form), ==, (int)row);
		form_set_text(form, row, before);
		g_assert_null(form_row(form, row)->error);
		g_assert_cmpint(form_check(form), ==, -1);
	}
}

/* While it runs, only what can be changed live is open; what was written stays when the state changes. */
static void test_locked(void)
{
	g_autoptr(Form) form = settings("running");
	gsize count;
	const SpecField *fields = spec_fields(&count);

	for (gsize i = 0; i < count; i++)
		if (fields[i].section == SECTION_VM) {
			const FormRow *row = form_row(form, row_of(form, fields[i].key));
			g_assert_cmpint(row->locked != NULL, ==, fields[i].change != CHANGE_LIVE);
		}
	form_set_text(form, row_of(form, "memory"), "4G");
	g_assert_cmpstr(form_row(form, row_of(form, "memory"))->text, ==, "2G");
	form_set_text(form, row_of(form, "notes"), "text");
	form_set_state(form, "off");
	g_assert_null(form_row(form, row_of(form, "memory"))->locked);
	g_assert_nonnull(form_row(form, row_of(form, "id"))->locked);
	g_assert_cmpstr(form_row(form, row_of(form, "notes"))->text, ==, "text");
}

static void test_cycle(void)
{
	g_autoptr(Form) form = settings("off");
	guint clock = row_of(form, "clock"), tpm = row_of(form, "tpm"), memory = row_of(form, "memory");

	g_assert_true(form_cycle(form, clock, 1));
	g_assert_cmpstr(form_row(form, clock)->text, ==, "utc");
	g_assert_true(form_cycle(form, clock, -1));
	g_assert_true(form_cycle(form, clock, -1));
	g_assert_cmpstr(form_row(form, clock)->text, ==, "localtime");
	g_assert_true(form_cycle(form, tpm, 1));
	g_assert_cmpstr(form_row(form, tpm)->text, ==, "on");
	g_assert_false(form_cycle(form, memory, 1));
}

static void test_place_error(void)
{
	g_autoptr(Form) form = settings("off");

	g_assert_cmpint(form_place_error(form, "VM `web' is busy."), ==, -1);
	g_assert_cmpint(form_place_error(form, "field `machine': there is no such machine."), ==,
			(int)row_of(form, "machine"));
	g_assert_cmpint(form_check(form), ==, (int)row_of(form, "machine"));
}

/* A new VM: its name is asked for, the disk goes by the options. */
static void test_new(void)
{
	g_autoptr(VmSpec) spec = vm_spec_new();
	g_autoptr(Form) form = NULL;
	GVariantDict options;
	guint64 size = 1;

	vm_spec_add_nic(spec, NULL);
	form = form_new(FORM_NEW, spec, NULL);
	g_assert_cmpint(form_check(form), ==, (int)row_of(form, "name"));
	form_set_text(form, row_of(form, "name"), "a");
	g_assert_cmpint(form_check(form), ==, -1);
	form_set_text(form, row_of(form, "disk"), "/d.qcow2");
	g_variant_dict_init(&options, NULL);
	form_add_options(form, &options);
	g_assert_true(g_variant_dict_contains(&options, "disk"));
	g_assert_false(g_variant_dict_contains(&options, "disk_size"));
	form_set_text(form, row_of(form, "disk_size"), "5G");
	form_add_options(form, &options);
	g_assert_true(g_variant_dict_lookup(&options, "disk_size", "t", &size));
	g_assert_cmpuint(size, ==, G_GUINT64_CONSTANT(5) << 30);
	g_variant_dict_clear(&options);
	g_autofree char *fields = fields_text(form, TRUE);
	g_assert_cmpstr(fields, ==, "{'name': 'a'}");
}

/* --- the widget ---------------------------------------------------------------------------------------------------------- */

static void press(FormWidget *widget, guint code)
{
	TermKey key = { .code = code, .event = TERM_PRESS };

	g_assert_cmpint(form_widget_key(widget, &key), !=, VIEW_IGNORED);
}

static void test_widget_keys(void)
{
	g_autoptr(FormWidget) widget = form_widget_new(settings("off"));
	g_autoptr(Canvas) canvas = canvas_new(80, 24);
	g_autofree char *fields = NULL;

	form_widget_draw(widget, canvas, (Rect){ 0, 0, 80, 24 }, TRUE);
	form_widget_go(widget, (int)row_of(widget->form, "memory"));
	press(widget, TERM_KEY_BACKSPACE);
	press(widget, 'M');
	g_assert_nonnull(
		form_row(widget->form, row_of(widget->form, "memory"))->error); /* 2M is too little */
	press(widget, TERM_KEY_BACKSPACE);
	press(widget, 'T');
	form_widget_command(widget, COMMAND_DOWN);
	form_widget_go(widget, (int)row_of(widget->form, "clock"));
	press(widget, TERM_KEY_LEFT);
	form_widget_go(widget, (int)row_of(widget->form, "notes"));
	press(widget, TERM_KEY_HOME);
	press(widget, 0xe4);
	fields = fields_text(widget->form, FALSE);
	g_assert_cmpstr(fields, ==, "{'notes': '\xc3\xa4', 'memory': '2T', 'clock': 'localtime'}");
}

/* Every row can be seen at any height; none is drawn over another. */
static void test_widget_scroll(void)
{
	g_autoptr(FormWidget) widget = form_widget_new(settings("running"));

	for (int height = 5; height < 60; height += 7) {
		g_autoptr(Canvas) canvas = canvas_new(80, height);
		for (guint i = 0; i < form_count(widget->form); i++) {
			g_autofree char *screen = NULL;
			canvas_clear(canvas, theme(ROLE_NORMAL));
			form_widget_go(widget, (int)i);
			form_widget_draw(widget, canvas, (Rect){ 0, 0, 80, height }, TRUE);
			screen = canvas_dump(canvas);
			if (!strstr(screen, form_row(widget->form, i)->field->label))
				g_error("row %s is not seen at height %d:\n%s",
					form_row(widget->form, i)->path, height, screen);
		}
	}
}

static void test_widget_golden(void)
{
	g_autoptr(FormWidget) widget = form_widget_new(settings("running"));
	g_autoptr(Canvas) canvas = canvas_new(80, 60);
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "golden", "screens", "settings-80x60.txt", NULL);
	g_autofree char *screen = NULL, *expected = NULL;

	canvas_clear(canvas, theme(ROLE_NORMAL));
	form_widget_go(widget, (int)row_of(widget->form, "cpus"));
	form_widget_draw(widget, canvas, (Rect){ 0, 0, 80, 60 }, TRUE);
	screen = canvas_dump(canvas);
	if (g_strcmp0(g_getenv("CARREL_GOLDEN"), "write") == 0)
		g_assert_true(g_file_set_contents(path, screen, -1, NULL));
	g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
	g_assert_cmpstr(screen, ==, expected);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ui/form/complete", test_complete);
	g_test_add_func("/ui/form/changes", test_changes);
	g_test_add_func("/ui/form/errors", test_errors);
	g_test_add_func("/ui/form/locked", test_locked);
	g_test_add_func("/ui/form/cycle", test_cycle);
	g_test_add_func("/ui/form/place-error", test_place_error);
	g_test_add_func("/ui/form/new", test_new);
	g_test_add_func("/ui/form/widget-keys", test_widget_keys);
	g_test_add_func("/ui/form/widget-scroll", test_widget_scroll);
	g_test_add_func("/ui/form/widget-golden", test_widget_golden);
	return g_test_run();
}
