/*
 * A long operation as an object: what it is, how far it is, how it ended. Every operation on a VM is one, so that command line and TUI
 * show create, start and save alike. Jobs that ended stay visible for a while.
 */
#pragma once

#include <gio/gio.h>

typedef enum { JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED } JobState;

typedef struct Job Job;

/* Called after each change, and once with the final state. */
typedef void (*JobWatch)(Job *job, gpointer data);

struct Job {
	/* Read-only for everybody but job.c. */
	guint number;
	const char *verb; /* static: "start" */
	char *subject;    /* name of the VM or image */
	JobState state;
	char *step;
	guint64 done, total;
	const char *unit;      /* static: "steps" or "bytes" */
	gint64 started, ended; /* unix seconds */
	gint64 ended_mono;     /* monotonic microseconds, for removal */
	char *result_id;       /* id of the VM that it is about, "" until known */
	char *note;            /* lines for the user that are no error, "" = none */
	GError *error;         /* owned; set when failed or cancelled */
	GCancellable *cancellable;
	JobWatch watch;
	gpointer watch_data;
	gint refs;
};

Job *job_new(guint number, const char *verb, const char *subject, JobWatch watch, gpointer watch_data);
Job *job_ref(Job *job);
void job_unref(Job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_unref)

const char *job_state_name(JobState state);

/* Step number @index of @count begins. */
void job_step(Job *job, const char *name, guint index, guint count);
/* Progress in bytes inside the current step; @total 0 = not known. */
void job_bytes(Job *job, const char *name, guint64 done, guint64 total);

/* Adds a line, or several, for the user. */
void job_note(Job *job, const char *text);

/* Ends the job: takes @error (NULL = done); CARREL_ERROR_CANCELLED and G_IO_ERROR_CANCELLED make it cancelled. */
void job_end(Job *job, GError *error);
void job_cancel(Job *job);
