#include "console/input.h"

#include <string.h>

#define KEYS 256 /* qnums */

struct InputHub {
	Source *source;
	GPtrArray *viewers;    /* of InputViewer, borrowed */
	guint16 holders[KEYS]; /* how many viewers hold the key */
	guint buttons;         /* as the guest has them */
};

struct InputViewer {
	InputHub *hub;
	gboolean keys[KEYS];
	guint buttons;
};

InputHub *input_hub_new(void)
{
	InputHub *hub = g_new0(InputHub, 1);

	hub->viewers = g_ptr_array_new();
	return hub;
}

void input_hub_free(InputHub *hub)
{
	if (!hub)
		return;
	g_assert(hub->viewers->len == 0);
	g_ptr_array_unref(hub->viewers);
	g_free(hub);
}

static void forget(InputHub *hub)
{
	memset(hub->holders, 0, sizeof(hub->holders));
	hub->buttons = 0;
	for (guint i = 0; i < hub->viewers->len; i++) {
		InputViewer *viewer = hub->viewers->pdata[i];
		memset(viewer->keys, 0, sizeof(viewer->keys));
		viewer->buttons = 0;
	}
}

void input_hub_set_source(InputHub *hub, Source *source)
{
	if (hub->source == source)
		return;
	hub->source = source;
	forget(hub);
}

Source *input_hub_source(const InputHub *hub)
{
	return hub->source && source_is_open(hub->source) ? hub->source : NULL;
}

InputViewer *input_join(InputHub *hub)
{
	InputViewer *viewer = g_new0(InputViewer, 1);

	viewer->hub = hub;
	g_ptr_array_add(hub->viewers, viewer);
	return viewer;
}

void input_leave(InputViewer *viewer)
{
	if (!viewer)
		return;
	input_release_keys(viewer);
	g_ptr_array_remove(viewer->hub->viewers, viewer);
	g_free(viewer);
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

/* Repeats of a key that this viewer holds go on to the guest, whose firmware knows no other. */
static void press(InputViewer *viewer, Source *source, guint qnum)
{
	if (viewer->keys[qnum] || viewer->hub->holders[qnum] == 0)
		source_key(source, qnum, TRUE);
	if (!viewer->keys[qnum])
		viewer->hub->holders[qnum]++;
	viewer->keys[qnum] = TRUE;
}

static void lift(InputViewer *viewer, Source *source, guint qnum)
{
	if (!viewer->keys[qnum])
		return;
	viewer->keys[qnum] = FALSE;
	if (--viewer->hub->holders[qnum] == 0 && source)
		source_key(source, qnum, FALSE);
}

void input_key(InputViewer *viewer, guint qnum, gboolean down)
{
	Source *source = input_hub_source(viewer->hub);

	if (qnum == 0 || qnum >= KEYS)
		return;
	if (!down)
		lift(viewer, source, qnum);
	else if (source)
		press(viewer, source, qnum);
}

/* --- pointer ------------------------------------------------------------------------------------------------------- */

/* A button is down while one viewer holds it. */
static guint all_buttons(InputHub *hub)
{
	guint buttons = 0;

	for (guint i = 0; i < hub->viewers->len; i++)
		buttons |= ((InputViewer *)hub->viewers->pdata[i])->buttons;
	return buttons;
}

/* What the viewer holds now counts; NULL: there is nobody to be told. */
static Source *take_buttons(InputViewer *viewer, guint buttons)
{
	InputHub *hub = viewer->hub;
	Source *source = input_hub_source(hub);

	viewer->buttons = source ? buttons : 0;
	if (source)
		hub->buttons = all_buttons(hub);
	return source;
}

void input_pointer(InputViewer *viewer, int x, int y, guint buttons)
{
	Source *source = take_buttons(viewer, buttons);

	if (source)
		source_pointer(source, x, y, viewer->hub->buttons);
}

void input_pointer_move(InputViewer *viewer, int dx, int dy, guint buttons)
{
	Source *source = take_buttons(viewer, buttons);

	if (source)
		source_pointer_move(source, dx, dy, viewer->hub->buttons);
}

/* Where the pointer is, stays: the one who moved last may be another. */
static void lift_buttons(InputViewer *viewer)
{
	InputHub *hub = viewer->hub;
	Source *source = input_hub_source(hub);

	viewer->buttons = 0;
	if (all_buttons(hub) == hub->buttons)
		return;
	hub->buttons = all_buttons(hub);
	if (source)
		source_pointer_move(source, 0, 0, hub->buttons);
}

void input_release_keys(InputViewer *viewer)
{
	Source *source = input_hub_source(viewer->hub);

	for (guint qnum = 1; qnum < KEYS; qnum++)
		lift(viewer, source, qnum);
	lift_buttons(viewer);
}
