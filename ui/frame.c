#include "ui/frame.h"

#include "ui/vm-text.h"

typedef struct {
	int from, to; /* columns, `to' not included */
	int command;
} FrameSpan;

#define PROGRESS_WIDTH 20

static void draw_title(App *app, Canvas *canvas, View *base)
{
	g_autofree char *title = base->class->title(base);
	g_autofree char *left = g_strconcat(" carrel \xc2\xb7 ", title, NULL);
	g_autofree char *right = vm_text_totals(app_connected(app) ? client_vms(app_client(app)) : NULL);
	int width = canvas->columns - canvas_text_width(right) - 1;

	canvas_fill(canvas, (Rect){ 0, 0, canvas->columns, 1 }, ' ', theme(ROLE_TITLE));
	canvas_text(canvas, 0, 0, width - 1, theme(ROLE_TITLE), left);
	canvas_text(canvas, width, 0, canvas->columns - width, theme(ROLE_TITLE), right);
}

static const ClientJob *running_job(App *app)
{
	GPtrArray *jobs = client_jobs(app_client(app));

	for (guint i = jobs->len; i > 0; i--) {
		const ClientJob *job = jobs->pdata[i - 1];
		if (g_str_equal(job->state, "running"))
			return job;
	}
	return NULL;
}

static void draw_job(Canvas *canvas, int y, const ClientJob *job)
{
	g_autofree char *what = vm_text_job(job);
	int x = 1 + canvas_text(canvas, 1, y, canvas->columns - PROGRESS_WIDTH - 4, theme(ROLE_WAIT), what);

	if (job->total)
		canvas_bar(canvas, x + 2, y, PROGRESS_WIDTH, vm_text_fraction(job), theme(ROLE_BAR),
			   theme(ROLE_DIM));
}

static void draw_disconnected(App *app, Canvas *canvas, int y)
{
	const GError *error = client_last_error(app_client(app));
	g_autofree char *sentence = error ? error_sentence(error) : g_strdup("");
	g_autofree char *text =
		error ? g_strdup_printf("No connection to carreld, trying again: %s", sentence)
		      : g_strdup("Connecting to carreld\xe2\x80\xa6");

	canvas_text(canvas, 1, y, canvas->columns - 2, theme(error ? ROLE_BAD : ROLE_WAIT), text);
}

/* These show jobs themselves. */
static gboolean shows_jobs(const View *view)
{
	return view->class->id == VIEW_QUICK || view->class->id == VIEW_JOBS;
}

static void draw_message(App *app, Canvas *canvas, int y, const View *base)
{
	Role role;
	const char *message = app_message_text(app, &role);
	const ClientJob *job;

	if (!app_connected(app))
		draw_disconnected(app, canvas, y);
	else if (message)
		canvas_text(canvas, 1, y, canvas->columns - 2, theme(role), message);
	else if (!shows_jobs(base) && (job = running_job(app)))
		draw_job(canvas, y, job);
}

/* One entry; returns the column behind it, or @x when it does not fit. */
static int draw_key(Frame *frame, Canvas *canvas, int x, const KeyRow *row)
{
	g_autofree char *key = keys_name(row->code, row->mods);
	const char *label = keys_label(row);
	FrameSpan span = { x, x + canvas_text_width(key) + 1 + canvas_text_width(label), row->command };

	if (span.to > canvas->columns - 1)
		return x;
	x += canvas_text(canvas, x, frame->row, canvas->columns, theme(ROLE_KEY), key) + 1;
	x += canvas_text(canvas, x, frame->row, canvas->columns, theme(ROLE_KEYTEXT), label);
	g_array_append_val(frame->spans, span);
	return x + 2;
}

static gboolean drawn_already(const Frame *frame, int command)
{
	for (guint i = 0; i < frame->spans->len; i++)
		if (g_array_index(frame->spans, FrameSpan, i).command == command)
			return TRUE;
	return FALSE;
}

static void draw_keys(Frame *frame, Canvas *canvas, View *top)
{
	gsize count;
	const KeyRow *rows = keys_table(&count);
	int x = 1;

	canvas_fill(canvas, (Rect){ 0, frame->row, canvas->columns, 1 }, ' ', theme(ROLE_KEYTEXT));
	for (gsize i = 0; i < count; i++) {
		const KeyRow *row = &rows[i];
		if (row->view != top->class->id || !keys_label(row) || drawn_already(frame, row->command))
			continue;
		if (!top->class->offers || top->class->offers(top, row->command))
			x = draw_key(frame, canvas, x, row);
	}
}

void frame_draw(Frame *frame, App *app, Canvas *canvas, View *base, View *top)
{
	if (!frame->spans)
		frame->spans = g_array_new(FALSE, FALSE, sizeof(FrameSpan));
	g_array_set_size(frame->spans, 0);
	frame->row = canvas->rows - 1;
	draw_title(app, canvas, base);
	draw_message(app, canvas, canvas->rows - 2, base);
	draw_keys(frame, canvas, top);
}

int frame_command_at(const Frame *frame, int x, int y)
{
	for (guint i = 0; frame->spans && y == frame->row && i < frame->spans->len; i++) {
		const FrameSpan *span = &g_array_index(frame->spans, FrameSpan, i);
		if (x >= span->from && x < span->to)
			return span->command;
	}
	return COMMAND_NONE;
}

void frame_clear(Frame *frame)
{
	if (frame->spans)
		g_array_unref(frame->spans);
}
