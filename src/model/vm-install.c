#include "model/vm-install.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "gallery/archive.h"
#include "gallery/initrd.h"
#include "model/vm-seed.h"
#include "model/windows-answer.h"
#include "spec/spec-fields.h"

#define LINE_MAX_BYTES 4096

/* --- what the VM must be like ----------------------------------------------------------------------------------------- */

static void decide(VmSpec *spec, GHashTable *fields, const char *field, const char *value)
{
	if (g_hash_table_contains(fields, field))
		return;
	g_hash_table_replace(fields, g_strdup(field), g_strdup(value));
	vm_spec_set(spec, field, value, NULL);
}

/* What carrel writes the answers for itself, or NULL. */
static const char *windows_of(const OsInfo *info, const VmSpec *spec)
{
	return info ? windows_choose(spec->os, info->id) : NULL;
}

/* Its media start on UEFI with Secure Boot, those of 32 bits aside, which our firmware is not. */
static gboolean fit_windows(const char *os, const OsInfo *info, VmSpec *spec, GHashTable *fields,
			    GuestSetup *setup, GError **error)
{
	if (g_str_equal(info->architecture, "i686"))
		decide(spec, fields, "generation", "1");
	decide(spec, fields, "secure_boot", spec->generation == 2 ? "on" : "off");
	if (windows_is_server(os) && setup->password_made) {
		char *better = windows_server_password(setup->password);
		g_free(setup->password);
		setup->password = better;
	}
	return windows_check_user(os, setup->user, setup->password, error);
}

gboolean install_fit(const OsInfo *info, VmSpec *spec, GHashTable *fields, GuestSetup *setup, GError **error)
{
	const char *windows = windows_of(info, spec);

	if (windows)
		return fit_windows(windows, info, spec, fields, setup, error);
	if (!info->known || !info->unattended) {
		g_autofree char *what = os_info_describe(info);
		return error_set(error, CARREL_ERROR_NOT_FOUND,
				 "leave out --unattended and install it in its console",
				 "there is no script that installs this unattended: %s", what);
	}
	if (g_str_equal(info->family, "windows"))
		decide(spec, fields, "generation", "1");
	decide(spec, fields, "secure_boot", "off");
	if (spec->secure_boot && spec->generation == 2 && !g_str_equal(info->family, "windows"))
		return error_set(error, CARREL_ERROR_USAGE, "turn it on when it is installed",
				 "with Secure Boot the firmware starts no kernel directly, as an unattended "
				 "installation does");
	return TRUE;
}

/* --- making the files ------------------------------------------------------------------------------------------------- */

typedef struct {
	char *folder;
	VmSpec *spec;
	const GuestSetup *setup;
	OsInstallFiles *files;
} Prepare;

static void prepare_free(gpointer data)
{
	Prepare *prepare = data;

	g_free(prepare->folder);
	os_install_files_free(prepare->files);
	g_free(prepare);
}

static char *install_file(const char *folder, const char *kind, const char *name)
{
	return g_build_filename(folder, kind, name, NULL);
}

