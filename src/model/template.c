#include "model/template.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define NOTE_VERSION 1
#define FILES_MAX    64

/* Of one processor; a guest at rest under emulation takes about one percent. */
#define SETTLE_CPU_PERCENT 10
#define SETTLE_DISK_BYTES  (64 * 1024)
/* Samples that come closer say nothing. */
#define SETTLE_ROUND_US (G_USEC_PER_SEC / 2)

static void file_free(gpointer data)
{
	TemplateFile *file = data;

	g_free(file->name);
	g_free(file);
}

Template *template_new(void)
{
	Template *template = g_new0(Template, 1);

	template->files = g_ptr_array_new_with_free_func(file_free);
	return template;
}

void template_free(Template *template)
{
	if (!template)
		return;
	g_free(template->id);
	g_free(template->image);
	g_free(template->sha256);
	g_free(template->shape);
	g_free(template->host);
	g_ptr_array_unref(template->files);
	g_free(template);
}

void template_add_file(Template *template, const char *name, guint64 size, guint64 inode, gint64 mtime_ns)
{
	TemplateFile *file = g_new0(TemplateFile, 1);

	*file = (TemplateFile){ g_strdup(name), size, inode, mtime_ns };
	g_ptr_array_add(template->files, file);
}

/* --- the note --- */

static const struct {
	const char *key;
	gsize offset;
} texts[] = {
	{"id",      G_STRUCT_OFFSET(Template, id)    },
        { "image",  G_STRUCT_OFFSET(Template, image) },
	{ "sha256", G_STRUCT_OFFSET(Template, sha256)},
        { "shape",  G_STRUCT_OFFSET(Template, shape) },
	{ "host",   G_STRUCT_OFFSET(Template, host)  },
};

static const struct {
	const char *key;
	gsize offset;
} numbers[] = {
	{"memory",   G_STRUCT_OFFSET(Template, memory) },
	{ "size",    G_STRUCT_OFFSET(Template, size)   },
	{ "created", G_STRUCT_OFFSET(Template, created)},
	{ "used",    G_STRUCT_OFFSET(Template, used)   },
};

static JsonArray *format_files(const Template *template)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < template->files->len; i++) {
		const TemplateFile *file = template->files->pdata[i];
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "name", file->name);
		json_object_set_int_member(object, "size", (gint64)file->size);
		json_object_set_int_member(object, "inode", (gint64)file->inode);
		json_object_set_int_member(object, "mtime_ns", file->mtime_ns);
		json_array_add_object_element(array, object);
	}
	return array;
}

char *template_format(const Template *template)
{
	JsonObject *object = json_object_new();
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

	json_object_set_int_member(object, "version", NOTE_VERSION);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		json_object_set_string_member(object, texts[i].key,
					      G_STRUCT_MEMBER(char *, template, texts[i].offset));
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		json_object_set_int_member(object, numbers[i].key,
					   G_STRUCT_MEMBER(gint64, template, numbers[i].offset));
	json_object_set_array_member(object, "files", format_files(template));
	json_node_take_object(node, object);
	return json_text(node, TRUE);
}

static gboolean parse_file(JsonNode *node, Template *template, GError **error)
{
	JsonObject *object = json_as_object(node, "file", error);
	const char *name = object ? json_get_string(object, "name", error) : NULL;
	gint64 size, inode, mtime_ns;

	if (!name || !json_get_int(object, "size", &size, error) ||
	    !json_get_int(object, "inode", &inode, error) ||
	    !json_get_int(object, "mtime_ns", &mtime_ns, error))
		return FALSE;
	if (!*name || strchr(name, '/') || *name == '.')
		return error_set(error, CARREL_ERROR_FAILED, NULL, "`%s' is no file of a template", name);
	template_add_file(template, name, (guint64)size, (guint64)inode, mtime_ns);
	return TRUE;
}

static gboolean parse_files(JsonArray *array, Template *template, GError **error)
{
	guint count = json_array_get_length(array);

	if (count == 0 || count > FILES_MAX)
		return error_set(error, CARREL_ERROR_FAILED, NULL, "a template has not %u files", count);
	for (guint i = 0; i < count; i++)
		if (!parse_file(json_array_get_element(array, i), template, error))
			return FALSE;
	return TRUE;
}

