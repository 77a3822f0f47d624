#include "ui/keys.h"

#define F(n) (TERM_KEY_F1 + (n)-1)
#define CTRL TERM_CTRL
#define ALT  TERM_ALT

/* clang-format off */
static const KeyRow table[] = {
	/* --- the list of VMs; the key bar shows as many of these as fit, in this order */
	{ VIEW_VMS, TERM_KEY_ENTER, 0, COMMAND_ACCEPT, "Connect", "Show the screen of the VM and type into it; of several selected VMs side by side" },
	{ VIEW_VMS, 's', 0, ACTION_START, NULL, NULL },
	{ VIEW_VMS, 'd', 0, ACTION_SHUTDOWN, NULL, NULL },
	{ VIEW_VMS, 'r', 0, ACTION_RESUME, NULL, NULL },
	{ VIEW_VMS, 'a', 0, COMMAND_MENU, "Actions", "Choose from what can be done with the VM now" },
	{ VIEW_VMS, 'c', 0, COMMAND_QUICK, "Quick Create", "Make a VM from an image of the gallery" },
	{ VIEW_VMS, 'e', 0, COMMAND_SETTINGS, "Settings", "Look at and change every setting of the VM" },
	{ VIEW_VMS, '?', 0, COMMAND_HELP, "Help", "Show this page" },
	{ VIEW_VMS, 'n', 0, COMMAND_NEW, "New", "Make a VM with an empty disk or a file of yours" },
	{ VIEW_VMS, 'q', 0, COMMAND_QUIT, "Quit", "Leave; VMs go on running" },
	{ VIEW_VMS, 'p', 0, ACTION_PAUSE, NULL, NULL },
	{ VIEW_VMS, 'J', 0, COMMAND_JOBS, "Jobs", "Show what carreld is working on" },
	{ VIEW_VMS, '/', 0, COMMAND_FILTER, "Filter", "Show only VMs whose name, state, system, switch or notes contain a text" },
	{ VIEW_VMS, ' ', 0, COMMAND_SELECT, "Select", "Select or deselect the VM; actions then apply to all selected ones" },
	{ VIEW_VMS, '*', 0, COMMAND_SELECT_ALL, NULL, "Select all VMs that are shown, or none" },
	{ VIEW_VMS, 'v', 0, ACTION_SAVE, NULL, NULL },
	{ VIEW_VMS, 'C', 0, ACTION_CHECKPOINT, NULL, NULL },
	{ VIEW_VMS, 'E', 0, ACTION_REVERT, NULL, NULL },
	{ VIEW_VMS, 'T', 0, ACTION_TURN_OFF, NULL, NULL },
	{ VIEW_VMS, 'R', 0, ACTION_RESET, NULL, NULL },
	{ VIEW_VMS, TERM_KEY_DELETE, 0, ACTION_DELETE, NULL, NULL },
	{ VIEW_VMS, 'D', 0, ACTION_DELETE, NULL, NULL },
	{ VIEW_VMS, 'm', 0, COMMAND_RENAME, "Rename", "Give the VM another name" },
	{ VIEW_VMS, F(2), 0, COMMAND_RENAME, NULL, NULL },
	{ VIEW_VMS, 'w', 0, COMMAND_CONNECT_READ_ONLY, NULL, "Watch the screen of the VM without typing into it" },
	{ VIEW_VMS, 'P', 0, COMMAND_PREVIEWS, "Previews", "Show the screens of all VMs that run, small and live" },
	{ VIEW_VMS, TERM_KEY_TAB, 0, COMMAND_TAB, NULL, "Next page of details: summary, hardware, disks, network" },
	{ VIEW_VMS, 'o', 0, COMMAND_SORT, NULL, "Sort by the next column" },
	{ VIEW_VMS, 'O', 0, COMMAND_SORT_REVERSE, NULL, "Sort the other way round" },
	{ VIEW_VMS, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, NULL, "Drop the filter, the selection and the message" },
	{ VIEW_VMS, 'k', 0, COMMAND_UP, NULL, NULL },
	{ VIEW_VMS, 'j', 0, COMMAND_DOWN, NULL, NULL },

	{ VIEW_QUICK, TERM_KEY_ENTER, 0, COMMAND_ACCEPT, "Create and start", "Make the VM, start it and show its screen" },
	{ VIEW_QUICK, TERM_KEY_TAB, 0, COMMAND_OPTIONS, "More options", "Name, memory, processors and so on; back to the list" },
	{ VIEW_QUICK, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Close", "Back to the list of VMs; a VM that is being made goes on" },
	{ VIEW_QUICK, 'r', CTRL, COMMAND_REFRESH_GALLERY, "Refresh", "Fetch the lists of images anew" },
	{ VIEW_QUICK, 'o', CTRL, COMMAND_LOCAL_FILE, "Local file", "Make a VM from an ISO or disk image of yours" },
	{ VIEW_QUICK, 'x', CTRL, COMMAND_JOB_CANCEL, "Cancel the job", "Stop making the VM, or fetching the lists" },
	{ VIEW_QUICK, F(1), 0, COMMAND_HELP, "Help", "Show this page" },

	{ VIEW_FORM, TERM_KEY_ENTER, 0, COMMAND_ACCEPT, "Save", "Check all fields and save" },
	{ VIEW_FORM, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Cancel", "Back without saving" },
	{ VIEW_FORM, F(1), 0, COMMAND_HELP, "Help", "Show this page" },

	{ VIEW_JOBS, 'x', 0, COMMAND_JOB_CANCEL, "Cancel", "Cancel the job" },
	{ VIEW_JOBS, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Back", "Back to the list of VMs" },
	{ VIEW_JOBS, 'q', 0, COMMAND_CANCEL, NULL, NULL },
	{ VIEW_JOBS, '?', 0, COMMAND_HELP, "Help", "Show this page" },
	{ VIEW_JOBS, 'k', 0, COMMAND_UP, NULL, NULL },
	{ VIEW_JOBS, 'j', 0, COMMAND_DOWN, NULL, NULL },

	{ VIEW_HELP, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Back", "Leave this page" },
	{ VIEW_HELP, 'q', 0, COMMAND_CANCEL, NULL, NULL },
	{ VIEW_HELP, '?', 0, COMMAND_CANCEL, NULL, NULL },
	{ VIEW_HELP, 'k', 0, COMMAND_UP, NULL, NULL },
	{ VIEW_HELP, 'j', 0, COMMAND_DOWN, NULL, NULL },

	{ VIEW_DIALOG, TERM_KEY_ENTER, 0, COMMAND_ACCEPT, NULL, "Yes, do it" },
	{ VIEW_DIALOG, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, NULL, "Do nothing" },

	{ VIEW_PREVIEWS, TERM_KEY_ENTER, 0, COMMAND_ACCEPT, "Connect", "Show the screen of the VM and type into it" },
	{ VIEW_PREVIEWS, 'w', 0, COMMAND_CONNECT_READ_ONLY, "Watch", "Show the screen of the VM without typing into it" },
	{ VIEW_PREVIEWS, TERM_KEY_PGDN, 0, COMMAND_PAGE_DOWN, "Next page", "The next VMs, where not all fit" },
	{ VIEW_PREVIEWS, TERM_KEY_PGUP, 0, COMMAND_PAGE_UP, NULL, "The VMs before these" },
	{ VIEW_PREVIEWS, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Back", "Back to the list of VMs" },
	{ VIEW_PREVIEWS, 'q', 0, COMMAND_CANCEL, NULL, NULL },
	{ VIEW_PREVIEWS, '?', 0, COMMAND_HELP, "Help", "Show this page" },
	{ VIEW_PREVIEWS, TERM_KEY_LEFT, 0, COMMAND_LEFT, NULL, "To the VM on the left" },
	{ VIEW_PREVIEWS, TERM_KEY_RIGHT, 0, COMMAND_RIGHT, NULL, "To the VM on the right" },
	{ VIEW_PREVIEWS, 'h', 0, COMMAND_LEFT, NULL, NULL },
	{ VIEW_PREVIEWS, 'l', 0, COMMAND_RIGHT, NULL, NULL },
	{ VIEW_PREVIEWS, 'k', 0, COMMAND_UP, NULL, NULL },
	{ VIEW_PREVIEWS, 'j', 0, COMMAND_DOWN, NULL, NULL },

	/* --- tiles: behind the prefix key, too */
	{ VIEW_TILES, TERM_KEY_TAB, 0, COMMAND_TAB, "Next VM", "The keys go to the next VM" },
	{ VIEW_TILES, 'z', 0, COMMAND_ZOOM, "Zoom", "Show this VM alone, as large as the terminal; and back" },
	{ VIEW_TILES, TERM_KEY_LEFT, 0, COMMAND_LEFT, NULL, "The keys go to the VM on the left" },
	{ VIEW_TILES, TERM_KEY_RIGHT, 0, COMMAND_RIGHT, NULL, "The keys go to the VM on the right" },
	{ VIEW_TILES, TERM_KEY_UP, 0, COMMAND_UP, NULL, "The keys go to the VM above" },
	{ VIEW_TILES, TERM_KEY_DOWN, 0, COMMAND_DOWN, NULL, "The keys go to the VM below" },
	{ VIEW_TILES, '1', 0, COMMAND_FOCUS, "VM 1 to 9", "The keys go to the VM with this number" },
	{ VIEW_TILES, '2', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '3', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '4', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '5', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '6', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '7', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '8', 0, COMMAND_FOCUS, NULL, NULL },
	{ VIEW_TILES, '9', 0, COMMAND_FOCUS, NULL, NULL },

	/* --- looking back from a console */
	{ VIEW_PAST, 'v', 0, COMMAND_SELECT, "Select", "Begin a selection here, or end it; dragging with the mouse selects and copies" },
	{ VIEW_PAST, ' ', 0, COMMAND_SELECT, NULL, NULL },
	{ VIEW_PAST, 'V', 0, COMMAND_SELECT_LINES, "Lines", "Select whole lines" },
	{ VIEW_PAST, 'v', CTRL, COMMAND_SELECT_BLOCK, "Block", "Select a block of columns; dragging with Ctrl does it as well" },
	{ VIEW_PAST, 'y', 0, COMMAND_COPY, "Copy", "Give the selection, or this line, to the terminal's clipboard" },
	{ VIEW_PAST, TERM_KEY_ENTER, 0, COMMAND_COPY, NULL, NULL },
	{ VIEW_PAST, '/', 0, COMMAND_FIND, "Find", "Find words below, then from the beginning; capitals count if there are any" },
	{ VIEW_PAST, '?', 0, COMMAND_FIND_BACK, "Find above", "Find words above, then from the end" },
	{ VIEW_PAST, 'n', 0, COMMAND_NEXT, "Next", "The next place with these words" },
	{ VIEW_PAST, 'N', 0, COMMAND_PREVIOUS, "Previous", "The one before" },
	{ VIEW_PAST, TERM_KEY_LEFT, 0, COMMAND_LEFT, NULL, "One character to the left" },
	{ VIEW_PAST, 'h', 0, COMMAND_LEFT, NULL, NULL },
	{ VIEW_PAST, TERM_KEY_RIGHT, 0, COMMAND_RIGHT, NULL, "One character to the right" },
	{ VIEW_PAST, 'l', 0, COMMAND_RIGHT, NULL, NULL },
	{ VIEW_PAST, 'k', 0, COMMAND_UP, NULL, NULL },
	{ VIEW_PAST, 'j', 0, COMMAND_DOWN, NULL, NULL },
	{ VIEW_PAST, '0', 0, COMMAND_LINE_START, NULL, "To the beginning of the line" },
	{ VIEW_PAST, TERM_KEY_HOME, 0, COMMAND_LINE_START, NULL, NULL },
	{ VIEW_PAST, '$', 0, COMMAND_LINE_END, NULL, "To the end of the line" },
	{ VIEW_PAST, TERM_KEY_END, 0, COMMAND_LINE_END, NULL, NULL },
	{ VIEW_PAST, 'g', 0, COMMAND_HOME, NULL, "To what was first on the screen" },
	{ VIEW_PAST, 'G', 0, COMMAND_END, NULL, "To the last line of now" },
	{ VIEW_PAST, TERM_KEY_ESCAPE, 0, COMMAND_CANCEL, "Back", "Drop the selection, or go back to the console" },
	{ VIEW_PAST, 'q', 0, COMMAND_CANCEL, NULL, NULL },

	/* --- the console: these follow the prefix key, and are the lines of its menu */
	{ VIEW_CONSOLE, '[', 0, COMMAND_PAST, "Look back", "What is and was on the screen: select and copy, also by dragging with Alt" },
	{ VIEW_CONSOLE, '/', 0, COMMAND_PAST_FIND, "Find", "Find words in what is and was on the screen" },
	{ VIEW_CONSOLE, 'd', 0, COMMAND_CANCEL, "Detach", "Leave the console; the VM goes on running" },
	{ VIEW_CONSOLE, TERM_KEY_DELETE, 0, COMMAND_SEND_CAD, "Ctrl+Alt+Del", "Send Ctrl+Alt+Delete" },
	{ VIEW_CONSOLE, 'x', 0, COMMAND_SEND_CAD, NULL, NULL },
	{ VIEW_CONSOLE, 't', 0, COMMAND_TYPE_TEXT, "Type text", "Write a text, then have it typed into the VM; Esc stops it" },
	{ VIEW_CONSOLE, 'S', 0, COMMAND_SCREENSHOT, "Screenshot", "Save the screen as a PNG file in the folder for pictures" },
	{ VIEW_CONSOLE, 's', 0, ACTION_START, NULL, NULL },
	{ VIEW_CONSOLE, 'o', 0, ACTION_SHUTDOWN, NULL, NULL },
	{ VIEW_CONSOLE, 'p', 0, ACTION_PAUSE, NULL, NULL },
	{ VIEW_CONSOLE, 'r', 0, ACTION_RESUME, NULL, NULL },
	{ VIEW_CONSOLE, 'v', 0, ACTION_SAVE, NULL, NULL },
	{ VIEW_CONSOLE, 'n', 0, ACTION_CHECKPOINT, NULL, NULL },
	{ VIEW_CONSOLE, 'e', 0, ACTION_REVERT, NULL, NULL },
	{ VIEW_CONSOLE, 'R', 0, ACTION_RESET, NULL, NULL },
	{ VIEW_CONSOLE, 'T', 0, ACTION_TURN_OFF, NULL, NULL },
	{ VIEW_CONSOLE, F(1), 0, COMMAND_SEND_FUNCTION, "Ctrl+Alt+F1 to F12", "Press F1 to F12: sends Ctrl+Alt and that key" },
	{ VIEW_CONSOLE, F(2), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(3), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(4), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(5), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(6), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(7), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(8), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(9), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(10), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(11), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, F(12), 0, COMMAND_SEND_FUNCTION, NULL, NULL },
	{ VIEW_CONSOLE, ']', CTRL, COMMAND_SEND_PREFIX, "Send Ctrl-]", "The prefix key itself" },
	{ VIEW_CONSOLE, '?', 0, COMMAND_HELP, "Help", "Show this page" },

	/* --- everywhere; no characters here, they must stay free for typing */
	{ VIEW_ANY, TERM_KEY_UP, 0, COMMAND_UP, NULL, "One line up" },
	{ VIEW_ANY, TERM_KEY_DOWN, 0, COMMAND_DOWN, NULL, "One line down" },
	{ VIEW_ANY, TERM_KEY_PGUP, 0, COMMAND_PAGE_UP, NULL, "One page up" },
	{ VIEW_ANY, TERM_KEY_PGDN, 0, COMMAND_PAGE_DOWN, NULL, "One page down" },
	{ VIEW_ANY, TERM_KEY_HOME, 0, COMMAND_HOME, NULL, "To the first line" },
	{ VIEW_ANY, TERM_KEY_END, 0, COMMAND_END, NULL, "To the last line" },
	{ VIEW_ANY, F(1), 0, COMMAND_HELP, NULL, "Show this page" },
	{ VIEW_ANY, 'l', CTRL, COMMAND_REDRAW, NULL, "Draw the screen anew" },
	{ VIEW_ANY, 'z', CTRL, COMMAND_SUSPEND, NULL, "Stop carrel; `fg' goes on" },
	{ VIEW_ANY, 'c', CTRL, COMMAND_QUIT, NULL, "Leave; VMs go on running" },
};
/* clang-format on */

const KeyRow *keys_table(gsize *count)
{
	*count = G_N_ELEMENTS(table);
	return table;
}

static const KeyRow *find_row(ViewId view, const TermKey *key)
{
	/* Shift is part of a character; only keys that are none carry it. */
	guint mods = key->code < TERM_KEY_UP ? key->mods & ~(guint)TERM_SHIFT : key->mods;

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		if (table[i].view == view && table[i].code == key->code && table[i].mods == mods)
			return &table[i];
	return NULL;
}

const KeyRow *keys_row(ViewId view, const TermKey *key)
{
	const KeyRow *row;

	if (key->event == TERM_RELEASE)
		return NULL;
	row = find_row(view, key);
	if (row || view == VIEW_CONSOLE)
		return row;
	return find_row(view == VIEW_TILES ? VIEW_CONSOLE : VIEW_ANY, key);
}

gboolean keys_belongs(const KeyRow *row, ViewId view)
{
	return row->view == view || (view == VIEW_TILES && row->view == VIEW_CONSOLE);
}

int keys_lookup(ViewId view, const TermKey *key)
{
	const KeyRow *row = keys_row(view, key);

	return row ? row->command : COMMAND_NONE;
}

static const char *special_name(guint code)
{
	static const char *const names[] = {
		"Up",   "Down",   "Right",  "Left",      "Home", "End",   "PgUp",
		"PgDn", "Insert", "Delete", "Backspace", "Tab",  "Enter", "Esc"
	};

	return code >= TERM_KEY_UP && code <= TERM_KEY_ESCAPE ? names[code - TERM_KEY_UP] : "(unknown)";
}

char *keys_name(guint code, guint mods)
{
	const char *prefix = mods & TERM_CTRL ? "Ctrl-" : mods & TERM_ALT ? "Alt-" : "";
	char character[8] = "";

	if (code >= TERM_KEY_F1 && code <= TERM_KEY_F24)
		return g_strdup_printf("%sF%u", prefix, code - TERM_KEY_F1 + 1);
	if (code == ' ')
		return g_strconcat(prefix, "Space", NULL);
	if (code >= TERM_KEY_UP)
		return g_strconcat(prefix, special_name(code), NULL);
	character[g_unichar_to_utf8(*prefix ? g_unichar_toupper(code) : code, character)] = 0;
	return g_strconcat(prefix, character, NULL);
}

const char *keys_label(const KeyRow *row)
{
	return row->command < ACTION_COUNT ? action_get((ActionId)row->command)->label : row->label;
}

const char *keys_help(const KeyRow *row)
{
	return row->command < ACTION_COUNT ? action_get((ActionId)row->command)->help : row->help;
}
