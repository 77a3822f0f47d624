/* Inside of hv/ and for the fuzzer: a guest agent's line, which a hostile guest may have written. */
#pragma once

#include <json-glib/json-glib.h>

/* The agent's answer in one line: the value of "return" (owned by the caller), or NULL and an error with the agent's words. */
JsonNode *qga_parse_answer(const char *line, gssize length, GError **error);
