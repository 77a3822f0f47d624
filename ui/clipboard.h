/* Text for the clipboard of the terminal that carrel runs in, also far away over ssh: OSC 52 (xterm's ctlseqs, "Manipulate Selection
 * Data"). Pure. */
#pragma once

#include <glib.h>

/* Longest text in bytes. Terminals with a limit take some 75,000 bytes of base64 and more. */
#define CLIPBOARD_MAX (54 * 1024)

/* What to write to the terminal; NULL when the text is too long. Inside tmux (@tmux) it is said twice: to tmux, which takes it with
 * `set-clipboard on', and through it, which takes `allow-passthrough on'. Caller frees. */
char *clipboard_sequence(const char *text, gboolean tmux);
