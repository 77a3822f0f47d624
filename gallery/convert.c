#include "gallery/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "gallery/unpack.h"

#define INFO_TIMEOUT_MS 60000

/* QEMU needs some hundred megabytes of addresses for itself; the largest table of blocks, that of a VHDX of 64 TiB, has half a gigabyte. */
#define INFO_LIMITS    "--as=2147483648", "--cpu=30", "--nofile=64", "--core=0"
#define CONVERT_LIMITS "--as=4294967296", "--nofile=64", "--core=0"

/* --- what qemu-img says of an image --------------------------------------------------------------------------------------- */

static gboolean refuse(const char *path, const char *why, GError **error)
{
	return error_set(error, CARREL_ERROR_VERIFY, NULL, "the image `%s' cannot be used alone: it %s", path,
			 why);
}

/* Data of VMDK and qcow2 may lie in files that the image names. */
static gboolean check_details(const char *path, JsonObject *data, GError **error)
{
	JsonArray *extents =
		json_object_has_member(data, "extents") ? json_get_array(data, "extents", NULL) : NULL;

	if (json_string_or(data, "data-file", NULL) || json_string_or(data, "data_file", NULL))
		return refuse(path, "has its data in another file", error);
	for (guint i = 0; extents && i < json_array_get_length(extents); i++) {
		JsonObject *extent = json_as_object(json_array_get_element(extents, i), "an extent", error);
		if (!extent)
			return FALSE;
		if (g_strcmp0(json_string_or(extent, "filename", NULL), path) != 0)
			return refuse(path, "has its data in other files", error);
	}
	return TRUE;
}

static gboolean check_object(const char *path, JsonObject *object, gint64 *size, GError **error)
{
	JsonObject *specific = json_object_has_member(object, "format-specific")
				       ? json_get_object(object, "format-specific", error)
				       : NULL;
	JsonObject *data = specific && json_object_has_member(specific, "data")
				   ? json_get_object(specific, "data", error)
				   : NULL;

	if (!json_get_int(object, "virtual-size", size, error))
		return FALSE;
	if (json_string_or(object, "backing-filename", NULL))
		return refuse(path, "needs a backing file", error);
	if (json_bool_or(object, "encrypted", FALSE))
		return refuse(path, "is encrypted", error);
	if (*size <= 0 || (guint64)*size > UNPACK_IMAGE_MAX)
		return error_set(error, CARREL_ERROR_VERIFY, NULL,
				 "the disk of the image `%s' has a size that no disk has: %" G_GINT64_FORMAT
				 " bytes",
				 path, *size);
	return !data || check_details(path, data, error);
}

static gboolean check_answer(const char *path, const char *text, gint64 *size, GError **error)
{
	g_autoptr(JsonNode) node = json_parse(text, -1, error);
	JsonObject *object = node ? json_as_object(node, "the answer of qemu-img", error) : NULL;

	return object && check_object(path, object, size, error);
}

/* --- checking ------------------------------------------------------------------------------------------------------------- */

typedef struct {
	char *path; /* absolute: what has a colon before a slash would be a protocol to QEMU */
	gint64 size;
} Check;

static void check_free(gpointer data)
{
	Check *check = data;

	g_free(check->path);
	g_free(check);
}

/* prlimit would only say that it failed. */
static gboolean require_qemu_img(GError **error)
{
	g_autofree char *program = g_find_program_in_path("qemu-img");

	return program || error_set(error, CARREL_ERROR_HOST, "install QEMU's tools, or put them on PATH",
				    "the program `qemu-img' is missing");
}

/* "prlimit failed: qemu-img: Could not open 'PATH': No valid VHDX header found" -> the last part, or at least without the first. Points into @message. */
static const char *own_words(const char *message, const char *path)
{
	const char *name = strstr(message, path);
	const char *words = name ? strstr(name, "': ") : NULL;

	if (words)
		return words + strlen("': ");
	words = strstr(message, "qemu-img: ");
	return words ? words : message;
}

/* qemu-img's own words are about the image, unless it was killed or never ran. */
static GError *image_error(const char *path, GAsyncResult *result, GError *error)
{
	GError *about;

	if (child_run_status(result) < 0 || !g_error_matches(error, CARREL_ERROR, CARREL_ERROR_FAILED))
		return error;
	about = error_new(CARREL_ERROR_VERIFY, NULL, "the image `%s' cannot be read: %s", path,
			  own_words(error->message, path));
	g_error_free(error);
	return about;
}

static void on_info(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Check *check = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (!child)
		g_task_return_error(task, image_error(check->path, result, error));
	else if (!check_answer(check->path, child->out, &check->size, &error))
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

static gssize read_head(const char *path, guint8 *head, guint64 *size, GError **error)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	ssize_t got = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is not a regular file", path);
		return -1;
	}
	if (fd >= 0)
		got = pread(fd, head, IMAGE_FORMAT_HEAD, 0);
	if (got < 0)
		file_error(error, errno, "read", path);
	else
		*size = (guint64)st.st_size;
	return got;
}

