/* What an image is, by its bytes: those of qemu-img, and what is none. */
#include "gallery/image-format.h"

#include "tests/unit/image-fixture.h"

#define SIZE (8 * 1024 * 1024)

static ImageFormat find_file(const char *path, const char **what)
{
	gsize length;
	g_autofree guint8 *bytes = read_bytes(path, &length);

	return image_format_find(bytes, MIN(length, IMAGE_FORMAT_HEAD), what);
}

static void test_qemu(void)
{
	static const struct {
		const char *name, *options;
		ImageFormat format;
		gboolean has_size;
	} rows[] = {
		{"qcow2",  "compat=1.1",                   IMAGE_QCOW2, TRUE },
		{ "qcow2", "compat=0.10",                  IMAGE_QCOW2, TRUE },
		{ "vhdx",  "subformat=dynamic",            IMAGE_VHDX,  FALSE},
		{ "vhdx",  "subformat=fixed",              IMAGE_VHDX,  FALSE},
		{ "vpc",   "subformat=dynamic,force_size", IMAGE_VHD,   TRUE },
		{ "vmdk",  "subformat=monolithicSparse",   IMAGE_VMDK,  TRUE },
		{ "vmdk",  "subformat=streamOptimized",    IMAGE_VMDK,  TRUE },
		{ "vdi",   "static=off",                   IMAGE_VDI,   TRUE },
	};
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);

	if (program_missing("qemu-img"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize length;
		g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", rows[i].name, "-o",
					    rows[i].options, image, "8M"),
				==, 0);
		g_autofree guint8 *bytes = read_bytes(image, &length);
		ImageFormat format = image_format_find(bytes, MIN(length, IMAGE_FORMAT_HEAD), NULL);
		g_assert_cmpint(format, ==, rows[i].format);
		g_assert_cmpstr(image_format_name(format), ==, rows[i].name);
		g_assert_null(image_format_refuse(format, bytes, length));
		g_assert_cmpuint(image_format_virtual_size(format, bytes, length), ==,
				 rows[i].has_size ? SIZE : 0);
		g_unlink(image);
	}
}

/* A VHD of fixed size says so at its end only. */
static void test_fixed_vhd(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *image = g_build_filename(dir, "image", NULL);
	g_autofree guint8 *bytes = NULL;
	gsize length;

	if (program_missing("qemu-img"))
		return;
	g_assert_cmpint(run_program("qemu-img", "create", "-q", "-f", "vpc", "-o",
				    "subformat=fixed,force_size", image, "8M"),
			==, 0);
	bytes = read_bytes(image, &length);
	guint8 *footer = bytes + length - IMAGE_VHD_FOOTER;
	g_assert_cmpuint(image_format_vhd_data(footer, length), ==, SIZE);
	g_assert_cmpuint(image_format_vhd_data(footer, IMAGE_VHD_FOOTER), ==, 0);
	footer[100] ^= 1;
	g_assert_cmpuint(image_format_vhd_data(footer, length), ==, 0);
}

static void test_refused(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *base = g_build_filename(dir, "base", NULL);
	const struct {
		const char *words[12], *refused;
	} rows[] = {
		{{ "-f", "qcow2", "-b", base, "-F", "raw" },                                            "needs a backing file"},
		{ { "-f", "qcow2", "-o", "data_file=data,data_file_raw=on" },
                 "has its data in another file"									       },
		{ { "--object", "secret,id=s,data=abc", "-f", "qcow2", "-o",
		    "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10" },
                 "is encrypted"											       },
	};

	if (program_missing("qemu-img"))
		return;
	write_file(base, "x");
	g_assert_cmpint(g_chdir(dir), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *words[20] = { "qemu-img", "create", "-q" };
		gsize length, count = 3;
		for (const char *const *word = rows[i].words; *word; word++)
			words[count++] = *word;
		words[count++] = "image";
		words[count++] = "8M";
		/* LUKS measures the processor first, and gives up when somebody else has it. */
		guint tries = 0;
		while (run_words(words, NULL) != 0)
			g_assert_cmpuint(++tries, <, 100);
		g_autofree guint8 *bytes = read_bytes("image", &length);
		g_assert_cmpint(image_format_find(bytes, length, NULL), ==, IMAGE_QCOW2);
		g_assert_cmpstr(image_format_refuse(IMAGE_QCOW2, bytes, length), ==, rows[i].refused);
		g_unlink("image");
	}
	g_assert_cmpint(g_chdir("/"), ==, 0);
	/* As Microsoft's and VMware's own tools would make them. */
	g_assert_nonnull(
		image_format_refuse(IMAGE_VMDK, (const guint8 *)"KDMV\1\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0", 20));
	guint8 vhd[512] = "conectix";
	vhd[63] = 4;
	g_assert_cmpstr(image_format_refuse(IMAGE_VHD, vhd, sizeof(vhd)), ==, "needs a parent disk");
}

