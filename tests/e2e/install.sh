#!/usr/bin/env bash
# `make install' into a staging folder, and the programs work from there, without the build tree.
. "$(dirname "$0")/../lib.sh"
need jq make
new_home

stage=$work/stage
prefix=$(sed -n 's/^prefix = //p' "$build/Makefile")
check "make install" make -s --no-print-directory -C "$build" install DESTDIR="$stage" || done_testing
for file in bin/carrel libexec/carrel/carreld libexec/carrel/carrel-view share/man/man1/carrel.1 share/man/man8/carreld.8 \
	share/man/man5/vm.conf.5 share/carrel/io.carrel.xml; do
	check "$file is there" test -s "$stage$prefix/$file"
done
check "completion for bash, zsh and fish" test "$(find "$stage" -path '*completion*' -type f | wc -l)" -ge 2
check "no file names the staging folder" test -z "$(grep -rl "$stage" "$stage" 2>/dev/null)"

installed()
{
	(cd / && "$stage$prefix/bin/carrel" "$@")
}
check "the installed program lists the gallery" json_ok "$(installed --json gallery list)" 'any(.[]; .id == "carrel-live")'
like "by the installed daemon" "$(readlink "/proc/$(daemon_pid)/exe")" "$stage$prefix/libexec/carrel/carreld"
check "and creates a VM" installed create v --generation 1 --memory 64M
check "and starts it" installed start v
is "which runs" "$(installed --json show v | jq -r .state)" running
check "and turns it off" installed turn-off v
check "make uninstall" make -s --no-print-directory -C "$build" uninstall DESTDIR="$stage"
is "leaves nothing behind" "$(find "$stage" -type f)" ""

if [[ ${CARREL_SLOW:-} ]]; then
	mkdir -p "$work/dist"
	# In a folder of its own, since distcheck makes its trees where it runs.
	distcheck()
	{
		cd "$work/dist" && "$top/configure" -q && make -s distcheck
	}
	check "make distcheck" distcheck
else
	skip "make distcheck" "slow; CARREL_SLOW=1 runs it"
fi
done_testing
