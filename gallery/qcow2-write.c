#include "gallery/qcow2-write.h"

#include <string.h>

#define CLUSTER_BITS 16
#define CLUSTER      (1u << CLUSTER_BITS)
#define SECTOR       512
#define L2_ENTRIES   (CLUSTER / 8)
#define COUNTS       (CLUSTER / 2) /* in one block of counts, each of 16 bits (refcount_order 4) */
#define COPIED       (G_GUINT64_CONSTANT(1) << 63) /* its count is exactly 1 */
#define PENDING_MAX  (16 * CLUSTER)
#define HEADER_SIZE  104

struct Qcow2Writer {
	Output output;
	guint8 *pending; /* goes to the end of the file in one go */
	gsize pending_length;
	guint64 file_end; /* where pending begins */

	guint8 *cluster;  /* of the disk, as far as it came */
	guint64 position; /* on the disk; cluster holds what is before it in its cluster */

	guint64 *l2;   /* as on the disk, big-endian */
	guint64 table; /* number of the L2 table that l2 is */
	gboolean l2_used;
	GArray *l1; /* of guint64, big-endian */
};

Qcow2Writer *qcow2_writer_new(const Output *output)
{
	Qcow2Writer *writer = g_new0(Qcow2Writer, 1);

	writer->output = *output;
	writer->pending = g_malloc(PENDING_MAX);
	writer->cluster = g_malloc0(CLUSTER);
	writer->l2 = g_malloc0(CLUSTER);
	writer->l1 = g_array_new(FALSE, TRUE, sizeof(guint64));
	writer->file_end = CLUSTER; /* the first one is the header's */
	return writer;
}

void qcow2_writer_free(Qcow2Writer *writer)
{
	if (!writer)
		return;
	g_free(writer->pending);
	g_free(writer->cluster);
	g_free(writer->l2);
	g_array_unref(writer->l1);
	g_free(writer);
}

static gboolean flush_pending(Qcow2Writer *writer, GError **error)
{
	if (!output_write(&writer->output, writer->file_end, writer->pending, writer->pending_length, error))
		return FALSE;
	writer->file_end += writer->pending_length;
	writer->pending_length = 0;
	return TRUE;
}

static guint64 next_offset(const Qcow2Writer *writer)
{
	return writer->file_end + writer->pending_length;
}

/* One more cluster at the end of the file, filled up with zeroes. */
static gboolean append_cluster(Qcow2Writer *writer, gconstpointer bytes, gsize length, GError **error)
{
	guint8 *place = writer->pending + writer->pending_length;

	memcpy(place, bytes, length);
	memset(place + length, 0, CLUSTER - length);
	writer->pending_length += CLUSTER;
	return writer->pending_length < PENDING_MAX || flush_pending(writer, error);
}

static gboolean append(Qcow2Writer *writer, gconstpointer bytes, gsize length, GError **error)
{
	for (gsize at = 0; at < length; at += CLUSTER)
		if (!append_cluster(writer, (const guint8 *)bytes + at, MIN(CLUSTER, length - at), error))
			return FALSE;
	return TRUE;
}

/* The tables come in order too: one is complete when data for a later one comes. */
static gboolean finish_l2(Qcow2Writer *writer, GError **error)
{
	guint64 entry = GUINT64_TO_BE(next_offset(writer) | COPIED);

	if (!writer->l2_used)
		return TRUE;
	if (writer->l1->len <= writer->table)
		g_array_set_size(writer->l1, (guint)writer->table + 1);
	g_array_index(writer->l1, guint64, writer->table) = entry;
	if (!append_cluster(writer, writer->l2, CLUSTER, error))
		return FALSE;
	memset(writer->l2, 0, CLUSTER);
	writer->l2_used = FALSE;
	return TRUE;
}

static gboolean put_cluster(Qcow2Writer *writer, guint64 number, const guint8 *bytes, GError **error)
{
	if (output_is_zero(bytes, CLUSTER))
		return TRUE;
	if (writer->table != number / L2_ENTRIES && !finish_l2(writer, error))
		return FALSE;
	writer->table = number / L2_ENTRIES;
	writer->l2[number % L2_ENTRIES] = GUINT64_TO_BE(next_offset(writer) | COPIED);
	writer->l2_used = TRUE;
	return append_cluster(writer, bytes, CLUSTER, error);
}

/* The cluster that was begun, as it is now. */
static gboolean put_begun(Qcow2Writer *writer, GError **error)
{
	gsize begun = writer->position % CLUSTER;

	if (begun == 0)
		return TRUE;
	memset(writer->cluster + begun, 0, CLUSTER - begun);
	writer->position += CLUSTER - begun;
	return put_cluster(writer, writer->position / CLUSTER - 1, writer->cluster, error);
}

