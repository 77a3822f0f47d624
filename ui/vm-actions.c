#include "ui/vm-actions.h"

#include "base/units.h"
#include "ui/dialog.h"
#include "ui/vm-text.h"

/* What a dialog's answer is about. VMs are kept by path: they may change or vanish while the question stands. */
typedef struct {
	int action;
	GPtrArray *paths; /* owned strings */
	GArray *actions;  /* menu: command of each row */
} Pending;

static void pending_free(gpointer data)
{
	Pending *pending = data;

	g_ptr_array_unref(pending->paths);
	if (pending->actions)
		g_array_unref(pending->actions);
	g_free(pending);
}

static Pending *pending_new(int action, GPtrArray *vms)
{
	Pending *pending = g_new0(Pending, 1);

	pending->action = action;
	pending->paths = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < vms->len; i++)
		g_ptr_array_add(pending->paths, g_strdup(((ClientVm *)vms->pdata[i])->path));
	return pending;
}

/* Those that still exist. */
static GPtrArray *pending_vms(App *app, const Pending *pending)
{
	GPtrArray *vms = g_ptr_array_new();

	for (guint i = 0; i < pending->paths->len; i++) {
		ClientVm *vm = client_find_vm(app_client(app), pending->paths->pdata[i]);
		if (vm)
			g_ptr_array_add(vms, vm);
	}
	return vms;
}

static GPtrArray *possible(int action, GPtrArray *vms)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < vms->len; i++)
		if (action_possible(action_get((ActionId)action), ((ClientVm *)vms->pdata[i])->state))
			g_ptr_array_add(found, vms->pdata[i]);
	return found;
}

gboolean vm_actions_offered(int action, GPtrArray *vms)
{
	g_autoptr(GPtrArray) found = possible(action, vms);

	return found->len > 0;
}

/* --- calling ------------------------------------------------------------------------------------------------------------ */

static void on_called(GObject *source, GAsyncResult *result, gpointer data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *job = action_run_finish(app_client(app), result, &error);

	if (!job)
		app_error(app, error);
}

static GVariant *options_of(const Action *action, gboolean keep_disks)
{
	GVariantDict dict;

	if (!action->options)
		return NULL;
	g_variant_dict_init(&dict, NULL);
	if (action->id == ACTION_DELETE && keep_disks)
		g_variant_dict_insert(&dict, "keep_disks", "b", TRUE);
	return g_variant_dict_end(&dict);
}

static void call_all(App *app, int id, GPtrArray *vms, gboolean keep_disks)
{
	const Action *action = action_get((ActionId)id);

	for (guint i = 0; i < vms->len; i++)
		action_run(app_client(app), action, ((ClientVm *)vms->pdata[i])->path,
			   options_of(action, keep_disks), on_called, app);
}

static void on_confirmed(App *app, const DialogAnswer *answer, gpointer data)
{
	Pending *pending = data;
	g_autoptr(GPtrArray) vms = pending_vms(app, pending);
	g_autoptr(GPtrArray) found = possible(pending->action, vms);

	call_all(app, pending->action, found, answer->option);
}

/* --- asking ------------------------------------------------------------------------------------------------------------- */

/* "VM `web1'" or "3 VMs (web1, web2, db)". */
static char *name_them(GPtrArray *vms)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (vms->len == 1)
		return g_strdup_printf("VM `%s'", ((ClientVm *)vms->pdata[0])->name);
	for (guint i = 0; i < vms->len && i < 8; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", ((ClientVm *)vms->pdata[i])->name);
	return g_strdup_printf("%u VMs (%s%s)", vms->len, names->str, vms->len > 8 ? ", \xe2\x80\xa6" : "");
}

static void ask_delete(App *app, GPtrArray *vms)
{
	g_autofree char *them = name_them(vms);
	g_autofree char *expected =
		vms->len == 1 ? g_strdup(((ClientVm *)vms->pdata[0])->name) : g_strdup_printf("%u", vms->len);
	g_autofree char *text = g_strdup_printf(
		"This deletes %s and every file in %s folder. Nothing can bring them back.\n\n"
		"Type %s to confirm: %s",
		them, vms->len == 1 ? "its" : "their", vms->len == 1 ? "the name" : "how many", expected);
	DialogSpec spec = { .title = "Delete",
			    .text = text,
			    .accept = "Delete",
			    .input = "",
			    .expected = expected,
			    .option = "Keep the disks",
			    .done = on_confirmed,
			    .data = pending_new(ACTION_DELETE, vms),
			    .destroy = pending_free };

	dialog_open(app, &spec);
}

static void ask(App *app, const Action *action, GPtrArray *vms)
{
	g_autofree char *them = name_them(vms);
	g_autofree char *text = g_strdup_printf("%s %s?\n\n%s.", action->label, them, action->help);
	DialogSpec spec = { .title = action->label,
			    .text = text,
			    .accept = action->label,
			    .done = on_confirmed,
			    .data = pending_new((int)action->id, vms),
			    .destroy = pending_free };

	dialog_open(app, &spec);
}

