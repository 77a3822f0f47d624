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
		{vm_spec_is_windows(spec), "Windows keeps its identity in too many places"                  },
		{ spec->tpm,               "the keys in its TPM would be those of all"                      },
		{ !spec->guest_agent,      "without a guest agent nothing can tell the guest who it is"     },
		{ *spec->seed != 0,        "its seed would be read by a guest that has its settings already"},
		{ *spec->qemu_args != 0,   "it has QEMU arguments of its own"                               },
		{ spec->disks->len > 1,    "it has more than one disk"                                      },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].wrong)
			return error_set(error, CARREL_ERROR_FAILED, NULL,
					 "VM `%s' cannot be continued from a template: %s", spec->name,
					 rows[i].why);
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

/* The variables `id', `host', `seed' and `now' stand before it. Services are restarted without waiting: the first who come are served a moment later. */
static const char clone_script[] =
	"export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
	"date -u -s \"@$now\" >/dev/null 2>&1\n"
	"printf %s \"$seed\" >/dev/urandom\n"
	"was=$(cat /proc/sys/kernel/hostname)\n"
	"echo \"$host\" >/proc/sys/kernel/hostname\n"
	"echo \"$host\" >/etc/hostname\n"
	"[ -f /etc/hosts ] && sed -i \"s/\\([[:space:]]\\)$was\\([[:space:].]\\|\\$\\)/\\1$host\\2/g\" "
	"/etc/hosts\n"
	"[ -e /etc/machine-id ] && chmod u+w /etc/machine-id\n"
	"echo \"$id\" >/etc/machine-id\n"
	"[ -f /var/lib/dbus/machine-id ] && ! [ -L /var/lib/dbus/machine-id ] && echo \"$id\" "
	">/var/lib/dbus/machine-id\n"
	"if command -v ssh-keygen >/dev/null && [ -d /etc/ssh ]; then\n"
	"	rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub\n"
	"	{\n"
	"		ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key\n"
	"		ssh-keygen -A\n"
	"		command -v systemctl && for unit in ssh.socket sshd.socket ssh.service sshd.service; "
	"do\n"
	"			systemctl is-enabled -q $unit && systemctl start $unit\n"
	"		done\n"
	"	} >/dev/null 2>&1 </dev/null &\n"
	"fi\n"
	"if command -v systemctl >/dev/null; then\n"
	"	systemctl --no-block try-restart systemd-networkd.service systemd-journald.service "
	">/dev/null 2>&1\n"
	"fi\n"
	"echo \"$(cat /etc/machine-id) $(cat /proc/sys/kernel/hostname)\"\n";

/* The VM's id without hyphens is a machine id as machine-id(5) wants it. Caller frees. */
static char *machine_id(const VmSpec *spec)
{
	g_auto(GStrv) parts = g_strsplit(spec->id, "-", -1);

	return g_strjoinv("", parts);
}

char *identity_script(const VmSpec *spec, const char *entropy, gint64 now)
{
	g_autofree char *id = machine_id(spec), *host = units_host_name(spec->name, LABEL_MAX);

	/* All four are made of letters, digits and hyphens. */
	return g_strdup_printf("id=%s\nhost=%s\nseed=%s\nnow=%" G_GINT64_FORMAT "\n%s", id, host, entropy,
			       now, clone_script);
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
