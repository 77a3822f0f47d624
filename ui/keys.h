/*
 * The key table: view, key, command, words for the key bar, help line. What a key does, the key bar, the help screen and what a
 * click on the key bar does all come from here. Lifecycle commands take their words from the action table.
 */
#pragma once

#include "client/actions.h"
#include "ui/term-keys.h"

typedef enum {
	VIEW_ANY, /* rows for all views but the console */
	VIEW_VMS,
	VIEW_QUICK,
	VIEW_FORM,
	VIEW_JOBS,
	VIEW_HELP,
	VIEW_DIALOG,
	VIEW_PAST, /* what has been on a guest's screen */
	VIEW_PREVIEWS,
	VIEW_TILES,   /* behind the prefix key, before the rows of VIEW_CONSOLE */
	VIEW_CONSOLE, /* behind the prefix key */
	VIEW_COUNT
} ViewId;

/* Commands from 0 are ActionIds; these follow. */
typedef enum {
	COMMAND_NONE = -1,
	COMMAND_UP = ACTION_COUNT,
	COMMAND_DOWN,
	COMMAND_LEFT,
	COMMAND_RIGHT,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_HOME,
	COMMAND_END,
	COMMAND_ACCEPT, /* Enter: connect, create, save, choose */
	COMMAND_CANCEL, /* Esc: back */
	COMMAND_CONNECT_READ_ONLY,
	COMMAND_QUICK,
	COMMAND_NEW,
	COMMAND_SETTINGS,
	COMMAND_RENAME,
	COMMAND_MENU,
	COMMAND_SELECT,
	COMMAND_SELECT_ALL,
	COMMAND_FILTER,
	COMMAND_SORT,
	COMMAND_SORT_REVERSE,
	COMMAND_TAB,
	COMMAND_JOBS,
	COMMAND_JOB_CANCEL,
	COMMAND_OPTIONS,
	COMMAND_LOCAL_FILE,
	COMMAND_REFRESH_GALLERY,
	COMMAND_HELP,
	COMMAND_REDRAW,
	COMMAND_SUSPEND,
	COMMAND_QUIT,
	COMMAND_PREVIEWS,
	COMMAND_FOCUS, /* the tile with the key's digit */
	COMMAND_ZOOM,
	COMMAND_SELECT_LINES,
	COMMAND_SELECT_BLOCK,
	COMMAND_COPY,
	COMMAND_LINE_START,
	COMMAND_LINE_END,
	COMMAND_FIND,
	COMMAND_FIND_BACK,
	COMMAND_NEXT,
	COMMAND_PREVIOUS,
	COMMAND_PAST,
	COMMAND_PAST_FIND,
	COMMAND_SEND_PREFIX,
	COMMAND_TYPE_TEXT,
	COMMAND_SCREENSHOT,
	COMMAND_SEND_CAD,
	COMMAND_SEND_FUNCTION, /* Ctrl+Alt+F1 to F12, one row each */
	COMMAND_COUNT
} Command;

typedef struct {
	ViewId view;
	guint code, mods;
	int command;
	const char *label; /* for the key bar, NULL = not there */
	const char *help;  /* one sentence without full stop; NULL = a second key for the same */
} KeyRow;

const KeyRow *keys_table(gsize *count);
/* COMMAND_NONE when the table has no row. Releases have none. */
int keys_lookup(ViewId view, const TermKey *key);
/* The row that @key hits, or NULL. */
const KeyRow *keys_row(ViewId view, const TermKey *key);

/* Whether the row is one of @view's keys, without those of everywhere. Tiles have those of a console, too. */
gboolean keys_belongs(const KeyRow *row, ViewId view);

/* "Enter", "F1", "Ctrl-S", "x". Caller frees. */
char *keys_name(guint code, guint mods);
/* Words of a row; the action table's for lifecycle commands. Static. */
const char *keys_label(const KeyRow *row);
const char *keys_help(const KeyRow *row);
