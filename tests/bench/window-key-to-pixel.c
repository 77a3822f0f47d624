/*
 * key-to-pixel for a window: presses keys in an X window that shows the guest "painter", as a keyboard would, and prints the milliseconds
 * until the pixel in its middle has changed, one line a key.
 *
 *	window-key-to-pixel COUNT WINDOW	the number of the window, on DISPLAY
 *
 * The pixel is asked for every millisecond: what is told is late by so much at most, and so is never better than the truth.
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/pace.h"

#define KEY     XK_x /* no command of the painter's */
#define LOOK_US 1000

static unsigned long middle(Display *display, Window window)
{
	XWindowAttributes attributes;
	XImage *image;
	unsigned long colour;

	XGetWindowAttributes(display, window, &attributes);
	image = XGetImage(display, window, attributes.width / 2, attributes.height / 2, 1, 1, AllPlanes,
			  ZPixmap);
	if (!image) {
		g_printerr("window-key-to-pixel: the window cannot be looked at\n");
		exit(EXIT_FAILURE);
	}
	colour = XGetPixel(image, 0, 0);
	XDestroyImage(image);
	return colour;
}

static void press(Display *display)
{
	guint code = XKeysymToKeycode(display, KEY);

	XTestFakeKeyEvent(display, code, True, CurrentTime);
	XTestFakeKeyEvent(display, code, False, CurrentTime);
	XSync(display, False);
}

/* ms, or -1 when nothing came. */
static double key_to_pixel(Display *display, Window window)
{
	unsigned long colour = middle(display, window);
	gint64 pressed = g_get_monotonic_time();

	press(display);
	while (middle(display, window) == colour) {
		if (g_get_monotonic_time() - pressed > GIVE_UP_S * G_USEC_PER_SEC)
			return -1;
		g_usleep(LOOK_US);
	}
	return (g_get_monotonic_time() - pressed) / 1000.0;
}

int main(int argc, char **argv)
{
	Display *display = XOpenDisplay(NULL);

	if (argc != 3 || !display) {
		g_printerr("usage: DISPLAY=... window-key-to-pixel COUNT WINDOW\n");
		return 2;
	}
	guint left = (guint)g_ascii_strtoull(argv[1], NULL, 10);
	Window window = (Window)g_ascii_strtoull(argv[2], NULL, 0);

	XSetInputFocus(display, window, RevertToPointerRoot, CurrentTime);
	for (; left > 0; left--) {
		g_usleep(pace_pause() * 1000UL);
		double ms = key_to_pixel(display, window);

		if (ms < 0) {
			g_printerr("window-key-to-pixel: nothing more came\n");
			return EXIT_FAILURE;
		}
		printf("%.2f\n", ms);
	}
	XCloseDisplay(display);
	return EXIT_SUCCESS;
}
