/*
 * What a new guest is told at its first start: its first user, its name, and how it speaks. Made once from what the user asked for, the VM's spec and this
 * host; used by cloud-init's seed (vm-seed.h) and whatever else sets up a guest without questions.
 */
#pragma once

#include "spec/vm-spec.h"

/* As in the API's CreateVm; NULL = nobody said. Strings are borrowed. */
typedef struct {
	gboolean no_seed;
	const char *user_data; /* text of the user's own, which replaces ours */
	const char *hostname, *locale, *timezone;
	const char *password;
	const char *ssh_keys; /* lines of authorized_keys, besides those in ~/.ssh */
} GuestOptions;

typedef struct {
	char *user, *password;
	gboolean password_made; /* by us: nobody knows it yet */
	char *hostname;
	char *locale;        /* "de_DE.UTF-8" */
	char *timezone;      /* "Europe/Berlin", or "" */
	char *keymap;        /* as VmSpec.keymap */
	GPtrArray *ssh_keys; /* of char *: checked lines of authorized_keys */
	char *user_data;     /* or NULL */
} GuestSetup;

/* Something of it was asked for, other than to have none. */
gboolean guest_options_given(const GuestOptions *options);

/*
 * Fills in what was not given: the user of this host ("carrel" for root, or where the name is no good elsewhere), the VM's name, this host's language, time zone and
 * keyboard, a new password. What @spec lacks of it is set there too: user, and keymap unless @keymap_given. CARREL_ERROR_USAGE names what cannot be
 * taken. Caller frees.
 */
GuestSetup *guest_setup_new(const GuestOptions *options, VmSpec *spec, gboolean keymap_given, GError **error);
void guest_setup_free(GuestSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestSetup, guest_setup_free)
