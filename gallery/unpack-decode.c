#include "gallery/unpack-decode.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "gallery/gunzip.h"
#include "gallery/hasher.h"
#include "gallery/image-write.h"
#include "gallery/unpack.h"
#include "gallery/unxz.h"

/* So much says whether it is an archive. */
#define ARCHIVE_HEAD 512
#define NAMES_SHOWN  10

typedef struct {
	const DecodeRequest *request;
	guint64 consumed; /* of the download */
	Gunzip *gunzip;
	Unxz *unxz;
	ArchiveReader *stream;
	GByteArray *head; /* of the stream, read before it was known what it is */
	gboolean head_given;
	guint64 stream_end;
	GPtrArray *images; /* of char *: members that are images, in an archive of which none was asked for */
	Decoded *decoded;  /* the image, when it is there */
} Decode;

/* One image, or what may become one. */
typedef enum { TAKE_LOOKING, TAKE_WRITING, TAKE_HASHING, TAKE_IGNORING } TakeState;

typedef struct {
	Decode *decode;
	const char *name;     /* of the member; "" = no archive */
	gboolean must;        /* anything but an image is an error */
	gboolean is_download; /* the bytes are those of the download */
	TakeState state;
	GByteArray *head;
	guint64 end;  /* bytes that came, with holes */
	guint64 size; /* as the archive says; a hole may be at the end */
	ImageFormat format;
	ImageWriter *writer;
	Hasher *hasher;
} Take;

void decoded_free(Decoded *decoded)
{
	if (!decoded)
		return;
	g_free(decoded->sha256);
	g_free(decoded->member);
	g_free(decoded);
}

static gssize pull_download(gpointer data, const guint8 **bytes, GError **error)
{
	Decode *decode = data;
	gssize got = decode->request->pull(decode->request->pull_data, bytes, error);

	if (got > 0)
		decode->consumed += (guint64)got;
	return got;
}

static gboolean is_compressed(const Decode *decode)
{
	return gunzip_was_compressed(decode->gunzip) || unxz_was_compressed(decode->unxz) ||
	       archive_reader_is_compressed(decode->stream);
}

/* Of what comes out, at each layer. */
static gboolean check_size(const Decode *decode, guint64 size, GError **error)
{
	const DecodeRequest *request = decode->request;

	if (size > request->size_max) {
		g_autofree char *most = units_format_size_human(request->size_max);
		return error_set(
			error, CARREL_ERROR_VERIFY, NULL,
			"the image in the download is larger than %s, which is the most that is unpacked",
			most);
	}
	if (size > request->ratio_from && size / UNPACK_RATIO_MAX > decode->consumed)
		return error_set(
			error, CARREL_ERROR_VERIFY, "do not use this source",
			"the download is a bomb: it becomes more than %d times as large when unpacked",
			UNPACK_RATIO_MAX);
	return TRUE;
}

/* --- one image ------------------------------------------------------------------------------------------------------------ */

static gboolean no_image(const Take *take, const char *what, GError **error)
{
	g_autofree char *member = *take->name ? g_strdup_printf("`%s' in the download", take->name) : NULL;

	return error_set(error, CARREL_ERROR_VERIFY, NULL, "%s is no disk image and no ISO%s%s",
			 member ? member : "the download", what ? ": it is " : "", what ? what : "");
}

static gboolean start_writing(Take *take, GError **error)
{
	const DecodeRequest *request = take->decode->request;

	if (take->is_download && take->format != IMAGE_RAW) {
		take->state = TAKE_HASHING;
		take->hasher = hasher_new(G_CHECKSUM_SHA256);
		hasher_update(take->hasher, take->head->data, take->head->len);
		return TRUE;
	}
	take->state = TAKE_WRITING;
	take->writer = image_writer_new(request->image, take->format, request->share, error);
	return take->writer && image_writer_write(take->writer, 0, take->head->data, take->head->len, error);
}

/* The head is there, or all that comes. */
static gboolean look(Take *take, GError **error)
{
	const char *what;
	const char *refused;

	take->format = image_format_find(take->head->data, take->head->len, &what);
	take->state = TAKE_IGNORING;
	if (take->format == IMAGE_UNKNOWN)
		return !take->must || no_image(take, what, error);
	refused = image_format_refuse(take->format, take->head->data, take->head->len);
	if (refused)
		return error_set(error, CARREL_ERROR_VERIFY, NULL,
				 "the image in the download cannot be used alone: it %s", refused);
	g_ptr_array_add(take->decode->images, g_strdup(take->name));
	return take->decode->images->len > 1 || start_writing(take, error);
}

