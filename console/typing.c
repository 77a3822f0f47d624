#include "console/typing.h"

#include <string.h>
#include <xkbcommon/xkbcommon.h>

#include "base/error.h"
#include "console/keys.h"

/* Shift and level-3 shift are what text needs; one entry per character of the layout. */
typedef struct {
	guint qnum;
	gboolean shift, altgr;
} KeyUse;

struct Layout {
	char *name;
	GHashTable *characters; /* gunichar -> KeyUse */
	GHashTable *dead;       /* keysym of a dead key -> KeyUse */
};

/* Dead keys and the character that they give when a space follows. */
static const struct {
	xkb_keysym_t keysym;
	gunichar alone;
} dead_keys[] = {
	{XKB_KEY_dead_grave,       '`' },
        { XKB_KEY_dead_acute,      0xb4},
        { XKB_KEY_dead_circumflex, '^' },
	{ XKB_KEY_dead_tilde,      '~' },
        { XKB_KEY_dead_diaeresis,  '"' },
};

/* Letters that a dead key and a plain letter make. */
static const struct {
	gunichar character;
	xkb_keysym_t dead;
	char letter;
} composed[] = {
	{0xe0,  XKB_KEY_dead_grave,      'a'},
        { 0xe8, XKB_KEY_dead_grave,      'e'},
	{ 0xec, XKB_KEY_dead_grave,      'i'},
        { 0xf2, XKB_KEY_dead_grave,      'o'},
	{ 0xf9, XKB_KEY_dead_grave,      'u'},
        { 0xe1, XKB_KEY_dead_acute,      'a'},
	{ 0xe9, XKB_KEY_dead_acute,      'e'},
        { 0xed, XKB_KEY_dead_acute,      'i'},
	{ 0xf3, XKB_KEY_dead_acute,      'o'},
        { 0xfa, XKB_KEY_dead_acute,      'u'},
	{ 0xe2, XKB_KEY_dead_circumflex, 'a'},
        { 0xea, XKB_KEY_dead_circumflex, 'e'},
	{ 0xee, XKB_KEY_dead_circumflex, 'i'},
        { 0xf4, XKB_KEY_dead_circumflex, 'o'},
	{ 0xfb, XKB_KEY_dead_circumflex, 'u'},
        { 0xf1, XKB_KEY_dead_tilde,      'n'},
	{ 0xe3, XKB_KEY_dead_tilde,      'a'},
        { 0xf5, XKB_KEY_dead_tilde,      'o'},
	{ 0xe4, XKB_KEY_dead_diaeresis,  'a'},
        { 0xeb, XKB_KEY_dead_diaeresis,  'e'},
	{ 0xef, XKB_KEY_dead_diaeresis,  'i'},
        { 0xf6, XKB_KEY_dead_diaeresis,  'o'},
	{ 0xfc, XKB_KEY_dead_diaeresis,  'u'},
};

typedef struct {
	Layout *layout;
	struct xkb_keymap *keymap;
} Walk;

/* Levels of the common key types: 1 plain, 2 Shift, 3 AltGr, 4 both. */
static void add_level(Walk *walk, xkb_keycode_t code, xkb_level_index_t level)
{
	const xkb_keysym_t *symbols;
	guint qnum = key_by_evdev(code - 8);

	if (!qnum || level > 3 ||
	    xkb_keymap_key_get_syms_by_level(walk->keymap, code, 0, level, &symbols) != 1)
		return;
	KeyUse use = { qnum, level & 1, level >> 1 & 1 };
	gunichar character = xkb_keysym_to_utf32(symbols[0]);
	/* Keys of the main block come first in the keymap; the keypad depends on Num Lock. */
	if (character >= 0x20 && character != 0x7f &&
	    !g_hash_table_contains(walk->layout->characters, GUINT_TO_POINTER(character)))
		g_hash_table_insert(walk->layout->characters, GUINT_TO_POINTER(character),
				    g_memdup2(&use, sizeof use));
	if (symbols[0] >= XKB_KEY_dead_grave && symbols[0] <= XKB_KEY_dead_longsolidusoverlay)
		g_hash_table_insert(walk->layout->dead, GUINT_TO_POINTER(symbols[0]),
				    g_memdup2(&use, sizeof use));
}

static void visit_key(struct xkb_keymap *keymap, xkb_keycode_t code, void *data)
{
	xkb_level_index_t levels = xkb_keymap_num_levels_for_key(keymap, code, 0);

	for (xkb_level_index_t level = 0; level < levels; level++)
		add_level(data, code, level);
}

/* "de(neo)" is layout de, variant neo. */
static void split_name(const char *name, char **layout, char **variant)
{
	const char *open = strchr(name, '(');
	gsize length = open ? strcspn(open + 1, ")") : 0;

	*layout = open ? g_strndup(name, (gsize)(open - name)) : g_strdup(name);
	*variant = open ? g_strndup(open + 1, length) : g_strdup("");
}

Layout *layout_new(const char *name, GError **error)
{
	g_autofree char *language = NULL, *variant = NULL;
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);

	split_name(name, &language, &variant);
	if (context)
		xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
	struct xkb_rule_names names = { "evdev", "pc105", language, variant, "" };
	struct xkb_keymap *keymap =
		context ? xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS) : NULL;
	if (!keymap) {
		error_set(error, CARREL_ERROR_USAGE, "use one of xkb's, for example us, de or fr(oss)",
			  "`%s' is no keyboard layout", name);
		xkb_context_unref(context);
		return NULL;
	}
	Layout *layout = g_new0(Layout, 1);
	layout->name = g_strdup(name);
	layout->characters = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	layout->dead = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	Walk walk = { layout, keymap };
	xkb_keymap_key_for_each(keymap, visit_key, &walk);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
	return layout;
}

