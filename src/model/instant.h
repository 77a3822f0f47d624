/*
 * Instant create: the first start of a new VM continues from a warm template where one fits, instead of booting. The VM is one as any other before and after that; should
 * anything go wrong on the way, it is put back as it was made and simply booted.
 *
 * A small file in the VM's folder says how far that is, so that it survives the daemon.
 */
#pragma once

#include "model/templates.h"
#include "model/vm-private.h"
#include "model/guest-identity.h"

/* template-match.c. The shape and host of a machine, as template.h means them; callers free. */
char *template_shape(Model *model, const VmSpec *spec, GError **error);
char *template_host(Model *model, const VmSpec *spec);
/* The one that a VM of @spec may continue from, or NULL. Drops stale ones on the way. Borrowed. */
Template *template_for(Model *model, const VmSpec *spec, GError **error);
void template_drop_stale(Model *model);
gboolean template_disk_used(const char *path, gpointer data); /* TemplateDiskUsed; @data: the Model */

/* template-make.c: removes what a daemon that died was making, its QEMU too. */
void template_clean_up(Model *model);
/* The same for what is being made now, when the daemon ends. */
void template_abandon(Model *model);
/* After the cold start of a VM that would rather have continued: makes a template in the background if the user wants that (`templates = on'). */
void template_make_later(Vm *vm);
