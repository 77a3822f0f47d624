#include "ui/view-quick.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "client/local-source.h"
#include "ui/calls.h"
#include "ui/dialog.h"
#include "ui/form-widget.h"
#include "ui/quick-image.h"
#include "ui/quick-picture.h"
#include "ui/quick-sources.h"
#include "ui/view-console.h"
#include "ui/vm-text.h"

typedef struct {
	View view;
	Calls *calls;
	GPtrArray *images; /* of ClientImage *, borrowed, those that match; valid until the next event */
	gboolean dirty;
	char *image; /* id of the chosen one */
	List list;
	LineEdit filter;
	FormWidget *options; /* "More options" of the chosen image; NULL = as the image says */
	gboolean in_options; /* the keys go there */
	gboolean asking;     /* CreateVm is under way */
	char *job;           /* path of the job that makes the VM, NULL = none */
	gboolean unverified; /* the person has agreed to take the chosen image so */
	QuickSources *sources;
	QuickPicture *picture; /* of the chosen image */
	Rect rows;
} QuickView;

static void refresh(QuickView *self);

/* --- which image ---------------------------------------------------------------------------------------------------------- */

static const ClientImage *current(QuickView *self)
{
	refresh(self);
	return self->list.cursor < (int)self->images->len ? self->images->pdata[self->list.cursor] : NULL;
}

static gboolean matches(const ClientImage *image, const char *filter)
{
	g_autofree char *text = g_strjoin(" ", image->name, image->publisher, image->version, image->os,
					  image->source, image->id, NULL);
	g_autofree char *lower = g_utf8_strdown(text, -1), *wanted = g_utf8_strdown(filter, -1);
	g_auto(GStrv) words = g_strsplit_set(wanted, " ", -1);

	for (char **word = words; *word; word++)
		if (!strstr(lower, *word))
			return FALSE;
	return TRUE;
}

static void remember(QuickView *self)
{
	const ClientImage *image = current(self);

	quick_picture_set(self->picture, image);
	if (image && g_strcmp0(image->id, self->image) == 0)
		return;
	g_free(self->image);
	self->image = g_strdup(image ? image->id : NULL);
	g_clear_pointer(&self->options, form_widget_free); /* they were about another image */
	self->in_options = self->unverified = FALSE;
}

static void refresh(QuickView *self)
{
	GPtrArray *all;

	if (!self->dirty)
		return;
	self->dirty = FALSE;
	all = client_images(app_client(self->view.app));
	g_ptr_array_set_size(self->images, 0);
	for (guint i = 0; i < all->len; i++) {
		const ClientImage *image = all->pdata[i];
		if (!matches(image, self->filter.text->str))
			continue;
		if (g_strcmp0(image->id, self->image) == 0)
			self->list.cursor = (int)self->images->len;
		g_ptr_array_add(self->images, (gpointer)image);
	}
	list_layout(&self->list, (int)self->images->len, self->list.height);
	remember(self);
}

/* --- more options --------------------------------------------------------------------------------------------------------- */

static void preset_image(Form *form, const ClientImage *image, GPtrArray *vms)
{
	g_autofree char *name = quick_image_vm_name(image, vms);
	g_autofree char *memory = units_format_size(image->memory);
	g_autofree char *cpus = g_strdup_printf("%u", image->cpus);

	form_preset(form, "name", name);
	if (image->memory)
		form_preset(form, "memory", memory);
	if (image->cpus)
		form_preset(form, "cpus", cpus);
	form_preset(form, "secure_boot", image->secure_boot ? "on" : "off");
	/* An image that is a DVD runs without a disk. */
	if (g_str_equal(image->kind, "iso"))
		form_preset(form, "disk_size", "0");
}

static void need_options(QuickView *self)
{
	const ClientImage *image = current(self);
	g_autoptr(VmSpec) spec = vm_spec_new();
	Form *form;

	if (self->options || !image)
		return;
	vm_spec_add_nic(spec, NULL);
	form = form_new(FORM_QUICK, spec, NULL);
	preset_image(form, image, client_vms(app_client(self->view.app)));
	self->options = form_widget_new(form);
}

static ViewResult toggle_options(QuickView *self)
{
	need_options(self);
	self->in_options = !self->in_options && self->options;
	return VIEW_REDRAW;
}

/* --- creating --------------------------------------------------------------------------------------------------------------- */

static const ClientJob *running_job(QuickView *self)
{
	return self->job ? client_find_job(app_client(self->view.app), self->job) : NULL;
}

