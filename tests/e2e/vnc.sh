#!/usr/bin/env bash
# The VNC server with viewers that others wrote, several at once, and with visitors who mean no good: 1,000 connections, half handshakes,
# nonsense. Looked at from outside: pixels are counted, words are read back from the guest, memory from /proc.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq qemu-system-x86_64 Xvfb xdotool import identify
need_live
new_home

prompt='carrel-live:~#'

tiger()
{
	command -v xtigervncviewer || command -v vncviewer
}

# start_server VIA: its data as JSON in $work/server.
start_server()
{
	carrel --json connect c --via "$1" >"$work/server" 2>"$work/server.log" || { cat "$work/server.log" && return 1; }
	json_ok "$(<"$work/server")" '(.address | length) > 0 and (.password | length) == 8 and (.view_password | length) == 8'
}

stop_server()
{
	carrel connect c --via vnc --stop
	wait_until 20 no_server
}

no_server()
{
	carrel_status 4 connect c --via vnc --stop
}

field()
{
	jq -r "$1" "$work/server"
}

# --- viewers ----------------------------------------------------------------------------------------------------------

tigervnc()
{
	local id viewer
	if ! viewer=$(tiger); then
		skip "TigerVNC's viewer" "tigervnc-viewer is not installed"
		return
	fi
	VNC_PASSWORD=wrong-one VNC_USERNAME='' timeout 20 "$viewer" -AlertOnFatalError=0 "127.0.0.1::$(field .port)" \
		>"$work/viewer-wrong.log" 2>&1
	check "vnc: a wrong password is refused" grep -qiE 'auth|password' "$work/viewer-wrong.log"
	VNC_PASSWORD=$(field .password) VNC_USERNAME='' "$viewer" -AlertOnFatalError=0 -Maximize=0 "127.0.0.1::$(field .port)" \
		>"$work/viewer.log" 2>&1 &
	tiger_pid=$!
	at_end kill "$tiger_pid"
	check "vnc: TigerVNC's viewer opens" wait_until 30 find_window --name 'TigerVNC' || { diag "$(cat "$work/viewer.log")" && return; }
	id=$(find_window --name 'TigerVNC')
	check "vnc: it is not of one colour" wait_until 20 more_colours_than 1 "$id"
	type_into "$id" 'echo tiger-{[~]}'
	check "vnc: its keys reach the guest" carrel_status 0 screen c --wait '^tiger-\{?\[?~\]?\}? *$' --timeout 60s
}

# While TigerVNC's is there.
gtk_vnc()
{
	local id
	if ! command -v gvncviewer >/dev/null; then
		skip "gtk-vnc's viewer" "gvncviewer is not installed"
		return
	fi
	gvncviewer "127.0.0.1:$(($(field .port) - 5900))" >"$work/gvnc.log" 2>&1 &
	at_end kill "$!"
	check "vnc: gvncviewer opens beside it" wait_until 30 find_window --class gvncviewer || { diag "$(cat "$work/gvnc.log")" && return; }
	check "vnc: gvncviewer asks for the password" wait_until 20 find_window --name 'Authentication|assword|credentials'
	xdotool windowfocus --sync "$(find_window --name 'Authentication|assword|credentials')"
	xdotool type "$(field .password)" && xdotool key Return
	check "vnc: and then shows the screen" wait_until 20 gtk_shows
	id=$(find_window --class gvncviewer)
	type_into "$id" 'echo gtk-vnc'
	check "vnc: its keys reach the guest" carrel_status 0 screen c --wait '^gtk-vnc *$' --timeout 60s
	kill "$!" 2>/dev/null
}

gtk_shows()
{
	no_window --name 'Authentication|assword|credentials' && more_colours_than 2 "$(find_window --class gvncviewer)"
}

view_only()
{
	local id viewer
	viewer=$(tiger) || return
	kill "$tiger_pid" 2>/dev/null
	wait_until 20 no_window --name 'TigerVNC'
	VNC_PASSWORD=$(field .view_password) VNC_USERNAME='' "$viewer" -AlertOnFatalError=0 "127.0.0.1::$(field .port)" \
		>"$work/viewer.log" 2>&1 &
	at_end kill "$!"
	check "vnc: the second password lets in" wait_until 30 find_window --name 'TigerVNC' || return
	id=$(find_window --name 'TigerVNC')
	check "vnc: and shows the screen" wait_until 20 more_colours_than 1 "$id"
	type_into "$id" 'echo never'
	carrel type c $'echo after\n'
	check "vnc: the guest goes on" carrel_status 0 screen c --wait '^after *$' --timeout 60s
	check "vnc: but types nothing" bash -c '! grep -q never' <<<"$(carrel screen c)"
	kill "$!" 2>/dev/null
}

