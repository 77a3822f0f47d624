/*
 * What libosinfo knows of operating systems: which one an ISO or disk holds, what it needs, how it is installed unattended, where its installer is. The database
 * takes seconds and tens of megabytes to load, so a program of its own, carrel-osinfo, does it and answers in JSON; this file asks it and keeps the answer. Without
 * osinfo-db nothing fails: nothing is known then.
 */
#pragma once

#include <gio/gio.h>

#include "gallery/gallery.h"

typedef struct {
	char *id;     /* libosinfo's short id: "debian12" */
	char *name;   /* "Debian 12" */
	char *family; /* "linux", "windows", "other" */
	char *vendor;
	guint64 memory, memory_min; /* bytes, 0 = not known */
	guint64 disk;               /* bytes that it should have */
	guint cpus;
	gboolean efi, bios, secure_boot; /* what it starts on */
	gboolean live, installer,
		unattended; /* of the media: has it a live system, an installer, and a script for unattended installation? */
	gint64 eol; /* unix seconds, 0 = none known */
} OsInfo;

void os_info_free(OsInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsInfo, os_info_free)

/* What the ISO or disk image at @path is; CARREL_ERROR_NOT_FOUND when nobody knows. */
void osinfo_recognise(const char *path, GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer data);
/* What is known of a short id, or of a feed's own words, "ubuntu" and "24.04": @version may be NULL. */
void osinfo_find(const char *id, const char *version, GCancellable *cancellable, GAsyncReadyCallback callback,
		 gpointer data);
OsInfo *osinfo_finish(GAsyncResult *result, GError **error);

/* Installers with an address, as items of the source "osinfo"; they have no hash. */
void osinfo_items(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
GPtrArray *osinfo_items_finish(GAsyncResult *result, GError **error);

/* Unattended installation by libosinfo's install scripts. */
typedef struct {
	const char *user, *full_name, *password; /* password "" = made up by the caller */
	const char *hostname, *locale, *keymap, *timezone;
	const char *const *ssh_keys;
	const char *product_key; /* Windows; NULL = none */
} OsInstall;

typedef struct {
	GPtrArray *names,
		*contents;     /* parallel: char *, GBytes: files for the disk that the installer reads */
	char *label;           /* of that disk: "OEMDRV", "cidata", ... */
	char *medium;          /* "cdrom", "floppy", "initrd" */
	char *kernel, *initrd; /* paths in the installer's ISO, "" = it boots by itself */
	char *command_line;    /* for that kernel */
} OsInstallFiles;

void os_install_files_free(OsInstallFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsInstallFiles, os_install_files_free)

/* CARREL_ERROR_NOT_FOUND when there is no script for @os. */
void osinfo_install(const char *os, const OsInstall *install, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data);
OsInstallFiles *osinfo_install_finish(GAsyncResult *result, GError **error);
