/*
 * The note beside an image: what it is and which hash it has. A builder writes FILE.iso.json, the store IMAGES/ID.json; both are
 * this JSON object: { "id", "version", "sha256", "size", "built" } and, in the store, what a file looked like when its hash was right.
 */
#pragma once

#include <gio/gio.h>

/* Most bytes of a note; builders add lists of packages. */
#define NOTE_MAX (1024 * 1024)

/* A file that still looks like this was not touched: its owner cannot set ctime. All 0 = not known. */
typedef struct {
	gint64 inode, size, mtime_ns, ctime_ns;
} FileStamp;

typedef struct {
	char *id, *version, *sha256;
	char *recipe; /* of the item that it was made for; "" from a builder */
	/* Of an image that was fetched; "" from a builder: */
	char *published; /* digest of the download, digest.h */
	char *url;       /* where it came from */
	char *trust;     /* by what it was verified: "none", "hash", "signature" */
	char *format;    /* "iso" or "qcow2"; "": as the item's kind */
	guint64 size;    /* bytes */
	gint64 built;    /* unix seconds */
	FileStamp stamp;
} ImageNote;

void note_free(ImageNote *note);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImageNote, note_free)
ImageNote *note_copy(const ImageNote *note);

/* CARREL_ERROR_FAILED; a message that begins with "PATH: " where the file is there but wrong. */
ImageNote *note_load(const char *path, GError **error);
ImageNote *note_parse(const char *text, gsize length, const char *name, GError **error);
gboolean note_save(const ImageNote *note, const char *path, GError **error);

/* What @path looks like now; FALSE when it is not there or no regular file. */
gboolean stamp_get(const char *path, FileStamp *stamp);
gboolean stamp_equal(const FileStamp *a, const FileStamp *b);
