#!/usr/bin/env bash
# The TUI and its terminal: kinds of terminals, mouse, job control, and that the terminal is put back on every way out.
. "$(dirname "$0")/../lib.sh"
need jq tmux stty
new_home

carrel create alpha --generation 1 --memory 64M --disk-size 0 >/dev/null || not_ok "create alpha"
carrel create beta --generation 1 --memory 64M --disk-size 0 >/dev/null || not_ok "create beta"

# The last test's tmux server must be gone, or the new session would end with it.
end_server()
{
	local server
	server=$(t display-message -p '#{pid}' 2>/dev/null) || return 0
	tmux_end
	wait_until 10 test ! -d "/proc/$server"
}

# tui [NAME=VALUE...]: in a shell, which stays when the TUI has ended.
tui()
{
	end_server
	tmux_start 80 24 env -u NO_COLOR CARREL_HOME="$CARREL_HOME" "$@" bash --norc --noprofile -i
	typed "PS1='shell> '; clear" && keys Enter
	wait_screen '^shell> *$' 10 >/dev/null
	typed "stty -a >$work/before; $build/carrel; echo \"left with \$?\"; stty -a >$work/after" && keys Enter
}

# Pid of the TUI of this test.
tui_pid()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != carrel ]] || printf '%s\n' "$pid"
	done | head -n 1
}

leave()
{
	typed q
	wait_screen 'left with 0' 10
}

modes_are_back()
{
	wait_until 5 test -s "$work/after" && diff "$work/before" "$work/after"
}

kinds()
{
	local kind
	for kind in TERM=xterm TERM=xterm-256color TERM=tmux-256color TERM=linux TERM=vt100 "NO_COLOR=1" LC_ALL=C; do
		tui "$kind"
		check "$kind: the list" wait_screen 'alpha +Off' 15
		check "$kind: the details" wait_screen '(-|─) alpha (-|─)' 10
		typed '?'
		check "$kind: the help page" wait_screen 'Virtual Machines' 10
		keys Escape
		check "$kind: back" wait_screen 'alpha +Off' 10
		check "$kind: leaves" leave
	done
	tui LC_ALL=C
	check "without UTF-8 no other characters are shown" wait_screen 'alpha +Off' 15
	is "(none)" "$(screen | LC_ALL=C grep -c '[^ -~]')" 0
	check "and it leaves" leave
	tui TERM=nonsense
	check "an unknown terminal is named" wait_screen "terminal type .nonsense. is not known" 10
	check "with an error" wait_screen 'left with 5' 10
}

mouse()
{
	tui
	check "the list" wait_screen 'alpha +Off' 15
	typed $'\e[<0;5;4M' && typed $'\e[<0;5;4m'
	check "a click goes to a row" wait_screen '─ beta ─' 10
	typed $'\e[<0;27;2M'
	check "a click on a head sorts" wait_screen 'State▼' 10
	typed $'\e[<0;5;3M' && typed $'\e[<0;5;3M'
	check "two clicks connect" wait_screen 'VM .alpha. is off' 10
	keys C-] && typed d
	check "back" wait_screen 'beta +Off' 10
	check "it leaves" leave
	check "the terminal's modes are back" modes_are_back
}

job_control()
{
	tui
	check "the list" wait_screen 'alpha +Off' 15
	keys C-z
	check "Ctrl-Z stops it" wait_screen 'Stopped' 10
	typed 'echo still-a-"shell"' && keys Enter
	check "the shell works" wait_screen '^still-a-shell' 10
	typed fg && keys Enter
	check "fg shows it again" wait_screen 'alpha +Off' 10
	typed q
	check "q leaves" wait_screen '^shell> *$' 10
	check "it has ended" no_tui
}

no_tui()
{
	[[ -z $(tui_pid) ]]
}

# Whatever ends it: no alternate screen, no raw mode, no mouse reports stay behind.
ends()
{
	local signal
	for signal in TERM HUP SEGV ABRT; do
		tui
		check "the list" wait_screen 'alpha +Off' 15
		kill -s "$signal" "$(tui_pid)"
		check "$signal ends it" wait_screen 'left with' 10
		check "$signal: the terminal's modes are back" modes_are_back
		is "$signal: the screen too" "$(t display-message -p -t t '#{alternate_on} #{mouse_any_flag} #{cursor_flag}')" "0 0 1"
	done
}

# Makes the TUI draw everything many times (SIGCONT makes it distrust the screen), more than the kernel keeps for a terminal.
flood()
{
	local i
	for ((i = 0; i < 30; i++)); do
		kill -CONT "$1"
		carrel rename alpha "alpha$i" >/dev/null && kill -CONT "$1" && carrel rename "alpha$i" alpha >/dev/null
	done
}

# A terminal that takes nothing: the TUI goes on, shows what is true when it is taken again, and can be ended meanwhile.
slow_line()
{
	local pid server
	tui
	check "the list" wait_screen 'alpha +Off' 15
	pid=$(tui_pid) server=$(t display-message -p '#{pid}')
	kill -STOP "$server"
	flood "$pid"
	carrel rename alpha omega >/dev/null
	kill -CONT "$server"
	check "after a while without a reader the newest picture is shown" wait_screen 'omega +Off' 20
	carrel rename omega alpha >/dev/null
	kill -STOP "$server"
	flood "$pid"
	kill -TERM "$pid"
	check "it ends while nobody reads" wait_until 10 test ! -d "/proc/$pid"
	kill -CONT "$server"
}

kinds
mouse
job_control
ends
slow_line
done_testing
