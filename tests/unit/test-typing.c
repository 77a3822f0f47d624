/* Keys for characters by layout, and typing them. */
#include "console/typing.h"

#include <sys/socket.h>

#include "base/fd.h"
#include "console/keys.h"
#include "tests/fakes/fake-vnc.h"
#include "tests/unit/support.h"

static Layout *new_layout(const char *name)
{
	g_autoptr(GError) error = NULL;
	Layout *layout = layout_new(name, &error);

	g_assert_no_error(error);
	return layout;
}

static void test_layouts_have_ascii(void)
{
	static const char *const names[] = { "us", "gb", "de", "fr", "us(intl)", "es", "it", "se" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Layout) layout = new_layout(names[i]);
		for (gunichar c = 0x20; c < 0x7f; c++) {
			KeyStroke strokes[2];
			guint count;
			g_test_message("%s 0x%02x", names[i], c);
			g_assert_true(layout_lookup(layout, c, strokes, &count));
		}
	}
}

static void test_strokes(void)
{
	/* codes by hand from the printed keyboards; 2a = Shift, b8 = AltGr */
	static const struct {
		const char *layout, *character;
		guint first[3], second[3];
	} cases[] = {
		{"us",        "a",  { 0x1e },       { 0 }         },
                { "us",       "A",  { 0x2a, 0x1e }, { 0 }         },
		{ "us",       "@",  { 0x2a, 0x03 }, { 0 }         },
                { "us",       "\n", { 0x1c },       { 0 }         },
		{ "us",       "\t", { 0x0f },       { 0 }         },
                { "us",       "7",  { 0x08 },       { 0 }         },
		{ "de",       "@",  { 0xb8, 0x10 }, { 0 }         },
                { "de",       "z",  { 0x15 },       { 0 }         },
		{ "de",       "ß", { 0x0c },       { 0 }         },
                { "de",       "^",  { 0x29 },       { 0x39 }      },
		{ "de",       "`",  { 0x2a, 0x0d }, { 0x39 }      },
                { "de",       "é", { 0x0d },       { 0x12 }      },
		{ "de",       "É", { 0x0d },       { 0x2a, 0x12 }},
                { "fr",       "a",  { 0x10 },       { 0 }         },
		{ "fr",       "1",  { 0x2a, 0x02 }, { 0 }         },
                { "fr",       "@",  { 0xb8, 0x0b }, { 0 }         },
		{ "fr",       "ô", { 0x1a },       { 0x18 }      },
                { "gb",       "£", { 0x2a, 0x04 }, { 0 }         },
		{ "us(intl)", "'",  { 0x28 },       { 0x39 }      },
                { "ru",       "ж", { 0x27 },       { 0 }         },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Layout) layout = new_layout(cases[i].layout);
		KeyStroke strokes[2];
		guint count;
		g_test_message("%s %s", cases[i].layout, cases[i].character);
		g_assert_true(layout_lookup(layout, g_utf8_get_char(cases[i].character), strokes, &count));
		g_assert_cmpuint(count, ==, cases[i].second[0] ? 2 : 1);
		for (guint k = 0; k < 3; k++) {
			g_assert_cmphex(strokes[0].codes[k], ==, cases[i].first[k]);
			g_assert_cmphex(count == 2 ? strokes[1].codes[k] : 0, ==, cases[i].second[k]);
		}
	}
}

static void test_unknown_layouts(void)
{
	static const char *const names[] = { "nonesuch", "", "us(nonesuch)", "(", ")" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		GError *error = NULL;
		g_assert_null(layout_new(names[i], &error));
		assert_carrel_error(error, CARREL_ERROR_USAGE, "keyboard layout");
	}
}

/* --- typing -------------------------------------------------------------------------------------------------------- */

typedef struct {
	int peer;
	Surface *surface;
	Source *source;
	Layout *layout;
	GAsyncResult *result;
} Fixture;

static void open_fixture(Fixture *fixture, const char *layout)
{
	g_autoptr(GByteArray) hello = g_byte_array_new();
	guint8 rest[1024];
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*fixture = (Fixture){ .peer = fds[0], .surface = surface_new(), .layout = new_layout(layout) };
	fixture->source = source_new(fds[1], fixture->surface, NULL, NULL);
	fake_vnc_hello(hello, 8, 8, "");
	g_assert_cmpint(send(fds[0], hello->data, hello->len, 0), ==, hello->len);
	wait_until(surface_width(fixture->surface) == 8);
	source_set_active(fixture->source, FALSE);
	/* what it said of itself does not matter here */
	g_assert_cmpint(recv(fds[0], rest, sizeof(rest), MSG_DONTWAIT), >, 0);
}

