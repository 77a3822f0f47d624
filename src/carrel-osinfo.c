/*
 * What libosinfo knows, as one JSON document on stdout. A process of its own, because the database takes time and memory, and because it reads images that
 * others made. Run by gallery/osinfo.c; useful by hand, too:
 *
 *	carrel-osinfo iso FILE|-            what an ISO image is
 *	carrel-osinfo disk FILE             what a disk image holds
 *	carrel-osinfo file FILE             the one or the other
 *	carrel-osinfo os ID [VERSION]       what a system needs
 *	carrel-osinfo installers [DATE]     installers with an address
 *	carrel-osinfo script OS [REQUEST]   files for an unattended installation; REQUEST is a file, else stdin
 *	carrel-osinfo extract ISO PATH TARGET   copies one file out of an image
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "gallery/disk-file.h"
#include "gallery/osinfo-db.h"

#define REQUEST_MAX (256 * 1024)
#define CPU_S       20
#define EXTRACT_MAX (G_GUINT64_CONSTANT(512) << 20)
#define ARCH        "x86_64"

typedef JsonNode *(*Command)(char **args, GError **error);

static JsonNode *node_of(JsonObject *object)
{
	JsonNode *node = object ? json_node_new(JSON_NODE_OBJECT) : NULL;

	if (node)
		json_node_take_object(node, object);
	return node;
}

static JsonNode *iso_answer(const char *path, const IsoLook *look)
{
	g_autoptr(OsDb) db = osdb_new();
	JsonObject *object = osdb_iso(db, path, look);

	json_object_set_string_member(object, "format", "iso");
	return node_of(object);
}

static JsonNode *run_iso(char **args, GError **error)
{
	const char *path = g_str_equal(args[0], "-") ? "/dev/stdin" : args[0];
	g_autoptr(DiskFile) file = disk_file_open(path, error);
	IsoLook look;

	if (!file)
		return NULL;
	if (!iso_look(disk_file_read, file, &look)) {
		error_set(error, CARREL_ERROR_FAILED, "is it complete?", "`%s' is no ISO image", args[0]);
		return NULL;
	}
	return iso_answer(path, &look);
}

/* The distribution is known by whose boot loader lies there, the release only by files that we do not look at. */
static JsonObject *disk_object(const DiskLook *look)
{
	g_autoptr(OsDb) db = *look->vendor ? osdb_new() : NULL;
	JsonObject *object = db ? osdb_os(db, look->vendor, NULL) : json_object_new();

	if (!db) {
		json_object_set_boolean_member(object, "known", FALSE);
		json_object_set_string_member(object, "reason", "nothing on it says which system it holds");
		return object;
	}
	json_object_set_string_member(object, "id", look->family);
	return object;
}

static JsonNode *disk_answer(DiskFile *file)
{
	DiskLook look;

	disk_look(disk_file_read, file, &look);
	JsonObject *object = disk_object(&look);
	json_object_set_string_member(object, "format", disk_file_format(file));
	json_object_set_string_member(object, "table", look.table);
	json_object_set_string_member(object, "label", look.label);
	json_object_set_string_member(object, "family", look.family);
	json_object_set_boolean_member(object, "bios", look.bios);
	json_object_set_boolean_member(object, "efi", look.efi);
	return node_of(object);
}

static JsonNode *run_disk(char **args, GError **error)
{
	g_autoptr(DiskFile) file = disk_file_open(args[0], error);

	return file ? disk_answer(file) : NULL;
}

static JsonNode *run_file(char **args, GError **error)
{
	g_autoptr(DiskFile) file = disk_file_open(args[0], error);
	IsoLook look;

	if (!file)
		return NULL;
	return iso_look(disk_file_read, file, &look) ? iso_answer(args[0], &look) : disk_answer(file);
}

static JsonNode *run_os(char **args, GError **error)
{
	g_autoptr(OsDb) db = osdb_new();

	return node_of(osdb_os(db, args[0], args[1]));
}

