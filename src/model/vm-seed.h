/*
 * The seed of a VM: a small disc labelled "cidata" by which cloud-init sets the guest up at its first start. Source of the format: cloud-init's documentation,
 * data source NoCloud. Its texts are JSON, which is YAML, so that nothing in a name or key can mean more than itself.
 */
#pragma once

#include "model/guest-setup.h"

#define VM_SEED "seed.iso"
/* { "password": ..., "carrel_key": true }: how one gets in; mode 0600, gone with the VM. */
#define VM_LOGIN "login.json"
/* Host keys of the guest, for ssh. */
#define VM_KNOWN_HOSTS "known_hosts"

/* Texts of the disc; caller frees. @hash: as passphrase_hash(); @carrel_key: carrel's own public key, or NULL. */
char *seed_user_data(const GuestSetup *setup, const char *hash, const char *carrel_key, gboolean agent);
char *seed_meta_data(const GuestSetup *setup, const char *instance);
/* NULL for one adapter: cloud-init asks DHCP on it by itself, whatever its name and address are. */
char *seed_network_config(const VmSpec *spec);

/* Writes VM_SEED, and VM_LOGIN unless the user-data is the user's own, into @folder. */
gboolean seed_write(const char *folder, const VmSpec *spec, const GuestSetup *setup, const char *carrel_key,
		    GError **error);

/* VM_LOGIN alone, for guests that are set up in another way. */
gboolean seed_write_login(const char *folder, const GuestSetup *setup, gboolean carrel_key, GError **error);

/* What VM_LOGIN in @folder says. *@password: NULL when not known; caller frees. */
void seed_read_login(const char *folder, char **password, gboolean *carrel_key);
