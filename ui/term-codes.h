/* Numbers and letters of escape sequences as codes of keys. TERM_KEY_NONE for unknown ones. */
#pragma once

#include "ui/term-keys.h"

/* CSI number ~ */
guint term_code_tilde(int number);
/* CSI letter, CSI 1;modifiers letter, SS3 letter */
guint term_code_letter(char letter);
/* CSI number u: a special key, or the character with this number. */
guint term_code_kitty(int number);
