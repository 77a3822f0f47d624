#include "base/soon.h"

struct Soon {
	int priority;
	void (*call)(gpointer data);
	gpointer data;
	guint idle, late; /* sources; both or none */
};

Soon *soon_new(int priority, void (*call)(gpointer data), gpointer data)
{
	Soon *soon = g_new0(Soon, 1);

	*soon = (Soon){ .priority = priority, .call = call, .data = data };
	return soon;
}

static void cancel(Soon *soon)
{
	g_clear_handle_id(&soon->idle, g_source_remove);
	g_clear_handle_id(&soon->late, g_source_remove);
}

void soon_free(Soon *soon)
{
	if (!soon)
		return;
	cancel(soon);
	g_free(soon);
}

static gboolean on_due(gpointer data)
{
	Soon *soon = data;

	cancel(soon); /* this one, too */
	soon->call(soon->data);
	return G_SOURCE_REMOVE;
}

void soon_ask(Soon *soon, guint ms)
{
	if (soon->idle)
		return;
	soon->idle = ms == 0 ? g_idle_add_full(soon->priority, on_due, soon, NULL)
			     : g_timeout_add_full(soon->priority, ms, on_due, soon, NULL);
	soon->late = g_timeout_add(ms + SOON_LATE_MS, on_due, soon);
}

gboolean soon_is_asked(const Soon *soon)
{
	return soon->idle != 0;
}
