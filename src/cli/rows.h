/* VMs, jobs and images as the command line shows them: JSON objects of the contract, and words. */
#pragma once

#include <json-glib/json-glib.h>

#include "client/client.h"

/* Exactly the keys of `list --json'. */
JsonObject *row_vm(const ClientVm *vm);
JsonObject *row_job(const ClientJob *job);
JsonObject *row_image(const ClientImage *image);

/* Seconds since it was started; -1 = it does not run. */
gint64 row_uptime(const ClientVm *vm);

/* a{sv} as a{key: value} with keys in snake_case, added to @object; keys that are there stay. */
void row_add_dict(JsonObject *object, GVariant *dict);
