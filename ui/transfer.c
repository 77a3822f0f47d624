#include "ui/transfer.h"

#include "base/units.h"

#define SAMPLE_US (G_USEC_PER_SEC / 2)
/* Share of the newest sample: half of the rate is from the last two seconds, so that it follows a line that changes, and can be read. */
#define NEWEST 0.2
/* Slower than this is not moving at all; there is no end to be told. */
#define STANDS_BELOW 16

static gboolean counts_bytes(const ClientJob *job)
{
	return g_str_equal(job->unit, "bytes") && (job->total || job->done);
}

void transfer_note(Transfer *transfer, const ClientJob *job, gint64 now)
{
	/* Another step counts anew. */
	if (!counts_bytes(job) || job->done < transfer->done || job->total != transfer->total)
		*transfer = (Transfer){ 0 };
	if (!counts_bytes(job))
		return;
	gint64 passed = now - transfer->at;
	if (transfer->at && passed < SAMPLE_US)
		return;
	if (transfer->at) {
		double fresh = (double)(job->done - transfer->done) * G_USEC_PER_SEC / (double)passed;
		transfer->rate = transfer->rate > 0 ? transfer->rate * (1 - NEWEST) + fresh * NEWEST : fresh;
	}
	transfer->at = now;
	transfer->done = job->done;
	transfer->total = job->total;
}

char *transfer_text(const Transfer *transfer, const ClientJob *job)
{
	GString *text = g_string_new(NULL);

	if (!counts_bytes(job))
		return g_string_free(text, FALSE);
	g_autofree char *done = units_format_size_human(job->done);
	g_string_append(text, done);
	if (job->total) {
		g_autofree char *total = units_format_size_human(job->total);
		g_string_append_printf(text, " of %s", total);
	}
	if (transfer->rate < STANDS_BELOW)
		return g_string_free(text, FALSE);
	g_autofree char *rate = units_format_size_human((guint64)transfer->rate);
	g_string_append_printf(text, ", %s/s", rate);
	if (job->total > job->done) {
		g_autofree char *left =
			units_format_duration((guint64)((double)(job->total - job->done) / transfer->rate));
		g_string_append_printf(text, ", %s left", left);
	}
	return g_string_free(text, FALSE);
}
