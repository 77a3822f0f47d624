/* Typing at a pace that the guest can follow (console/typing.h). */
#include "base/error.h"
#include "console/source-private.h"
#include "console/typing.h"

/*
 * QEMU hands key events to the guest one each 10 ms (key-delay-ms) from a queue of 1024 entries, and drops what does not fit without a
 * word. We count along how long the queue will take and stay well below its limit.
 */
#define EVENT_US   (10 * 1000)
#define BACKLOG_US (1500 * 1000)

/* Of an error message. */
#define MISSING_MAX 20

typedef struct {
	Source *source;
	GArray *strokes; /* KeyStroke */
	guint next;
	gint64 drained; /* monotonic time when the guest will have got everything */
	TypeProgress progress;
	gpointer progress_data;
} Typing;

static void typing_free(gpointer data)
{
	Typing *typing = data;

	source_unref(typing->source);
	g_array_unref(typing->strokes);
	g_free(typing);
}

static gboolean missing_error(const GString *missing, GError **error)
{
	return error_set(error, CARREL_ERROR_USAGE, "choose the keyboard layout that the guest uses",
			 "this keyboard layout has no keys for: %s", missing->str);
}

static gboolean collect_strokes(Layout *layout, const char *text, GArray *strokes, GError **error)
{
	g_autoptr(GString) missing = g_string_new(NULL);

	if (!g_utf8_validate(text, -1, NULL))
		return error_set(error, CARREL_ERROR_USAGE, NULL, "the text to type is not valid UTF-8");
	for (; *text; text = g_utf8_next_char(text)) {
		KeyStroke found[2];
		guint count;
		if (layout_lookup(layout, g_utf8_get_char(text), found, &count))
			g_array_append_vals(strokes, found, count);
		else if (g_utf8_strlen(missing->str, -1) < MISSING_MAX &&
			 !g_utf8_strchr(missing->str, -1, g_utf8_get_char(text)))
			g_string_append_unichar(missing, g_utf8_get_char(text));
	}
	return missing->len == 0 || missing_error(missing, error);
}

static void press(Typing *typing, const KeyStroke *stroke)
{
	gint64 now = g_get_monotonic_time();
	guint count = 0;

	while (count < G_N_ELEMENTS(stroke->codes) && stroke->codes[count])
		source_key(typing->source, stroke->codes[count++], TRUE);
	typing->drained = MAX(typing->drained, now) + 2 * (gint64)count * EVENT_US;
	while (count > 0)
		source_key(typing->source, stroke->codes[--count], FALSE);
}

/* TRUE when all was typed and the guest has it. */
static gboolean type_more(Typing *typing)
{
	gint64 now = g_get_monotonic_time();

	if (source_pending(typing->source) > 0)
		return FALSE;
	if (typing->next == typing->strokes->len)
		return typing->drained <= now;
	if (typing->drained - now >= BACKLOG_US)
		return FALSE;
	press(typing, &g_array_index(typing->strokes, KeyStroke, typing->next++));
	if (typing->progress)
		typing->progress(typing->next, typing->strokes->len, typing->progress_data);
	return FALSE;
}

static gboolean on_tick(gpointer data)
{
	GTask *task = data;
	Typing *typing = g_task_get_task_data(task);

	if (g_task_return_error_if_cancelled(task))
		return G_SOURCE_REMOVE;
	if (!source_is_open(typing->source)) {
		g_task_return_error(task, error_new(CARREL_ERROR_STATE, NULL,
						    "the guest's screen was closed after %u of %u keystrokes",
						    typing->next, typing->strokes->len));
		return G_SOURCE_REMOVE;
	}
	if (!type_more(typing))
		return G_SOURCE_CONTINUE;
	g_task_return_boolean(task, TRUE);
	return G_SOURCE_REMOVE;
}

void type_text_watched(Source *source, Layout *layout, const char *text, guint interval_ms,
		       TypeProgress progress, gpointer progress_data, GCancellable *cancellable,
		       GAsyncReadyCallback callback, gpointer data)
{
	g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
	g_autoptr(GSource) timer = g_timeout_source_new(MAX(interval_ms, 1));
	Typing *typing = g_new0(Typing, 1);
	GError *error = NULL;

	typing->source = source_ref(source);
	typing->progress = progress;
	typing->progress_data = progress_data;
	typing->strokes = g_array_new(FALSE, FALSE, sizeof(KeyStroke));
	g_task_set_task_data(task, typing, typing_free);
	if (collect_strokes(layout, text, typing->strokes, &error))
		g_task_attach_source(task, timer, on_tick);
	else
		g_task_return_error(task, error);
}

void type_text(Source *source, Layout *layout, const char *text, guint interval_ms, GCancellable *cancellable,
	       GAsyncReadyCallback callback, gpointer data)
{
	type_text_watched(source, layout, text, interval_ms, NULL, NULL, cancellable, callback, data);
}

gboolean type_text_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
