/* The one pass of a fetched item: bytes from the fetcher go straight to the worker that hashes and unpacks them. */
#pragma once

#include "gallery/deliver-private.h"

/*
 * Fetches delivery->urls into delivery->part, going on where an earlier run was cut, and sets delivery->unpacked, or hands an error. On an error what came stays in
 * the part, unless it was wrong (CARREL_ERROR_VERIFY).
 */
void deliver_pass(Delivery *delivery, void (*done)(Delivery *delivery, GError *error));

/* The same from the first byte, then @next as if it were the current step. */
void deliver_pass_again(Delivery *delivery, void (*next)(Steps *steps, gpointer context));
