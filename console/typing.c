#include "console/typing.h"

#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "base/error.h"
#include "console/keys.h"

/* xkb's keycodes are evdev's plus this. */
#define XKB_OFFSET 8
/* Ways to reach one level of a key, at most. */
#define MASKS_MAX 8

/* A key with the modifiers that make it give a symbol. */
typedef struct {
	guint qnum;
	gboolean shift, altgr;
} KeyUse;

struct Layout {
	GHashTable *uses; /* keysym of a dead key, or character | IS_CHARACTER -> KeyUse */
	struct xkb_keymap *keymap;
	xkb_mod_mask_t shift, altgr; /* bits of the keymap */
};

#define IS_CHARACTER 0x80000000u /* no keysym has this bit */

/* Dead keys by the combining character that they put on a letter, and what they give with a space (X's compose tables
 * and Windows agree on these). */
static const struct {
	xkb_keysym_t keysym;
	gunichar combining, alone;
} dead_keys[] = {
	{XKB_KEY_dead_grave,        0x300, '`' },
        { XKB_KEY_dead_acute,       0x301, '\''},
	{ XKB_KEY_dead_circumflex,  0x302, '^' },
        { XKB_KEY_dead_tilde,       0x303, '~' },
	{ XKB_KEY_dead_diaeresis,   0x308, '"' },
        { XKB_KEY_dead_macron,      0x304, 0   },
	{ XKB_KEY_dead_breve,       0x306, 0   },
        { XKB_KEY_dead_abovedot,    0x307, 0   },
	{ XKB_KEY_dead_abovering,   0x30a, 0   },
        { XKB_KEY_dead_doubleacute, 0x30b, 0   },
	{ XKB_KEY_dead_caron,       0x30c, 0   },
        { XKB_KEY_dead_cedilla,     0x327, ',' },
	{ XKB_KEY_dead_ogonek,      0x328, 0   },
};

static const struct {
	gunichar character;
	const char *key;
} control_keys[] = {
	{'\n',  "ret"      },
        { '\r', "ret"      },
        { '\t', "tab"      },
        { '\b', "backspace"},
        { 0x1b, "esc"      },
};

static const KeyUse *get_use(Layout *layout, guint symbol)
{
	return g_hash_table_lookup(layout->uses, GUINT_TO_POINTER(symbol));
}

/* The first one stays, since keys of the main block come before those of the keypad; but AltGr is the last choice. */
static void add_use(Layout *layout, guint symbol, const KeyUse *use)
{
	const KeyUse *old = get_use(layout, symbol);

	if (!old || (old->altgr && !use->altgr))
		g_hash_table_insert(layout->uses, GUINT_TO_POINTER(symbol), g_memdup2(use, sizeof(*use)));
}

static void add_symbol(Layout *layout, xkb_keysym_t keysym, const KeyUse *use)
{
	gunichar character = xkb_keysym_to_utf32(keysym);

	if (g_unichar_isprint(character))
		add_use(layout, character | IS_CHARACTER, use);
	else if (keysym >= XKB_KEY_dead_grave && keysym <= XKB_KEY_dead_greek)
		add_use(layout, keysym, use);
}

/* FALSE when a level needs more than Shift and AltGr, such as Num Lock. */
static gboolean find_modifiers(Layout *layout, xkb_keycode_t code, xkb_level_index_t level, KeyUse *use)
{
	xkb_mod_mask_t masks[MASKS_MAX];
	gsize count = xkb_keymap_key_get_mods_for_level(layout->keymap, code, 0, level, masks, MASKS_MAX);

	for (gsize i = 0; i < count; i++) {
		if (masks[i] & ~(layout->shift | layout->altgr))
			continue;
		use->shift = (masks[i] & layout->shift) != 0;
		use->altgr = (masks[i] & layout->altgr) != 0;
		return TRUE;
	}
	return FALSE;
}

static void visit_key(struct xkb_keymap *keymap, xkb_keycode_t code, void *data)
{
	Layout *layout = data;
	KeyUse use = { key_by_evdev(code - XKB_OFFSET), FALSE, FALSE };
	xkb_level_index_t levels = xkb_keymap_num_levels_for_key(keymap, code, 0);
	const xkb_keysym_t *symbols;

	for (xkb_level_index_t level = 0; use.qnum && level < levels; level++)
		if (xkb_keymap_key_get_syms_by_level(keymap, code, 0, level, &symbols) == 1 &&
		    find_modifiers(layout, code, level, &use))
			add_symbol(layout, symbols[0], &use);
}

