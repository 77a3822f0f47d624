#include "ui/view-quick.h"

#include "base/error.h"
#include "base/units.h"
#include "ui/calls.h"
#include "ui/dialog.h"
#include "ui/form-widget.h"
#include "ui/quick-file.h"
#include "ui/quick-image.h"
#include "ui/quick-picture.h"
#include "ui/quick-progress.h"
#include "ui/quick-sources.h"
#include "ui/view-console.h"
#include "ui/vm-text.h"

/* A rate is told anew so often, also when nothing comes. */
#define TICK_MS 1000

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
	gboolean on_local;   /* the cursor was put on the row behind the images */
	gboolean asking;     /* CreateVm is under way */
	char *job;           /* path of the job that makes the VM, NULL = none */
	Transfer transfer;   /* of that job */
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

static void remember(QuickView *self)
{
	const ClientImage *image = current(self);

	quick_picture_set(self->picture, image);
	if (image && g_strcmp0(image->id, self->image) == 0)
		return;
	self->on_local = !image && self->images->len;
	g_free(self->image);
	self->image = g_strdup(image ? image->id : NULL);
	g_clear_pointer(&self->options, form_widget_free); /* they were about another image */
	self->in_options = self->unverified = FALSE;
}

/* Words of the filter, as quick_image_matches() takes them. */
static char **filter_words(const QuickView *self)
{
	g_autofree char *folded = g_utf8_casefold(self->filter.text->str, -1);

	return g_strsplit_set(folded, " \t", -1);
}

/* The cursor stays on its image, or on the row behind all; on the place where it was if the image is not there. */
static int cursor_place(const QuickView *self, int found)
{
	int count = (int)self->images->len;

	if (self->on_local)
		return count;
	return found >= 0 ? found : CLAMP(self->list.cursor, 0, MAX(count - 1, 0));
}

static void refresh(QuickView *self)
{
	g_auto(GStrv) words = NULL;
	GPtrArray *all;
	int found = -1;

	if (!self->dirty)
		return;
	self->dirty = FALSE;
	words = filter_words(self);
	all = client_images(app_client(self->view.app));
	g_ptr_array_set_size(self->images, 0);
	for (guint i = 0; i < all->len; i++) {
		const ClientImage *image = all->pdata[i];
		if (!quick_image_matches(image, words))
			continue;
		if (g_strcmp0(image->id, self->image) == 0)
			found = (int)self->images->len;
		g_ptr_array_add(self->images, (gpointer)image);
	}
	self->list.cursor = cursor_place(self, found);
	list_layout(&self->list, (int)self->images->len + 1, self->list.height);
	remember(self);
}

/* --- more options --------------------------------------------------------------------------------------------------------- */

static void preset_image(Form *form, const ClientImage *image, GPtrArray *vms)
{
	static const char *const guest_paths[] = { "user", "hostname", "password", "ssh_keys" };
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
	for (gsize i = 0; !image->cloud_init && i < G_N_ELEMENTS(guest_paths); i++)
		form_drop(form, guest_paths[i]);
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
static ViewResult ask_file(QuickView *self);

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

	if (self->asking || self->job)
		return VIEW_QUIET;
	if (!image)
		return ask_file(self);
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
	form_add_options(self->options->form, &options);
	self->asking = TRUE;
	self->transfer = (Transfer){ 0 };
	calls_send(self->calls, "/io/carrel", "Manager", "CreateVm",
		   g_variant_new("(@a{ss}@a{sv})", form_fields(self->options->form, TRUE),
				 g_variant_dict_end(&options)),
		   on_created);
	return VIEW_REDRAW;
}

/* --- a file of one's own ---------------------------------------------------------------------------------------------------- */

