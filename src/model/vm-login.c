/* How one gets into the guest: by its user, password and keys. */
#include "base/paths.h"
#include "model/vm-private.h"
#include "model/vm-seed.h"

void guest_login_clear(GuestLogin *login)
{
	g_clear_pointer(&login->user, g_free);
	g_clear_pointer(&login->password, g_free);
	g_clear_pointer(&login->key, g_free);
	g_clear_pointer(&login->known_hosts, g_free);
}

void vm_login(const Vm *vm, GuestLogin *login)
{
	g_autofree char *password = NULL;
	gboolean carrel_key;

	seed_read_login(vm->folder, &password, &carrel_key);
	login->user = g_strdup(vm->spec->user);
	login->password = g_strdup(password ? password : "");
	login->key = carrel_key ? paths_ssh_key() : g_strdup("");
	login->known_hosts = vm_file(vm, VM_KNOWN_HOSTS);
}
