/* How people write and speak, in Windows' words. Sources: its list of input locales (language:layout, both hexadecimal) and of cultures. */
#include <string.h>

#include "model/windows-answer.h"

#define FALLBACK_LOCALE "en-US"
#define FALLBACK_INPUT  "0409:00000409"
/* Behind a layout without latin letters: names and passwords of carrel's have them. */
#define AND_US ";" FALLBACK_INPUT

/* xkb's layout, with its variant where Windows has one for it. */
static const char *const inputs[][2] = {
	{"al",              "041c:0000041c"       },
	{ "am",             "042b:0000042b" AND_US},
	{ "ara",            "0401:00000401" AND_US},
	{ "at",             "0c07:00000407"       },
	{ "az",             "042c:0000042c"       },
	{ "ba",             "141a:0000041a"       },
	{ "be",             "080c:0000080c"       },
	{ "bg",             "0402:00030402" AND_US},
	{ "bg(phonetic)",   "0402:00040402" AND_US},
	{ "br",             "0416:00010416"       },
	{ "by",             "0423:00000423" AND_US},
	{ "ca",             "0c0c:00001009"       },
	{ "ca(eng)",        "1009:00000409"       },
	{ "ca(multix)",     "0c0c:00011009"       },
	{ "ch",             "0807:00000807"       },
	{ "ch(fr)",         "100c:0000100c"       },
	{ "cn",             "0804:00000804"       },
	{ "cz",             "0405:00000405"       },
	{ "cz(qwerty)",     "0405:00010405"       },
	{ "de",             "0407:00000407"       },
	{ "dk",             "0406:00000406"       },
	{ "ee",             "0425:00000425"       },
	{ "es",             "0c0a:0000040a"       },
	{ "fi",             "040b:0000040b"       },
	{ "fo",             "0438:00000438"       },
	{ "fr",             "040c:0000040c"       },
	{ "gb",             "0809:00000809"       },
	{ "gb(extd)",       "0809:00000452"       },
	{ "ge",             "0437:00000437" AND_US},
	{ "gr",             "0408:00000408" AND_US},
	{ "hr",             "041a:0000041a"       },
	{ "hu",             "040e:0000040e"       },
	{ "ie",             "1809:00001809"       },
	{ "il",             "040d:0000040d" AND_US},
	{ "in",             "0439:00010439" AND_US},
	{ "ir",             "0429:00000429" AND_US},
	{ "is",             "040f:0000040f"       },
	{ "it",             "0410:00000410"       },
	{ "jp",             "0411:00000411"       },
	{ "kr",             "0412:00000412"       },
	{ "kz",             "043f:0000043f" AND_US},
	{ "latam",          "080a:0000080a"       },
	{ "lt",             "0427:00010427"       },
	{ "lv",             "0426:00010426"       },
	{ "mk",             "042f:0001042f" AND_US},
	{ "mt",             "043a:0000043a"       },
	{ "nl",             "0413:00020409"       },
	{ "no",             "0414:00000414"       },
	{ "pl",             "0415:00000415"       },
	{ "pl(qwertz)",     "0415:00010415"       },
	{ "pt",             "0816:00000816"       },
	{ "ro",             "0418:00010418"       },
	{ "rs",             "281a:00000c1a" AND_US},
	{ "rs(latin)",      "241a:0000081a"       },
	{ "ru",             "0419:00000419" AND_US},
	{ "se",             "041d:0000041d"       },
	{ "si",             "0424:00000424"       },
	{ "sk",             "041b:0000041b"       },
	{ "sk(qwerty)",     "041b:0001041b"       },
	{ "th",             "041e:0000041e" AND_US},
	{ "tr",             "041f:0000041f"       },
	{ "tr(f)",          "041f:0001041f"       },
	{ "tw",             "0404:00000404"       },
	{ "ua",             "0422:00020422" AND_US},
	{ "us",             FALLBACK_INPUT        },
	{ "us(altgr-intl)", "0409:00020409"       },
	{ "us(dvorak)",     "0409:00010409"       },
	{ "us(intl)",       "0409:00020409"       },
	{ "vn",             "042a:0000042a"       },
};

