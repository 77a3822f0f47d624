/* The head of an answer, line by line: a table of the few headers that matter, and their values within limits. */
#include <string.h>

#include "gallery/fetch-private.h"

void fetch_validators_clear(FetchValidators *validators)
{
	g_clear_pointer(&validators->etag, g_free);
	g_clear_pointer(&validators->last_modified, g_free);
}

void fetch_validators_copy(FetchValidators *to, const FetchValidators *from)
{
	g_autofree char *etag = g_strdup(from && from->etag ? from->etag : "");
	g_autofree char *last_modified = g_strdup(from && from->last_modified ? from->last_modified : "");

	fetch_validators_clear(to);
	to->etag = g_steal_pointer(&etag);
	to->last_modified = g_steal_pointer(&last_modified);
}

/* RFC 9110 section 13.1.5: a weak ETag cannot vouch for bytes. */
const char *fetch_validators_ground(const FetchValidators *validators)
{
	if (validators->etag && validators->etag[0] == '"')
		return validators->etag;
	if (validators->last_modified && *validators->last_modified)
		return validators->last_modified;
	return NULL;
}

static gboolean agree(const char *a, const char *b)
{
	return !a || !b || !*a || !*b || strcmp(a, b) == 0;
}

gboolean fetch_validators_agree(const FetchValidators *a, const FetchValidators *b)
{
	return agree(a->etag, b->etag) && agree(a->last_modified, b->last_modified);
}

void fetch_answer_clear(FetchAnswer *answer)
{
	fetch_validators_clear(&answer->validators);
	g_free(answer->content_type);
	g_free(answer->content_encoding);
	g_free(answer->location);
	*answer = (FetchAnswer){ 0 };
}

/* --- values --------------------------------------------------------------------------------------------------------------- */

/* Digits only, and no overflow: strtoull would take signs and blanks. */
static gboolean take_number(const char **at, guint64 *number)
{
	const char *start = *at;

	for (*number = 0; g_ascii_isdigit(**at); (*at)++)
		if (!g_uint64_checked_mul(number, *number, 10) ||
		    !g_uint64_checked_add(number, *number, (guint64)(**at - '0')))
			return FALSE;
	return *at > start && *number <= G_MAXINT64;
}

static gboolean take_char(const char **at, char wanted)
{
	if (**at != wanted)
		return FALSE;
	(*at)++;
	return TRUE;
}

static gboolean take_range(const char **at, FetchRange *range)
{
	if (take_char(at, '*'))
		return TRUE;
	range->some = TRUE;
	return take_number(at, &range->first) && take_char(at, '-') && take_number(at, &range->last) &&
	       range->first <= range->last;
}

static gboolean take_total(const char **at, FetchRange *range)
{
	if (take_char(at, '*'))
		return range->some;
	range->whole = TRUE;
	return take_number(at, &range->total) && (!range->some || range->last < range->total);
}

gboolean fetch_range_parse(const char *text, FetchRange *range)
{
	const char *at = text;

	*range = (FetchRange){ 0 };
	if (g_ascii_strncasecmp(at, "bytes", 5) != 0)
		return FALSE;
	at += 5;
	if (!take_char(&at, ' '))
		return FALSE;
	while (take_char(&at, ' ')) {
	}
	return take_range(&at, range) && take_char(&at, '/') && take_total(&at, range) && !*at;
}

/* --- lines ---------------------------------------------------------------------------------------------------------------- */

static void set_string(char **string, const char *value)
{
	g_free(*string);
	*string = g_strdup(value);
}

static void on_etag(FetchAnswer *answer, const char *value)
{
	set_string(&answer->validators.etag, value);
}

static void on_last_modified(FetchAnswer *answer, const char *value)
{
	set_string(&answer->validators.last_modified, value);
}

static void on_content_type(FetchAnswer *answer, const char *value)
{
	set_string(&answer->content_type, value);
}

static void on_content_encoding(FetchAnswer *answer, const char *value)
{
	set_string(&answer->content_encoding, value);
}

