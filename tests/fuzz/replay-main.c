/*
 * A main() for fuzz targets that were built without libFuzzer: replays the corpus as a test, so that every build runs it.
 *
 * Arguments are files and folders of inputs. Each input is given to the target as it is, cut short at some lengths and with
 * some bytes changed; the changes are the same in every run. The target fails by crashing or by a sanitizer. Prints TAP.
 */
#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS    48
#define CHANGES 96

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint results;

/* The target gets a block of exactly @size bytes, so that the sanitizer sees a read beyond its end. */
static void give(const char *bytes, gsize size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void give_cut_short(const char *bytes, gsize size)
{
	gsize step = size / CUTS + 1;

	for (gsize length = 0; length < size; length += step)
		give(bytes, length);
}

static void give_changed(const char *bytes, gsize size)
{
	static const guint8 replacements[] = { 0x00, 0xff, 0x7f, 0x80, '"', '\n', '{', '9' };
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)size);

	for (guint i = 0; i < CHANGES && size > 0; i++) {
		g_autofree char *copy = g_memdup2(bytes, size);
		gsize at = g_rand_double(random) * size;
		copy[at] = replacements[i % G_N_ELEMENTS(replacements)];
		give(copy, size);
	}
}

static gboolean replay_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *bytes = NULL;
	gsize size;

	if (!g_file_get_contents(path, &bytes, &size, &error)) {
		printf("not ok %u - %s: %s\n", ++results, path, error->message);
		return FALSE;
	}
	give(bytes, size);
	give_cut_short(bytes, size);
	give_changed(bytes, size);
	printf("ok %u - %s\n", ++results, path);
	fflush(stdout);
	return TRUE;
}

static gboolean replay(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;
	gboolean fine = TRUE;

	if (!dir)
		return replay_file(path);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		fine = replay(below) && fine;
	}
	return fine;
}

int main(int argc, char **argv)
{
	gboolean fine = TRUE;

	for (int i = 1; i < argc; i++)
		fine = replay(argv[i]) && fine;
	/* An empty corpus tests nothing and must not look like success. */
	if (results == 0)
		printf("not ok %u - there is no input to replay\n", ++results);
	printf("1..%u\n", results);
	return fine && results > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