/* The VM is there: its screen, and only then the start, so that the first frame of the firmware is seen. */
static void show_console(QuickView *self, const ClientJob *job)
{
	g_autofree char *path = g_strdup(job->result);
	App *app = self->view.app;

	g_clear_pointer(&self->job, g_free);
	app_pop(app, &self->view);
	app_point_at(app, path);
	view_console_open(app, path, FALSE, TRUE);
}

/* Looks at the job; it may have ended before its path was known here. */
static void check_job(QuickView *self)
{
	const ClientJob *job = running_job(self);

	if (!job || g_str_equal(job->state, "running"))
		return;
	if (g_str_equal(job->state, "done"))
		show_console(self, job);
	else
		g_clear_pointer(&self->job, g_free); /* the app says why */
}

static void on_created(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	QuickView *self = owner;
	g_autofree char *sentence = error ? error_sentence(error) : NULL;
	int row;

	self->asking = FALSE;
	if (error) {
		app_error(self->view.app, error);
		row = !self->options ? -1 : form_place_error(self->options->form, sentence);
		if (row >= 0)
			form_widget_go(self->options, row);
		return;
	}
	g_variant_get(reply, "(o)", &self->job);
	app_redraw(self->view.app);
	check_job(self);
}

/* --- what nobody can verify ----------------------------------------------------------------------------------------------- */

static ViewResult create(QuickView *self);

/* The view that asked, if it is the one on top still; its dialog is gone when it is. */
static void on_taken_unverified(App *app, const DialogAnswer *answer, gpointer data)
{
	QuickView *self = data;

	self->unverified = TRUE;
	create(self);
}

static ViewResult ask_unverified(QuickView *self, const ClientImage *image)
{
	g_autofree char *text = g_strdup_printf(
		"`%s' has no hash and no signature: nobody can say whether what arrives is what %s made.\n\n"
		"It will be marked as not verified.",
		image->name, *image->publisher ? image->publisher : "its publisher");
	DialogSpec spec = { .title = "Not verified",
			    .text = text,
			    .accept = "Take it",
			    .done = on_taken_unverified,
			    .data = self };

	dialog_open(self->view.app, &spec);
	return VIEW_REDRAW;
}

static gboolean is_unverifiable(const ClientImage *image)
{
	return !image->available && g_str_equal(image->trust, "none");
}

static ViewResult create(QuickView *self)
{
	const ClientImage *image = current(self);
	GVariantDict options;
	int wrong;

	if (!image || self->asking || self->job)
		return VIEW_QUIET;
	need_options(self);
	wrong = form_check(self->options->form);
	if (wrong >= 0) {
		self->in_options = TRUE;
		form_widget_go(self->options, wrong);
		app_message(self->view.app, ROLE_BAD, "%s",
			    form_row(self->options->form, (guint)wrong)->error);
		return VIEW_REDRAW;
	}
	if (is_unverifiable(image) && !self->unverified)
		return ask_unverified(self, image);
	g_variant_dict_init(&options, NULL);
	g_variant_dict_insert(&options, "image", "s", image->id);
	if (self->unverified)
		g_variant_dict_insert(&options, "unverified", "b", TRUE);
	g_variant_dict_insert(&options, "instant", "b", TRUE);
	form_add_options(self->options->form, &options);
	self->asking = TRUE;
	calls_send(self->calls, "/io/carrel", "Manager", "CreateVm",
		   g_variant_new("(@a{ss}@a{sv})", form_fields(self->options->form, TRUE),
				 g_variant_dict_end(&options)),
		   on_created);
	return VIEW_REDRAW;
}

/* --- a file of one's own ---------------------------------------------------------------------------------------------------- */

/* "~" is what people write, and no shell is here to undo it. */
static char *expand(const char *path)
{
	return g_str_has_prefix(path, "~/") ? g_build_filename(g_get_home_dir(), path + 2, NULL)
					    : g_strdup(path);
}

static char *free_name(QuickView *self, const char *path)
{
	g_autofree char *base = local_source_name(path);
	ClientImage stand_in = { .id = base };

	return quick_image_vm_name(&stand_in, client_vms(app_client(self->view.app)));
}

static void on_file_chosen(App *app, const DialogAnswer *answer, gpointer data)
{
	QuickView *self = data;
	g_autofree char *path = expand(answer->text);
	g_autofree char *name = free_name(self, path);
	g_autoptr(GError) error = NULL;
	GVariantBuilder fields;
	GVariantDict options;

	g_variant_builder_init(&fields, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&fields, "{ss}", "name", name);
	g_variant_dict_init(&options, NULL);
	if (!local_source_add(&fields, &options, path, &error)) {
		g_variant_builder_clear(&fields);
		g_variant_dict_clear(&options);
		app_error(app, error);
		return;
	}
	self->asking = TRUE;
	calls_send(self->calls, "/io/carrel", "Manager", "CreateVm",
		   g_variant_new("(a{ss}@a{sv})", &fields, g_variant_dict_end(&options)), on_created);
	app_redraw(app);
}

