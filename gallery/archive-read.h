/* Reading by libarchive, as a stream: compression (zst, bz2, lzma; see gunzip.h and unxz.h for more), and the members of zip and tar archives. Not trusted. For gallery/unpack-decode.c. */
#pragma once

#include <gio/gio.h>

typedef struct ArchiveReader ArchiveReader;

/* Gives the next bytes, which stay until the next call: their count, 0 at the end, -1 with an error. */
typedef gssize (*ArchivePull)(gpointer data, const guint8 **bytes, GError **error);

typedef enum {
	ARCHIVE_STREAM, /* one member: what comes when compression is undone, or the bytes as they are */
	ARCHIVE_MEMBERS /* the members of a zip or tar archive that is not compressed any more */
} ArchiveKind;

typedef enum {
	MEMBER_FILE,
	MEMBER_FOLDER,
	MEMBER_LINK, /* symbolic or hard */
	MEMBER_OTHER /* device, FIFO, socket */
} MemberKind;

typedef struct {
	const char *path; /* as the archive has it, "" = not readable; stays until the next one */
	MemberKind kind;
	gboolean encrypted;
	guint64 size; /* as the archive says, 0 = it does not */
} ArchiveMember;

/* Stays until the next call. What lies between two blocks is zero. */
typedef struct {
	const guint8 *bytes;
	gsize length;
	guint64 offset; /* in the member */
} ArchiveBlock;

typedef enum { ARCHIVE_READ_FAILED = -1, ARCHIVE_READ_END, ARCHIVE_READ_MORE } ArchiveAnswer;

/* An error of @pull is given on as it is; else CARREL_ERROR_VERIFY: the data is damaged, cut short or of no known kind. Of a stream the one
 * member is open. */
ArchiveReader *archive_reader_open(ArchiveKind kind, ArchivePull pull, gpointer data, GError **error);
void archive_reader_free(ArchiveReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveReader, archive_reader_free)

/* Was a compression undone? */
gboolean archive_reader_is_compressed(ArchiveReader *reader);

ArchiveAnswer archive_reader_next(ArchiveReader *reader, ArchiveMember *member, GError **error);
ArchiveAnswer archive_reader_read(ArchiveReader *reader, ArchiveBlock *block, GError **error);
