/* Files for the first file system of a Linux kernel: a cpio archive behind the installer's own, of which the kernel unpacks one after the other
 * (the kernel's documentation, driver-api/early-userspace/buffer-format). */
#pragma once

#include <glib.h>

/* Appends @names with @contents (parallel, GBytes) as files of mode 0644 in the root to @path. */
gboolean initrd_append(const char *path, GPtrArray *names, GPtrArray *contents, GError **error);
