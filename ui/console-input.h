/* What a person does at the terminal, done to one guest: keys, pasted text, the pointer, the commands behind the prefix key. Shared by the
 * console of one VM and by tiles of several. */
#pragma once

#include "ui/app.h"
#include "ui/link.h"
#include "ui/picture.h"

/* Begins a command of the console; the terminal sends it as one byte, and no guest needs it often. */
#define CONSOLE_PREFIX_KEY  ']'
#define CONSOLE_PREFIX_HINT "Ctrl-] menu "

typedef struct ConsoleInput ConsoleInput;

/* @link and @picture are borrowed and outlive it. The guest's keyboard layout is asked for at once, or with the first
 * console_input_event(CLIENT_CONNECTED); until then it is `us'. */
ConsoleInput *console_input_new(App *app, const char *vm_path, Link *link, const Picture *picture,
				gboolean view_only);
void console_input_free(ConsoleInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConsoleInput, console_input_free)

/* To be given the client's events. */
void console_input_event(ConsoleInput *input, ClientEvent event);

gboolean console_input_is_prefix(const TermKey *key);
ViewResult console_input_key(ConsoleInput *input, const TermKey *key);
/* Coordinates are the canvas's, where the picture was drawn last. What is dragged with Alt or Shift, or at all where the guest has no use for
 * the mouse, selects text: view_past_open(). */
ViewResult console_input_mouse(ConsoleInput *input, const TermKey *mouse);
/* Lifts what is down: the keys go elsewhere now. */
void console_input_release(ConsoleInput *input);

/* Lifecycle actions, COMMAND_SEND_*, COMMAND_PAST and other things of one console: whether it means something now; and does it. FALSE for all other commands. */
gboolean console_input_offers(ConsoleInput *input, int command);
gboolean console_input_run(ConsoleInput *input, const KeyRow *row);
