/*
 * A boot record: what stood on a guest's screen since its power was switched on, line by line with the time at which each appeared, so that the
 * message that flashed by can be read later. Fed with recognised screens (console/text.h), it tells lines that are new from such that scrolled,
 * and from such that only change (a counter, what somebody types).
 *
 * It comes as JSON objects, one a line. A line of the screen has an `id'; the same id again replaces the text (it was written early, and
 * changed afterwards). Ids rise in the order in which lines appeared.
 *
 *	{"start":"2026-01-31T12:00:00Z"}
 *	{"t":120,"mode":"text","columns":80,"rows":25}
 *	{"id":1,"t":120,"row":0,"text":"SeaBIOS (version 1.16.2)"}
 *	{"t":9000,"mode":"picture","width":1024,"height":768}
 *	{"t":30000,"reset":true}		the machine was reset
 *	{"t":42000,"gap":5000}			nobody looked until now, for that many ms at most
 *	{"dropped":1200}
 *	{"t":65000,"end":true}
 *
 * `t' is milliseconds since the start; `row' is where the line stood then.
 */
#pragma once

#include "console/cells.h"

typedef struct Recorder Recorder;

/* @entry: one JSON object, without a newline. */
typedef void (*RecordSink)(const char *entry, gpointer data);

Recorder *recorder_new(RecordSink sink, gpointer data);
void recorder_free(Recorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, recorder_free)

/* The first entry; @start is a time as RFC 3339 has it. Or goes on with a record whose last line had @last_id. */
void recorder_begin(Recorder *recorder, const char *start);
void recorder_continue(Recorder *recorder, gint64 last_id);
/* What is on the screen at @t, milliseconds since the start, which never goes back. */
void recorder_text(Recorder *recorder, gint64 t, const CellGrid *grid);
void recorder_picture(Recorder *recorder, gint64 t, int width, int height);
/* Writes what stood still for RECORD_SETTLE_MS; to be called so long after a screen. */
#define RECORD_SETTLE_MS 400
void recorder_settle(Recorder *recorder, gint64 t);
/* The machine was reset: what stands on the screen is written, and what follows stands behind a mark. */
void recorder_reset(Recorder *recorder, gint64 t);
/* After recorder_continue(): the recorder before this one ended while the VM ran, and nobody looked for @ms milliseconds at most. */
void recorder_gap(Recorder *recorder, gint64 t, gint64 ms);
/* Writes everything: the VM is off. */
void recorder_end(Recorder *recorder, gint64 t);

/* --- its file (record-file.c) ---------------------------------------------------------------------------------------- */

/* Bytes of a record at most. When it grows beyond, the middle goes: the boot is at the beginning, the end is why somebody looks. */
#define RECORD_FILE_MAX (4 * 1024 * 1024)

typedef struct RecordFile RecordFile;

/* Takes @fd, a file open for reading and writing, and adds to what is in it. It is given as a descriptor, so that its writer needs no
 * folder, and so that whoever removes a VM never meets a file that comes back. */
RecordFile *record_file_new(int fd, gsize max);
void record_file_free(RecordFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordFile, record_file_free)
/* Appends @entry as a line. A write that fails (no space) is forgotten: the guest is worth more than its record. */
void record_file_add(RecordFile *file, const char *entry);

/* --- reading it (record-read.c) -------------------------------------------------------------------------------------- */

typedef enum {
	RECORD_LINE,
	RECORD_TEXT_MODE,
	RECORD_PICTURE,
	RECORD_DROPPED,
	RECORD_RESET,
	RECORD_GAP,
	RECORD_END
} RecordKind;

typedef struct {
	RecordKind kind;
	gint64 t;          /* ms since the start */
	gint64 id;         /* RECORD_LINE, else 0 */
	int row;           /* RECORD_LINE */
	char *text;        /* RECORD_LINE, else NULL */
	int width, height; /* of RECORD_TEXT_MODE in cells, of RECORD_PICTURE in pixels */
	gint64 count;      /* RECORD_DROPPED: lines; RECORD_GAP: ms */
} RecordEntry;

/* Of RecordEntry, in order; *@start is the time of the start, "" when it is not known (caller frees). Takes anything: lines that it does not
 * understand are skipped. */
GPtrArray *record_read(const char *bytes, gsize length, char **start);
/* The same of a file, whose writer may be at it. */
GPtrArray *record_read_fd(int fd, char **start);

/* --- searching it (record-match.c) ----------------------------------------------------------------------------------- */

/* Whether @regex matched anything that a person could see on one screen: lines are joined by newlines as they stood below each other, blank ones
 * among them, or as they came one after the other while the screen scrolled; never across a reset, a change of the mode, or a gap. @entries are of
 * record_read(). */
gboolean record_matches(const GPtrArray *entries, const GRegex *regex);
