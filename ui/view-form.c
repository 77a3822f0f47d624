#include "ui/view-form.h"

#include "ui/calls.h"
#include "ui/dialog.h"
#include "ui/form-widget.h"

typedef struct {
	View view;
	char *path; /* of the VM; NULL = a new one */
	char *name;
	Calls *calls;
	FormWidget *widget; /* NULL until the settings came */
	gboolean saving;
} FormView;

/* --- saving -------------------------------------------------------------------------------------------------------------- */

static void on_saved(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	FormView *self = owner;
	App *app = self->view.app;
	g_autofree char *sentence = NULL;
	int row;

	self->saving = FALSE;
	if (error) {
		/* The form stays as it is: nothing that was written is lost. */
		sentence = error_sentence(error);
		row = form_place_error(self->widget->form, sentence);
		if (row >= 0)
			form_widget_go(self->widget, row);
		app_error(app, error);
		return;
	}
	app_message(app, ROLE_GOOD,
		    self->path ? "The settings of VM `%s' are saved." : "VM `%s' is being made.", self->name);
	app_pop(app, &self->view);
}

static void send_settings(FormView *self)
{
	g_autoptr(GVariant) fields = g_variant_ref_sink(form_fields(self->widget->form, FALSE));

	if (!g_variant_n_children(fields)) {
		app_pop(self->view.app, &self->view);
		return;
	}
	self->saving = TRUE;
	calls_send(self->calls, self->path, "Vm", "Set", g_variant_new("(@a{ss})", fields), on_saved);
}

static void send_create(FormView *self)
{
	GVariantDict options;

	g_variant_dict_init(&options, NULL);
	form_add_options(self->widget->form, &options);
	self->saving = TRUE;
	g_free(self->name);
	self->name =
		g_strdup(form_row(self->widget->form, (guint)form_find(self->widget->form, "name"))->text);
	calls_send(self->calls, "/io/carrel", "Manager", "CreateVm",
		   g_variant_new("(@a{ss}@a{sv})", form_fields(self->widget->form, TRUE),
				 g_variant_dict_end(&options)),
		   on_saved);
}

static ViewResult save(FormView *self)
{
	int wrong;

	if (!self->widget || self->saving)
		return VIEW_QUIET;
	wrong = form_check(self->widget->form);
	if (wrong >= 0) {
		form_widget_go(self->widget, wrong);
		app_message(self->view.app, ROLE_BAD, "%s",
			    form_row(self->widget->form, (guint)wrong)->error);
	} else if (self->path) {
		send_settings(self);
	} else {
		send_create(self);
	}
	return VIEW_REDRAW;
}

/* --- leaving ------------------------------------------------------------------------------------------------------------- */

static void on_discard(App *app, const DialogAnswer *answer, gpointer data)
{
	app_pop(app, data);
}

static gboolean anything_changed(FormView *self)
{
	for (guint i = 0; self->widget && i < form_count(self->widget->form); i++)
		if (form_is_changed(form_row(self->widget->form, i)))
			return TRUE;
	return FALSE;
}

static ViewResult cancel(FormView *self)
{
	DialogSpec spec = { .title = "Discard changes?",
			    .text = "What you wrote here is not saved.",
			    .accept = "Discard",
			    .done = on_discard,
			    .data = self };

	if (anything_changed(self))
		dialog_open(self->view.app, &spec);
	else
		app_pop(self->view.app, &self->view);
	return VIEW_REDRAW;
}

/* --- the view ------------------------------------------------------------------------------------------------------------ */

static ViewResult form_command(View *view, int command)
{
	FormView *self = (FormView *)view;

	if (command == COMMAND_ACCEPT)
		return save(self);
	if (command == COMMAND_CANCEL)
		return cancel(self);
	return self->widget ? form_widget_command(self->widget, command) : VIEW_IGNORED;
}

static ViewResult form_view_key(View *view, const TermKey *key)
{
	FormView *self = (FormView *)view;

	if (!self->widget)
		return VIEW_IGNORED;
	if (key->code == TERM_KEY_TAB)
		return form_widget_command(self->widget, key->mods & TERM_SHIFT ? COMMAND_UP : COMMAND_DOWN);
	return form_widget_key(self->widget, key);
}

static ViewResult form_mouse(View *view, const TermKey *mouse)
{
	FormView *self = (FormView *)view;

	return self->widget ? form_widget_mouse(self->widget, mouse) : VIEW_IGNORED;
}

static gboolean form_typing(View *view)
{
	return TRUE;
}

static ViewResult form_event(View *view, ClientEvent event, gpointer object)
{
	FormView *self = (FormView *)view;
	const ClientVm *vm = object;

	if (!self->path || (event != CLIENT_VM_CHANGED && event != CLIENT_VM_REMOVED) ||
	    !g_str_equal(vm->path, self->path))
		return VIEW_IGNORED;
	if (event == CLIENT_VM_REMOVED) {
		app_message(view->app, ROLE_BAD, "VM `%s' was deleted.", self->name);
		app_pop(view->app, view);
	} else if (self->widget) {
		form_set_state(self->widget->form, vm->state);
	}
	return VIEW_REDRAW;
}

static void form_draw(View *view, Canvas *canvas, Rect area)
{
	FormView *self = (FormView *)view;

	if (self->widget)
		form_widget_draw(self->widget, canvas, area, TRUE);
	else
		canvas_text(canvas, area.x + 2, area.y + 1, area.width, theme(ROLE_DIM),
			    "Loading\xe2\x80\xa6");
}

static char *form_title(View *view)
{
	FormView *self = (FormView *)view;

	return self->path ? g_strdup_printf("Settings of %s", self->name) : g_strdup("New Virtual Machine");
}

static void form_view_free(View *view)
{
	FormView *self = (FormView *)view;

	calls_free(self->calls);
	g_clear_pointer(&self->widget, form_widget_free);
	g_free(self->path);
	g_free(self->name);
	g_free(self);
}

static const ViewClass form_class = {
	.id = VIEW_FORM,
	.title = form_title,
	.draw = form_draw,
	.command = form_command,
	.key = form_view_key,
	.typing = form_typing,
	.mouse = form_mouse,
	.event = form_event,
	.free = form_view_free,
};

static FormView *open_view(App *app)
{
	FormView *self = g_new0(FormView, 1);

	self->calls = calls_new(app_client(app), self);
	app_push(app, &self->view, &form_class);
	return self;
}

static void on_spec(gpointer owner, VmSpec *spec, const GError *error)
{
	FormView *self = owner;
	g_autoptr(VmSpec) owned = spec;
	const ClientVm *vm = client_find_vm(app_client(self->view.app), self->path);

	if (error) {
		app_error(self->view.app, error);
		app_pop(self->view.app, &self->view);
		return;
	}
	self->widget = form_widget_new(form_new(FORM_SETTINGS, owned, vm ? vm->state : "off"));
	app_redraw(self->view.app);
}

void view_form_open_settings(App *app, const ClientVm *vm)
{
	FormView *self = open_view(app);

	self->path = g_strdup(vm->path);
	self->name = g_strdup(vm->name);
	calls_get_spec(self->calls, self->path, on_spec);
}

void view_form_open_new(App *app)
{
	FormView *self = open_view(app);
	g_autoptr(VmSpec) spec = vm_spec_new();

	vm_spec_add_nic(spec, NULL);
	self->widget = form_widget_new(form_new(FORM_NEW, spec, NULL));
}
