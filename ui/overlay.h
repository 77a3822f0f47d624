/*
 * What goes to the terminal past ncurses, which knows neither 24-bit colours nor pixels: cells with colours of their own, and the pictures
 * that a canvas may hold. ncurses is told that a placeholder stands there; the real thing follows in the same frame.
 */
#pragma once

#include "ui/canvas.h"

typedef struct Overlay Overlay;

Overlay *overlay_new(void);
void overlay_free(Overlay *overlay);

/* Is the cell drawn here, on this terminal? */
gboolean overlay_takes(const CanvasCell *cell);
/* The terminal was cleared: everything is sent again. */
void overlay_forget(Overlay *overlay);
/* Adds what differs from the last frame. */
void overlay_draw(Overlay *overlay, const Canvas *canvas, GString *bytes);
/* Takes the picture off the terminal. */
void overlay_leave(Overlay *overlay, GString *bytes);