/* Of each language, what it is without a country first. */
static const char *const locales[] = {
	"af-ZA", "am-ET", "ar-SA",      "ar-AE",      "ar-BH",      "ar-DZ", "ar-EG",      "ar-IQ",
	"ar-JO", "ar-KW", "ar-LB",      "ar-LY",      "ar-MA",      "ar-OM", "ar-QA",      "ar-SY",
	"ar-TN", "ar-YE", "az-Latn-AZ", "be-BY",      "bg-BG",      "bn-BD", "bn-IN",      "bs-Latn-BA",
	"ca-ES", "cs-CZ", "cy-GB",      "da-DK",      "de-DE",      "de-AT", "de-CH",      "de-LI",
	"de-LU", "el-GR", "en-US",      "en-AU",      "en-BZ",      "en-CA", "en-GB",      "en-IE",
	"en-IN", "en-JM", "en-MY",      "en-NZ",      "en-PH",      "en-SG", "en-TT",      "en-ZA",
	"en-ZW", "es-ES", "es-AR",      "es-BO",      "es-CL",      "es-CO", "es-CR",      "es-DO",
	"es-EC", "es-GT", "es-HN",      "es-MX",      "es-NI",      "es-PA", "es-PE",      "es-PR",
	"es-PY", "es-SV", "es-US",      "es-UY",      "es-VE",      "et-EE", "eu-ES",      "fa-IR",
	"fi-FI", "fr-FR", "fr-BE",      "fr-CA",      "fr-CH",      "fr-LU", "fr-MC",      "ga-IE",
	"gl-ES", "gu-IN", "he-IL",      "hi-IN",      "hr-HR",      "hr-BA", "hu-HU",      "hy-AM",
	"id-ID", "is-IS", "it-IT",      "it-CH",      "ja-JP",      "ka-GE", "kk-KZ",      "km-KH",
	"kn-IN", "ko-KR", "lb-LU",      "lo-LA",      "lt-LT",      "lv-LV", "mk-MK",      "ml-IN",
	"mr-IN", "ms-MY", "ms-BN",      "mt-MT",      "nb-NO",      "ne-NP", "nl-NL",      "nl-BE",
	"nn-NO", "pa-IN", "pl-PL",      "pt-PT",      "pt-BR",      "rm-CH", "ro-RO",      "ru-RU",
	"sk-SK", "sl-SI", "sq-AL",      "sr-Cyrl-RS", "sr-Latn-RS", "sv-SE", "sv-FI",      "sw-KE",
	"ta-IN", "te-IN", "th-TH",      "tr-TR",      "uk-UA",      "ur-PK", "uz-Latn-UZ", "vi-VN",
	"zh-CN", "zh-HK", "zh-MO",      "zh-SG",      "zh-TW",      "zu-ZA",
};

static const char *input_of(const char *keymap)
{
	for (gsize i = 0; i < G_N_ELEMENTS(inputs); i++)
		if (g_str_equal(inputs[i][0], keymap))
			return inputs[i][1];
	return NULL;
}

const char *windows_input_locale(const char *keymap)
{
	g_autofree char *layout = g_strndup(keymap, strcspn(keymap, "("));
	const char *input = input_of(keymap);

	if (!input)
		input = input_of(layout);
	return input ? input : FALLBACK_INPUT;
}

/* "sr_RS@latin" means another alphabet; Norwegian is two languages, of which one is meant. */
static char *culture_of(const char *locale)
{
	g_autofree char *name = g_strndup(locale, strcspn(locale, ".@"));

	if (g_str_has_prefix(name, "sr") && strstr(locale, "@latin"))
		return g_strdup("sr-Latn-RS");
	if (g_str_equal(name, "no_NO") || g_str_equal(name, "no"))
		return g_strdup("nb-NO");
	return g_strdelimit(g_steal_pointer(&name), "_", '-');
}

char *windows_locale(const char *locale)
{
	g_autofree char *culture = culture_of(locale);
	gsize language = strcspn(culture, "-");

	for (gsize i = 0; i < G_N_ELEMENTS(locales); i++)
		if (g_ascii_strcasecmp(locales[i], culture) == 0)
			return g_strdup(locales[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(locales); i++)
		if (strncmp(locales[i], culture, language) == 0 && locales[i][language] == '-')
			return g_strdup(locales[i]);
	return g_strdup(FALLBACK_LOCALE);
}

char *windows_label_language(const char *label)
{
	g_auto(GStrv) parts = g_strsplit(label, "_", -1);

	for (guint i = 1; i < g_strv_length(parts); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(locales); j++)
			if (g_ascii_strcasecmp(locales[j], parts[i]) == 0)
				return g_strdup(locales[j]);
	return g_strdup(FALLBACK_LOCALE);
}
