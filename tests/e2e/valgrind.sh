#!/usr/bin/env bash
# 50 rounds of create, start, turn off and delete leave no leak in carreld, as valgrind sees it. QEMU is the fake one of the unit
# tests: what leaks in the daemon does not depend on what the guest does.
. "$(dirname "$0")/../lib.sh"
need jq valgrind cc
fake=$build/tests/fakes/fake-qemu
[[ -x $fake ]] || fake=$top/tests/fakes/fake-qemu
[[ -x $fake ]] || skip_all "there is no tests/fakes/fake-qemu"
! grep -q 'fsanitize=address' "$build/Makefile" || skip_all "valgrind and AddressSanitizer exclude each other"
new_home
export CARREL_QEMU=$fake

rounds=${CARREL_ROUNDS:-50}
report=$work/valgrind.log

# valgrind knows no pidfd; see the file.
shim="$top/tests/fakes/pidfd-shim.c"
compile_shim()
{
	cc -D_GNU_SOURCE -DWAITER -o "$work/waiter" "$shim" &&
		cc -D_GNU_SOURCE -shared -fPIC -DWAITER_PATH="\"$work/waiter\"" -o "$work/shim.so" "$shim" -ldl
}
check "the shim compiles" compile_shim || done_testing

# What GLib keeps for ever (types, quarks) is "still reachable", which is no leak.
LD_PRELOAD=$work/shim.so valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite \
	--error-exitcode=99 --child-silent-after-fork=yes --log-file="$report" "$build/carreld" >"$work/carreld.log" 2>&1 &
daemon=$!

one_round()
{
	carrel create v --generation 1 --memory 64M && carrel start v && carrel turn-off v && carrel delete v --yes
}

check "carreld runs under valgrind" wait_until 60 test -S "$CARREL_HOME/run/api" || { diag "$(cat "$work/carreld.log" "$report")" && done_testing; }
for ((i = 1; i <= rounds; i++)); do
	one_round >"$work/round" 2>&1 || { not_ok "round $i" && diag "$(cat "$work/round")" && break; }
done
[[ $i -le $rounds ]] || ok "$rounds rounds of create, start, turn-off, delete"
is "the daemon is still the same" "$(daemon_pid)" "$daemon"
kill -TERM "$daemon"
status=0
wait "$daemon" || status=$?
is "it ends well, and valgrind has found nothing" "$status" 0 || diag "$(head -n 100 "$report")"
is "valgrind's report is empty" "$(grep -c 'definitely lost' "$report")" 0
done_testing
