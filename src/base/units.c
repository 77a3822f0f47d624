#include "base/units.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Largest size, so that sizes are also good off_t and gint64. */
#define SIZE_LARGEST (G_GUINT64_CONSTANT(1) << 62)

static const char size_letters[] = "KMGTP";

/* "K", "MiB", "GB", "B" or nothing: the power of 1024, -1 when it is something else. */
static int parse_size_unit(const char *text)
{
	const char *letter = *text ? strchr(size_letters, g_ascii_toupper(*text)) : NULL;
	int power = letter ? (int)(letter - size_letters) + 1 : 0;

	if (power)
		text++;
	if (power && g_ascii_toupper(*text) == 'I')
		text++;
	if (g_ascii_toupper(*text) == 'B')
		text++;
	return *text ? -1 : power;
}

gboolean units_parse_size(const char *text, guint64 *bytes, GError **error)
{
	g_autofree char *copy = g_strstrip(g_strdup(text));
	gsize digits = strspn(copy, "0123456789"), length = strspn(copy, "0123456789.");
	const char *unit = copy + length + strspn(copy + length, " ");
	int power = digits ? parse_size_unit(unit) : -1;
	g_autofree char *number = g_strndup(copy, length);
	guint64 whole = 0;
	gboolean good = power >= 0;

	if (good && digits == length) {
		/* Not by way of a double, which is exact to 2^53 only. */
		good = g_ascii_string_to_unsigned(number, 10, 0, SIZE_LARGEST >> (power * 10), &whole, NULL);
		whole <<= power * 10;
	} else if (good) {
		char *end = NULL;
		double value = ldexp(g_ascii_strtod(number, &end), power * 10);
		good = !*end && value < (double)SIZE_LARGEST && value == floor(value);
		whole = good ? (guint64)value : 0;
	}
	if (!good)
		return error_set(error, CARREL_ERROR_USAGE,
				 "write a number with K, M, G or T, for example 512M or 2G",
				 "`%s' is not a size", text);
	*bytes = whole;
	return TRUE;
}

