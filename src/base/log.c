#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/units.h"

static struct {
	const char *program;
	LogStyle style;
	gboolean verbose;
} settings;

static const char *level_name(GLogLevelFlags level)
{
	if (level & G_LOG_LEVEL_ERROR)
		return "fatal";
	if (level & G_LOG_LEVEL_CRITICAL)
		return "critical";
	if (level & G_LOG_LEVEL_WARNING)
		return "warning";
	return level & G_LOG_LEVEL_DEBUG ? "debug" : "info";
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
	const char *message = "";

	if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) && !settings.verbose)
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < count; i++)
		if (g_str_equal(fields[i].key, "MESSAGE"))
			message = fields[i].value;
	if (settings.style == LOG_STYLE_DAEMON) {
		g_autofree char *now = units_format_time(g_get_real_time() / G_USEC_PER_SEC);
		fprintf(stderr, "%s %s[%d] %s: %s\n", now, settings.program, (int)getpid(), level_name(level),
			message);
	} else {
		fprintf(stderr, "%s: %s\n", settings.program, message);
	}
	return G_LOG_WRITER_HANDLED;
}

void log_init(const char *program, LogStyle style, gboolean verbose)
{
	const char *debug = g_getenv("CARREL_DEBUG");

	settings.program = program;
	settings.style = style;
	settings.verbose = verbose || (debug && *debug && *debug != '0');
	g_log_set_writer_func(write_line, NULL, NULL);
}
