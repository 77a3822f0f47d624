/* What a recognised system makes of a VM's fields: golden numbers for hosts that have much and little. */
#include "model/vm-advice.h"

#include "base/units.h"
#include "spec/spec-fields.h"
#include "tests/unit/support.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

static const char debian[] =
	"{\"known\":true,\"id\":\"debian12\",\"name\":\"Debian "
	"12\",\"family\":\"linux\",\"memory\":3221225472,"
	"\"memory_min\":1073741824,\"disk\":26843545600,\"cpus\":1,\"efi\":true,\"bios\":true,"
	"\"secure_boot\":true,\"installer\":true,\"architecture\":\"x86_64\",\"format\":\"iso\"}";
static const char windows[] =
	"{\"known\":true,\"id\":\"win11\",\"name\":\"Microsoft Windows 11\",\"family\":\"windows\","
	"\"memory\":4294967296,\"memory_min\":4294967296,\"disk\":68719476736,\"cpus\":4,\"efi\":true,"
	"\"bios\":false,\"secure_boot\":true,\"installer\":true,\"format\":\"iso\"}";
static const char alpine[] =
	"{\"known\":true,\"id\":\"alpinelinux3.19\",\"name\":\"Alpine Linux 3.19\",\"family\":\"linux\","
	"\"memory\":268435456,\"efi\":true,\"bios\":true,\"secure_boot\":false,\"installer\":true,"
	"\"architecture\":\"aarch64\",\"format\":\"iso\"}";
static const char old_disc[] =
	"{\"known\":false,\"label\":\"OLD\",\"bios\":true,\"efi\":false,\"format\":\"iso\"}";
static const char linux_disk[] =
	"{\"known\":false,\"family\":\"linux\",\"bios\":false,\"efi\":true,\"format\":\"qcow2\"}";

typedef struct {
	const char *info, *fields; /* "memory=1G cpus=1" */
	guint64 available;
	guint cpus;
	gboolean swtpm, new_disk;
	const char *result, *note; /* fields, then the disk's size in GiB; patterns of glob(7) */
} Case;

/* clang-format off */
static const Case cases[] = {
	{ debian, "", 64 * GIB, 8, TRUE, TRUE,
	  "debian12 3G 2 gen2 sb=1 tpm=0 disk=25",
	  "Debian 12 installer: 3 GiB memory, 2 processors, 25 GiB disk, generation 2 with Secure Boot" },
	/* Half of what is there, never more. */
	{ debian, "", 5 * GIB, 8, TRUE, TRUE, "debian12 2560M 2 gen2 sb=1 tpm=0 disk=25", "*: 2.5 GiB memory,*" },
	/* What it needs at least, also if that is more than half; and a warning where it is not there. */
	{ debian, "", GIB + GIB / 2, 8, TRUE, TRUE, "debian12 1G 2 *", "*: 1 GiB memory,*" },
	{ debian, "", GIB / 2, 8, TRUE, TRUE, "debian12 1G 2 *",
	  "*\nDebian 12 needs at least 1 GiB of memory, and this host has 512 MiB left" },
	/* Nobody knows what the host has. */
	{ debian, "", 0, 8, TRUE, TRUE, "debian12 3G 2 *", "*" },
	/* What the user said stays. */
	{ debian, "os=linux memory=512M cpus=1 generation=1 secure_boot=off", 64 * GIB, 8, TRUE, FALSE,
	  "linux 512M 1 gen1 sb=0 tpm=0 disk=0", "*: 512 MiB memory, 1 processor, generation 1" },
	{ windows, "", 64 * GIB, 8, TRUE, TRUE, "win11 4G 4 gen2 sb=1 tpm=1 disk=64",
	  "Microsoft Windows 11 installer: *Secure Boot and a TPM" },
	{ windows, "tpm=off", 64 * GIB, 2, TRUE, TRUE, "win11 4G 2 gen2 sb=1 tpm=0 disk=64",
	  "*\nMicrosoft Windows 11 should have 4 processors" },
	{ windows, "", 64 * GIB, 8, FALSE, TRUE, "win11 4G 4 gen2 sb=1 tpm=0 disk=64", "*swtpm is not installed" },
	{ alpine, "", 64 * GIB, 8, TRUE, TRUE, "alpinelinux3.19 256M 2 gen2 sb=0 tpm=0 disk=20",
	  "*generation 2\nit is for aarch64, and does not run on this host's x86_64" },
	{ old_disc, "", 64 * GIB, 8, TRUE, TRUE, " 2G 2 gen1 sb=1 tpm=0 disk=20", "unknown ISO image `OLD': *" },
	{ linux_disk, "", 64 * GIB, 8, TRUE, FALSE, "linux 2G 2 gen2 sb=1 tpm=0 disk=0", "unknown disk: *" },
};
/* clang-format on */

static GHashTable *given(const char *text, VmSpec *spec)
{
	GHashTable *fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (char **word = words; *word && **word; word++) {
		g_auto(GStrv) pair = g_strsplit(*word, "=", 2);
		g_hash_table_replace(fields, g_strdup(pair[0]), g_strdup(pair[1]));
		g_assert_true(vm_spec_set(spec, pair[0], pair[1], NULL));
	}
	return fields;
}

static void assert_like(const char *text, const char *pattern)
{
	if (!g_pattern_match_simple(pattern, text))
		g_error("`%s' is not like `%s'", text, pattern);
}

static void check(const Case *c)
{
	g_autoptr(OsInfo) info = os_info_parse(c->info, NULL);
	g_autoptr(VmSpec) spec = vm_spec_new();
	g_autoptr(GHashTable) fields = given(c->fields, spec);
	HostInfo host = { .arch = "x86_64", .cpus = c->cpus, .memory_available = c->available };
	guint64 disk_size = c->new_disk ? 20 * GIB : 0;
	Advice advice = { info, &host, fields, &disk_size, c->swtpm };
	g_autofree char *note = advice_apply(&advice, spec);
	g_autofree char *memory = units_format_size(spec->memory);
	g_autofree char *result =
		g_strdup_printf("%s %s %d gen%d sb=%d tpm=%d disk=%d", spec->os, memory, (int)spec->cpus,
				(int)spec->generation, spec->secure_boot, spec->tpm, (int)(disk_size / GIB));

	assert_like(result, c->result);
	assert_like(note, c->note);
}

static void test_advice(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		check(&cases[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/advice/all", test_advice);
	return g_test_run();
}