static ViewResult ask_file(QuickView *self)
{
	DialogSpec spec = { .title = "Local installation source",
			    .text = "An ISO image to install or start from, or a disk that has a system; "
				    "what it is, and needs, is "
				    "found out. Its path:",
			    .accept = "Create and start",
			    .input = "",
			    .done = on_file_chosen,
			    .data = self };

	if (self->asking || self->job)
		return VIEW_QUIET;
	dialog_open(self->view.app, &spec);
	return VIEW_REDRAW;
}

/* --- sources ---------------------------------------------------------------------------------------------------------------- */

static void on_sources(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	QuickView *self = owner;

	if (reply)
		quick_sources_take(self->sources, reply);
	app_redraw(self->view.app);
}

static void ask_sources(QuickView *self)
{
	calls_send(self->calls, "/io/carrel", "Manager", "ListSources", NULL, on_sources);
}

/* The job's progress stands below, as that of any. */
static void on_refreshing(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	QuickView *self = owner;

	if (error)
		app_error(self->view.app, error);
}

static ViewResult refresh_gallery(QuickView *self)
{
	calls_send(self->calls, "/io/carrel", "Manager", "RefreshGallery", g_variant_new("(s)", ""),
		   on_refreshing);
	app_message(self->view.app, ROLE_WAIT, "The lists of images are fetched\xe2\x80\xa6");
	return VIEW_REDRAW;
}

/* --- the view --------------------------------------------------------------------------------------------------------------- */

static ViewResult cancel(QuickView *self)
{
	if (self->in_options)
		return toggle_options(self);
	if (self->filter.text->len) {
		line_edit_set(&self->filter, "");
		self->dirty = TRUE;
	} else {
		app_pop(self->view.app, &self->view);
	}
	return VIEW_REDRAW;
}

static ViewResult quick_command(View *view, int command)
{
	QuickView *self = (QuickView *)view;
	ViewResult result;

	refresh(self);
	switch (command) {
	case COMMAND_ACCEPT:
		return create(self);
	case COMMAND_OPTIONS:
		return toggle_options(self);
	case COMMAND_CANCEL:
		return cancel(self);
	case COMMAND_LOCAL_FILE:
		return ask_file(self);
	case COMMAND_REFRESH_GALLERY:
		return refresh_gallery(self);
	case COMMAND_JOB_CANCEL:
		if (self->job)
			calls_send(self->calls, self->job, "Job", "Cancel", NULL, NULL);
		return VIEW_REDRAW;
	default:
		break;
	}
	if (self->in_options)
		return form_widget_command(self->options, command);
	result = list_command(&self->list, command);
	remember(self);
	return result;
}

static gboolean quick_offers(View *view, int command)
{
	QuickView *self = (QuickView *)view;

	if (command == COMMAND_JOB_CANCEL)
		return self->job != NULL;
	if (command == COMMAND_ACCEPT)
		return current(self) && !self->job && !self->asking;
	return command != COMMAND_OPTIONS || current(self);
}

static ViewResult quick_key(View *view, const TermKey *key)
{
	QuickView *self = (QuickView *)view;

	if (self->in_options)
		return form_widget_key(self->options, key);
	if (!line_edit_key(&self->filter, key, FALSE))
		return VIEW_IGNORED;
	self->dirty = TRUE;
	refresh(self);
	return VIEW_REDRAW;
}

static gboolean quick_typing(View *view)
{
	return TRUE;
}

static ViewResult quick_mouse(View *view, const TermKey *mouse)
{
	QuickView *self = (QuickView *)view;
	gboolean clicked;
	ViewResult result;

	refresh(self);
	if (self->options && mouse->x > self->rows.x + self->rows.width) {
		self->in_options = TRUE;
		return form_widget_mouse(self->options, mouse);
	}
	result = list_mouse(&self->list, mouse, self->rows, &clicked);
	if (clicked)
		self->in_options = FALSE;
	remember(self);
	return result;
}

