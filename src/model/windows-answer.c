#include "model/windows-answer.h"

#include <string.h>

#define ADMIN "Administrator"
/* As C: is the system's, discs come behind it; five are more drives than a VM of ours has. */
#define LETTERS "DEFGH"

/* --- what there is to install ------------------------------------------------------------------------------------------- */

typedef struct {
	const char *os;
	const char *folders[2]; /* on the disc of drivers, the best first */
	/* Microsoft's public client setup keys: a server's Standard edition, else Pro. */
	const char *key;
	gboolean server;
} System;

static const System systems[] = {
	{"win8.1",     { "w8.1" },         "GCRJD-8NW9H-F2CDX-CCM8D-9D6T9", FALSE},
	{ "win10",     { "w10" },          "W269N-WFGWX-YVC9B-4J6C9-T83GX", FALSE},
 /* Older discs have none for it, and 10 and 11 have the same labels. */
	{ "win11",     { "w11", "w10" },   "W269N-WFGWX-YVC9B-4J6C9-T83GX", FALSE},
	{ "win2k12r2", { "2k12R2" },       "D2N9P-3P6X9-2R39C-7RTCD-MDVJX", TRUE },
	{ "win2k16",   { "2k16" },         "WC2BQ-8NRM3-FDDYY-2BFGV-KHKQY", TRUE },
	{ "win2k19",   { "2k19" },         "N69G4-B89J2-4G8F4-WWYCC-J464C", TRUE },
	{ "win2k22",   { "2k22" },         "VDYBN-27WPP-V4HQT-9VMD4-VMK7H", TRUE },
	{ "win2k25",   { "2k25", "2k22" }, "TVRH6-WHNXV-R9WG3-9XRFY-MY832", TRUE },
};

/* Media of one edition, by the first word of their label ("J_" of updated ones aside); the others hold Pro, or all. */
static const struct {
	const char *os, *prefix, *key;
} editions[] = {
	{"win8.1", "CENA", "MHF9N-XY6XB-WVXMC-BTDCT-MKKG7"},
	{ "win10", "CENA", "NPPR9-FWDCX-D2C8J-H872K-2YT43"},
	{ "win11", "CENA", "NPPR9-FWDCX-D2C8J-H872K-2YT43"},
	{ "win10", "CES",  "M7XTQ-FN8P6-TTKYV-9D4CC-J462D"},
	{ "win11", "CES",  "M7XTQ-FN8P6-TTKYV-9D4CC-J462D"},
	{ "win10", "CED",  "NW6C2-QMPVW-D7KKK-3GKT6-VCFB2"},
	{ "win11", "CED",  "NW6C2-QMPVW-D7KKK-3GKT6-VCFB2"},
};

/* Of the disc of drivers: what the devices of our VMs want. */
static const char *const drivers[] = {
	"viostor", "vioscsi", "NetKVM", "vioserial", "Balloon", "viorng", "pvpanic", "viogpudo",
};

static const System *system_of(const char *os)
{
	for (gsize i = 0; i < G_N_ELEMENTS(systems); i++)
		if (g_str_equal(systems[i].os, os))
			return &systems[i];
	return NULL;
}

gboolean windows_answer_knows(const char *os)
{
	return system_of(os) != NULL;
}

const char *windows_choose(const char *said, const char *recognised)
{
	if (windows_answer_knows(said))
		return said;
	return windows_answer_knows(recognised) ? recognised : NULL;
}

gboolean windows_is_server(const char *os)
{
	const System *system = system_of(os);

	return system && system->server;
}

/* "..._X64FREE_...", where others have FRE, and volume media FREV. */
static gboolean is_evaluation(const char *label)
{
	return strstr(label, "FREE_") != NULL;
}

static const char *client_key(const System *system, const char *label)
{
	const char *word = g_str_has_prefix(label, "J_") ? label + 2 : label;

	for (gsize i = 0; i < G_N_ELEMENTS(editions); i++)
		if (g_str_equal(editions[i].os, system->os) && g_str_has_prefix(word, editions[i].prefix))
			return editions[i].key;
	return system->key;
}

/* --- writing XML -------------------------------------------------------------------------------------------------------- */

typedef struct {
	const WindowsAnswer *answer;
	const System *system;
	GString *text;
	guint depth;
} Writer;

static void indent(Writer *writer)
{
	for (guint i = 0; i < writer->depth; i++)
		g_string_append(writer->text, "  ");
}

