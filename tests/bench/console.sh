# The console's part of the bench, sourced by run: latency, CPU, bytes to the terminal. The guest is "painter" (tests/guests/painter.s).
# shellcheck shell=bash disable=SC2154 # run sets the variables

keys=${BENCH_KEYS:-100}    # presses for the latency
span=6      # seconds of CPU time
display=:97 # of the X server for windows

percentile() # P, numbers on stdin
{
	sort -n | awk -v p="$1" '{ v[NR] = $1 } END { if (NR) { i = int(NR * p / 100 + 0.999); print v[i < 1 ? 1 : i] } else print "nan" }'
}

begin_painter()
{
	new_home
	cp "$build/tests/guests/painter.img" "$CARREL_HOME/painter.img"
	carrel create painter --generation 1 --memory 32M --cpus 1 --disk "$CARREL_HOME/painter.img" --set disk0.format=raw >/dev/null 2>&1 &&
		carrel start painter >/dev/null 2>&1 && carrel screen painter --wait 'held' --timeout 30 >/dev/null 2>&1 || return
	painter_socket=$CARREL_HOME/run/vm/$(carrel --json show painter | jq -r '.id[0:8]')/vnc
	painter_pid=$(carrel --json show painter | jq -r .pid)
}

# Presses a key and waits until the guest has got it.
paint()
{
	carrel key painter "$1" >/dev/null 2>&1
}

# bench_latency WHAT BOUND PROGRAM ARGUMENT...: key-to-pixel or its like
bench_latency()
{
	local what=$1 bound=$2 program=$3
	shift 3
	say "key to pixel, $what"
	"$build/tests/bench/$program" "$keys" "$@" >"$work/keys" || return
	row "key to pixel, $what, median" "$(percentile 50 <"$work/keys")" ms "QEMU's refresh" 30 "under $bound ms" "v < $bound"
	row "key to pixel, $what, 99 of 100" "$(percentile 99 <"$work/keys")" ms "QEMU's refresh" 30 "under $bound ms" "v < $bound"
}

# The VNC server with libvncclient as its viewer: everything from one socket to the other.
bench_vnc()
{
	carrel --json connect painter --via vnc >"$work/vnc" 2>/dev/null || return
	VNC_PASSWORD=$(jq -r .password "$work/vnc") bench_latency "VNC server, $1" 70 vnc-key-to-pixel 127.0.0.1 "$(jq -r .port "$work/vnc")"
	carrel connect painter --via vnc --stop >/dev/null 2>&1
}

a_window()
{
	xdotool search --onlyvisible --class carrel-view 2>/dev/null | tail -n 1 | grep .
}

# A window on an X server, from the key that its keyboard sends to the pixel that the X server shows.
bench_window()
{
	local pid window tries
	if [[ ! -x $build/tests/bench/window-key-to-pixel ]] || ! command -v xdotool >/dev/null; then
		say "no XTest library or no xdotool: the latency of windows is not measured"
		return
	fi
	SDL_VIDEODRIVER=x11 "$build/carrel-view" --sdl painter >"$work/viewer" 2>&1 &
	pid=$!
	for ((tries = 0; tries < 100; tries++)); do
		window=$(a_window) && break
		sleep 0.1
	done
	sleep 1 # the first picture
	[[ ! $window ]] || bench_latency "window, $1" 70 window-key-to-pixel "$window"
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# --- CPU: QEMU and a viewer --------------------------------------------------------------------------------------------

# User and system time of processes, in clock ticks of 10 ms.
ticks_of()
{
	local pid total=0 fields
	for pid in "$@"; do
		fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
		# shellcheck disable=SC2086
		set -- $fields
		total=$((total + ${12} + ${13}))
	done
	printf '%d\n' "$total"
}

# CPU of QEMU and of PID while the guest does what it does, in percent of one processor.
load_of()
{
	local before after
	before=$(ticks_of "$painter_pid" "$1")
	sleep "$span"
	after=$(ticks_of "$painter_pid" "$1")
	printf '%d\n' $(((after - before) / span))
}

# viewer_load KIND: starts the viewer, measures, ends it.
viewer_load()
{
	local pid
	if [[ $1 == carrel ]]; then
		"$build/carrel-view" --sdl painter >"$work/viewer" 2>&1 &
	else
		xtigervncviewer -Shared "$painter_socket" >"$work/viewer" 2>&1 &
	fi
	pid=$!
	sleep 2
	kill -0 "$pid" 2>/dev/null && load_of "$pid"
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

bench_cpu()
{
	local what=$1 i
	: >"$work/cpu.carrel" && : >"$work/cpu.tiger"
	for ((i = 0; i < 3; i++)); do
		say "CPU with a window, $what, round $((i + 1)) of 3"
		viewer_load carrel >>"$work/cpu.carrel"
		viewer_load tiger >>"$work/cpu.tiger"
	done
	row "CPU of QEMU and window, $what" "$(median <"$work/cpu.carrel")" % "TigerVNC's viewer" "$(median <"$work/cpu.tiger")" \
		"not above it" 'v <= b'
}

# --- bytes to the terminal -----------------------------------------------------------------------------------------------

bench_terminal_bytes()
{
	local i line picture=$work/painter.png
	coproc TERMINAL { "$tui" held "$build/carrel" connect painter; }
	read -r -u "${TERMINAL[0]}" line
	: >"$work/scroll"
	for ((i = 0; i < rounds; i++)); do
		echo >&"${TERMINAL[1]}"
		paint n
		read -r -u "${TERMINAL[0]}" line && printf '%s\n' "${line#bytes }" >>"$work/scroll"
	done
	local input=${TERMINAL[1]}
	exec {input}>&-
	wait "$TERMINAL_PID" 2>/dev/null
	carrel screen painter --png "$picture" >/dev/null 2>&1
	row "bytes to the terminal, text scrolls by a line" "$(median <"$work/scroll")" B "chafa draws the screen" \
		"$(chafa --format symbols --size 80x25 "$picture" | wc -c)" "10 times less" 'v > 0 && v * 10 <= b'
}

bench_console()
{
	begin_painter || { say "the painter does not start" && return; }
	bench_latency "source, text" 35 key-to-pixel source "$painter_socket"
	bench_latency "terminal, text" 40 key-to-pixel terminal "$build/carrel" connect painter
	bench_vnc text
	bench_terminal_bytes
	paint g
	bench_latency "source, picture" 35 key-to-pixel source "$painter_socket"
	bench_latency "terminal, picture" 70 key-to-pixel terminal "$build/carrel" connect painter
	bench_vnc picture
	bench_windows
	end_home "$CARREL_HOME"
}

# What needs an X server; the guest shows its picture.
bench_windows()
{
	local server
	if ! command -v Xvfb >/dev/null; then
		say "no Xvfb: windows are not measured"
		return
	fi
	Xvfb "$display" -screen 0 1280x1024x24 >/dev/null 2>&1 &
	server=$!
	sleep 1
	local -x DISPLAY=$display
	paint t && bench_window text
	paint g && bench_window picture
	if command -v xtigervncviewer >/dev/null; then
		bench_cpu "idle picture"
		paint b
		bench_cpu "busy picture"
	else
		say "no TigerVNC viewer: the CPU of windows is not measured"
	fi
	kill "$server"
	wait "$server" 2>/dev/null
}