static gboolean write_block(Take *take, const ArchiveBlock *block, GError **error)
{
	if (take->state == TAKE_WRITING)
		return image_writer_write(take->writer, block->offset, block->bytes, block->length, error);
	if (take->state == TAKE_HASHING)
		hasher_update(take->hasher, block->bytes, block->length);
	return TRUE;
}

/* Up to the end of the head; gives what is behind it. */
static ArchiveBlock fill_head(Take *take, const ArchiveBlock *block)
{
	ArchiveBlock rest = *block;
	guint begin = take->head->len;
	guint64 end = MIN(block->offset + block->length, IMAGE_FORMAT_HEAD);
	gsize part = block->offset < IMAGE_FORMAT_HEAD ? end - block->offset : 0;

	/* The array does not clear what it grows by. */
	end = part ? end : IMAGE_FORMAT_HEAD;
	g_byte_array_set_size(take->head, (guint)end);
	memset(take->head->data + begin, 0, end - begin);
	memcpy(take->head->data + end - part, block->bytes, part);
	rest.bytes += part;
	rest.length -= part;
	rest.offset += part;
	return rest;
}

static gboolean take_block(Take *take, const ArchiveBlock *block, GError **error)
{
	ArchiveBlock rest = *block;

	if (block->length == 0)
		return TRUE;
	if (block->offset < take->end || block->offset > G_MAXINT64 - block->length)
		return error_set(error, CARREL_ERROR_VERIFY, NULL,
				 "the download is damaged: its parts overlap");
	take->end = block->offset + block->length;
	if (!check_size(take->decode, take->end, error))
		return FALSE;
	if (take->state == TAKE_LOOKING) {
		rest = fill_head(take, block);
		if (take->head->len < IMAGE_FORMAT_HEAD)
			return TRUE;
		if (!look(take, error))
			return FALSE;
	}
	return rest.length == 0 || write_block(take, &rest, error);
}

static Decoded *describe(const Take *take)
{
	Decoded *decoded = g_new0(Decoded, 1);

	decoded->member = g_strdup(take->name);
	decoded->is_download = take->state == TAKE_HASHING;
	decoded->found = decoded->format = take->format;
	decoded->virtual_size = image_format_virtual_size(take->format, take->head->data, take->head->len);
	return decoded;
}

/* All of it came. */
static gboolean finish_take(Take *take, GError **error)
{
	g_autoptr(Decoded) decoded = NULL;
	ImageWritten written;
	guint64 size = MAX(take->end, take->size);

	if (!check_size(take->decode, size, error) || (take->state == TAKE_LOOKING && !look(take, error)))
		return FALSE;
	if (take->state == TAKE_IGNORING)
		return TRUE;
	decoded = describe(take);
	if (take->hasher) {
		decoded->sha256 = hasher_finish(take->hasher);
	} else {
		if (!image_writer_finish(take->writer, size, &written, error))
			return FALSE;
		decoded->found = written.found;
		decoded->format = written.format;
		decoded->sha256 = written.sha256;
		decoded->size = written.size;
		decoded->virtual_size = written.virtual_size ? written.virtual_size : decoded->virtual_size;
	}
	take->decode->decoded = g_steal_pointer(&decoded);
	return TRUE;
}

static void init_take(Take *take, Decode *decode, const char *name)
{
	*take = (Take){ .decode = decode, .name = name, .head = g_byte_array_new() };
}

