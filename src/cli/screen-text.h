/* What is on a screen, as text: once, as JSON, as a drawing of characters, or line by line as it appears. */
#pragma once

#include <json-glib/json-glib.h>

#include "console/text.h"

typedef struct ScreenText ScreenText;

ScreenText *screen_text_new(Surface *surface);
void screen_text_free(ScreenText *screen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScreenText, screen_text_free)

/* Reads the surface as it is now. */
void screen_text_read(ScreenText *screen);

/* Lines with newlines; "" where the screen shows a picture without text. Borrowed, until the next read. */
const char *screen_text_get(const ScreenText *screen);

/* The last lines that are not empty, for an error; caller frees. */
char *screen_text_tail(const ScreenText *screen);

JsonNode *screen_text_json(const ScreenText *screen);

/* The text, or the picture drawn with characters in the terminal's size. */
void screen_text_print(const ScreenText *screen);

/* Prints lines that were not there at the last call. The lowest line may still be being written: it is held back until a second call
 * finds it unchanged. TRUE: something is held back, call again soon. */
gboolean screen_text_follow(ScreenText *screen);
