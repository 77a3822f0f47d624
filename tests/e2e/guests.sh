#!/usr/bin/env bash
# Guests that carrel did not make, in the generations that they can boot in: seen on their screens.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
new_home

# boots NAME ISO GENERATION REGEX [OPTION...]: the ISO's screen shows REGEX.
boots()
{
	local name=$1 iso=$2 generation=$3 regex=$4 status=0
	shift 4
	if [[ ! -r $iso ]]; then
		skip "$name, generation $generation" "${iso:-its ISO} is not installed"
		return
	fi
	carrel create "$name" --iso "$iso" --generation "$generation" --memory 256M --cpus 1 "$@" >/dev/null || not_ok "create $name"
	check "$name, generation $generation: starts" carrel_status 0 start "$name"
	check "$name, generation $generation: its screen" carrel_status 0 screen "$name" --wait "$regex" --timeout 150s || status=$?
	[[ $status == 0 ]] || diag "$(carrel screen "$name" | head -n 30)"
	carrel turn-off "$name" >/dev/null 2>&1
	carrel delete "$name" --yes >/dev/null || not_ok "delete $name"
}

first_of()
{
	local file
	for file in "$@"; do
		[[ ! -r $file ]] || { printf '%s\n' "$file" && return; }
	done
}

boots grub-rescue /usr/lib/grub-rescue/grub-rescue-cdrom.iso 1 'grub>|grub rescue'
memtest=$(first_of /usr/lib/memtest86+/memtest86+x64.iso /boot/memtest86+x64.iso)
boots memtest "$memtest" 1 '[Mm]emtest86'
boots memtest-uefi "$memtest" 2 '[Mm]emtest86' --secure-boot off
installer=$(first_of /usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/mini.iso \
	/usr/lib/debian-installer/images/12/amd64/gtk/mini.iso)
boots debian-installer "$installer" 1 'Debian GNU/Linux installer|Install'

# A Debian system on a disk, made by mmdebstrap: minutes, so on demand.
debian_disk()
{
	local disk=$work/debian.raw
	mmdebstrap --variant=minbase --include=linux-image-amd64,systemd-sysv --format=tar bookworm "$work/debian.tar" &&
		qemu-img create -q -f raw "$disk" 2G
}
if [[ ${CARREL_SLOW:-} ]] && command -v mmdebstrap >/dev/null; then
	check "mmdebstrap makes a system" debian_disk
else
	skip "a Debian disk made by mmdebstrap" "slow; CARREL_SLOW=1 and mmdebstrap run it"
fi
done_testing
