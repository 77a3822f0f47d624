/*
 * A gallery of one item whose builder does as it is told.
 *
 * CARREL_DATA and CARREL_HOME lead into a folder of each test, so that feed, builder and store are the test's own.
 */
#pragma once

#include <sys/stat.h>

#include "gallery/gallery.h"
#include "tests/unit/support.h"

/* Arguments: --debs DIR --work DIR --output FILE. FAKE says what to do; each start adds a line to STARTS. */
static const char builder_script[] =
	"#!/bin/sh\n"
	"echo started >>\"$STARTS\"\n"
	"[ \"$1 $3 $5\" = '--debs --work --output' ] || { echo 'fake: wrong arguments' >&2; exit 1; }\n"
	"mkdir -p \"$4\" && echo x >\"$4/scratch\"\n"
	"note() { printf '{\"id\":\"test-image\",\"sha256\":\"%s\",\"size\":%s,\"version\":\"6.1\",\"built\":"
	"\"2026-11-22T20:58:00Z\",\"packages\":[]}' \"$1\" \"$2\" >\"$out.json\"; }\n"
	"out=$6\n"
	"echo progress download 10 100 some packages\n"
	"echo chatter that is no progress\n"
	"echo progress unpack 1 2 two\n"
	"echo progress UNPACK 1 2 no step name\n"
	"echo progress unpack many 2 no number\n"
	"echo progress unpack 2\n"
	"printf 'image %s' \"$CONTENT\" >\"$out\" || exit 1\n"
	"size=$(wc -c <\"$out\") sum=$(sha256sum <\"$out\" | cut -c1-64)\n"
	"case $FAKE in\n"
	"ok) note \"$sum\" \"$size\" ;;\n"
	"fail) echo diagnostics >&2; echo 'fake: the oven is cold; heat it' >&2; exit 1 ;;\n"
	"host) echo 'fake: xorriso is not installed' >&2; exit 5 ;;\n"
	"wrong-hash) note \"$(echo other | sha256sum | cut -c1-64)\" \"$size\" ;;\n"
	"wrong-size) note \"$sum\" 1 ;;\n"
	"no-note) ;;\n"
	"no-image) note \"$sum\" \"$size\"; rm \"$out\" ;;\n"
	"broken-note) echo '{' >\"$out.json\" ;;\n"
	"hang) sleep 1000 & echo $! >\"$PID.new\"; mv \"$PID.new\" \"$PID\"; wait ;;\n"
	"gate) note \"$sum\" \"$size\"; : >\"$PID\"; while [ ! -e \"$PID.go\" ]; do sleep 0.02; done ;;\n"
	"esac\n";

static const char feed_text[] =
	"{\"format\": 1, \"items\": [{\"id\": \"test-image\", \"name\": \"Test Image\", \"publisher\": \"P\","
	"\"version\": \"%s\", \"description\": \"D\", \"kind\": \"iso\", \"builder\": \"live/fake\"}]}";

typedef struct {
	TempDir *dir;
	char *images, *feed, *starts, *pid, *ready;
} Fixture;

static inline Fixture *fixture_new(const char *fake)
{
	Fixture *f = g_new0(Fixture, 1);

	f->dir = temp_dir_new();
	g_autofree char *data = g_build_filename(f->dir, "data", NULL);
	g_autofree char *home = g_build_filename(f->dir, "home", NULL);
	g_autofree char *live = g_build_filename(data, "live", NULL);
	g_autofree char *gallery = g_build_filename(data, "gallery", NULL);
	g_autofree char *builder = g_build_filename(live, "fake", NULL);
	g_autofree char *feed = g_strdup_printf(feed_text, "1");
	f->images = g_build_filename(home, "images", NULL);
	f->feed = g_build_filename(gallery, "builtin.json", NULL);
	f->starts = g_build_filename(f->dir, "starts", NULL);
	f->pid = g_build_filename(f->dir, "pid", NULL);
	f->ready = g_build_filename(f->dir, "ready.iso", NULL);
	g_assert_cmpint(g_mkdir_with_parents(live, 0700) | g_mkdir_with_parents(gallery, 0700), ==, 0);
	write_file(f->feed, feed);
	write_file(builder, builder_script);
	g_assert_cmpint(chmod(builder, 0755), ==, 0);
	g_setenv("CARREL_DATA", data, TRUE);
	g_setenv("CARREL_HOME", home, TRUE);
	g_setenv("STARTS", f->starts, TRUE);
	g_setenv("PID", f->pid, TRUE);
	g_setenv("FAKE", fake, TRUE);
	g_setenv("CONTENT", "one", TRUE);
	g_unsetenv("TEST_IMAGE_ISO");
	return f;
}

static inline void fixture_free(Fixture *f)
{
	temp_dir_remove(f->dir);
	g_free(f->images);
	g_free(f->feed);
	g_free(f->starts);
	g_free(f->pid);
	g_free(f->ready);
	g_free(f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

static inline guint count_starts(const Fixture *f)
{
	g_autofree char *text = NULL;
	guint count = 0;

	g_file_get_contents(f->starts, &text, NULL, NULL);
	for (const char *p = text; p && (p = strchr(p, '\n')); p++)
		count++;
	return count;
}

static inline void assert_images(const Fixture *f, const char *pattern)
{
	g_autofree char *names = list_dir(f->images);

	if (!g_pattern_match_simple(pattern, names))
		g_error("`%s' are in the store, not `%s'", names, pattern);
}

#define STORED "sha256-????????????????????????????????????????????????????????????????.iso test-image.json"

/* Steps as they were told, with the last numbers: "assemble 0/0 download 10/100 ..." */
typedef struct {
	GString *text;
	GAsyncResult *result;
	GCancellable *cancellable;
} Asked;

static inline void on_progress(const char *step, guint64 done, guint64 total, gpointer data)
{
	Asked *asked = data;

	g_assert_null(asked->result);
	g_string_append_printf(asked->text, "%s %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " ", step, done,
			       total);
}

static inline Asked *ask(Gallery *gallery, const char *id)
{
	Asked *asked = g_new0(Asked, 1);

	asked->text = g_string_new(NULL);
	asked->cancellable = g_cancellable_new();
	gallery_deliver(gallery, id, 0, on_progress, asked, asked->cancellable, keep_result, &asked->result);
	return asked;
}

/* Waits for the result; frees @asked. */
static inline char *answer(Gallery *gallery, Asked *asked, char **progress, GError **error)
{
	wait_until(asked->result);
	char *path = gallery_deliver_finish(gallery, asked->result, error);
	char *text = g_string_free(asked->text, FALSE);
	g_object_unref(asked->result);
	g_object_unref(asked->cancellable);
	g_free(asked);
	if (progress)
		*progress = text;
	else
		g_free(text);
	return path;
}

static inline char *deliver(Gallery *gallery, char **progress, GError **error)
{
	return answer(gallery, ask(gallery, "test-image"), progress, error);
}
