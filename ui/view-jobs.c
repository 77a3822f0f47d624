#include "ui/view-jobs.h"

#include "ui/calls.h"
#include "ui/list.h"
#include "ui/vm-text.h"

#define BAR_WIDTH 12

typedef struct {
	View view;
	List list;
	Calls *calls;
	Rect rows;
} JobsView;

/* Newest first. */
static ClientJob *job_at(JobsView *self, int row)
{
	GPtrArray *jobs = client_jobs(app_client(self->view.app));
	int index = (int)jobs->len - 1 - row;

	return index >= 0 && row >= 0 ? jobs->pdata[index] : NULL;
}

static gboolean is_running(const ClientJob *job)
{
	return job && g_str_equal(job->state, "running");
}

static void on_cancelled(gpointer owner, GVariant *reply, GUnixFDList *fds, const GError *error)
{
	JobsView *self = owner;

	if (error)
		app_error(self->view.app, error);
}

static ViewResult jobs_command(View *view, int command)
{
	JobsView *self = (JobsView *)view;
	const ClientJob *job;

	list_layout(&self->list, (int)client_jobs(app_client(view->app))->len, self->list.height);
	job = job_at(self, self->list.cursor);
	switch (command) {
	case COMMAND_CANCEL:
		app_pop(view->app, view);
		return VIEW_REDRAW;
	case COMMAND_JOB_CANCEL:
		if (is_running(job))
			calls_send(self->calls, job->path, "Job", "Cancel", NULL, on_cancelled);
		return VIEW_REDRAW;
	default:
		return list_command(&self->list, command);
	}
}

static gboolean jobs_offers(View *view, int command)
{
	JobsView *self = (JobsView *)view;

	return command != COMMAND_JOB_CANCEL || is_running(job_at(self, self->list.cursor));
}

static ViewResult jobs_mouse(View *view, const TermKey *mouse)
{
	JobsView *self = (JobsView *)view;
	gboolean clicked;

	return list_mouse(&self->list, mouse, self->rows, &clicked);
}

static ViewResult jobs_event(View *view, ClientEvent event, gpointer object)
{
	return event == CLIENT_JOB_ADDED || event == CLIENT_JOB_CHANGED || event == CLIENT_JOB_REMOVED
		       ? VIEW_REDRAW
		       : VIEW_QUIET;
}

/* --- drawing ---------------------------------------------------------------------------------------------------------------- */

static void draw_outcome(Canvas *canvas, int x, int y, int width, Style style, const ClientJob *job,
			 gboolean cursor)
{
	g_autofree char *state = vm_text_state(job->state);
	g_autofree char *step = g_strdup_printf("%3d%%  %s", (int)(vm_text_fraction(job) * 100), job->step);
	g_autofree char *age = vm_text_uptime(
		job->started, job->ended > 0 ? job->ended : g_get_real_time() / G_USEC_PER_SEC);

	if (is_running(job) && job->total) {
		canvas_bar(canvas, x, y, BAR_WIDTH, vm_text_fraction(job), cursor ? style : theme(ROLE_BAR),
			   cursor ? style : theme(ROLE_DIM));
		canvas_field(canvas, x + BAR_WIDTH + 1, y, width - BAR_WIDTH - 11, style, step, FALSE);
	} else if (is_running(job)) {
		canvas_field(canvas, x, y, width - 10, style, job->step, FALSE);
	} else {
		canvas_field(canvas, x, y, width - 10, cursor ? style : theme(theme_state_role(job->state)),
			     state, FALSE);
	}
	canvas_field(canvas, x + width - 9, y, 8, style, age, TRUE);
}

static void draw_row(JobsView *self, Canvas *canvas, int y, int row)
{
	const ClientJob *job = job_at(self, row);
	gboolean cursor = row == self->list.cursor;
	Style style = theme(cursor ? ROLE_CURSOR : ROLE_NORMAL);
	g_autofree char *number = g_strdup_printf("%u", job->number);
	g_autofree char *what = vm_text_state(job->verb);

	canvas_fill(canvas, (Rect){ self->rows.x, y, self->rows.width, 1 }, ' ', style);
	canvas_field(canvas, 1, y, 5, style, number, TRUE);
	canvas_field(canvas, 8, y, 10, style, what, FALSE);
	canvas_field(canvas, 20, y, 18, style, job->subject, FALSE);
	draw_outcome(canvas, 40, y, self->rows.width - 40, style, job, cursor);
}

/* The words of the one under the cursor, whole. */
static void draw_words(JobsView *self, Canvas *canvas, Rect area)
{
	const ClientJob *job = job_at(self, self->list.cursor);
	g_autoptr(GError) error = job ? client_job_error(job) : NULL;
	g_autofree char *sentence = error ? error_sentence(error) : NULL;
	g_autoptr(GPtrArray) lines = sentence ? canvas_wrap(sentence, area.width - 2) : NULL;

	canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
	for (int i = 0; lines && i < (int)lines->len && i < area.height - 1; i++)
		canvas_text(canvas, area.x + 1, area.y + 1 + i, area.width - 2,
			    theme(theme_state_role(job->state)), lines->pdata[i]);
}

static void jobs_draw(View *view, Canvas *canvas, Rect area)
{
	JobsView *self = (JobsView *)view;
	int count = (int)client_jobs(app_client(view->app))->len, words = 4;

	self->rows = (Rect){ area.x, area.y + 1, area.width, area.height - 1 - words };
	list_layout(&self->list, count, self->rows.height);
	canvas_text(canvas, 2, area.y, 70, theme(ROLE_HEADER),
		    " Job  Action      VM                  Progress");
	canvas_field(canvas, area.width - 9, area.y, 8, theme(ROLE_HEADER), "Time", TRUE);
	for (int i = 0; i < self->rows.height && self->list.top + i < count; i++)
		draw_row(self, canvas, self->rows.y + i, self->list.top + i);
	if (!count)
		canvas_text(canvas, 2, self->rows.y, area.width - 4, theme(ROLE_DIM),
			    "Nothing was done since carreld started.");
	canvas_scrollbar(canvas, self->rows, self->list.top, count, theme(ROLE_DIM));
	draw_words(self, canvas, (Rect){ area.x, area.y + area.height - words, area.width, words });
}

static guint jobs_tick(View *view)
{
	JobsView *self = (JobsView *)view;

	for (int i = 0; i < self->list.height; i++)
		if (is_running(job_at(self, self->list.top + i)))
			return 1000;
	return 0;
}

static char *jobs_title(View *view)
{
	return g_strdup("Jobs");
}

static void jobs_free(View *view)
{
	calls_free(((JobsView *)view)->calls);
	g_free(view);
}

static const ViewClass jobs_class = {
	.id = VIEW_JOBS,
	.title = jobs_title,
	.draw = jobs_draw,
	.command = jobs_command,
	.offers = jobs_offers,
	.mouse = jobs_mouse,
	.event = jobs_event,
	.tick = jobs_tick,
	.free = jobs_free,
};

void view_jobs_open(App *app)
{
	JobsView *self = g_new0(JobsView, 1);

	self->calls = calls_new(app_client(app), self);
	app_push(app, &self->view, &jobs_class);
}
