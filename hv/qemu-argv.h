/*
 * VmSpec + capabilities + run-time paths -> the exact command line. Pure: reads no file, asks nobody; golden-tested.
 * docs: QEMU 7.2 qemu-system(1), qapi schemas for -blockdev and -device JSON.
 */
#pragma once

#include "hv/host.h"
#include "spec/vm-spec.h"

typedef enum { NETDEV_NONE, NETDEV_USER } NetdevKind;

/* Where an adapter is plugged in; made by the model's Switch. Same order as VmSpec.nics. */
typedef struct {
	NetdevKind kind;
} NetPort;

/* Whose memory is a file: a warm template and what continues from it. Such machines have no balloon, since QEMU before 8.2 takes pages that
 * a guest gives back out of the file, private mapping or not, and with that out of all clones. */
typedef enum {
	MEMORY_OWN,      /* as every machine has it */
	MEMORY_TEMPLATE, /* the file is made and written */
	MEMORY_CLONE /* the file is read, changes are private; adapters are plugged in later (cmd_plug_adapter()) */
} MemoryKind;

/* Everything outside of the spec that the command line needs. Strings are borrowed. */
typedef struct {
	const QemuCaps *caps;
	Accel accel;
	const Firmware *firmware; /* generation 2; NULL for generation 1 */
	const char *vm_dir;       /* the VM's folder: relative disk files and nvram.qcow2 */
	const char *qmp_socket, *qga_socket, *vnc_socket, *serial_socket, *serial_log, *pid_file;
	const char *tpm_socket; /* NULL = none */
	const NetPort *ports;   /* one per adapter of the spec */
	gboolean incoming;      /* wait for a saved state (-incoming defer) */
	MemoryKind memory_kind;
	const char *memory_file; /* NULL for MEMORY_OWN */
	const char *kernel, *initrd,
		*command_line; /* an installer's, booted instead of firmware's choice; NULL = none */
	gboolean no_balloon;   /* its place stays empty: a clone that was saved has none */
} ArgvContext;

/* NULL-terminated, caller frees with g_strfreev(). CARREL_ERROR_HOST when this QEMU lacks a wanted device, _USAGE when fields contradict. */
char **qemu_argv_build(const VmSpec *spec, const ArgvContext *context, GError **error);

/* The adapters of MEMORY_CLONE in the order of the spec, as QMP takes them. CARREL_ERROR_USAGE for one that sits on a bus without hot-plug. */
typedef struct {
	struct _JsonObject *netdev; /* json-glib's; NULL = plugged in nowhere */
	struct _JsonObject *device;
} ArgvAdapter;
void argv_adapter_free(ArgvAdapter *adapter);
GPtrArray *qemu_argv_adapters(const VmSpec *spec, const ArgvContext *context, GError **error);

/* As a shell would take it, one option a line. Caller frees. */
char *qemu_argv_format(char **argv);

/* Ids that the builder gives, used by QMP commands later. */
#define QEMU_ID_CDROM      "cdrom0"        /* device id of the DVD drive */
#define QEMU_NODE_CDROM    "cdrom0-medium" /* node name of its medium */
#define QEMU_ID_SEED       "seed0"         /* device id of the disc with the first start's settings */
#define QEMU_NODE_SEED     "seed0-medium"
#define QEMU_NODE_VARS     "pflash.vars" /* generation 2: the firmware's variables */
#define QEMU_ID_DRIVERS    "drivers0"    /* device id of the disc with drivers */
#define QEMU_NODE_DRIVERS  "drivers0-medium"
#define QEMU_ID_BALLOON    "balloon0"
#define QEMU_ID_SERIAL_CTL "serial.ctl" /* virtio-serial controller */
/* Disks: device id and format node are the disk's name; adapters: device id is the adapter's name, netdev "net-NAME". */
