#include "console/keysyms.h"

#include "console/keys.h"

/* Keysyms that are no characters (X11/keysymdef.h). */
static const struct {
	guint16 keysym;
	const char *name;
} function_keys[] = {
	{0xff08,  "backspace"  },
        { 0xff09, "tab"        },
        { 0xff0d, "ret"        },
	{ 0xff13, "pause"      },
        { 0xff14, "scroll_lock"},
        { 0xff15, "print"      },
	{ 0xff1b, "esc"        },
        { 0xff50, "home"       },
        { 0xff51, "left"       },
	{ 0xff52, "up"         },
        { 0xff53, "right"      },
        { 0xff54, "down"       },
	{ 0xff55, "pgup"       },
        { 0xff56, "pgdn"       },
        { 0xff57, "end"        },
	{ 0xff61, "print"      },
        { 0xff63, "insert"     },
        { 0xff67, "compose"    },
	{ 0xff7f, "num_lock"   },
        { 0xff8d, "kp_enter"   },
        { 0xffaa, "kp_multiply"},
	{ 0xffab, "kp_add"     },
        { 0xffad, "kp_subtract"},
        { 0xffae, "kp_decimal" },
	{ 0xffaf, "kp_divide"  },
        { 0xffe1, "shift"      },
        { 0xffe2, "shift_r"    },
	{ 0xffe3, "ctrl"       },
        { 0xffe4, "ctrl_r"     },
        { 0xffe5, "caps_lock"  },
	{ 0xffe7, "super"      },
        { 0xffe8, "super_r"    },
        { 0xffe9, "alt"        },
	{ 0xffea, "altgr"      },
        { 0xffeb, "super"      },
        { 0xffec, "super_r"    },
	{ 0xfe03, "altgr"      },
        { 0xfe20, "tab"        },
        { 0xffff, "delete"     },
};

#define KEYSYM_F1  0xffbe
#define KEYSYM_F24 0xffd5
#define KEYSYM_KP0 0xffb0
#define KEYSYM_KP9 0xffb9
/* Characters beyond Latin-1 are their code point plus this. */
#define KEYSYM_UNICODE 0x01000000

struct Keysyms {
	Layout *layout; /* borrowed */
	guint shift, shift_r;
	gboolean down, down_r; /* Shift as the viewer has it */
};

Keysyms *keysyms_new(Layout *layout)
{
	Keysyms *keysyms = g_new0(Keysyms, 1);

	keysyms->layout = layout;
	keysyms->shift = key_by_name("shift");
	keysyms->shift_r = key_by_name("shift_r");
	return keysyms;
}

void keysyms_free(Keysyms *keysyms)
{
	g_free(keysyms);
}

static guint numbered_key(const char *prefix, guint number)
{
	g_autofree char *name = g_strdup_printf("%s%u", prefix, number);

	return key_by_name(name);
}

static guint function_key(guint32 keysym)
{
	if (keysym >= KEYSYM_F1 && keysym <= KEYSYM_F24)
		return numbered_key("f", keysym - KEYSYM_F1 + 1);
	if (keysym >= KEYSYM_KP0 && keysym <= KEYSYM_KP9)
		return numbered_key("kp_", keysym - KEYSYM_KP0);
	for (gsize i = 0; i < G_N_ELEMENTS(function_keys); i++)
		if (function_keys[i].keysym == keysym)
			return key_by_name(function_keys[i].name);
	return 0;
}

/* Lifts the Shift that the viewer holds, or presses one that it does not; and back. */
static void toggle_shift(Keysyms *keysyms, InputViewer *viewer, gboolean down)
{
	if (keysyms->down)
		input_key(viewer, keysyms->shift, down);
	if (keysyms->down_r)
		input_key(viewer, keysyms->shift_r, down);
	if (!keysyms->down && !keysyms->down_r)
		input_key(viewer, keysyms->shift, down);
}

static void send_character(Keysyms *keysyms, InputViewer *viewer, gunichar character, gboolean down)
{
	KeyStroke strokes[2];
	guint count;

	if (!layout_lookup(keysyms->layout, character, strokes, &count) || count != 1)
		return;
	gboolean wants = strokes[0].codes[0] == keysyms->shift && strokes[0].codes[1] != 0;
	gboolean has = keysyms->down || keysyms->down_r;
	guint key = strokes[0].codes[wants ? 1 : 0];
	if (!down || wants == has) {
		input_key(viewer, key, down);
		return;
	}
	toggle_shift(keysyms, viewer, wants);
	input_key(viewer, key, TRUE);
	toggle_shift(keysyms, viewer, has);
}

void keysyms_send(Keysyms *keysyms, InputViewer *viewer, guint32 keysym, gboolean down)
{
	guint qnum = function_key(keysym);

	if (qnum == keysyms->shift)
		keysyms->down = down;
	if (qnum == keysyms->shift_r)
		keysyms->down_r = down;
	if (qnum)
		input_key(viewer, qnum, down);
	else if (keysym < 0x100 || (keysym & 0xff000000) == KEYSYM_UNICODE)
		send_character(keysyms, viewer, keysym & 0x00ffffff, down);
}
