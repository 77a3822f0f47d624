#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy; minutes, so only with CARREL_SLOW=1 (./dev lint sets it).
. "$(dirname "$0")/../lib.sh"
need clang-tidy
[[ ${CARREL_SLOW:-} ]] || skip_all "slow; ./dev lint runs it"

cd "$top" || exit 1
read -r -a flags < <(pkg-config --cflags gio-unix-2.0 json-glib-1.0 libconfuse ncursesw chafa sdl2 libvncserver xkbcommon libpng)

tidy()
{
	clang-tidy --quiet "$1" -- -std=gnu11 -D_GNU_SOURCE -DG_LOG_DOMAIN='"carrel"' -Isrc -I. -I"$build/src" -I"$build" \
		"${flags[@]}" 2>/dev/null | grep -E 'warning:|error:'
}
export -f tidy

# Files in parallel; findings in the order of the files.
mapfile -t files < <(find src ui console hv gallery -name '*.c' | sort)
for ((i = 0; i < ${#files[@]}; i++)); do
	tidy "${files[i]}" >"$work/$i" &
	[[ $(jobs -pr | wc -l) -lt $(nproc) ]] || wait -n
done
wait
for ((i = 0; i < ${#files[@]}; i++)); do
	is "${files[i]}" "$(sort -u "$work/$i")" ""
done
done_testing
