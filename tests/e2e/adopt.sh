#!/usr/bin/env bash
# kill -9 of the daemon leaves every VM running; the next command finds them again, whatever state they were in. And two clients
# see the same.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
new_home

# Kills the daemon without warning and waits until it is gone.
kill_daemon()
{
	local pid
	pid=$(daemon_pid)
	[[ $pid ]] || { echo "there is no daemon" && return 1; }
	kill -KILL "$pid" && wait_until 5 test ! -d "/proc/$pid"
}

# Pids of QEMUs of this store, whoever knows of them.
qemus()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != qemu-system* ]] || printf '%s\n' "$pid"
	done | sort
}

# What a client sees of all VMs, without what changes by itself.
seen()
{
	carrel --json list | jq -S 'map({id, name, state, generation, cpus, notes})'
}

for vm in runs paused saved off; do
	carrel create "$vm" --generation 1 --memory 64M --cpus 1 >/dev/null || not_ok "create $vm"
done
for vm in runs paused saved; do
	carrel start "$vm" >/dev/null || not_ok "start $vm"
done
carrel pause paused >/dev/null || not_ok "pause"
carrel save saved >/dev/null || not_ok "save"

before=$(seen) pids_before=$(qemus) uptime=$(vm_field runs .uptime_s)
is "two QEMUs run" "$(wc -l <<<"$pids_before")" 2
check "the daemon is killed" kill_daemon
is "the QEMUs have not noticed" "$(qemus)" "$pids_before"
is "the next command sees every VM as it was" "$(seen)" "$before"
is "with the same processes" "$(qemus)" "$pids_before"
like "and the time they run goes on" "$(vm_field runs .uptime_s)" "^[0-9]+$"
check "not from zero" test "$(vm_field runs .uptime_s)" -ge "$uptime"

check "an adopted VM can be paused" carrel_status 0 pause runs
check "an adopted paused VM can be resumed" carrel_status 0 resume paused
check "an adopted VM shows its screen" grep -q . <(carrel screen paused)
check "killed again, in other states" kill_daemon
is "runs is paused now" "$(vm_field runs .state)" paused
is "paused runs now" "$(vm_field paused .state)" running
check "a saved VM starts from its state after two crashes" carrel_status 0 start saved
check "adopted VMs end when told" carrel_status 0 turn-off runs paused saved
is "no QEMU is left" "$(qemus)" ""

# A VM that ended while no daemon watched is simply off.
carrel start runs >/dev/null
pid=$(vm_field runs .pid)
kill_daemon
kill -KILL "$pid"
wait_until 5 test ! -d "/proc/$pid"
is "a VM whose QEMU died unseen is off" "$(vm_field runs .state)" off
check "and can be started" carrel_status 0 start runs
carrel turn-off runs >/dev/null

# In the middle of a start: at whatever point the daemon dies, the VM is afterwards either off with no process, or
# adopted; and it obeys.
for delay in 0 0.01 0.02 0.04 0.08 0.15 0.3; do
	carrel start runs --no-wait >/dev/null
	sleep "$delay" # not to wait for something: the moment of death varies on purpose
	kill_daemon || not_ok "no daemon to kill"
	wait_until 20 sh -c "case \$($(printf %q "$build/carrel") --json show runs | jq -r .state) in off|running|paused) ;; *) exit 1;; esac"
	state=$(vm_field runs .state) left=$(qemus | wc -l)
	case $state:$left in
	off:0 | running:1 | paused:1) ok "killed $delay s into a start: $state, $left processes" ;;
	*) not_ok "killed $delay s into a start: $state, $left processes" ;;
	esac
	[[ $state == off ]] || check "and it can be turned off" carrel_status 0 turn-off runs
	check "and started" carrel_status 0 start runs
	check "and turned off again" carrel_status 0 turn-off runs
done

# Two clients: both follow the same events while a third one acts.
# The clients say nothing when they have connected, so the VM is changed until both have seen it.
for i in 1 2; do
	carrel --json events >"$work/events$i" 2>"$work/events$i.err" &
	at_end kill "$!"
done
both_listen()
{
	carrel set runs notes="$RANDOM" && [[ -s $work/events1 && -s $work/events2 ]]
}
check "both clients listen" wait_until 20 both_listen
carrel start runs >/dev/null
carrel turn-off runs >/dev/null
carrel set runs notes=the-end >/dev/null
saw_end()
{
	grep -q the-end "$work/events1" && grep -q the-end "$work/events2"
}
check "both see the end" wait_until 10 saw_end

# From the start on, without the values that are sampled.
story()
{
	jq -c 'del(.time, .vm.uptime_s, .vm.memory)' "$1" | uniq | sed -n '/"start/,$p'
}
is "two clients see the same" "$(story "$work/events1")" "$(story "$work/events2")"
like "and it is what happened" "$(story "$work/events1")" 'running'
done_testing
