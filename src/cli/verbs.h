/*
 * The table of verbs: ONE row is what a person types, its help, completion and man page line, and the function that
 * does it. A new verb is a row in verbs.c, and a function (and options) in the cmd-*.c of its noun.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "client/client.h"

typedef struct Verb Verb;

/* One run of the program. */
typedef struct {
	const Verb *verb;
	const CliFrontends *frontends;
	Options *options;
	char **args; /* NULL-terminated, as many as the verb's row allows */
	guint n_args;
	gboolean json;
	Client *client; /* see cli_client() */
	int status;     /* exit status of a verb that went on after an error which it reported */
} Cli;

/* Does the verb. FALSE with @error: exit status by its code. */
typedef gboolean (*VerbRun)(Cli *cli, GError **error);

typedef enum {
	VERB_HIDDEN = 1 << 0, /* for machines: not in help */
	VERB_FIELDS = 1 << 1, /* also takes the options of cli_field_options() */
	VERB_RAW = 1 << 2     /* all words behind it are arguments, also those with dashes */
} VerbFlags;

struct Verb {
	const char *group;     /* heading in help */
	const char *name;      /* "list", "gallery list" */
	const char *arguments; /* "VM..." */
	guint min, max;        /* number of arguments; G_MAXUINT = any */
	ValueKind first, rest; /* what the first argument and further ones are */
	const Option *options; /* ended by a row without name */
	VerbRun run;
	const char *help;   /* one sentence without full stop; NULL: that of the action with this name */
	const char *detail; /* further text for `carrel help VERB' and the man page, or NULL */
	guint flags;
};

/* Ended by a row without name. */
extern const Verb verbs[];
extern const Option no_options[], global_options[];

const char *verb_help(const Verb *verb);
/* The verb that @words begin with, two words before one; *@used = number of words. NULL when there is none. */
const Verb *verb_find(char *const *words, guint *used);
/* Tables for options_parse(): the verb's, those of fields, the global ones. Static, NULL-terminated. */
const Option *const *verb_options(const Verb *verb);
/* One option for each field that a new VM can be given: --cpu-model and so on. Made from the field table. */
const Option *cli_field_options(void);

/* The connection, made when first asked for; with @fill its lists are loaded. Borrowed; NULL with @error. */
Client *cli_client(Cli *cli, gboolean fill, GError **error);

/* Object path of the VM named @name; caller frees. */
char *cli_find_vm(Cli *cli, const char *name, GError **error);

/* Prints @error to stderr: a sentence, with --json also as an object. */
void cli_report(const Cli *cli, const GError *error);

/* Does @run for each argument. Each error is reported, and the first one decides on the exit status; FALSE only for an error
 * that concerns all of them, such as a daemon that cannot be reached. */
typedef gboolean (*CliEach)(Cli *cli, const char *argument, GError **error);
gboolean cli_each_argument(Cli *cli, CliEach run, GError **error);

/* Waits for @job with a progress bar, or with --no-wait prints it. @result (may be NULL): the job's, NULL with --no-wait. */
gboolean cli_finish_job(Cli *cli, const char *job, char **result, GError **error);

/* cmd-vm.c */
extern const Option delete_options[];
gboolean cmd_list(Cli *cli, GError **error);
gboolean cmd_show(Cli *cli, GError **error);
gboolean cmd_set(Cli *cli, GError **error);
gboolean cmd_rename(Cli *cli, GError **error);
gboolean cmd_delete(Cli *cli, GError **error);

/* cmd-create.c */
extern const Option create_options[], quick_options[];
gboolean cmd_create(Cli *cli, GError **error);
gboolean cmd_quick(Cli *cli, GError **error);

/* cmd-power.c */
extern const Option power_options[], start_options[], shutdown_options[];
gboolean cmd_power(Cli *cli, GError **error);

/* cmd-connect.c */
extern const Option connect_options[];
gboolean cmd_connect(Cli *cli, GError **error);

/* cmd-ssh.c */
extern const Option ssh_options[];
gboolean cmd_ssh(Cli *cli, GError **error);
/* A GuestWaitReport: to stderr; @name is the VM's. */
void ssh_report(const char *sentence, gpointer name);

/* cmd-screen.c */
extern const Option screen_options[];
gboolean cmd_screen(Cli *cli, GError **error);

/* cmd-input.c */
extern const Option type_options[];
gboolean cmd_type(Cli *cli, GError **error);
gboolean cmd_key(Cli *cli, GError **error);
gboolean cmd_mouse(Cli *cli, GError **error);

/* cmd-gallery.c */
gboolean cmd_gallery_list(Cli *cli, GError **error);
gboolean cmd_gallery_show(Cli *cli, GError **error);
extern const Option list_options[];

/* cmd-sources.c */
extern const Option source_options[], refresh_options[], download_options[], prune_options[];
gboolean cmd_gallery_sources(Cli *cli, GError **error);
gboolean cmd_gallery_add_source(Cli *cli, GError **error);
gboolean cmd_gallery_remove_source(Cli *cli, GError **error);
gboolean cmd_gallery_refresh(Cli *cli, GError **error);
gboolean cmd_gallery_download(Cli *cli, GError **error);
gboolean cmd_gallery_prune(Cli *cli, GError **error);

/* cmd-template.c */
extern const Option checkpoint_options[];
extern const Option warm_options[];
gboolean cmd_gallery_warm(Cli *cli, GError **error);
gboolean cmd_checkpoint_create(Cli *cli, GError **error);
gboolean cmd_checkpoint_list(Cli *cli, GError **error);
gboolean cmd_checkpoint_apply(Cli *cli, GError **error);
gboolean cmd_checkpoint_delete(Cli *cli, GError **error);
gboolean cmd_checkpoint_rename(Cli *cli, GError **error);
gboolean cmd_gallery_cool(Cli *cli, GError **error);
gboolean cmd_gallery_templates(Cli *cli, GError **error);

/* cmd-switch.c */
gboolean cmd_switch_list(Cli *cli, GError **error);
gboolean cmd_switch_show(Cli *cli, GError **error);

/* cmd-host.c */
gboolean cmd_host(Cli *cli, GError **error);
gboolean cmd_host_check(Cli *cli, GError **error);
gboolean cmd_argv(Cli *cli, GError **error);
gboolean cmd_jobs(Cli *cli, GError **error);
gboolean cmd_events(Cli *cli, GError **error);

/* cmd-api.c */
gboolean cmd_api_tree(Cli *cli, GError **error);
gboolean cmd_api_call(Cli *cli, GError **error);
gboolean cmd_api_monitor(Cli *cli, GError **error);

/* help.c, complete.c, manpage.c */
gboolean cmd_help(Cli *cli, GError **error);
gboolean cmd_completion(Cli *cli, GError **error);
gboolean cmd_complete(Cli *cli, GError **error);
gboolean cmd_man(Cli *cli, GError **error);

/* Help of one verb, or the list of all; to stdout. */
void help_print(const Verb *verb);
/* "carrel set VM KEY=VALUE..." Caller frees. */
char *help_usage(const Verb *verb);