static void close_fixture(Fixture *fixture)
{
	source_free(fixture->source);
	surface_unref(fixture->surface);
	layout_free(fixture->layout);
	g_clear_object(&fixture->result);
	fd_clear(&fixture->peer);
}

/* The keys that were pressed; '+' down, '-' up. */
static char *typed_keys(Fixture *fixture)
{
	GString *keys = g_string_new(NULL);
	guint8 bytes[8192];
	ssize_t got = recv(fixture->peer, bytes, sizeof(bytes), MSG_DONTWAIT);

	for (ssize_t at = 0; at + 12 <= got; at += 12) {
		g_assert_cmpuint(bytes[at], ==, 255);
		g_string_append_printf(keys, "%c%02x", bytes[at + 3] ? '+' : '-', bytes[at + 11]);
	}
	return g_string_free(keys, FALSE);
}

static void test_typed(void)
{
	g_autoptr(GError) error = NULL;
	Fixture fixture;

	open_fixture(&fixture, "de");
	type_text(fixture.source, fixture.layout, "a@^\n", 1, NULL, keep_result, &fixture.result);
	wait_until(fixture.result);
	g_assert_true(type_text_finish(fixture.result, &error));
	g_assert_no_error(error);
	g_autofree char *keys = typed_keys(&fixture);
	g_assert_cmpstr(keys, ==, "+1e-1e+b8+10-10-b8+29-29+39-39+1c-1c");
	close_fixture(&fixture);
}

/* What the layout has not got is named, and nothing is typed. */
static void test_missing_characters(void)
{
	GError *error = NULL;
	Fixture fixture;

	open_fixture(&fixture, "us");
	type_text(fixture.source, fixture.layout, "abc ж€ж", 1, NULL, keep_result, &fixture.result);
	wait_until(fixture.result);
	g_assert_false(type_text_finish(fixture.result, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, ": ж€");
	g_autofree char *keys = typed_keys(&fixture);
	g_assert_cmpstr(keys, ==, "");
	g_clear_object(&fixture.result);
	type_text(fixture.source, fixture.layout, "\xff\xfe", 1, NULL, keep_result, &fixture.result);
	wait_until(fixture.result);
	g_assert_false(type_text_finish(fixture.result, &error));
	assert_carrel_error(error, CARREL_ERROR_USAGE, "UTF-8");
	close_fixture(&fixture);
}

/* The source is freed in the middle: the typing ends with an error. */
static void test_source_goes_away(void)
{
	GError *error = NULL;
	Fixture fixture;
	g_autofree char *text = g_strnfill(500, 'x');

	open_fixture(&fixture, "us");
	type_text(fixture.source, fixture.layout, text, 1, NULL, keep_result, &fixture.result);
	g_main_context_iteration(NULL, TRUE);
	g_clear_pointer(&fixture.source, source_free);
	wait_until(fixture.result);
	g_assert_false(type_text_finish(fixture.result, &error));
	assert_carrel_error(error, CARREL_ERROR_STATE, "of 500 keystrokes");
	close_fixture(&fixture);
}

static void test_cancelled(void)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GError) error = NULL;
	Fixture fixture;

	open_fixture(&fixture, "us");
	type_text(fixture.source, fixture.layout, "abc", 1, cancellable, keep_result, &fixture.result);
	g_cancellable_cancel(cancellable);
	wait_until(fixture.result);
	g_assert_false(type_text_finish(fixture.result, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	close_fixture(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/typing/layouts-have-ascii", test_layouts_have_ascii);
	g_test_add_func("/typing/strokes", test_strokes);
	g_test_add_func("/typing/unknown-layouts", test_unknown_layouts);
	g_test_add_func("/typing/typed", test_typed);
	g_test_add_func("/typing/missing-characters", test_missing_characters);
	g_test_add_func("/typing/source-goes-away", test_source_goes_away);
	g_test_add_func("/typing/cancelled", test_cancelled);
	return g_test_run();
}
