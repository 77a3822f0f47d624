/* Disks of which every byte is known: partition tables, labels, and whose boot loader lies in the EFI partition. */
#include "gallery/medium.h"

#include <string.h>

#include "gallery/disk-file.h"
#include "tests/unit/support.h"

#define MIB       (1024 * 1024)
#define DISK_SIZE (8 * MIB)

typedef struct {
	guint8 bytes[DISK_SIZE];
	guint reads;
} Disk;

static gboolean read_disk(guint64 offset, void *buffer, gsize length, gpointer data)
{
	Disk *disk = data;

	g_assert_cmpuint(length, <=, MEDIUM_READ_MAX);
	disk->reads++;
	if (offset > DISK_SIZE || length > DISK_SIZE - offset)
		return FALSE;
	memcpy(buffer, disk->bytes + offset, length);
	return TRUE;
}

static void put16(guint8 *at, guint16 value)
{
	at[0] = (guint8)value;
	at[1] = (guint8)(value >> 8);
}

static void put32(guint8 *at, guint32 value)
{
	put16(at, (guint16)value);
	put16(at + 2, (guint16)(value >> 16));
}

static void put_mark(guint8 *sector)
{
	sector[510] = 0x55;
	sector[511] = 0xaa;
}

static void put_mbr(Disk *disk, guint number, guint8 flag, guint8 type, guint32 start)
{
	guint8 *entry = disk->bytes + 446 + number * 16;

	put_mark(disk->bytes);
	entry[0] = flag;
	entry[4] = type;
	put32(entry + 8, start);
}

static void put_gpt(Disk *disk, guint number, const guint8 *type, guint32 start)
{
	guint8 *header = disk->bytes + 512, *entry = disk->bytes + 1024 + number * 128;

	put_mbr(disk, 0, 0, 0xee, 1);
	memcpy(header, "EFI PART", 8);
	put32(header + 72, 2);
	put32(header + 80, 128);
	put32(header + 84, 128);
	memcpy(entry, type, 16);
	put32(entry + 32, start);
}

static void put_dir(guint8 *entry, const char *name, guint16 cluster)
{
	memset(entry, ' ', 11);
	memcpy(entry, name, strlen(name));
	entry[11] = 0x10;
	put16(entry + 26, cluster);
}

/* FAT16 with one reserved sector, two tables of one sector, 16 entries in the root: data begin behind four sectors. */
static void put_efi(Disk *disk, guint32 start, const char *vendor)
{
	guint8 *boot = disk->bytes + start * 512, *data = boot + 4 * 512;

	put16(boot + 11, 512);
	boot[13] = 1;
	put16(boot + 14, 1);
	boot[16] = 2;
	put16(boot + 17, 16);
	put16(boot + 22, 1);
	memcpy(boot + 54, "FAT16   ", 8);
	put_mark(boot);
	put_dir(boot + 3 * 512, "EFI", 2);
	put_dir(data, "BOOT", 3);
	put_dir(data + 32, vendor, 4);
}

static void put_ext4(Disk *disk, guint32 start, const char *label)
{
	guint8 *super = disk->bytes + start * 512 + 1024;

	put16(super + 56, 0xef53);
	memcpy(super + 120, label, strlen(label));
}

static const guint8 type_efi[] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				   0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
static const guint8 type_bios[] = { 0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e,
				    0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49 };
static const guint8 type_linux[] = { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47,
				     0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 };

static void put_debian(Disk *disk)
{
	put_gpt(disk, 0, type_linux, 4096);
	put_gpt(disk, 13, type_bios, 2048);
	put_gpt(disk, 14, type_efi, 8192);
	put_ext4(disk, 4096, "root disk");
	put_efi(disk, 8192, "DEBIAN");
}

static void test_gpt(void)
{
	g_autofree Disk *disk = g_new0(Disk, 1);
	DiskLook look;

	put_debian(disk);
	disk_look(read_disk, disk, &look);
	g_assert_cmpstr(look.table, ==, "gpt");
	g_assert_cmpstr(look.vendor, ==, "debian");
	g_assert_cmpstr(look.family, ==, "linux");
	g_assert_cmpstr(look.label, ==, "root disk");
	g_assert_true(look.efi && look.bios);
}

static void test_windows(void)
{
	g_autofree Disk *disk = g_new0(Disk, 1);
	DiskLook look;

	put_gpt(disk, 0, type_efi, 2048);
	put_efi(disk, 2048, "MICROS~1");
	disk_look(read_disk, disk, &look);
	g_assert_cmpstr(look.vendor, ==, "win");
	g_assert_cmpstr(look.family, ==, "windows");
	g_assert_true(look.efi && !look.bios);
}