static JsonNode *run_installers(char **args, GError **error)
{
	g_autoptr(OsDb) db = osdb_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *today = g_date_time_format(now, "%Y-%m-%d");
	JsonObject *object = json_object_new();

	json_object_set_array_member(object, "installers",
				     osdb_installers(db, ARCH, args[0] ? args[0] : today));
	return node_of(object);
}

static char *read_stdin(gsize *length)
{
	char *text = g_malloc(REQUEST_MAX + 1);

	*length = fread(text, 1, REQUEST_MAX, stdin);
	text[*length] = '\0';
	return text;
}

static JsonNode *run_script(char **args, GError **error)
{
	gsize length = 0;
	g_autofree char *text =
		args[1] ? file_read(args[1], REQUEST_MAX, &length, error) : read_stdin(&length);

	if (!text)
		return NULL;
	g_autoptr(JsonNode) node = json_parse(text, (gssize)length, error);
	JsonObject *request = node ? json_as_object(node, "the request", error) : NULL;
	if (!request)
		return NULL;
	g_autoptr(OsDb) db = osdb_new();
	return node_of(osdb_script(db, args[0], request, error));
}

/* Kernel and initrd of an installer; the biggest known have some 150 MB. */
static gboolean copy_out(DiskFile *iso, guint64 offset, guint64 size, int target)
{
	static guint8 buffer[MEDIUM_READ_MAX];

	for (guint64 done = 0; done < size;) {
		gsize part = MIN(size - done, sizeof buffer);
		if (!disk_file_read(offset + done, buffer, part, iso) ||
		    write(target, buffer, part) != (ssize_t)part)
			return FALSE;
		done += part;
	}
	return TRUE;
}

static JsonNode *run_extract(char **args, GError **error)
{
	g_autoptr(DiskFile) iso = disk_file_open(args[0], error);
	guint64 offset, size;

	if (!iso)
		return NULL;
	if (!iso_find(disk_file_read, iso, args[1], &offset, &size) || size > EXTRACT_MAX) {
		error_set(error, CARREL_ERROR_NOT_FOUND, "install it by hand in its console",
			  "`%s' has no file `%s'", args[0], args[1]);
		return NULL;
	}
	autofd target = open(args[2], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (target < 0 || !copy_out(iso, offset, size, target)) {
		file_error(error, errno ? errno : EIO, "write", args[2]);
		return NULL;
	}
	JsonObject *object = json_object_new();
	json_object_set_int_member(object, "size", (gint64)size);
	return node_of(object);
}

static const struct {
	const char *name;
	int min, max; /* arguments */
	Command run;
} commands[] = {
	{"iso",         1, 1, run_iso       },
	{ "disk",       1, 1, run_disk      },
	{ "file",       1, 1, run_file      },
	{ "os",         1, 2, run_os        },
	{ "installers", 0, 1, run_installers},
	{ "extract",    3, 3, run_extract   },
	{ "script",     1, 2, run_script    },
};

/* An image that makes libosinfo or us loop ends here. */
static void limit_time(void)
{
	const struct rlimit cpu = { CPU_S, CPU_S };

	if (setrlimit(RLIMIT_CPU, &cpu) < 0)
		perror("carrel-osinfo");
}

static int usage(void)
{
	fputs("usage: carrel-osinfo iso FILE|- | disk FILE | file FILE | os ID [VERSION] | installers [DATE] "
	      "| script OS [REQUEST] | "
	      "extract ISO PATH TARGET\n",
	      stderr);
	return 2;
}

static int answer(Command run, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) node = run(argv, &error);

	if (!node) {
		g_autofree char *sentence = error ? error_sentence(error) : g_strdup("no answer");
		fprintf(stderr, "carrel-osinfo: %s\n", sentence);
		return error ? error_exit_status(error) : 1;
	}
	g_autofree char *text = json_text(node, FALSE);
	puts(text);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	Command run = NULL;

	for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(argv[1], commands[i].name) && argc - 2 >= commands[i].min &&
		    argc - 2 <= commands[i].max)
			run = commands[i].run;
	if (!run)
		return usage();
	limit_time();
	/* Freeing the database would take longer than many an answer; libosinfo's loader also loses some bytes, which are no business of the leak checker. */
	_exit(answer(run, argv + 2));
}