static void clear_take(Take *take)
{
	g_byte_array_unref(take->head);
	g_clear_pointer(&take->writer, image_writer_free);
	g_clear_pointer(&take->hasher, hasher_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Take, clear_take)

/* --- a download that is one image, maybe compressed ----------------------------------------------------------------------- */

static ArchiveAnswer read_stream(Decode *decode, ArchiveBlock *block, GError **error)
{
	ArchiveAnswer answer;

	if (!decode->head_given) {
		decode->head_given = TRUE;
		*block = (ArchiveBlock){ decode->head->data, decode->head->len, 0 };
		return decode->head->len ? ARCHIVE_READ_MORE : ARCHIVE_READ_END;
	}
	answer = archive_reader_read(decode->stream, block, error);
	if (answer == ARCHIVE_READ_MORE && is_compressed(decode) &&
	    !check_size(decode, block->offset + block->length, error))
		return ARCHIVE_READ_FAILED;
	return answer;
}

static gboolean decode_image(Decode *decode, GError **error)
{
	g_auto(Take) take;
	ArchiveBlock block;
	ArchiveAnswer answer;

	init_take(&take, decode, "");
	take.must = TRUE;
	take.is_download = !is_compressed(decode);
	while ((answer = read_stream(decode, &block, error)) == ARCHIVE_READ_MORE) {
		if (!take_block(&take, &block, error))
			return FALSE;
		/* The rest is for who keeps the download. */
		if (take.state == TAKE_HASHING && !decode->request->sha256) {
			decode->decoded = describe(&take);
			return TRUE;
		}
	}
	return answer == ARCHIVE_READ_END && finish_take(&take, error);
}

/* --- archives ------------------------------------------------------------------------------------------------------------- */

/* Zip: APPNOTE.TXT 4.3.7, 4.3.16 (an empty one), 8.5.4 (a spanned one that has one part). Tar: POSIX 1003.1 "ustar", GNU. */
static gboolean is_archive(const GByteArray *head)
{
	static const char *const zips[] = { "PK\x03\x04", "PK\x05\x06", "PK00" };

	for (gsize i = 0; i < G_N_ELEMENTS(zips); i++)
		if (head->len >= 4 && memcmp(head->data, zips[i], 4) == 0)
			return TRUE;
	return head->len >= 262 && memcmp(head->data + 257, "ustar", 5) == 0;
}

static gssize pull_stream(gpointer data, const guint8 **bytes, GError **error)
{
	ArchiveBlock block;
	ArchiveAnswer answer = read_stream(data, &block, error);

	*bytes = block.bytes;
	return answer == ARCHIVE_READ_MORE ? (gssize)block.length : (gssize)answer;
}

/* Feeds made on Windows have backslashes, and care as little about case as Windows. */
static char *normalise_name(const char *name)
{
	g_autofree char *valid = g_utf8_make_valid(name, -1);
	g_autofree char *slashes = g_strdelimit(g_utf8_casefold(valid, -1), "\\", '/');
	const char *at = slashes;

	while (*at == '/' || g_str_has_prefix(at, "./"))
		at += *at == '/' ? 1 : 2;
	return g_strdup(at);
}

static gboolean is_asked(const char *asked, const char *name)
{
	g_autofree char *a = normalise_name(asked);
	g_autofree char *b = normalise_name(name);

	return g_str_equal(a, b);
}

static gboolean may_read(const ArchiveMember *member, gboolean asked, GError **error)
{
	if (member->encrypted)
		return error_set(error, CARREL_ERROR_VERIFY, NULL,
				 "the archive is encrypted, and there is no password for `%s'", member->path);
	if (member->kind != MEMBER_FILE && asked)
		return error_set(error, CARREL_ERROR_VERIFY, NULL, "`%s' in the archive is no file but a %s",
				 member->path,
				 member->kind == MEMBER_LINK     ? "link"
				 : member->kind == MEMBER_FOLDER ? "folder"
								 : "device");
	return TRUE;
}

static gboolean take_member(Decode *decode, ArchiveReader *reader, const ArchiveMember *member,
			    gboolean asked, GError **error)
{
	g_autofree char *name = g_utf8_make_valid(member->path, -1);
	g_auto(Take) take;
	ArchiveBlock block;
	ArchiveAnswer answer;

	init_take(&take, decode, name);
	take.must = asked;
	take.size = member->size;
	if (!check_size(decode, MIN(member->size, decode->request->ratio_from), error))
		return FALSE;
	while ((answer = archive_reader_read(reader, &block, error)) == ARCHIVE_READ_MORE)
		if (!take_block(&take, &block, error))
			return FALSE;
	return answer == ARCHIVE_READ_END && finish_take(&take, error);
}

/* Which ones there are, for an error. Caller frees. */
static char *list_names(const GPtrArray *names)
{
	GString *list = g_string_new(NULL);

	for (guint i = 0; i < MIN(names->len, NAMES_SHOWN); i++)
		g_string_append_printf(list, "%s`%s'", i ? ", " : "", (const char *)names->pdata[i]);
	if (names->len > NAMES_SHOWN)
		g_string_append_printf(list, " and %u more", names->len - NAMES_SHOWN);
	return g_string_free(list, FALSE);
}

static gboolean check_found(const Decode *decode, const GPtrArray *files, const char *asked, GError **error)
{
	g_autofree char *there = list_names(files);
	g_autofree char *images = list_names(decode->images);

	if (*asked && !decode->decoded)
		return error_set(error, CARREL_ERROR_VERIFY, NULL, "the archive has no file `%s', but %s",
				 asked, *there ? there : "nothing at all");
	if (decode->images->len == 0)
		return error_set(error, CARREL_ERROR_VERIFY, NULL,
				 "the archive has no disk image and no ISO, but %s",
				 *there ? there : "nothing at all");
	if (decode->images->len > 1)
		return error_set(error, CARREL_ERROR_VERIFY,
				 "the feed must say which one (archiveRelativePath)",
				 "the archive has more than one image: %s", images);
	return TRUE;
}

/* Remembers the first names, for the error. */
static void note_name(GPtrArray *files, const char *path)
{
	if (files->len <= NAMES_SHOWN)
		g_ptr_array_add(files, g_utf8_make_valid(path, -1));
}

static gboolean decode_members(Decode *decode, GError **error)
{
	g_autoptr(ArchiveReader) reader = archive_reader_open(ARCHIVE_MEMBERS, pull_stream, decode, error);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	const char *asked = decode->request->member ? decode->request->member : "";
	ArchiveAnswer answer = reader ? ARCHIVE_READ_MORE : ARCHIVE_READ_FAILED;
	ArchiveMember member;

	for (guint count = 1; reader; count++) {
		answer = archive_reader_next(reader, &member, error);
		if (answer != ARCHIVE_READ_MORE)
			break;
		if (count > UNPACK_MEMBERS_MAX)
			return error_set(error, CARREL_ERROR_VERIFY, NULL,
					 "the archive has more than %d files", UNPACK_MEMBERS_MAX);
		gboolean wanted = *asked && is_asked(asked, member.path);
		note_name(files, member.path);
		if (*asked && !wanted)
			continue;
		if (!may_read(&member, wanted, error))
			return FALSE;
		if (member.kind == MEMBER_FILE && !take_member(decode, reader, &member, wanted, error))
			return FALSE;
		if (wanted)
			return TRUE;
	}
	return answer == ARCHIVE_READ_END && check_found(decode, files, asked, error);
}

/* --- the whole ------------------------------------------------------------------------------------------------------------ */

/* Enough of the stream to tell an archive from an image. */
static gboolean read_head(Decode *decode, GError **error)
{
	ArchiveBlock block;
	ArchiveAnswer answer = ARCHIVE_READ_MORE;

	while (decode->head->len < ARCHIVE_HEAD &&
	       (answer = archive_reader_read(decode->stream, &block, error)) == ARCHIVE_READ_MORE)
		g_byte_array_append(decode->head, block.bytes, (guint)block.length);
	return answer != ARCHIVE_READ_FAILED;
}

static gboolean decode_all(Decode *decode, GError **error)
{
	decode->gunzip = gunzip_new(pull_download, decode);
	decode->unxz = unxz_new(gunzip_pull, decode->gunzip);
	decode->stream = archive_reader_open(ARCHIVE_STREAM, unxz_pull, decode->unxz, error);
	if (!decode->stream && decode->consumed == 0 &&
	    g_error_matches(*error, CARREL_ERROR, CARREL_ERROR_VERIFY)) {
		g_clear_error(error);
		return error_set(error, CARREL_ERROR_VERIFY, NULL, "the download is empty");
	}
	if (!decode->stream || !read_head(decode, error))
		return FALSE;
	return is_archive(decode->head) ? decode_members(decode, error) : decode_image(decode, error);
}

Decoded *unpack_decode(const DecodeRequest *request, GError **error)
{
	Decode decode = { .request = request,
			  .head = g_byte_array_new(),
			  .images = g_ptr_array_new_with_free_func(g_free) };
	GError *reason = NULL;

	if (!decode_all(&decode, &reason)) {
		/* There was a whole image, and then something that forbids to take it. */
		if (decode.decoded && !decode.decoded->is_download)
			unlink(request->image);
		g_clear_pointer(&decode.decoded, decoded_free);
	}
	if (reason)
		g_propagate_error(error, reason);
	g_clear_pointer(&decode.stream, archive_reader_free);
	g_clear_pointer(&decode.unxz, unxz_free);
	g_clear_pointer(&decode.gunzip, gunzip_free);
	g_byte_array_unref(decode.head);
	g_ptr_array_unref(decode.images);
	return decode.decoded;
}
