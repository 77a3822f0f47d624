#include "console/record.h"

#include <string.h>

#include "base/json.h"
#include "console/text.h"

/* A line whose text changes in no more than this share of it, in percent, or in so few characters, is the same line. */
#define SAME_PERCENT    34
#define SAME_CHARACTERS 3
/* So many lines of those that could have moved did, in percent: the screen scrolled. */
#define SCROLL_PERCENT 60

typedef struct {
	char *text; /* "" = blank */
	guint hash;
	gint64 id, since, changed;
	int row;          /* where it stood at `since' */
	guint looks;      /* in which it was there */
	gboolean is_owed; /* not written as it is now */
} Line;

struct Recorder {
	RecordSink sink;
	gpointer data;
	gint64 last_id;
	gboolean is_text;
	int columns, rows;
	Line *lines;
	/* A picture that is not written yet: while a text screen is drawn it may look like one for a moment. */
	gboolean is_picture, picture_owed;
	gint64 picture_since;
	int picture_width, picture_height;
};

Recorder *recorder_new(RecordSink sink, gpointer data)
{
	Recorder *recorder = g_new0(Recorder, 1);

	recorder->sink = sink;
	recorder->data = data;
	return recorder;
}

static void drop_lines(Recorder *recorder)
{
	for (int i = 0; i < recorder->rows; i++)
		g_free(recorder->lines[i].text);
	g_clear_pointer(&recorder->lines, g_free);
	recorder->columns = recorder->rows = 0;
}

void recorder_free(Recorder *recorder)
{
	if (!recorder)
		return;
	drop_lines(recorder);
	g_free(recorder);
}

/* --- entries --------------------------------------------------------------------------------------------------------- */

/* Takes @object. */
static void tell(Recorder *recorder, JsonObject *object)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	g_autofree char *text = json_text(node, FALSE);

	json_object_unref(object);
	recorder->sink(text, recorder->data);
}

static void tell_mode(Recorder *recorder, gint64 t, gboolean text, int width, int height)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "t", t);
	json_object_set_string_member(object, "mode", text ? "text" : "picture");
	json_object_set_int_member(object, text ? "columns" : "width", width);
	json_object_set_int_member(object, text ? "rows" : "height", height);
	tell(recorder, object);
}

static void tell_line(Recorder *recorder, int row)
{
	Line *line = &recorder->lines[row];
	JsonObject *object;

	if (!line->is_owed)
		return;
	line->is_owed = FALSE;
	object = json_object_new();
	json_object_set_int_member(object, "id", line->id);
	json_object_set_int_member(object, "t", line->since);
	json_object_set_int_member(object, "row", line->row);
	json_object_set_string_member(object, "text", line->text);
	tell(recorder, object);
}

static void tell_lines(Recorder *recorder)
{
	for (int row = 0; row < recorder->rows; row++)
		tell_line(recorder, row);
}

void recorder_begin(Recorder *recorder, const char *start)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "start", start);
	tell(recorder, object);
}

void recorder_continue(Recorder *recorder, gint64 last_id)
{
	recorder->last_id = last_id;
}

/* --- what became of a line ------------------------------------------------------------------------------------------- */

/* A counter that runs, a word that is typed, a mark that moved: most of the old text still stands where it stood. */
static gboolean is_same_line(const char *old, const char *text)
{
	guint before = 0, differs = 0;

	for (; *old; old = g_utf8_next_char(old)) {
		gunichar c = g_utf8_get_char(old);
		before += c != ' ';
		differs += c != ' ' && (!*text || g_utf8_get_char(text) != c);
		text = *text ? g_utf8_next_char(text) : text;
	}
	return differs <= SAME_CHARACTERS ? before > differs : differs * 100 <= before * SAME_PERCENT;
}

/* Cells that were half drawn when we looked, and something else the next time. */
static gboolean is_half_drawn(const Line *line)
{
	return line->looks == 1 && strstr(line->text, "\357\277\275");
}

/* Takes @text. */
static void put_line(Recorder *recorder, gint64 t, int row, char *text)
{
	Line *line = &recorder->lines[row];

	if (g_str_equal(line->text, text)) {
		g_free(text);
		return;
	}
	if (!*line->text || !*text || !is_same_line(line->text, text)) {
		if (!*text || !is_half_drawn(line))
			tell_line(recorder, row);
		line->id = ++recorder->last_id;
		line->looks = 0;
		line->since = t;
		line->row = row;
	}
	g_free(line->text);
	line->text = text;
	line->hash = g_str_hash(text);
	line->changed = t;
	line->is_owed = *text != '\0';
}

/* --- scrolling ------------------------------------------------------------------------------------------------------- */

/* How many of the lines from @top to @bottom (not included) stand @by rows higher now; @could: how many could. Blank ones prove nothing. */
static guint moved(const Recorder *recorder, const guint *hashes, char *const *texts, int top, int bottom,
		   int by, guint *could)
{
	guint count = 0;

	*could = 0;
	for (int row = top; row < bottom - by; row++) {
		const Line *old = &recorder->lines[row + by];
		if (!*old->text)
			continue;
		++*could;
		count += old->hash == hashes[row] && g_str_equal(old->text, texts[row]);
	}
	return count;
}

/* By how many rows the part of the screen that changed moved up; 0: it did not. */
static int find_scroll(const Recorder *recorder, const guint *hashes, char *const *texts, int top, int bottom)
{
	guint could;
	guint best = moved(recorder, hashes, texts, top, bottom, 0, &could);
	int by = 0;

	for (int rows = 1; rows < bottom - top; rows++) {
		guint count = moved(recorder, hashes, texts, top, bottom, rows, &could);
		if (count > best && count * 100 >= could * SCROLL_PERCENT) {
			best = count;
			by = rows;
		}
	}
	return by;
}

