#include "ui/list.h"

#define WHEEL_ROWS 3

void list_layout(List *list, int count, int height)
{
	list->count = count;
	list->height = MAX(height, 1);
	list->cursor = CLAMP(list->cursor, 0, MAX(count - 1, 0));
	list->top = CLAMP(list->top, list->cursor - list->height + 1, list->cursor);
	list->top = CLAMP(list->top, 0, MAX(count - list->height, 0));
}

static ViewResult move(List *list, int cursor)
{
	list->cursor = cursor;
	list_layout(list, list->count, list->height);
	return VIEW_REDRAW;
}

ViewResult list_command(List *list, int command)
{
	switch (command) {
	case COMMAND_UP:
		return move(list, list->cursor - 1);
	case COMMAND_DOWN:
		return move(list, list->cursor + 1);
	case COMMAND_PAGE_UP:
		return move(list, list->cursor - list->height);
	case COMMAND_PAGE_DOWN:
		return move(list, list->cursor + list->height);
	case COMMAND_HOME:
		return move(list, 0);
	case COMMAND_END:
		return move(list, list->count - 1);
	default:
		return VIEW_IGNORED;
	}
}

ViewResult list_mouse(List *list, const TermKey *mouse, Rect area, gboolean *clicked)
{
	int row = list->top + mouse->y - area.y;
	gboolean inside = mouse->y >= area.y && mouse->y < area.y + area.height && mouse->x >= area.x &&
			  mouse->x < area.x + area.width && row < list->count;

	*clicked = FALSE;
	if (mouse->event != TERM_PRESS)
		return VIEW_IGNORED;
	if (mouse->button == TERM_WHEEL_UP || mouse->button == TERM_WHEEL_DOWN)
		return move(list, list->cursor + (mouse->button == TERM_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS));
	if (!inside || mouse->button != TERM_BUTTON_LEFT)
		return VIEW_IGNORED;
	*clicked = TRUE;
	return move(list, row);
}
