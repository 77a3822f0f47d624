/* What the image, and the system that is on it or on the user's own disc or disk, make of a new VM. */
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "hv/disk.h"
#include "model/vm-advice.h"
#include "model/vm-create-private.h"
#include "model/vm-drivers.h"
#include "model/vm-install.h"
#include "model/windows-answer.h"
#include "spec/spec-fields.h"

/* --- the image ---------------------------------------------------------------------------------------------------------- */

/* An installer needs somewhere to install to. What is built here starts from its disc and needs no disk. */
static gboolean fit_disc(CreateRun *run, GError **error)
{
	if (!run->disk && !*run->item->builder)
		create_add_new_disk(run);
	if (run->disk_file && run->disk_size == 0)
		run->disk_size = CREATE_DISK_SIZE;
	return vm_spec_set(run->spec, "iso", run->image_path, error);
}

/* A disk smaller than what it rests on would cut the end of the image off. */
static gboolean check_size(const CreateRun *run, guint64 least, GError **error)
{
	g_autofree char *wanted = units_format_size_human(run->disk_size);
	g_autofree char *size = units_format_size_human(least);

	return run->disk_size >= least ||
	       error_set(error, CARREL_ERROR_USAGE, "leave the size out, or ask for more",
			 "a disk of %s is too small for `%s', which has %s", wanted, run->image, size);
}

/* Cloud images are as small as can be, and grow their file system into the disk that they find. */
static gboolean fit_disk(CreateRun *run, GError **error)
{
	guint64 least = disk_virtual_size(run->image_path);

	if (run->unattended)
		return error_set(error, CARREL_ERROR_USAGE, "leave --unattended out",
				 "`%s' is no installer, but a disk that has its system", run->image);
	create_add_new_disk(run);
	run->backing = run->image_path;
	if (run->has_disk_size)
		return check_size(run, least, error);
	if (run->item->cloud_init)
		run->disk_size = MAX(CREATE_DISK_SIZE, least);
	return TRUE;
}

gboolean create_fit_image(CreateRun *run, GError **error)
{
	return g_str_has_suffix(run->image_path, ".iso") ? fit_disc(run, error) : fit_disk(run, error);
}

/* --- the system ---------------------------------------------------------------------------------------------------------- */

static void is_said(GHashTable *said, const char *field)
{
	g_hash_table_add(said, g_strdup(field));
}

/* Fields that somebody has decided: the user, or the image's publisher. */
static GHashTable *said_fields(const CreateRun *run)
{
	GHashTable *said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const GalleryItem *item = run->item;
	GHashTableIter iter;
	gpointer field;

	g_hash_table_iter_init(&iter, run->fields);
	while (g_hash_table_iter_next(&iter, &field, NULL))
		is_said(said, field);
	if (item && item->memory)
		is_said(said, "memory");
	if (item && item->cpus)
		is_said(said, "cpus");
	if (item)
		is_said(said, "secure_boot");
	return said;
}

/* Installing by hand one is asked for drivers; an answer file names them, so that Windows can have the faster devices from the start. */
static void fit_windows(CreateRun *run, const OsInfo *info)
{
	VmSpec *spec = run->spec;
	gboolean asked = g_hash_table_contains(run->fields, "drivers");
	g_autofree char *found = asked ? NULL : drivers_find(run->model->gallery);

	if (!windows_choose(spec->os, info->id) || !g_str_equal(info->format, "iso"))
		return;
	/* A disk of the user's may start by itself. */
	run->press_key = spec->generation == 2 && (run->unattended || run->disk_file);
	if (found)
		vm_spec_set(spec, "drivers", found, NULL);
	else if (!asked)
		job_note(run->job,
			 "Windows gets a SATA disk and an e1000e adapter, which it knows; drivers for virtio "
			 "come on a disc: `carrel gallery download " DRIVERS_ITEM
			 " --unverified', or --drivers FILE");
	if (run->unattended && *spec->drivers && drivers_are_virtio(spec->drivers))
		drivers_use_virtio(spec, run->fields);
	if (*spec->drivers) {
		g_autofree char *note =
			g_strdup_printf("its drivers lie on a second disc, `%s'", spec->drivers);
		job_note(run->job, note);
	}
}

gboolean create_fit_system(CreateRun *run, const OsInfo *info, GError **error)
{
	g_autoptr(GHashTable) said = NULL;
	g_autofree char *swtpm = g_find_program_in_path("swtpm");
	guint64 least = run->backing ? disk_virtual_size(run->backing) : 0;
	HostInfo host;

	if (run->unattended && !install_fit(info, run->spec, run->fields, run->setup, error))
		return FALSE;
	host_info(run->model, &host);
	said = said_fields(run);
	Advice advice = { info, &host, said, run->has_disk_size ? NULL : &run->disk_size, swtpm != NULL };
	g_autofree char *note = advice_apply(&advice, run->spec);
	if (run->backing && run->disk_size)
		run->disk_size = MAX(run->disk_size, least);
	create_apply_consequences(run);
	job_note(run->job, note);
	fit_windows(run, info);
	return TRUE;
}
