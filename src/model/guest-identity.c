#include "model/guest-identity.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"

/* A label of DNS. */
#define LABEL_MAX 63

gboolean identity_possible(const VmSpec *spec, GError **error)
{
	const struct {
		gboolean wrong;
		const char *why;
	} rows[] = {
		{vm_spec_is_windows(spec), "Windows keeps its identity in too many places"             },
		{ spec->tpm,               "the keys in its TPM would be those of all"                 },
		{ !spec->guest_agent,      "without a guest agent nothing can tell the guest who it is"},
		{ *spec->qemu_args != 0,   "it has QEMU arguments of its own"                          },
		{ spec->disks->len > 1,    "it has more than one disk"                                 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].wrong)
			return error_set(error, CARREL_ERROR_FAILED, NULL,
					 "no VM of `%s' like this can continue from a template: %s",
					 spec->image, rows[i].why);
	const DiskSpec *disk = spec->disks->len ? spec->disks->pdata[0] : NULL;
	if (disk && (disk->readonly || g_path_is_absolute(disk->file) || strchr(disk->file, '/') ||
		     !g_str_equal(disk->format, "qcow2")))
		return error_set(error, CARREL_ERROR_FAILED, NULL,
				 "VM `%s' cannot be continued from a template: its disk is not its own",
				 spec->name);
	return TRUE;
}

/*
 * The VM generation id is what makes the kernel's random numbers those of this machine at once (Linux 5.18 and later, drivers/virt/vmgenid.c): whatever is
 * written into /dev/urandom counts only a minute later. So a guest without that driver is not made a template of.
 */
const char identity_prepare[] =
	"export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	"[ -d /sys/bus/acpi/drivers/vmgenid ] || modprobe -q vmgenid 2>/dev/null\n"
	"if ! [ -d /sys/bus/acpi/drivers/vmgenid ]; then\n"
	"	echo 'its kernel does not know the VM generation ID, so clones would share random numbers' "
	">&2\n"
	"	exit 1\n"
	"fi\n"
	"if command -v systemctl >/dev/null; then\n"
	"	systemctl stop ssh.service sshd.service ssh.socket sshd.socket 2>/dev/null\n"
	"fi\n"
	"rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /var/lib/systemd/random-seed\n"
	"sync\n"
	"exit 0\n";

/* The variables that variables() writes stand before these. Services are restarted without waiting: the first who come are served a moment later. */
static const char name_script[] =
	"export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	"date -u -s \"@$now\" >/dev/null 2>&1\n"
	"printf %s \"$entropy\" >/dev/urandom\n"
	"was=$(cat /proc/sys/kernel/hostname)\n"
	"echo \"$host\" >/proc/sys/kernel/hostname\n"
	"echo \"$host\" >/etc/hostname\n"
	/* Twice, since the blank between two names belongs to the first match only. */
	"name=\"s/\\([[:space:]]\\)$was\\([[:space:].]\\|\\$\\)/\\1$host\\2/g\"\n"
	"[ -f /etc/hosts ] && sed -i -e \"$name\" -e \"$name\" /etc/hosts\n"
	"[ -e /etc/machine-id ] && chmod u+w /etc/machine-id\n"
	"echo \"$id\" >/etc/machine-id\n"
	"[ -f /var/lib/dbus/machine-id ] && ! [ -L /var/lib/dbus/machine-id ] && echo \"$id\" "
	">/var/lib/dbus/machine-id\n";

/* cloud-init shall take it for the guest that it has set up, also at the next start: it would make new host keys otherwise. */
static const char seed_script[] =
	"if [ -n \"$user\" ]; then\n"
	"	printf '%s:%s\\n' \"$user\" \"$password\" | chpasswd -e || exit 1\n"
	"	home=$(getent passwd \"$user\" | cut -d: -f6)\n"
	"	mkdir -p -m 700 \"$home/.ssh\" && echo \"$keys\" | base64 -d >\"$home/.ssh/authorized_keys\" "
	"|| exit 1\n"
	"	chmod 600 \"$home/.ssh/authorized_keys\"\n"
	"	chown -R \"$user:\" \"$home/.ssh\"\n"
	"fi\n"
	"cloud=/var/lib/cloud\n"
	"old=$(cat $cloud/data/instance-id 2>/dev/null)\n"
	"if [ -n \"$old\" ] && [ -d \"$cloud/instances/$old\" ] && [ \"$old\" != \"$vm\" ]; then\n"
	"	mv \"$cloud/instances/$old\" \"$cloud/instances/$vm\"\n"
	"	ln -sfn \"$cloud/instances/$vm\" $cloud/instance\n"
	"	echo \"$vm\" >$cloud/data/instance-id\n"
	"fi\n";

