#!/usr/bin/env bash
# What a new guest is told at its first start: which VMs get a seed, what is in it, what is refused. Nothing is started.
. "$(dirname "$0")/../lib.sh"
need jq qemu-img xorriso
new_home
export HOME=$work/user
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFEL4Hsii0G8J/6XLwiDXqnrSEbUmne4F9Zg+v18yaU7'

prepare()
{
	mkdir -p "$HOME/.ssh" && echo "$key me@home" >"$HOME/.ssh/id_ed25519.pub" && echo "$key other@home" >"$work/other.pub" &&
		printf 'open sesame\nnot this\n' >"$work/password" && printf '#cloud-config\npackages: [nginx]\n' >"$work/own.yaml" &&
		echo '-----BEGIN OPENSSH PRIVATE KEY----- AAAA' >"$work/private" && qemu-img create -q -f qcow2 "$work/cloud.qcow2" 1G
}

# seed_of VM FILE: a file of the VM's seed.
seed_of()
{
	rm -rf "$work/x" && xorriso -osirrox on -indev "$(vm_field "$1" .folder)/seed.iso" -extract / "$work/x" >/dev/null 2>&1 &&
		chmod -R u+w "$work/x" && cat "$work/x/$2"
}

# The user-data is JSON behind its first line.
told()
{
	seed_of "$1" user-data | tail -n +2 | jq -r "$2"
}

# says STATUS REGEX ARGUMENT...: carrel ends so and says that.
says()
{
	local wanted=$1 regex=$2
	shift 2
	carrel_status "$wanted" "$@" 2>"$work/err" || { cat "$work/err" && return 1; }
	grep -Eq -e "$regex" "$work/err" || { cat "$work/err" && return 1; }
}

no_vm()
{
	[[ $(carrel --json list | jq length) == "$1" ]]
}

check "keys and files" prepare
check "a disk with settings" carrel_status 0 create 'Web 1' --disk "$work/cloud.qcow2" --user fred --locale de_DE.UTF-8 --timezone Europe/Berlin \
	--keymap 'de(nodeadkeys)' --ssh-key "$work/other.pub"
is "its name is made out of the VM's" "$(seed_of 'Web 1' meta-data | jq -r '."local-hostname"')" web-1
is "the instance is the VM" "$(seed_of 'Web 1' meta-data | jq -r '."instance-id"')" "$(vm_field 'Web 1' .id)"
is "its first line" "$(seed_of 'Web 1' user-data | head -n 1)" '#cloud-config'
is "its user" "$(told 'Web 1' '.user.name')" fred
is "who is the VM's user" "$(vm_field 'Web 1' .user)" fred
is "the user's key, the other one, carrel's own" "$(told 'Web 1' '.ssh_authorized_keys | map(split(" ")[2]) | join(" ")')" 'other@home me@home carrel'
is "how it speaks" "$(told 'Web 1' '[.locale, .timezone, .keyboard.layout, .keyboard.variant] | join(" ")')" 'de_DE.UTF-8 Europe/Berlin de nodeadkeys'
like "a password that can be typed" "$(vm_field 'Web 1' .password)" '^[a-z]{12}$'
like "of which the seed has a hash" "$(told 'Web 1' .user.hashed_passwd)" '^[$]6[$]'
is "the seed is nobody else's" "$(stat -c %a "$(vm_field 'Web 1' .folder)/seed.iso" "$(vm_field 'Web 1' .folder)/login.json" | tr '\n' ' ')" '600 600 '
like "the VM has it" "$(carrel argv 'Web 1')" '"node-name":"seed0-medium","read-only":true'

check "with a password of one's own" carrel_status 0 create two --disk "$work/cloud.qcow2" --password-file "$work/password" --hostname db.example.org
is "the file's first line" "$(vm_field two .password)" 'open sesame'
is "with a name of its own" "$(seed_of two meta-data | jq -r '."local-hostname"')" db.example.org
check "with user-data of one's own" carrel_status 0 create three --disk "$work/cloud.qcow2" --user-data "$work/own.yaml"
is "it comes as it is" "$(seed_of three user-data)" "$(<"$work/own.yaml")"
is "and nobody knows a password" "$(vm_field three .password)" null
check "a disk without settings" carrel_status 0 create four --disk "$work/cloud.qcow2"
is "has no seed" "$(vm_field four .seed)" ""

check "a host name that is none: 2" says 2 "\`-x' is no host name" create bad --disk "$work/cloud.qcow2" --hostname=-x
check "a private key: 2" says 2 'private key.*\.pub' create bad --disk "$work/cloud.qcow2" --ssh-key "$work/private"
check "a file that is not there: 1" says 1 'no-such' create bad --disk "$work/cloud.qcow2" --user-data "$work/no-such"
check "settings for nobody: 2" says 2 'takes no settings' create bad --image carrel-live --hostname x
check "settings without the seed: 2" says 2 'seed' create bad --disk "$work/cloud.qcow2" --no-seed --hostname x
check "nothing was made of these" no_vm 4
done_testing
