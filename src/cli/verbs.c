#include "cli/verbs.h"

#include <string.h>

#include "client/actions.h"
#include "spec/spec-fields.h"

const Option no_options[] = { { .name = NULL } };

const Option global_options[] = {
	{"json",				    0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print results, and errors too, as JSON" },
	{ "verbose",			      'v', OPTION_FLAG, VALUE_NONE, NULL, NULL, "Say what is done" },
	{ "help",				     'h', OPTION_FLAG, VALUE_NONE, NULL, NULL, "Explain the verb" },
	{ "version", 0, OPTION_FLAG, VALUE_NONE, NULL, NULL, "Print the version" },
	{ .name = NULL			       },
};

#define VMS         "Virtual machines"
#define POWER       "Power"
#define CHECKPOINTS "Checkpoints"
#define CONSOLE     "Console"
#define GALLERY     "Gallery and switches"
#define HOST        "Host and daemon"
#define HELP        "Help"
#define MANY        G_MAXUINT

/* clang-format off */
/* group, name, arguments, min, max, first, rest, options, run, help, detail, flags */
const Verb verbs[] = {
	{ VMS, "quick", "[IMAGE|FILE]", 0, 1, VALUE_IMAGE, 0, quick_options, cmd_quick,
	  "Make a VM from a gallery image, an ISO or a disk, start it and connect",
	  "Without IMAGE it is carrel-live, which needs no network. What is not in the store is downloaded first. FILE is an ISO image, or a disk image, which is used where it is; what it holds is recognised, and the VM gets what that needs. On a terminal, or "
	  "with --connect, its console is opened before it starts, so that the first frame of the firmware is seen. Prints the "
	  "VM's name. Fields are set as by `carrel create'. Images with cloud-init get a user with your ssh keys and a password that is printed. "
	  "Where there is a warm template of the image (see `gallery warm') the VM continues from that instead of booting, unless --cold is given; with "
	  "--json, instant says which it was.",
	  VERB_FIELDS },
	{ VMS, "create", "NAME", 1, 1, 0, 0, create_options, cmd_create, "Make a VM",
	  "There is an option for each field that a new VM can be given; fields of disks and adapters are set with --set, for "
	  "example --set disk0.cache=none.", VERB_FIELDS },
	{ VMS, "list", "", 0, 0, 0, 0, no_options, cmd_list, "List all VMs", NULL, 0 },
	{ VMS, "show", "VM", 1, 1, VALUE_VM, 0, no_options, cmd_show, "Show everything about a VM",
	  "With --json, accelerator is what is in use; while the VM is off it is the setting, as accelerator_setting always is.", 0 },
	{ VMS, "set", "VM KEY=VALUE...", 2, MANY, VALUE_VM, VALUE_FIELD, no_options, cmd_set, "Change fields of a VM",
	  "All or nothing. `carrel help fields' lists the fields and when each may be changed.", 0 },
	{ VMS, "rename", "VM NAME", 2, 2, VALUE_VM, 0, no_options, cmd_rename, "Give a VM another name", NULL, 0 },
	{ VMS, "delete", "VM...", 1, MANY, VALUE_VM, VALUE_VM, delete_options, cmd_delete, "Delete VMs and their files",
	  "Asks first; without a terminal --yes is needed. A VM that runs is refused unless --force is given.", 0 },

	{ POWER, "start", "VM...", 1, MANY, VALUE_VM, VALUE_VM, start_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "shutdown", "VM...", 1, MANY, VALUE_VM, VALUE_VM, shutdown_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "turn-off", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "reset", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "pause", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "resume", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },
	{ POWER, "save", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },

	{ CHECKPOINTS, "checkpoint create", "VM [NAME]", 1, 2, VALUE_VM, 0, checkpoint_options, cmd_checkpoint_create,
	  "Keep what a VM is now, to go back to",
	  "Disks, firmware variables, TPM and settings, and the memory of a VM that is on or saved; one that runs stops for as long as writing its memory takes. "
	  "All disks must be qcow2. Without NAME it is the VM's with the time.", 0 },
	{ CHECKPOINTS, "checkpoint list", "VM", 1, 1, VALUE_VM, 0, no_options, cmd_checkpoint_list, "List the checkpoints of a VM", NULL, 0 },
	{ CHECKPOINTS, "checkpoint apply", "VM CHECKPOINT", 2, 2, VALUE_VM, 0, checkpoint_options, cmd_checkpoint_apply,
	  "Go back to a checkpoint",
	  "CHECKPOINT is an id or a name. What the VM is now is lost, unless another checkpoint has it. A VM that runs goes on from there at once; one that does not is "
	  "then saved, or off if the checkpoint has no memory.", 0 },
	{ CHECKPOINTS, "revert", "VM...", 1, MANY, VALUE_VM, VALUE_VM, power_options, cmd_power, NULL, NULL, 0 },
	{ CHECKPOINTS, "checkpoint delete", "VM CHECKPOINT", 2, 2, VALUE_VM, 0, checkpoint_options, cmd_checkpoint_delete,
	  "Delete a checkpoint", "The VM stays as it is.", 0 },
	{ CHECKPOINTS, "checkpoint rename", "VM CHECKPOINT NAME", 3, 3, VALUE_VM, 0, no_options, cmd_checkpoint_rename,
	  "Give a checkpoint another name", NULL, 0 },

	{ CONSOLE, "connect", "VM...", 1, MANY, VALUE_VM, VALUE_VM, connect_options, cmd_connect, "Open consoles of VMs",
	  "In the terminal (term), in a window (sdl), by a VNC server (vnc), in a browser (web), or its serial port (serial). While the VM is off the console waits for "
	  "it. Of several VMs, nine at most, the terminal shows the screens side by side; the keys go to one of them, Ctrl-] and Tab, an arrow or a digit choose "
	  "another, and Ctrl-] z shows it alone. In the window Right Ctrl with H shows its keys. "
	  "A server goes on after carrel has printed its address and password; it ends with --stop or when the VM is deleted. It listens on "
	  "127.0.0.1, or where ADDRESS says: HOST:PORT, [IPV6]:PORT, :PORT or unix:/PATH. With the second password a viewer sees, and "
	  "sends nothing. VNC is not encrypted: leave it on this host and use ssh -L. The web server's address has a "
	  "token that lets in; on other addresses than this host's it speaks TLS, with a certificate of its own whose fingerprint is printed.", 0 },
	{ CONSOLE, "screen", "VM", 1, 1, VALUE_VM, 0, screen_options, cmd_screen, "Print what is on a VM's screen",
	  "Text screens are recognised exactly; other pictures are drawn with characters. With --wait or --follow the VM may be off: "
	  "carrel waits for it, and sees its screen from the first frame.", 0 },
	{ CONSOLE, "type", "VM TEXT", 2, 2, VALUE_VM, 0, type_options, cmd_type, "Type text into a VM",
	  "By the keyboard layout in the VM's field `keymap'. A newline is Enter, a tab is Tab.", 0 },
	{ CONSOLE, "key", "VM CHORD...", 2, MANY, VALUE_VM, VALUE_KEY, no_options, cmd_key, "Press keys, such as ctrl-alt-delete",
	  NULL, 0 },
	{ CONSOLE, "mouse", "VM X Y [ACTION]", 3, 6, VALUE_VM, VALUE_MOUSE, no_options, cmd_mouse, "Move the mouse, click, drag, turn its wheel",
	  "X and Y are pixels of the guest's screen. ACTION is move (the default), click, double, middle, right, `drag X Y' to there, or "
	  "wheel-up, wheel-down, wheel-left or wheel-right, with a number of notches if it is not one.", 0 },

	{ CONSOLE, "ssh", "VM [COMMAND...]", 1, MANY, VALUE_VM, 0, ssh_options, cmd_ssh, "Log in to a guest, or run a command in it, by ssh",
	  "Waits until the guest's ssh server answers, and says what for. Put `--' before a command that has options. The user is the VM's field `user'; "
	  "guests that carrel set up know carrel's own key. The guest's host keys are kept in the VM's folder. Exits with the command's status, 255 when ssh itself "
	  "failed. What --print-config prints holds until the VM is turned off.", 0 },

	{ GALLERY, "gallery", "", 0, 0, 0, 0, no_options, cmd_gallery_list, "The same as `gallery list'", NULL, VERB_HIDDEN },
	{ GALLERY, "gallery list", "[WORD...]", 0, MANY, 0, 0, list_options, cmd_gallery_list, "List the images that VMs can be made from",
	  "With WORDs, those that have them all in name, publisher, version or description.", 0 },
	{ GALLERY, "gallery show", "IMAGE", 1, 1, VALUE_IMAGE, 0, no_options, cmd_gallery_show, "Show everything about an image",
	  NULL, 0 },
	{ GALLERY, "gallery warm", "IMAGE", 1, 1, VALUE_IMAGE, 0, warm_options, cmd_gallery_warm,
	  "Keep an image started and ready, so that a new VM of it takes a second",
	  "A hidden VM is booted and stopped when its guest rests; VMs that `quick' makes continue from there, each with its own name, ids, keys and "
	  "addresses. Options choose memory and so on, as for `create'; a VM continues only from a template that is like it. The image needs a "
	  "guest agent and Linux 5.18 or newer. With `templates = on' in carrel.conf each image that `quick' boots is kept so.", VERB_FIELDS },
	{ GALLERY, "gallery cool", "IMAGE", 1, 1, VALUE_IMAGE, 0, no_options, cmd_gallery_cool, "Drop the warm templates of an image",
	  "VMs that were made from them go on.", 0 },
	{ GALLERY, "gallery templates", "", 0, 0, 0, 0, no_options, cmd_gallery_templates, "List the warm templates", NULL, 0 },
	{ GALLERY, "gallery download", "IMAGE", 1, 1, VALUE_IMAGE, 0, download_options, cmd_gallery_download, "Get an image into the store",
	  "A download that was cut goes on where it was. What arrives is checked against its published hash.", 0 },
	{ GALLERY, "gallery prune", "", 0, 0, 0, 0, prune_options, cmd_gallery_prune, "Remove images that nothing uses from the store", NULL, 0 },
	{ GALLERY, "gallery refresh", "[SOURCE]", 0, 1, 0, 0, refresh_options, cmd_gallery_refresh, "Fetch the lists of images anew",
	  "Of all sources, or of one. A source that cannot be reached keeps its last good list.", 0 },
	{ GALLERY, "gallery sources", "", 0, 0, 0, 0, no_options, cmd_gallery_sources, "List the gallery's sources, their age and what was wrong", NULL, 0 },
	{ GALLERY, "gallery add-source", "[NAME] URL", 1, 2, 0, VALUE_FILE, source_options, cmd_gallery_add_source,
	  "Add a source to the gallery, and fetch it",
	  "URL is the address or the path of a feed: Hyper-V's gallery JSON, simplestreams, or carrel's own. A source that carrel ships and that was removed comes back by "
	  "its NAME alone. Prints its name.", 0 },
	{ GALLERY, "gallery remove-source", "SOURCE", 1, 1, 0, 0, no_options, cmd_gallery_remove_source, "Remove a source from the gallery",
	  "Images that were fetched stay.", 0 },
	{ GALLERY, "switch list", "", 0, 0, 0, 0, no_options, cmd_switch_list, "List the virtual switches", NULL, 0 },
	{ GALLERY, "switch show", "SWITCH", 1, 1, VALUE_SWITCH, 0, no_options, cmd_switch_show, "Show a virtual switch", NULL, 0 },

	{ HOST, "host", "", 0, 0, 0, 0, no_options, cmd_host, "Say what this host can do and which accelerator is used", NULL, 0 },
	{ HOST, "host check", "", 0, 0, 0, 0, no_options, cmd_host_check, "Check this host: requirement, found, verdict, remedy",
	  NULL, 0 },
	{ HOST, "argv", "VM", 1, 1, VALUE_VM, 0, no_options, cmd_argv, "Print the QEMU command line that starts a VM", NULL, 0 },
	{ HOST, "jobs", "", 0, 0, 0, 0, no_options, cmd_jobs, "List jobs that run or ended lately", NULL, 0 },
	{ HOST, "events", "", 0, 0, 0, 0, no_options, cmd_events, "Print each change as it happens, until interrupted", NULL, 0 },
	{ HOST, "api tree", "", 0, 0, 0, 0, no_options, cmd_api_tree, "List the objects of the D-Bus API", NULL, 0 },
	{ HOST, "api call", "PATH METHOD [ARG...]", 2, MANY, 0, 0, no_options, cmd_api_call,
	  "Call a method of the D-Bus API",
	  "METHOD is INTERFACE.METHOD; `io.carrel.' before it may be left out. Arguments are in GVariant's text format; a string needs no quotes. "
	  "Example: carrel api call /io/carrel Manager.FindVm demo", 0 },
	{ HOST, "api monitor", "", 0, 0, 0, 0, no_options, cmd_api_monitor, "Print the signals of the D-Bus API until interrupted",
	  NULL, 0 },

	{ HELP, "help", "[VERB|fields]", 0, 2, VALUE_VERB, 0, no_options, cmd_help, "Explain a verb, or all fields of a VM", NULL, 0 },
	{ HELP, "completion", "SHELL", 1, 1, VALUE_SHELL, 0, no_options, cmd_completion,
	  "Print a completion script for bash, zsh or fish", NULL, 0 },
	{ HELP, "__complete", "[WORD...]", 0, MANY, 0, 0, no_options, cmd_complete, "Print completions of the last word", NULL,
	  VERB_HIDDEN | VERB_RAW },
	{ HELP, "__man", "PAGE", 1, 1, 0, 0, no_options, cmd_man, "Print a man page", NULL, VERB_HIDDEN },
	{ .name = NULL },
};
/* clang-format on */

const char *verb_help(const Verb *verb)
{
	return verb->help ? verb->help : action_find(verb->name)->help;
}

/* Number of words of @name when @words begin with it, else 0. */
static guint match(const char *name, char *const *words)
{
	g_auto(GStrv) parts = g_strsplit(name, " ", -1);
	guint count = 0;

	for (; parts[count]; count++)
		if (!words[count] || !g_str_equal(parts[count], words[count]))
			return 0;
	return count;
}

const Verb *verb_find(char *const *words, guint *used)
{
	const Verb *found = NULL;

	*used = 0;
	for (const Verb *verb = verbs; verb->name; verb++) {
		guint count = match(verb->name, words);
		if (count > *used) {
			*used = count;
			found = verb;
		}
	}
	return found;
}

const Option *const *verb_options(const Verb *verb)
{
	static const Option *tables[4];
	guint count = 0;

	tables[count++] = verb->options;
	if (verb->flags & VERB_FIELDS)
		tables[count++] = cli_field_options();
	tables[count++] = global_options;
	tables[count] = NULL;
	return tables;
}

/* --- options from the field table --- */

/* What only the daemon or other options decide. */
static gboolean is_option(const SpecField *field)
{
	static const char *const others[] = { "name", "id", "image", "created", NULL };

	return field->section == SECTION_VM && !g_strv_contains(others, field->key);
}

static Option field_option(const SpecField *field)
{
	static const char *const arguments[] = {
		[FIELD_BOOL] = "on|off", [FIELD_INT] = "N",     [FIELD_SIZE] = "SIZE",
		[FIELD_STRING] = "TEXT", [FIELD_TEXT] = "TEXT", [FIELD_ENUM] = "WORD",
		[FIELD_PATH] = "FILE",   [FIELD_MAC] = "MAC",
	};
	char *name = g_strdelimit(g_strdup(field->key), "_", '-'); /* lives as long as the program */
	Option option = { .name = g_intern_string(name), .type = OPTION_TEXT, .help = field->help };

	g_free(name);
	option.argument = field->type == FIELD_ENUM ? field->choices : arguments[field->type];
	option.value = field->type == FIELD_PATH ? VALUE_FILE : VALUE_NONE;
	option.choices = field->type == FIELD_ENUM ? field->choices : NULL;
	return option;
}

const Option *cli_field_options(void)
{
	static Option *options;
	gsize count, used = 0;
	const SpecField *fields = spec_fields(&count);

	if (options)
		return options;
	options = g_new0(Option, count + 2);
	for (gsize i = 0; i < count; i++)
		if (is_option(&fields[i]))
			options[used++] = field_option(&fields[i]);
	options[used] = field_option(spec_field(SECTION_NIC, "switch"));
	options[used].value = VALUE_SWITCH;
	options[used].argument = "NAME";
	return options;
}
