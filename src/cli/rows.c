#include "cli/rows.h"

#include "base/error.h"
#include "base/json.h"
#include "cli/output.h"

gint64 row_uptime(const ClientVm *vm)
{
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	return vm->started > 0 ? MAX(now - vm->started, 0) : -1;
}

JsonObject *row_vm(const ClientVm *vm)
{
	JsonObject *object = json_object_new(), *memory = json_object_new();
	gint64 uptime = row_uptime(vm);

	json_object_set_string_member(object, "id", vm->id);
	json_object_set_string_member(object, "name", vm->name);
	json_object_set_string_member(object, "state", vm->state);
	json_object_set_int_member(object, "generation", vm->generation);
	json_object_set_int_member(object, "cpus", vm->cpus);
	json_object_set_int_member(memory, "startup", (gint64)vm->memory_startup);
	json_object_set_int_member(memory, "assigned", (gint64)vm->memory_assigned);
	json_object_set_int_member(memory, "demand", (gint64)vm->memory_demand);
	json_object_set_object_member(object, "memory", memory);
	if (uptime >= 0)
		json_object_set_int_member(object, "uptime_s", uptime);
	else
		json_object_set_null_member(object, "uptime_s");
	json_object_set_string_member(object, "os", vm->os);
	json_object_set_string_member(object, "switch", vm->switch_name);
	json_object_set_string_member(object, "ip", vm->ip);
	json_object_set_string_member(object, "checkpoint", vm->checkpoint);
	json_object_set_string_member(object, "notes", vm->notes);
	return object;
}

static void add_job_error(JsonObject *object, const ClientJob *job)
{
	g_autoptr(GError) failure = client_job_error(job);

	if (!failure) {
		json_object_set_null_member(object, "error");
		return;
	}
	JsonObject *error = json_object_new();
	g_autofree char *message = error_message(failure);
	json_object_set_string_member(error, "code", error_code_name(failure));
	json_object_set_string_member(error, "message", message);
	output_set_string(error, "hint", error_hint(failure));
	json_object_set_object_member(object, "error", error);
}

JsonObject *row_job(const ClientJob *job)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "number", job->number);
	json_object_set_string_member(object, "job", job->path);
	json_object_set_string_member(object, "verb", job->verb);
	json_object_set_string_member(object, "subject", job->subject);
	json_object_set_string_member(object, "state", job->state);
	json_object_set_string_member(object, "step", job->step);
	json_object_set_int_member(object, "done", (gint64)job->done);
	json_object_set_int_member(object, "total", (gint64)job->total);
	json_object_set_string_member(object, "unit", job->unit);
	output_set_time(object, "started", job->started);
	output_set_time(object, "ended", job->ended);
	output_set_string(object, "result", g_strcmp0(job->result, "/") == 0 ? NULL : job->result);
	add_job_error(object, job);
	return object;
}

JsonObject *row_image(const ClientImage *image)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "id", image->id);
	json_object_set_string_member(object, "name", image->name);
	json_object_set_string_member(object, "publisher", image->publisher);
	json_object_set_string_member(object, "version", image->version);
	json_object_set_int_member(object, "size", (gint64)image->size);
	json_object_set_string_member(object, "source", image->source);
	output_set_time(object, "updated", image->updated);
	json_object_set_boolean_member(object, "verified", image->verified);
	json_object_set_string_member(object, "description", image->description);
	json_object_set_boolean_member(object, "available", image->available);
	json_object_set_string_member(object, "kind", image->kind);
	json_object_set_string_member(object, "os", image->os);
	json_object_set_boolean_member(object, "secure_boot", image->secure_boot);
	json_object_set_int_member(object, "memory", (gint64)image->memory);
	json_object_set_int_member(object, "cpus", image->cpus);
	json_object_set_string_member(object, "sha256", image->sha256);
	json_object_set_string_member(object, "trust", image->trust);
	json_object_set_int_member(object, "download_size", (gint64)image->download_size);
	json_object_set_boolean_member(object, "cloud_init", image->cloud_init);
	return object;
}

void row_add_dict(JsonObject *object, GVariant *dict)
{
	g_autoptr(JsonNode) node = json_from_variant(dict, TRUE);
	JsonObject *values = json_node_get_object(node);
	g_autoptr(GList) keys = json_object_get_members(values);

	for (GList *key = keys; key; key = key->next)
		if (!json_object_has_member(object, key->data))
			json_object_set_member(object, key->data, json_object_dup_member(values, key->data));
}