Template *template_parse(const char *text, gssize length, GError **error)
{
	g_autoptr(Template) template = template_new();
	g_autoptr(JsonNode) node = json_parse(text, length, error);
	JsonObject *object = node ? json_as_object(node, "the note of a template", error) : NULL;

	if (!object)
		return NULL;
	if (json_int_or(object, "version", 0) != NOTE_VERSION) {
		error_set(error, CARREL_ERROR_FAILED, NULL, "it was made by another version of carrel");
		return NULL;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		const char *value = json_get_string(object, texts[i].key, error);
		if (!value)
			return NULL;
		G_STRUCT_MEMBER(char *, template, texts[i].offset) = g_strdup(value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (!json_get_int(object, numbers[i].key,
				  &G_STRUCT_MEMBER(gint64, template, numbers[i].offset), error))
			return NULL;
	JsonArray *files = json_get_array(object, "files", error);
	if (!g_uuid_string_is_valid(template->id))
		error_set(error && !*error ? error : NULL, CARREL_ERROR_FAILED, NULL, "its id is none");
	else if (files && parse_files(files, template, error))
		return g_steal_pointer(&template);
	return NULL;
}

/* --- decisions --- */

static gboolean same(const char *a, const char *b)
{
	return a && b && *a && g_str_equal(a, b);
}

TemplateFit template_fit(const Template *template, const TemplateWish *wish)
{
	if (!same(template->image, wish->image) || !wish->sha256 || !*wish->sha256)
		return TEMPLATE_OTHER;
	if (!same(template->sha256, wish->sha256))
		return TEMPLATE_OLD_IMAGE;
	if (!same(template->host, wish->host))
		return TEMPLATE_OLD_HOST;
	return same(template->shape, wish->shape) ? TEMPLATE_FITS : TEMPLATE_OTHER;
}

const char *template_fit_reason(TemplateFit fit)
{
	static const char *const reasons[] = {
		[TEMPLATE_FITS] = NULL,
		[TEMPLATE_OTHER] = NULL,
		[TEMPLATE_OLD_IMAGE] = "its image is another one now",
		[TEMPLATE_OLD_HOST] = "QEMU, the processor or the firmware is another one now",
	};

	return reasons[fit];
}

/* Newest use first; equal ones in the order of their ids, so that the choice is always the same. */
static gint compare_use(gconstpointer a, gconstpointer b)
{
	const Template *first = *(Template *const *)a, *second = *(Template *const *)b;

	if (first->used != second->used)
		return first->used > second->used ? -1 : 1;
	return strcmp(first->id, second->id);
}

GPtrArray *templates_over(GPtrArray *templates, guint64 count, guint64 size)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	GPtrArray *over = g_ptr_array_new();
	guint64 kept = 0, sum = 0;

	for (guint i = 0; i < templates->len; i++)
		g_ptr_array_add(sorted, templates->pdata[i]);
	g_ptr_array_sort(sorted, compare_use);
	for (guint i = 0; i < sorted->len; i++) {
		Template *template = sorted->pdata[i];
		if (kept < count && template->size <= size - sum) {
			kept++;
			sum += template->size;
		} else {
			/* Nothing older stays than what had to go. */
			count = kept;
			g_ptr_array_add(over, template);
		}
	}
	return over;
}

gboolean settle_feed(Settle *settle, gint64 time_us, guint64 cpu_us, guint64 disk_bytes)
{
	gint64 elapsed = time_us - settle->time_us;

	if (settle->time_us == 0) {
		*settle = (Settle){ time_us, cpu_us, disk_bytes, 0 };
		return FALSE;
	}
	if (elapsed < SETTLE_ROUND_US)
		return FALSE;
	gboolean idle = (cpu_us - settle->cpu_us) * 100 <= (guint64)elapsed * SETTLE_CPU_PERCENT;
	gboolean quiet = disk_bytes - settle->disk_bytes <= SETTLE_DISK_BYTES;
	*settle = (Settle){ time_us, cpu_us, disk_bytes, idle && quiet ? settle->quiet + 1 : 0 };
	return settle->quiet >= SETTLE_ROUNDS;
}
