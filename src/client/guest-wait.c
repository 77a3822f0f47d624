#include "client/guest-wait.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"

#define TICK_MS 500
/* A connection through NAT stands before the guest answers, and hangs while it cannot. */
#define BANNER_TIMEOUT_S 5
#define BANNER           "SSH-"

/* One round of waiting. */
typedef struct {
	const GuestWait *wait;
	gint64 deadline; /* monotonic */
	char *said;      /* the last sentence */
} Round;

static void say(Round *round, const char *sentence)
{
	if (g_strcmp0(round->said, sentence) == 0)
		return;
	g_free(round->said);
	round->said = g_strdup(sentence);
	if (round->wait->report)
		round->wait->report(sentence, round->wait->data);
}

static char *get_text(const GuestWait *wait, const char *property, GError **error)
{
	g_autoptr(GVariant) value = client_get_sync(wait->client, wait->path, "Vm", property, error);

	return value ? g_variant_dup_string(value, NULL) : NULL;
}

static gboolean set_flag(gpointer flag)
{
	*(gboolean *)flag = TRUE;
	return G_SOURCE_REMOVE;
}

static void let_pass(guint ms)
{
	gboolean over = FALSE;

	g_timeout_add(ms, set_flag, &over);
	while (!over)
		g_main_context_iteration(NULL, TRUE);
}

/* What the guest is doing, as its agent says; NULL with @error when it will not come any more. */
static const char *doing(const char *state, const char *guest)
{
	if (g_str_equal(state, "starting"))
		return "the VM is starting";
	if (!g_str_equal(state, "running"))
		return NULL;
	if (g_str_equal(guest, "cloud-init"))
		return "cloud-init is setting the guest up";
	return g_str_equal(guest, "ready") ? "the guest is up" : "the guest is booting";
}

/* Says what is waited for and waits a little; FALSE when there is no use in it. *@ready: the guest says so. */
static gboolean tick(Round *round, const char *also, gboolean *ready, GError **error)
{
	const GuestWait *wait = round->wait;
	g_autofree char *state = get_text(wait, "State", error);
	g_autofree char *guest = state ? get_text(wait, "GuestState", error) : NULL;

	if (!guest)
		return FALSE;
	const char *words = doing(state, guest);
	if (!words)
		return error_set(error, CARREL_ERROR_STATE,
				 g_str_equal(state, "paused") ? "resume it with `carrel resume'"
							      : "start it with `carrel start'",
				 "VM `%s' is %s", wait->name, state);
	*ready = g_str_equal(guest, "ready");
	if (*ready && !also)
		return TRUE;
	g_autofree char *sentence =
		*ready && also ? g_strdup_printf("%s; waiting for %s", words, also) : g_strdup(words);
	say(round, sentence);
	if (g_get_monotonic_time() < round->deadline) {
		let_pass(TICK_MS);
		return TRUE;
	}
	g_autofree char *time = units_format_duration(wait->timeout_ms / 1000);
	return error_set(error, CARREL_ERROR_TIMEOUT, "look at its screen with `carrel connect'",
			 "VM `%s' was not ready after %s: %s", wait->name, time, sentence);
}

gboolean guest_wait_ready_sync(const GuestWait *wait, GError **error)
{
	Round round = { wait, g_get_monotonic_time() + (gint64)wait->timeout_ms * 1000, NULL };
	gboolean ready = FALSE, good = TRUE;

	while (good && !ready)
		good = tick(&round, NULL, &ready, error);
	g_free(round.said);
	return good;
}

/* The guest's ssh server speaks first. */
static gboolean speaks_ssh(const char *host, guint port)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	char banner[sizeof BANNER - 1];
	gsize length = 0;

	g_socket_client_set_timeout(client, BANNER_TIMEOUT_S);
	g_autoptr(GSocketConnection) connection =
		g_socket_client_connect_to_host(client, host, (guint16)port, NULL, NULL);
	if (!connection)
		return FALSE;
	GInputStream *stream = g_io_stream_get_input_stream(G_IO_STREAM(connection));
	return g_input_stream_read_all(stream, banner, sizeof banner, &length, NULL, NULL) &&
	       length == sizeof banner && memcmp(banner, BANNER, sizeof banner) == 0;
}

gboolean guest_wait_ssh_sync(const GuestWait *wait, const char *host, guint port, GError **error)
{
	Round round = { wait, g_get_monotonic_time() + (gint64)wait->timeout_ms * 1000, NULL };
	gboolean ready, good = TRUE;

	while (good && !speaks_ssh(host, port))
		good = tick(&round, "its ssh server", &ready, error);
	g_free(round.said);
	return good;
}
