/* The actions of `carrel mouse', for completion. */
#pragma once

#include <glib.h>

/* The action with number @index from 0 on, and what it does; NULL behind the last one. Static. */
const char *mouse_action_name(guint index, const char **help);
