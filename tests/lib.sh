# shellcheck shell=bash
# What the e2e and lint tests share: TAP, waiting for conditions, homes that clean up, tmux, JSON. Source it first:
#	. "$(dirname "$0")/../lib.sh"
# A script ends with `done_testing', which prints the plan; a script that dies before that has failed.
set -uo pipefail

top=${CARREL_TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
build=${CARREL_BUILD:-$top/build}
work=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX")
export CARREL_TEST_RUN=${CARREL_TEST_RUN:-alone.$$}
tap_count=0
tap_failed=0
cleanups=()
homes=()

# --- TAP --------------------------------------------------------------------------------------------------------------

ok()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

not_ok()
{
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
	return 0
}

skip()
{
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

skip_all()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

diag()
{
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

# check DESCRIPTION COMMAND...: ok when the command succeeds; what it wrote is shown when it does not. False when it failed.
check()
{
	local description=$1 output status=0
	shift
	output=$("$@" 2>&1) || status=$?
	if [[ $status == 0 ]]; then
		ok "$description"
		return 0
	fi
	not_ok "$description"
	diag "$(printf '%q ' "$@")"
	diag "exit status $status; output:"
	diag "${output:0:4000}"
	return 1
}

# did DESCRIPTION COMMAND...: as check, but in this shell: the command sets variables, or has something to end later.
did()
{
	local description=$1
	shift
	"$@" >"$work/did" 2>&1 && ok "$description" && return
	not_ok "$description"
	diag "$(<"$work/did")"
	return 1
}

# is DESCRIPTION GOT WANTED
is()
{
	if [[ $2 == "$3" ]]; then
		ok "$1"
		return 0
	fi
	not_ok "$1"
	diag "got:    ${2:0:2000}"
	diag "wanted: $3"
	return 1
}

# like DESCRIPTION GOT REGEX (POSIX extended)
like()
{
	if [[ $2 =~ $3 ]]; then
		ok "$1"
		return 0
	fi
	not_ok "$1"
	diag "got: ${2:0:4000}"
	diag "does not match: $3"
	return 1
}

done_testing()
{
	printf '1..%d\n' "$tap_count"
	[[ $tap_failed == 0 ]]
	exit
}

# --- time -------------------------------------------------------------------------------------------------------------

# wait_until SECONDS COMMAND...: polls until the command succeeds; false when it did not in time.
wait_until()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $end ]] || return 1
		sleep 0.1
	done
}

# --- cleaning up ------------------------------------------------------------------------------------------------------

# at_end COMMAND...: runs when the script ends, last one first.
at_end()
{
	cleanups+=("$(printf '%q ' "$@")")
}

# For at_end: who has ended before is no news.
quietly()
{
	"$@" 2>/dev/null
}

# Pids of living processes that were started with CARREL_HOME=$1.
processes_of()
{
	local environ pid
	env -u CARREL_HOME grep -lzxF "CARREL_HOME=$1" /proc/[0-9]*/environ 2>/dev/null | while read -r environ; do
		pid=${environ//[^0-9]/}
		[[ $pid == "$$" || $pid == "$BASHPID" ]] || grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null || printf '%s\n' "$pid"
	done
}

program_of()
{
	basename "$(readlink "/proc/$1/exe" 2>/dev/null)" 2>/dev/null
}

# Pid of the daemon of the current home, or nothing.
daemon_pid()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		! grep -qz '/carreld$' "/proc/$pid/cmdline" 2>/dev/null || printf '%s\n' "$pid"
	done | head -n 1
}

no_processes_of()
{
	[[ -z $(processes_of "$1") ]]
}

# TERM to the daemon first, so that it does not start anything while its VMs are ended; whoever stays gets KILL.
end_home()
{
	local home=$1 pid
	for pid in $(processes_of "$home"); do
		[[ $(program_of "$pid") != *qemu* ]] && kill -TERM "$pid" 2>/dev/null
	done
	wait_until 5 no_processes_of "$home" && return
	for pid in $(processes_of "$home"); do
		kill -TERM "$pid" 2>/dev/null
	done
	wait_until 10 no_processes_of "$home" && return
	for pid in $(processes_of "$home"); do
		kill -KILL "$pid" 2>/dev/null
	done
	wait_until 5 no_processes_of "$home"
}

