/*
 * Names and codes of keys. A qnum is the XT (AT set 1) scancode with 0x80 for the e0 prefix, what RFB's QEMU extended key event
 * carries. Facts from keycodemapdb's table (BSD-3-Clause option).
 */
#pragma once

#include <glib.h>

/* "a", "f1", "ctrl", "alt", "altgr", "shift", "super", "delete", "ret"/"enter", "esc", "tab", "space", "pgup", "kp_5", "print", ...:
 * 0 when unknown. Case does not matter. */
guint key_by_name(const char *name);

/* USB HID usage (= SDL scancode), Linux evdev code: to qnum, 0 when there is none. */
guint key_by_usb(guint usage);
guint key_by_evdev(guint code);

/* "ctrl-alt-delete" to qnums in press order, ended by 0. @codes holds @size entries. */
gboolean key_parse_chord(const char *chord, guint *codes, gsize size, GError **error);

/* NULL-terminated list of all names, for help and completion. Static. */
const char *const *key_names(void);
