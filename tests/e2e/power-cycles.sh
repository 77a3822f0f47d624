#!/usr/bin/env bash
# Reset, turning off, starting, and a QEMU that is killed, while a terminal, a window, a VNC viewer and the VNC and web servers look at the VM: each of them
# stays, says what happened, and comes alive again. (What the window's own buttons do: window.sh.)
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq tmux curl qemu-system-x86_64 Xvfb xdotool import identify
[[ -s $build/tests/guests/painter.img ]] || skip_all "the painter was not assembled here"
new_home

press()
{
	carrel key painter "$1" >/dev/null
}

paints()
{
	carrel screen painter --wait "held 00 key ${1:-..}" --timeout 60s
}

field()
{
	jq -r "$2" "$work/$1"
}

start_window()
{
	"$build/carrel" connect painter --via sdl >"$work/sdl.log" 2>&1
	wait_until 30 find_window --class carrel-view || return
	window=$(find_window --class carrel-view)
	wait_until 30 more_colours_than 1 "$window"
	window_pid=$(xdotool getwindowpid "$window")
}

start_servers()
{
	carrel --json connect painter --via vnc >"$work/vnc" && carrel --json connect painter --via web >"$work/web"
}

# Without TigerVNC's viewer the server alone is looked at.
start_viewer()
{
	viewer=
	command -v xtigervncviewer >/dev/null || return 0
	VNC_PASSWORD=$(field vnc .password) VNC_USERNAME='' xtigervncviewer -AlertOnFatalError=0 -Shared "127.0.0.1::$(field vnc .port)" \
		>"$work/viewer.log" 2>&1 &
	viewer=$!
	at_end quietly kill -KILL "$viewer"
	wait_until 30 find_window --name TigerVNC || return
	viewer_window=$(find_window --name TigerVNC)
}

# The picture in a window, as a number.
looks()
{
	import -silent -window "$1" rgb:- | cksum
}

looks_other_than()
{
	[[ $(looks "$1") != "$2" ]]
}

# What the painter paints when keys come: block and letters change in every view, and the terminal says so in words.
all_alive()
{
	local before_window before_viewer
	before_window=$(looks "$window")
	[[ ! $viewer ]] || before_viewer=$(looks "$viewer_window")
	press c
	check "$1: the terminal follows" wait_screen 'held 00 key (2e|ae)'
	check "$1: the window follows" wait_until 20 looks_other_than "$window" "$before_window"
	[[ ! $viewer ]] || check "$1: the VNC viewer follows" wait_until 20 looks_other_than "$viewer_window" "$before_viewer"
	check "$1: the VNC server lets in, and its keys reach the guest" \
		env VNC_PASSWORD="$(field vnc .password)" timeout 90 "$build/tests/bench/vnc-key-to-pixel" 2 127.0.0.1 "$(field vnc .port)"
	typed v
	check "$1: the terminal's keys reach the guest" paints '(2f|af)'
}

nobody_left()
{
	check "$1: the terminal stays" test ! -s "$work/pane-status"
	check "$1: the window stays" kill -0 "$window_pid"
	is "$1: it is the same window" "$(find_window --class carrel-view)" "$window"
	[[ ! $viewer ]] || check "$1: the VNC viewer stays" kill -0 "$viewer"
	check "$1: the VNC server is the one of before" json_ok "$(carrel --json connect painter --via vnc)" ".port == $(field vnc .port)"
	is "$1: the web server serves" "$(curl -s -o /dev/null -w '%{http_code}' -m 10 "http://127.0.0.1:$(field web .port)/vnc.html")" 200
}

# Its pictures go, something else is shown instead.
views_changed()
{
	check "$1: the window shows something else" wait_until 20 looks_other_than "$window" "$look_window"
	[[ ! $viewer ]] || check "$1: the VNC viewer shows something else" wait_until 20 looks_other_than "$viewer_window" "$look_viewer"
}

remember_looks()
{
	look_window=$(looks "$window")
	[[ ! $viewer ]] || look_viewer=$(looks "$viewer_window")
}

# --- what happens ---------------------------------------------------------------------------------------------------------

reset()
{
	local pid
	pid=$(vm_field painter .pid)
	press g
	check "reset" carrel reset painter
	is "reset: the same QEMU" "$(vm_field painter .pid)" "$pid"
	check "reset: the guest begins anew" paints 00
	nobody_left reset
	all_alive reset
}

turned_off()
{
	remember_looks
	check "turn off" carrel turn-off painter
	check "off: the terminal says so" wait_screen "'painter' is off|painter. is off"
	check "off: the window's title says so" wait_until 20 titled 'painter - off'
	views_changed off
	nobody_left off
	remember_looks
	check "start" carrel start painter
	check "start: the guest begins anew" paints 00
	check "start: the terminal shows it" wait_screen 'held 00 key'
	views_changed start
	nobody_left start
	all_alive start
}

titled()
{
	xdotool getwindowname "$window" | grep -q "$1" || xprop -id "$window" _NET_WM_NAME | grep -q "$1"
}

killed()
{
	remember_looks
	kill -KILL "$(vm_field painter .pid)"
	check "QEMU killed: the VM is off" wait_state painter off 30
	check "QEMU killed: the terminal says so" wait_screen "painter. is off"
	check "QEMU killed: and why" wait_screen 'QEMU ended unexpectedly.*signal 9'
	like "QEMU killed: so does the VM" "$(vm_field painter .status)" 'QEMU ended unexpectedly.*signal 9'
	views_changed "QEMU killed"
	nobody_left "QEMU killed"
	check "QEMU killed: start" carrel start painter
	check "QEMU killed: the guest begins anew" paints 00
	is "started again: that is past" "$(vm_field painter '.status // ""')" ""
	nobody_left "started again"
	all_alive "started again"
}

# A key is down when QEMU is killed: the next one does not hear of it.
killed_with_key_down()
{
	xdotool windowfocus --sync "$window"
	xdotool mousemove --window "$window" 300 300 click 1 keydown shift
	check "Shift is held in the window" carrel_status 0 screen painter --wait 'held 01' --timeout 30s
	kill -KILL "$(vm_field painter .pid)"
	wait_state painter off 30
	xdotool keyup shift
	check "and QEMU killed: start" carrel start painter
	check "no key is down then" paints 00
}

start_display || skip_all "Xvfb does not start"
cp "$build/tests/guests/painter.img" "$CARREL_HOME/painter.img"
carrel create painter --generation 1 --memory 32M --cpus 1 --disk "$CARREL_HOME/painter.img" --set disk0.format=raw >/dev/null || not_ok "create"
carrel start painter >/dev/null || not_ok "start"
check "the painter paints" paints || done_testing
did "a terminal" tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect painter --via term
check "shows it" wait_screen 'held 00'
did "a window" start_window
did "servers" start_servers
did "a VNC viewer" start_viewer
all_alive "at first"
reset
turned_off
killed
killed_with_key_down
done_testing
