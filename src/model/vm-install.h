/*
 * Unattended installation. What the installer is told lies on a disc of its own for Windows, or in the initrd for Linux, for which its kernel is started
 * directly, from files in the VM's folder. They serve until the installer ends by restarting or powering off the machine; then the VM starts from its disk. A run
 * that the user or a crash ends begins anew at the next start.
 */
#pragma once

#include "gallery/osinfo.h"
#include "model/guest-setup.h"

#define VM_INSTALL    "install"      /* kernel, initrd, command-line: the next start boots them */
#define VM_INSTALLING "installing"   /* the same, of the process that runs */
#define VM_UNATTEND   "unattend.iso" /* the disc */

/* Sets what an unattended installation of @info needs unless it stands in @fields, and adds it there: no Secure Boot where a kernel is started directly, a BIOS for old Windows,
 * whose script partitions for one. In @setup, a password of ours is made one that its system takes. CARREL_ERROR_NOT_FOUND when nobody knows how. */
gboolean install_fit(const OsInfo *info, VmSpec *spec, GHashTable *fields, GuestSetup *setup, GError **error);

/* Makes the files in the VM's @folder, and notes how one gets in. @info: of the installer. Arguments must live until the end. */
void install_prepare(const char *folder, VmSpec *spec, const GuestSetup *setup, const OsInfo *info,
		     const char *product_key, GCancellable *cancellable, GAsyncReadyCallback callback,
		     gpointer data);
gboolean install_prepare_finish(GAsyncResult *result, GError **error);

typedef struct {
	char *kernel, *initrd, *command_line; /* NULL = nothing is to be installed */
} InstallBoot;

/* What a start boots, or what a saved state was booted by when @restoring. */
void install_boot(const char *folder, gboolean restoring, InstallBoot *boot);
void install_boot_clear(InstallBoot *boot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(InstallBoot, install_boot_clear)

void install_started(const char *folder, gboolean restored);
/* The process is gone, @by_itself or not. TRUE: the installation has ended. Nothing changes while there is a saved state. */
gboolean install_ended(const char *folder, gboolean by_itself, gboolean saved);
