#include "model/vm-advice.h"

#include <string.h>

#include "base/units.h"
#include "model/windows-answer.h"
#include "spec/spec-fields.h"

/* Memory is given in steps that people would write. */
#define MEMORY_STEP (G_GUINT64_CONSTANT(64) << 20)

typedef struct {
	const Advice *advice;
	VmSpec *spec;
	GString *lines;
} Run;

static gboolean is_free(const Run *run, const char *field)
{
	return !g_hash_table_contains(run->advice->fields, field);
}

static void set(Run *run, const char *field, const char *value)
{
	if (is_free(run, field))
		vm_spec_set(run->spec, field, value, NULL);
}

static void set_switch(Run *run, const char *field, gboolean on)
{
	set(run, field, on ? "on" : "off");
}

static void set_os(Run *run)
{
	const OsInfo *info = run->advice->info;

	if (*run->spec->os)
		return;
	set(run, "os", info->known ? info->id : info->family);
}

static void warn_memory(Run *run, guint64 available)
{
	g_autofree char *least = units_format_size_human(run->advice->info->memory_min);
	g_autofree char *left = units_format_size_human(available);

	g_string_append_printf(run->lines, "\n%s needs at least %s of memory, and this host has %s left",
			       run->advice->info->name, least, left);
}

static void set_memory(Run *run)
{
	const OsInfo *info = run->advice->info;
	guint64 available = run->advice->host->memory_available, wanted = info->memory;
	guint64 limit = available / 2 / MEMORY_STEP * MEMORY_STEP;

	if (!wanted || !is_free(run, "memory"))
		return;
	if (available && wanted > limit)
		wanted = MAX(MAX(limit, info->memory_min), MEMORY_STEP);
	if (available && info->memory_min > available)
		warn_memory(run, available);
	g_autofree char *text = units_format_size(wanted);
	set(run, "memory", text);
}

/* More than the default only: two processors hurt no system that needs one. */
static void set_cpus(Run *run)
{
	guint cpus = MIN(run->advice->info->cpus, run->advice->host->cpus);

	if (is_free(run, "cpus") && cpus > run->spec->cpus)
		run->spec->cpus = cpus;
	if (run->advice->info->cpus > run->spec->cpus)
		g_string_append_printf(run->lines, "\n%s should have %u processors", run->advice->info->name,
				       run->advice->info->cpus);
}

static void set_firmware(Run *run)
{
	const OsInfo *info = run->advice->info;

	if (info->bios && !info->efi)
		set(run, "generation", "1");
	if (info->known)
		set_switch(run, "secure_boot", info->secure_boot && run->spec->generation == 2);
}

/* Windows 11 and Server 2025 install on no machine without one. */
static gboolean wants_tpm(const Run *run)
{
	const char *os = windows_choose(run->spec->os, run->advice->info->id);

	return os && (g_str_equal(os, "win11") || g_str_equal(os, "win2k25"));
}

static void set_tpm(Run *run)
{
	if (!wants_tpm(run) || !is_free(run, "tpm"))
		return;
	if (run->advice->has_swtpm)
		set_switch(run, "tpm", TRUE);
	else
		g_string_append_printf(run->lines, "\n%s wants a TPM, for which swtpm is not installed",
				       run->advice->info->name);
}

static void warn_architecture(Run *run)
{
	const char *its = run->advice->info->architecture, *ours = run->advice->host->arch;

	if (*its && *ours && !g_str_equal(its, ours) &&
	    !(g_str_equal(its, "i686") && g_str_equal(ours, "x86_64")))
		g_string_append_printf(run->lines, "\nit is for %s, and does not run on this host's %s", its,
				       ours);
}

/* "Debian 12 installer: 1 GiB of memory, 2 processors, 20 GiB disk, generation 2 with Secure Boot" */
static char *summary(const Run *run)
{
	const VmSpec *spec = run->spec;
	const guint64 *disk_size = run->advice->disk_size;
	g_autofree char *what = os_info_describe(run->advice->info);
	g_autofree char *memory = units_format_size_human(spec->memory);
	g_autofree char *size = disk_size && *disk_size ? units_format_size_human(*disk_size) : NULL;
	g_autofree char *disk = size ? g_strdup_printf(", %s disk", size) : g_strdup("");

	return g_strdup_printf("%s: %s memory, %" G_GINT64_FORMAT
			       " processor%s%s, generation %" G_GINT64_FORMAT "%s%s",
			       what, memory, spec->cpus, spec->cpus == 1 ? "" : "s", disk, spec->generation,
			       spec->secure_boot && spec->generation == 2 ? " with Secure Boot" : "",
			       spec->tpm ? " and a TPM" : "");
}

char *advice_apply(const Advice *advice, VmSpec *spec)
{
	Run run = { advice, spec, g_string_new(NULL) };

	set_os(&run);
	set_memory(&run);
	set_cpus(&run);
	set_firmware(&run);
	set_tpm(&run);
	if (advice->disk_size && *advice->disk_size && advice->info->disk)
		*advice->disk_size = advice->info->disk;
	warn_architecture(&run);
	g_autofree char *first = summary(&run);
	g_string_prepend(run.lines, first);
	return g_string_free(run.lines, FALSE);
}
