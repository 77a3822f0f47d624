/* The toolbar's pictures: 16x16, drawn by ourselves. */
#pragma once

#include <glib.h>

#define ICON_SIZE 16

typedef enum {
	ICON_KEYS,
	ICON_START,
	ICON_TURN_OFF,
	ICON_SHUTDOWN,
	ICON_SAVE,
	ICON_PAUSE,
	ICON_RESUME,
	ICON_RESET,
	ICON_CHECKPOINT,
	ICON_REVERT,
	ICON_DISC,
	ICON_EJECT,
	ICON_CAMERA,
	ICON_TYPE,
	ICON_COPY,
	ICON_ZOOM,
	ICON_SMOOTH,
	ICON_FOLLOW,
	ICON_FULL_SCREEN,
	ICON_SOUND,
	ICON_MUTED,
	ICON_RELEASE,
	ICON_HELP,
	ICON_COUNT
} Icon;

#define ICON_CLEAR G_MAXUINT32

/* Colour of a point as 0x00RRGGBB, or ICON_CLEAR. */
guint32 icon_pixel(Icon icon, int x, int y);
