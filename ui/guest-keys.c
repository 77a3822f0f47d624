#include "ui/guest-keys.h"

#include "console/keys.h"

typedef struct {
	guint code;
	const char *name; /* for key_by_name() */
} NamedKey;

static const NamedKey named_keys[] = {
	{TERM_KEY_UP,           "up"           },
	{ TERM_KEY_DOWN,        "down"         },
	{ TERM_KEY_RIGHT,       "right"        },
	{ TERM_KEY_LEFT,        "left"         },
	{ TERM_KEY_HOME,        "home"         },
	{ TERM_KEY_END,         "end"          },
	{ TERM_KEY_PGUP,        "pgup"         },
	{ TERM_KEY_PGDN,        "pgdn"         },
	{ TERM_KEY_INSERT,      "insert"       },
	{ TERM_KEY_DELETE,      "delete"       },
	{ TERM_KEY_BACKSPACE,   "backspace"    },
	{ TERM_KEY_TAB,         "tab"          },
	{ TERM_KEY_ENTER,       "enter"        },
	{ TERM_KEY_ESCAPE,      "esc"          },
	{ TERM_KEY_BEGIN,       "kp_5"         },
	{ TERM_KEY_CAPS_LOCK,   "caps_lock"    },
	{ TERM_KEY_SCROLL_LOCK, "scroll_lock"  },
	{ TERM_KEY_NUM_LOCK,    "num_lock"     },
	{ TERM_KEY_PRINT,       "print"        },
	{ TERM_KEY_PAUSE,       "pause"        },
	{ TERM_KEY_MENU,        "menu"         },
	{ TERM_KEY_KP_DECIMAL,  "kp_decimal"   },
	{ TERM_KEY_KP_DIVIDE,   "kp_divide"    },
	{ TERM_KEY_KP_MULTIPLY, "kp_multiply"  },
	{ TERM_KEY_KP_SUBTRACT, "kp_subtract"  },
	{ TERM_KEY_KP_ADD,      "kp_add"       },
	{ TERM_KEY_KP_ENTER,    "kp_enter"     },
	{ TERM_KEY_LEFT_SHIFT,  "shift"        },
	{ TERM_KEY_LEFT_CTRL,   "ctrl"         },
	{ TERM_KEY_LEFT_ALT,    "alt"          },
	{ TERM_KEY_LEFT_SUPER,  "super"        },
	{ TERM_KEY_RIGHT_SHIFT, "shift_r"      },
	{ TERM_KEY_RIGHT_CTRL,  "ctrl_r"       },
	{ TERM_KEY_RIGHT_ALT,   "altgr"        },
	{ TERM_KEY_RIGHT_SUPER, "super_r"      },
 /* Places on a US keyboard; letters and digits are named by themselves. */
	{ '-',		  "minus"        },
	{ '=',		  "equal"        },
	{ '[',		  "bracket_left" },
	{ ']',		  "bracket_right"},
	{ ';',		  "semicolon"    },
	{ '\'',		 "apostrophe"   },
	{ '`',		  "grave_accent" },
	{ '\\',		 "backslash"    },
	{ ',',		  "comma"        },
	{ '.',		  "dot"          },
	{ '/',		  "slash"        },
	{ ' ',		  "space"        },
};

/* Modifiers that a plain key carries. */
static const struct {
	guint mod;
	const char *name;
} modifiers[] = {
	{TERM_CTRL,   "ctrl" },
	{ TERM_ALT,   "alt"  },
	{ TERM_SHIFT, "shift"},
	{ TERM_SUPER, "super"},
};

/* The key at the place that @code names on a US keyboard; 0 = none. */
static guint place_of(guint code)
{
	char name[16] = "";

	for (gsize i = 0; i < G_N_ELEMENTS(named_keys); i++)
		if (named_keys[i].code == code)
			return key_by_name(named_keys[i].name);
	if (code >= TERM_KEY_F1 && code <= TERM_KEY_F24)
		g_snprintf(name, sizeof(name), "f%u", code - TERM_KEY_F1 + 1);
	else if (code >= TERM_KEY_KP_0 && code <= TERM_KEY_KP_9)
		g_snprintf(name, sizeof(name), "kp_%u", code - TERM_KEY_KP_0);
	else if (code < 0x80 && g_ascii_isalnum((char)code))
		g_snprintf(name, sizeof(name), "%c", g_ascii_tolower((char)code));
	return *name ? key_by_name(name) : 0;
}

static void send_modifiers(guint mods, gboolean down, GuestKeyFunc func, gpointer data)
{
	const int count = G_N_ELEMENTS(modifiers);

	for (int i = 0; i < count; i++) {
		int row = down ? i : count - 1 - i;
		if (mods & modifiers[row].mod)
			func(key_by_name(modifiers[row].name), down, data);
	}
}

static void press_and_release(const guint *codes, int count, GuestKeyFunc func, gpointer data)
{
	for (int i = 0; i < count; i++)
		func(codes[i], TRUE, data);
	for (int i = count - 1; i >= 0; i--)
		func(codes[i], FALSE, data);
}

static gboolean send_character(const TermKey *key, Layout *layout, GuestKeyFunc func, gpointer data)
{
	KeyStroke strokes[2] = { 0 };
	guint count = 0;

	if (!layout_lookup(layout, key->code, strokes, &count))
		return FALSE;
	/* Shift is in the character already. */
	send_modifiers(key->mods & ~(guint)TERM_SHIFT, TRUE, func, data);
	for (guint i = 0; i < count; i++) {
		int length = 0;
		while (length < (int)G_N_ELEMENTS(strokes[i].codes) && strokes[i].codes[length])
			length++;
		press_and_release(strokes[i].codes, length, func, data);
	}
	send_modifiers(key->mods & ~(guint)TERM_SHIFT, FALSE, func, data);
	return TRUE;
}

static gboolean send_physical(const TermKey *key, GuestKeyFunc func, gpointer data)
{
	guint qnum = place_of(key->base ? key->base : key->code);

	if (qnum)
		func(qnum, key->event != TERM_RELEASE, data);
	return qnum != 0;
}

gboolean guest_keys_send(const TermKey *key, Layout *layout, GuestKeyFunc func, gpointer data)
{
	guint qnum;

	if (key->physical)
		return send_physical(key, func, data);
	if (key->code < TERM_KEY_UP)
		return send_character(key, layout, func, data);
	qnum = place_of(key->code);
	if (!qnum)
		return FALSE;
	send_modifiers(key->mods, TRUE, func, data);
	press_and_release(&qnum, 1, func, data);
	send_modifiers(key->mods, FALSE, func, data);
	return TRUE;
}

void guest_keys_chord(const char *chord, GuestKeyFunc func, gpointer data)
{
	guint codes[8];
	int count = 0;

	if (!key_parse_chord(chord, codes, G_N_ELEMENTS(codes), NULL))
		return;
	while (count < (int)G_N_ELEMENTS(codes) && codes[count])
		count++;
	press_and_release(codes, count, func, data);
}