static void scroll(Recorder *recorder, int top, int bottom, int by)
{
	for (int row = top; row < top + by; row++) {
		tell_line(recorder, row);
		g_free(recorder->lines[row].text);
	}
	memmove(&recorder->lines[top], &recorder->lines[top + by], sizeof(Line) * (gsize)(bottom - top - by));
	for (int row = bottom - by; row < bottom; row++)
		recorder->lines[row] = (Line){ .text = g_strdup("") };
}

static int count_lines(const Recorder *recorder, char *const *texts)
{
	int count = 0;

	for (int row = 0; row < recorder->rows; row++)
		count += *texts[row] != '\0';
	return count;
}

/* A guest that scrolls by more than we see: another full screen, of which nothing was there before. The last line of the old one was just being
 * written; as most of those behind it, it was never seen whole. */
static void forget_begun_line(Recorder *recorder, const guint *hashes, char *const *texts, int top,
			      int bottom)
{
	guint could;
	int row = recorder->rows - 1;

	if (top > 0 || moved(recorder, hashes, texts, top, bottom, 0, &could) > 0 ||
	    (int)could * 2 < recorder->rows || count_lines(recorder, texts) * 2 < recorder->rows)
		return;
	while (!*recorder->lines[row].text)
		row--;
	if (recorder->lines[row].looks == 1)
		recorder->lines[row].is_owed = FALSE;
}

/* --- screens --------------------------------------------------------------------------------------------------------- */

static void begin_text(Recorder *recorder, gint64 t, const CellGrid *grid)
{
	tell_lines(recorder);
	drop_lines(recorder);
	recorder->columns = grid->columns;
	recorder->rows = grid->rows;
	recorder->lines = g_new0(Line, (gsize)grid->rows);
	for (int row = 0; row < grid->rows; row++)
		recorder->lines[row].text = g_strdup("");
	recorder->is_text = TRUE;
	tell_mode(recorder, t, TRUE, grid->columns, grid->rows);
}

void recorder_text(Recorder *recorder, gint64 t, const CellGrid *grid)
{
	g_autofree char *all = text_from_grid(grid);
	g_auto(GStrv) texts = g_strsplit(all, "\n", grid->rows + 1);
	g_autofree guint *hashes = g_new(guint, (gsize)grid->rows);
	int top = 0, bottom = grid->rows;

	recorder->is_picture = recorder->picture_owed = FALSE;
	if (!recorder->is_text || recorder->columns != grid->columns || recorder->rows != grid->rows)
		begin_text(recorder, t, grid);
	g_assert((int)g_strv_length(texts) >= grid->rows);
	for (int row = 0; row < grid->rows; row++)
		hashes[row] = g_str_hash(texts[row]);
	/* Status lines above and below do not scroll. */
	while (top < bottom && g_str_equal(recorder->lines[top].text, texts[top]))
		top++;
	while (bottom > top && g_str_equal(recorder->lines[bottom - 1].text, texts[bottom - 1]))
		bottom--;
	int by = find_scroll(recorder, hashes, texts, top, bottom);
	if (by > 0)
		scroll(recorder, top, bottom, by);
	else
		forget_begun_line(recorder, hashes, texts, top, bottom);
	for (int row = top; row < bottom; row++)
		put_line(recorder, t, row, g_strdup(texts[row]));
	for (int row = 0; row < recorder->rows; row++)
		recorder->lines[row].looks++;
}

void recorder_picture(Recorder *recorder, gint64 t, int width, int height)
{
	if (recorder->is_picture && recorder->picture_width == width && recorder->picture_height == height)
		return;
	recorder->is_picture = recorder->picture_owed = TRUE;
	recorder->picture_since = t;
	recorder->picture_width = width;
	recorder->picture_height = height;
}

static void write_picture(Recorder *recorder)
{
	recorder->picture_owed = FALSE;
	tell_lines(recorder);
	drop_lines(recorder);
	recorder->is_text = FALSE;
	tell_mode(recorder, recorder->picture_since, FALSE, recorder->picture_width,
		  recorder->picture_height);
}

void recorder_settle(Recorder *recorder, gint64 t)
{
	for (int row = 0; row < recorder->rows; row++)
		if (t - recorder->lines[row].changed >= RECORD_SETTLE_MS)
			tell_line(recorder, row);
	if (recorder->picture_owed && t - recorder->picture_since >= RECORD_SETTLE_MS)
		write_picture(recorder);
}

/* Takes @what, the member that says what happened at @t. */
static void tell_event(Recorder *recorder, gint64 t, const char *name, JsonNode *what)
{
	JsonObject *object = json_object_new();

	tell_lines(recorder);
	if (recorder->picture_owed)
		write_picture(recorder);
	json_object_set_int_member(object, "t", t);
	json_object_set_member(object, name, what);
	tell(recorder, object);
}

static JsonNode *yes(void)
{
	return json_node_init_boolean(json_node_alloc(), TRUE);
}

void recorder_reset(Recorder *recorder, gint64 t)
{
	tell_event(recorder, t, "reset", yes());
}

void recorder_gap(Recorder *recorder, gint64 t, gint64 ms)
{
	tell_event(recorder, t, "gap", json_node_init_int(json_node_alloc(), ms));
}

void recorder_end(Recorder *recorder, gint64 t)
{
	tell_event(recorder, t, "end", yes());
}
