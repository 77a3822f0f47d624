/*
 * What makes a guest itself, and must not be shared by two: scripts for the guest agent (hv/qga.h), and the check of what they said. They are for any Linux with a
 * POSIX shell, busybox included, and do only what is there to do.
 */
#pragma once

#include "spec/vm-spec.h"

/* CARREL_ERROR_FAILED says why VMs of this kind cannot be continued from a template. */
gboolean identity_possible(const VmSpec *spec, GError **error);

/* In the template before it is saved: what is secret goes. Exit status not 0: this guest must not be shared, stderr says why. */
extern const char identity_prepare[];

/* In the clone: names, ids, random numbers, the clock, the keys of its ssh server. @entropy: hex digits out of the kernel; @now: unix seconds. Caller frees. */
char *identity_script(const VmSpec *spec, const char *entropy, gint64 now);
/* @output: what the script said. */
gboolean identity_check(const VmSpec *spec, const char *output, GError **error);
