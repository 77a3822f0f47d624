# Instant create against a cold boot, sourced by run: from the command to the guest agent's first answer, ten at once, and what memory each has to itself.
# shellcheck shell=bash disable=SC2154 # run sets the variables

crowd=${BENCH_CLONES:-10}
instant_shape=(--memory 512M --cpus 1 --generation 1)

now_ms()
{
	date +%s%3N
}

# create_ms NAME OPTION...: how long it takes. A VM that continued has answered when the command ends: its agent has given it its name. One that boots is given
# the prompt, which comes a moment before its agent.
create_ms()
{
	local name=$1 begin instant
	shift
	begin=$(now_ms)
	instant=$(carrel --json quick carrel-live --name "$name" "$@" 2>/dev/null </dev/null | jq -r .instant)
	[[ $instant == true ]] || carrel screen "$name" --wait 'carrel-live:~#' --timeout 300s >/dev/null || return
	printf '%s\n' $(($(now_ms) - begin))
}

# Pages that nobody else maps, of the QEMU with most of them, in MB.
most_private_mb()
{
	local pid
	for pid in $(processes_of "$CARREL_HOME"); do
		[[ $(program_of "$pid") != qemu-system* ]] || awk '/^Private_/ { kb += $2 } END { printf("%.1f\n", kb / 1024) }' "/proc/$pid/smaps"
	done | sort -n | tail -n 1
}

crowd_ms()
{
	local begin i pids=()
	begin=$(now_ms)
	for ((i = 1; i <= crowd; i++)); do
		carrel --json quick carrel-live --name "crowd-$i" "${instant_shape[@]}" >"$work/crowd.$i" 2>/dev/null </dev/null &
		pids+=("$!")
	done
	wait "${pids[@]}"
	printf '%s\n' $(($(now_ms) - begin))
}

bench_instant()
{
	local i cold
	new_home
	# What the tests have assembled; else it is assembled now.
	[[ ! -s $build/live/carrel-live.iso.json ]] || export CARREL_LIVE_ISO=$build/live/carrel-live.iso
	say "a template of carrel Live"
	carrel gallery warm carrel-live "${instant_shape[@]}" >/dev/null 2>&1 || { say "there is none: $(carrel gallery warm carrel-live 2>&1 | tail -n 1)" && return; }
	say "a cold boot"
	cold=$(create_ms boots --cold "${instant_shape[@]}" || echo nan)
	carrel delete boots --yes --force >/dev/null 2>&1
	for ((i = 0; i < rounds; i++)); do
		say "instant create, round $((i + 1)) of $rounds"
		create_ms one "${instant_shape[@]}" >>"$work/instant" || echo nan >>"$work/instant"
		carrel delete one --yes --force >/dev/null 2>&1
	done
	row "instant create to an answering guest agent" "$(median <"$work/instant")" ms "a cold boot" "$cold" "under 1000 ms" 'v < 1000'
	say "$crowd at once"
	row "$crowd instant creates at once" "$(crowd_ms)" ms "one" "$(median <"$work/instant")" "under 5000 ms" 'v < 5000'
	is "all of them continued from the template" "$(cat "$work"/crowd.* | jq -rs 'map(select(.instant)) | length')" "$crowd" >&2
	row "memory that each of them has to itself, at most" "$(most_private_mb)" MB - 0 "under 60 MB" 'v < 60'
	end_home "$CARREL_HOME"
}
