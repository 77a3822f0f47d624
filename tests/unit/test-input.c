/* Several viewers, one guest: who holds which keys and buttons. */
#include "console/input.h"
#include "tests/unit/source-fixture.h"

#define SHIFT 0x2a
#define A     0x1e

typedef struct {
	Fixture fixture;
	InputHub *hub;
	InputViewer *one, *two;
} Room;

static void open_room(Room *room)
{
	open_source(&room->fixture);
	greet(&room->fixture);
	room->hub = input_hub_new();
	input_hub_set_source(room->hub, room->fixture.source);
	room->one = input_join(room->hub);
	room->two = input_join(room->hub);
}

static void close_room(Room *room)
{
	input_hub_set_source(room->hub, NULL);
	input_leave(room->one);
	input_leave(room->two);
	input_hub_free(room->hub);
	close_source(&room->fixture);
}

/* Keys that arrived at the server: "+1e -1e"; pointers as "x,y:buttons". */
static void assert_arrived(Room *room, const char *expected)
{
	g_autoptr(GByteArray) heard = hear(&room->fixture);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint at = 0; at < heard->len;) {
		const guint8 *message = heard->data + at;
		g_string_append(text, text->len ? " " : "");
		if (message[0] == 5) {
			g_string_append_printf(text, "%d,%d:%d", message[2] << 8 | message[3],
					       message[4] << 8 | message[5], message[1]);
			at += 6;
		} else {
			g_assert_cmpuint(message[0], ==, 255);
			g_string_append_printf(text, "%c%02x", message[3] ? '+' : '-', message[11]);
			at += 12;
		}
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void test_key_of_two(void)
{
	Room room;

	open_room(&room);
	input_key(room.one, SHIFT, TRUE);
	input_key(room.two, SHIFT, TRUE);
	input_key(room.one, SHIFT, FALSE);
	assert_arrived(&room, "+2a");
	input_key(room.two, SHIFT, FALSE);
	input_key(room.two, SHIFT, FALSE);
	assert_arrived(&room, "-2a");
	input_key(room.one, 0, TRUE);
	input_key(room.one, 256, TRUE);
	assert_arrived(&room, "");
	close_room(&room);
}

/* What a keyboard repeats is passed on, what another viewer presses besides is not. */
static void test_repeat(void)
{
	Room room;

	open_room(&room);
	input_key(room.one, A, TRUE);
	input_key(room.one, A, TRUE);
	input_key(room.two, A, TRUE);
	input_key(room.one, A, FALSE);
	assert_arrived(&room, "+1e +1e");
	input_key(room.two, A, TRUE);
	input_key(room.two, A, FALSE);
	assert_arrived(&room, "+1e -1e");
	close_room(&room);
}

static void test_leave_lifts_its_own(void)
{
	Room room;

	open_room(&room);
	input_key(room.one, SHIFT, TRUE);
	input_key(room.one, A, TRUE);
	input_key(room.two, SHIFT, TRUE);
	input_pointer(room.one, 5, 6, 1);
	input_pointer(room.two, 7, 8, 4);
	assert_arrived(&room, "+2a +1e 5,6:1 7,8:5");
	input_leave(g_steal_pointer(&room.one));
	assert_arrived(&room, "-1e 7,8:4");
	input_leave(g_steal_pointer(&room.two));
	assert_arrived(&room, "-2a 7,8:0");
	close_room(&room);
}

static void test_buttons_of_two(void)
{
	Room room;

	open_room(&room);
	input_pointer(room.one, 1, 1, 1);
	input_pointer(room.two, 2, 2, 0); /* moves, and lets the other's button be */
	input_pointer(room.one, 3, 3, 0);
	input_pointer_move(room.two, 2, 1, 2);
	input_release_keys(room.two);
	assert_arrived(&room, "1,1:1 2,2:1 3,3:0 5,4:2 5,4:0");
	input_release_keys(room.one);
	assert_arrived(&room, "");
	close_room(&room);
}

/* A viewer that goes away while the VM is off, and one that held a key over a power cycle. */
static void test_power_cycle(void)
{
	Room room;
	Fixture old;

	open_room(&room);
	input_key(room.one, SHIFT, TRUE);
	input_pointer(room.one, 1, 2, 1);
	old = room.fixture;
	fd_clear(&old.peer);
	wait_until(!source_is_open(old.source));
	g_assert_null(input_hub_source(room.hub));
	input_key(room.one, A, TRUE);
	input_hub_set_source(room.hub, NULL);
	input_key(room.two, A, TRUE);
	input_pointer_move(room.two, 1, 1, 1);
	input_leave(g_steal_pointer(&room.two));
	open_source(&room.fixture);
	greet(&room.fixture);
	input_hub_set_source(room.hub, room.fixture.source);
	g_assert_true(input_hub_source(room.hub) == room.fixture.source);
	input_key(room.one, SHIFT, FALSE);
	input_key(room.one, A, FALSE);
	input_release_keys(room.one);
	assert_arrived(&room, "");
	input_key(room.one, SHIFT, TRUE);
	assert_arrived(&room, "+2a");
	close_room(&room);
	close_source(&old);
}

/* The connection breaks while keys are down: nobody is there to lift them for, and nothing is. */
static void test_leave_after_close(void)
{
	Room room;

	open_room(&room);
	input_key(room.one, SHIFT, TRUE);
	input_pointer(room.one, 1, 2, 1);
	fd_clear(&room.fixture.peer);
	wait_until(!source_is_open(room.fixture.source));
	input_leave(g_steal_pointer(&room.one));
	close_room(&room);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/input/key-of-two", test_key_of_two);
	g_test_add_func("/input/repeat", test_repeat);
	g_test_add_func("/input/leave-lifts-its-own", test_leave_lifts_its_own);
	g_test_add_func("/input/buttons-of-two", test_buttons_of_two);
	g_test_add_func("/input/power-cycle", test_power_cycle);
	g_test_add_func("/input/leave-after-close", test_leave_after_close);
	return g_test_run();
}
