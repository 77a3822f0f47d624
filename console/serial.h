/* A raw session between the terminal and the stream of a guest's serial port. */
#pragma once

#include <glib.h>

typedef enum {
	SERIAL_DETACHED, /* the person pressed the escape key, Ctrl-] twice within... see serial_run() */
	SERIAL_CLOSED    /* the guest's side closed: VM off */
} SerialEnd;

/* Connects fd 0 and 1 (raw mode if a terminal, restored on every way out, also on signals) with @stream until either
 * ends. Ctrl-] then `q' or `.' detaches; Ctrl-] twice sends it once. Without a terminal bytes are copied as they are, and end of input
 * detaches. Blocks; for the command line. Takes ownership of @stream. */
SerialEnd serial_run(int stream, const char *vm_name);
