#!/usr/bin/env bash
# shellcheck disable=SC2016 # the $ are for the guest
# Checkpoints with the real QEMU and carrel Live: memory, a disk and the firmware's variables of a guest that runs come back as they were; so do those of a VM
# that is off; verbs, statuses and JSON.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
need_live
new_home

prompt='carrel-live:~#'

# types TEXT REGEX: types a line into the guest and waits for what it says.
types()
{
	carrel type vm "$1"$'\n' && carrel screen vm --wait "$2" --timeout 60s >/dev/null
}

# says REGEX: it stands on the screen now.
says()
{
	carrel screen vm | grep -Eq "$1"
}

says_not()
{
	! says "$1"
}

snapshots_of()
{
	qemu-img snapshot -U -l "$1" | grep -c carrel-
}

# listed FILTER
listed()
{
	json_ok "$(carrel --json checkpoint list vm)" "$1"
}

running()
{
	check "create" carrel_status 0 create vm --image carrel-live --memory 512M --cpus 1 --disk-size 64M --set notes=one
	check "there is none to go back to: 3" carrel_status 3 revert vm
	check "start" carrel_status 0 start vm
	check "boots" carrel screen vm --wait "$prompt" --timeout 180s
	check "writes onto its disk" types 'echo first | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null; echo wrote-$((1+1))' '^wrote-2'
	check "checkpoint create" carrel_status 0 checkpoint create vm "the first"
	is "it still runs" "$(vm_field vm .state)" running
	check "list" listed 'length == 1 and .[0].name == "the first" and .[0].memory and .[0].current and .[0].parent == "" and (.[0].created | length > 10)'
	is "the VM says where it goes on from" "$(vm_field vm .checkpoint)" "the first"
	check "what comes after" types 'echo second | dd of=/dev/vda conv=notrunc,fsync 2>/dev/null; clear; echo after-$((1+2))' '^after-3'
	check "one without a name" carrel_status 0 checkpoint create vm
	check "comes from the first" listed '.[1].parent == .[0].id and (.[1].name | startswith("vm - (20"))'
	check "settings that come after" carrel_status 0 set vm notes=two
}

goes_back()
{
	check "apply" carrel_status 0 checkpoint apply vm "the first"
	check "runs again" wait_until 60 is_running
	check "with the screen of then" wait_until 60 says '^wrote-2'
	check "and not that of later" says_not after-3
	check "its memory and disk belong together" types 'clear; sync; echo 3 >/proc/sys/vm/drop_caches; head -c 5 /dev/vda; echo -$((2+2))' '^first-4'
	is "with the settings of then" "$(vm_field vm .notes)" one
	check "the other way round" carrel_status 0 checkpoint apply vm "$(carrel --json checkpoint list vm | jq -r '.[1].id')"
	check "runs" wait_until 60 is_running
	check "as it was later" wait_until 60 says '^after-3'
	check "with the disk of later" types 'clear; head -c 6 /dev/vda; echo -$((2+3))' '^second-5'
	check "pause" carrel_status 0 pause vm
	check "a paused one, too" carrel_status 0 checkpoint create vm paused
	is "stays paused" "$(vm_field vm .state)" paused
	check "and goes on" carrel_status 0 resume vm
	check "answers" types 'clear; echo on-$((3+3))' '^on-6'
}

is_running()
{
	[[ $(vm_field vm .state) == running ]]
}

tidies()
{
	local folder nvram
	folder=$(vm_field vm .folder)
	nvram=$folder/nvram.qcow2
	is "snapshots in the disk" "$(snapshots_of "$folder/disk0.qcow2")" 3
	is "and in the firmware's variables" "$(snapshots_of "$nvram")" 3
	check "rename" carrel_status 0 checkpoint rename vm paused "the last"
	check "a name that is taken twice" carrel_status 0 checkpoint rename vm "the last" "the first"
	check "is not enough: 2" carrel_status 2 checkpoint apply vm "the first"
	check "delete while it runs" carrel_status 0 checkpoint delete vm "$(carrel --json checkpoint list vm | jq -r '.[2].id')"
	is "its snapshot is gone" "$(snapshots_of "$folder/disk0.qcow2")" 2
	check "the guest does not mind" types 'clear; dd if=/dev/vda of=/dev/null 2>/dev/null && echo read-$((3+4))' '^read-7'
	check "one that is not there: 3" carrel_status 3 checkpoint delete vm nothing
	check "turn off" carrel_status 0 turn-off vm
	check "back to running memory, from off" carrel_status 0 checkpoint apply vm "the first"
	is "is saved" "$(vm_field vm .state)" saved
	check "start" carrel_status 0 start vm
	check "goes on there" wait_until 60 says '^wrote-2'
	check "revert" carrel_status 0 revert vm
	check "is the same" wait_until 60 is_running
	check "turn off again" carrel_status 0 turn-off vm
	check "one of a VM that is off" carrel_status 0 checkpoint create vm cold
	check "has no memory" listed '.[-1].name == "cold" and (.[-1].memory | not)'
	check "start it" carrel_status 0 start vm
	check "back to off: it is started anew" carrel_status 0 revert vm
	check "boots from nothing" wait_until 60 is_running
	check "delete with force" carrel_status 0 delete vm --yes --force
	check "nothing is left" test ! -e "$folder"
}

running
goes_back
tidies
done_testing