/* An element whose content follows; @attributes are ours, "" = none. */
static void begin(Writer *writer, const char *name, const char *attributes)
{
	indent(writer);
	g_string_append_printf(writer->text, "<%s%s%s>\n", name, *attributes ? " " : "", attributes);
	writer->depth++;
}

static void end(Writer *writer, const char *name)
{
	writer->depth--;
	indent(writer);
	g_string_append_printf(writer->text, "</%s>\n", name);
}

static void leaf(Writer *writer, const char *name, const char *value)
{
	g_autofree char *escaped = g_markup_escape_text(value, -1);

	indent(writer);
	g_string_append_printf(writer->text, "<%s>%s</%s>\n", name, escaped, name);
}

static void leaf_number(Writer *writer, const char *name, guint value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	leaf(writer, name, text);
}

static void begin_component(Writer *writer, const char *name)
{
	gboolean x86 = g_str_equal(writer->answer->architecture, "i686");
	g_autofree char *attributes =
		g_strdup_printf("name=\"%s\" processorArchitecture=\"%s\" "
				"publicKeyToken=\"31bf3856ad364e35\" language=\"neutral\" "
				"versionScope=\"nonSxS\"",
				name, x86 ? "x86" : "amd64");

	begin(writer, "component", attributes);
}

#define ADD "wcm:action=\"add\""

/* --- the installer -------------------------------------------------------------------------------------------------------- */

/* @setup: the language of Setup itself, which must be on its disc. */
static void add_international(Writer *writer, gboolean setup)
{
	g_autofree char *locale = windows_locale(writer->answer->locale);
	g_autofree char *language = windows_label_language(writer->answer->label);

	begin_component(writer, setup ? "Microsoft-Windows-International-Core-WinPE"
				      : "Microsoft-Windows-International-Core");
	if (setup) {
		begin(writer, "SetupUILanguage", "");
		leaf(writer, "UILanguage", language);
		end(writer, "SetupUILanguage");
	}
	leaf(writer, "InputLocale", windows_input_locale(writer->answer->keymap));
	leaf(writer, "SystemLocale", locale);
	leaf(writer, "UILanguage", language);
	leaf(writer, "UserLocale", locale);
	end(writer, "component");
}

static void add_driver_path(Writer *writer, char letter, const char *driver, const char *folder,
			    guint *number)
{
	gboolean x86 = g_str_equal(writer->answer->architecture, "i686");
	g_autofree char *attributes = g_strdup_printf(ADD " wcm:keyValue=\"%u\"", ++*number);
	g_autofree char *path =
		g_strdup_printf("%c:\\%s\\%s\\%s", letter, driver, folder, x86 ? "x86" : "amd64");

	begin(writer, "PathAndCredentials", attributes);
	leaf(writer, "Path", path);
	end(writer, "PathAndCredentials");
}

/* Nobody knows which letter the disc gets. Setup passes over folders that are not there, and what it loads it also installs. */
static void add_drivers(Writer *writer)
{
	guint number = 0;

	if (!writer->answer->drivers)
		return;
	begin_component(writer, "Microsoft-Windows-PnpCustomizationsWinPE");
	begin(writer, "DriverPaths", "");
	for (const char *letter = LETTERS; *letter; letter++)
		for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++)
			for (guint j = 0; j < 2 && writer->system->folders[j]; j++)
				add_driver_path(writer, *letter, drivers[i], writer->system->folders[j],
						&number);
	end(writer, "DriverPaths");
	end(writer, "component");
}

typedef struct {
	const char *type, *format, *label;
	guint size; /* MiB, 0 = the rest */
	gboolean active;
	const char *letter;
} Partition;

/* As Microsoft's documents lay disks out; the system's is the last, so that it can grow. */
static const Partition efi_disk[] = {
	{"EFI",      "FAT32", "System",  260, FALSE, NULL},
	{ "MSR",     NULL,    NULL,      16,  FALSE, NULL},
	{ "Primary", "NTFS",  "Windows", 0,   FALSE, "C" },
};

static const Partition bios_disk[] = {
	{"Primary",  "NTFS", "System",  500, TRUE,  NULL},
	{ "Primary", "NTFS", "Windows", 0,   FALSE, "C" },
};

static void add_create(Writer *writer, guint number, const Partition *partition)
{
	begin(writer, "CreatePartition", ADD);
	leaf_number(writer, "Order", number);
	leaf(writer, "Type", partition->type);
	if (partition->size)
		leaf_number(writer, "Size", partition->size);
	else
		leaf(writer, "Extend", "true");
	end(writer, "CreatePartition");
}

