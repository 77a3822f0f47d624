#!/usr/bin/env bash
# carrel ssh without an ssh server: carrel Live answers on port 22 with a banner, and a program called ssh writes down what it is told. The real
# thing, with a guest that carrel set up, is in debian.sh.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
need_live
new_home

# An ssh that notes its words, one a line, and ends as $work/status says.
stub_ssh()
{
	mkdir -p "$work/bin" && echo 0 >"$work/status" && cat >"$work/bin/ssh" <<-END && chmod +x "$work/bin/ssh"
		#!/bin/bash
		printf '%s\n' "\$@" >"$work/words"
		exit "\$(cat "$work/status")"
	END
	PATH=$work/bin:$PATH
}

ssh_word()
{
	grep -Fxq -e "$1" "$work/words" || { cat "$work/words" && return 1; }
}

# The last words, on one line.
ssh_tail()
{
	tail -n "$1" "$work/words" | tr '\n' ' '
}

# says STATUS REGEX ARGUMENT...: carrel ends so and says that.
says()
{
	local wanted=$1 regex=$2
	shift 2
	carrel_status "$wanted" "$@" 2>"$work/err" || { cat "$work/err" && return 1; }
	grep -Eq "$regex" "$work/err" || { cat "$work/err" && return 1; }
}

config()
{
	carrel --json ssh --print-config live
}

did "a program called ssh" stub_ssh
check "no such VM: 3" carrel_status 3 ssh nobody
check "make a VM" carrel_status 0 create live --image carrel-live --generation 1 --memory 512M --cpus 1 --user fred
check "one that is off: 4, and what to do" says 4 "VM \`live' is off.*carrel start" ssh live
check "start it" carrel_status 0 start live
check "nobody answers yet: 6, and what it does meanwhile" says 6 'not ready after .*: the guest is booting' ssh live --timeout 0s
check "its prompt" carrel_status 0 screen live --wait 'carrel-live:~#' --timeout 180s
check "something listens on port 22" carrel_status 0 type live $'nc -ll -p 22 -e printf "SSH-2.0-test\\\\r\\\\n" &\n'

check "ssh is run as soon as it answers" carrel_status 0 ssh live --timeout 180s -- uname -a
is "the command is passed on" "$(ssh_tail 4)" "-- 127.0.0.1 uname -a "
id=$(vm_field live .id)
check "the guest is known by the VM's id" ssh_word "HostKeyAlias=carrel-$id"
check "its host keys lie in its folder" ssh_word "UserKnownHostsFile=\"$(vm_field live .folder)/known_hosts\""
check "the user is the VM's" ssh_word "User=fred"
is "a guest that was not told carrel's key is offered the user's" "$(grep -c Identit "$work/words")" 0
check "another user" carrel_status 0 ssh live --user root
check "is told to ssh" ssh_word "User=root"
echo 42 >"$work/status"
check "ssh's exit status is passed on" carrel_status 42 ssh live true
before=$(config)
check "settings for other programs" json_ok "$before" '.host == "127.0.0.1" and .port > 0 and .user == "fred" and .identity == null'
check "the same port as before" ssh_word "Port=$(jq .port <<<"$before")"
like "as ssh_config" "$(carrel ssh --print-config live)" "^Host \"live\""$'\n\t'"HostName 127\.0\.0\.1"$'\n\t'"Port [0-9]+"
check "the daemon ends" carrel_status 0 api call /io/carrel Manager.Exit true
is "the way in is still there" "$(config)" "$before"
check "turn it off" carrel_status 0 turn-off live
check "off again: 4" carrel_status 4 ssh live
check "without an adapter" carrel_status 0 set live nic0.switch=
check "start it" carrel_status 0 start live
check "there is no way in: 4, and what to do" says 4 'no adapter that is plugged in.*nic0\.switch' ssh live
check "turn it off" carrel_status 0 turn-off live
done_testing
