/* Helper programs: their words, their lines, and their end, with all that they started. */
#include "base/child.h"

#include <errno.h>
#include <signal.h>

#include "tests/unit/support.h"

static ChildResult *run(const char *const *argv, guint timeout_ms, ChildLine on_line, gpointer line_data,
			int *status, GError **error)
{
	g_autoptr(GAsyncResult) result = NULL;

	child_run(argv, timeout_ms, on_line, line_data, NULL, keep_result, &result);
	wait_until(result);
	if (status)
		*status = child_run_status(result);
	return child_run_finish(result, error);
}

static ChildResult *run_script(const char *script, GError **error)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	return run(argv, 0, NULL, NULL, NULL, error);
}

static void test_output(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(ChildResult) result = run_script("echo out; echo err >&2; printf tail", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(result->out, ==, "out\ntail");
	g_assert_cmpstr(result->err, ==, "err");
	/* stdin is empty, not ours */
	g_autoptr(ChildResult) input = run_script("cat", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(input->out, ==, "");
}

static void test_failure(void)
{
	static const struct {
		const char *script, *words;
	} rows[] = {
		{"echo first >&2; echo last words >&2; exit 3",   "sh failed: last words"    },
		{ "echo 'sh: own name' >&2; exit 1",              "sh failed: own name"      },
		{ "printf 'no newline' >&2; false",               "sh failed: no newline"    },
		{ "echo only stdout; exit 3",                     "sh failed with status 3"  },
		{ "printf '\\033[31mred\\377\\n\\n' >&2; exit 1", "sh failed:  [31mred"      },
		{ "kill -9 $$",				   "sh was killed by signal 9"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(ChildResult) result = run_script(rows[i].script, &error);
		g_assert_null(result);
		assert_carrel_error(error, CARREL_ERROR_FAILED, rows[i].words);
	}
}

static void test_status(void)
{
	const char *five[] = { "sh", "-c", "exit 5", NULL }, *killed[] = { "sh", "-c", "kill -15 $$", NULL };
	const char *fine[] = { "true", NULL }, *missing[] = { "no-such-program", NULL };
	g_autoptr(ChildResult) result = NULL;
	int status = 99;

	g_assert_null(run(five, 0, NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, 5);
	g_assert_null(run(killed, 0, NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, -1);
	g_assert_null(run(missing, 0, NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, -1);
	result = run(fine, 0, NULL, NULL, &status, NULL);
	g_assert_nonnull(result);
	g_assert_cmpint(status, ==, 0);
}

static void test_missing(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *plain = g_build_filename(dir, "plain", NULL);
	const char *missing[] = { "no-such-program", NULL }, *not_executable[] = { plain, NULL };
	g_autoptr(GError) error = NULL;

	g_assert_null(run(missing, 0, NULL, NULL, NULL, &error));
	g_assert_nonnull(error_hint(error));
	assert_carrel_error(error, CARREL_ERROR_HOST, "`no-such-program' is missing");
	write_file(plain, "text");
	g_assert_null(run(not_executable, 0, NULL, NULL, NULL, &error));
	assert_carrel_error(error, CARREL_ERROR_HOST, plain);
}

static void keep_line(const char *line, gpointer data)
{
	g_ptr_array_add(data, g_strdup(line));
}

static void test_lines(void)
{
	const char *argv[] = { "sh", "-c", "printf 'a\\nb c\\n\\nx\\000y\\n(1%%)\\r(2%%)\\r\\rlast'", NULL };
	static const char *const expected[] = { "a", "b c", "", "xy", "(1%)", "(2%)", "last" };
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(ChildResult) result = run(argv, 0, keep_line, lines, NULL, NULL);

	g_assert_nonnull(result);
	g_assert_cmpuint(lines->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < lines->len; i++)
		g_assert_cmpstr(lines->pdata[i], ==, expected[i]);
}

/* 2 MB on each pipe: half is kept, the program is not blocked, and lines go on to the end. */
static void test_much_output(void)
{
	const char *argv[] = { "sh", "-c",
			       "yes | head -c 2000000; yes | head -c 2000000 >&2; printf 'the end'", NULL };
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(ChildResult) result = run(argv, 0, keep_line, lines, NULL, NULL);

	g_assert_nonnull(result);
	g_assert_cmpuint(strlen(result->out), ==, 1024 * 1024);
	g_assert_cmpuint(strlen(result->err), <=, 1024 * 1024);
	g_assert_cmpuint(lines->len, ==, 1000001);
	g_assert_cmpstr(lines->pdata[1000000], ==, "the end");
}

static void test_long_line(void)
{
	const char *argv[] = { "sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo next", NULL };
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(ChildResult) result = run(argv, 0, keep_line, lines, NULL, NULL);

	g_assert_nonnull(result);
	g_assert_cmpuint(lines->len, ==, 2);
	g_assert_cmpuint(strlen(lines->pdata[0]), ==, 4096);
	g_assert_cmpstr(lines->pdata[1], ==, "next");
}

typedef struct {
	TempDir *dir;
	char *pid_file;
	GCancellable *cancellable;
	GAsyncResult *result;
} Long;

/* Starts @script with $1 = a file for the pid of what it starts, and waits until that is written. */
static Long *long_new(const char *script, guint timeout_ms)
{
	Long *it = g_new0(Long, 1);

	it->dir = temp_dir_new();
	it->pid_file = g_build_filename(it->dir, "pid", NULL);
	it->cancellable = g_cancellable_new();
	const char *argv[] = { "sh", "-c", script, "sh", it->pid_file, NULL };
	child_run(argv, timeout_ms, NULL, NULL, it->cancellable, keep_result, &it->result);
	return it;
}

static void long_free(Long *it)
{
	temp_dir_remove(it->dir);
	g_free(it->pid_file);
	g_object_unref(it->cancellable);
	g_object_unref(it->result);
	g_free(it);
}

/* What it writes its pid with: atomically, so that whoever sees the file sees the pid. */
#define NOTE_PID "echo $! >\"$1.new\"; mv \"$1.new\" \"$1\"; "

static void test_timeout(void)
{
	Long *it = long_new("sleep 1000 & " NOTE_PID "wait", 300);
	g_autoptr(GError) error = NULL;

	wait_until(it->result);
	g_assert_null(child_run_finish(it->result, &error));
	assert_carrel_error(error, CARREL_ERROR_TIMEOUT, "sh did not end within 0.3 s");
	wait_until_gone(it->pid_file);
	long_free(it);
}

static void test_cancel(void)
{
	Long *it = long_new("sleep 1000 & " NOTE_PID "wait", 0);
	g_autoptr(GError) error = NULL;

	wait_for_file(it->pid_file);
	g_cancellable_cancel(it->cancellable);
	wait_until(it->result);
	g_assert_null(child_run_finish(it->result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "sh was cancelled");
	wait_until_gone(it->pid_file);
	long_free(it);
}

/* It may tidy up at TERM. */
static void test_term_is_heard(void)
{
	Long *it = long_new("trap 'rm -f \"$1\"; exit 0' TERM; : >\"$1\"; while :; do sleep 0.05; done", 0);

	wait_for_file(it->pid_file);
	g_cancellable_cancel(it->cancellable);
	wait_until(it->result);
	g_assert_false(g_file_test(it->pid_file, G_FILE_TEST_EXISTS));
	long_free(it);
}

/* Who does not listen to TERM is killed, and so is what it started. */
static void test_kill(void)
{
	Long *it = long_new("trap '' TERM; sleep 1000 & " NOTE_PID "while :; do wait; done", 0);
	g_autoptr(GError) error = NULL;

	wait_for_file(it->pid_file);
	g_cancellable_cancel(it->cancellable);
	wait_until(it->result);
	g_assert_null(child_run_finish(it->result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "cancelled");
	wait_until_gone(it->pid_file);
	long_free(it);
}

/* One that left the group and keeps our pipes does not hold up the result. It is ended by the test. */
static void test_escaped(void)
{
	Long *it = long_new("setsid sh -c 'echo $$ >\"$1.new\"; mv \"$1.new\" \"$1\"; exec sleep 1000' sh "
			    "\"$1\" & sleep 1000",
			    0);
	g_autofree char *pid = NULL;

	wait_for_file(it->pid_file);
	g_cancellable_cancel(it->cancellable);
	wait_until(it->result);
	g_assert_true(g_file_get_contents(it->pid_file, &pid, NULL, NULL));
	g_assert_cmpint(kill((pid_t)g_ascii_strtoll(pid, NULL, 10), SIGKILL), ==, 0);
	wait_until_gone(it->pid_file);
	long_free(it);
}

static void test_cancelled_before(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *mark = g_build_filename(dir, "mark", NULL);
	const char *argv[] = { "touch", mark, NULL };
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;

	g_cancellable_cancel(cancellable);
	child_run(argv, 0, NULL, NULL, cancellable, keep_result, &result);
	wait_until(result);
	g_assert_null(child_run_finish(result, &error));
	assert_carrel_error(error, CARREL_ERROR_CANCELLED, "touch was cancelled");
	g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
}

/* A cancellable that outlives the child: cancelling it later touches nothing. */
static void test_cancelled_after(void)
{
	const char *argv[] = { "true", NULL };
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autoptr(GAsyncResult) result = NULL;

	child_run(argv, 60000, NULL, NULL, cancellable, keep_result, &result);
	wait_until(result);
	g_cancellable_cancel(cancellable);
	g_autoptr(ChildResult) output = child_run_finish(result, NULL);
	g_assert_nonnull(output);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/child/output", test_output);
	g_test_add_func("/child/failure", test_failure);
	g_test_add_func("/child/status", test_status);
	g_test_add_func("/child/missing", test_missing);
	g_test_add_func("/child/lines", test_lines);
	g_test_add_func("/child/much-output", test_much_output);
	g_test_add_func("/child/long-line", test_long_line);
	g_test_add_func("/child/timeout", test_timeout);
	g_test_add_func("/child/cancel", test_cancel);
	g_test_add_func("/child/term-is-heard", test_term_is_heard);
	g_test_add_func("/child/kill", test_kill);
	g_test_add_func("/child/escaped", test_escaped);
	g_test_add_func("/child/cancelled-before", test_cancelled_before);
	g_test_add_func("/child/cancelled-after", test_cancelled_after);
	return g_test_run();
}
