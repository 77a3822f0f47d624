/*
 * The terminal as a file: raw mode, bytes in, bytes out without ever blocking, signals, and its old state restored on every
 * way out, crashes included. There is one terminal in a process, hence no object. Knows no ncurses.
 *
 * Output goes through a file description of our own, so that O_NONBLOCK does not fall on the shell that shares our standard
 * output, and through a queue, so that a slow line (ssh) delays frames but never the program.
 */
#pragma once

#include <glib.h>

typedef enum {
	TTY_RESIZED,
	TTY_STOPPED, /* SIGTSTP: leave by tty_suspend() */
	TTY_RESUMED, /* SIGCONT: raw mode is on again; everything must be drawn anew */
	TTY_INPUT,   /* bytes of the person */
	TTY_DRAINED, /* the output queue ran empty */
	TTY_HANGUP   /* SIGHUP, SIGTERM, SIGINT, or the terminal is gone: end */
} TtyEvent;

/* @bytes and @length for TTY_INPUT only. */
typedef void (*TtyWatch)(TtyEvent event, const char *bytes, gsize length, gpointer data);

/* CARREL_ERROR_USAGE when standard input and output are no terminal. */
gboolean tty_open(TtyWatch watch, gpointer data, GError **error);
/* Writes what is queued (waiting a second at most), then the restore sequence; old modes. */
void tty_close(void);

/* What is written when the program ends or dies, for example "leave the alternate screen". At most 256 bytes are kept. */
void tty_set_restore(const char *sequence);

void tty_write(const char *bytes, gssize length);
/* Bytes that the terminal has not taken yet; no new frame while there are any. */
gsize tty_pending(void);
void tty_size(int *columns, int *rows);
/* Pixels of a cell, 0 where the terminal does not tell. */
void tty_cell_size(int *width, int *height);

/* Stops the process (the shell's job control) with the terminal restored; returns when it goes on. */
void tty_suspend(void);
