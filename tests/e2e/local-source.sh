#!/usr/bin/env bash
# The local installation source: what an ISO or disk of the user's is, and what the VM made from it gets.
. "$(dirname "$0")/../lib.sh"

command -v xorriso >/dev/null || skip_all "xorriso is not installed"
[[ -d /usr/share/osinfo/os ]] || skip_all "osinfo-db is not installed"
new_home

# iso FILE LABEL
iso()
{
	mkdir -p "$work/content"
	echo content >"$work/content/readme"
	xorriso -outdev "$work/$1" -volid "$2" -map "$work/content" / >"$work/xorriso" 2>&1
}

# fields VM FILTER: of `show --json'
fields()
{
	carrel --json show "$1" | jq -c "$2"
}

iso debian.iso "Debian 12.5.0 amd64 n"
iso alpine.iso "alpine-std 3.19.1 x86_64"
iso odd.iso "NOBODY KNOWS"
qemu-img create -q -f qcow2 "$work/disk.qcow2" 64M

check "create --iso" carrel_status 0 create debian --iso "$work/debian.iso"
is "what the system needs" "$(fields debian '[.os,.generation,.secure_boot,.disks[0].size]')" '["debian12",2,true,21474836480]'
carrel create again --iso "$work/debian.iso" 2>"$work/said" >/dev/null
like "it says what it recognised" "$(<"$work/said")" 'Debian 12 installer: [0-9.]+ [GM]iB memory, [0-9]+ processors?, 20 GiB disk'

check "what is given wins" carrel_status 0 create mine --iso "$work/debian.iso" --memory 300M --cpus 1 --generation 1 --os other --disk-size 3G
is "all of it" "$(fields mine '[.os,.memory.startup,.cpus,.generation,.disks[0].size]')" '["other",314572800,1,1,3221225472]'
check "--disk-size 0" carrel_status 0 create bare --iso "$work/debian.iso" --disk-size 0
is "makes no disk" "$(fields bare '.disks')" '[]'

check "one that is not signed" carrel_status 0 create alpine --iso "$work/alpine.iso"
is "starts without Secure Boot" "$(fields alpine '[.os,.secure_boot]')" '["alpinelinux3.19",false]'

check "an ISO that nobody knows" carrel_status 0 create odd --iso "$work/odd.iso"
is "is no named system" "$(fields odd '.os')" '""'

check "quick with a path" carrel_status 0 quick "$work/debian.iso" --no-start
is "is named after the file, with a number" "$(fields debian-2 '[.os,.iso]')" "[\"debian12\",\"$work/debian.iso\"]"
check "quick with a disk" carrel_status 0 quick "$work/disk.qcow2" --no-start
is "uses it where it is" "$(fields disk '[.disks[0].path,.disks[0].format]')" "[\"$work/disk.qcow2\",\"qcow2\"]"
check "quick with no such file" carrel_status 1 quick "$work/nothing.iso" --no-start
check "quick with a file and --iso" carrel_status 2 quick "$work/debian.iso" --iso "$work/odd.iso" --no-start
# --- unattended installation ------------------------------------------------------------------------------------------

mkdir -p "$work/content/install.amd"
printf 'kernel' >"$work/content/install.amd/vmlinuz"
printf 'initrd' >"$work/content/install.amd/initrd.gz"
iso installer.iso "Debian 12.5.0 amd64 n"
printf 'not-so-secret\n' >"$work/password"

check "create --unattended" carrel_status 0 create auto --iso "$work/installer.iso" --unattended --user ann --password-file "$work/password"
like "the first start boots the installer's kernel" "$(carrel argv auto)" '-kernel [^ ]*/install/kernel.* -initrd [^ ]*/install/initrd'
check "its answers lie in the initrd" grep -qaF 'd-i passwd/username ann' "$CARREL_HOME/vms/auto/install/initrd"
is "no Secure Boot, which would refuse the kernel" "$(fields auto .secure_boot)" false
like "and the password is told" "$(carrel show auto)" 'not-so-secret'
is "nothing that holds the password is left in the cache" "$(grep -rl not-so-secret "$CARREL_HOME/cache")" ""
check "no script for it" carrel_status 3 create none --iso "$work/alpine.iso" --unattended
check "nor for what nobody knows" carrel_status 3 create none --iso "$work/odd.iso" --unattended
check "no kernel where one should be" carrel_status 3 create none --iso "$work/debian.iso" --unattended
check "no ISO" carrel_status 2 create none --unattended
check "Secure Boot on demand" carrel_status 2 create none --iso "$work/installer.iso" --unattended --secure-boot on
check "none of these left a VM" carrel_status 3 show none

# --- installers that the database knows ----------------------------------------------------------------------------------

check "osinfo: refresh" carrel_status 0 gallery refresh osinfo
check "osinfo: installers" json_ok "$(carrel --json gallery list --source osinfo)" 'length > 20 and all(.kind == "iso" and .trust == "none" and .source == "osinfo")'
check "osinfo: none for other processors" json_ok "$(carrel --json gallery list --source osinfo)" 'all(.id | test("ppc64|s390x|riscv") | not)'
check "osinfo: what a system needs" json_ok "$(carrel --json gallery list debian --source osinfo)" 'length > 0 and all(.memory > 0)'
done_testing