/* Settings of networks that name an adapter by its address mean the new one. */
static const char network_script[] =
	"for pair in $macs; do\n"
	"	grep -rilF \"${pair%=*}\" /etc/netplan /etc/systemd/network /etc/network /etc/udev/rules.d "
	"/etc/NetworkManager/system-connections /etc/sysconfig/network /etc/sysconfig/network-scripts "
	"/run/systemd/network 2>/dev/null | while read -r file; do\n"
	"		sed -i \"s/${pair%=*}/${pair#*=}/gI\" \"$file\"\n"
	"	done\n"
	"done\n";

static const char service_script[] =
	"if command -v ssh-keygen >/dev/null && [ -d /etc/ssh ]; then\n"
	"	rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub\n"
	"	{\n"
	"		ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key\n"
	"		command -v systemctl && for unit in ssh.socket sshd.socket ssh.service sshd.service; "
	"do\n"
	"			systemctl is-enabled -q $unit && systemctl start $unit\n"
	"		done\n"
	/* The other kinds take long, and are there from the next start on. */
	"		nice ssh-keygen -A\n"
	"	} >/dev/null 2>&1 </dev/null &\n"
	"fi\n"
	"if command -v systemctl >/dev/null; then\n"
	"	systemctl --no-block try-restart systemd-networkd.service systemd-journald.service "
	">/dev/null "
	"2>&1\n"
	"fi\n"
	"echo \"$(cat /etc/machine-id) $(cat /proc/sys/kernel/hostname)\"\n";

/* The VM's id without hyphens is a machine id as machine-id(5) wants it. Caller frees. */
static char *machine_id(const VmSpec *spec)
{
	g_auto(GStrv) parts = g_strsplit(spec->id, "-", -1);

	return g_strjoinv("", parts);
}

static void append_macs(GString *text, const Identity *identity)
{
	const GPtrArray *nics = identity->spec->nics, *old = identity->was->nics;

	g_string_append(text, "macs='");
	for (guint i = 0; i < nics->len && i < old->len; i++)
		g_string_append_printf(text, "%s%s=%s", i ? " " : "", ((NicSpec *)old->pdata[i])->mac,
				       ((NicSpec *)nics->pdata[i])->mac);
	g_string_append(text, "'\n");
}

/* All of them are made of letters, digits and signs that mean nothing between single quotes; what a person wrote goes as base64. */
static char *variables(const Identity *identity)
{
	const VmSpec *spec = identity->spec;
	GString *text = g_string_new(NULL);
	g_autofree char *id = machine_id(spec), *host = units_host_name(spec->name, LABEL_MAX);
	const char *keys = identity->keys ? identity->keys : "";
	g_autofree char *keys_text = g_base64_encode((const guchar *)keys, strlen(keys));

	g_string_append_printf(text,
			       "vm='%s'\nid='%s'\nhost='%s'\nentropy='%s'\nnow='%" G_GINT64_FORMAT "'\n",
			       spec->id, id, host, identity->entropy, identity->now);
	g_string_append_printf(text, "user='%s'\npassword='%s'\nkeys='%s'\n",
			       identity->password ? spec->user : "",
			       identity->password ? identity->password : "", keys_text);
	append_macs(text, identity);
	return g_string_free(text, FALSE);
}

char *identity_script(const Identity *identity)
{
	g_autofree char *head = variables(identity);

	return g_strconcat(head, name_script, seed_script, network_script, service_script, NULL);
}

gboolean identity_check(const VmSpec *spec, const char *output, GError **error)
{
	g_autofree char *id = machine_id(spec), *host = units_host_name(spec->name, LABEL_MAX);
	g_autofree char *wanted = g_strconcat(id, " ", host, NULL);
	g_autofree char *given = g_strstrip(g_strdup(output));

	if (g_str_equal(given, wanted))
		return TRUE;
	return error_set(error, CARREL_ERROR_FAILED, NULL,
			 "the guest of VM `%s' did not take its name: it says `%.100s'", spec->name, given);
}
