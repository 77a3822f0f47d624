/* The rows of `carrel host check': one small function per requirement. Each fills what was found; a row with a remedy is not "ok". */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/paths.h"
#include "base/units.h"
#include "hv/host.h"

#define SPACE_FLOOR  (G_GUINT64_CONSTANT(10) << 30)
#define MEMORY_FLOOR (G_GUINT64_CONSTANT(2) << 30)

/* Where the longest name below a VM's run directory ends, see paths.c. */
#define LONGEST_SOCKET "00000000-0000-0000-0000-000000000000"

static void host_check_free(gpointer data)
{
	HostCheck *check = data;

	g_free(check->name);
	g_free(check->requirement);
	g_free(check->found);
	g_free(check->verdict);
	g_free(check->remedy);
	g_free(check);
}

/* What a row's function says: @found is allocated; @remedy NULL means ok. */
typedef struct {
	char *found;
	char *remedy;
} Finding;

static void say(Finding *finding, char *found, const char *remedy)
{
	finding->found = found;
	finding->remedy = g_strdup(remedy);
}

/* --- QEMU --- */

static void check_qemu(const Host *host, Finding *finding)
{
	if (host->caps) {
		say(finding, g_strdup_printf("QEMU %s at %s", host->caps->version, host->caps->binary), NULL);
		return;
	}
	const char *hint = error_hint(host->caps_error);
	say(finding, error_message(host->caps_error),
	    hint ? hint : "install QEMU, on Debian and Ubuntu with `apt install qemu-system-x86'");
}

static const char *kvm_remedy(const KvmProbe *kvm)
{
	if (!kvm->present)
		return "turn on virtualization (VT-x, AMD-V) in the host's firmware, or nested "
		       "virtualization in its hypervisor";
	if (strstr(kvm->reason, "group kvm"))
		return "run `sudo usermod -aG kvm $USER' and log in again";
	return "turn on nested virtualization in the hypervisor that runs this host, or use VMs on TCG, "
	       "which is slower";
}

static void check_accelerator(const Host *host, Finding *finding)
{
	if (host->kvm->works)
		say(finding, g_strdup(host->kvm->reason), NULL);
	else
		say(finding, g_strdup_printf("%s; VMs run on TCG", host->kvm->reason), kvm_remedy(host->kvm));
}

/* Rows about one flag of the capabilities. */
static void check_flag(const Host *host, gboolean flag, const char *remedy, Finding *finding)
{
	if (!host->caps)
		say(finding, g_strdup("unknown without QEMU"), "install QEMU first");
	else
		say(finding, g_strdup(flag ? "yes" : "no"), flag ? NULL : remedy);
}

static void check_dbus(const Host *host, Finding *finding)
{
	check_flag(host, host->caps && host->caps->display_dbus,
		   "install QEMU's D-Bus display (Debian: qemu-system-common, later "
		   "qemu-system-modules-opengl); consoles lag without it",
		   finding);
}

static void check_vnc(const Host *host, Finding *finding)
{
	check_flag(host, host->caps && host->caps->vnc, "install a QEMU with VNC; the console needs it",
		   finding);
}

static void check_io_uring(const Host *host, Finding *finding)
{
	check_flag(host, host->caps && host->caps->io_uring,
		   "set sysctl kernel.io_uring_disabled=0, or leave it: disks use threads then, which are "
		   "somewhat slower",
		   finding);
}

static void check_sandbox(const Host *host, Finding *finding)
{
	check_flag(host, host->caps && host->caps->sandbox,
		   "install a QEMU with seccomp; without it a guest that breaks out of QEMU meets no second "
		   "wall",
		   finding);
}

static void check_user_net(const Host *host, Finding *finding)
{
	check_flag(host, host->caps && host->caps->user_net,
		   "install a QEMU with libslirp; the Default Switch needs it", finding);
}

static void check_firmware(const Host *host, gboolean secure_boot, Finding *finding)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Firmware) firmware =
		firmware_find(host->caps ? host->caps->arch : "x86_64",
			      host->caps ? host->caps->machine_q35 : "pc-q35-7.2", secure_boot, &error);

	if (firmware)
		say(finding, g_strdup(firmware->code), NULL);
	else
		say(finding, g_strdup("none"), error_hint(error));
}

static void check_uefi(const Host *host, Finding *finding)
{
	check_firmware(host, FALSE, finding);
}

static void check_secure_boot(const Host *host, Finding *finding)
{
	check_firmware(host, TRUE, finding);
}

/* --- programs --- */

static void check_program(const char *program, const char *remedy, Finding *finding)
{
	g_autofree char *path = g_find_program_in_path(program);

	say(finding, g_strdup(path ? path : "not installed"), path ? NULL : remedy);
}

static void check_qemu_img(const Host *host, Finding *finding)
{
	check_program("qemu-img", "install it, on Debian and Ubuntu with `apt install qemu-utils'", finding);
}

static void check_swtpm(const Host *host, Finding *finding)
{
	check_program(
		"swtpm",
		"install it, on Debian and Ubuntu with `apt install swtpm'; only VMs with tpm=on need it",
		finding);
}

static void check_live_tools(const Host *host, Finding *finding)
{
	static const char *const tools[] = { "xorriso", "mcopy", "cpio", "grub-mkimage" };
	g_autoptr(GString) missing = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
		g_autofree char *path = g_find_program_in_path(tools[i]);
		if (!path)
			g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", tools[i]);
	}
	if (missing->len == 0)
		say(finding, g_strdup("xorriso, mtools, cpio, grub-mkimage"), NULL);
	else
		say(finding, g_strdup_printf("not installed: %s", missing->str),
		    "on Debian and Ubuntu `apt install xorriso mtools cpio grub-common'; only building "
		    "carrel Live needs them");
}

