#!/usr/bin/env bash
# Warm templates: a new VM continues from one, as itself and nobody else; whatever is wrong with the template, it boots instead.
# shellcheck disable=SC2016 # what guests shall expand
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
need_live
new_home

# A QEMU that can become another one.
export CARREL_QEMU=$work/qemu
printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v qemu-system-x86_64)" >"$CARREL_QEMU"
chmod 755 "$CARREL_QEMU"
shape=(--memory 256M --cpus 1 --generation 1)

kill_daemon()
{
	local pid
	pid=$(daemon_pid)
	[[ $pid ]] || { echo "there is no daemon" && return 1; }
	kill -KILL "$pid" && wait_until 5 test ! -d "/proc/$pid"
}

no_daemon()
{
	[[ -z $(daemon_pid) ]]
}

end_daemon()
{
	carrel api call /io/carrel Manager.Exit true >/dev/null 2>&1
	wait_until 10 no_daemon
}

qemus()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != qemu-system* ]] || printf '%s\n' "$pid"
	done | wc -l
}

templates()
{
	carrel --json gallery templates | jq -r "$1"
}

# quick NAME OPTION...: makes a VM and says whether it continued from a template.
quick()
{
	local name=$1
	shift
	carrel --json quick carrel-live --name "$name" "$@" 2>>"$work/quick.log" </dev/null | jq -r .instant
}

remove()
{
	carrel delete "$@" --yes --force >/dev/null 2>&1
}

agent_answers()
{
	[[ $(vm_field "$1" .heartbeat) == ok ]]
}

# What the guest says of itself, typed into its shell: machine id, host name, MAC, boot id, random numbers.
ask_guest()
{
	local vm=$1
	carrel screen "$vm" --wait 'carrel-live:~#' --timeout 120s >/dev/null || return 1
	carrel type "$vm" $'clear; until [ -e /sys/class/net/eth0 ]; do :; done; cd /proc/sys/kernel; echo =$(cat /etc/machine-id) $(cat hostname) $(cat /sys/class/net/eth0/address)=; echo =$(cat random/boot_id) $(head -c 8 /dev/urandom | od -An -tx8)=; cd\n'
	wait_until 120 guest_said "$vm"
}

guest_said()
{
	carrel screen "$1" | tr -d '\n' | grep -oE '=[0-9a-f]{32} [^ =]+ [0-9a-f:]{17} *= *=[0-9a-f-]{36} [0-9a-f]{16} *=' | tr -s '= ' '\n' |
		sed '/^$/d' >"$work/said.$1" && [[ $(wc -l <"$work/said.$1") == 5 ]]
}

said()
{
	sed -n "$2p" "$work/said.$1"
}

# --- nothing is kept unless it is asked for ---

is "there are no templates" "$(templates length)" 0
check "and none to drop" carrel_status 3 gallery cool carrel-live
check "an image that does not exist" carrel_status 3 gallery warm no-such-image
is "the first VM boots" "$(quick cold "${shape[@]}")" false
is "which makes no template" "$(templates length)" 0

# --- warm ---

check "gallery warm" carrel_status 0 gallery warm carrel-live "${shape[@]}"
is "there is a template" "$(templates '.[0] | .image + " " + (.memory | tostring)')" "carrel-live 268435456"
is "no VM is seen of it" "$(carrel --json list | jq -r 'map(.name) | join(" ")')" cold
is "and no process" "$(qemus)" 1
check "warm already" carrel_status 0 gallery warm carrel-live "${shape[@]}"
is "still one" "$(templates length)" 1

# --- two clones ---

is "a VM continues" "$(quick one "${shape[@]}")" true
is "another VM continues" "$(quick two "${shape[@]}")" true
is "it runs" "$(vm_field two .state)" running
is "the job's steps say how" "$(carrel --json jobs | jq -r 'map(select(.verb == "start" and .subject == "two")) | .[0].step')" yours
for vm in one two; do
	check "$vm: the guest agent answers" wait_until 60 agent_answers "$vm"
	check "$vm: says who it is" ask_guest "$vm"
	is "$vm: its machine id is its id" "$(said "$vm" 1)" "$(vm_field "$vm" .id | tr -d -)"
	is "$vm: its host name is its name" "$(said "$vm" 2)" "$vm"
	is "$vm: its adapter is its own" "$(said "$vm" 3)" "$(vm_field "$vm" '.nics[0].mac')"
done
for row in 1:machine-id 2:host-name 3:address 4:boot-id 5:random-numbers; do
	check "they differ in: ${row#*:}" test "$(said one "${row%:*}")" != "$(said two "${row%:*}")"
done

