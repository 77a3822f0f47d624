/* The bounded line reader against peers of all kinds. */
#include "base/lines.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/unit/support.h"

typedef struct {
	LineReader *reader;
	int ours, peer;
} Fixture;

static Fixture *fixture_new(gsize max)
{
	Fixture *f = g_new0(Fixture, 1);
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	f->ours = fds[0];
	f->peer = fds[1];
	g_assert_true(fd_set_nonblocking(f->ours, TRUE));
	f->reader = lines_new(max);
	return f;
}

static void fixture_free(Fixture *f)
{
	lines_free(f->reader);
	fd_clear(&f->ours);
	fd_clear(&f->peer);
	g_free(f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

static void say(Fixture *f, const char *bytes, gsize length)
{
	g_assert_cmpint(write(f->peer, bytes, length), ==, (gssize)length);
}

static void assert_line(Fixture *f, const char *expected)
{
	g_autoptr(GError) error = NULL;
	char *line = NULL;
	gsize length = 0;

	g_assert_cmpint(lines_next(f->reader, f->ours, &line, &length, &error), ==, LINES_LINE);
	g_assert_no_error(error);
	g_assert_cmpstr(line, ==, expected);
	g_assert_cmpuint(length, ==, strlen(expected));
}

static void assert_no_line(Fixture *f, LinesResult expected)
{
	g_autoptr(GError) error = NULL;
	char *line = NULL;
	gsize length = 0;

	g_assert_cmpint(lines_next(f->reader, f->ours, &line, &length, &error), ==, expected);
	if (expected == LINES_ERROR)
		g_assert_error(error, CARREL_ERROR, CARREL_ERROR_FAILED);
	else
		g_assert_no_error(error);
}

static void test_lines(void)
{
	g_autoptr(Fixture) f = fixture_new(100);

	assert_no_line(f, LINES_AGAIN);
	say(f, "one\ntwo\r\n\nthr", 13);
	assert_line(f, "one");
	assert_line(f, "two");
	assert_line(f, "");
	assert_no_line(f, LINES_AGAIN);
	say(f, "ee\n", 3);
	assert_line(f, "three");
	assert_no_line(f, LINES_AGAIN);
	say(f, "unfinished", 10);
	fd_clear(&f->peer);
	assert_no_line(f, LINES_EOF);
	assert_no_line(f, LINES_EOF);
}

/* Each way to split a text into two writes, and byte by byte. */
static void test_splits(void)
{
	static const char text[] = "{\"a\": 1}\r\n\n\xff{\"b\": 2}\n";

	for (gsize cut = 0; cut < sizeof text - 1; cut++) {
		g_autoptr(Fixture) f = fixture_new(100);
		guint lines = 0;
		char *line;
		gsize length;
		say(f, text, cut);
		while (lines_next(f->reader, f->ours, &line, &length, NULL) == LINES_LINE)
			lines++;
		say(f, text + cut, sizeof text - 1 - cut);
		while (lines_next(f->reader, f->ours, &line, &length, NULL) == LINES_LINE)
			lines++;
		g_assert_cmpuint(lines, ==, 3);
	}
	g_autoptr(Fixture) slow = fixture_new(100);
	for (gsize i = 0; i < 9; i++) {
		say(slow, text + i, 1);
		assert_no_line(slow, LINES_AGAIN);
	}
	say(slow, text + 9, 1);
	assert_line(slow, "{\"a\": 1}");
}

static void test_dirt(void)
{
	g_autoptr(Fixture) f = fixture_new(100);

	say(f, "a\0b\0\n", 5);
	assert_line(f, "ab");
	say(f, "old answer\xffnew\n", 15);
	assert_line(f, "new");
	say(f, "x\xff\xff\n", 4);
	assert_line(f, "");
	say(f, "\0\0\0\n", 4);
	assert_line(f, "");
}

/* Exactly the limit is a line; one byte more is none, whether its newline is there or not. */
static void test_limit(void)
{
	g_autofree char *hundred = g_strnfill(100, 'x');
	g_autofree char *with_newline = g_strdup_printf("%sx\n", hundred);
	g_autoptr(Fixture) good = fixture_new(100);
	g_autoptr(Fixture) endless = fixture_new(100);
	g_autoptr(Fixture) complete = fixture_new(100);

	say(good, hundred, 100);
	say(good, "\n", 1);
	assert_line(good, hundred);
	say(endless, with_newline, 101);
	assert_no_line(endless, LINES_ERROR);
	say(complete, with_newline, 102);
	assert_no_line(complete, LINES_ERROR);
}

/* 10 MB in pieces as a socket gives them; then short lines again. */
static void test_large(void)
{
	const gsize size = 10 * 1000 * 1000;
	g_autoptr(Fixture) f = fixture_new(size);
	g_autofree char *text = g_strnfill(size, 'y');
	gsize sent = 0, length = 0;
	char *line = NULL;
	LinesResult result;

	g_assert_true(fd_set_nonblocking(f->peer, TRUE));
	do {
		ssize_t n = sent < size ? send(f->peer, text + sent, size - sent, 0)
					: send(f->peer, "\nshort\n", 7, 0);
		if (n > 0)
			sent += (gsize)n;
		result = lines_next(f->reader, f->ours, &line, &length, NULL);
		g_assert_true(result == LINES_LINE || result == LINES_AGAIN);
	} while (result == LINES_AGAIN);
	g_assert_cmpuint(length, ==, size);
	g_assert_cmpstr(line, ==, text);
	assert_line(f, "short");
	assert_no_line(f, LINES_AGAIN);
}

static void test_read_error(void)
{
	g_autoptr(Fixture) f = fixture_new(100);
	g_autoptr(GError) error = NULL;
	char *line;
	gsize length;

	g_assert_cmpint(lines_next(f->reader, -1, &line, &length, &error), ==, LINES_ERROR);
	assert_carrel_error(error, CARREL_ERROR_FAILED, "cannot read");
}

/* A peer that closes with our words unread resets the connection: that is its end, and no error is set. */
static void test_reset(void)
{
	g_autoptr(Fixture) f = fixture_new(100);

	g_assert_cmpint(write(f->ours, "unread", 6), ==, 6);
	say(f, "last\n", 5);
	fd_clear(&f->peer);
	LinesResult result;
	char *line;
	gsize length;
	g_autoptr(GError) error = NULL;
	while ((result = lines_next(f->reader, f->ours, &line, &length, &error)) == LINES_LINE)
		g_assert_cmpstr(line, ==, "last");
	g_assert_cmpint(result, ==, LINES_EOF);
	g_assert_no_error(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lines/lines", test_lines);
	g_test_add_func("/lines/splits", test_splits);
	g_test_add_func("/lines/dirt", test_dirt);
	g_test_add_func("/lines/limit", test_limit);
	g_test_add_func("/lines/large", test_large);
	g_test_add_func("/lines/read-error", test_read_error);
	g_test_add_func("/lines/reset", test_reset);
	return g_test_run();
}
