/* Long-lived children that outlive the daemon (QEMU, swtpm): start them detached, and watch any process by pidfd. */
#pragma once

#include <glib.h>

/*
 * Starts @argv in a session of its own with cwd @directory, stdin /dev/null, stdout and stderr appended to @log_file, umask 0077, no signal
 * blocked, and no descriptor of ours but @pass_fds (ended by -1, may be NULL; same numbers in the child). Returns its pid, which the caller
 * must reap, or 0. *@log_start is where its words begin in the log; may be NULL.
 */
int process_spawn(char **argv, const char *directory, const char *log_file, const int *pass_fds,
		  gint64 *log_start, GError **error);

/* pidfd of a process (see pidfd_open(2)), readable when it ended; -1 when there is none such. */
int process_pidfd(int pid);

/* As kill(2), to whom the descriptor stands for; a process that has ended gets none. */
void process_signal(int pidfd, int signal);

/* TRUE when /proc/PID/cmdline has an argument that holds @word. */
gboolean process_argv_holds(int pid, const char *word);

/* The last message in @log_file behind @start, on one line without QEMU's time stamp and program name; NULL when there is none. Caller frees. */
char *process_last_words(const char *log_file, gint64 start);
