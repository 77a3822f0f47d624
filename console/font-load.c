#include "console/font-load.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/font-data.h"
#include "console/font-pff2.h"

#define PSF1_MAGIC     0x0436
#define PSF1_HEADER    4
#define PSF1_512       0x01 /* modes */
#define PSF1_TABLE     0x06
#define PSF1_SEQUENCE  0xfffe
#define PSF1_SEPARATOR 0xffff
#define PSF2_MAGIC     0x864ab572u
#define PSF2_HEADER    32
#define PSF2_TABLE     0x01 /* flags */
#define PSF2_SEQUENCE  0xfe
#define PSF2_SEPARATOR 0xff
#define GLYPHS_MAX     65536

#define HEX_HEIGHT   16
#define HEX_LINE_MAX (6 + 1 + 2 * 2 * HEX_HEIGHT)

/* --- PSF ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	FontSize cell;
	guint count, bytes; /* glyphs, bytes of each */
	const guint8 *glyphs, *table, *end;
	gboolean is_psf2, has_table;
} Psf;

static guint32 get_le32(const guint8 *bytes)
{
	guint32 word;

	memcpy(&word, bytes, 4);
	return GUINT32_FROM_LE(word);
}

static guint get_le16(const guint8 *bytes)
{
	return bytes[0] | (guint)bytes[1] << 8;
}

static gboolean cell_is_sane(const FontSize *cell)
{
	return cell->width >= FONT_WIDTH_MIN && cell->width <= FONT_WIDTH_MAX &&
	       cell->height >= FONT_HEIGHT_MIN && cell->height <= FONT_HEIGHT_MAX;
}

static gboolean psf1_head(const guint8 *bytes, gsize size, Psf *psf)
{
	if (size < PSF1_HEADER || get_le16(bytes) != PSF1_MAGIC)
		return FALSE;
	*psf = (Psf){
		.cell = {8, bytes[3]},
                  .count = bytes[2] & PSF1_512 ? 512 : 256, .bytes = bytes[3]
	};
	psf->glyphs = bytes + PSF1_HEADER;
	psf->has_table = (bytes[2] & PSF1_TABLE) != 0;
	return cell_is_sane(&psf->cell);
}

static gboolean psf2_head(const guint8 *bytes, gsize size, Psf *psf)
{
	guint32 header, height, width;

	if (size < PSF2_HEADER || get_le32(bytes) != PSF2_MAGIC)
		return FALSE;
	header = get_le32(bytes + 8);
	height = get_le32(bytes + 24);
	width = get_le32(bytes + 28);
	if (header < PSF2_HEADER || header > size || height > FONT_HEIGHT_MAX || width > FONT_WIDTH_MAX)
		return FALSE;
	*psf = (Psf){
		.cell = {(int)width, (int)height},
                  .count = get_le32(bytes + 16), .is_psf2 = TRUE
	};
	psf->bytes = get_le32(bytes + 20);
	psf->glyphs = bytes + header;
	psf->has_table = (get_le32(bytes + 12) & PSF2_TABLE) != 0;
	return cell_is_sane(&psf->cell) && psf->bytes == (width + 7) / 8 * height && psf->count <= GLYPHS_MAX;
}

static gboolean psf_head(const guint8 *bytes, gsize size, Psf *psf)
{
	return psf1_head(bytes, size, psf) || psf2_head(bytes, size, psf);
}

/* The next entry of a glyph's list of characters: 0 at its end, and at the end of the file. What follows a start of a sequence
 * (characters with combining ones) is skipped: one cell, one character. */
static gunichar psf1_next(Psf *psf)
{
	gboolean in_sequence = FALSE;

	while (psf->end - psf->table >= 2) {
		guint value = get_le16(psf->table);
		psf->table += 2;
		if (value == PSF1_SEPARATOR)
			return 0;
		in_sequence = in_sequence || value == PSF1_SEQUENCE;
		if (!in_sequence && value)
			return value;
	}
	return 0;
}

static gunichar psf2_next(Psf *psf)
{
	gboolean in_sequence = FALSE;

	while (psf->table < psf->end) {
		gunichar character;
		if (*psf->table == PSF2_SEPARATOR) {
			psf->table++;
			return 0;
		}
		in_sequence = in_sequence || *psf->table == PSF2_SEQUENCE;
		character = *psf->table == PSF2_SEQUENCE ? (gunichar)-1
							 : g_utf8_get_char_validated((const char *)psf->table,
										     psf->end - psf->table);
		if ((gint32)character < 0) {
			psf->table++;
			continue;
		}
		psf->table = (const guint8 *)g_utf8_next_char(psf->table);
		if (!in_sequence && character)
			return character;
	}
	return 0;
}

/* Unused bits of a row may hold anything in the file. */
static const guint8 *clean_rows(const Psf *psf, const guint8 *rows, guint8 *clean)
{
	guint stride = (guint)(psf->cell.width + 7) / 8;

	if (psf->cell.width % 8 == 0)
		return rows;
	for (guint i = 0; i < psf->bytes; i++)
		clean[i] = i % stride == stride - 1 ? rows[i] & (guint8)(0xff << (8 - psf->cell.width % 8))
						    : rows[i];
	return clean;
}

