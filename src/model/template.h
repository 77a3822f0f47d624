/*
 * Warm templates: an image that was started once, has come to rest, and was stopped there. A new VM of that image continues from it, copy on write,
 * instead of booting. This file decides only: what fits, what is stale, what must go; nothing here touches a file. templates.h keeps them, template-make.c makes
 * them, instant.c starts VMs from them.
 */
#pragma once

#include <gio/gio.h>

/* A file of the template, and how it was when it was made: one that somebody touched is not continued from. */
typedef struct {
	char *name;
	guint64 size, inode;
	gint64 mtime_ns;
} TemplateFile;

typedef struct {
	char *id;     /* UUID; its folder's name */
	char *image;  /* gallery item */
	char *sha256; /* of the image that it was made of */
	char *shape;  /* of the machine: template_shape() */
	char *host;   /* QEMU, processor, firmware: template_host() */
	guint64 memory;
	guint64 size;         /* bytes that it takes on the disk */
	gint64 created, used; /* unix seconds; used: when a VM was last made of it */
	GPtrArray *files;     /* of TemplateFile */
} Template;

Template *template_new(void);
void template_free(Template *template);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Template, template_free)

void template_add_file(Template *template, const char *name, guint64 size, guint64 inode, gint64 mtime_ns);

/* As kept in template.json. */
#define TEMPLATE_NOTE_MAX 65536
char *template_format(const Template *template);
/* CARREL_ERROR_FAILED names what is missing or wrong. */
Template *template_parse(const char *text, gssize length, GError **error);

/* What a VM that wants to continue is, or what the host is now. NULL members are not known and fit nothing; an image whose hash is not known is no older one. */
typedef struct {
	const char *image, *sha256, *shape, *host;
} TemplateWish;

typedef enum {
	TEMPLATE_FITS,
	TEMPLATE_OTHER,     /* good for others: another image, or a machine of another shape */
	TEMPLATE_OLD_IMAGE, /* the image is another one now */
	TEMPLATE_OLD_HOST,  /* QEMU, the processor or the firmware is another one now */
} TemplateFit;

TemplateFit template_fit(const Template *template, const TemplateWish *wish);
/* For people: why it is of no more use; NULL when it is. */
const char *template_fit_reason(TemplateFit fit);

/* Which of @templates must go so that at most @count are left with at most @size bytes together: those not used for longest. Borrowed elements; caller unrefs. */
GPtrArray *templates_over(GPtrArray *templates, guint64 count, guint64 size);

/*
 * Has a guest come to rest? Fed about once a second with what its process and its disks have used so far; TRUE when for SETTLE_ROUNDS samples in a row the
 * processor was nearly idle and the disks were quiet.
 */
#define SETTLE_ROUNDS 3
typedef struct {
	gint64 time_us; /* of the last sample, 0 = none yet */
	guint64 cpu_us, disk_bytes;
	guint quiet; /* rounds so far */
} Settle;

gboolean settle_feed(Settle *settle, gint64 time_us, guint64 cpu_us, guint64 disk_bytes);
