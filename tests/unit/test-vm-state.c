/* States, operations, jobs: tables that must hold together. */
#include "base/error.h"
#include "model/job.h"
#include "model/vm-state.h"

static void test_names(void)
{
	/* DESIGN.md section 6, in this order */
	static const char *const names[] = { "off",      "starting",  "running", "pausing",
					     "paused",   "resuming",  "saving",  "saved",
					     "stopping", "resetting", "critical" };

	g_assert_cmpuint(G_N_ELEMENTS(names), ==, VM_STATE_COUNT);
	for (guint i = 0; i < VM_STATE_COUNT; i++)
		g_assert_cmpstr(vm_state_name(i), ==, names[i]);
	for (guint i = 0; i < VM_OP_COUNT; i++)
		g_assert_nonnull(vm_op_verb(i));
}

typedef struct {
	VmOp op;
	const char *possible; /* names of states, blank-separated */
} OpCase;

static const OpCase cases[] = {
	{VM_OP_START,      "off saved"						      },
	{ VM_OP_SHUTDOWN,  "running"							},
	{ VM_OP_TURN_OFF,
         "starting running pausing paused resuming saving saved stopping resetting critical"},
	{ VM_OP_RESET,     "running paused critical"                                        },
	{ VM_OP_PAUSE,     "running"							},
	{ VM_OP_RESUME,    "paused critical"						},
	{ VM_OP_SAVE,      "running paused"						 },
	{ VM_OP_DELETE,    "off saved"						      },
	{ VM_OP_RENAME,    "off saved"						      },
	{ VM_OP_CONFIGURE, "off"							    },
};

static void test_possible(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) words = g_strsplit(cases[i].possible, " ", -1);
		for (guint state = 0; state < VM_STATE_COUNT; state++) {
			g_autoptr(GError) error = NULL;
			gboolean expected = g_strv_contains((const char *const *)words, vm_state_name(state));
			g_assert_cmpint(vm_op_check(cases[i].op, state, "web", &error), ==, expected);
			if (expected)
				continue;
			g_assert_error(error, CARREL_ERROR, CARREL_ERROR_STATE);
			g_assert_cmpint(error_exit_status(error), ==, 4);
			g_assert_nonnull(g_strstr_len(error->message, -1, "`web' is "));
			g_assert_nonnull(error_hint(error));
		}
	}
}

static void count_change(Job *job, gpointer data)
{
	++*(guint *)data;
}

static void test_job_ends(void)
{
	guint changes = 0;
	g_autoptr(Job) done = job_new(1, "start", "web", count_change, &changes);
	g_autoptr(Job) failed = job_new(2, "start", "web", count_change, &changes);
	g_autoptr(Job) cancelled = job_new(3, "start", "web", count_change, &changes);

	job_step(done, "spawn", 1, 4);
	g_assert_cmpstr(done->step, ==, "spawn");
	g_assert_cmpuint(done->done, ==, 1);
	job_end(done, NULL);
	g_assert_cmpint(done->state, ==, JOB_DONE);
	g_assert_cmpuint(done->done, ==, 4);
	job_end(failed, error_new(CARREL_ERROR_HOST, NULL, "no QEMU"));
	g_assert_cmpint(failed->state, ==, JOB_FAILED);
	g_assert_error(failed->error, CARREL_ERROR, CARREL_ERROR_HOST);
	job_cancel(cancelled);
	g_assert_true(g_cancellable_is_cancelled(cancelled->cancellable));
	job_end(cancelled, g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x"));
	g_assert_cmpint(cancelled->state, ==, JOB_CANCELLED);
	g_assert_error(cancelled->error, CARREL_ERROR, CARREL_ERROR_CANCELLED);
	g_assert_cmpuint(changes, ==, 4);
}

/* Progress in bytes may come thousands of times a second; clients hear of it ten times. The end is never left out. */
static void test_job_bytes(void)
{
	guint changes = 0;
	g_autoptr(Job) job = job_new(1, "create", "web", count_change, &changes);

	for (guint i = 0; i <= 10000; i++)
		job_bytes(job, "assemble", i, 10000);
	g_assert_cmpuint(changes, >=, 2);
	g_assert_cmpuint(changes, <, 5000);
	g_assert_cmpuint(job->done, ==, 10000);
	g_assert_cmpstr(job->unit, ==, "bytes");
	job_end(job, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vm-state/names", test_names);
	g_test_add_func("/vm-state/possible", test_possible);
	g_test_add_func("/job/ends", test_job_ends);
	g_test_add_func("/job/bytes", test_job_bytes);
	return g_test_run();
}
