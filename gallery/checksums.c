#include "gallery/checksums.h"

#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "gallery/digest.h"

#define ARMOUR_TEXT      "-----BEGIN PGP SIGNED MESSAGE-----"
#define ARMOUR_SIGNATURE "-----BEGIN PGP SIGNATURE-----"

/* A stretch of the file. */
typedef struct {
	const char *at;
	gsize length;
} Span;

/* One line that says a digest. */
typedef struct {
	Span name; /* with folders; empty = bare */
	Span kind; /* BSD's word for it; empty = by length */
	Span hex;
} Row;

typedef struct {
	const char *name;
	gboolean glob;
	char *found;  /* name of the best row until now, NULL = none */
	char *digest; /* of it */
	gboolean ambiguous;
	gboolean weak; /* a row fits, but is MD5 or the like */
	guint named, bare;
	char *only; /* the digest of the bare row */
} Search;

static gboolean span_starts(Span span, const char *words)
{
	gsize length = strlen(words);

	return span.length >= length && memcmp(span.at, words, length) == 0;
}

static Span span_trim(Span span)
{
	while (span.length > 0 && g_ascii_isspace(span.at[span.length - 1]))
		span.length--;
	while (span.length > 0 && g_ascii_isspace(*span.at))
		span.at++, span.length--;
	return span;
}

static Span next_line(Span *rest)
{
	const char *end = memchr(rest->at, '\n', rest->length);
	Span line = { rest->at, end ? (gsize)(end - rest->at) : rest->length };
	gsize step = line.length + (end ? 1 : 0);

	rest->at += step;
	rest->length -= step;
	return line;
}

/* The text inside a clear-signed document, the whole of another: what stands before and behind the armour is nobody's word. */
static Span inside_armour(Span all)
{
	Span rest = all;

	while (rest.length > 0) {
		if (!span_starts(next_line(&rest), ARMOUR_TEXT))
			continue;
		while (rest.length > 0 && span_trim(next_line(&rest)).length > 0)
			; /* the armour's own headers, up to an empty line */
		Span text = { rest.at, 0 };
		while (rest.length > 0) {
			Span line = next_line(&rest);
			if (span_starts(line, ARMOUR_SIGNATURE))
				break;
			text.length = (gsize)(line.at + line.length - text.at);
		}
		return text;
	}
	return all;
}

/* "SHA256 (name) = HEX"; openssl's has no blanks. The name may hold brackets: the last `)' counts. */
static gboolean read_bsd(Span line, Row *row)
{
	const char *open = memchr(line.at, '(', line.length);
	const char *close = memrchr(line.at, ')', line.length);

	if (!open || !close || close < open)
		return FALSE;
	row->kind = span_trim((Span){ line.at, (gsize)(open - line.at) });
	row->name = (Span){ open + 1, (gsize)(close - open - 1) };
	Span rest = span_trim((Span){ close + 1, line.length - (gsize)(close + 1 - line.at) });
	if (!span_starts(rest, "="))
		return FALSE;
	row->hex = span_trim((Span){ rest.at + 1, rest.length - 1 });
	return row->kind.length > 0 && row->name.length > 0;
}

static gsize hex_digits(Span span)
{
	gsize count = 0;

	while (count < span.length && g_ascii_isxdigit(span.at[count]))
		count++;
	return count;
}

/* "HEX  name", "HEX *name" or HEX alone. */
static gboolean read_gnu(Span line, Row *row)
{
	gsize digits = hex_digits(line);
	Span rest = { line.at + digits, line.length - digits };

	row->hex = (Span){ line.at, digits };
	if (rest.length > 0 && !g_ascii_isspace(*rest.at))
		return FALSE;
	row->name = span_trim(rest);
	if (span_starts(row->name, "*"))
		row->name.at++, row->name.length--;
	return digits >= 32;
}

static gboolean read_row(Span line, Row *row)
{
	*row = (Row){
		{"",  0},
                { "", 0},
                { "", 0}
	};
	line = span_trim(line);
	if (span_starts(line, "- ")) /* dash-escaped, RFC 9580 section 7.1 */
		line = span_trim((Span){ line.at + 2, line.length - 2 });
	if (line.length == 0 || *line.at == '#')
		return FALSE;
	if (!read_gnu(line, row) && !read_bsd(line, row))
		return FALSE;
	return row->hex.length >= 32 && hex_digits(row->hex) == row->hex.length;
}

/* NULL of a kind that is no proof, or where the kind's word and the number of digits differ. */
static char *row_digest(const Row *row)
{
	g_autofree char *hex = g_strndup(row->hex.at, row->hex.length);
	g_autofree char *kind = g_strndup(row->kind.at, row->kind.length);
	g_autofree char *text = *kind ? g_strconcat(kind, ":", hex, NULL) : g_strdup(hex);

	return digest_normalise(text);
}

