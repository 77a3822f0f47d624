/* io.carrel.Job */
#include "api/api-desc.h"
#include "api/api-private.h"
#include "base/error.h"

#define GETTER(name, expression)                                                                             \
	static GVariant *get_##name(Model *model, gpointer object)                                           \
	{                                                                                                    \
		const Job *job = object;                                                                     \
		return expression;                                                                           \
	}

GETTER(number, g_variant_new_uint32(job->number))
GETTER(verb, g_variant_new_string(job->verb))
GETTER(subject, g_variant_new_string(job->subject))
GETTER(state, g_variant_new_string(job_state_name(job->state)))
GETTER(step, g_variant_new_string(job->step))
GETTER(done, g_variant_new_uint64(job->done))
GETTER(total, g_variant_new_uint64(job->total))
GETTER(unit, g_variant_new_string(job->unit))
GETTER(started, g_variant_new_int64(job->started))
GETTER(ended, g_variant_new_int64(job->ended))
GETTER(note, g_variant_new_string(job->note))
GETTER(error_message, g_variant_new_string(job->error ? job->error->message : ""))

static GVariant *get_result(Model *model, gpointer object)
{
	const Job *job = object;

	if (!*job->result_id)
		return g_variant_new_object_path("/");
	g_autofree char *path = api_path(api_vm.folder, job->result_id);
	return g_variant_new_object_path(path);
}

static GVariant *get_error_name(Model *model, gpointer object)
{
	const Job *job = object;

	if (!job->error)
		return g_variant_new_string("");
	g_autoptr(GError) error = g_error_copy(job->error);
	if (error->domain != CARREL_ERROR)
		return g_variant_new_string("io.carrel.Error.Failed");
	return g_variant_new_take_string(g_dbus_error_encode_gerror(error));
}

/* A job is one small object that changes as a whole. */
static const PropertyRow properties[] = {
	{"Number",        get_number,        0},
	{ "Verb",         get_verb,          0},
	{ "Subject",      get_subject,       0},
	{ "Started",      get_started,       0},
	{ "State",        get_state,         1},
	{ "Step",         get_step,          1},
	{ "Done",         get_done,          1},
	{ "Total",        get_total,         1},
	{ "Unit",         get_unit,          1},
	{ "Ended",        get_ended,         1},
	{ "Result",       get_result,        1},
	{ "Note",         get_note,          1},
	{ "ErrorName",    get_error_name,    1},
	{ "ErrorMessage", get_error_message, 1},
	{ NULL,           NULL,              0},
};

static void call_cancel(Call *call, gpointer job)
{
	job_cancel(job);
	call_return(call, NULL);
}

static const MethodRow methods[] = {
	{"Cancel", call_cancel},
        { NULL,    NULL       }
};

static gpointer find(Model *model, const char *node)
{
	return model_job(model, (guint)g_ascii_strtoull(node, NULL, 10));
}

static void each(Model *model, void (*visit)(const char *node, gpointer object, gpointer data), gpointer data)
{
	GPtrArray *jobs = model_jobs(model);

	for (guint i = 0; i < jobs->len; i++) {
		g_autofree char *node = g_strdup_printf("%u", ((Job *)jobs->pdata[i])->number);
		visit(node, jobs->pdata[i], data);
	}
}

const ObjectKind api_job = { "/io/carrel/job", &io_carrel_job_interface, methods, properties, find, each };
