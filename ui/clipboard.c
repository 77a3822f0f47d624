#include "ui/clipboard.h"

#include <string.h>

char *clipboard_sequence(const char *text, gboolean tmux)
{
	gsize length = strlen(text);
	g_autofree char *base64 = NULL;

	if (length > CLIPBOARD_MAX)
		return NULL;
	base64 = g_base64_encode((const guchar *)text, length);
	/* In tmux's passthrough each ESC is doubled. The inner end is BEL, because the outer one is ESC \. */
	return tmux ? g_strdup_printf("\033]52;c;%s\a\033Ptmux;\033\033]52;c;%s\a\033\\", base64, base64)
		    : g_strdup_printf("\033]52;c;%s\a", base64);
}
