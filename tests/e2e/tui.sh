#!/usr/bin/env bash
# The TUI in a real terminal (tmux): the first start from nothing to a shell prompt, and the things that people do next. Keys are typed,
# the screen is read; what should have happened is asked of the command line.
. "$(dirname "$0")/../lib.sh"
need jq tmux qemu-system-x86_64
need_live
new_home

prompt='carrel-live:~#'

tui()
{
	tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel"
}

one_vm_is()
{
	[[ $(carrel --json list | jq -r 'map(.state) | join(" ")') == "$1" ]]
}

vm_is()
{
	[[ $(vm_field "$1" .state) == "$2" ]]
}

first_start()
{
	tui
	check "first start: Quick Create is open" wait_screen 'Quick Create' 20
	check "with the built-in image" wait_screen 'carrel Live' 20
	keys Enter
	check "Enter makes and starts a VM" wait_until 60 one_vm_is running
	check "its console shows the shell prompt" wait_screen "$prompt" 180 || done_testing
	typed "echo tui-\$((6*7))" && keys Enter
	check "what is typed reaches the guest, and its answer the screen" wait_screen 'tui-42' 60
	keys C-] && typed d
	check "Ctrl-] d goes to the list" wait_screen 'Virtual Machines' 20
	vm=$(carrel --json list | jq -r '.[0].name')
	check "which shows the VM" wait_screen "$vm +Running" 10
	check "and its screen, live" wait_screen 'tui-42' 10
}

events()
{
	carrel create "made elsewhere" --generation 1 --memory 64M >/dev/null
	check "a VM that another client made appears" wait_screen 'made elsewhere' 10
	carrel rename "made elsewhere" "second" >/dev/null
	check "its new name too" wait_screen 'second' 10
	carrel delete second --yes >/dev/null
	check "and it goes" wait_until 10 screen_lacks 'second'
}

screen_lacks()
{
	! screen_matches "$1"
}

lifecycle_keys()
{
	typed p
	check "p pauses" wait_until 30 vm_is "$vm" paused
	check "and the list shows it" wait_screen "$vm +Paused" 10
	typed r
	check "r resumes" wait_until 30 vm_is "$vm" running
	typed v
	check "v saves" wait_until 60 vm_is "$vm" saved
	check "and the list shows it" wait_screen "$vm +Saved" 10
	typed s
	check "s starts it again" wait_until 60 vm_is "$vm" running
}

other_views()
{
	typed '?'
	check "? shows the keys" wait_screen 'Leave; VMs go on running' 10
	keys Escape
	check "Esc leaves help" wait_until 10 screen_lacks 'Leave; VMs go on running'
	typed J
	check "J shows jobs" wait_screen "Save +$vm +Done" 10
	keys Escape
	typed e
	check "e shows the settings" wait_screen 'Settings of' 10
	check "every group of them" wait_screen 'Startup memory' 10
	typed 'written in the form' && keys Enter
	check "Enter saves what was changed" wait_until 10 notes_are 'written in the form'
	typed '/' && typed 'nothing-is-called-so'
	check "/ filters" wait_until 10 screen_lacks "^.?$vm "
	keys Escape && keys Escape
	check "Esc drops the filter" wait_screen "$vm" 10
}

notes_are()
{
	[[ $(vm_field "$vm" .notes) == "$1" ]]
}

sizes()
{
	local size
	for size in 80x24 132x43 60x15 200x60 100x30; do
		t resize-window -t t -x "${size%x*}" -y "${size#*x}"
		check "resized to $size it still shows the VM" wait_screen "$vm +Running|carrel needs 80 columns" 10
	done
}

daemon_dies()
{
	kill -KILL "$(daemon_pid)"
	check "the daemon is killed: the TUI finds a new one" wait_until 30 daemon_lives
	check "and shows the VM as it is" wait_screen "$vm +Running" 20
}

daemon_lives()
{
	[[ $(daemon_pid) ]]
}

ending()
{
	typed T
	check "T asks before it turns off" wait_screen "Turn Off VM .$vm" 10
	keys Enter
	check "and does it" wait_until 30 vm_is "$vm" off
	typed D
	check "D asks for the name" wait_screen 'Type the name' 10
	keys Enter
	check "Enter alone deletes nothing" test "$(carrel --json list | jq length)" = 1
	typed "$vm" && keys Enter
	check "the name and Enter delete" wait_until 20 no_vms
	keys Escape
	typed q
	check "q leaves" wait_until 10 pane_ended
	is "with success" "$(pane_status)" 0
}

no_vms()
{
	[[ $(carrel --json list | jq length) == 0 ]]
}

first_start
events
lifecycle_keys
other_views
sizes
daemon_dies
ending
done_testing