# What is a VM's own is different; all else is as if it had booted.
conf()
{
	sed -E '/^[[:space:]]*(#|$)/d; /^[[:space:]]*(id|name|mac|created) *=/d' "$CARREL_HOME/vms/$1/vm.conf"
}
is "vm.conf is that of a VM that booted" "$(conf one)" "$(conf cold)"
is "nothing lies about in its folder" "$(find "$CARREL_HOME/vms/one" -name '*.cold' -o -name '*.clone')" ""
is "a VM of another size boots" "$(quick big --memory 288M --cpus 1 --generation 1)" false
is "and one that is to be cold" "$(quick chill --cold "${shape[@]}")" false
remove big chill cold

# --- a life like any other's ---

touch "$CARREL_QEMU"
is "QEMU is another one: the template is dropped" "$(templates length)" 0
is "and its files" "$(find "$CARREL_HOME/templates" -type f)" ""
check "who came from them goes on" carrel_status 0 type one $'clear; echo goes-$((40+2))\n'
check "and answers" carrel_status 0 screen one --wait '^goes-42' --timeout 60s
check "it can be saved" carrel_status 0 save one
check "and continued" carrel_status 0 start one
check "as it was" carrel_status 0 screen one --wait '^goes-42' --timeout 60s
check "and lives" carrel_status 0 type one $'echo lives-$((50+3))\n'
check "and answers again" carrel_status 0 screen one --wait '^lives-53' --timeout 60s
check "the daemon is killed" kill_daemon
is "and finds it again" "$(vm_field two .state)" running
check "it can be reset" carrel_status 0 reset two
check "turned off" carrel_status 0 turn-off two
check "and booted" carrel_status 0 start two
check "to the prompt" carrel_status 0 screen two --wait 'carrel-live:~#' --timeout 200s
remove one two

# --- whatever goes wrong ---

check "warm again" carrel_status 0 gallery warm carrel-live "${shape[@]}"

# At whatever point the daemon dies, the VM is off or runs, is whole, and starts.
settled()
{
	case $(vm_field "$1" .state):$(qemus) in
	off:0 | running:1) [[ ! -e $CARREL_HOME/vms/$1/instant || $(<"$CARREL_HOME/vms/$1/instant") != continuing ]] ;;
	*) false ;;
	esac
}
for delay in 0.02 0.1 0.2 0.3 0.45; do
	carrel quick carrel-live --name k --no-start "${shape[@]}" >/dev/null 2>&1
	carrel start k --no-wait >/dev/null
	sleep "$delay" # not to wait for something: the moment of death varies on purpose
	kill_daemon || not_ok "no daemon to kill"
	check "killed $delay s into it: off or running" wait_until 60 settled k
	[[ $(vm_field k .state) == running ]] || check "and it starts" carrel_status 0 start k
	check "its agent answers" wait_until 200 agent_answers k
	remove k
done
is "no process is left" "$(qemus)" 0

# Each step of its own can fail.
for step in template continue identity "plug adapters" yours; do
	end_daemon
	is "step $step fails: it boots instead" "$(CARREL_FAIL_STEP="$step" quick f "${shape[@]}")" false
	is "step $step fails: it runs" "$(vm_field f .state)" running
	remove f
done
end_daemon
is "the template is still good" "$(quick f "${shape[@]}")" true
remove f

# Nobody sees it on the outside: QEMU does.
state=$(find "$CARREL_HOME/templates" -name state)
touch -r "$state" "$work/time"
dd if=/dev/urandom of="$state" bs=4096 seek=1 count=100 conv=notrunc status=none
touch -r "$work/time" "$state"
is "the state is damaged: it boots instead" "$(quick f "${shape[@]}")" false
is "it runs" "$(vm_field f .state)" running
is "and nobody tries that again" "$(templates length)" 0
remove f

# The daemon dies while a template is made: the next one clears away.
one_qemu()
{
	[[ $(qemus) == 1 ]]
}
all_gone()
{
	carrel list >/dev/null
	[[ $(qemus) == 0 && -z $(find "$CARREL_HOME/templates" -mindepth 1) ]]
}
carrel gallery warm carrel-live "${shape[@]}" --no-wait >/dev/null
check "a hidden VM runs" wait_until 60 one_qemu
kill_daemon
check "the next daemon ends it, and removes what it was making" wait_until 60 all_gone
carrel gallery warm carrel-live "${shape[@]}" --no-wait >/dev/null
check "a hidden VM runs again" wait_until 60 one_qemu
check "and is called off" carrel_status 0 gallery cool carrel-live
check "it ends, and nothing is left" wait_until 60 all_gone
done_testing
