#include "console/toolbar.h"

#define BUTTON     26 /* width and height of a button at scale 1 */
#define GAP        9  /* between groups */
#define MARGIN     1
#define BACKGROUND 0x00262b31
#define LINE       0x00454c55
#define HOT        0x003a424c
#define ON         0x00314d66

void toolbar_place(GArray *buttons, int width, int scale)
{
	int x = MARGIN * scale;

	for (guint i = 0; i < buttons->len; i++) {
		Button *button = &g_array_index(buttons, Button, i);
		if (button->group && i > 0)
			x += GAP * scale;
		button->at = (Rect){ x, MARGIN * scale, BUTTON * scale, BUTTON * scale };
		x += BUTTON * scale;
		if (x > width)
			button->at = (Rect){ 0, 0, 0, 0 };
	}
}

int toolbar_hit(const GArray *buttons, int x, int y)
{
	for (guint i = 0; i < buttons->len; i++) {
		const Rect *at = &g_array_index(buttons, Button, i).at;
		if (x >= at->x && y >= at->y && x < at->x + at->width && y < at->y + at->height)
			return (int)i;
	}
	return -1;
}

static void draw_button(Pixels *pixels, const Button *button, gboolean hot, int scale)
{
	int inside = (BUTTON - ICON_SIZE) / 2 * scale;
	const Rect line = { button->at.x - (GAP / 2 + 1) * scale, button->at.y + 3 * scale, scale,
			    button->at.height - 6 * scale };

	if (button->at.width == 0)
		return;
	if (button->group)
		pixels_fill(pixels, &line, LINE);
	if (hot && button->possible)
		pixels_fill(pixels, &button->at, HOT);
	else if (button->on)
		pixels_fill(pixels, &button->at, ON);
	if (button->on)
		pixels_frame(pixels, &button->at, scale, LINE);
	pixels_icon(pixels, button->at.x + inside, button->at.y + inside, scale, button->icon,
		    !button->possible);
}

void toolbar_draw(Pixels *pixels, const GArray *buttons, int hot, int scale)
{
	pixels_fill(pixels, &(Rect){ 0, 0, pixels->width, pixels->height }, BACKGROUND);
	for (guint i = 0; i < buttons->len; i++)
		draw_button(pixels, &g_array_index(buttons, Button, i), (int)i == hot, scale);
}
