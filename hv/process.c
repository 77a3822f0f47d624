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
/* A sentence and at most this many lines of hints, less one. */
#define HINT_LINES 4

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

void process_signal(int pidfd, int signal)
{
	if (pidfd >= 0 && syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 && errno != ESRCH)
		g_warning("cannot signal a process: %s", g_strerror(errno));
}

gboolean process_argv_holds(int pid, const char *word)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
	g_autofree char *text = NULL;
	gsize length;

	return g_file_get_contents(path, &text, &length, NULL) &&
	       memmem(text, length, word, strlen(word)) != NULL;
}

/* "2026-11-22T21:50:00.123456Z qemu-system-x86_64: words" -> "words"; NULL when the line has neither. */
static const char *bare_words(const char *line)
{
	const char *blank = strchr(line, ' ');
	const char *start = line;

	if (blank && blank - line >= 20 && g_ascii_isdigit(*line) && blank[-1] == 'Z' && line[10] == 'T')
		start = blank + 1;
	const char *colon = strstr(start, ": ");
	if (colon && g_str_has_prefix(start, "qemu-") && !memchr(start, ' ', (gsize)(colon - start)))
		start = colon + 2;
	return start == line ? NULL : start;
}

char *process_last_words(const char *log_file, gint64 start)
{
	struct stat st;

	if (stat(log_file, &st) < 0 || st.st_size <= start)
		return NULL;
	g_autofree char *text = file_tail(log_file, MIN((gsize)(st.st_size - start), WORDS_MAX));
	if (!text || !*g_strchomp(text))
		return NULL;
	/* QEMU adds a hint on lines without stamp; its sentence is the last line with one. */
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint count = g_strv_length(lines);
	for (guint i = count; i > 0 && i + HINT_LINES > count; i--) {
		const char *words = bare_words(lines[i - 1]);
		if (!words)
			continue;
		g_autofree char *hint = g_strjoinv("; ", lines + i);
		return g_strconcat(words, *hint ? "; " : "", hint, NULL);
	}
	return g_strdup(lines[count - 1]);
}