static void add_modify(Writer *writer, guint number, const Partition *partition)
{
	begin(writer, "ModifyPartition", ADD);
	leaf_number(writer, "Order", number);
	leaf_number(writer, "PartitionID", number);
	if (partition->format) {
		leaf(writer, "Format", partition->format);
		leaf(writer, "Label", partition->label);
	}
	if (partition->active)
		leaf(writer, "Active", "true");
	if (partition->letter)
		leaf(writer, "Letter", partition->letter);
	end(writer, "ModifyPartition");
}

/* Gives the number of the partition that Windows goes to. */
static guint add_disk(Writer *writer)
{
	const Partition *partitions = writer->answer->efi ? efi_disk : bios_disk;
	guint count = writer->answer->efi ? G_N_ELEMENTS(efi_disk) : G_N_ELEMENTS(bios_disk);

	begin(writer, "DiskConfiguration", "");
	begin(writer, "Disk", ADD);
	leaf(writer, "DiskID", "0");
	leaf(writer, "WillWipeDisk", "true");
	begin(writer, "CreatePartitions", "");
	for (guint i = 0; i < count; i++)
		add_create(writer, i + 1, &partitions[i]);
	end(writer, "CreatePartitions");
	begin(writer, "ModifyPartitions", "");
	for (guint i = 0; i < count; i++)
		add_modify(writer, i + 1, &partitions[i]);
	end(writer, "ModifyPartitions");
	end(writer, "Disk");
	leaf(writer, "WillShowUI", "OnError");
	end(writer, "DiskConfiguration");
	return count;
}

/* The number of the image, 0 = the key decides: servers' media have Standard without and with a desktop first, and one key is for both. Whose own key it is knows for which
 * edition; Setup asks if more than one fits. */
static guint image_number(const Writer *writer)
{
	const WindowsAnswer *answer = writer->answer;

	if (answer->product_key)
		return 0;
	if (writer->system->server)
		return 2;
	return is_evaluation(answer->label) ? 1 : 0;
}

static void add_image(Writer *writer, guint partition)
{
	guint number = image_number(writer);

	begin(writer, "ImageInstall", "");
	begin(writer, "OSImage", "");
	if (number) {
		begin(writer, "InstallFrom", "");
		begin(writer, "MetaData", ADD);
		leaf(writer, "Key", "/IMAGE/INDEX");
		leaf_number(writer, "Value", number);
		end(writer, "MetaData");
		end(writer, "InstallFrom");
	}
	begin(writer, "InstallTo", "");
	leaf(writer, "DiskID", "0");
	leaf_number(writer, "PartitionID", partition);
	end(writer, "InstallTo");
	leaf(writer, "WillShowUI", "OnError");
	end(writer, "OSImage");
	end(writer, "ImageInstall");
}

static void add_licence(Writer *writer)
{
	const WindowsAnswer *answer = writer->answer;
	const char *key = answer->product_key;

	if (!key && !is_evaluation(answer->label))
		key = client_key(writer->system, answer->label);
	begin(writer, "UserData", "");
	leaf(writer, "AcceptEula", "true");
	leaf(writer, "FullName", answer->user);
	begin(writer, "ProductKey", "");
	if (key)
		leaf(writer, "Key", key);
	leaf(writer, "WillShowUI", "OnError");
	end(writer, "ProductKey");
	end(writer, "UserData");
}

static void add_setup(Writer *writer)
{
	begin(writer, "settings", "pass=\"windowsPE\"");
	add_international(writer, TRUE);
	add_drivers(writer);
	begin_component(writer, "Microsoft-Windows-Setup");
	add_image(writer, add_disk(writer));
	add_licence(writer);
	end(writer, "component");
	end(writer, "settings");
}

/* --- the installed system ------------------------------------------------------------------------------------------------- */

static void add_specialize(Writer *writer)
{
	g_autofree char *computer = windows_computer_name(writer->answer->hostname, writer->answer->user);

	begin(writer, "settings", "pass=\"specialize\"");
	begin_component(writer, "Microsoft-Windows-Shell-Setup");
	leaf(writer, "ComputerName", computer);
	leaf(writer, "TimeZone", windows_time_zone(writer->answer->timezone));
	end(writer, "component");
	end(writer, "settings");
}