void layout_free(Layout *layout)
{
	if (!layout)
		return;
	g_free(layout->name);
	g_hash_table_unref(layout->characters);
	g_hash_table_unref(layout->dead);
	g_free(layout);
}

static KeyStroke stroke(const KeyUse *use)
{
	KeyStroke result = { { 0 } };
	guint count = 0;

	if (use->shift)
		result.codes[count++] = key_by_name("shift");
	if (use->altgr)
		result.codes[count++] = key_by_name("altgr");
	result.codes[count] = use->qnum;
	return result;
}

/* A dead key, then @second; FALSE when the layout lacks either. */
static gboolean dead_pair(Layout *layout, xkb_keysym_t dead, gunichar second, KeyStroke strokes[2])
{
	const KeyUse *first = g_hash_table_lookup(layout->dead, GUINT_TO_POINTER(dead));
	const KeyUse *then = g_hash_table_lookup(layout->characters, GUINT_TO_POINTER(second));

	if (!first || !then)
		return FALSE;
	strokes[0] = stroke(first);
	strokes[1] = stroke(then);
	return TRUE;
}

gboolean layout_lookup(Layout *layout, gunichar character, KeyStroke strokes[2], guint *count)
{
	static const struct {
		gunichar character;
		const char *key;
	} controls[] = {
		{'\n',  "enter"    },
                { '\r', "enter"    },
                { '\t', "tab"      },
		{ '\b', "backspace"},
                { 0x7f, "backspace"},
                { 0x1b, "esc"      }
	};
	const KeyUse *use = g_hash_table_lookup(layout->characters, GUINT_TO_POINTER(character));

	*count = 1;
	for (gsize i = 0; i < G_N_ELEMENTS(controls); i++)
		if (controls[i].character == character) {
			strokes[0] = (KeyStroke){
				{key_by_name(controls[i].key), 0}
			};
			return TRUE;
		}
	if (use) {
		strokes[0] = stroke(use);
		return TRUE;
	}
	*count = 2;
	for (gsize i = 0; i < G_N_ELEMENTS(dead_keys); i++)
		if (dead_keys[i].alone == character)
			return dead_pair(layout, dead_keys[i].keysym, ' ', strokes);
	for (gsize i = 0; i < G_N_ELEMENTS(composed); i++)
		if (composed[i].character == character)
			return dead_pair(layout, composed[i].dead, (gunichar)composed[i].letter, strokes);
	return FALSE;
}

/* --- typing --- */

typedef struct {
	Source *source;
	GArray *strokes; /* of KeyStroke */
	guint next, timer;
} Typing;

static void typing_free(gpointer data)
{
	Typing *typing = data;

	g_clear_handle_id(&typing->timer, g_source_remove);
	g_array_unref(typing->strokes);
	g_free(typing);
}

static gboolean collect_strokes(Layout *layout, const char *text, GArray *strokes, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);

	if (!g_utf8_validate(text, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the text to type is not valid UTF-8");
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		KeyStroke found[2];
		guint count;
		if (layout_lookup(layout, g_utf8_get_char(p), found, &count))
			g_array_append_vals(strokes, found, count);
		else if (missing->len < 60)
			g_string_append_unichar(missing, g_utf8_get_char(p));
	}
	if (missing->len == 0)
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE, "set the VM's keymap to the layout that the guest uses",
			 "keyboard layout `%s' has no key for `%s'", layout->name, missing->str);
}

static void press(Source *source, const KeyStroke *keys)
{
	guint count = 0;

	while (count < G_N_ELEMENTS(keys->codes) && keys->codes[count])
		source_key(source, keys->codes[count++], TRUE);
	while (count > 0)
		source_key(source, keys->codes[--count], FALSE);
}

static gboolean type_next(gpointer data)
{
	GTask *task = data;
	Typing *typing = g_task_get_task_data(task);
	gboolean sent = typing->next == typing->strokes->len && source_pending(typing->source) == 0;

	if (!source_is_open(typing->source))
		g_task_return_error(task, error_new(CARREL_ERROR_FAILED, NULL,
						    "the VM's screen was closed while typing"));
	else if (g_task_return_error_if_cancelled(task))
		source_release_keys(typing->source);
	else if (sent)
		g_task_return_boolean(task, TRUE);
	else {
		/* QEMU's queue is short: wait while it does not take what was sent. */
		if (typing->next < typing->strokes->len && source_pending(typing->source) == 0)
			press(typing->source, &g_array_index(typing->strokes, KeyStroke, typing->next++));
		return G_SOURCE_CONTINUE;
	}
	typing->timer = 0;
	g_object_unref(task);
	return G_SOURCE_REMOVE;
}

void type_text(Source *source, Layout *layout, const char *text, guint interval_ms, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Typing *typing = g_new0(Typing, 1);
	GError *error = NULL;

	g_task_set_task_data(task, typing, typing_free);
	typing->source = source;
	typing->strokes = g_array_new(FALSE, FALSE, sizeof(KeyStroke));
	if (!collect_strokes(layout, text, typing->strokes, &error)) {
		g_task_return_error(task, error);
		g_object_unref(task);
		return;
	}
	typing->timer = g_timeout_add(interval_ms, type_next, task);
}

gboolean type_text_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
