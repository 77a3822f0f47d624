#!/usr/bin/env bash
# The Debian server: what its builder needs is named; slow: it is made, starts with Secure Boot and without UEFI, is set up by its seed.
. "$(dirname "$0")/../lib.sh"
need jq
builder=$top/data/debian/build-debian

# A host that has nothing but a shell's tools.
poor_host()
{
	local tool
	mkdir -p "$work/poor"
	for tool in bash readlink dirname id dpkg apt-get; do
		ln -sf "$(command -v "$tool")" "$work/poor/$tool"
	done
}

# builder_says STATUS REGEX ARGUMENT...: the builder ends so, its last line says that, and it leaves nothing.
builder_says()
{
	local wanted=$1 regex=$2 status=0
	shift 2
	"$builder" "$@" >"$work/out" 2>"$work/err" || status=$?
	[[ $status == "$wanted" ]] || { printf 'exit status %s\n' "$status" && cat "$work/err" && return 1; }
	tail -n 1 "$work/err" | grep -Eq "$regex" || { cat "$work/err" && return 1; }
	[[ -z $(ls -A "$work/empty") ]] || { ls -la "$work/empty" && return 1; }
}

without_tools()
{
	poor_host
	PATH=$work/poor builder_says 5 'mmdebstrap.* (is|are) not installed; install (it|them) with `apt-get install .*mmdebstrap' \
		--work "$work/empty" --output "$work/empty/x.qcow2"
}

mkdir "$work/empty"
check "it says how it is used" builder_says 1 'no output file was given; usage: ' --work "$work/empty"
check "an unknown argument" builder_says 1 'unknown argument "--frob"; usage: ' --frob
check "a disk that is too small" builder_says 1 'at least 3 GiB' --size 1000 --output "$work/empty/x.qcow2"
check "a folder that is not there" builder_says 1 '(does not exist or cannot be written to|not installed)' \
	--work "$work/empty" --output "$work/missing/x.qcow2"
if [[ -e /usr/sbin/mmdebstrap || -e /sbin/mmdebstrap ]]; then
	skip "missing tools are named" "mmdebstrap lies where the builder always looks"
else
	check "missing tools are named, with the packages that have them" without_tools
fi

if [[ -z ${CARREL_SLOW:-} ]] || ! command -v mmdebstrap >/dev/null || ! command -v ssh >/dev/null; then
	skip "the Debian server" "slow; CARREL_SLOW=1, mmdebstrap and ssh run it"
	done_testing
fi

new_home
unset DEBIAN_SERVER_DISK
server_answers()
{
	carrel ssh "$1" --timeout 400s -- "$2" </dev/null
}

check "quick makes it" carrel_status 0 quick debian-server --name web --hostname web-1 --timezone Europe/Berlin
check "ssh comes in when it is up" server_answers web true
is "its name" "$(server_answers web hostname)" web-1
is "its time zone" "$(server_answers web 'cat /etc/timezone')" Europe/Berlin
is "Secure Boot is on" "$(server_answers web 'od -An -t u1 -j 4 /sys/firmware/efi/efivars/SecureBoot-*' | tr -d ' ')" 1
is "cloud-init is content" "$(server_answers web 'cloud-init status --wait' | tail -n 1)" "status: done"
is "its user may do anything" "$(server_answers web 'sudo -n id -u')" 0
is "a command's exit status is passed on" "$(server_answers web 'exit 42' >/dev/null 2>&1 || echo $?)" 42
check "shut down" carrel_status 0 shutdown web --timeout 200s
check "one without UEFI" carrel_status 0 create old --image debian-server --generation 1
check "start it" carrel_status 0 start old
is "its name" "$(server_answers old hostname)" old
check "turn it off" carrel_status 0 turn-off old
done_testing
