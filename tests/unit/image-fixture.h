/* Disk images for tests, made by qemu-img, and other programs that are run to their end. */
#pragma once

#include <sys/stat.h>

#include "tests/unit/support.h"

/* Runs a program, given by words with a NULL at the end; its exit status, output in *@out where that is wanted. */
static inline int run_words(const char *const *words, char **out)
{
	g_autoptr(GError) error = NULL;
	int status;

	g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | (out ? 0 : G_SPAWN_STDOUT_TO_DEV_NULL),
		     NULL, NULL, out, NULL, &status, &error);
	g_assert_no_error(error);
	return WEXITSTATUS(status);
}

#define run_program(...) run_words((const char *[]){ __VA_ARGS__, NULL }, NULL)

static inline gboolean program_missing(const char *name)
{
	g_autofree char *program = g_find_program_in_path(name);

	if (!program)
		g_test_skip(name);
	return !program;
}

/* Bytes of which no compression makes less, the same in each run. */
static inline void fill_noise(guint8 *bytes, gsize length, guint32 seed)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);

	for (gsize i = 0; i < length; i++)
		bytes[i] = (guint8)g_rand_int(random);
}

/* A raw disk of @size bytes: MBR, text, noise, a long hole, and noise again at its end, which is no multiple of anything. */
static inline guint8 *make_disk(gsize size)
{
	static const guint8 mbr[66] = {
		0x80, 1, 1, 0, 0x83, 0xfe, 0xff, 0xff, 0, 8, [64] = 0x55, [65] = 0xaa
	};
	guint8 *disk = g_malloc0(size);
	gsize part = size / 8;

	memcpy(disk + 446, mbr, sizeof(mbr));
	for (gsize i = 1024; i < part; i++)
		disk[i] = "the quick brown fox "[i % 20];
	fill_noise(disk + 2 * part, part, 1);
	fill_noise(disk + size - part / 2, part / 2, 2);
	return disk;
}

static inline char *write_bytes(const char *dir, const char *name, const guint8 *bytes, gsize length)
{
	char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, (const char *)bytes, (gssize)length, &error);
	g_assert_no_error(error);
	return path;
}

static inline guint8 *read_bytes(const char *path, gsize *length)
{
	g_autoptr(GError) error = NULL;
	char *bytes = NULL;

	g_file_get_contents(path, &bytes, length, &error);
	g_assert_no_error(error);
	return (guint8 *)bytes;
}

static inline guint64 blocks_of(const char *path)
{
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	return (guint64)st.st_blocks * 512;
}

static inline char *sha256_of(const char *path)
{
	gsize length;
	g_autofree guint8 *bytes = read_bytes(path, &length);

	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, length);
}

/* The qcow2 image is without fault, and its disk is that of @raw. */
static inline void check_qcow2(const char *image, const char *raw)
{
	g_assert_cmpint(run_program("qemu-img", "check", "-q", "-f", "qcow2", image), ==, 0);
	g_assert_cmpint(run_program("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", image, raw), ==,
			0);
}
