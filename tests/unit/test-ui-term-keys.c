/* The parser of terminal bytes: what each kind of terminal sends, in one piece and byte by byte. */
#include <string.h>

#include "ui/term-keys.h"

/* A key as text: "up", "C-a", "A-S-f5", "mouse 3,4 press left", "paste[...]"; keys are separated by blanks. */
static void describe(const TermKey *key, gpointer data)
{
	static const char *const names[] = {
		"up",   "down",   "right",  "left",      "home", "end",   "pgup",
		"pgdn", "insert", "delete", "backspace", "tab",  "enter", "esc"
	};
	GString *text = data;

	if (text->len)
		g_string_append_c(text, ' ');
	g_string_append(text, key->mods & TERM_CTRL ? "C-" : "");
	g_string_append(text, key->mods & TERM_ALT ? "A-" : "");
	g_string_append(text, key->mods & TERM_SHIFT ? "S-" : "");
	if (key->code == TERM_MOUSE)
		g_string_append_printf(text, "mouse(%d,%d,%d,%d)", key->x, key->y, key->button, key->event);
	else if (key->code == TERM_PASTE)
		g_string_append_printf(text, "paste[%s]", key->text);
	else if (key->code == TERM_HAS_KITTY || key->code == TERM_HAS_DA1)
		g_string_append(text, key->code == TERM_HAS_KITTY ? "kitty!" : "da1!");
	else if (key->code >= TERM_KEY_F1 && key->code <= TERM_KEY_F24)
		g_string_append_printf(text, "f%u", key->code - TERM_KEY_F1 + 1);
	else if (key->code >= TERM_KEY_UP && key->code <= TERM_KEY_ESCAPE)
		g_string_append(text, names[key->code - TERM_KEY_UP]);
	else if (key->code < TERM_KEY_UP)
		g_string_append_unichar(text, key->code);
	else if (key->code >= TERM_KEY_KP_0 && key->code <= TERM_KEY_KP_9)
		g_string_append_printf(text, "kp%u", key->code - TERM_KEY_KP_0);
	else
		g_string_append(text, key->code == TERM_KEY_LEFT_SHIFT ? "lshift" : "?");
	if (key->physical)
		g_string_append_printf(text, "/%d", key->event);
	if (key->base)
		g_string_append_printf(text, "@%c", (char)key->base);
}

typedef struct {
	const char *name, *bytes, *keys;
} Case;

static const Case cases[] = {
	{"ascii",               "aZ~ ",						"a Z ~  "                                 },
	{ "utf8",               "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",                "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"  },
	{ "not utf8",
         "a\xff\xfe"
	  "b",									 "a b"				     },
	{ "controls",           "\001\032\t\r\n\177\035\034",                          "C-a C-z tab enter C-j backspace C-] C-\\"},
	{ "alt",                "\033x\033\r\033\001",                                 "A-x A-enter C-A-a"                       },
	{ "cursor",             "\033[A\033[B\033[C\033[D\033[H\033[F",                "up down right left home end"             },
	{ "application cursor", "\033OA\033OH\033OP\033OS",                            "up home f1 f4"                           },
	{ "editing",            "\033[2~\033[3~\033[5~\033[6~\033[1~\033[4~",          "insert delete pgup pgdn home end"        },
	{ "functions",          "\033[11~\033[15~\033[17~\033[24~\033[25~",            "f1 f5 f6 f12 f13"                        },
	{ "linux functions",    "\033[[A\033[[E",                                      "f1 f5"                                   },
	{ "modifiers",          "\033[1;5A\033[1;2D\033[3;3~\033[1;6P\033[15;8~",
         "C-up S-left A-delete C-S-f1 C-A-S-f5"										  },
	{ "back tab",           "\033[Z",					      "S-tab"                                   },
	{ "modifyOtherKeys",    "\033[27;5;105~\033[27;6;13~",                         "C-i C-S-enter"                           },
	{ "escape twice",       "\033\033[A",					  "esc up"                                  },
	{ "kitty",              "\033[97;5u\033[97;5:3u\033[27u\033[57441;2u",         "C-a/1 C-a/3 esc/1 S-lshift/1"            },
	{ "kitty layout",       "\033[1092::97u\033[121::122;1:2u",                    "\xd1\x84/1@a y/2@z"                      },
	{ "kitty function",     "\033[1;1:3A\033[57376u\033[57399u",                   "up/3 f13/1 kp0/1"                        },
	{ "sgr mouse",          "\033[<0;4;5M\033[<0;4;5m\033[<65;1;1M\033[<35;10;3M",
         "mouse(3,4,0,1) mouse(3,4,0,3) mouse(0,0,5,1) mouse(9,2,3,2)"                                                           },
	{ "old mouse",          "\033[M !!\033[M#!!",                                  "mouse(0,0,0,1) mouse(0,0,0,3)"           },
	{ "paste",              "x\033[200~a\033[Ab\r\033[201~y",                      "x paste[a\033[Ab\r] y"                   },
	{ "answers",            "\033[?1u\033[?62;4c",                                 "kitty! da1!"                             },
	{ "unasked answers",    "\033[>0;276;0c\033[24;80R\033[?2026;2$y",             ""                                        },
	{ "broken off",         "\033[12\033[A",                                       "up"                                      },
};