static void check_view(const Host *host, Finding *finding)
{
	g_autofree char *path = paths_program("carrel-view");
	gboolean there = g_file_test(path, G_FILE_TEST_IS_EXECUTABLE);

	say(finding, g_strdup(there ? path : "not installed"),
	    there ? NULL : "install carrel-view; `carrel connect --via sdl' and `--via vnc' need it");
}

/* --- resources --- */

/* The nearest directory that exists: the store may not have been made yet. */
static char *existing_parent(char *path)
{
	while (!g_file_test(path, G_FILE_TEST_IS_DIR) && strlen(path) > 1) {
		char *parent = g_path_get_dirname(path);
		g_free(path);
		path = parent;
	}
	return path;
}

static void check_space(const Host *host, Finding *finding)
{
	g_autofree char *dir = existing_parent(paths_vms_dir());
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0) {
		say(finding, g_strdup_printf("cannot look at %s", dir), "check its permissions");
		return;
	}
	guint64 bytes = (guint64)fs.f_bavail * fs.f_frsize;
	g_autofree char *free_space = units_format_size_human(bytes);
	say(finding, g_strdup_printf("%s free in %s", free_space, dir),
	    bytes >= SPACE_FLOOR ? NULL
				 : "free some space, or move the store with XDG_DATA_HOME or CARREL_HOME");
}

/* Bytes of one line of /proc/meminfo, 0 when it is not there. */
static guint64 meminfo(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line ? g_ascii_strtoull(line + strlen(key), NULL, 10) * 1024 : 0;
}

static void check_memory(const Host *host, Finding *finding)
{
	g_autofree char *text = NULL;
	gboolean known = g_file_get_contents("/proc/meminfo", &text, NULL, NULL);
	guint64 available = known ? meminfo(text, "MemAvailable:") : 0;
	guint64 total = known ? meminfo(text, "MemTotal:") : 0;
	g_autofree char *free_memory = units_format_size_human(available);
	g_autofree char *all = units_format_size_human(total);
	say(finding, g_strdup_printf("%s available of %s", free_memory, all),
	    available >= MEMORY_FLOOR ? NULL : "close other programs, or give VMs less memory");
}

static void check_run_dir(const Host *host, Finding *finding)
{
	g_autofree char *dir = paths_run_dir();
	g_autofree char *longest = paths_vm_run_file(LONGEST_SOCKET, "vncd.json");
	struct stat st;

	if (strlen(longest) > PATHS_SOCKET_MAX)
		say(finding, g_strdup_printf("%s has %zu bytes", longest, strlen(longest)),
		    "set a shorter XDG_RUNTIME_DIR");
	else if (lstat(dir, &st) < 0)
		say(finding, g_strdup_printf("%s (not made yet)", dir), NULL);
	else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077))
		say(finding, g_strdup_printf("%s is not a directory that is ours alone", dir),
		    "remove it, or set XDG_RUNTIME_DIR");
	else
		say(finding, g_strdup(dir), NULL);
}

typedef struct {
	const char *name, *requirement;
	const char *failure; /* verdict when there is a remedy */
	void (*look)(const Host *host, Finding *finding);
} Row;

static const Row rows[] = {
	{"qemu",          "QEMU 7.2 or newer",                                      "missing", check_qemu       },
	{ "accelerator",  "KVM that runs guest code on the processor",              "warning", check_accelerator},
	{ "qemu-img",     "qemu-img, to make disks",                                "missing", check_qemu_img   },
	{ "uefi",         "UEFI firmware without Secure Boot",                      "missing", check_uefi       },
	{ "secure-boot",  "UEFI firmware with Secure Boot and enrolled keys",       "missing", check_secure_boot},
	{ "vnc",          "QEMU's VNC server",				      "missing", check_vnc        },
	{ "display-dbus", "QEMU's D-Bus display, for a quick console",              "warning", check_dbus       },
	{ "user-network", "QEMU's user networking",                                 "missing", check_user_net   },
	{ "io_uring",     "disk access by io_uring",                                "warning", check_io_uring   },
	{ "sandbox",      "QEMU's seccomp sandbox",                                 "warning", check_sandbox    },
	{ "swtpm",        "swtpm, for VMs with a TPM",                              "warning", check_swtpm      },
	{ "memory",       "2 GiB of memory available",                              "warning", check_memory     },
	{ "space",        "10 GiB of space for disks",                              "warning", check_space      },
	{ "run-dir",      "a private directory for sockets, short enough for them", "missing", check_run_dir    },
	{ "viewer",       "carrel-view, for windows and VNC",                       "warning", check_view       },
	{ "live-tools",   "tools that build the carrel Live image",                 "warning", check_live_tools },
};

GPtrArray *host_checks(const Host *host)
{
	GPtrArray *checks = g_ptr_array_new_with_free_func(host_check_free);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		HostCheck *check = g_new0(HostCheck, 1);
		Finding finding = { NULL, NULL };
		rows[i].look(host, &finding);
		check->name = g_strdup(rows[i].name);
		check->requirement = g_strdup(rows[i].requirement);
		check->found = finding.found;
		check->verdict = g_strdup(finding.remedy ? rows[i].failure : "ok");
		check->remedy = finding.remedy ? finding.remedy : g_strdup("");
		g_ptr_array_add(checks, check);
	}
	return checks;
}
