#include "hv/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

#define WORDS_MAX 8192

/* Between fork and exec: async-signal-safe calls only. GLib has marked every descriptor above 2 close-on-exec by then. */
static void prepare_child(gpointer data)
{
	const int *pass_fds = data;
	sigset_t none;

	setsid();
	umask(0077);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (; pass_fds && *pass_fds >= 0; pass_fds++)
		fcntl(*pass_fds, F_SETFD, 0);
}

int process_spawn(char **argv, const char *directory, const char *log_file, const int *pass_fds,
		  gint64 *log_start, GError **error)
{
	g_autoptr(GError) local = NULL;
	autofd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	autofd log = open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	GPid pid = 0;

	if (log < 0) {
		file_error(error, errno, "open", log_file);
		return 0;
	}
	if (log_start)
		*log_start = lseek(log, 0, SEEK_END);
	if (!g_spawn_async_with_fds(directory, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, prepare_child,
				    (gpointer)pass_fds, &pid, null, log, log, &local)) {
		error_set(error, CARREL_ERROR_HOST, "install it, or put it on PATH", "cannot run `%s': %s",
			  argv[0], local->message);
		return 0;
	}
	return pid;
}

int process_pidfd(int pid)
{
	/* glibc has a wrapper since 2.36 only. The descriptor is close-on-exec by itself. */
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

gboolean process_argv_holds(int pid, const char *word)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
	g_autofree char *text = NULL;
	gsize length;

	return g_file_get_contents(path, &text, &length, NULL) &&
	       memmem(text, length, word, strlen(word)) != NULL;
}

/* "2026-11-22T21:50:00.123456Z qemu-system-x86_64: words" -> "words" */
static const char *bare_words(const char *line)
{
	const char *blank = strchr(line, ' ');

	if (blank && blank - line >= 20 && g_ascii_isdigit(*line) && blank[-1] == 'Z' && line[10] == 'T')
		line = blank + 1;
	const char *colon = strstr(line, ": ");
	if (colon && g_str_has_prefix(line, "qemu-") && !memchr(line, ' ', (gsize)(colon - line)))
		line = colon + 2;
	return line;
}

char *process_last_words(const char *log_file, gint64 start)
{
	struct stat st;

	if (stat(log_file, &st) < 0 || st.st_size <= start)
		return NULL;
	g_autofree char *text = file_tail(log_file, MIN((gsize)(st.st_size - start), WORDS_MAX));
	if (!text)
		return NULL;
	const char *newline = strrchr(g_strchomp(text), '\n');
	const char *words = bare_words(newline ? newline + 1 : text);
	return *words ? g_strdup(words) : NULL;
}
