/* Colours with restraint: what a piece of the screen means, not how it looks. One table, three kinds of terminals. */
#pragma once

#include "ui/canvas.h"

typedef enum {
	ROLE_NORMAL,
	ROLE_TITLE,   /* the bar on top */
	ROLE_HEADER,  /* heads of columns */
	ROLE_CURSOR,  /* the row that keys act on */
	ROLE_MARKED,  /* rows that are selected */
	ROLE_DIM,     /* labels, rules, what is not so important */
	ROLE_HEADING, /* names of groups, titles in a pane */
	ROLE_GOOD,    /* runs, done, verified */
	ROLE_WAIT,    /* in between, paused */
	ROLE_BAD,     /* failed, errors */
	ROLE_KEY,     /* a key in the key bar */
	ROLE_KEYTEXT, /* what it does */
	ROLE_INPUT,   /* a field that takes text */
	ROLE_FOCUS,   /* the one that has the cursor */
	ROLE_DIALOG,  /* popups */
	ROLE_BAR,     /* done part of a progress bar */
	ROLE_COUNT
} Role;

typedef enum { THEME_MONO, THEME_COLORS_8, THEME_COLORS_256 } ThemeLevel;

/* Chosen once, by what the terminal can and NO_COLOR. */
void theme_set_level(ThemeLevel level);
ThemeLevel theme_level(void);
Style theme(Role role);

/* The role in which a VM's state, or a job's, is written. */
Role theme_state_role(const char *state);
