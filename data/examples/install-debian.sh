#!/bin/bash
# Installs Debian from its own installer, unattended, by looking at the screen and pressing keys as a person would: no preseed, no agent,
# nothing in the guest. An example of what `carrel screen', `carrel type' and `carrel key' are for; any text installer can be driven so.
#
#	install-debian.sh ISO VM [MIRROR-HOST]
#
# ISO is a netinst image or mini.iso of Debian 12. The new system has the user "user" and the passwords "carrel". To follow what happens:
# `carrel connect VM' beside it, or afterwards `carrel screen VM --history'.
set -euo pipefail

carrel=${CARREL:-carrel}
[[ $# -ge 2 ]] || { printf 'usage: install-debian.sh ISO VM [MIRROR-HOST]\n' >&2 && exit 2; }
iso=$1 vm=$2 mirror=${3:-}
patience=${PATIENCE:-1800s} # of one step; downloading and unpacking take their time

say()
{
	printf '%s  %s\n' "$(date +%T)" "$*"
}

# Waits until the screen shows REGEX; the timeout is an error that says what was there instead.
see()
{
	"$carrel" screen "$vm" --wait "$1" --timeout "$patience" >/dev/null
	say "$1"
}

keys()
{
	"$carrel" key "$vm" "$@" >/dev/null
}

words()
{
	"$carrel" type "$vm" "$1"$'\n' >/dev/null
}

# see REGEX, then the default answer
accept()
{
	see "$1"
	keys enter
}

# see REGEX, then these words into an empty field
answer()
{
	see "$1"
	keys ctrl-u
	words "$2"
}

"$carrel" create "$vm" --iso "$iso" --memory 1G --disk-size 8G --generation 1 --boot disk,cdrom
"$carrel" start "$vm"

# A netinst image has a menu; mini.iso too, some without the graphical installer. Others begin with the language at once.
see '[Ii]nstaller (boot )?menu|Select a language|Choose a language'
menu=$("$carrel" screen "$vm")
if [[ $menu == *'Graphical install'* ]]; then
	keys down enter
elif [[ $menu == *nstaller*menu* ]]; then
	keys enter
fi
accept 'Select a language|Choose a language'
accept 'Select your location|Country, territory'
accept 'Configure the keyboard|Keymap to use'
answer 'Please enter the hostname' "$vm"
accept 'Domain name'
see 'Choose a mirror|mirror country'
if [[ -n $mirror ]]; then
	keys home enter
	answer 'archive mirror hostname' "$mirror"
	accept 'archive mirror directory'
else
	keys enter
	accept 'Debian archive mirror:'
fi
accept 'HTTP proxy'
answer 'Root password' carrel
answer 'Re-enter password' carrel
answer 'Full name for the new user' user
accept 'Username for your account'
answer 'Choose a password for the new user' carrel
answer 'Re-enter password to verify' carrel
accept 'Select your time zone|Configure the clock'
accept 'Partitioning method'
accept 'Select disk to partition'
accept 'Partitioning scheme'
accept 'Finish partitioning and write changes'
see 'Write the changes to disks'
keys left enter
accept 'package usage survey|popularity-contest'
see 'Choose software to install'
keys tab enter
see 'GRUB boot loader to your primary drive|Install the GRUB boot loader to'
keys enter
see 'Device for boot loader installation'
keys down enter
accept 'Installation complete'
see "$vm login:"
words root
see 'Password:'
words carrel
see "root@$vm"
say "Debian is installed in VM \`$vm'."
