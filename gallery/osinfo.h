/*
 * What libosinfo knows of operating systems: which one an ISO or disk holds, what it needs, how it is installed unattended, where its installer is. The database
 * takes a third of a second and some 55 MB to load, so a program of its own, carrel-osinfo, does it and answers in JSON; this file asks it and keeps the
 * answer in the cache folder. Without osinfo-db nothing fails: little is known then.
 */
#pragma once

#include <gio/gio.h>

#include "gallery/gallery.h"

typedef struct {
	gboolean known; /* else only what stands below @label is set, and @reason */
	char *id; /* libosinfo's short id: "debian12"; of a disk whose release is not known only "linux", "windows" */
	char *name;   /* "Debian 12" */
	char *family; /* "linux", "windows", "other", "" */
	char *vendor;
	char *based_on; /* the release whose needs are told, where the database does not have @id yet; else "" */
	guint64 memory, memory_min; /* bytes, 0 = not known */
	guint64 disk;               /* bytes that it should have */
	guint cpus;                 /* 0 = not known */
	gboolean secure_boot;       /* starts with Secure Boot on */
	gboolean live, installer;   /* of media: has it a live system, an installer? */
	gboolean unattended;        /* there is a script for unattended installation */
	gint64 eol;                 /* unix seconds, 0 = none known */
	GStrv others;               /* names of systems that the medium may hold as well; never NULL */
	char *reason;               /* why nothing is known, "" = it is */
	char *label;                /* of the volume or root file system, "" */
	char *format;       /* "iso", or a disk's: "qcow2", "raw"; "" when only a system was asked for */
	char *architecture; /* "x86_64", "" = not known */
	gboolean efi, bios; /* what it starts on; neither: not known */
} OsInfo;

void os_info_free(OsInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsInfo, os_info_free)

/* carrel-osinfo's answer; NULL with CARREL_ERROR_FAILED when it is none. Caller frees. */
OsInfo *os_info_parse(const char *text, GError **error);

/* For people: "Debian 12 installer", "Fedora Linux 37 live system", "unknown ISO image `LABEL'". Caller frees. */
char *os_info_describe(const OsInfo *info);

/* What the ISO or disk image at @path is. Nobody knowing is no error (@known is FALSE then, and much may be known nevertheless), a file that cannot be
 * read is. */
void osinfo_recognise(const char *path, GCancellable *cancellable, GAsyncReadyCallback callback,
		      gpointer data);
/* What is known of a short id, or of a feed's own words, "ubuntu" and "24.04": @version may be NULL. CARREL_ERROR_NOT_FOUND when nothing is. */
void osinfo_find(const char *id, const char *version, GCancellable *cancellable, GAsyncReadyCallback callback,
		 gpointer data);
OsInfo *osinfo_finish(GAsyncResult *result, GError **error);

/* Installers with an address, as items of the source "osinfo"; they have no hash. */
void osinfo_items(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
GPtrArray *osinfo_items_finish(GAsyncResult *result, GError **error);

/* Unattended installation by libosinfo's install scripts. */
typedef struct {
	const char *user, *full_name, *password;
	const char *hostname, *locale, *keymap, *timezone;
	const char *product_key; /* Windows; NULL = none */
} OsInstall;

typedef struct {
	GPtrArray *names, *contents; /* parallel: char *, GBytes: files that the installer reads */
	char *medium; /* "cdrom": a disc of its own; "initrd": they lie in the installer's first file system */
	char *label;  /* of that disc, "" for "initrd" */
	char *kernel, *initrd; /* paths in the installer's ISO, "" = it boots by itself */
	char *command_line;    /* for that kernel */
} OsInstallFiles;

void os_install_files_free(OsInstallFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsInstallFiles, os_install_files_free)

/* CARREL_ERROR_NOT_FOUND when there is no script for @os. */
void osinfo_install(const char *os, const OsInstall *install, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data);
OsInstallFiles *osinfo_install_finish(GAsyncResult *result, GError **error);

/* Copies the file @path out of the ISO image @iso to the new file @target. CARREL_ERROR_NOT_FOUND when it is not there. */
void osinfo_extract(const char *iso, const char *path, const char *target, GCancellable *cancellable,
		    GAsyncReadyCallback callback, gpointer data);
gboolean osinfo_extract_finish(GAsyncResult *result, GError **error);