static void test_bytes(gconstpointer data)
{
	const Case *row = data;
	gsize length = strlen(row->bytes);

	for (gsize piece = 1; piece <= length; piece++) {
		g_autoptr(GString) keys = g_string_new(NULL);
		g_autoptr(TermParser) parser = term_parser_new(describe, keys);
		for (gsize at = 0; at < length; at += piece)
			term_parser_feed(parser, row->bytes + at, MIN(piece, length - at));
		g_assert_cmpstr(keys->str, ==, row->keys);
		g_assert_false(term_parser_pending(parser));
	}
}

/* What an ESC means is known only when nothing follows. */
static void test_escape(void)
{
	/* clang-format off */
	static const Case ends[] = {
		{ "", "\033", "esc" },
		{ "", "\033[", "A-[" },
		{ "", "\033O", "A-O" },
		{ "", "\033[12", "" },
		{ "", "\xc3", "" },
	};
	/* clang-format on */

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autoptr(GString) keys = g_string_new(NULL);
		g_autoptr(TermParser) parser = term_parser_new(describe, keys);
		term_parser_feed(parser, ends[i].bytes, strlen(ends[i].bytes));
		g_assert_cmpstr(keys->str, ==, "");
		g_assert_true(term_parser_pending(parser));
		term_parser_timeout(parser);
		g_assert_cmpstr(keys->str, ==, ends[i].keys);
		g_assert_false(term_parser_pending(parser));
	}
}

static void test_learned(void)
{
	g_autoptr(GString) keys = g_string_new(NULL);
	g_autoptr(TermParser) parser = term_parser_new(describe, keys);

	term_parser_learn(parser, "\033[224z", TERM_KEY_F1);
	term_parser_learn(parser, "\b", TERM_KEY_BACKSPACE);
	term_parser_feed(parser, "\033[22", 4);
	g_assert_true(term_parser_pending(parser));
	term_parser_feed(parser, "4z\b\033[A", 6);
	g_assert_cmpstr(keys->str, ==, "f1 backspace up");
}

/* Neither a paste without an end nor a sequence without an end grows for ever. */
static void test_bounds(void)
{
	g_autoptr(GString) keys = g_string_new(NULL);
	g_autoptr(TermParser) parser = term_parser_new(describe, keys);
	g_autofree char *long_text = g_strnfill(TERM_PASTE_MAX + 5000, 'p');

	term_parser_feed(parser, "\033[200~", 6);
	term_parser_feed(parser, long_text, strlen(long_text));
	term_parser_feed(parser, "\033[201~", 6);
	g_assert_cmpuint(keys->len, ==, TERM_PASTE_MAX + strlen("paste[]"));
	g_string_truncate(keys, 0);
	term_parser_feed(parser, "\033[", 2);
	for (int i = 0; i < 100; i++)
		term_parser_feed(parser, "1", 1);
	g_assert_cmpuint(keys->len, >, 0); /* it gave up and took the rest for characters */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/ui/term-keys/", cases[i].name, NULL);
		g_test_add_data_func(path, &cases[i], test_bytes);
	}
	g_test_add_func("/ui/term-keys/escape", test_escape);
	g_test_add_func("/ui/term-keys/learned", test_learned);
	g_test_add_func("/ui/term-keys/bounds", test_bounds);
	return g_test_run();
}
