#include "ui/quick-progress.h"

#include "ui/vm-text.h"

/* More would take the list's place; `carrel gallery sources' tells all. */
#define SOURCE_LINES_MAX 3

void quick_progress_draw(Canvas *canvas, Rect area, const ClientJob *job, Transfer *transfer)
{
	g_autofree char *text = job ? vm_text_job(job) : g_strdup("Asking carreld\xe2\x80\xa6");

	canvas_hline(canvas, area.x, area.y, area.width, theme(ROLE_DIM));
	canvas_text(canvas, area.x, area.y + 1, area.width, theme(ROLE_WAIT), text);
	if (!job)
		return;
	transfer_note(transfer, job, g_get_monotonic_time());
	g_autofree char *bytes = transfer_text(transfer, job);
	canvas_bar(canvas, area.x, area.y + 2, area.width - 1, vm_text_fraction(job), theme(ROLE_BAR),
		   theme(ROLE_DIM));
	canvas_text(canvas, area.x, area.y + 3, area.width, theme(ROLE_DIM), bytes);
}

const ClientJob *quick_progress_refresh(Client *client)
{
	GPtrArray *jobs = client_jobs(client);

	for (guint i = 0; i < jobs->len; i++) {
		const ClientJob *job = jobs->pdata[i];
		if (g_str_equal(job->verb, "refresh") && g_str_equal(job->state, "running"))
			return job;
	}
	return NULL;
}

int quick_foot_draw(Canvas *canvas, Rect area, Client *client, const QuickSources *sources)
{
	const ClientJob *job = quick_progress_refresh(client);
	g_autoptr(GPtrArray) lines = quick_sources_lines(sources);
	g_autofree char *text = job ? vm_text_job(job) : NULL;
	int count = job ? 1 : MIN((int)lines->len, SOURCE_LINES_MAX), y = area.y + area.height - count;

	if (!count)
		return 0;
	canvas_hline(canvas, area.x, y - 1, area.width, theme(ROLE_DIM));
	for (int i = 0; i < count; i++)
		canvas_text(canvas, area.x + 1, y + i, area.width - 2, theme(ROLE_WAIT),
			    job ? text : lines->pdata[i]);
	return count + 1;
}
