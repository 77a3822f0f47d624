#include "ui/vm-text.h"

#include "base/units.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static char *capitalised(const char *word)
{
	char *text = g_strdup(word);

	*text = g_ascii_toupper(*text);
	return text;
}

char *vm_text_state(const char *state)
{
	return capitalised(state);
}

char *vm_text_cpu(const ClientVm *vm)
{
	return vm->pid ? g_strdup_printf("%.0f%%", vm->cpu_usage) : g_strdup("");
}

char *vm_text_memory(const ClientVm *vm)
{
	return vm->memory_assigned ? units_format_size_human(vm->memory_assigned) : g_strdup("");
}

char *vm_text_uptime(gint64 started, gint64 now)
{
	gint64 age = MAX(now - started, 0);

	if (started <= 0)
		return g_strdup("");
	if (age < MINUTE)
		return g_strdup_printf("%d s", (int)age);
	if (age < HOUR)
		return g_strdup_printf("%d min", (int)(age / MINUTE));
	if (age < DAY)
		return g_strdup_printf("%d h %02d", (int)(age / HOUR), (int)(age % HOUR / MINUTE));
	return g_strdup_printf("%d d %02d h", (int)(age / DAY), (int)(age % DAY / HOUR));
}

guint vm_text_uptime_tick(gint64 started, gint64 now)
{
	gint64 age = MAX(now - started, 0), unit = age < MINUTE ? 1 : age < DAY ? MINUTE : HOUR;

	return started <= 0 ? 0 : (guint)(unit - age % unit) * 1000;
}

char *vm_text_status(const ClientVm *vm, const ClientJob *job)
{
	g_autofree char *verb = NULL;

	if (job && job->total) {
		verb = capitalised(job->verb);
		return g_strdup_printf("%s: %s, %d%%", verb, job->step, (int)(vm_text_fraction(job) * 100));
	}
	if (job) {
		verb = capitalised(job->verb);
		return g_strdup_printf("%s: %s", verb, job->step);
	}
	return g_strdup(*vm->status ? vm->status : vm->notes);
}

char *vm_text_job(const ClientJob *job)
{
	g_autofree char *verb = capitalised(job->verb);

	if (!*job->step || !g_str_equal(job->state, "running"))
		return g_strdup_printf("%s %s", verb, job->subject);
	return g_strdup_printf("%s %s: %s", verb, job->subject, job->step);
}

double vm_text_fraction(const ClientJob *job)
{
	return job->total ? MIN((double)job->done / (double)job->total, 1.0) : -1;
}

char *vm_text_totals(GPtrArray *vms)
{
	guint running = 0;

	if (!vms)
		return g_strdup("");
	for (guint i = 0; i < vms->len; i++)
		running += g_str_equal(((ClientVm *)vms->pdata[i])->state, "running");
	return g_strdup_printf("%u VM%s, %u running", vms->len, vms->len == 1 ? "" : "s", running);
}

char *vm_text_time(gint64 unix_seconds)
{
	g_autoptr(GDateTime) time = unix_seconds > 0 ? g_date_time_new_from_unix_local(unix_seconds) : NULL;

	return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("");
}

gboolean vm_text_is_coming_up(const ClientVm *vm)
{
	return g_str_equal(vm->state, "running") &&
	       (g_str_equal(vm->guest_state, "booting") || g_str_equal(vm->guest_state, "cloud-init"));
}