static gboolean is_admin(const char *user)
{
	return g_ascii_strcasecmp(user, ADMIN) == 0;
}

static void add_password(Writer *writer, const char *element)
{
	begin(writer, element, "");
	leaf(writer, "Value", writer->answer->password);
	leaf(writer, "PlainText", "true");
	end(writer, element);
}

/* Once, since commands of the first log on run then, and a desktop is what one wants to see at the end. */
static void add_logon(Writer *writer)
{
	begin(writer, "AutoLogon", "");
	add_password(writer, "Password");
	leaf(writer, "Enabled", "true");
	leaf(writer, "LogonCount", "1");
	leaf(writer, "Username", is_admin(writer->answer->user) ? ADMIN : writer->answer->user);
	end(writer, "AutoLogon");
}

static void add_first_commands(Writer *writer)
{
	gboolean x86 = g_str_equal(writer->answer->architecture, "i686");
	g_autoptr(GString) letters = g_string_new(NULL);

	if (!writer->answer->drivers)
		return;
	for (const char *letter = LETTERS; *letter; letter++)
		g_string_append_printf(letters, "%s%c", letters->len ? " " : "", *letter);
	g_autofree char *agent =
		g_strdup_printf("%%d:\\guest-agent\\qemu-ga-%s.msi", x86 ? "i386" : "x86_64");
	g_autofree char *command =
		g_strdup_printf("cmd /c for %%d in (%s) do if exist %s msiexec /i %s /qn /norestart",
				letters->str, agent, agent);
	begin(writer, "FirstLogonCommands", "");
	begin(writer, "SynchronousCommand", ADD);
	leaf(writer, "CommandLine", command);
	leaf(writer, "Description", "QEMU guest agent");
	leaf(writer, "Order", "1");
	end(writer, "SynchronousCommand");
	end(writer, "FirstLogonCommands");
}

/* Everything that the first start asks. */
static void add_questions(Writer *writer)
{
	begin(writer, "OOBE", "");
	leaf(writer, "HideEULAPage", "true");
	if (writer->system->server) {
		leaf(writer, "HideLocalAccountScreen", "true");
	} else {
		leaf(writer, "HideOEMRegistrationScreen", "true");
		leaf(writer, "HideOnlineAccountScreens", "true");
		leaf(writer, "HideWirelessSetupInOOBE", "true");
	}
	leaf(writer, "ProtectYourPC", "3"); /* nothing is sent */
	end(writer, "OOBE");
}

/* Servers ask for their administrator's password unless they are told one. */
static void add_accounts(Writer *writer)
{
	gboolean admin = is_admin(writer->answer->user);

	begin(writer, "UserAccounts", "");
	if (admin || writer->system->server)
		add_password(writer, "AdministratorPassword");
	if (!admin) {
		begin(writer, "LocalAccounts", "");
		begin(writer, "LocalAccount", ADD);
		add_password(writer, "Password");
		leaf(writer, "DisplayName", writer->answer->user);
		leaf(writer, "Group", "Administrators");
		leaf(writer, "Name", writer->answer->user);
		end(writer, "LocalAccount");
		end(writer, "LocalAccounts");
	}
	end(writer, "UserAccounts");
}

static void add_first_start(Writer *writer)
{
	begin(writer, "settings", "pass=\"oobeSystem\"");
	add_international(writer, FALSE);
	begin_component(writer, "Microsoft-Windows-Shell-Setup");
	add_logon(writer);
	add_first_commands(writer);
	add_questions(writer);
	leaf(writer, "RegisteredOwner", writer->answer->user);
	leaf(writer, "TimeZone", windows_time_zone(writer->answer->timezone));
	add_accounts(writer);
	end(writer, "component");
	end(writer, "settings");
}

char *windows_answer_text(const WindowsAnswer *answer)
{
	Writer writer = { answer, system_of(answer->os), g_string_new(NULL), 0 };

	g_return_val_if_fail(writer.system, g_string_free(writer.text, FALSE));
	g_string_append(writer.text, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
	begin(&writer, "unattend",
	      "xmlns=\"urn:schemas-microsoft-com:unattend\" "
	      "xmlns:wcm=\"http://schemas.microsoft.com/WMIConfig/2002/State\"");
	add_setup(&writer);
	add_specialize(&writer);
	add_first_start(&writer);
	end(&writer, "unattend");
	return g_string_free(writer.text, FALSE);
}
