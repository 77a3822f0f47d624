/*
 * The templates that are kept, one folder each:
 *
 *	TEMPLATES/ID/template.json	the note (template.h); written last, removed first
 *	TEMPLATES/ID/memory		the guest's memory, mapped privately by all that continue from it
 *	TEMPLATES/ID/state		processor and devices (hv/migrate.c)
 *	TEMPLATES/ID/disk0.qcow2	its disk, read-only; disks of VMs are overlays on it, so it may outlive the rest
 *	TEMPLATES/.new-ID/		one being made; a daemon that died leaves it, the next one removes it
 *
 * Unlinking is harmless to VMs that run: they hold what they have mapped.
 */
#pragma once

#include "model/template.h"

#define TEMPLATE_MEMORY "memory"
#define TEMPLATE_STATE  "state"
#define TEMPLATE_DISK   "disk0.qcow2"

typedef struct Templates Templates;

/* Does a disk of some VM rest on @path? */
typedef gboolean (*TemplateDiskUsed)(const char *path, gpointer data);

/* Reads all notes; a broken one is logged, and what it was of removed by the next templates_sweep(). */
Templates *templates_open(const char *dir, TemplateDiskUsed used, gpointer data);
void templates_free(Templates *templates);

const char *templates_dir(const Templates *templates);
GPtrArray *templates_list(Templates *templates); /* of Template; borrowed */
/* Caller frees. */
char *templates_file(const Templates *templates, const Template *template, const char *name);

/* Are its files as they were when it was made? */
gboolean templates_intact(const Templates *templates, const Template *template, GError **error);

/* One that was made in @folder moves in; takes over @template on success. Notes how its @names (ended by NULL) are. */
gboolean templates_add(Templates *templates, Template *template, const char *folder, const char *const *names,
		       GError **error);
/* A VM was made of it just now. */
void templates_touch(Templates *templates, Template *template);
/* Frees @template. Its disk stays as long as VMs rest on it. @why is logged. */
void templates_drop(Templates *templates, Template *template, const char *why);
/* Drops those over the limits. */
void templates_limit(Templates *templates, guint64 count, guint64 size);
/* Removes what belongs to no template and no VM. */
void templates_sweep(Templates *templates);
