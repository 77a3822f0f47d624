# The cost of many live previews, sourced by run: CPU of the TUI with the wall of previews on its screen, and nothing changes on it.
# shellcheck shell=bash disable=SC2154 # run sets the variables

previews=${BENCH_PREVIEWS:-50}
previews_span=20 # seconds of CPU time

# A painter that stands still: its timer is off, as that of a guest that waits for somebody.
start_idle_painter()
{
	cp "$build/tests/guests/painter.img" "$CARREL_HOME/$1.img" &&
		carrel create "$1" --generation 1 --memory 32M --cpus 1 --disk "$CARREL_HOME/$1.img" --set disk0.format=raw >/dev/null 2>&1 &&
		carrel start "$1" >/dev/null 2>&1 && carrel screen "$1" --wait 'held' --timeout 60 >/dev/null 2>&1 && carrel key "$1" i >/dev/null 2>&1
}

tui_of_home()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != carrel ]] || printf '%s\n' "$pid"
	done | head -n 1
}

pictures_are() # COUNT: so many tiles show what the guests show
{
	[[ $(screen | grep -o 'painter held' | wc -l) -eq $1 ]]
}

# CPU of the TUI in percent of one processor while COUNT previews stand still; a terminal of 240x70 has room for all.
previews_load()
{
	local pid before after
	tmux_start 240 70 env CARREL_HOME="$CARREL_HOME" "$build/carrel"
	wait_screen 'Running' 20 >/dev/null && typed P
	wait_until 60 pictures_are "$1" || { screen >&2 && return 1; }
	sleep 3 # the first pictures are drawn, and what looked for text in them has ended
	pid=$(tui_of_home)
	before=$(ticks_of "$pid")
	sleep "$previews_span"
	after=$(ticks_of "$pid")
	tmux_end
	awk -v ticks=$((after - before)) -v span="$previews_span" 'BEGIN { printf("%.1f\n", ticks / span) }'
}

bench_previews()
{
	local i one all
	new_home
	start_idle_painter vm-1 || { say "the painter does not start" && return; }
	say "CPU of one preview"
	one=$(previews_load 1)
	for ((i = 2; i <= previews; i++)); do
		say "starting VM $i of $previews"
		start_idle_painter "vm-$i" || say "VM $i does not start"
	done
	say "CPU of $previews previews"
	all=$(previews_load "$previews" || echo nan)
	row "CPU of $previews live previews, none changes" "$all" % "one preview" "${one:-nan}" "under 5 %" 'v < 5'
	end_home "$CARREL_HOME"
}
