#include "console/vncd-input.h"

#include "console/keysyms.h"

struct VncdInput {
	InputViewer *viewer;
	Keysyms *keysyms;
	int x, y; /* of the last pointer event, for guests that take relative moves */
};

VncdInput *vncd_input_new(InputHub *hub, Layout *layout)
{
	VncdInput *input = g_new0(VncdInput, 1);

	input->viewer = input_join(hub);
	input->keysyms = keysyms_new(layout);
	return input;
}

void vncd_input_free(VncdInput *input)
{
	if (!input)
		return;
	input_leave(input->viewer);
	keysyms_free(input->keysyms);
	g_free(input);
}

static void take_scancode(VncdInput *input, Source *source, const VncdEvent *event)
{
	input_key(input->viewer, event->code, event->down);
}

static void take_keysym(VncdInput *input, Source *source, const VncdEvent *event)
{
	keysyms_send(input->keysyms, input->viewer, event->code, event->down);
}

static void take_pointer(VncdInput *input, Source *source, const VncdEvent *event)
{
	if (source_pointer_absolute(source))
		input_pointer(input->viewer, event->x, event->y, event->buttons);
	else
		input_pointer_move(input->viewer, event->x - input->x, event->y - input->y, event->buttons);
	input->x = event->x;
	input->y = event->y;
}

static void take_move(VncdInput *input, Source *source, const VncdEvent *event)
{
	input_pointer_move(input->viewer, event->x, event->y, event->buttons);
}

static void take_clipboard(VncdInput *input, Source *source, const VncdEvent *event)
{
	source_set_clipboard(source, event->text);
}

gboolean vncd_input_take(VncdInput *input, Source *source, const VncdEvent *event)
{
	static void (*const takes[])(VncdInput *, Source *, const VncdEvent *) = {
		[VNCD_SCANCODE] = take_scancode,   [VNCD_KEYSYM] = take_keysym,
		[VNCD_POINTER] = take_pointer,     [VNCD_MOVE] = take_move,
		[VNCD_CLIPBOARD] = take_clipboard,
	};

	if (!source)
		return TRUE;
	if (event->kind == VNCD_SIZE)
		return source_request_size(source, event->x, event->y);
	takes[event->kind](input, source, event);
	return TRUE;
}
