#include "gallery/iso-tidy.h"

#include <string.h>

#define SECTOR           2048
#define FIRST_DESCRIPTOR 16
#define PRIMARY          1
#define SUPPLEMENTARY    2
#define VOLUME_NAME      40 /* BP 41 to 72 */
#define VOLUME_NAME_SIZE 32
#define APPLICATION      574 /* BP 575 to 702: libarchive and its version */
#define APPLICATION_SIZE 128
#define ROOT_RECORD      156
#define VOLUME_TIMES     813 /* BP 814 to 881: creation, modification, expiration, effective; 17 bytes each */
#define VOLUME_TIME_SIZE 17
#define RECORD_TIME      18
#define RECORD_FLAGS     25
#define RECORD_NAME      33
#define RECORD_IS_DIR    0x02
#define DEPTH_MAX        8
#define TF_LONG          0x80

typedef struct {
	guint8 *bytes;
	gsize length;
	gboolean joliet; /* has no Rock Ridge in its records */
} Image;

/* Years since 1900, month, day, hour, minute, second, quarters of an hour off GMT. */
static const guint8 record_time[7] = { 80, 1, 1, 0, 0, 0, 0 };

static guint32 get_le32(const guint8 *at)
{
	return at[0] | (guint32)at[1] << 8 | (guint32)at[2] << 16 | (guint32)at[3] << 24;
}

static gboolean is_in(const Image *image, guint64 offset, guint64 length)
{
	return offset <= image->length && length <= image->length - offset;
}

/* One field of times: flags say which of seven there are, each like that of a record or, in the long form, like that of a volume. */
static void tidy_times(guint8 *field, guint size)
{
	for (guint at = 5; !(field[4] & TF_LONG) && at + sizeof(record_time) <= size;
	     at += sizeof(record_time))
		memcpy(field + at, record_time, sizeof(record_time));
}

/* The fields of Rock Ridge in one area, and in those where it goes on. */
static void tidy_fields(const Image *image, guint64 offset, guint64 length, guint depth)
{
	if (!is_in(image, offset, length) || depth > DEPTH_MAX)
		return;
	for (guint64 at = offset; at + 4 <= offset + length;) {
		guint8 *field = image->bytes + at;
		guint size = field[2];
		if (size < 4 || at + size > offset + length)
			return;
		if (memcmp(field, "TF", 2) == 0 && size > 5)
			tidy_times(field, size);
		else if (memcmp(field, "CE", 2) == 0 && size >= 28)
			tidy_fields(image, (guint64)get_le32(field + 4) * SECTOR + get_le32(field + 12),
				    get_le32(field + 20), depth + 1);
		at += size;
	}
}

static void tidy_directory(const Image *image, const guint8 *record, guint depth);

static void tidy_record(const Image *image, guint64 at, guint index, guint depth)
{
	guint8 *record = image->bytes + at;
	guint name = record[RECORD_NAME - 1];
	guint fields = RECORD_NAME + name + (name % 2 == 0);

	memcpy(record + RECORD_TIME, record_time, sizeof(record_time));
	if (!image->joliet && fields < record[0])
		tidy_fields(image, at + fields, record[0] - fields, 0);
	/* The first two are the folder itself and the one above it. */
	if (index >= 2 && record[RECORD_FLAGS] & RECORD_IS_DIR)
		tidy_directory(image, record, depth + 1);
}

/* Records do not cross sectors; what is left of one is zero. */
static void tidy_directory(const Image *image, const guint8 *record, guint depth)
{
	guint64 start = (guint64)get_le32(record + 2) * SECTOR;
	guint64 size = get_le32(record + 10);
	guint index = 0;

	if (!is_in(image, start, size) || depth > DEPTH_MAX)
		return;
	for (guint64 at = start; at + RECORD_NAME < start + size;) {
		guint length = image->bytes[at];
		if (length > RECORD_NAME && at + length <= start + size)
			tidy_record(image, at, index++, depth);
		at = length ? at + length : (at / SECTOR + 1) * SECTOR;
	}
}

static void tidy_volume(const Image *image, guint8 *descriptor, const char *volume)
{
	static const char unset[VOLUME_TIME_SIZE + 1] = "0000000000000000";
	gsize length = MIN(strlen(volume), VOLUME_NAME_SIZE);

	for (guint i = 0; i < 4; i++)
		memcpy(descriptor + VOLUME_TIMES + i * VOLUME_TIME_SIZE, unset, VOLUME_TIME_SIZE);
	memcpy(descriptor + ROOT_RECORD + RECORD_TIME, record_time, sizeof(record_time));
	if (!image->joliet) {
		memset(descriptor + APPLICATION, ' ', APPLICATION_SIZE);
		memset(descriptor + VOLUME_NAME, ' ', VOLUME_NAME_SIZE);
		memcpy(descriptor + VOLUME_NAME, volume, length);
	} else {
		for (guint i = 0; i < APPLICATION_SIZE; i++)
			descriptor[APPLICATION + i] = i % 2 ? ' ' : 0;
	}
	tidy_directory(image, descriptor + ROOT_RECORD, 0);
}

/* Behind the descriptors libarchive says when the image was made, and how; nobody reads that. */
static void tidy_remark(guint8 *image, gsize length, gsize at)
{
	if (at + SECTOR <= length && memcmp(image + at, "INFO ", 5) == 0)
		memset(image + at, 0, SECTOR);
}

void iso_tidy(guint8 *image, gsize length, const char *volume)
{
	gsize at = FIRST_DESCRIPTOR * SECTOR;

	for (; at + SECTOR <= length && memcmp(image + at + 1, "CD001", 5) == 0; at += SECTOR) {
		guint8 type = image[at];
		Image view = { image, length, type == SUPPLEMENTARY };
		if (type == PRIMARY || type == SUPPLEMENTARY)
			tidy_volume(&view, image + at, volume);
	}
	tidy_remark(image, length, at);
}