static void test_real_iso(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *iso = g_build_filename(dir, "image.iso", NULL);
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	const char *what;

	if (program_missing("xorriso"))
		return;
	write_file(file, "content");
	g_assert_cmpint(run_words((const char *[]){ "xorriso", "-report_about", "SORRY", "-as", "mkisofs",
						    "-o", iso, file, NULL },
				  NULL),
			==, 0);
	g_assert_cmpint(find_file(iso, &what), ==, IMAGE_ISO);
	g_assert_null(what);
	/* The same with the boot record of a hybrid. */
	gsize length;
	g_autofree guint8 *bytes = read_bytes(iso, &length);
	bytes[510] = 0x55;
	bytes[511] = 0xaa;
	g_assert_cmpint(image_format_find(bytes, length, NULL), ==, IMAGE_ISO);
}

static void test_by_hand(void)
{
	static const struct {
		gsize offset;
		const char *bytes;
		ImageFormat format;
	} rows[] = {
		{510,    "\x55\xaa", IMAGE_RAW    },
                { 512,   "EFI PART", IMAGE_RAW    },
		{ 4096,  "EFI PART", IMAGE_RAW    },
                { 1080,  "\x53\xef", IMAGE_RAW    },
		{ 65600, "_BHRfS_M", IMAGE_RAW    },
                { 34817, "NSR02",    IMAGE_ISO    },
		{ 32769, "CD001",    IMAGE_ISO    },
                { 32768, "CD001",    IMAGE_UNKNOWN},
		{ 511,   "\x55\xaa", IMAGE_UNKNOWN},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree guint8 *bytes = g_malloc0(IMAGE_FORMAT_HEAD);
		memcpy(bytes + rows[i].offset, rows[i].bytes, strlen(rows[i].bytes));
		g_assert_cmpint(image_format_find(bytes, IMAGE_FORMAT_HEAD, NULL), ==, rows[i].format);
		/* Cut off in the middle of the mark. */
		if (rows[i].format != IMAGE_UNKNOWN)
			g_assert_cmpint(image_format_find(bytes, rows[i].offset + 1, NULL), ==,
					IMAGE_UNKNOWN);
	}
}

static void test_none(void)
{
	static const struct {
		const char *bytes, *what;
	} rows[] = {
		{"<!DOCTYPE html>\n<html lang=en>",       "a web page"     },
		{ "\n  <HTML><body>Please log in</body>", "a web page"     },
		{ "\xef\xbb\xbf<?xml version='1.0'?>",    "an XML document"},
		{ "{ \"error\": 404 }",                   "a JSON document"},
		{ "Not found\n",                          "a text"         },
		{ "M\xc3\xbcll",                          "a text"         },
		{ "-----BEGIN PGP SIGNATURE-----",        "a signature"    },
		{ "# Disk DescriptorFile\nversion=1\n",
                 "the description of a VMDK whose data lies in other files"},
		{ "7z\xbc\xaf\x27\x1c",                   "a 7-Zip archive"},
		{ "",				     "empty"          },
		{ "\x01\x02\x03\x04",                     NULL             },
	};
	const char *what;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_cmpint(
			image_format_find((const guint8 *)rows[i].bytes, strlen(rows[i].bytes), &what), ==,
			IMAGE_UNKNOWN);
		g_assert_cmpstr(what, ==, rows[i].what);
	}
	/* A whole page of it, and one with a NUL in it, which is no text. */
	g_autofree char *page = g_strnfill(IMAGE_FORMAT_HEAD, ' ');
	memcpy(page, "<html>", 6);
	g_assert_cmpint(image_format_find((const guint8 *)page, IMAGE_FORMAT_HEAD, &what), ==, IMAGE_UNKNOWN);
	g_assert_cmpstr(what, ==, "a web page");
	page[100] = '\0';
	g_assert_cmpint(image_format_find((const guint8 *)page, IMAGE_FORMAT_HEAD, &what), ==, IMAGE_UNKNOWN);
	g_assert_null(what);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/image-format/qemu", test_qemu);
	g_test_add_func("/image-format/fixed-vhd", test_fixed_vhd);
	g_test_add_func("/image-format/refused", test_refused);
	g_test_add_func("/image-format/iso", test_real_iso);
	g_test_add_func("/image-format/by-hand", test_by_hand);
	g_test_add_func("/image-format/none", test_none);
	return g_test_run();
}
