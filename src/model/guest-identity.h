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

/* What a clone is told. Borrowed. */
typedef struct {
	const VmSpec *spec;
	const VmSpec *was; /* the template's: its adapters' addresses stand in the guest's network settings */
	const char *entropy; /* letters, digits, hyphens and underscores out of the kernel */
	gint64 now;          /* unix seconds */
	/* Of a guest with a seed; NULL otherwise. */
	const char *password; /* of its user, as in shadow(5) */
	const char *keys;     /* text of its authorized_keys */
} Identity;

/* In the clone: names, ids, random numbers, the clock, the keys of its ssh server, its user's password and keys. Caller frees. */
char *identity_script(const Identity *identity);
/* @output: what the script said. */
gboolean identity_check(const VmSpec *spec, const char *output, GError **error);
