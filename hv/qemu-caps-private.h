/* Inside of hv/ only: what qemu-caps.c and qemu-caps-cache.c share. */
#pragma once

#include "hv/host.h"

QemuCaps *qemu_caps_new(const char *binary, const char *arch);

/* The cached capabilities of @binary as it is now, or NULL. */
QemuCaps *qemu_caps_load(const char *binary);
/* Failing to is no error. */
void qemu_caps_save(const QemuCaps *caps);