static void test_mbr(void)
{
	g_autofree Disk *disk = g_new0(Disk, 1);
	DiskLook look;

	put_mbr(disk, 0, 0x80, 0x83, 2048);
	put_ext4(disk, 2048, "sys\377tem");
	disk_look(read_disk, disk, &look);
	g_assert_cmpstr(look.table, ==, "mbr");
	g_assert_cmpstr(look.vendor, ==, "");
	g_assert_cmpstr(look.family, ==, "linux");
	g_assert_cmpstr(look.label, ==, "sys?tem");
	g_assert_true(look.bios && !look.efi);
}

static void test_empty(void)
{
	g_autofree Disk *disk = g_new0(Disk, 1);
	DiskLook look;

	disk_look(read_disk, disk, &look);
	g_assert_cmpstr(look.table, ==, "");
	g_assert_cmpstr(look.family, ==, "");
	g_assert_false(look.bios || look.efi);
}

/* Whatever the bytes: an end, after few reads. */
static void test_random(void)
{
	g_autofree Disk *disk = g_new0(Disk, 1);

	for (guint round = 0; round < 300; round++) {
		DiskLook look;
		memset(disk, 0, sizeof *disk);
		put_debian(disk);
		for (guint i = 0; i < 40; i++)
			disk->bytes[g_random_int_range(0, 20000)] = (guint8)g_random_int();
		for (guint i = 0; i < 10; i++)
			disk->bytes[8192 * 512 + g_random_int_range(0, 4096)] = (guint8)g_random_int();
		disk_look(read_disk, disk, &look);
		g_assert_cmpuint(disk->reads, <, 2000);
		g_assert_true(g_utf8_validate(look.label, -1, NULL));
	}
}

/* The same disk in every format that qemu-img writes. */
static void test_formats(void)
{
	static const char *const formats[] = { "qcow2", "vmdk", "vdi", "vhdx", "vpc" };
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *raw = g_build_filename(dir, "disk,1.raw", NULL);
	g_autofree char *program = g_find_program_in_path("qemu-img");
	g_autofree Disk *disk = g_new0(Disk, 1);

	if (!program) {
		g_test_skip("qemu-img is not installed");
		return;
	}
	put_debian(disk);
	g_assert_true(g_file_set_contents(raw, (char *)disk->bytes, DISK_SIZE, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_autofree char *path = g_strdup_printf("%s/disk,1.%s", dir, formats[i]);
		const char *argv[] = { program, "convert",  "-q", "-f", "raw",
				       "-O",    formats[i], raw,  path, NULL };
		int status = -1;
		DiskLook look;
		g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
					   &status, NULL));
		g_assert_cmpint(status, ==, 0);
		g_autoptr(DiskFile) file = disk_file_open(path, NULL);
		g_assert_cmpstr(disk_file_format(file), ==, formats[i]);
		disk_look(disk_file_read, file, &look);
		g_assert_cmpstr(look.vendor, ==, "debian");
		g_assert_cmpstr(look.label, ==, "root disk");
	}
}

/* Who made the image does not choose what we open. */
static void test_backing(void)
{
	g_autoptr(TempDir) dir = temp_dir_new();
	g_autofree char *raw = g_build_filename(dir, "below.raw", NULL);
	g_autofree char *path = g_build_filename(dir, "above.qcow2", NULL);
	g_autofree char *program = g_find_program_in_path("qemu-img");
	g_autofree Disk *disk = g_new0(Disk, 1);
	int status = -1;
	DiskLook look;

	if (!program) {
		g_test_skip("qemu-img is not installed");
		return;
	}
	put_debian(disk);
	g_assert_true(g_file_set_contents(raw, (char *)disk->bytes, DISK_SIZE, NULL));
	const char *argv[] = { program, "create", "-q", "-f", "qcow2", "-b", raw, "-F", "raw", path, NULL };
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
				   &status, NULL));
	g_assert_cmpint(status, ==, 0);
	g_autoptr(DiskFile) file = disk_file_open(path, NULL);
	disk_look(disk_file_read, file, &look);
	g_assert_cmpstr(disk_file_format(file), ==, "qcow2");
	g_assert_cmpstr(look.table, ==, "");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/medium/gpt", test_gpt);
	g_test_add_func("/medium/windows", test_windows);
	g_test_add_func("/medium/mbr", test_mbr);
	g_test_add_func("/medium/empty", test_empty);
	g_test_add_func("/medium/random", test_random);
	g_test_add_func("/medium/formats", test_formats);
	g_test_add_func("/medium/backing", test_backing);
	return g_test_run();
}
