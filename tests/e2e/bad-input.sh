#!/usr/bin/env bash
# What people get wrong: one clear sentence each, the right exit status, and nothing is lost.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
new_home

# Everything of the store that must not change.
store()
{
	(cd "$CARREL_HOME" && find vms -type f \( -name vm.conf -o -name '*.qcow2' \) -exec sha256sum {} + | sort -k 2)
}

# bad DESCRIPTION STATUS REGEX ARGUMENT...: carrel fails with STATUS, says one sentence that matches REGEX, and the store is as it was.
bad()
{
	local description=$1 wanted=$2 regex=$3 status=0 said before
	shift 3
	before=$(store)
	said=$(carrel "$@" 2>&1 >/dev/null </dev/null) || status=$?
	like "$description: exit status" "$status" "^$wanted\$" || diag "$said"
	like "$description: says why" "$said" "$regex"
	is "$description: in one sentence" "$(grep -c '^carrel: ' <<<"$said")" 1 || diag "$said"
	is "$description: nothing is lost" "$(store)" "$before"
}

fields()
{
	carrel create good --generation 1 --memory 64M --cpus 1 >/dev/null || not_ok "create"
	bad "unknown field" 2 'colour' set good colour=red
	bad "unknown field at creation" 2 'colour' create other --set colour=red
	bad "wrong unit" 2 'memory' set good memory=2Q
	bad "a size out of range" 2 'memory' set good memory=1K
	bad "no number" 2 'cpus' set good cpus=many
	bad "no such choice" 2 'video' set good video=cga
	bad "half an assignment" 2 'memory' set good memory
	bad "one of two assignments is wrong: neither is made" 2 'memory' set good notes=changed memory=2Q
	bad "a field that is fixed" 2 'generation' set good generation=2
	bad "unknown verb" 2 'frobnicate' frobnicate
	bad "unknown option" 2 'frobnicate' list --frobnicate
	bad "no argument" 2 '.' show
	bad "unknown VM" 3 'nobody' start nobody
	bad "bad regular expression" 2 '.' screen good --wait '(['
	bad "unknown key" 2 'hyper' key good hyper-x
}

names()
{
	local long
	long=$(printf 'x%.0s' {1..300})
	bad "a name with a slash" 2 'a/b' create a/b
	bad "a name with a newline" 2 'control character' create $'a\nb'
	bad "a name of 300 bytes" 2 'name' create "$long"
	bad "an empty name" 2 'name' create ""
	bad "a name that is a parent folder" 2 'name' create ..
	bad "a name like an option" 2 '.' create -- -rf
	bad "rename to a bad name" 2 'a/b' rename good a/b
	bad "a taken name" 1 'good' create good
}

# One broken vm.conf: its VM says where, the others work.
broken_config()
{
	mkdir -p "$CARREL_HOME/vms/broken"
	printf 'name = "broken"\nmemory = = 2G\n' >"$CARREL_HOME/vms/broken/vm.conf"
	carrel api call /io/carrel Manager.Rescan >/dev/null || not_ok "api call Manager.Rescan"
	bad "a vm.conf with a syntax error" 2 'vm.conf:2:[0-9]+' start broken
	is "other VMs are there" "$(carrel --json list | jq -r '.[] | select(.name == "good") | .state')" off
	check "and start" carrel_status 0 start good
	check "and stop" carrel_status 0 turn-off good
	end_daemon
	bad "and after a restart of the daemon" 2 'vm.conf:2:[0-9]+' start broken
	rm -r "$CARREL_HOME/vms/broken"
}

# The daemon leaves, so that the next command reads the store anew.
end_daemon()
{
	local pid
	pid=$(daemon_pid)
	[[ -z $pid ]] || { kill -TERM "$pid" && wait_until 10 test ! -d "/proc/$pid"; }
}

