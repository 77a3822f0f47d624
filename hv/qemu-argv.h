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
} ArgvContext;

/* NULL-terminated, caller frees with g_strfreev(). CARREL_ERROR_HOST when this QEMU lacks a wanted device, _USAGE when fields contradict. */
char **qemu_argv_build(const VmSpec *spec, const ArgvContext *context, GError **error);

/* As a shell would take it, one option a line. Caller frees. */
char *qemu_argv_format(char **argv);

/* Ids that the builder gives, used by QMP commands later. */
#define QEMU_ID_CDROM      "cdrom0"        /* device id of the DVD drive */
#define QEMU_NODE_CDROM    "cdrom0-medium" /* node name of its medium */
#define QEMU_ID_BALLOON    "balloon0"
#define QEMU_ID_SERIAL_CTL "serial.ctl" /* virtio-serial controller */
/* Disks: device id and format node are the disk's name; adapters: device id is the adapter's name, netdev "net-NAME". */
