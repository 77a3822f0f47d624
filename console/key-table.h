/* The keys of a PC keyboard, as data; console/keys.h has the functions. */
#pragma once

#include <glib.h>

typedef struct {
	const char *name;
	guint16 evdev; /* linux/input-event-codes.h */
	guint16 usb;   /* HID usage, page 7; 0 = none */
	guint16 qnum;
} KeyRow;

typedef struct {
	const char *alias, *name;
} KeyAlias;

extern const KeyRow key_table[];     /* ended by a NULL name */
extern const KeyAlias key_aliases[]; /* likewise */