static void say_impossible(App *app, const Action *action, GPtrArray *vms)
{
	const ClientVm *first = vms->len ? vms->pdata[0] : NULL;

	if (first && vms->len == 1)
		app_message(app, ROLE_WAIT, "VM `%s' is %s: `%s' is not possible%s.", first->name,
			    first->state, action->label,
			    action->id == ACTION_DELETE ? "; turn it off first" : "");
	else if (first)
		app_message(app, ROLE_WAIT, "`%s' is possible for none of these VMs.", action->label);
	else
		app_message(app, ROLE_WAIT, "No VM is selected.");
}

void vm_actions_run(App *app, int id, GPtrArray *vms)
{
	const Action *action = action_get((ActionId)id);
	g_autoptr(GPtrArray) found = possible(id, vms);

	if (!found->len)
		say_impossible(app, action, vms);
	else if (id == ACTION_DELETE)
		ask_delete(app, found);
	else if (action->confirm || found->len > 1)
		ask(app, action, found);
	else
		call_all(app, id, found, FALSE);
}

/* --- rename ------------------------------------------------------------------------------------------------------------- */

static void on_renamed(GObject *source, GAsyncResult *result, gpointer data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = client_call_finish(app_client(app), NULL, result, &error);

	if (!reply)
		app_error(app, error);
}

static void on_name_given(App *app, const DialogAnswer *answer, gpointer data)
{
	const Pending *pending = data;
	g_autoptr(GError) error = NULL;

	if (!units_check_name("VM", answer->text, &error))
		app_error(app, error);
	else
		client_call(app_client(app), pending->paths->pdata[0], "Vm", "Rename",
			    g_variant_new("(s)", answer->text), NULL, on_renamed, app);
}

void vm_actions_rename(App *app, const ClientVm *vm)
{
	g_autoptr(GPtrArray) vms = g_ptr_array_new();
	g_autofree char *text = g_strdup_printf("New name of VM `%s':", vm->name);

	g_ptr_array_add(vms, (gpointer)vm);
	DialogSpec spec = { .title = "Rename",
			    .text = text,
			    .accept = "Rename",
			    .input = vm->name,
			    .done = on_name_given,
			    .data = pending_new(COMMAND_RENAME, vms),
			    .destroy = pending_free };
	dialog_open(app, &spec);
}

/* --- menu --------------------------------------------------------------------------------------------------------------- */

static void on_menu_chosen(App *app, const DialogAnswer *answer, gpointer data)
{
	Pending *pending = data;
	int command = g_array_index(pending->actions, int, answer->choice);
	g_autoptr(GPtrArray) vms = pending_vms(app, pending);

	if (command < ACTION_COUNT)
		vm_actions_run(app, command, vms);
	else
		app_command(app, command);
}

/* A line of the menu: what it is, by which key it goes faster. */
static char *menu_line(const KeyRow *row)
{
	g_autofree char *key = keys_name(row->code, row->mods);

	return g_strdup_printf(" %-16s %s", keys_label(row), key);
}

/* Rows of the key table that the menu shows: the first of each command that means something for @vms. */
static GPtrArray *menu_rows(GPtrArray *vms)
{
	static const int others[] = { COMMAND_ACCEPT, COMMAND_SETTINGS, COMMAND_RENAME };
	GPtrArray *found = g_ptr_array_new();
	gsize count;
	const KeyRow *rows = keys_table(&count);
	guint64 seen = 0;

	for (gsize i = 0; i < count; i++) {
		guint64 bit = G_GUINT64_CONSTANT(1) << rows[i].command;
		gboolean wanted = rows[i].command < ACTION_COUNT && vm_actions_offered(rows[i].command, vms);
		for (gsize j = 0; vms->len == 1 && j < G_N_ELEMENTS(others); j++)
			wanted = wanted || rows[i].command == others[j];
		if (rows[i].view != VIEW_VMS || !wanted || seen & bit)
			continue;
		seen |= bit;
		g_ptr_array_add(found, (gpointer)&rows[i]);
	}
	return found;
}

void vm_actions_menu(App *app, GPtrArray *vms)
{
	g_autoptr(GPtrArray) rows = menu_rows(vms), helps = g_ptr_array_new();
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *them = name_them(vms);
	Pending *pending = pending_new(COMMAND_MENU, vms);

	pending->actions = g_array_new(FALSE, FALSE, sizeof(int));
	for (guint i = 0; i < rows->len; i++) {
		const KeyRow *row = rows->pdata[i];
		g_array_append_val(pending->actions, row->command);
		g_ptr_array_add(lines, menu_line(row));
		g_ptr_array_add(helps, (gpointer)keys_help(row));
	}
	g_ptr_array_add(lines, NULL);
	g_ptr_array_add(helps, NULL);
	DialogSpec spec = { .title = them,
			    .accept = "Do it",
			    .choices = (const char *const *)lines->pdata,
			    .helps = (const char *const *)helps->pdata,
			    .done = on_menu_chosen,
			    .data = pending,
			    .destroy = pending_free };
	dialog_open(app, &spec);
}