disks()
{
	local disk=$CARREL_HOME/other.qcow2
	bad "an ISO that is not there" 1 'nowhere.iso' create withiso --iso "$work/nowhere.iso"
	bad "a disk that is not there" 1 'nowhere.qcow2' create withdisk --disk "$work/nowhere.qcow2"
	qemu-img create -q -f qcow2 "$disk" 64M
	carrel create one --generation 1 --memory 64M --disk "$disk" >/dev/null || not_ok "create one"
	carrel create two --generation 1 --memory 64M --disk "$disk" >/dev/null || not_ok "create two"
	check "a VM on a disk of one's own starts" carrel_status 0 start one
	bad "a disk that is in use" '[14]' 'other.qcow2|one' start two
	carrel turn-off one >/dev/null
	mv "$disk" "$disk.away"
	bad "a disk that went away" 1 'other.qcow2' start one
	is "the VM is still there" "$(vm_field one .state)" off
	mv "$disk.away" "$disk"
	check "and starts when the disk is back" carrel_status 0 start one
	carrel turn-off one >/dev/null
	carrel delete one two --yes --keep-disks >/dev/null || not_ok "delete --keep-disks"
	check "--keep-disks keeps it" test -s "$disk"
}

qemu_trouble()
{
	carrel set good qemu_args='-device no-such-device' >/dev/null || not_ok "set qemu_args"
	bad "QEMU dies at start: its own words" 1 'no-such-device' start good
	is "the VM is off" "$(vm_field good .state)" off
	carrel set good qemu_args= >/dev/null
	end_daemon
	CARREL_QEMU=$work/no-such-qemu bad "QEMU is missing" 5 'QEMU|qemu' start good
	end_daemon
	check "with QEMU back, all is well" carrel_status 0 start good
	carrel turn-off good >/dev/null
}

no_space()
{
	local small=$work/small
	mkdir -p "$small"
	if ! mount -t tmpfs -o size=1M carrel-test "$small" 2>/dev/null; then
		skip "no space left" "mounting a small file system needs root"
		return
	fi
	at_end umount "$small"
	(
		use_home "$small/home"
		carrel create first --generation 1 --memory 64M >/dev/null || echo "create failed while there was space"
		head -c 2M /dev/zero >"$small/filler" 2>/dev/null
		bad "no space left" 1 '[Nn]o space' create second
		is "the first VM is still there" "$(vm_field first .state)" off
		is "nothing of the second is" "$(ls "$CARREL_HOME/vms")" first
		end_home "$CARREL_HOME"
	) >"$work/no_space"
	adopt_results "$work/no_space"
}

# Results of a subshell, renumbered.
adopt_results()
{
	local line
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "${line#ok * - }" ;;
		"not ok "*) not_ok "${line#not ok * - }" ;;
		*) diag "$line" ;;
		esac
	done <"$1"
}

# The same store by two paths, so long that their sockets lie elsewhere: the lock in the store keeps the second daemon out.
long_homes()
{
	local long link
	long=$work/$(printf 'h%.0s' {1..100})/$(printf 'o%.0s' {1..100})
	link=$work/link
	mkdir -p "$long"
	ln -s "$long" "$link"
	use_home "$long"
	check "a home of ${#long} bytes: create" carrel_status 0 create far --generation 1 --memory 64M
	check "start" carrel_status 0 start far
	is "runs" "$(vm_field far .state)" running
	check "screen" grep -q . <(carrel screen far)
	homes+=("$link")
	CARREL_HOME=$link bad "a store that another daemon holds" 1 'another|lock' list
	check "the VM of the other daemon is untouched" test "$(vm_field far .state)" = running
	check "turn-off" carrel_status 0 turn-off far
}

closed_pipe()
{
	local pipe status=0
	exec {pipe}> >(true)
	wait $!
	carrel help 1>&"$pipe" 2>"$work/err" || status=$?
	exec {pipe}>&-
	is "a reader that has gone away is no error to speak of" "$status $(cat "$work/err")" "141 "
}

fields
names
closed_pipe
broken_config
disks
qemu_trouble
no_space
long_homes
done_testing
