#include "model/job.h"

#include "base/error.h"

/* Changes in bytes closer together than this are not announced. */
#define PROGRESS_INTERVAL_US (100 * 1000)

static const char *const state_names[] = {
	[JOB_RUNNING] = "running",
	[JOB_DONE] = "done",
	[JOB_FAILED] = "failed",
	[JOB_CANCELLED] = "cancelled",
};

const char *job_state_name(JobState state)
{
	return state_names[state];
}

Job *job_new(guint number, const char *verb, const char *subject, JobWatch watch, gpointer watch_data)
{
	Job *job = g_new0(Job, 1);

	job->refs = 1;
	job->number = number;
	job->verb = verb;
	job->subject = g_strdup(subject);
	job->step = g_strdup("");
	job->unit = "steps";
	job->result_id = g_strdup("");
	job->note = g_strdup("");
	job->started = g_get_real_time() / G_USEC_PER_SEC;
	job->cancellable = g_cancellable_new();
	job->watch = watch;
	job->watch_data = watch_data;
	return job;
}

Job *job_ref(Job *job)
{
	job->refs++;
	return job;
}

void job_unref(Job *job)
{
	if (!job || --job->refs > 0)
		return;
	g_free(job->subject);
	g_free(job->step);
	g_free(job->result_id);
	g_free(job->note);
	g_clear_error(&job->error);
	g_object_unref(job->cancellable);
	g_free(job);
}

static void job_changed(Job *job)
{
	if (job->watch)
		job->watch(job, job->watch_data);
}

static void set_step(Job *job, const char *name)
{
	if (g_str_equal(job->step, name))
		return;
	g_free(job->step);
	job->step = g_strdup(name);
}

void job_step(Job *job, const char *name, guint index, guint count)
{
	set_step(job, name);
	job->unit = "steps";
	job->done = index;
	job->total = count;
	job_changed(job);
}

void job_bytes(Job *job, const char *name, guint64 done, guint64 total)
{
	static gint64 last;
	gint64 now = g_get_monotonic_time();
	gboolean same_step = g_str_equal(job->step, name) && g_str_equal(job->unit, "bytes");

	set_step(job, name);
	job->unit = "bytes";
	job->done = done;
	job->total = total;
	if (same_step && done < total && now - last < PROGRESS_INTERVAL_US)
		return;
	last = now;
	job_changed(job);
}

void job_note(Job *job, const char *text)
{
	char *note = *job->note ? g_strdup_printf("%s\n%s", job->note, text) : g_strdup(text);

	g_free(job->note);
	job->note = note;
	job_changed(job);
}

static gboolean is_cancelled(const GError *error)
{
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
	       g_error_matches(error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
}

void job_end(Job *job, GError *error)
{
	g_return_if_fail(job->state == JOB_RUNNING);
	job->ended = g_get_real_time() / G_USEC_PER_SEC;
	job->ended_mono = g_get_monotonic_time();
	if (!error) {
		job->state = JOB_DONE;
		job->done = job->total;
	} else if (is_cancelled(error)) {
		job->state = JOB_CANCELLED;
		job->error = error_new(CARREL_ERROR_CANCELLED, NULL, "%s of `%s' was cancelled", job->verb,
				       job->subject);
		g_error_free(error);
	} else {
		job->state = JOB_FAILED;
		job->error = error;
	}
	job_changed(job);
}

void job_cancel(Job *job)
{
	if (job->state == JOB_RUNNING)
		g_cancellable_cancel(job->cancellable);
}