/* Name without folders; NULL when it is no name that could be shown or asked for. */
static char *row_name(const Row *row)
{
	const char *slash = memrchr(row->name.at, '/', row->name.length);
	const char *end = row->name.at + row->name.length;
	const char *begin = slash ? slash + 1 : row->name.at;
	g_autofree char *name = g_strndup(begin, (gsize)(end - begin));

	if (!*name || *name == '.' || !g_utf8_validate(name, -1, NULL))
		return NULL;
	for (const char *p = name; *p; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return NULL;
	return g_steal_pointer(&name);
}

static gboolean fits(const Search *search, const char *name)
{
	if (search->glob)
		return fnmatch(search->name, name, FNM_PERIOD) == 0;
	return !*search->name || g_str_equal(search->name, name);
}

/* More digits first. */
static int compare_strength(const char *a, const char *b)
{
	return (int)strlen(a) - (int)strlen(b);
}

/* Takes over @name and @digest. */
static void search_keep(Search *search, char *name, char *digest)
{
	g_free(search->found);
	g_free(search->digest);
	search->found = name;
	search->digest = digest;
	search->ambiguous = FALSE;
}

static void search_offer(Search *search, const char *name, const char *digest)
{
	int newer = search->found && search->glob ? strverscmp(name, search->found) : 0;
	int stronger = search->found ? compare_strength(digest, search->digest) : 1;

	if (search->found && !search->glob && !g_str_equal(name, search->found))
		search->ambiguous = TRUE; /* the only file was asked for, and there are two */
	else if (newer > 0 || (newer == 0 && stronger > 0))
		search_keep(search, g_strdup(name), g_strdup(digest));
	else if (newer == 0 && stronger == 0 && !digest_equal(digest, search->digest))
		search->ambiguous = TRUE;
}

static void search_row(Search *search, const Row *row)
{
	g_autofree char *digest = row_digest(row);
	g_autofree char *name = NULL;

	if (row->name.length == 0) {
		if (digest && (search->bare == 0 || compare_strength(digest, search->only) > 0)) {
			g_free(search->only);
			search->only = g_strdup(digest);
		}
		search->bare += digest ? 1 : 0;
		search->weak = search->weak || !digest;
		return;
	}
	search->named++;
	name = row_name(row);
	if (!name || !fits(search, name))
		return;
	if (digest)
		search_offer(search, name, digest);
	else
		search->weak = TRUE;
}

/* A bare digest counts when it is alone, for then the file was made for one image. */
static void search_end(Search *search)
{
	if (!search->found && !search->glob && search->named == 0 && search->bare == 1)
		search_keep(search, g_strdup(""), g_strdup(search->only));
}

static void search_fail(const Search *search, const char *file, GError **error)
{
	const char *hint = "it cannot be verified; look whether the vendor moved it";
	const char *what = *search->name ? search->name : "the image";

	if (search->ambiguous)
		error_set(error, CARREL_ERROR_VERIFY, hint, "%s has two different checksums for `%s'", file,
			  search->found);
	else if (search->weak)
		error_set(error, CARREL_ERROR_VERIFY, hint,
			  "%s has only an MD5 or SHA-1 checksum of `%s', which proves nothing any more", file,
			  what);
	else
		error_set(error, CARREL_ERROR_VERIFY, hint, "%s has no checksum of `%s'", file, what);
}

char *checksums_find(const char *text, gsize length, const char *file, const char *name, char **found,
		     GError **error)
{
	Search search = { .name = name ? name : "", .glob = name && strpbrk(name, "*?[") };
	Span rest = inside_armour((Span){ text, length });
	char *digest = NULL;

	if (length > CHECKSUMS_MAX || memchr(text, 0, length)) {
		error_set(error, CARREL_ERROR_VERIFY, NULL, "%s is no checksum file: it %s", file,
			  length > CHECKSUMS_MAX ? "has more than 4 MiB" : "is no text");
		return NULL;
	}
	if (span_starts(rest, "\xef\xbb\xbf"))
		rest.at += 3, rest.length -= 3;
	while (rest.length > 0) {
		Row row;
		if (read_row(next_line(&rest), &row))
			search_row(&search, &row);
	}
	search_end(&search);
	if (search.found && !search.ambiguous)
		digest = g_steal_pointer(&search.digest);
	else
		search_fail(&search, file, error);
	if (found)
		*found = digest ? g_steal_pointer(&search.found) : NULL;
	g_free(search.found);
	g_free(search.digest);
	g_free(search.only);
	return digest;
}
