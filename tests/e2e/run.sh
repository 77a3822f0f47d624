#!/usr/bin/env bash
# `./dev run' without a terminal: makes the VM of the first start, shows its screen until the shell prompt, leaves it off.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
need_live
[[ $build == "$top/build" ]] || skip_all "./dev run uses build/, not $build"
new_home

status=0
timeout 400 "$top/dev" run </dev/null >"$work/out" 2>"$work/err" || status=$?
is "dev run ends with 0" "$status" 0 || diag "$(tail -n 20 "$work/err")"
check "the firmware's screen was printed" grep -qE 'not initialized the display|SeaBIOS|iPXE|UEFI|BdsDxe|GRUB|Tiano' "$work/out"
check "and the shell prompt" grep -q 'carrel-live:~#' "$work/out"
is "one VM was made, and is off" "$(carrel --json list | jq -r '.[].state')" off

status=0
timeout 400 "$top/dev" run </dev/null >"$work/out2" 2>"$work/err2" || status=$?
is "a second run does the same" "$status" 0 || diag "$(tail -n 20 "$work/err2")"
is "with the same VM" "$(carrel --json list | jq -r 'map(.state) | join(" ")')" off

vm=$(carrel --json list | jq -r '.[0].name')
is "dev run ARGS runs carrel" "$(cd / && "$top/dev" run --json show "$vm" | jq -r .name)" "$vm"
carrel start "$vm" >/dev/null
status=0
timeout 100 "$top/dev" run </dev/null >"$work/out3" 2>&1 || status=$?
check "a VM that runs already is a failure" test "$status" != 0
like "that says so" "$(cat "$work/out3")" 'running'
is "and is not touched" "$(vm_field "$vm" .state)" running
done_testing
