/* Which template a VM may continue from: what the machine looks like, what the host is, and what is stale. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "hv/disk.h"
#include "model/host-locale.h"
#include "model/instant.h"
#include "model/vm-private.h"
#include "spec/spec-file.h"

#define NOWHERE_ID  "00000000-0000-0000-0000-000000000000"
#define NOWHERE_MAC "52:54:00:00:00:00"
#define CPUINFO     "/proc/cpuinfo"
#define CPUINFO_MAX (1024 * 1024)

static void replace(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

/* What cloud-init has set up for good at the first start, and a clone is not told again. Caller frees. */
static char *guest_setup_text(const VmSpec *spec)
{
	if (!*spec->seed)
		return g_strdup("");
	g_autofree char *locale = host_locale("/"), *zone = host_timezone("/");
	return g_strjoin("\n", spec->user, spec->keymap, locale, zone ? zone : "", NULL);
}

/* The command line of its clone with nothing in it that is this VM's own: id, names, addresses, folder. All else (memory, processors, devices and their places, the
 * firmware, QEMU itself, the image in the drive) has to be the same, and with a carrel that says it otherwise it is not. */
char *template_shape(Model *model, const VmSpec *spec, GError **error)
{
	g_autoptr(VmSpec) copy = vm_spec_copy(spec);
	g_autofree NetPort *ports = NULL;
	g_autoptr(Firmware) firmware = NULL;
	Vm nowhere = { .model = model, .folder = (char *)"/", .spec = copy };
	VmRun run = { .vm = &nowhere, .memory = MEMORY_CLONE, .memory_file = (char *)TEMPLATE_MEMORY };

	replace(&copy->id, NOWHERE_ID);
	replace(&copy->name, "template");
	for (guint i = 0; i < copy->nics->len; i++)
		replace(&((NicSpec *)copy->nics->pdata[i])->mac, NOWHERE_MAC);
	if (!vm_find_firmware(&nowhere, &firmware, error) || !vm_plug_ports(&nowhere, &ports, error))
		return NULL;
	run.firmware = firmware;
	run.ports = ports;
	g_auto(GStrv) argv = vm_build_argv(&run, error);
	if (!argv)
		return NULL;
	g_autofree char *text = g_strjoinv("\n", argv);
	g_autofree char *setup = guest_setup_text(spec);
	g_autofree char *all = g_strconcat(text, "\n", setup, NULL);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

/* --- the host --- */

static void append_file(GString *text, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof st);
	g_string_append_printf(text, "%s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld; ", what, path,
			       (gint64)st.st_size, (gint64)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Model and features, as the kernel says them of the first processor: a guest that was started with a feature cannot lose it. */
static char *processor(void)
{
	static const char *const keys[] = { "vendor_id", "model name", "stepping",
					    "microcode", "flags",      "Features" };
	g_autofree char *text = NULL;
	g_autoptr(GString) found = g_string_new(NULL);

	if (!g_file_get_contents(CPUINFO, &text, NULL, NULL))
		return g_strdup("unknown");
	char *end = strstr(text, "\n\n");
	if (end)
		*end = '\0';
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
			if (g_str_has_prefix(*line, keys[i]))
				g_string_append_printf(found, "%s\n", *line);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, found->str, -1);
}

char *template_host(Model *model, const VmSpec *spec)
{
	const Host *host = model->host;
	Vm nowhere = { .model = model, .folder = (char *)"/", .spec = (VmSpec *)spec };
	g_autoptr(Firmware) firmware = NULL;
	g_autofree char *cpu = processor();
	GString *text = g_string_new(NULL);

	append_file(text, "qemu", host->caps->binary);
	if (vm_find_firmware(&nowhere, &firmware, NULL) && firmware)
		append_file(text, "firmware", firmware->code);
	g_string_append_printf(text, "cpu %s", cpu);
	return g_string_free(text, FALSE);
}

/* --- choosing --- */

/* Why @template is of no use to anybody any more, or NULL. Caller frees. */
static char *stale(Model *model, const Template *template)
{
	g_autofree char *conf = templates_file(model->templates, template, VM_CONF);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmSpec) spec = spec_file_load(conf, &error);
	const GalleryItem *item = gallery_find(model->gallery, template->image);

	if (!spec)
		return g_strdup("its settings cannot be read");
	/* What cannot be known now may be known later. */
	if (!item || !*item->sha256)
		return NULL;
	g_autofree char *shape = template_shape(model, spec, NULL);
	g_autofree char *host = template_host(model, spec);
	TemplateWish wish = { template->image, item->sha256, shape, host };
	TemplateFit fit = template_fit(template, &wish);
	if (fit == TEMPLATE_OTHER)
		return g_strdup("such a VM is started in another way now");
	if (fit == TEMPLATE_FITS && !templates_intact(model->templates, template, &error))
		return error_message(error);
	return g_strdup(template_fit_reason(fit));
}

void template_drop_stale(Model *model)
{
	GPtrArray *all = templates_list(model->templates);

	for (guint i = all->len; model->host && model->host->caps && i-- > 0;) {
		g_autofree char *why = stale(model, all->pdata[i]);
		if (why)
			templates_drop(model->templates, all->pdata[i], why);
	}
}

Template *template_for(Model *model, const VmSpec *spec, GError **error)
{
	const GalleryItem *item = gallery_find(model->gallery, spec->image);
	GPtrArray *all = templates_list(model->templates);

	if (!item || !model->host->caps || !identity_possible(spec, error))
		return NULL;
	template_drop_stale(model);
	g_autofree char *shape = template_shape(model, spec, error);
	g_autofree char *host = shape ? template_host(model, spec) : NULL;
	TemplateWish wish = { spec->image, item->sha256, shape, host };
	for (guint i = 0; i < all->len; i++)
		if (template_fit(all->pdata[i], &wish) == TEMPLATE_FITS)
			return all->pdata[i];
	return NULL;
}

gboolean template_disk_used(const char *path, gpointer data)
{
	Model *model = data;

	for (guint i = 0; i < model->vms->len; i++) {
		const Vm *vm = model->vms->pdata[i];
		g_autoptr(GDir) dir = g_dir_open(vm->folder, 0, NULL);
		const char *name;
		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *file = g_build_filename(vm->folder, name, NULL);
			g_autofree char *backing = disk_backing(file);
			if (backing && g_str_equal(backing, path))
				return TRUE;
		}
	}
	return FALSE;
}