static xkb_mod_mask_t modifier(struct xkb_keymap *keymap, const char *name)
{
	xkb_mod_index_t index = xkb_keymap_mod_get_index(keymap, name);

	return index == XKB_MOD_INVALID ? 0 : (xkb_mod_mask_t)1 << index;
}

/* "de(neo)" is layout de, variant neo. */
static struct xkb_keymap *compile(const char *name)
{
	g_auto(GStrv) parts = g_strsplit_set(name, "()", 3);
	const char *variant = parts[0] && parts[1] ? parts[1] : "";
	struct xkb_rule_names names = { "evdev", "pc105", parts[0], variant, "" };
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap;

	if (!context || !parts[0] || !*parts[0]) {
		xkb_context_unref(context);
		return NULL;
	}
	xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
	xkb_context_set_log_verbosity(context, 0);
	keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	xkb_context_unref(context);
	return keymap;
}

Layout *layout_new(const char *name, GError **error)
{
	struct xkb_keymap *keymap = compile(name);
	Layout *layout;

	if (!keymap) {
		error_set(error, CARREL_ERROR_USAGE,
			  "name one of xkb's: us, gb, de, fr(oss); `localectl list-x11-keymap-layouts' shows "
			  "all",
			  "there is no keyboard layout `%s'", name);
		return NULL;
	}
	layout = g_new0(Layout, 1);
	layout->uses = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	layout->keymap = keymap;
	layout->shift = modifier(keymap, XKB_MOD_NAME_SHIFT);
	layout->altgr = modifier(keymap, "Mod5"); /* LevelThree is mapped to it by every pc105 layout */
	xkb_keymap_key_for_each(keymap, visit_key, layout);
	return layout;
}

void layout_free(Layout *layout)
{
	if (!layout)
		return;
	xkb_keymap_unref(layout->keymap);
	g_hash_table_unref(layout->uses);
	g_free(layout);
}

static gboolean set_stroke(Layout *layout, guint symbol, KeyStroke *stroke)
{
	const KeyUse *use = get_use(layout, symbol);
	guint count = 0;

	memset(stroke, 0, sizeof(*stroke));
	if (!use)
		return FALSE;
	if (use->shift)
		stroke->codes[count++] = key_by_name("shift");
	if (use->altgr)
		stroke->codes[count++] = key_by_name("altgr");
	stroke->codes[count] = use->qnum;
	return TRUE;
}

static gboolean find_control(gunichar character, KeyStroke *stroke)
{
	for (gsize i = 0; i < G_N_ELEMENTS(control_keys); i++)
		if (control_keys[i].character == character) {
			*stroke = (KeyStroke){
				{key_by_name(control_keys[i].key), 0}
			};
			return TRUE;
		}
	return FALSE;
}

/* A letter with an accent by a dead key and the letter, an accent alone by a dead key and a space. */
static gboolean find_dead(Layout *layout, gunichar character, KeyStroke strokes[2])
{
	gunichar base = 0, combining = 0;

	g_unichar_decompose(character, &base, &combining);
	for (gsize i = 0; i < G_N_ELEMENTS(dead_keys); i++) {
		gunichar second = combining && dead_keys[i].combining == combining ? base : 0;
		if (dead_keys[i].alone && dead_keys[i].alone == character)
			second = ' ';
		if (second && set_stroke(layout, dead_keys[i].keysym, &strokes[0]) &&
		    set_stroke(layout, second | IS_CHARACTER, &strokes[1]))
			return TRUE;
	}
	return FALSE;
}

static gboolean needs_altgr(const KeyStroke *stroke)
{
	guint altgr = key_by_name("altgr");

	return stroke->codes[0] == altgr || stroke->codes[1] == altgr;
}

/* X's layouts have characters behind AltGr that no printed keyboard, Windows or Linux console has (de: `^'), while a dead key without it is on
 * all of them: that one then. */
gboolean layout_lookup(Layout *layout, gunichar character, KeyStroke strokes[2], guint *count)
{
	KeyStroke dead[2];
	gboolean found = find_control(character, &strokes[0]) ||
			 set_stroke(layout, character | IS_CHARACTER, &strokes[0]);

	*count = 1;
	if (found && !needs_altgr(&strokes[0]))
		return TRUE;
	if (!find_dead(layout, character, dead) || (found && needs_altgr(&dead[0])))
		return found;
	memcpy(strokes, dead, sizeof(dead));
	*count = 2;
	return TRUE;
}
