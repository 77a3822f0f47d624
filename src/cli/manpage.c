/* Man pages from the same tables as help: carrel(1), carreld(8), vm.conf(5). */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/help.h"
#include "config.h"

/* When the words of these pages last changed in substance; man pages want a date, and builds want to be repeatable. */
#define PAGES_DATE "2026-11-22"
#define WIDTH      78

static void append_roff(GString *out, const char *word)
{
	for (const char *p = word; *p; p++) {
		if (*p == '-')
			g_string_append(out, "\\-");
		else if (*p == '\\')
			g_string_append(out, "\\e");
		else if (*p == '"')
			g_string_append(out, "\\(dq");
		else
			g_string_append_c(out, *p);
	}
}

/* Prints a macro and its text: line(".SH", "NAME"). */
static void line(const char *macro, const char *text)
{
	GString *safe = g_string_new(NULL);

	append_roff(safe, text);
	printf("%s \"%s\"\n", macro, safe->str);
	g_string_free(safe, TRUE);
}

/* Each sentence begins a line, as roff wants it, and no word at the beginning of a line is taken for a request. */
static void paragraph(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GString *out = g_string_new(NULL);

	for (char **word = words; *word; word++) {
		gboolean ended = word > words && g_str_has_suffix(word[-1], ".");
		if (out->len && (ended || out->len + strlen(*word) > WIDTH - 8)) {
			puts(out->str);
			g_string_truncate(out, 0);
		}
		if (out->len)
			g_string_append_c(out, ' ');
		else if (**word == '.' || **word == '\'')
			g_string_append(out, "\\&");
		append_roff(out, *word);
	}
	puts(out->str);
	g_string_free(out, TRUE);
}

static void sentence(const char *text)
{
	g_autofree char *whole = g_strconcat(text, ".", NULL);

	whole[0] = g_ascii_toupper(whole[0]);
	paragraph(whole);
}

static void term(const char *tag, const char *text)
{
	puts(".TP");
	line(".B", tag);
	sentence(text);
}

static void begin(const char *name, const char *section, const char *what)
{
	g_autofree char *upper = g_ascii_strup(name, -1);

	printf(".TH %s %s " PAGES_DATE " \"carrel %s\"\n.SH NAME\n%s \\- %s\n", upper, section,
	       PACKAGE_VERSION, name, what);
}

/* --- carrel(1) --- */

static void options_roff(const Option *options)
{
	for (; options->name; options++) {
		g_autofree char *option = help_option(options);
		term(option, options->help);
	}
}

static void verb_roff(const Verb *verb)
{
	g_autofree char *usage = help_usage(verb);

	puts(".TP");
	line(".B", usage);
	sentence(verb_help(verb));
	if (verb->detail)
		paragraph(verb->detail);
	if (!verb->options->name)
		return;
	puts(".RS");
	options_roff(verb->options);
	puts(".RE");
}

static void verbs_roff(void)
{
	const char *group = NULL;

	puts(".SH VERBS");
	for (const Verb *verb = verbs; verb->name; verb++) {
		if (verb->flags & VERB_HIDDEN)
			continue;
		if (g_strcmp0(group, verb->group) != 0)
			line(".SS", verb->group);
		group = verb->group;
		verb_roff(verb);
	}
}

static void field_options_roff(void)
{
	puts(".SH OPTIONS FOR FIELDS\nThe verb\n.B create\ntakes one for each field of a new VM.");
	options_roff(cli_field_options());
}

static const char *const environment[][2] = {
	{"CARREL_HOME",						      "Directory that holds everything of carrel: VMs, images, settings and sockets, "
			 "instead of those below"                                },
	{ "CARREL_DEBUG",						    "With 1, say what is done" },
	{ "CARREL_GRAPHICS",
         "How pictures are drawn in the terminal, as --graphics of connect; for the list of VMs as well"},
	{ "CARREL_FONT_PATH",
         "Folders, parted by colons, of the bitmap fonts by which guests' text is read, instead of "
	  "the system's and ~/.config/carrel/fonts/"                                                    },
	{ "NO_COLOR",							"If set, use no colours"   },
	{ "XDG_DATA_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME, XDG_RUNTIME_DIR",
         "Where the directories below stand"							    },
};

static const char *const files[][2] = {
	{"~/.local/share/carrel/vms/NAME/",
         "A VM: its vm.conf, disks and state; copied elsewhere it is a VM there"                                 },
	{ "~/.cache/carrel/images/",        "Verified images, shared by all VMs made from them"                  },
	{ "~/.config/carrel/carrel.conf",   "Settings of the host"                                               },
	{ "~/.config/carrel/fonts/",        "Bitmap fonts of yours (psf, hex, pf2) by which guests' text is read"},
	{ "$XDG_RUNTIME_DIR/carrel/",       "Sockets, and the daemon's log carreld.log"                          },
};

static const char *const examples[][2] = {
	{"carrel quick",						    "Make a VM from the built-in image, start it and look at it"},
	{ "carrel create web --iso debian.iso --memory 4G --disk-size 40G",
         "Make a VM to install a system in"											     },
	{ "carrel screen web --wait \"login:\" --timeout 5m",               "Wait for the login prompt"                                 },
	{ "carrel key web ctrl-alt-delete",                                 "Press three keys at once"                                  },
	{ "carrel list --json",					     "List all VMs for a script"                                 },
};

static void rows_roff(const char *heading, const char *const (*rows)[2], gsize count)
{
	line(".SH", heading);
	for (gsize i = 0; i < count; i++)
		term(rows[i][0], rows[i][1]);
}