run_cleanups()
{
	local status=$? i
	trap - EXIT
	for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
		eval "${cleanups[i]}"
	done
	for ((i = 0; i < ${#homes[@]}; i++)); do
		end_home "${homes[i]}"
	done
	if [[ $status != 0 ]]; then
		for ((i = 0; i < ${#homes[@]}; i++)); do
			find "${homes[i]}" "${XDG_RUNTIME_DIR:-/nonexistent}" -name carreld.log -size +0 2>/dev/null | while read -r log; do
				diag "$log:"
				diag "$(tail -n 40 "$log")"
			done
		done
	fi
	rm -rf "$work"
	exit "$status"
}
trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- carrel -----------------------------------------------------------------------------------------------------------

# use_home DIR: an empty store for this test, in CARREL_HOME. Its VMs and its daemon are ended
# with the script.
use_home()
{
	local home=$1
	mkdir -p "$home"
	homes+=("$home")
	export CARREL_HOME=$home
}

new_home()
{
	use_home "$work/home$((${#homes[@]} + 1))"
}

carrel()
{
	"$build/carrel" "$@"
}

# carrel_status WANTED ARGUMENT...: runs carrel; true when it ended with that exit status. For `check'.
carrel_status()
{
	local wanted=$1 status=0
	shift
	carrel "$@" </dev/null || status=$?
	[[ $status == "$wanted" ]] || { printf 'exit status %s instead of %s\n' "$status" "$wanted" && return 1; }
}

# vm_field VM JQ-FILTER: for example `vm_field web .state'
vm_field()
{
	carrel --json show "$1" | jq -r "$2"
}

state_is()
{
	[[ $(vm_field "$1" .state) == "$2" ]]
}

# wait_state VM STATE [SECONDS]
wait_state()
{
	wait_until "${3:-60}" state_is "$1" "$2" || {
		printf 'VM %s is %s, not %s\n' "$1" "$(vm_field "$1" .state)" "$2"
		return 1
	}
}

# json_ok TEXT JQ-FILTER: true when the filter gives true.
json_ok()
{
	# jq is content with no input at all.
	if [[ -z $1 ]] || ! jq -e "$2" <<<"$1" >/dev/null; then
		printf 'the filter %s is not true of: %s\n' "$2" "${1:0:2000}"
		return 1
	fi
}

need_live()
{
	[[ -s ${CARREL_LIVE_ISO:-} ]] || skip_all "carrel Live could not be assembled here"
}

need()
{
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

# --- tmux: a terminal that can be typed into and read -----------------------------------------------------------------

tmux_name=carrel-$$
tmux_count=0

t()
{
	tmux -L "$tmux_name" -f /dev/null "$@"
}

# tmux_start COLUMNS ROWS COMMAND...: one session on a server of its own.
tmux_start()
{
	local columns=$1 rows=$2
	shift 2
	tmux_end
	# A server that is on its way out still answers; the next one has a name of its own.
	tmux_name=carrel-$$-$((++tmux_count))
	# tmux sometimes misses the exit status of what runs in it; a shell does not.
	rm -f "$work/pane-status"
	t new-session -d -x "$columns" -y "$rows" -s t "$(printf '%q ' "$@"); echo \$? >$work/pane-status; sleep 1000"
	t set-option -g escape-time 0
	at_end tmux_end
}

tmux_end()
{
	t kill-server 2>/dev/null || true
}

# The screen as text.
screen()
{
	t capture-pane -p -t t
}

# keys NAME...: tmux's names of keys (Enter, F2, C-q, ...).
keys()
{
	t send-keys -t t "$@"
}

# typed TEXT: literal characters.
typed()
{
	t send-keys -t t -l "$1"
}

screen_matches()
{
	screen | grep -Eq -- "$1"
}

# wait_screen REGEX [SECONDS]: waits until a line of the screen matches; shows the screen when none does.
wait_screen()
{
	wait_until "${2:-20}" screen_matches "$1" || {
		printf 'no line matches %s on this screen:\n' "$1"
		screen
		return 1
	}
}

# What was started in the terminal has ended, and its exit status.
pane_ended()
{
	[[ -s $work/pane-status ]]
}

pane_status()
{
	cat "$work/pane-status"
}
