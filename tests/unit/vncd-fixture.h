/* The VNC server behind its door, with libvncclient as its viewer. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <rfb/rfbclient.h>
#include <signal.h>
#include <sys/stat.h>

#include "tests/unit/sink-fixture.h"
#include "view/door.h"
#include "view/relay.h"

#define PASSWORD      "secret12"
#define VIEW_PASSWORD "lookonly"

typedef struct {
	Guest guest;
	Relays *relays;
	Door *door;
} Server;

static const DoorLimits wide = { 5900, 5999, 2000, 2000, 2000 };

static inline gboolean on_enter(int fd, gpointer data)
{
	return sink_vncd_add(((Server *)data)->guest.sink, fd, FALSE);
}

static inline void on_guest(GSocketConnection *connection, gpointer data)
{
	relays_add(((Server *)data)->relays, G_IO_STREAM(connection), RELAY_PLAIN);
}

static inline void open_server_by(Server *server, gboolean view_only, const char *address,
				  const DoorLimits *limits)
{
	SinkOptions options = {
		.title = "test", .password = PASSWORD, .view_password = VIEW_PASSWORD, .view_only = view_only
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Address) where = address_new(address, &error);

	g_assert_no_error(error);
	open_guest(&server->guest);
	fill(&server->guest, 64, 48, 0x336699);
	server->guest.sink = sink_vncd_new(server->guest.surface, &options, &error);
	g_assert_no_error(error);
	sink_set_source(server->guest.sink, server->guest.source);
	turns();
	server->relays = relays_new(on_enter, server);
	server->door = door_new(where, limits, on_guest, server, &error);
	g_assert_no_error(error);
}

static inline void open_server(Server *server, gboolean view_only)
{
	open_server_by(server, view_only, "", &wide);
}

static inline void close_server(Server *server)
{
	relays_free(server->relays);
	door_free(server->door);
	close_guest(&server->guest);
}

/* A viewer in a thread of its own, since libvncclient blocks. */
typedef struct {
	guint port;
	const char *password;
	void (*run)(rfbClient *client);
	gint done; /* atomic: 1 the server let it in, 2 it did not */
} Viewer;

static inline char *give_password(rfbClient *client)
{
	Viewer *viewer = rfbClientGetClientData(client, give_password);

	return strdup(viewer->password);
}

static inline rfbClient *new_client(Viewer *viewer)
{
	rfbClient *client = rfbGetClient(8, 3, 4);

	free(client->serverHost);
	client->serverHost = strdup("127.0.0.1");
	client->serverPort = (int)viewer->port;
	client->canHandleNewFBSize = TRUE;
	client->GetPassword = give_password;
	client->appData.encodingsString = "raw";
	rfbClientSetClientData(client, give_password, viewer);
	return client;
}

static inline gpointer run_viewer(gpointer data)
{
	Viewer *viewer = data;
	rfbClient *client = new_client(viewer);
	gboolean in = rfbInitClient(client, NULL, NULL); /* frees the client when it fails */

	if (in) {
		viewer->run(client);
		free(client->frameBuffer);
		rfbClientCleanup(client);
	}
	g_atomic_int_set(&viewer->done, in ? 1 : 2);
	return NULL;
}

/* Runs the main loop until the viewer is through. */
static inline int view(Server *server, const char *password, void (*run)(rfbClient *client))
{
	Viewer viewer = { door_address(server->door)->port, password, run, 0 };
	GThread *thread = g_thread_new("viewer", run_viewer, &viewer);

	poll_until(g_atomic_int_get(&viewer.done));
	g_thread_join(thread);
	return viewer.done;
}

/* Reads messages until the middle of a screen of that size has that colour (red in the lowest byte). */
static inline void wait_for_picture(rfbClient *client, int width, int height, guint32 colour)
{
	for (;;) {
		guint32 pixel = 0;
		if (client->frameBuffer)
			memcpy(&pixel,
			       client->frameBuffer +
				       ((client->height / 2) * client->width + client->width / 2) * 4,
			       4);
		if (client->width == width && client->height == height && (pixel & 0xffffff) == colour)
			return;
		g_assert_true(client->buffered || WaitForMessage(client, 1000 * 1000) >= 0);
		g_assert_true(HandleRFBServerMessage(client));
	}
}

static inline void look(rfbClient *client)
{
	wait_for_picture(client, 64, 48, 0x996633);
}

static Guest *mode_guest; /* of the thread below */

static inline gboolean change_mode(gpointer data)
{
	fill(mode_guest, 320, 200, 0x00ff00);
	return G_SOURCE_REMOVE;
}