char *units_format_size(guint64 bytes)
{
	guint power = 0;

	while (bytes && bytes % 1024 == 0 && power < strlen(size_letters)) {
		bytes /= 1024;
		power++;
	}
	if (power)
		return g_strdup_printf("%" G_GUINT64_FORMAT "%c", bytes, size_letters[power - 1]);
	return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

char *units_format_size_human(guint64 bytes)
{
	double value = (double)bytes;
	guint power = 0;

	while (value >= 1000 && power < strlen(size_letters)) {
		value /= 1024;
		power++;
	}
	if (!power)
		return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
	return g_strdup_printf(value < 10 && fabs(value - rint(value)) > 0.05 ? "%.1f %ciB" : "%.0f %ciB",
			       value, size_letters[power - 1]);
}

typedef struct {
	const char *name;
	double ms;
} DurationUnit;

static const DurationUnit duration_units[] = {
	{"",     1000   },
        { "ms",  1      },
        { "s",   1000   },
        { "m",   60e3   },
	{ "min", 60e3   },
        { "h",   3600e3 },
        { "d",   86400e3},
};

gboolean units_parse_duration(const char *text, guint64 *ms, GError **error)
{
	g_autofree char *copy = g_strstrip(g_strdup(text));
	char *end = NULL;
	double number = g_ascii_isdigit(*copy) ? g_ascii_strtod(copy, &end) : -1;

	while (end && *end == ' ')
		end++;
	for (gsize i = 0; end && i < G_N_ELEMENTS(duration_units); i++) {
		double value = number * duration_units[i].ms;
		if (g_str_equal(end, duration_units[i].name) && value < 9e15) {
			*ms = (guint64)value;
			return TRUE;
		}
	}
	return error_set(error, CARREL_ERROR_USAGE, "write a number with ms, s, m or h, for example 60s",
			 "`%s' is not a duration", text);
}

char *units_format_duration(guint64 seconds)
{
	guint64 days = seconds / 86400;
	guint rest = (guint)(seconds % 86400);

	if (days)
		return g_strdup_printf("%" G_GUINT64_FORMAT " d %02u:%02u", days, rest / 3600,
				       rest / 60 % 60);
	return g_strdup_printf("%02u:%02u:%02u", rest / 3600, rest / 60 % 60, rest % 60);
}

char *units_format_age(gint64 seconds)
{
	static const struct {
		gint64 seconds;
		const char *one, *many;
	} units[] = {
		{G_GINT64_CONSTANT(365) * 24 * 3600, "a year",   "years"  },
		{ 30 * 24 * 3600,                    "a month",  "months" },
		{ 24 * 3600,                         "a day",    "days"   },
		{ 3600,			      "an hour",  "hours"  },
		{ 60,				"a minute", "minutes"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		gint64 count = seconds / units[i].seconds;
		if (count == 1)
			return g_strdup_printf("%s ago", units[i].one);
		if (count > 1)
			return g_strdup_printf("%" G_GINT64_FORMAT " %s ago", count, units[i].many);
	}
	return g_strdup("just now");
}

char *units_format_time(gint64 unix_seconds)
{
	if (unix_seconds <= 0)
		return NULL;
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_seconds);
	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

gboolean units_check_name(const char *what, const char *name, GError **error)
{
	static const char hint[] =
		"use 1 to 100 letters, digits, blanks, `.', `_' or `-', and start with a letter or digit";
	const char *wrong = NULL;

	if (!*name)
		wrong = "is empty";
	else if (!g_utf8_validate(name, -1, NULL))
		wrong = "is not valid UTF-8";
	else if (strlen(name) > 240 || g_utf8_strlen(name, -1) > 100)
		wrong = "is longer than 100 characters";
	else if (strchr(name, '/'))
		wrong = "contains `/'";
	else if (*name == '.' || *name == '-')
		wrong = "starts with `.' or `-'";
	else if (*name == ' ' || name[strlen(name) - 1] == ' ')
		wrong = "starts or ends with a blank";
	for (const char *p = name; !wrong && *p; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			wrong = "contains a control character";
	if (!wrong)
		return TRUE;
	g_autofree char *shown = g_strescape(name, NULL);
	if (strlen(shown) > 60)
		memcpy(shown + 57, "...", 4);
	return error_set(error, CARREL_ERROR_USAGE, hint, "%s name `%s' %s", what, shown, wrong);
}

char *units_host_name(const char *name, gsize max)
{
	GString *label = g_string_new(NULL);

	for (const char *p = name; *p && label->len < max; p++) {
		if (g_ascii_isalnum(*p))
			g_string_append_c(label, g_ascii_tolower(*p));
		else if (label->len > 0 && label->str[label->len - 1] != '-')
			g_string_append_c(label, '-');
	}
	while (label->len > 0 && label->str[label->len - 1] == '-')
		g_string_truncate(label, label->len - 1);
	if (label->len == 0)
		g_string_append(label, "vm");
	return g_string_free(label, FALSE);
}

gboolean units_check_mac(const char *text, GError **error)
{
	gboolean good = strlen(text) == 17;

	for (guint i = 0; good && i < 17; i++)
		good = i % 3 == 2 ? text[i] == ':' : g_ascii_isxdigit(text[i]);
	if (good && g_ascii_xdigit_value(text[1]) % 2 == 0)
		return TRUE;
	return error_set(error, CARREL_ERROR_USAGE,
			 "write six bytes such as 52:54:00:12:34:56; the first one even",
			 "`%s' is not a unicast MAC address", text);
}

char *units_random_mac(void)
{
	guint32 random = g_random_int();

	return g_strdup_printf("52:54:00:%02x:%02x:%02x", random & 0xff, random >> 8 & 0xff,
			       random >> 16 & 0xff);
}
