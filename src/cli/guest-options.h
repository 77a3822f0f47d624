/* Options by which a new guest is told who its first user is and how it speaks, for `create' and `quick'. The user's name and the keyboard are fields of the
 * VM: --user and --keymap. */
#pragma once

#include "cli/options.h"

/* clang-format off */
#define GUEST_OPTIONS                                                                                        \
	{ "ssh-key", 0, OPTION_LIST, VALUE_FILE, "FILE", NULL,                                               \
	  "Public key that the guest lets in, besides those in ~/.ssh; may be given more than once" },       \
	{ "hostname", 0, OPTION_TEXT, VALUE_NONE, "NAME", NULL, "The guest's own name; else the VM's" },     \
	{ "locale", 0, OPTION_TEXT, VALUE_NONE, "LOCALE", NULL, "The guest's language, such as de_DE.UTF-8; else the host's" }, \
	{ "timezone", 0, OPTION_TEXT, VALUE_NONE, "ZONE", NULL, "The guest's time zone, such as Europe/Berlin; else the host's" }, \
	{ "password-file", 0, OPTION_TEXT, VALUE_FILE, "FILE", NULL,                                         \
	  "The user's password is the first line of FILE; else a new one, which is printed" },               \
	{ "user-data", 0, OPTION_TEXT, VALUE_FILE, "FILE", NULL,                                             \
	  "Give the guest's cloud-init this instead of all that carrel would tell it" },                     \
	{ "unattended", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL,                                              \
	  "Install the ISO's system without questions, with the settings above" },                           \
	{ "product-key", 0, OPTION_TEXT, VALUE_NONE, "KEY", NULL, "What an unattended Windows is installed with" }, \
	{ "no-seed", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Tell the guest nothing at its first start" }
/* clang-format on */

/* Reads the files and adds what was given to @dict, the options of CreateVm. */
gboolean guest_options_add(GVariantDict *dict, const Options *options, GError **error);