static void end(GTask *task, GError *error)
{
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

/* @names and @contents: as archive_write_iso(). */
static gboolean write_disc(const Prepare *prepare, const char *label, const char *const *names,
			   GPtrArray *contents, GError **error)
{
	g_autofree char *path = g_build_filename(prepare->folder, VM_UNATTEND, NULL);

	return archive_write_iso(path, label, names, contents, error) &&
	       vm_spec_set(prepare->spec, "seed", VM_UNATTEND, error);
}

static gboolean write_script_disc(const Prepare *prepare, GError **error)
{
	OsInstallFiles *files = prepare->files;

	g_ptr_array_add(files->names, NULL);
	return write_disc(prepare, files->label, (const char *const *)files->names->pdata, files->contents,
			  error);
}

static gboolean write_windows_disc(const Prepare *prepare, const char *os, const OsInfo *info,
				   const char *product_key, GError **error)
{
	static const char *const names[] = { "Autounattend.xml", NULL };
	const GuestSetup *setup = prepare->setup;
	const WindowsAnswer answer = {
		.os = os,
		.label = info->label,
		.architecture = info->architecture,
		.efi = prepare->spec->generation == 2,
		.drivers = *prepare->spec->drivers != '\0',
		.user = setup->user,
		.password = setup->password,
		.hostname = setup->hostname,
		.locale = setup->locale,
		.keymap = setup->keymap,
		.timezone = setup->timezone,
		.product_key = product_key,
	};
	g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	char *text = windows_answer_text(&answer);

	g_ptr_array_add(contents, g_bytes_new_take(text, strlen(text)));
	return write_disc(prepare, "UNATTEND", names, contents, error) &&
	       seed_write_login(prepare->folder, setup, FALSE, error);
}

static void on_initrd(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Prepare *prepare = g_task_get_task_data(task);
	g_autofree char *initrd = install_file(prepare->folder, VM_INSTALL, "initrd");
	g_autofree char *line = install_file(prepare->folder, VM_INSTALL, "command-line");
	GError *error = NULL;

	if (osinfo_extract_finish(result, &error) &&
	    initrd_append(initrd, prepare->files->names, prepare->files->contents, &error))
		file_replace(line, prepare->files->command_line, -1, 0600, &error);
	end(task, error);
}

static void on_kernel(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Prepare *prepare = g_task_get_task_data(task);
	g_autofree char *initrd = install_file(prepare->folder, VM_INSTALL, "initrd");
	GError *error = NULL;

	if (!osinfo_extract_finish(result, &error))
		end(task, error);
	else
		osinfo_extract(prepare->spec->iso, prepare->files->initrd, initrd,
			       g_task_get_cancellable(task), on_initrd, task);
}

static void begin_kernel(GTask *task, Prepare *prepare)
{
	g_autofree char *dir = g_build_filename(prepare->folder, VM_INSTALL, NULL);
	g_autofree char *kernel = g_build_filename(dir, "kernel", NULL);
	GError *error = NULL;

	if (!*prepare->files->kernel || !*prepare->files->initrd)
		error_set(&error, CARREL_ERROR_NOT_FOUND, "install it by hand in its console",
			  "libosinfo does not say where the kernel of `%s' lies", prepare->spec->os);
	else if (g_mkdir(dir, 0700) < 0)
		file_error(&error, errno, "create folder", dir);
	if (error)
		end(task, error);
	else
		osinfo_extract(prepare->spec->iso, prepare->files->kernel, kernel,
			       g_task_get_cancellable(task), on_kernel, task);
}

static void on_files(GObject *source, GAsyncResult *result, gpointer data)
{
	GTask *task = data;
	Prepare *prepare = g_task_get_task_data(task);
	GError *error = NULL;

	prepare->files = osinfo_install_finish(result, &error);
	if (!prepare->files || !seed_write_login(prepare->folder, prepare->setup, FALSE, &error)) {
		end(task, error);
	} else if (g_str_equal(prepare->files->medium, "initrd")) {
		begin_kernel(task, prepare);
	} else {
		write_script_disc(prepare, &error);
		end(task, error);
	}
}

void install_prepare(const char *folder, VmSpec *spec, const GuestSetup *setup, const OsInfo *info,
		     const char *product_key, GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Prepare *prepare = g_new0(Prepare, 1);
	const char *windows = windows_of(info, spec);
	const OsInstall install = {
		.user = setup->user,
		.full_name = setup->user,
		.password = setup->password,
		.hostname = setup->hostname,
		.locale = setup->locale,
		.keymap = setup->keymap,
		.timezone = setup->timezone,
		.product_key = product_key,
	};

	*prepare = (Prepare){ g_strdup(folder), spec, setup, NULL };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, prepare, prepare_free);
	if (!windows) {
		osinfo_install(spec->os, &install, cancellable, on_files, task);
		return;
	}
	GError *error = NULL;
	write_windows_disc(prepare, windows, info, product_key, &error);
	end(task, error);
}

gboolean install_prepare_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- starting and ending ---------------------------------------------------------------------------------------------- */

static gboolean exists(const char *folder, const char *kind)
{
	g_autofree char *path = g_build_filename(folder, kind, NULL);

	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

void install_boot(const char *folder, gboolean restoring, InstallBoot *boot)
{
	const char *kind = restoring && exists(folder, VM_INSTALLING) ? VM_INSTALLING : VM_INSTALL;
	g_autofree char *line = install_file(folder, kind, "command-line");

	*boot = (InstallBoot){ NULL, NULL, NULL };
	/* Written last: without it the others are not whole. */
	boot->command_line = file_read(line, LINE_MAX_BYTES, NULL, NULL);
	if (!boot->command_line)
		return;
	boot->kernel = install_file(folder, kind, "kernel");
	boot->initrd = install_file(folder, kind, "initrd");
}

void install_boot_clear(InstallBoot *boot)
{
	g_clear_pointer(&boot->kernel, g_free);
	g_clear_pointer(&boot->initrd, g_free);
	g_clear_pointer(&boot->command_line, g_free);
}

static void move(const char *folder, const char *from, const char *to)
{
	g_autofree char *old = g_build_filename(folder, from, NULL),
			*new = g_build_filename(folder, to, NULL);

	if (g_rename(old, new) < 0)
		g_warning("cannot rename `%s': %s", old, g_strerror(errno));
}

static void forget(const char *folder)
{
	g_autofree char *path = g_build_filename(folder, VM_INSTALLING, NULL);
	g_autoptr(GError) error = NULL;

	if (!file_remove_tree(path, &error))
		g_warning("%s", error->message);
}

void install_started(const char *folder, gboolean restored)
{
	gboolean begins = exists(folder, VM_INSTALL);

	/* Of a process whose end nobody saw. */
	if (exists(folder, VM_INSTALLING) && (begins || !restored))
		forget(folder);
	if (begins)
		move(folder, VM_INSTALL, VM_INSTALLING);
}

gboolean install_ended(const char *folder, gboolean by_itself, gboolean saved)
{
	if (saved || !exists(folder, VM_INSTALLING))
		return FALSE;
	if (by_itself)
		forget(folder);
	else
		move(folder, VM_INSTALLING, VM_INSTALL);
	return by_itself;
}
