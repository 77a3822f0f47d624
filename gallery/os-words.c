#include "gallery/os-words.h"

#include <string.h>

/* libosinfo's word for a distribution, how ids and names begin, other words for it, and the version since which it is signed (NULL = never). */
static const struct {
	const char *distro, *id, *name, *others, *signed_since;
} distros[] = {
	{"debian",       "debian",        "Debian",                   "",                   "10"   },
	{ "ubuntu",      "ubuntu",        "Ubuntu",                   "ubuntu-server",      "14.04"},
	{ "fedora",      "fedora",        "Fedora Linux",             "",                   "18"   },
	{ "centos",      "centos-stream", "CentOS Stream",            "centos-stream",      "8"    },
	{ "rhel",        "rhel",          "Red Hat Enterprise Linux", "redhat",             "7"    },
	{ "rocky",       "rocky",         "Rocky Linux",              "rockylinux",         "8"    },
	{ "almalinux",   "almalinux",     "AlmaLinux",                "alma",               "8"    },
	{ "ol",          "ol",            "Oracle Linux",             "oracle oraclelinux", "7"    },
	{ "opensuse",    "opensuse",      "openSUSE Leap",            "opensuse-leap leap", "12.3" },
	{ "sles",        "sles",          "SUSE Linux Enterprise",    "sle",                "12"   },
	{ "alpinelinux", "alpinelinux",   "Alpine Linux",             "alpine",             NULL   },
	{ "archlinux",   "archlinux",     "Arch Linux",               "arch",               NULL   },
	{ "freebsd",     "freebsd",       "FreeBSD",                  "",                   NULL   },
	{ "openbsd",     "openbsd",       "OpenBSD",                  "",                   NULL   },
	{ "netbsd",      "netbsd",        "NetBSD",                   "",                   NULL   },
	{ "nixos",       "nixos-",        "NixOS",                    "",                   NULL   },
	{ "win",         "win",           "Microsoft Windows",        "windows",            "6.2"  },
};

/* Volumes of installers. The version is group 1, and group 2 behind a dot where there is one. */
static const struct {
	const char *pattern, *distro;
} volumes[] = {
	{"^Debian (\\d+)\\.\\d",					   "debian"     },
	{ "^d-live (\\d+)\\.\\d",					  "debian"     },
	{ "^(?:Ubuntu|Kubuntu|Xubuntu|Lubuntu)(?:-Server)? (\\d+\\.\\d+)", "ubuntu"     },
	{ "^Fedora-[A-Za-z-]+-(?:x86_64-|aarch64-)?(\\d+)(?:-|$)",         "fedora"     },
	{ "^CentOS-Stream-(\\d+)-",					"centos"     },
	{ "^RHEL-(\\d+)-(\\d+)-",					  "rhel"       },
	{ "^Rocky-(\\d+)-(\\d+)-",					 "rocky"      },
	{ "^AlmaLinux-(\\d+)[-_.]",					"almalinux"  },
	{ "^OL-(\\d+)-(\\d+)-",					    "ol"         },
	{ "^openSUSE[-_]Leap[-_](\\d+\\.\\d+)",                            "opensuse"   },
	{ "^alpine-(?:std|virt|ext|xen) v?(\\d+\\.\\d+)",                  "alpinelinux"},
	{ "^ARCH_\\d{6}",						  "archlinux"  },
	{ "^(\\d+)_(\\d+)_RELEASE_",				       "freebsd"    },
	{ "^nixos-[a-z0-9]+-(\\d+\\.\\d+)",                                "nixos"      },
};

/* Names that releases go by in feeds, where libosinfo's database may not have them yet. */
static const char *const codenames[][3] = {
	{"debian",     "bullseye", "11"   },
        { "debian",    "bookworm", "12"   },
        { "debian",    "trixie",   "13"   },
	{ "debian",    "forky",    "14"   },
        { "ubuntu",    "focal",    "20.04"},
        { "ubuntu",    "jammy",    "22.04"},
	{ "ubuntu",    "noble",    "24.04"},
        { "ubuntu",    "oracular", "24.10"},
        { "ubuntu",    "plucky",   "25.04"},
	{ "ubuntu",    "questing", "25.10"},
        { "archlinux", "current",  ""     },
};