static void psf_load(Psf *psf, const guint8 *bytes, gsize size, FontSink sink, gpointer data)
{
	gsize room = size - (gsize)(psf->glyphs - bytes);
	guint count = (guint)MIN(psf->count, room / psf->bytes);

	psf->end = bytes + size;
	psf->table = psf->glyphs + (gsize)count * psf->bytes;
	for (guint i = 0; i < count; i++) {
		guint8 clean[FONT_HEIGHT_MAX * FONT_WIDTH_MAX / 8];
		const guint8 *rows = clean_rows(psf, psf->glyphs + (gsize)i * psf->bytes, clean);
		gunichar character;
		/* without a table it is a font for VGA */
		if (!psf->has_table && i < FONT_GLYPHS)
			sink(psf->cell.width, psf->cell.height, rows, font_cp437[i], data);
		while (psf->has_table && (character = psf->is_psf2 ? psf2_next(psf) : psf1_next(psf)))
			sink(psf->cell.width, psf->cell.height, rows, character, data);
	}
}

/* --- Unifont's hex: lines "0041:00000000182424427E42424242420000", 32 digits for 8x16, 64 for 16x16 ---------------------- */

/* GLib's function is a call for each of two million digits. */
static inline int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static gboolean hex_line(const char *line, gsize length, gunichar *character, guint8 *rows, int *width)
{
	const char *colon = memchr(line, ':', MIN(length, 7));
	int wrong = 0;
	gsize digits;

	if (!colon || colon - line < 4)
		return FALSE;
	*character = 0;
	for (const char *at = line; at < colon; at++) {
		int digit = digit_value(*at);
		wrong |= digit;
		*character = *character << 4 | (gunichar)(digit & 15);
	}
	digits = length - (gsize)(colon + 1 - line);
	if (wrong < 0 || (digits != 2 * HEX_HEIGHT && digits != 4 * HEX_HEIGHT))
		return FALSE;
	*width = digits == 2 * HEX_HEIGHT ? 8 : 16;
	for (gsize i = 0; i < digits / 2; i++) {
		int high = digit_value(colon[1 + 2 * i]), low = digit_value(colon[2 + 2 * i]);
		wrong |= high | low;
		rows[i] = (guint8)((high & 15) * 16 + (low & 15));
	}
	return wrong >= 0;
}

static gsize line_length(const guint8 *at, const guint8 *end)
{
	const guint8 *newline = memchr(at, '\n', (gsize)(end - at));

	return (gsize)((newline ? newline : end) - at);
}

static gboolean is_hex(const guint8 *bytes, gsize size)
{
	guint8 rows[2 * HEX_HEIGHT];
	gunichar character;
	int width;

	return size > 0 &&
	       hex_line((const char *)bytes, line_length(bytes, bytes + size), &character, rows, &width);
}

static void hex_load(const guint8 *bytes, gsize size, FontSink sink, gpointer data)
{
	const guint8 *end = bytes + size;

	for (const guint8 *at = bytes; at < end;) {
		gsize length = line_length(at, end);
		guint8 rows[2 * HEX_HEIGHT];
		gunichar character;
		int width;
		if (length <= HEX_LINE_MAX && hex_line((const char *)at, length, &character, rows, &width))
			sink(width, HEX_HEIGHT, rows, character, data);
		at += length + 1;
	}
}

/* --- all of them --------------------------------------------------------------------------------------------------- */

gboolean font_head(const guint8 *bytes, gsize size, FontSize *cell)
{
	Psf psf;

	if (psf_head(bytes, size, &psf))
		*cell = psf.cell;
	else if (is_hex(bytes, size))
		*cell = (FontSize){ 8, HEX_HEIGHT };
	else if (!pff2_head(bytes, size, cell))
		return FALSE;
	return TRUE;
}

gboolean font_load(const guint8 *bytes, gsize size, FontSink sink, gpointer data)
{
	Psf psf;

	if (psf_head(bytes, size, &psf))
		psf_load(&psf, bytes, size, sink, data);
	else if (is_hex(bytes, size))
		hex_load(bytes, size, sink, data);
	else
		return pff2_load(bytes, size, sink, data);
	return TRUE;
}

/* --- files --------------------------------------------------------------------------------------------------------- */

/* No FIFO or device may hold us up. */
static GInputStream *open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FONT_FILE_MAX) {
		close(fd);
		return NULL;
	}
	return g_unix_input_stream_new(fd, TRUE);
}

GBytes *font_read_file(const char *path, gsize max)
{
	g_autoptr(GInputStream) file = open_regular(path);
	g_autoptr(GInputStream) unpacked = NULL;
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint8 buffer[16384];
	gsize length;

	if (!file)
		return NULL;
	if (g_str_has_suffix(path, ".gz")) {
		g_autoptr(GZlibDecompressor) gunzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
		unpacked = g_converter_input_stream_new(file, G_CONVERTER(gunzip));
	} else {
		unpacked = g_object_ref(file);
	}
	do {
		/* an error behind good bytes: what was read counts */
		g_input_stream_read_all(unpacked, buffer, MIN(sizeof(buffer), max - bytes->len), &length,
					NULL, NULL);
		g_byte_array_append(bytes, buffer, (guint)length);
	} while (length == sizeof(buffer) && bytes->len < max);
	return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}
