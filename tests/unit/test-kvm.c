/* The KVM probe: this host's real answer holds together, and its cache. */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/paths.h"
#include "hv-util.h"
#include "hv/kvm-probe.h"

static KvmProbe *probe(void)
{
	Caught caught = { NULL };

	kvm_probe_run(NULL, test_catch, &caught);
	KvmProbe *result = kvm_probe_finish(test_await(&caught));
	test_forget(&caught);
	return result;
}

static void test_real(void)
{
	g_autoptr(KvmProbe) result = probe();

	g_test_message("%s", result->reason);
	g_assert_cmpint(result->present, ==, access("/dev/kvm", F_OK) == 0);
	g_assert_true(*result->reason);
	g_assert_cmpint(result->works, ==, result->speed >= KVM_SPEED_FLOOR);
	if (access("/dev/kvm", R_OK | W_OK) == 0 && !strstr(result->reason, "fails"))
		g_assert_cmpfloat(result->speed, >, 0);
	else
		g_assert_false(result->works);
}

/* A measured answer comes from the cache, but not that of another boot. */
static void test_cache(void)
{
	g_autofree char *dir = paths_cache_dir();
	g_autofree char *path = g_build_filename(dir, "kvm.json", NULL);
	g_autofree char *text = NULL;

	g_autoptr(KvmProbe) measured = probe();
	if (measured->speed <= 0 || !g_file_get_contents(path, &text, NULL, NULL)) {
		g_test_skip("KVM cannot be measured here");
		return;
	}
	g_autoptr(JsonNode) node = json_from_string(text, NULL);
	JsonObject *object = json_node_get_object(node);
	json_object_set_double_member(object, "speed", 1234.5);
	json_object_set_boolean_member(object, "works", TRUE);
	g_autofree char *other = json_text(node, FALSE);
	g_assert_true(g_file_set_contents(path, other, -1, NULL));
	g_autoptr(KvmProbe) cached = probe();
	g_assert_cmpfloat(cached->speed, ==, 1234.5);
	g_assert_true(cached->works);

	json_object_set_string_member(object, "boot", "another boot");
	g_autofree char *old = json_text(node, FALSE);
	g_assert_true(g_file_set_contents(path, old, -1, NULL));
	g_autoptr(KvmProbe) again = probe();
	g_assert_cmpint(again->works, ==, measured->works);
	g_assert_cmpfloat(again->speed, !=, 1234.5);
}

/* The program itself, as it stands in the build tree. */
static void test_program_answer(void)
{
	g_autofree char *program = paths_program("carrel-kvm-probe");
	const char *argv[] = { program, NULL };
	g_autofree char *out = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &out, NULL, NULL, &error));
	g_assert_no_error(error);
	g_autoptr(JsonNode) node = json_parse(g_strchomp(out), -1, &error);
	g_assert_no_error(error);
	JsonObject *object = json_as_object(node, "answer", NULL);
	gboolean works = FALSE, present = FALSE;
	g_assert_true(json_get_bool(object, "works", &works, NULL) &&
		      json_get_bool(object, "present", &present, NULL));
	g_assert_true(present || !works);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kvm/real", test_real);
	g_test_add_func("/kvm/cache", test_cache);
	g_test_add_func("/kvm/program", test_program_answer);
	return test_run_in_home();
}
