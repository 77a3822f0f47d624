#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/output.h"

#define BAR_WIDTH 24

struct Progress {
	gboolean quiet, terminal, drawn;
	gsize noted; /* bytes of the job's note that were printed */
	char *last;  /* last line printed where there is no terminal */
};

Progress *progress_new(gboolean quiet)
{
	Progress *progress = g_new0(Progress, 1);

	progress->quiet = quiet;
	progress->terminal = isatty(STDERR_FILENO);
	return progress;
}

static void wipe(Progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = FALSE;
}

void progress_free(Progress *progress)
{
	if (!progress)
		return;
	wipe(progress);
	g_free(progress->last);
	g_free(progress);
}

char *progress_text(const ClientJob *job)
{
	if (!job->total)
		return g_strdup("");
	if (g_str_equal(job->unit, "bytes")) {
		g_autofree char *total = units_format_size_human(job->total);
		return g_strdup_printf("%u %% of %s", (guint)((double)job->done * 100 / (double)job->total),
				       total);
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, job->done, job->total);
}

static void draw_bar(Progress *progress, const ClientJob *job)
{
	g_autofree char *text = progress_text(job);
	g_autofree char *subject = output_clean(job->subject);
	double part = job->total ? (double)job->done / (double)job->total : 0;
	guint full = (guint)(CLAMP(part, 0, 1) * BAR_WIDTH);
	char bar[BAR_WIDTH + 1];

	for (guint i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR_WIDTH] = '\0';
	wipe(progress);
	/* Without wrapping, so that a narrow terminal needs no more than one line wiped. */
	fprintf(stderr, "\033[?7l%s %s [%s] %s %s\033[?7h", job->verb, subject, bar, job->step, text);
	fflush(stderr);
	progress->drawn = TRUE;
}

/* One line a step, and one each tenth of a transfer. */
static void print_line(Progress *progress, const ClientJob *job)
{
	gboolean bytes = job->total && g_str_equal(job->unit, "bytes");
	g_autofree char *subject = output_clean(job->subject);
	g_autofree char *line = NULL;

	if (bytes)
		line = g_strdup_printf("%s %s: %s %u %%", job->verb, subject, job->step,
				       (guint)((double)job->done * 10 / (double)job->total) * 10);
	else
		line = g_strdup_printf("%s %s: %s", job->verb, subject, job->step);
	if (!*job->step || g_strcmp0(line, progress->last) == 0)
		return;
	fprintf(stderr, "%s\n", line);
	g_free(progress->last);
	progress->last = g_steal_pointer(&line);
}

/* The job's note grows by whole lines. */
static void print_note(Progress *progress, const ClientJob *job)
{
	if (strlen(job->note) <= progress->noted)
		return;
	g_auto(GStrv) lines = g_strsplit(job->note + progress->noted, "\n", -1);
	progress->noted = strlen(job->note);
	wipe(progress);
	for (char **line = lines; *line; line++) {
		g_autofree char *clean = output_clean(*line);
		if (*clean)
			fprintf(stderr, "carrel: %s.\n", clean);
	}
}

void progress_show(const ClientJob *job, gpointer data)
{
	Progress *progress = data;

	if (progress->quiet)
		return;
	print_note(progress, job);
	if (!g_str_equal(job->state, "running"))
		return;
	if (progress->terminal)
		draw_bar(progress, job);
	else
		print_line(progress, job);
}
