/*
 * The answer file of Windows' Setup, "Autounattend.xml" in the root of a disc: Windows 8.1 to 11, Server 2012 R2 to 2025. Source: Microsoft's "Unattended Windows Setup
 * Reference" and, for the ways of people and places, CLDR's windowsZones and Windows' list of input locales. Text in, text out: nothing is read or written here.
 */
#pragma once

#include <glib.h>

typedef struct {
	const char *os;    /* libosinfo's short id: "win11", "win2k22" */
	const char *label; /* of the installer's volume: it tells edition and language; "" = not known */
	const char *architecture; /* "i686", else 64 bits */
	gboolean efi;             /* partitions for UEFI; else for a BIOS */
	gboolean drivers;         /* look for drivers on the discs */
	const char *user, *password;
	const char *hostname, *locale, *keymap, *timezone; /* as in GuestSetup */
	const char *product_key;                           /* NULL = none */
} WindowsAnswer;

/* Whether the file is for @os; older systems want another one. */
gboolean windows_answer_knows(const char *os);
gboolean windows_is_server(const char *os);
/* Which of them a VM gets: what the user says, since labels of discs are not always clear, else what was recognised. NULL: none. */
const char *windows_choose(const char *said, const char *recognised);

/*
 * The file, UTF-8. Without a product key, one of Microsoft's public client setup keys chooses the edition that the volume's label promises (it activates nothing),
 * or, on evaluation media, which take none, the number of the image. Caller frees.
 */
char *windows_answer_text(const WindowsAnswer *answer);

/* --- names and passwords (windows-names.c) ------------------------------------------------------------------------------ */

/* CARREL_ERROR_USAGE when Windows would refuse the name or, on a server, the password halfway through. */
gboolean windows_check_user(const char *os, const char *user, const char *password, GError **error);
/* @password with a capital and a digit, which servers insist on; caller frees. */
char *windows_server_password(const char *password);
/* At most 15 characters, no number, not the user's name. Caller frees. */
char *windows_computer_name(const char *hostname, const char *user);

/* --- words (windows-words.c, windows-zones.c); static ------------------------------------------------------------------- */

/* "de(nodeadkeys)" -> "0407:00000407" */
const char *windows_input_locale(const char *keymap);
/* "Europe/Berlin" -> "W. Europe Standard Time"; "UTC" for what is not known. */
const char *windows_time_zone(const char *timezone);
/* "de_DE.UTF-8" -> "de-DE"; "en-US" for what is not known. Caller frees. */
char *windows_locale(const char *locale);
/* The language at the end of a label, "CCCOMA_X64FRE_DE-DE_DV9"; "en-US" where there is none. Caller frees. */
char *windows_label_language(const char *label);
