/*
 * The boot record of one running VM: looks at its screen like any viewer and writes down what it says (console/record.h).
 *
 *	carrel-record [--append|--resume] SCREEN FILE ID
 *
 * SCREEN and FILE are descriptors: a connection to the screen, made by the daemon before the guest's first instruction, and the record's file. ID is
 * the VM's, by which a later daemon knows this process. With --append the guest was restored and goes on in its record; with --resume it ran on while
 * the recorder before this one was gone. It ends with the connection, that is with QEMU, and lives on without the daemon. SIGWINCH says that the
 * machine was reset, which the screen alone does not tell. Whatever goes wrong here leaves the VM alone.
 */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "console/record.h"
#include "console/source.h"
#include "console/text.h"

/* Looking at the screen, ms after it changed: as often as QEMU shows something new while there is text. A screen that stays a picture is seldom
 * looked at, and QEMU sends it as seldom: a desktop at work costs next to nothing. */
#define LOOK_TEXT_MS    30
#define LOOK_PICTURE_MS 1000
/* So long a picture may turn out to be a text screen that is still being drawn. */
#define PATIENCE_MS 2000
/* Behind everything that people wait for. */
#define NICENESS 5

typedef enum { ANEW, APPEND, RESUME } Manner;

typedef struct {
	GMainLoop *loop;
	Surface *surface;
	Source *source;
	TextReader *reader;
	Recorder *recorder;
	RecordFile *file;
	gint64 start;         /* monotonic us of t = 0 */
	gint64 picture_since; /* monotonic us, 0 = it is text */
	guint look, settle;
	guint interval;
} Record;

static gint64 now(const Record *record)
{
	return (g_get_monotonic_time() - record->start) / 1000;
}

static void on_entry(const char *entry, gpointer data)
{
	record_file_add(((Record *)data)->file, entry);
}

static gboolean on_settle(gpointer data)
{
	Record *record = data;

	record->settle = 0;
	recorder_settle(record->recorder, now(record));
	return G_SOURCE_REMOVE;
}

static void set_interval(Record *record, guint ms)
{
	if (record->interval == ms)
		return;
	record->interval = ms;
	source_set_interval(record->source, ms);
}

static void choose_interval(Record *record, TextVerdict verdict)
{
	gint64 time = g_get_monotonic_time();

	if (verdict == TEXT_PURE)
		record->picture_since = 0;
	else if (!record->picture_since)
		record->picture_since = time;
	gboolean settled = record->picture_since && time - record->picture_since >= PATIENCE_MS * 1000;
	set_interval(record, settled ? LOOK_PICTURE_MS : LOOK_TEXT_MS);
}

/* What QEMU itself says until the guest has set a mode (ui/console.c). */
static gboolean is_placeholder(const CellGrid *grid)
{
	g_autofree char *text = text_from_grid(grid);

	return strstr(text, "Guest has not initialized the display") != NULL;
}

static gboolean on_look(gpointer data)
{
	Record *record = data;
	const CellGrid *grid;

	/* Half of a picture is another screen than any that there was. */
	if (source_is_drawing(record->source))
		return G_SOURCE_CONTINUE;
	record->look = 0;
	TextVerdict verdict = text_look(record->reader, record->surface, &grid);
	if (verdict != TEXT_GRAPHICS && is_placeholder(grid))
		return G_SOURCE_REMOVE;
	if (verdict == TEXT_GRAPHICS)
		recorder_picture(record->recorder, now(record), surface_width(record->surface),
				 surface_height(record->surface));
	else
		recorder_text(record->recorder, now(record), grid);
	choose_interval(record, verdict);
	if (!record->settle)
		record->settle = g_timeout_add(RECORD_SETTLE_MS + 10, on_settle, record);
	return G_SOURCE_REMOVE;
}

static void on_surface(Surface *surface, SurfaceEvent event, const Rect *damage, gpointer data)
{
	Record *record = data;

	if (event == SURFACE_CURSOR)
		return;
	if (event == SURFACE_RESIZED) {
		record->picture_since = 0;
		set_interval(record, LOOK_TEXT_MS);
	}
	if (!record->look && surface_width(surface) > 0)
		record->look = g_timeout_add(LOOK_TEXT_MS, on_look, record);
}

static void on_source(Source *source, SourceEvent event, gpointer data)
{
	Record *record = data;

	if (event == SOURCE_CLOSED)
		g_main_loop_quit(record->loop);
}