static void on_location(FetchAnswer *answer, const char *value)
{
	set_string(&answer->location, value);
}

static void on_content_length(FetchAnswer *answer, const char *value)
{
	answer->has_length = take_number(&value, &answer->length) && !*value;
}

static void on_content_range(FetchAnswer *answer, const char *value)
{
	answer->has_range = fetch_range_parse(value, &answer->range);
}

/* Its chunks say where the end is; a length beside it counts for nothing (RFC 9112 section 6.3). */
static void on_transfer_encoding(FetchAnswer *answer, const char *value)
{
	answer->chunked = TRUE;
}

static const struct {
	const char *name;
	void (*set)(FetchAnswer *answer, const char *value);
	gsize max; /* bytes of its value */
} headers[] = {
	{"etag",               on_etag,              FETCH_VALUE_MAX},
	{ "last-modified",     on_last_modified,     64             },
	{ "content-type",      on_content_type,      256            },
	{ "content-encoding",  on_content_encoding,  64             },
	{ "location",          on_location,          FETCH_URL_MAX  },
	{ "content-length",    on_content_length,    32             },
	{ "content-range",     on_content_range,     128            },
	{ "transfer-encoding", on_transfer_encoding, FETCH_VALUE_MAX},
};

/* A value that is too long, or has control characters in it, is as good as none. */
static gboolean is_fit(const char *value, gsize max)
{
	for (const char *at = value; *at; at++)
		if (g_ascii_iscntrl(*at))
			return FALSE;
	return strlen(value) <= max;
}

static void take_header(FetchAnswer *answer, char *line)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return;
	*colon = '\0';
	char *value = g_strstrip(colon + 1);
	for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
		if (g_ascii_strcasecmp(line, headers[i].name) == 0 && is_fit(value, headers[i].max))
			headers[i].set(answer, value);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200". What came before was an interim answer's. */
static void take_status(FetchAnswer *answer, const char *line)
{
	const char *blank = strchr(line, ' ');
	gsize bytes = answer->bytes;

	fetch_answer_clear(answer);
	answer->bytes = bytes;
	if (blank && g_ascii_isdigit(blank[1]) && g_ascii_isdigit(blank[2]) && g_ascii_isdigit(blank[3]))
		answer->status = (guint)(blank[1] - '0') * 100 + (guint)(blank[2] - '0') * 10 +
				 (guint)(blank[3] - '0');
}

FetchLine fetch_answer_line(FetchAnswer *answer, const char *line, gsize length)
{
	g_autofree char *copy = NULL;

	answer->bytes += length;
	if (answer->bytes > FETCH_HEADERS_MAX)
		return FETCH_LINE_TOO_MUCH;
	copy = g_strndup(line, length);
	g_strchomp(copy);
	if (!*copy)
		return answer->status >= 200 ? FETCH_LINE_END : FETCH_LINE_MORE;
	if (g_str_has_prefix(copy, "HTTP/"))
		take_status(answer, copy);
	else
		take_header(answer, copy);
	return FETCH_LINE_MORE;
}

gboolean fetch_status_may_pass(guint status)
{
	return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

char *fetch_status_words(guint status)
{
	static const struct {
		guint status;
		const char *words;
	} words[] = {
		{401,  "Unauthorized"                 },
		{ 403, "Forbidden"                    },
		{ 404, "Not Found"                    },
		{ 407, "Proxy Authentication Required"},
		{ 408, "Request Timeout"              },
		{ 410, "Gone"                         },
		{ 416, "Range Not Satisfiable"        },
		{ 429, "Too Many Requests"            },
		{ 500, "Internal Server Error"        },
		{ 502, "Bad Gateway"                  },
		{ 503, "Service Unavailable"          },
		{ 504, "Gateway Timeout"              },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (words[i].status == status)
			return g_strdup_printf("%u %s", status, words[i].words);
	return g_strdup_printf("%u", status);
}
