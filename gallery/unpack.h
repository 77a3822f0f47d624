/*
 * Verify and unpack in one pass, while the bytes arrive: a worker beside the main loop takes them in order, keeps them (to resume after a
 * cut or a crash), hashes them as published, undoes compression (xz, gz, zst, bz2) or an archive (zip, tar), tells what the image is by its own
 * magic, and writes it: an ISO, qcow2, VHDX, VMDK or VDI as it is (sparse where it has holes), a raw disk as qcow2 (zeroes take no room).
 *
 * Nothing here is trusted: names in archives are looked at, never written to; sizes are bounded (UNPACK_*); a text or a page of HTML is no image,
 * whatever its name says. What it makes lies in the folder of a Part and enters the store only when the digest is right.
 */
#pragma once

#include <gio/gio.h>

#include "gallery/image-format.h"

/* Limits. An image may be at most this large when unpacked, and at most so many times the download once over a gigabyte. */
#define UNPACK_IMAGE_MAX   (G_GUINT64_CONSTANT(16) << 40)
#define UNPACK_RATIO_MAX   1000
#define UNPACK_RATIO_FROM  (G_GUINT64_CONSTANT(1) << 30)
#define UNPACK_MEMBERS_MAX 100000

typedef struct {
	const char *
		download; /* file that keeps the bytes as they come; for a download that is the image itself, it becomes the image */
	const char *image;    /* file to write */
	const char *member;   /* path in an archive; "" or NULL: the one disk or ISO in it */
	GChecksumType digest; /* kind of the published digest */
	guint64 room; /* bytes that may be written to the disk in all, 0 = no limit but the disk's own */
} UnpackRequest;

typedef struct {
	char *digest;         /* "sha256:HEX" of the download, normalised as in digest.h */
	guint64 download;     /* bytes */
	ImageFormat found;    /* what the image was */
	ImageFormat format;   /* what @image is now: qcow2 for raw and for VHD of fixed size */
	char *sha256;         /* of the file at @image, 64 hex digits */
	guint64 size;         /* bytes of @image */
	guint64 virtual_size; /* of a disk as the guest sees it, where we know; else 0 */
	char *member;         /* what was taken from an archive, "" = none */
} UnpackResult;

void unpack_result_free(UnpackResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnpackResult, unpack_result_free)

typedef struct Unpack Unpack;

/* Called on the main loop: there is room again after unpack_push() gave FALSE. */
typedef void (*UnpackRoom)(gpointer data);

/*
 * Starts a worker. What @download holds already, up to @offset bytes, is read first, so that pushing goes on at @offset; what is behind it is
 * cut off. The callback comes once, also on failure in the middle (then pushing is over).
 */
Unpack *unpack_start(const UnpackRequest *request, guint64 offset, UnpackRoom room, gpointer room_data,
		     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);

/* Takes all of the bytes or, with FALSE, none: the queue is full (bounded to some MiB), room() comes later. */
gboolean unpack_push(Unpack *unpack, const guint8 *bytes, gsize length);

/* The download begins anew: forgets all that came. */
void unpack_restart(Unpack *unpack);

/* No more bytes. @complete: that was all, finish. Else (a failure, or it was stopped): what came so far is flushed to @download, and the result is
 * CARREL_ERROR_CANCELLED. */
void unpack_end(Unpack *unpack, gboolean complete);

/* CARREL_ERROR_VERIFY: not what it should be (no image, HTML, damaged, the archive has no such member, a bomb); CARREL_ERROR_FAILED: cannot write
 * (ENOSPC with a hint; what came stays in @download). The Unpack is gone after this. */
UnpackResult *unpack_finish(GAsyncResult *result, GError **error);

/* Of the download, and written so far; for progress. */
guint64 unpack_done(Unpack *unpack);
