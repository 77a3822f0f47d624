/* Cards that lie over the picture: hints, help, questions, a line to fill in. What they say, and how that is drawn. */
#pragma once

#include "console/line-edit.h"
#include "console/pixels.h"

typedef enum {
	BOX_NONE,
	BOX_TIP,     /* what the button below the pointer does */
	BOX_START,   /* the VM is off: a button to start it */
	BOX_HELP,    /* all keys */
	BOX_PROMPT,  /* the path of a file for the DVD drive */
	BOX_CONFIRM, /* whether an action is meant */
	BOX_TYPING   /* how far the typing is */
} BoxKind;

#define BOX_CHOICES 2

typedef struct {
	BoxKind kind;
	gconstpointer command;     /* Command of BOX_TIP and BOX_CONFIRM */
	LineEdit edit;             /* of BOX_PROMPT */
	guint done, total;         /* of BOX_TYPING */
	Rect at;                   /* in the window */
	Rect choices[BOX_CHOICES]; /* in the box; width 0: not there */
} Box;

/* What a box says. */
typedef struct {
	const char *title;                /* NULL: none */
	char **lines;                     /* NULL-terminated; may be NULL */
	const LineEdit *edit;             /* NULL: nothing to fill in */
	const char *choices[BOX_CHOICES]; /* NULL: none */
	int percent;                      /* of a bar, -1 = none */
} BoxText;

/* Draws @text on @pixels, which get the size it needs, at most @width x @height; @choices is where the choices lie. */
void box_draw(Pixels *pixels, const BoxText *text, int width, int height, int scale,
	      Rect choices[BOX_CHOICES]);