static void carrel_page(void)
{
	begin("carrel", "1", "virtual machines on this computer, in a terminal");
	puts(".SH SYNOPSIS\n.B carrel\n.br\n.B carrel\n[\\fB\\-v\\fR] [\\fB\\-\\-json\\fR] \\fIverb\\fR ...\n"
	     ".SH DESCRIPTION");
	paragraph("carrel makes and runs virtual machines with QEMU. Without a verb, on a terminal, it is a "
		  "full-screen program. "
		  "It starts its daemon, carreld(8), when none runs; machines go on when carrel and carreld "
		  "have ended.");
	puts(".PP");
	paragraph("VM stands for a name, an id, or the first 8 or more characters of an id. Results go to "
		  "standard output, messages to "
		  "standard error. With --json, sizes are bytes, times RFC 3339, and errors are also written "
		  "to standard error as an "
		  "object with code, message and hint.");
	verbs_roff();
	puts(".SH OPTIONS OF EVERY VERB");
	options_roff(global_options);
	field_options_roff();
	puts(".SH EXIT STATUS");
	for (const ExitStatus *row = exit_statuses; row->meaning; row++) {
		g_autofree char *number = g_strdup_printf("%d", row->status);
		term(number, row->meaning);
	}
	rows_roff("ENVIRONMENT", environment, G_N_ELEMENTS(environment));
	rows_roff("FILES", files, G_N_ELEMENTS(files));
	rows_roff("EXAMPLES", examples, G_N_ELEMENTS(examples));
	puts(".SH SEE ALSO\n.BR carreld (8),\n.BR vm.conf (5),\n.BR qemu\\-system\\-x86_64 (1)");
}

/* --- carreld(8) --- */

static const char *const daemon_options[][2] = {
	{"--idle-timeout S",
         "Leave after S seconds without a running VM, a job or a client; 60 by default, 0 = never"},
	{ "--ready-fd N",    "Write one line to file descriptor N: ok when clients can connect, else what is "
			  "wrong, a tab and a hint"                      },
	{ "-v, --verbose",   "Log what is done"						   },
	{ "--version",       "Print the version"						  },
};

static void carreld_page(void)
{
	begin("carreld", "8", "daemon of carrel");
	puts(".SH SYNOPSIS\n.B carreld\n[\\fIoption\\fR...]\n.SH DESCRIPTION");
	paragraph("carreld owns the VMs of one user. carrel(1) starts it when none runs, so there is nothing "
		  "to set up; it stays in the "
		  "foreground and never makes itself a daemon. It serves a D-Bus API, peer to peer, on a "
		  "socket that only this user "
		  "can open; `carrel api tree' shows it, and where there is a session bus it is also there, "
		  "as io.carrel.");
	puts(".PP");
	paragraph("One carreld holds a store; a second one refuses to start. Machines are processes of their "
		  "own: when carreld ends, or is "
		  "killed, they go on, and the next one finds them again. It ends when it has been idle.");
	rows_roff("OPTIONS", daemon_options, G_N_ELEMENTS(daemon_options));
	rows_roff("ENVIRONMENT", environment, 2);
	rows_roff("FILES", files, G_N_ELEMENTS(files));
	puts(".SH SEE ALSO\n.BR carrel (1),\n.BR vm.conf (5)");
}

/* --- vm.conf(5) --- */

static void field_roff(const SpecField *field)
{
	g_autofree char *values = help_values(field);
	g_autofree char *facts =
		g_strdup_printf("Values: %s. Default: %s. Can be changed %s.", values,
				*field->fallback ? field->fallback : "none", help_change(field));

	term(field->key, field->help);
	paragraph(facts);
}

static void section_roff(const char *heading, FieldSection section)
{
	gsize count;
	const SpecField *fields = spec_fields(&count);

	line(".SH", heading);
	for (gsize i = 0; i < count; i++)
		if (fields[i].section == section)
			field_roff(&fields[i]);
}

static void vm_conf_page(void)
{
	begin("vm.conf", "5", "description of a VM of carrel");
	puts(".SH DESCRIPTION");
	paragraph("Each VM has a folder with a file vm.conf, which may be edited while carreld(8) runs: it "
		  "is read again when it has "
		  "changed. A mistake in it is shown as the status of that VM, with line and column, and "
		  "touches no other.");
	puts(".PP");
	paragraph("A line is KEY = VALUE. Text stands in double quotes, lines that begin with # are "
		  "comments, and a key that is left out "
		  "has its default. Sizes are numbers with K, M, G or T. Disks and adapters are sections "
		  "with a name. On the command line the "
		  "same fields are changed with `carrel set', a field of a section as NAME.KEY.");
	puts(".SH EXAMPLE\n.nf\n.RS\nmemory = \"4G\"\ncpus = 2\nsecure_boot = \"on\"\ndisk disk0 {\n\tfile = "
	     "\"disk0.qcow2\"\n}\n"
	     "nic nic0 {\n\tswitch = \"Default Switch\"\n}\n.RE\n.fi");
	section_roff("FIELDS OF A VM", SECTION_VM);
	section_roff("FIELDS OF A DISK", SECTION_DISK);
	section_roff("FIELDS OF AN ADAPTER", SECTION_NIC);
	puts(".SH SEE ALSO\n.BR carrel (1),\n.BR carreld (8)");
}

/* --- all --- */

static const struct {
	const char *name;
	void (*print)(void);
} pages[] = {
	{"carrel.1",   carrel_page },
	{ "carreld.8", carreld_page},
	{ "vm.conf.5", vm_conf_page},
};

gboolean cmd_man(Cli *cli, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pages); i++)
		if (g_str_equal(pages[i].name, cli->args[0])) {
			pages[i].print();
			return TRUE;
		}
	return error_set(error, CARREL_ERROR_USAGE, "it is one of carrel.1, carreld.8, vm.conf.5",
			 "there is no page `%s'", cli->args[0]);
}