void os_words_free(OsWords *words)
{
	if (!words)
		return;
	g_free(words->id);
	g_free(words->name);
	g_free(words->distro);
	g_free(words->version);
	g_free(words);
}

static gboolean has_word(const char *list, const char *word)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	return g_strv_contains((const char *const *)words, word);
}

static OsWords *words_new(gsize row, const char *version)
{
	OsWords *words = g_new0(OsWords, 1);

	words->distro = g_strdup(distros[row].distro);
	words->version = g_strdup(version);
	words->id = *version ? g_strconcat(distros[row].id, version, NULL) : g_strdup(distros[row].id);
	words->name =
		*version ? g_strdup_printf("%s %s", distros[row].name, version) : g_strdup(distros[row].name);
	return words;
}

static gsize row_of(const char *distro)
{
	gsize row = 0;

	while (row < G_N_ELEMENTS(distros) && !g_str_equal(distros[row].distro, distro) &&
	       !has_word(distros[row].others, distro))
		row++;
	return row;
}

static char *version_of(const GMatchInfo *match)
{
	g_autofree char *major = g_match_info_fetch(match, 1);
	g_autofree char *minor = g_match_info_fetch(match, 2);

	if (!major)
		return g_strdup("");
	return minor && *minor ? g_strdup_printf("%s.%s", major, minor) : g_strdup(major);
}

OsWords *os_words_from_volume(const char *label)
{
	for (gsize i = 0; i < G_N_ELEMENTS(volumes); i++) {
		g_autoptr(GRegex) regex = g_regex_new(volumes[i].pattern, G_REGEX_CASELESS, 0, NULL);
		g_autoptr(GMatchInfo) match = NULL;
		if (!g_regex_match(regex, label, 0, &match))
			continue;
		g_autofree char *version = version_of(match);
		OsWords *words = words_new(row_of(volumes[i].distro), version);
		words->live = strstr(label, "Live") || g_str_has_prefix(label, "d-live");
		return words;
	}
	return NULL;
}

/* "bookworm" -> "12"; versions stay. */
static const char *number_of(const char *distro, const char *version)
{
	for (gsize i = 0; i < G_N_ELEMENTS(codenames); i++)
		if (g_str_equal(codenames[i][0], distro) && g_str_equal(codenames[i][1], version))
			return codenames[i][2];
	return version;
}

OsWords *os_words_from_feed(const char *id, const char *version)
{
	g_autofree char *word = g_ascii_strdown(id, -1);
	g_autofree char *number = version ? g_ascii_strdown(version, -1) : NULL;
	gsize row = row_of(word);

	if (row == G_N_ELEMENTS(distros) && !number) {
		/* "debian12": what is behind the letters. */
		char *end = strpbrk(word, "0123456789");
		if (!end || end == word)
			return NULL;
		number = g_strdup(end);
		*end = '\0';
		if (end[-1] == '-')
			end[-1] = '\0';
		row = row_of(word);
	}
	if (row == G_N_ELEMENTS(distros))
		return NULL;
	return words_new(row, number ? number_of(distros[row].distro, number) : "");
}

int os_version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		gint64 one = g_ascii_isdigit(*a) ? g_ascii_strtoll(a, (char **)&a, 10) : -1;
		gint64 two = g_ascii_isdigit(*b) ? g_ascii_strtoll(b, (char **)&b, 10) : -1;
		if (one != two)
			return one < two ? -1 : 1;
		if (one < 0 || *a != '.' || *b != '.')
			return (*a == '.') - (*b == '.');
		a++, b++;
	}
	return 0;
}

gboolean os_signed(const char *distro, const char *version)
{
	gsize row = row_of(distro);
	const char *since = row < G_N_ELEMENTS(distros) ? distros[row].signed_since : NULL;

	return since && (!g_ascii_isdigit(*version) || os_version_compare(version, since) >= 0);
}

/* Since 23.04 all of Ubuntu's installers want another kind of file than the preseed of libosinfo's scripts. */
gboolean os_scripted(const char *distro, const char *version)
{
	return !g_str_equal(distro, "ubuntu") || os_version_compare(version, "23.04") < 0;
}

const char *os_family(const char *distro)
{
	if (g_str_equal(distro, "win"))
		return "windows";
	return g_str_has_suffix(distro, "bsd") ? "other" : "linux";
}
