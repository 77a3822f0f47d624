/* How far a guest is with its start, as its agent tells: it boots, cloud-init sets it up, it is ready. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "hv/qga.h"
#include "model/vm-private.h"

#define ASK_TIMEOUT_MS 5000
/* A guest that has no agent never says that it is there; after this nobody is told to wait for it. */
#define BOOT_MAX_S 600

/* cloud-init's result.json, written when it is done; a word where there is no cloud-init that could write it. */
#define RESULT_SCRIPT                                                                                        \
	"if [ -s /run/cloud-init/result.json ]; then cat /run/cloud-init/result.json; "                      \
	"elif [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ]; then :; else echo none; fi"

static const struct {
	const char *name, *status;
} states[] = {
	[GUEST_BOOTING] = {"booting",     "the guest is booting"              },
	[GUEST_SETUP] = { "cloud-init", "cloud-init is setting the guest up"},
	[GUEST_READY] = { "ready",      NULL                                },
};

static void set_state(Vm *vm, GuestState state, const char *error)
{
	if (vm->guest == state && g_strcmp0(vm->guest_error, error) == 0)
		return;
	vm->guest = state;
	g_free(vm->guest_error);
	vm->guest_error = g_strdup(error);
	vm_mark(vm, VM_CHANGED_AGENT | VM_CHANGED_STATUS);
}

/* The first of the errors that cloud-init noted; NULL when it is content, or what it wrote is not understood. Caller frees. */
char *vm_guest_result(const char *text)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, NULL);
	JsonObject *top = node ? json_as_object(node, "result", NULL) : NULL;
	JsonObject *v1 = top ? json_get_object(top, "v1", NULL) : NULL;
	JsonArray *errors = v1 ? json_get_array(v1, "errors", NULL) : NULL;

	if (!errors || json_array_get_length(errors) == 0)
		return NULL;
	JsonNode *first = json_array_get_element(errors, 0);
	const char *word = json_node_get_value_type(first) == G_TYPE_STRING
				   ? json_node_get_string(first)
				   : "an error that it does not name";
	g_autofree char *line = g_strndup(word, strcspn(word, "\r\n"));
	g_autofree char *clean = g_utf8_make_valid(line, (gssize)MIN(strlen(line), 200));
	for (char *p = clean; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return g_strconcat("cloud-init reports: ", clean, NULL);
}

/* The VM may be deleted while its agent thinks: find it again by id. */
typedef struct {
	Model *model;
	char *id;
} ResultAsk;

static void on_result(GObject *source, GAsyncResult *result, gpointer data)
{
	ResultAsk *ask = data;
	g_autofree char *text = qga_script_finish(result, NULL);
	Vm *vm = model_vm_by_id(ask->model, ask->id);

	if (vm)
		vm->guest_busy = FALSE;
	if (vm && vm->machine && text) {
		g_autofree char *error = vm_guest_result(text);
		set_state(vm, *g_strstrip(text) ? GUEST_READY : GUEST_SETUP, error);
	}
	g_free(ask->id);
	g_free(ask);
}

void vm_guest_answered(Vm *vm)
{
	if (vm->guest == GUEST_READY || vm->guest_busy)
		return;
	if (!*vm->spec->seed || vm_spec_is_windows(vm->spec)) {
		set_state(vm, GUEST_READY, NULL);
		return;
	}
	set_state(vm, GUEST_SETUP, NULL);
	g_autofree char *socket = paths_vm_run_file(vm->spec->id, "qga");
	ResultAsk *ask = g_new0(ResultAsk, 1);
	*ask = (ResultAsk){ vm->model, g_strdup(vm->spec->id) };
	vm->guest_busy = TRUE;
	qga_script(socket, RESULT_SCRIPT, ASK_TIMEOUT_MS, NULL, on_result, ask);
}

void vm_guest_reset(Vm *vm)
{
	set_state(vm, GUEST_BOOTING, NULL);
}

const char *vm_guest_state(const Vm *vm)
{
	return vm->machine && vm->spec->guest_agent ? states[vm->guest].name : "";
}

/* Only guests that were given a seed have anybody who waits for them. */
const char *vm_guest_status(const Vm *vm)
{
	gint64 age = g_get_real_time() / G_USEC_PER_SEC - vm->started;

	if (!vm->machine || vm->machine_state != VM_RUNNING || !vm->spec->guest_agent || !*vm->spec->seed)
		return NULL;
	if (vm->guest == GUEST_BOOTING && age > BOOT_MAX_S)
		return NULL;
	return vm->guest == GUEST_READY ? vm->guest_error : states[vm->guest].status;
}
