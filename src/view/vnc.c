/* The VNC server: a door for viewers, the way from it to libvncserver, and its passwords. */
#include "base/error.h"
#include "base/json.h"
#include "base/secret.h"
#include "view/door.h"
#include "view/relay.h"
#include "view/view.h"

/* A person who connects again and again after a typing error is let in; who guesses passwords has one a second. One peer alone, whose half
 * handshakes end after ten seconds, can fill neither the door nor the places for handshakes behind it (sink.h). */
static const DoorLimits limits = {
	.first_port = 5900,
	.last_port = 5999,
	.most = 64,
	.burst = 10,
	.per_second = 1,
};

struct ViewVnc {
	Door *door;
	Relays *relays;
	char *password, *view_password;
};

static gboolean on_enter(int fd, gpointer data)
{
	View *view = data;

	return sink_vncd_add(view->sink, fd, FALSE);
}

static void on_guest(GSocketConnection *connection, gpointer data)
{
	relays_add(((ViewVnc *)data)->relays, G_IO_STREAM(connection), RELAY_PLAIN);
}

static gboolean write_note(View *view, GError **error)
{
	const ViewVnc *vnc = view->vnc;
	const Address *address = door_address(vnc->door);
	g_autofree char *text = address_text(address);
	g_autofree char *url =
		address->path ? g_strdup(text) : g_strdup_printf("vnc://:%s@%s", vnc->password, text);
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "address", address->path ? address->path : address->host);
	json_object_set_int_member(object, "port", address->port);
	json_object_set_boolean_member(object, "local", address_is_local(address));
	json_object_set_string_member(object, "password", vnc->password);
	json_object_set_string_member(object, "view_password", vnc->view_password);
	json_object_set_string_member(object, "url", url);
	return view_write_note(view, object, error);
}

static gboolean make_passwords(ViewVnc *vnc, GError **error)
{
	vnc->password = secret_new(SECRET_PASSWORD, error);
	vnc->view_password = vnc->password ? secret_new(SECRET_PASSWORD, error) : NULL;
	return vnc->view_password != NULL;
}

static gboolean make_sink(View *view, const ClientVm *vm, GError **error)
{
	SinkOptions options = {
		.title = vm->name,
		.view_only = view->options.view_only,
		.password = view->vnc->password,
		.view_password = view->vnc->view_password,
	};

	view->sink = sink_vncd_new(view->surface, &options, error);
	return view->sink != NULL;
}

gboolean view_make_vnc(View *view, const ClientVm *vm, GError **error)
{
	g_autoptr(Address) address = address_new(view->options.address ? view->options.address : "", error);
	ViewVnc *vnc;

	if (!address)
		return FALSE;
	vnc = view->vnc = g_new0(ViewVnc, 1);
	vnc->relays = relays_new(on_enter, view);
	if (!make_passwords(vnc, error) || !make_sink(view, vm, error))
		return FALSE;
	vnc->door = door_new(address, &limits, on_guest, vnc, error);
	return vnc->door && write_note(view, error);
}

void view_clear_vnc(View *view)
{
	ViewVnc *vnc = g_steal_pointer(&view->vnc);

	if (!vnc)
		return;
	relays_free(vnc->relays);
	door_free(vnc->door);
	g_free(vnc->password);
	g_free(vnc->view_password);
	g_free(vnc);
}
