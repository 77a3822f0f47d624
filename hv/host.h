/*
 * What this machine and its QEMU can do: found by asking (QMP query-*, -help lists, running a tiny guest), never by version number.
 * Results are cached in PATHS cache by the binary's path, size and mtime (KVM's result also by boot id and kernel release).
 */
#pragma once

#include <gio/gio.h>

typedef enum { ACCEL_TCG, ACCEL_KVM } Accel;

/* What one QEMU binary offers. Plain data; can be made by hand in tests of argv. */
typedef struct {
	char *binary;          /* absolute path of qemu-system-ARCH */
	char *version;         /* "7.2.22", for people */
	char *arch;            /* "x86_64" */
	char *machine_q35;     /* newest versioned alias target: "pc-q35-7.2" */
	char *machine_pc;      /* "pc-i440fx-7.2" */
	gboolean display_dbus; /* -display dbus works (module there) */
	gboolean vnc;
	gboolean io_uring; /* aio=io_uring works on this kernel */
	gboolean sandbox;
	gboolean user_net;   /* -netdev user compiled in */
	gboolean vdagent;    /* character device qemu-vdagent */
	GHashTable *devices; /* set of device model names */
} QemuCaps;

/* Asks the QEMU for this machine (CARREL_QEMU names another binary), or takes the cached answer. CARREL_ERROR_HOST when there is none or it
 * is too old. */
void qemu_caps_probe(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
QemuCaps *qemu_caps_probe_finish(GAsyncResult *result, GError **error);
void qemu_caps_free(QemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuCaps, qemu_caps_free)
gboolean qemu_caps_has_device(const QemuCaps *caps, const char *model);

/* A pair of firmware files by QEMU's descriptors (docs/interop/firmware.json), from /etc/qemu/firmware and /usr/share/qemu/firmware
 * (CARREL_FIRMWARE_DIR overrides for tests). */
typedef struct {
	char *code;           /* read-only executable, raw */
	char *vars;           /* template of the NVRAM */
	char *vars_format;    /* "raw" */
	gboolean secure_boot; /* needs SMM; keys are enrolled */
} Firmware;

void firmware_free(Firmware *firmware);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Firmware, firmware_free)
/* Best UEFI firmware for @machine ("pc-q35-7.2") with or without Secure Boot; CARREL_ERROR_HOST names the package to install. */
Firmware *firmware_find(const char *arch, const char *machine, gboolean secure_boot, GError **error);

typedef struct {
	gboolean works;
	gboolean present; /* /dev/kvm exists */
	double speed;     /* guest loop iterations per microsecond, 0 = not measured */
	char *reason;     /* for people: "/dev/kvm opens but emulates every instruction (0.1 per us)" */
} KvmProbe;

/* Runs a tiny guest by the KVM API (a counting loop in real mode) for some 20 ms. A program of its own does it (carrel-kvm-probe), so that a
 * hang of the kernel interface cannot hurt. Never fails: what is wrong is in the struct. Caller frees. */
void kvm_probe_run(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
KvmProbe *kvm_probe_finish(GAsyncResult *result);
void kvm_probe_free(KvmProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KvmProbe, kvm_probe_free)

/* All of it. Made once by the daemon. */
typedef struct {
	QemuCaps *caps; /* NULL when there is no usable QEMU: caps_error says why */
	GError *caps_error;
	KvmProbe *kvm;
	Accel accel; /* what "auto" means */
} Host;

void host_probe(GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* Never fails: what is missing is in the struct. Caller frees. */
Host *host_probe_finish(GAsyncResult *result);
void host_free(Host *host);

/* One line of `carrel host check'. */
typedef struct {
	char *name, *requirement, *found, *verdict, *remedy; /* verdict: "ok", "warning", "missing" */
} HostCheck;
/* Of HostCheck with free function; every requirement of carrel: QEMU, KVM, firmware of both kinds, qemu-img, swtpm, space, memory, display
 * module, run directory, guest image tools. Looks again each time where that is cheap. */
GPtrArray *host_checks(const Host *host);