static void on_file_chosen(App *app, const DialogAnswer *answer, gpointer data)
{
	QuickView *self = data;
	g_autoptr(GError) error = NULL;
	GVariant *arguments = quick_file_arguments(answer->text, client_vms(app_client(app)), &error);

	if (!arguments) {
		app_error(app, error);
		return;
	}
	self->asking = TRUE;
	self->transfer = (Transfer){ 0 };
	calls_send(self->calls, "/io/carrel", "Manager", "CreateVm", arguments, on_created);
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

static void on_refreshing(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	QuickView *self = owner;

	if (error)
		app_error(self->view.app, error);
}

static ViewResult refresh_gallery(QuickView *self)
{
	if (!quick_progress_refresh(app_client(self->view.app)))
		calls_send(self->calls, "/io/carrel", "Manager", "RefreshGallery", g_variant_new("(s)", ""),
			   on_refreshing);
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

static ViewResult cancel_job(QuickView *self)
{
	const ClientJob *refreshing = quick_progress_refresh(app_client(self->view.app));
	const char *path = self->job ? self->job : refreshing ? refreshing->path : NULL;

	if (path)
		calls_send(self->calls, path, "Job", "Cancel", NULL, NULL);
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
		return cancel_job(self);
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

	gboolean busy = self->job || self->asking,
		 refreshing = quick_progress_refresh(app_client(view->app)) != NULL;

	if (command == COMMAND_JOB_CANCEL)
		return self->job || refreshing;
	if (command == COMMAND_ACCEPT || command == COMMAND_LOCAL_FILE)
		return !busy;
	if (command == COMMAND_REFRESH_GALLERY)
		return !refreshing;
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
	self->on_local = FALSE;
	self->list.cursor = 0; /* unless the chosen image is among those that match */
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

	gboolean of_job = event == CLIENT_JOB_ADDED || event == CLIENT_JOB_CHANGED;
	const ClientJob *job = of_job ? object : NULL;

	if (event == CLIENT_CONNECTED || event == CLIENT_IMAGES_CHANGED ||
	    (job && g_str_equal(job->verb, "refresh") && !g_str_equal(job->state, "running")))
		ask_sources(self);
	if (event == CLIENT_CONNECTED || event == CLIENT_DISCONNECTED || event == CLIENT_IMAGES_CHANGED)
		self->dirty = TRUE;
	else if (of_job)
		check_job(self);
	return VIEW_REDRAW;
}

static guint quick_tick(View *view)
{
	return ((QuickView *)view)->job ? TICK_MS : 0;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------------- */

static void draw_row(QuickView *self, Canvas *canvas, Rect row, int index)
{
	gboolean cursor = index == self->list.cursor;

	if (index < (int)self->images->len) {
		quick_image_draw_row(canvas, row, self->images->pdata[index], cursor);
		return;
	}
	canvas_fill(canvas, row, ' ', theme(cursor ? ROLE_CURSOR : ROLE_NORMAL));
	canvas_text(canvas, row.x + 1, row.y, row.width - 2, theme(cursor ? ROLE_CURSOR : ROLE_HEADING),
		    "Local installation source\xe2\x80\xa6");
}

static void draw_list(QuickView *self, Canvas *canvas, Rect area)
{
	guint all = client_images(app_client(self->view.app))->len;
	g_autofree char *count = g_strdup_printf("%u of %u", self->images->len, all);
	int x = area.x + 1;

	canvas_text(canvas, x, area.y, area.width, theme(ROLE_HEADING), "Select an image");
	canvas_field(canvas, area.x + area.width - 14, area.y, 13, theme(ROLE_DIM), count, TRUE);
	x += canvas_text(canvas, x, area.y + 1, area.width, theme(ROLE_DIM), "Filter: ");
	line_edit_draw(&self->filter, canvas, x, area.y + 1, area.width - 10, theme(ROLE_INPUT),
		       !self->in_options);
	self->rows = (Rect){ area.x, area.y + 3, area.width, area.height - 3 };
	self->rows.height -= quick_foot_draw(canvas, self->rows, app_client(self->view.app), self->sources);
	list_layout(&self->list, (int)self->images->len + 1, self->rows.height);
	for (int i = 0; i < self->rows.height && self->list.top + i < self->list.count; i++)
		draw_row(self, canvas, (Rect){ self->rows.x, self->rows.y + i, self->rows.width, 1 },
			 self->list.top + i);
	if (!self->images->len && app_connected(self->view.app))
		canvas_text(canvas, area.x + 1, self->rows.y + 2, area.width - 2, theme(ROLE_DIM),
			    "No image matches.");
	canvas_scrollbar(canvas, self->rows, self->list.top, self->list.count, theme(ROLE_DIM));
}

static void draw_page(QuickView *self, Canvas *canvas, Rect area)
{
	const ClientImage *image = current(self);
	gboolean busy = self->job || self->asking;

	if (busy) {
		area.height -= QUICK_PROGRESS_ROWS;
		quick_progress_draw(canvas,
				    (Rect){ area.x, area.y + area.height, area.width, QUICK_PROGRESS_ROWS },
				    running_job(self), &self->transfer);
	}
	if (self->in_options) {
		canvas_text(canvas, area.x, area.y, area.width, theme(ROLE_HEADING), "More options");
		form_widget_draw(self->options, canvas,
				 (Rect){ area.x - 2, area.y + 2, area.width + 3, area.height - 2 }, TRUE);
	} else if (image) {
		quick_image_draw_page(canvas, area, image, self->sources, self->picture);
	} else if (self->on_local) {
		quick_file_draw_page(canvas, area);
	}
}

static void quick_draw(View *view, Canvas *canvas, Rect area)
{
	QuickView *self = (QuickView *)view;
	/* The form needs more room than a page. */
	int left = self->in_options ? CLAMP(area.width * 3 / 10, 24, 44) : CLAMP(area.width * 3 / 5, 46, 90);

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
	.tick = quick_tick,
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