static ViewResult quick_event(View *view, ClientEvent event, gpointer object)
{
	QuickView *self = (QuickView *)view;

	if (event == CLIENT_CONNECTED || event == CLIENT_IMAGES_CHANGED)
		ask_sources(self);
	if (event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED || event == CLIENT_IMAGES_CHANGED)
		self->dirty = TRUE;
	else if (event == CLIENT_JOB_ADDED || event == CLIENT_JOB_CHANGED)
		check_job(self);
	return VIEW_REDRAW;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------------- */

static void draw_list(QuickView *self, Canvas *canvas, Rect area)
{
	int x = area.x + 1;

	canvas_text(canvas, x, area.y, area.width, theme(ROLE_HEADING), "Select an image");
	x += canvas_text(canvas, x, area.y + 1, area.width, theme(ROLE_DIM), "Filter: ");
	line_edit_draw(&self->filter, canvas, x, area.y + 1, area.width - 10, theme(ROLE_INPUT),
		       !self->in_options);
	g_autofree char *note = quick_sources_note(self->sources);
	self->rows = (Rect){ area.x, area.y + 3, area.width, area.height - (note ? 4 : 3) };
	if (note)
		canvas_text(canvas, area.x + 1, area.y + area.height - 1, area.width - 1, theme(ROLE_DIM),
			    note);
	list_layout(&self->list, (int)self->images->len, self->rows.height);
	for (int i = 0; i < self->rows.height && self->list.top + i < self->list.count; i++) {
		int row = self->list.top + i;
		quick_image_draw_row(canvas, (Rect){ self->rows.x, self->rows.y + i, self->rows.width, 1 },
				     self->images->pdata[row], row == self->list.cursor);
	}
	if (!self->list.count && app_connected(self->view.app))
		canvas_text(canvas, area.x + 1, self->rows.y, area.width - 2, theme(ROLE_DIM),
			    "No image matches.");
	canvas_scrollbar(canvas, self->rows, self->list.top, self->list.count, theme(ROLE_DIM));
}

static void draw_progress(QuickView *self, Canvas *canvas, Rect area)
{
	const ClientJob *job = running_job(self);
	g_autofree char *text = job ? vm_text_job(job) : g_strdup("Asking carreld\xe2\x80\xa6");

	canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
	canvas_text(canvas, area.x, area.y + 1, area.width, theme(ROLE_WAIT), text);
	if (job)
		canvas_bar(canvas, area.x, area.y + 2, area.width - 1, vm_text_fraction(job), theme(ROLE_BAR),
			   theme(ROLE_DIM));
}

static void draw_page(QuickView *self, Canvas *canvas, Rect area)
{
	const ClientImage *image = current(self);
	gboolean busy = self->job || self->asking;

	if (busy) {
		area.height -= 3;
		draw_progress(self, canvas, (Rect){ area.x, area.y + area.height, area.width, 3 });
	}
	if (self->in_options) {
		canvas_text(canvas, area.x, area.y, area.width, theme(ROLE_HEADING), "More options");
		form_widget_draw(self->options, canvas,
				 (Rect){ area.x - 2, area.y + 2, area.width + 3, area.height - 2 }, TRUE);
	} else if (image) {
		quick_image_draw_page(canvas, area, image, self->sources, self->picture);
	}
}

static void quick_draw(View *view, Canvas *canvas, Rect area)
{
	QuickView *self = (QuickView *)view;
	int left = CLAMP(area.width * 45 / 100, 24, 60);

	refresh(self);
	draw_list(self, canvas, (Rect){ area.x, area.y + 1, left, area.height - 1 });
	canvas_vline(canvas, area.x + left, area.y, area.height, theme(ROLE_DIM));
	draw_page(self, canvas,
		  (Rect){ area.x + left + 3, area.y + 1, area.width - left - 4, area.height - 1 });
}

static char *quick_title(View *view)
{
	return g_strdup("Quick Create");
}

static void quick_free(View *view)
{
	QuickView *self = (QuickView *)view;

	calls_free(self->calls);
	g_clear_pointer(&self->options, form_widget_free);
	g_ptr_array_unref(self->images);
	quick_sources_free(self->sources);
	quick_picture_free(self->picture);
	line_edit_clear(&self->filter);
	g_free(self->image);
	g_free(self->job);
	g_free(self);
}

static const ViewClass quick_class = {
	.id = VIEW_QUICK,
	.title = quick_title,
	.draw = quick_draw,
	.command = quick_command,
	.offers = quick_offers,
	.key = quick_key,
	.typing = quick_typing,
	.mouse = quick_mouse,
	.event = quick_event,
	.free = quick_free,
};

static void redraw(gpointer owner)
{
	app_redraw(((QuickView *)owner)->view.app);
}

void view_quick_open(App *app)
{
	QuickView *self = g_new0(QuickView, 1);

	self->calls = calls_new(app_client(app), self);
	self->images = g_ptr_array_new();
	self->sources = quick_sources_new();
	self->picture = quick_picture_new(app_client(app), redraw, self);
	self->dirty = TRUE;
	line_edit_init(&self->filter, "");
	app_push(app, &self->view, &quick_class);
	if (app_connected(app))
		ask_sources(self);
}