static gboolean on_reset(gpointer data)
{
	Record *record = data;

	recorder_reset(record->recorder, now(record));
	return G_SOURCE_CONTINUE;
}

/* ms since the file was written to, by the clock of the host. */
static gint64 unwritten_ms(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	return MAX(g_get_real_time() / 1000 - (st.st_mtim.tv_sec * 1000LL + st.st_mtim.tv_nsec / 1000000), 0);
}

/* After the last entry of the record; @away ms later. */
static void continue_record(Record *record, const char *bytes, gsize length, gint64 away)
{
	g_autofree char *start = NULL;
	g_autoptr(GPtrArray) entries = record_read(bytes, length, &start);
	gint64 last_id = 0, last = 0;

	for (guint i = 0; i < entries->len; i++) {
		const RecordEntry *entry = entries->pdata[i];
		last_id = MAX(last_id, entry->id);
		last = MAX(last, entry->t);
	}
	recorder_continue(record->recorder, last_id);
	record->start -= (last + away) * 1000;
}

static void begin(Record *record, Manner manner, int fd)
{
	gint64 away = manner == RESUME ? unwritten_ms(fd) : 0;
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree char *bytes = NULL;
	g_autoptr(GDateTime) time = g_date_time_new_now_utc();
	g_autofree char *text = g_date_time_format_iso8601(time);
	gsize length;

	record->start = g_get_monotonic_time();
	if (manner != ANEW && g_file_get_contents(path, &bytes, &length, NULL) && length > 0)
		continue_record(record, bytes, length, away);
	else
		recorder_begin(record->recorder, text);
	if (manner == RESUME)
		recorder_gap(record->recorder, now(record), away);
}

static gboolean parse_fd(const char *text, int *fd)
{
	gint64 number;

	if (!g_ascii_string_to_signed(text, 10, 3, G_MAXINT, &number, NULL))
		return FALSE;
	*fd = (int)number;
	return TRUE;
}

static void run(Record *record, int fd)
{
	record->loop = g_main_loop_new(NULL, FALSE);
	record->surface = surface_new();
	record->reader = text_reader_new();
	guint watch = surface_watch(record->surface, on_surface, record);
	record->source = source_new(fd, record->surface, on_source, record);
	set_interval(record, LOOK_TEXT_MS);
	guint reset = g_unix_signal_add(SIGWINCH, on_reset, record);
	g_main_loop_run(record->loop);
	if (record->look)
		on_look(record);
	g_source_remove(reset);
	surface_unwatch(record->surface, watch);
	recorder_end(record->recorder, now(record));
}

static void clear(Record *record)
{
	g_clear_handle_id(&record->settle, g_source_remove);
	g_clear_handle_id(&record->look, g_source_remove);
	g_clear_pointer(&record->source, source_free);
	g_clear_pointer(&record->reader, text_reader_free);
	g_clear_pointer(&record->surface, surface_unref);
	g_clear_pointer(&record->recorder, recorder_free);
	g_clear_pointer(&record->file, record_file_free);
	g_clear_pointer(&record->loop, g_main_loop_unref);
}

static Manner parse_manner(const char *word)
{
	if (g_strcmp0(word, "--append") == 0)
		return APPEND;
	return g_strcmp0(word, "--resume") == 0 ? RESUME : ANEW;
}

int main(int argc, char **argv)
{
	Manner manner = parse_manner(argv[1]);
	char **words = argv + 1 + (manner != ANEW);
	Record record = { 0 };
	int screen, file;

	setlocale(LC_ALL, "");
	log_init("carrel-record", LOG_STYLE_TOOL, FALSE);
	signal(SIGPIPE, SIG_IGN);
	if (argc != 4 + (manner != ANEW) || !parse_fd(words[0], &screen) || !parse_fd(words[1], &file)) {
		g_printerr("usage: carrel-record [--append|--resume] SCREEN FILE ID\n");
		return 2;
	}
	/* Two writers would spoil it. */
	if (flock(file, LOCK_EX | LOCK_NB) < 0) {
		g_printerr("carrel-record: another one writes this record\n");
		return EXIT_FAILURE;
	}
	setpriority(PRIO_PROCESS, 0, NICENESS);
	record.file = record_file_new(file, RECORD_FILE_MAX);
	record.recorder = recorder_new(on_entry, &record);
	begin(&record, manner, file);
	run(&record, screen);
	clear(&record);
	return EXIT_SUCCESS;
}
