#!/usr/bin/env bash
# Whoever stops (SIGSTOP of QEMU, of a viewer, of the terminal, of the recorder) keeps nobody else waiting and costs no memory, and goes on afterwards;
# whoever is killed leaves no key down. The guest is "painter", which fills the whole screen 35 times a second and tells how many keys it sees held.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq tmux qemu-system-x86_64 Xvfb xdotool import identify
[[ -s $build/tests/guests/painter.img ]] || skip_all "the painter was not assembled here"
new_home

growth=24000 # KB: a few pictures of 3 MB each; a queue of them for some seconds would be 100 MB a second
busy=50      # ticks of 10 ms that QEMU works while somebody is stopped: some 15 pictures a second

# --- looking --------------------------------------------------------------------------------------------------------------

# pids_of PROGRAM [WORD]: of this home, with WORD among the arguments.
pids_of()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") == "$1"* ]] || continue
		[[ -z ${2:-} ]] || grep -qzxF -- "$2" "/proc/$pid/cmdline" 2>/dev/null || continue
		printf '%s\n' "$pid"
	done
}

rss()
{
	sed -n 's/^VmRSS:[[:blank:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

ticks()
{
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

worked_until()
{
	[[ $(ticks "$1") -ge $2 ]]
}

# The guest has painted for a while.
time_passes()
{
	wait_until 60 worked_until "$qemu" $(($(ticks "$qemu") + busy))
}

is_stopped()
{
	grep -q '^State:.T' "/proc/$1/status"
}

stop()
{
	kill -STOP "$1"
	at_end quietly kill -CONT "$1"
	wait_until 10 is_stopped "$1"
}

go_on()
{
	kill -CONT "$1"
}

# All of ours, with their memory: "PID KB" a line.
memories()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") == @(carrel*|*qemu*) ]] && printf '%s %s\n' "$pid" "$(rss "$pid")"
	done
}

# no_growth FILE: since memories wrote it.
no_growth()
{
	local pid before now status=0
	while read -r pid before; do
		now=$(rss "$pid" 2>/dev/null) || continue
		[[ $((now - before)) -lt $growth ]] && continue
		printf '%s (%s) grew from %s to %s KB\n' "$(program_of "$pid")" "$pid" "$before" "$now"
		status=1
	done <"$1"
	return "$status"
}

# --- the guest ------------------------------------------------------------------------------------------------------------

press()
{
	carrel key painter "$1" >/dev/null
}

# The painter gets a key and shows it: x, then c, so that the second one is news whatever was before.
answers()
{
	press t && press x && carrel screen painter --wait 'held 00 key (2d|ad)' --timeout 30s &&
		press c && carrel screen painter --wait 'held 00 key (2e|ae)' --timeout 30s
}

held_is()
{
	carrel screen painter --wait "held $1" --timeout 30s
}

# busy_picture: the warm-up belongs to it; buffers that stay have their size afterwards.
busy_picture()
{
	press g && press b && time_passes
}

quiet_text()
{
	press i && press t && carrel screen painter --wait 'held 00' --timeout 30s
}

daemon_answers()
{
	timeout 10 "$build/carrel" list | grep -q painter
}

# --- viewers --------------------------------------------------------------------------------------------------------------

start_terminal()
{
	tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect painter --via term
	wait_screen 'held 00' 30
}

start_window()
{
	"$build/carrel" connect painter --via sdl >"$work/sdl.log" 2>&1
	wait_until 30 find_window --class carrel-view || return
	window=$(find_window --class carrel-view)
	wait_until 30 more_colours_than 1 "$window"
}

start_vnc()
{
	carrel --json connect painter --via vnc >"$work/vnc" && carrel --json connect painter --via web >"$work/web"
}

field()
{
	jq -r "$2" "$work/$1"
}

# Another viewer of the same server sees keys change the picture.
vnc_shows()
{
	VNC_PASSWORD=$(field vnc .password) timeout 60 "$build/tests/bench/vnc-key-to-pixel" 3 127.0.0.1 "$(field vnc .port)"
}

start_tiger()
{
	VNC_PASSWORD=$(field vnc .password) VNC_USERNAME='' xtigervncviewer -AlertOnFatalError=0 -Shared "127.0.0.1::$(field vnc .port)" \
		>"$work/tiger.log" 2>&1 &
	tiger=$!
	at_end quietly kill -KILL "$tiger"
	wait_until 30 find_window --name 'TigerVNC' || { cat "$work/tiger.log" && return 1; }
	tiger_window=$(find_window --name 'TigerVNC')
	wait_until 30 more_colours_than 1 "$tiger_window"
}

# What noVNC says, with nobody waiting for answers, in frames whose mask is 0: pictures asked for ten times a second. $socket_pid reads what comes.
start_socket()
{
	local base port mask='\x00\x00\x00\x00'
	base=$(field web '.url | sub("/[^/]*#.*|/#.*|#.*"; "")') port=$(field web .port)
	exec {socket}<>"/dev/tcp/127.0.0.1/$port" || return
	printf 'GET /websockify?token=%s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' \
		"$(field web '.url | sub(".*#"; "")')" "${base#*//}" "$base" >&"$socket"
	printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n' >&"$socket"
	cat <&"$socket" >"$work/socket" &
	socket_pid=$!
	at_end quietly kill -KILL "$socket_pid"
	wait_until 20 grep -aq Sec-WebSocket-Accept "$work/socket" || return # nothing may come before that (RFC 6455, 4.1)
	# shellcheck disable=SC2059
	{
		printf "\x82\x8c${mask}RFB 003.008\n"
		printf "\x82\x81$mask\x01"
		printf "\x82\x81$mask\x01"
		printf "\x82\x8c$mask\x02\x00\x00\x02\x00\x00\x00\x00\xff\xff\xff\x21" # Raw, other sizes
	} >&"$socket"
	ask_for_pictures "$mask" >&"$socket" &
	at_end quietly kill "$!"
	wait_until 20 larger_than 1000000 "$work/socket"
}

ask_for_pictures()
{
	# shellcheck disable=SC2059
	while printf "\x82\x8a$1\x03\x00\x00\x00\x00\x00\x04\x00\x03\x00" 2>/dev/null; do
		sleep 0.1
	done
}

larger_than()
{
	[[ $(stat -c %s "$2") -gt $1 ]]
}

# --- who stops ------------------------------------------------------------------------------------------------------------

# while_stopped NAME PID: the guest is busy, nobody waits, nothing grows.
while_stopped()
{
	check "$1: the guest is busy" busy_picture
	memories >"$work/memories"
	did "$1 is stopped" stop "$2"
	check "$1 stopped: the guest goes on" time_passes
	check "$1 stopped: carreld answers" daemon_answers
	check "$1 stopped: another viewer goes on" vnc_shows
	check "$1 stopped: nobody grows" no_growth "$work/memories"
	go_on "$2"
	check "$1 goes on: the guest gets keys" quiet_text
	check "$1 goes on: nobody grew of it" no_growth "$work/memories"
}

stopped_qemu()
{
	memories >"$work/memories"
	did "QEMU is stopped" stop "$qemu"
	check "QEMU stopped: carreld answers" daemon_answers
	check "QEMU stopped: show answers" timeout 10 "$build/carrel" show painter
	typed 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
	timeout 30 "$build/carrel" screen painter >"$work/screen" 2>&1
	check "QEMU stopped: 'screen' comes to an end" test "$?" -ne 124
	check "QEMU stopped: nobody grows" no_growth "$work/memories"
	go_on "$qemu"
	check "QEMU goes on: the guest gets keys" answers
	check "QEMU goes on: the terminal shows it" wait_screen 'held 00 key (2e|ae)'
	check "QEMU goes on: other viewers do" vnc_shows
}

stopped_tiger()
{
	if ! command -v xtigervncviewer >/dev/null; then
		skip "VNC viewer stopped" "tigervnc-viewer is not installed"
		return
	fi
	did "TigerVNC's viewer opens" start_tiger || return
	while_stopped "VNC viewer" "$tiger"
	check "VNC viewer goes on: it shows the guest" vnc_window_follows
	xdotool windowfocus --sync "$tiger_window" && xdotool mousemove --window "$tiger_window" 200 200 keydown shift
	check "VNC viewer: the guest sees a key held" held_is 01
	kill -KILL "$tiger"
	check "VNC viewer killed with a key down: the guest sees none held" held_is 00
}

# The text screen is smaller than the picture, and of few colours.
vnc_window_follows()
{
	press n && wait_until 20 fewer_colours_than 40 "$tiger_window"
}

fewer_colours_than()
{
	[[ $(colours "$2") -lt $1 ]]
}

stopped_window()
{
	local pid
	pid=$(pids_of carrel-view --sdl)
	while_stopped window "$pid"
	check "window goes on: it shows the guest" wait_until 20 fewer_colours_than 200 "$window"
	xdotool windowfocus --sync "$window"
	xdotool mousemove --window "$window" 300 300 click 1 keydown shift
	check "window: the guest sees a key held" held_is 01
	kill -KILL "$pid"
	xdotool keyup shift
	check "window killed with a key down: the guest sees none held" held_is 00
}

stopped_terminal()
{
	local server
	server=$(t display-message -p '#{pid}')
	while_stopped terminal "$server"
	check "terminal goes on: it shows the guest" wait_screen 'held 00'
	typed c
	check "terminal goes on: its keys reach the guest" carrel_status 0 screen painter --wait 'key (2e|ae)' --timeout 30s
}

stopped_socket()
{
	did "a WebSocket is sent pictures" start_socket || return
	while_stopped "WebSocket" "$socket_pid"
	check "WebSocket goes on: more comes" wait_until 20 larger_than "$(stat -c %s "$work/socket")" "$work/socket"
	kill -KILL "$socket_pid"
	exec {socket}>&-
}

stopped_recorder()
{
	local pid
	pid=$(pids_of carrel-record)
	if [[ -z $pid ]]; then
		not_ok "there is a recorder"
		return
	fi
	while_stopped recorder "$pid"
	press p
	check "recorder goes on: the history" timeout 30 "$build/carrel" screen painter --history
}

start_display || skip_all "Xvfb does not start"
cp "$build/tests/guests/painter.img" "$CARREL_HOME/painter.img"
carrel create painter --generation 1 --memory 32M --cpus 1 --disk "$CARREL_HOME/painter.img" --set disk0.format=raw >/dev/null || not_ok "create"
carrel start painter >/dev/null || not_ok "start"
check "the painter paints" carrel_status 0 screen painter --wait 'held 00' --timeout 60s || done_testing
qemu=$(vm_field painter .pid)
did "a terminal shows it" start_terminal
did "a window shows it" start_window
did "a VNC server and a web server start" start_vnc
check "a viewer of the VNC server sees it" vnc_shows
stopped_qemu
stopped_terminal
stopped_tiger
stopped_socket
stopped_recorder
stopped_window
done_testing
