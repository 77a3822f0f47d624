/*
 * key-to-pixel for a VNC server, with libvncclient as the viewer: presses keys in the guest "painter" and prints the milliseconds until
 * the pixel in the middle of the screen has changed, one line a key.
 *
 *	vnc-key-to-pixel COUNT HOST PORT	the password is read from the environment's VNC_PASSWORD
 */
#include <rfb/rfbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/pace.h"

#define KEY 'x' /* no command of the painter's */

typedef struct {
	guint left;        /* keys */
	gint64 due;        /* of the next key, monotonic us; 0 = one is on its way */
	gint64 pressed;    /* monotonic us */
	gint64 last_sight; /* of a change, monotonic us */
	guint32 colour;
	gboolean begun;
} Bench;

static void plan(Bench *bench)
{
	bench->due = g_get_monotonic_time() + pace_pause() * 1000LL;
}

static char *give_password(rfbClient *client)
{
	const char *password = g_getenv("VNC_PASSWORD");

	return strdup(password ? password : "");
}

static guint32 middle(const rfbClient *client)
{
	guint32 colour;

	memcpy(&colour,
	       client->frameBuffer + ((gsize)(client->height / 2) * client->width + client->width / 2) * 4,
	       sizeof(colour));
	return colour;
}

static void on_frame(rfbClient *client)
{
	Bench *bench = rfbClientGetClientData(client, give_password);
	guint32 colour = middle(client);
	gint64 now = g_get_monotonic_time();

	if (!bench->begun) {
		bench->begun = TRUE;
		plan(bench);
	} else if (colour != bench->colour && bench->due == 0) {
		printf("%.2f\n", (now - bench->pressed) / 1000.0);
		bench->left--;
		plan(bench);
	}
	if (colour != bench->colour)
		bench->last_sight = now;
	bench->colour = colour;
}

static void press_if_due(rfbClient *client, Bench *bench)
{
	gint64 now = g_get_monotonic_time();

	if (!bench->begun || bench->due == 0 || now < bench->due)
		return;
	bench->pressed = now;
	bench->due = 0;
	SendKeyEvent(client, KEY, TRUE);
	SendKeyEvent(client, KEY, FALSE);
}

/* us until the next key; a second while one is on its way. */
static guint wait_for(const Bench *bench)
{
	return bench->due == 0 ? G_USEC_PER_SEC : (guint)MAX(bench->due - g_get_monotonic_time(), 0) + 1;
}

static gboolean run(rfbClient *client, Bench *bench)
{
	bench->last_sight = g_get_monotonic_time();
	while (bench->left > 0) {
		int ready = WaitForMessage(client, wait_for(bench));

		if (ready < 0 || (ready > 0 && !HandleRFBServerMessage(client))) {
			g_printerr("vnc-key-to-pixel: the server went away\n");
			return FALSE;
		}
		if (g_get_monotonic_time() - bench->last_sight > GIVE_UP_S * G_USEC_PER_SEC) {
			g_printerr("vnc-key-to-pixel: nothing more came\n");
			return FALSE;
		}
		press_if_due(client, bench);
	}
	return TRUE;
}

int main(int argc, char **argv)
{
	rfbClient *client;
	Bench bench = { 0 };
	gboolean good;

	if (argc != 4) {
		g_printerr("usage: VNC_PASSWORD=... vnc-key-to-pixel COUNT HOST PORT\n");
		return 2;
	}
	rfbEnableClientLogging = FALSE;
	bench.left = (guint)g_ascii_strtoull(argv[1], NULL, 10);
	client = rfbGetClient(8, 3, 4);
	free(client->serverHost);
	client->serverHost = strdup(argv[2]);
	client->serverPort = (int)g_ascii_strtoll(argv[3], NULL, 10);
	client->canHandleNewFBSize = TRUE;
	client->GetPassword = give_password;
	client->FinishedFrameBufferUpdate = on_frame;
	client->appData.encodingsString = "raw";
	client->appData.shareDesktop = TRUE;
	rfbClientSetClientData(client, give_password, &bench);
	if (!rfbInitClient(client, NULL, NULL)) {
		g_printerr("vnc-key-to-pixel: %s port %s does not let in\n", argv[2], argv[3]);
		return EXIT_FAILURE;
	}
	good = run(client, &bench);
	free(client->frameBuffer);
	rfbClientCleanup(client);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
