#!/usr/bin/env bash
# Guests that carrel did not make, in the generations that they can boot in: seen on their screens.
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64 convert identify
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
	check "$name, generation $generation: its screen" carrel_status 0 screen "$name" --wait "$regex" --timeout 300s || status=$?
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

boots grub-rescue /usr/lib/grub-rescue/grub-rescue-cdrom.iso 1 'GNU GRUB +version'
memtest=$(first_of /usr/lib/memtest86+/memtest86+x64.iso /boot/memtest86+x64.iso)
boots memtest "$memtest" 1 '[Mm]emtest86'
# draws NAME ISO GENERATION [OPTION...]: for guests whose text carrel does not read yet (other fonts). Both draw their screens with VGA's
# blue, which no firmware's logo has: it covers a twentieth of the picture or more.
blue()
{
	local pixels size
	carrel screen "$1" --png "$work/$1.png" >/dev/null 2>&1 || return 1
	pixels=$(convert "$work/$1.png" -format %c histogram:info:- | sed -n 's/^ *\([0-9]*\):.*#0000AA.*/\1/p')
	size=$(identify -format '%[fx:w*h]' "$work/$1.png")
	((${pixels:-0} * 20 >= size))
}

draws()
{
	local name=$1 iso=$2 generation=$3
	shift 3
	if [[ ! -r $iso ]]; then
		skip "$name, generation $generation" "${iso:-its ISO} is not installed"
		return
	fi
	carrel create "$name" --iso "$iso" --generation "$generation" --cpus 1 "$@" >/dev/null || not_ok "create $name"
	check "$name, generation $generation: starts" carrel_status 0 start "$name"
	check "$name, generation $generation: draws" wait_until 300 blue "$name"
	carrel turn-off "$name" >/dev/null 2>&1
	carrel delete "$name" --yes >/dev/null || not_ok "delete $name"
}
draws memtest-uefi "$memtest" 2 --secure-boot off --memory 256M

# The Debian installer is packaged as a tree for booting over the network; GRUB's rescue image makes an ISO for both
# generations of it. Without fb=false it draws letters of its own.
installer=/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64
installer_iso()
{
	mkdir -p "$work/di/boot/grub" && cp "$installer/linux" "$installer/initrd.gz" "$work/di/boot/" &&
		printf 'set timeout=0\nmenuentry installer {\nlinux /boot/linux fb=false\ninitrd /boot/initrd.gz\n}\n' \
			>"$work/di/boot/grub/grub.cfg" &&
		grub-mkrescue -o "$work/di.iso" "$work/di" && rm -r "$work/di"
}
if [[ -r $installer/linux ]] && command -v grub-mkrescue >/dev/null; then
	check "an ISO of the Debian installer" installer_iso
	boots debian-installer "$work/di.iso" 1 'Select a language' --memory 1G
	if [[ -d /usr/lib/grub/x86_64-efi ]]; then
		boots debian-installer "$work/di.iso" 2 'Select a language' --memory 1G --secure-boot off
	fi
	rm -f "$work/di.iso"
else
	skip "the Debian installer" "debian-installer-12-netboot-amd64 is not installed"
fi

# A Debian system on a disk, made by mmdebstrap and started by GRUB from the disk's first track (generation 1).
debian_tree()
{
	mmdebstrap --variant=minbase --include=linux-image-amd64,systemd-sysv,udev --mode=root bookworm "$work/debian" &&
		chroot "$work/debian" passwd -d root &&
		printf 'carrel-guest\n' >"$work/debian/etc/hostname" && mkdir -p "$work/debian/boot/grub" &&
		cat >"$work/debian/boot/grub/grub.cfg" <<-END
			linux /vmlinuz root=/dev/vda1 rw
			initrd /initrd.img
			boot
		END
}

# Sector 0: GRUB's boot.img and a partition table of one entry; from sector 1: its core; from 1 MiB: ext4 with the tree.
debian_disk()
{
	local disk=$work/debian.raw
	mke2fs -q -t ext4 -O ^metadata_csum_seed,^orphan_file -d "$work/debian" "$work/root.ext4" 2G &&
		grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o "$work/core.img" biosdisk part_msdos ext2 normal linux boot \
			configfile minicmd &&
		truncate -s 2060M "$disk" &&
		dd if=/usr/lib/grub/i386-pc/boot.img of="$disk" bs=440 count=1 conv=notrunc status=none &&
		printf '\x80\0\x02\0\x83\xfe\xff\xff\0\x08\0\0\0\0\x40\0' |
		dd of="$disk" bs=1 seek=446 conv=notrunc status=none && # active, Linux, 4194304 sectors from 2048 on
		printf '\x55\xaa' | dd of="$disk" bs=1 seek=510 conv=notrunc status=none &&
		dd if="$work/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none &&
		dd if="$work/root.ext4" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none && rm -r "$work/debian" "$work/root.ext4" &&
		qemu-img convert -O qcow2 "$disk" "$work/debian.qcow2" && rm -f "$disk"
}

if [[ ${CARREL_SLOW:-} && $(id -u) == 0 ]] && command -v mmdebstrap >/dev/null; then
	check "mmdebstrap makes a system" debian_tree
	check "a disk of it" debian_disk
	check "create on that disk" carrel_status 0 create debian --disk "$work/debian.qcow2" --generation 1 --memory 1G
	check "start" carrel_status 0 start debian
	check "its login prompt" carrel_status 0 screen debian --wait 'carrel-guest login:' --timeout 400s || diag "$(carrel screen debian)"
	carrel turn-off debian >/dev/null 2>&1
else
	skip "a Debian disk made by mmdebstrap" "slow; CARREL_SLOW=1, root and mmdebstrap run it"
fi
done_testing
