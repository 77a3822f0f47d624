/* What must be known of many disks at once, without asking anybody: on what they rest, how big the guest sees them. QEMU docs/interop/qcow2.txt, "Header". */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "hv/disk.h"

#define HEADER_BYTES 72
#define NAME_MAX_LEN 1023 /* by the format's rules */
#define NAME_OFFSET  8
#define NAME_SIZE    16
#define DISK_SIZE    24

static guint64 big_endian(const guint8 *bytes, guint count)
{
	guint64 value = 0;

	for (guint i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static gboolean read_header(int fd, guint8 *header)
{
	return fd >= 0 && pread(fd, header, HEADER_BYTES, 0) == HEADER_BYTES &&
	       memcmp(header, "QFI\xfb", 4) == 0;
}

char *disk_backing(const char *path)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	guint8 header[HEADER_BYTES];
	char name[NAME_MAX_LEN + 1] = "";

	if (!read_header(fd, header))
		return NULL;
	guint64 offset = big_endian(header + NAME_OFFSET, 8);
	guint64 length = big_endian(header + NAME_SIZE, 4);
	if (offset == 0 || offset > G_MAXINT32 || length == 0 || length > NAME_MAX_LEN)
		return NULL;
	if (pread(fd, name, length, (off_t)offset) != (ssize_t)length)
		return NULL;
	return g_strdup(name);
}

guint64 disk_virtual_size(const char *path)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	guint8 header[HEADER_BYTES];

	return read_header(fd, header) ? big_endian(header + DISK_SIZE, 8) : 0;
}
