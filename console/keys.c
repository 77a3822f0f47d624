#include "console/keys.h"

#include <string.h>

#include "base/error.h"
#include "console/key-table.h"

#define CODES 512 /* above the largest usage and evdev code of the table */

/* Both number spaces, filled once from the table. */
typedef struct {
	guint8 by_usb[CODES], by_evdev[CODES];
	GPtrArray *names;
} KeyIndex;

/* SDL reports these keys by the consumer page where the table has their usage of the keyboard page. */
static const struct {
	guint16 usb;
	const char *name;
} consumer_keys[] = {
	{258,  "audionext"   },
        { 259, "audioprev"   },
        { 260, "audiostop"   },
        { 261, "audioplay"   },
	{ 262, "audiomute"   },
        { 265, "mail"        },
        { 266, "calculator"  },
        { 267, "computer"    },
	{ 269, "ac_home"     },
        { 270, "ac_back"     },
        { 271, "ac_forward"  },
        { 273, "ac_refresh"  },
	{ 274, "ac_bookmarks"},
        { 282, "sleep"       },
};

static const KeyRow *find_row(const char *name)
{
	for (const KeyRow *row = key_table; row->name; row++)
		if (g_ascii_strcasecmp(row->name, name) == 0)
			return row;
	return NULL;
}

static void index_build(KeyIndex *index)
{
	index->names = g_ptr_array_new();
	for (const KeyRow *row = key_table; row->name; row++) {
		if (row->usb)
			index->by_usb[row->usb] = (guint8)row->qnum;
		if (row->evdev)
			index->by_evdev[row->evdev] = (guint8)row->qnum;
		g_ptr_array_add(index->names, (gpointer)row->name);
	}
	for (guint i = 0; i < G_N_ELEMENTS(consumer_keys); i++)
		index->by_usb[consumer_keys[i].usb] = (guint8)find_row(consumer_keys[i].name)->qnum;
	for (const KeyAlias *alias = key_aliases; alias->alias; alias++)
		g_ptr_array_add(index->names, (gpointer)alias->alias);
	g_ptr_array_add(index->names, NULL);
}

static const KeyIndex *get_index(void)
{
	static KeyIndex index;
	static gsize built;

	if (g_once_init_enter(&built)) {
		index_build(&index);
		g_once_init_leave(&built, 1);
	}
	return &index;
}

guint key_by_name(const char *name)
{
	const KeyRow *row = find_row(name);

	for (const KeyAlias *alias = key_aliases; !row && alias->alias; alias++)
		if (g_ascii_strcasecmp(alias->alias, name) == 0)
			row = find_row(alias->name);
	return row ? row->qnum : 0;
}

guint key_by_usb(guint usage)
{
	return usage < CODES ? get_index()->by_usb[usage] : 0;
}

guint key_by_evdev(guint code)
{
	return code < CODES ? get_index()->by_evdev[code] : 0;
}

const char *const *key_names(void)
{
	return (const char *const *)get_index()->names->pdata;
}

/* The next key's name, up to a '-' or '+' that has something before it: "ctrl--" is ctrl and minus. */
static char *next_name(const char **chord)
{
	const char *start = *chord;
	gsize length = *start ? 1 + strcspn(start + 1, "-+") : 0;

	*chord = start + length + (start[length] ? 1 : 0);
	return g_strndup(start, length);
}

static gboolean add_key(const char *name, const char *chord, guint *codes, gsize *count, gsize size,
			GError **error)
{
	guint qnum = key_by_name(name);

	if (!qnum)
		return error_set(error, CARREL_ERROR_USAGE,
				 "names are like ctrl-alt-delete, f2, shift-a, kp_enter",
				 "there is no key `%s' in `%s'", name, chord);
	if (*count + 1 >= size)
		return error_set(error, CARREL_ERROR_USAGE, NULL, "`%s' has too many keys", chord);
	codes[(*count)++] = qnum;
	codes[*count] = 0;
	return TRUE;
}

gboolean key_parse_chord(const char *chord, guint *codes, gsize size, GError **error)
{
	const char *rest = chord;
	gsize count = 0;

	codes[0] = 0;
	do {
		g_autofree char *name = next_name(&rest);
		if (!add_key(name, chord, codes, &count, size, error))
			return FALSE;
	} while (*rest);
	if (g_str_has_suffix(chord, "-") && codes[count - 1] != key_by_name("minus"))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "a key is missing at the end of `%s'",
				 chord);
	return TRUE;
}
