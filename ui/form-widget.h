/* A form on the screen: labels, values, what is wrong, help for the row that has the cursor; and the keys that edit it. */
#pragma once

#include "ui/form.h"
#include "ui/line-edit.h"
#include "ui/list.h"

typedef struct {
	Form *form; /* owned */
	List list;
	LineEdit edit; /* the row under the cursor */
	Rect rows;
	GArray *lines; /* what each visible line shows: row number, or -1 */
} FormWidget;

/* Takes ownership of @form. */
FormWidget *form_widget_new(Form *form);
void form_widget_free(FormWidget *widget);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FormWidget, form_widget_free)

void form_widget_draw(FormWidget *widget, Canvas *canvas, Rect area, gboolean focus);
/* Cursor movement; VIEW_IGNORED for others. */
ViewResult form_widget_command(FormWidget *widget, int command);
/* Text, and the keys that edit it. */
ViewResult form_widget_key(FormWidget *widget, const TermKey *key);
ViewResult form_widget_mouse(FormWidget *widget, const TermKey *mouse);
/* To a row, for example one that is wrong. */
void form_widget_go(FormWidget *widget, int row);
