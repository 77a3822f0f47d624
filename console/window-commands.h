/*
 * What the window can be told to do: ONE table from which the toolbar, its hints, the keys behind the host
 * key and the help card come. What is done to the VM (start, pause, checkpoint ...) stands in it only by its
 * place, picture and key: its words, and whether it is possible now, come from the program's action table,
 * and an action that this has not got is not shown.
 */
#pragma once

#include "console/icons.h"
#include "console/window.h"

typedef struct {
	const char *name;
	char key; /* with the host key: a digit or an upper case letter */
	Icon icon;
	const char *label, *help;    /* NULL: the program's action of that name */
	void (*run)(Window *window); /* NULL: the program does it */
	const char *instead;         /* shown in place of this one, when that is possible and this is not */
	gboolean group;              /* the first of its group */
	gboolean (*on)(const Window *window); /* of a switch; NULL: none */
} Command;

const Command *window_commands(gsize *count);
const Command *window_command(const char *name);
/* NULL when no command has this key. */
const Command *window_command_by_key(char key);

/* Keys with the host key beside the letters, for the help card: "+ -", "zoom in and out". */
typedef struct {
	const char *keys, *help;
} WindowKeyHelp;
const WindowKeyHelp *window_key_help(gsize *count);

gboolean window_command_possible(const Window *window, const Command *command);
/* Its words: the command's own or the program's. Borrowed. */
const char *window_command_label(const Window *window, const Command *command);
const char *window_command_help(const Window *window, const Command *command);
/* Does it, or asks first where the action wants that, or says why not. */
void window_command_run(Window *window, const Command *command);
/* The key beside the letters with this qnum; FALSE when there is none. */
gboolean window_host_key(Window *window, guint qnum);
