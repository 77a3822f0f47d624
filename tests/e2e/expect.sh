#!/usr/bin/env bash
# Driving a guest by its screen, from the firmware on, as an installer's script does; and the boot record, which knows what has gone.
. "$(dirname "$0")/../lib.sh"

rescue=/usr/lib/grub-rescue/grub-rescue-cdrom.iso
[[ -r $rescue ]] || skip_all "grub-rescue-pc is not installed"
new_home

sees() # REGEX
{
	carrel screen grub --wait "$1" --timeout 60 >/dev/null 2>&1
}

# From the menu to the command line.
prompt()
{
	sees 'GNU GRUB' && carrel key grub c >/dev/null && sees 'grub>'
}

# Behind the mark of the reset, too.
boots_again()
{
	carrel screen grub --history | sed '1,/\[reset\]/d' | grep -q 'GNU GRUB'
}

in_history() # REGEX
{
	carrel screen grub --history 2>/dev/null | grep -Eq "$1"
}

check "a VM with GRUB's rescue image" carrel_status 0 create grub --generation 1 --memory 128M --disk-size 0 --iso "$rescue"
check "there is no record before the first start: 3" carrel_status 3 screen grub --history
check "start" carrel_status 0 start grub
check "GRUB's prompt comes" prompt
check "a command is typed" carrel_status 0 type grub $'echo one-$grub_cpu\n'
check "and its answer is seen" sees 'one-i386'
check "the screen is cleared" carrel_status 0 type grub $'clear\n'
gone()
{
	! carrel screen grub | grep -q one-i386
}
check "the answer goes" wait_until 20 gone

check "the record has it still" wait_until 10 in_history '[0-9]\.[0-9]{3}  one-i386'
check "the record has the firmware's first words" in_history 'SeaBIOS'
check "what flashed by counts for --wait" carrel_status 0 screen grub --history --wait 'SeaBIOS' --timeout 1
check "what never was there does not: 6" carrel_status 6 screen grub --history --wait 'never-there' --timeout 1s
out=$(carrel --json screen grub --history)
check "as JSON" json_ok "$out" '(.start | length) > 0 and ([.entries[] | select(.kind == "line" and (.text | contains("SeaBIOS")))] | length) == 1
	and (.entries[0].kind == "text") and ([.entries[].t_ms] | . == sort)'
is "the last two" "$(carrel screen grub --history --last 2 | wc -l)" 2
check "--last is about the record: 2" carrel_status 2 screen grub --last 2
is "QEMU's own words are not the guest's" "$(carrel screen grub --history | grep -c 'not initialized')" 0
check "a number is wanted: 2" carrel_status 2 screen grub --history --last many

out=$(carrel --json screen grub)
check "the screen as cells with colours" json_ok "$out" '(.is_text or .is_mixed) and .rows == (.cells | length) and
	([.cells[][] | select(.fg | test("^#[0-9a-f]{6}$"))] | length) > 0 and ([.cells[][].text] | join("") | contains("grub>"))'

# It outlives the daemon.
kill -KILL "$(daemon_pid)"
check "a command after the daemon died" carrel_status 0 type grub $'echo two-$grub_cpu\n'
check "is recorded" wait_until 10 in_history 'two-i386'

# Who dies is followed by another, also under a daemon that did not start it; what nobody saw is not hidden.
recorders()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != carrel-record ]] || printf '%s\n' "$pid"
	done
}
another_records() # than PID
{
	local pid
	pid=$(recorders)
	[[ -n $pid && $pid != "$1" ]]
}
old=$(recorders)
kill -KILL "$old"
check "another recorder comes" wait_until 30 another_records "$old"
check "the gap is marked" wait_until 20 in_history '\[not recorded for up to [0-9.]+ s\]'
check "and what follows is recorded" carrel_status 0 type grub $'echo three-$grub_cpu\n'
check "in the same record" wait_until 20 in_history 'three-i386'
check "with what was before" in_history 'two-i386'
old=$(recorders)
kill -KILL "$(daemon_pid)"
kill -KILL "$old"
check "a command of a new daemon" carrel_status 0 show grub
check "which sees that nobody records" wait_until 30 another_records "$old"

check "lines of one screen count together" carrel_status 0 screen grub --history --wait '^grub> echo three-.grub_cpu\nthree-i386$' --timeout 20s
check "reset" carrel_status 0 reset grub
check "is marked" wait_until 20 in_history '\[reset\]'
check "the boot menu comes again" wait_until 60 boots_again
out=$(carrel --json screen grub --history)
check "reset and gaps in JSON" json_ok "$out" '[.entries[].kind] | index("reset") > index("gap")'

check "turn off" carrel_status 0 turn-off grub
check "the record of a VM that is off ends so" wait_until 10 in_history '\[off\]'
check "start again" carrel_status 0 start grub
check "a new record" sees 'GNU GRUB'
is "without the last run" "$(carrel screen grub --history | grep -c two-i386)" 0
out=$(carrel screen grub --history --previous)
check "which is there as the previous one" grep -q two-i386 <<<"$out"
check "turn off" carrel_status 0 turn-off grub

check "no record where it is not wanted" carrel_status 0 set grub record=off
check "start" carrel_status 0 start grub
check "GRUB comes all the same" sees 'GNU GRUB'
is "nobody records" "$(recorders)" ""
check "turn off" carrel_status 0 turn-off grub
check "delete" carrel_status 0 delete grub --yes
done_testing