/* What its own first bytes say, without QEMU. */
static gboolean check_head(Check *check, ImageFormat format, GError **error)
{
	g_autofree guint8 *head = g_malloc(IMAGE_FORMAT_HEAD);
	guint64 size = 0;
	gssize length = read_head(check->path, head, &size, error);
	ImageFormat found = length < 0 ? IMAGE_UNKNOWN : image_format_find(head, (gsize)length, NULL);
	const char *why;

	if (length < 0)
		return FALSE;
	check->size = (gint64)size;
	if (found != format && format != IMAGE_RAW)
		return error_set(error, CARREL_ERROR_VERIFY, NULL, "the image `%s' should be %s and is %s",
				 check->path, image_format_name(format), image_format_name(found));
	why = image_format_refuse(format, head, (gsize)length);
	return !why || refuse(check->path, why, error);
}

void convert_check(const char *path, ImageFormat format, GCancellable *cancellable,
		   GAsyncReadyCallback callback, gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Check *check = g_new0(Check, 1);
	GError *error = NULL;

	check->path = g_canonicalize_filename(path, NULL);
	const char *argv[] = { "prlimit",
			       INFO_LIMITS,
			       "qemu-img",
			       "info",
			       "--output=json",
			       "-f",
			       image_format_name(format),
			       check->path,
			       NULL };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, check, check_free);
	if (check_head(check, format, &error) && format != IMAGE_ISO && format != IMAGE_RAW &&
	    require_qemu_img(&error)) {
		child_run(argv, INFO_TIMEOUT_MS, NULL, NULL, cancellable, on_info, task);
		return;
	}
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
	g_object_unref(task);
}

gboolean convert_check_finish(GAsyncResult *result, guint64 *virtual_size, GError **error)
{
	const Check *check = g_task_get_task_data(G_TASK(result));

	if (virtual_size)
		*virtual_size = (guint64)check->size;
	return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- converting ----------------------------------------------------------------------------------------------------------- */

typedef struct {
	char *from, *to;
	ImageFormat format;
	ConvertProgress progress;
	gpointer progress_data;
} Conversion;

static void conversion_free(gpointer data)
{
	Conversion *conversion = data;

	g_free(conversion->from);
	g_free(conversion->to);
	g_free(conversion);
}

/* "    (12.34/100%)" */
static void on_line(const char *line, gpointer data)
{
	const Conversion *conversion = data;
	const char *open = strchr(line, '(');
	gdouble percent;

	if (!open || !strstr(open, "/100%)") || !conversion->progress)
		return;
	percent = g_ascii_strtod(open + 1, NULL);
	if (percent >= 0 && percent <= 100)
		conversion->progress((guint64)(percent * 10), 1000, conversion->progress_data);
}

/* What no image can be blamed for has another code. */
static GError *conversion_error(const Conversion *conversion, GAsyncResult *result, GError *error)
{
	if (strstr(error->message, g_strerror(ENOSPC)) || strstr(error->message, "No space left")) {
		g_clear_error(&error);
		file_error(&error, ENOSPC, "write", conversion->to);
		return error;
	}
	return image_error(conversion->from, result, error);
}

static void on_converted(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	const Conversion *conversion = g_task_get_task_data(task);
	GError *error = NULL;
	g_autoptr(ChildResult) child = child_run_finish(result, &error);

	if (child) {
		g_task_return_boolean(task, TRUE);
		return;
	}
	unlink(conversion->to);
	g_task_return_error(task, conversion_error(conversion, result, error));
}

static void on_checked(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GTask) task = data;
	Conversion *conversion = g_task_get_task_data(task);
	const char *format = conversion->format == IMAGE_ISO ? "raw" : image_format_name(conversion->format);
	const char *argv[] = {
		"prlimit", CONVERT_LIMITS, "qemu-img", "convert",        "-p",           "-f",
		format,    "-O",           "qcow2",    conversion->from, conversion->to, NULL
	};
	GError *error = NULL;

	if (!convert_check_finish(result, NULL, &error) || !require_qemu_img(&error)) {
		g_task_return_error(task, error);
		return;
	}
	child_run(argv, 0, on_line, conversion, g_task_get_cancellable(task), on_converted,
		  g_object_ref(task));
}

void convert_image(const char *from, ImageFormat format, const char *to, ConvertProgress progress,
		   gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
		   gpointer data)
{
	GTask *task = g_task_new(NULL, cancellable, callback, data);
	Conversion *conversion = g_new(Conversion, 1);

	*conversion = (Conversion){ g_canonicalize_filename(from, NULL), g_canonicalize_filename(to, NULL),
				    format, progress, progress_data };
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, conversion, conversion_free);
	convert_check(from, format, cancellable, on_checked, task);
}

gboolean convert_image_finish(GAsyncResult *result, GError **error)
{
	return g_task_propagate_boolean(G_TASK(result), error);
}