static gboolean skip_to(Qcow2Writer *writer, guint64 offset, GError **error)
{
	guint64 first = offset - offset % CLUSTER;

	if (writer->position < first) {
		if (!put_begun(writer, error))
			return FALSE;
		writer->position = first;
	}
	memset(writer->cluster + writer->position % CLUSTER, 0, offset - writer->position);
	writer->position = offset;
	return TRUE;
}

gboolean qcow2_writer_write(Qcow2Writer *writer, guint64 offset, const guint8 *bytes, gsize length,
			    GError **error)
{
	g_return_val_if_fail(offset >= writer->position, FALSE);
	if (!skip_to(writer, offset, error))
		return FALSE;
	while (length > 0) {
		gsize begun = writer->position % CLUSTER;
		gsize part = MIN(length, CLUSTER - begun);
		const guint8 *whole = bytes;
		if (part < CLUSTER) {
			memcpy(writer->cluster + begun, bytes, part);
			whole = writer->cluster;
		}
		writer->position += part;
		bytes += part;
		length -= part;
		if (writer->position % CLUSTER == 0 &&
		    !put_cluster(writer, writer->position / CLUSTER - 1, whole, error))
			return FALSE;
	}
	return TRUE;
}

/* --- the end -------------------------------------------------------------------------------------------------------------- */

typedef struct {
	guint64 l1, counts; /* offsets of the tables */
	guint64 l1_entries;
	guint64 count_table_clusters;
	guint64 blocks; /* of counts */
} Tables;

static gboolean put_l1(Qcow2Writer *writer, Tables *tables, GError **error)
{
	g_array_set_size(writer->l1, (guint)tables->l1_entries);
	tables->l1 = next_offset(writer);
	return append(writer, writer->l1->data, writer->l1->len * sizeof(guint64), error);
}

static guint64 divide_up(guint64 a, guint64 b)
{
	return (a + b - 1) / b;
}

/* The counts count themselves and their table. */
static guint64 plan_counts(Tables *tables, guint64 others)
{
	guint64 total = others;

	for (guint64 before = 0; before != total;) {
		before = total;
		tables->blocks = divide_up(total, COUNTS);
		tables->count_table_clusters = divide_up(tables->blocks * sizeof(guint64), CLUSTER);
		total = others + tables->blocks + tables->count_table_clusters;
	}
	return total;
}

/* Each cluster of the file is used once. */
static gboolean put_counts(Qcow2Writer *writer, Tables *tables, GError **error)
{
	guint64 total = plan_counts(tables, next_offset(writer) / CLUSTER);
	g_autofree guint16 *block = g_new(guint16, COUNTS);
	g_autofree guint64 *table = g_new(guint64, tables->blocks);

	for (guint64 i = 0; i < tables->blocks; i++) {
		guint64 used = MIN(COUNTS, total - i * COUNTS);
		for (guint64 k = 0; k < used; k++)
			block[k] = GUINT16_TO_BE(1);
		table[i] = GUINT64_TO_BE(next_offset(writer));
		if (!append_cluster(writer, block, used * sizeof(guint16), error))
			return FALSE;
	}
	tables->counts = next_offset(writer);
	return append(writer, table, tables->blocks * sizeof(guint64), error);
}

static void put_32(guint8 *at, guint64 value)
{
	guint32 big = GUINT32_TO_BE((guint32)value);

	memcpy(at, &big, sizeof(big));
}

static void put_64(guint8 *at, guint64 value)
{
	guint64 big = GUINT64_TO_BE(value);

	memcpy(at, &big, sizeof(big));
}

/* What is not set is 0: no backing file, no encryption, no snapshots, no features. The zeroes behind it end the list of extensions. */
static gboolean put_header(Qcow2Writer *writer, const Tables *tables, guint64 virtual_size, GError **error)
{
	guint8 header[SECTOR] = "QFI\xfb";

	put_32(header + 4, 3);
	put_32(header + 20, CLUSTER_BITS);
	put_64(header + 24, virtual_size);
	put_32(header + 36, tables->l1_entries);
	put_64(header + 40, tables->l1);
	put_64(header + 48, tables->counts);
	put_32(header + 56, tables->count_table_clusters);
	put_32(header + 96, 4);
	put_32(header + 100, HEADER_SIZE);
	return output_write(&writer->output, 0, header, sizeof(header), error);
}

gboolean qcow2_writer_finish(Qcow2Writer *writer, guint64 virtual_size, guint64 *size, GError **error)
{
	guint64 sectors = divide_up(virtual_size, SECTOR);
	Tables tables = { .l1_entries = MAX(1, divide_up(sectors * SECTOR, (guint64)CLUSTER * L2_ENTRIES)) };

	if (!put_begun(writer, error) || !finish_l2(writer, error) || !put_l1(writer, &tables, error) ||
	    !put_counts(writer, &tables, error) || !flush_pending(writer, error))
		return FALSE;
	*size = writer->file_end;
	return put_header(writer, &tables, sectors * SECTOR, error);
}