# --- hostile ----------------------------------------------------------------------------------------------------------

server_pid()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != carrel-view* ]] || printf '%s\n' "$pid"
	done | head -n 1
}

# Kilobytes.
memory()
{
	sed -n 's/^VmRSS:[[:blank:]]*\([0-9]*\).*/\1/p' "/proc/$(server_pid)/status"
}

files()
{
	find "/proc/$(server_pid)/fd" -mindepth 1 | wc -l
}

# crowd COUNT TEXT: so many connections at a time, that say TEXT and then nothing.
crowd()
{
	(
		ulimit -n 4096
		for ((i = 0; i < $1; i++)); do
			exec {fd}<>"/dev/tcp/127.0.0.1/$(field .port)" && printf '%b' "$2" >&"$fd"
		done
		sleep 2
	) 2>/dev/null
}

# can_see ADDRESS [OPTION...]: TigerVNC's viewer comes in, and shows something.
can_see()
{
	local viewer address=$1 pid status=0
	shift
	viewer=$(tiger) || return 0
	wait_until 20 no_window --name 'TigerVNC'
	VNC_PASSWORD=$(field .password) VNC_USERNAME='' "$viewer" -AlertOnFatalError=0 "$@" "$address" >"$work/again.log" 2>&1 &
	pid=$!
	wait_until 20 tiger_shows || status=1
	kill "$pid" 2>/dev/null
	return "$status"
}

tiger_shows()
{
	more_colours_than 1 "$(find_window --name 'TigerVNC')"
}

back_to()
{
	[[ $(files) -le $1 ]]
}

hostile()
{
	local pid memory_before files_before
	pid=$(server_pid) files_before=$(files) memory_before=$(memory)
	crowd 1000 ''
	crowd 1000 'RFB 003.008\n'
	crowd 300 'GET /vnc.html HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'
	crowd 100 '\x16\x03\x01\x02\x00\x01\x00\x01'
	is "hostile: the server is the one of before" "$(server_pid)" "$pid"
	check "hostile: it lets go of them" wait_until 30 back_to "$files_before"
	check "hostile: its memory is bounded ($memory_before to $(memory) KB)" test "$(memory)" -lt $((memory_before + 40000))
	# Its own bucket is empty now; it fills by one a second.
	check "hostile: a viewer comes in again" wait_until 60 can_see "127.0.0.1::$(field .port)"
	carrel type c $'echo still\n'
	check "hostile: the VM runs on" carrel_status 0 screen c --wait '^still *$' --timeout 60s
}

# --- addresses --------------------------------------------------------------------------------------------------------

addresses()
{
	local path=$work/vnc.sock
	check "connect prints the same server again" json_ok "$(carrel --json connect c --via vnc)" ".port == $(field .port)"
	check "and by its address, too" carrel_status 0 connect c --via "vnc=127.0.0.1:$(field .port)"
	check "another address while one runs: 4" carrel_status 4 connect c --via vnc=:5990
	check "the server ends" stop_server
	check "unix: starts" start_server "vnc=unix:$path"
	is "unix: closed to others" "$(stat -c %a "$path")" 600
	check "unix: no warning" bash -c '! grep warning' <"$work/server.log"
	check "unix: a viewer comes in" can_see "$path"
	check "unix: ends" stop_server
	check "unix: and its socket is gone" test ! -e "$path"
	check "IPv6: starts" start_server 'vnc=[::1]' || return
	check "IPv6: no warning" bash -c '! grep warning' <"$work/server.log"
	check "IPv6: a viewer comes in, and wishes for another size" can_see "[::1]::$(field .port)" -DesktopSize=1000x700
	stop_server
	check "open to the network: starts" start_server vnc=0.0.0.0
	check "open to the network: with a warning" grep -q 'warning.*open to the network' "$work/server.log"
	stop_server
	check "no address: 2" carrel_status 2 connect c --via vnc=nobody.example
	check "an address of somebody else: 1" carrel_status 1 connect c --via vnc=192.0.2.1:5900
}

start_display || skip_all "Xvfb does not start"
carrel create c --image carrel-live --generation 1 --memory 256M --cpus 1 >/dev/null || not_ok "create"
carrel start c >/dev/null || not_ok "start"
check "the guest comes up" carrel_status 0 screen c --wait "$prompt" --timeout 180s || done_testing
check "vnc: tells address, port, passwords, url at once" start_server vnc || done_testing
check "vnc: on this host only" json_ok "$(<"$work/server")" '.address == "127.0.0.1" and .port >= 5900 and (.url | test("^vnc://"))'
tiger_pid=
tigervnc
gtk_vnc
view_only
hostile
addresses
done_testing
