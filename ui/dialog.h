/* Popups: a question, a question that must be answered by writing a name, a line to write, a list to choose from. */
#pragma once

#include "ui/app.h"

typedef struct {
	const char *text; /* what was written; "" without input */
	int choice;       /* row that was chosen; -1 without choices */
	gboolean option;  /* the switch is on */
} DialogAnswer;

/* Called when the person agrees; not when they cancel. */
typedef void (*DialogDone)(App *app, const DialogAnswer *answer, gpointer data);

/* Everything is copied but data. */
typedef struct {
	const char *title;
	const char *text;           /* may be NULL */
	const char *accept;         /* what Enter does: "Turn Off" */
	const char *input;          /* a line to write, with this text in it; NULL = none */
	const char *expected;       /* nothing else is accepted in the line; NULL = anything */
	const char *option;         /* a switch that Tab turns, NULL = none */
	const char *const *choices; /* NULL-terminated; NULL = none */
	const char *const
		*helps;  /* a sentence for each choice, shown for the one under the cursor; NULL = none */
	DialogDone done; /* NULL: nothing but to be read */
	gpointer data;
	GDestroyNotify destroy; /* of data, in any case */
} DialogSpec;

void dialog_open(App *app, const DialogSpec *spec);
