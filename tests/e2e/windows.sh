#!/usr/bin/env bash
# VMs for Windows, made from its installers: hardware, the answer file of an unattended installation, the disc with drivers.
. "$(dirname "$0")/../lib.sh"

command -v xorriso >/dev/null || skip_all "xorriso is not installed"
[[ -d /usr/share/osinfo/os ]] || skip_all "osinfo-db is not installed"
new_home
# The daemon looks for drivers there; those of this machine are none of the test's.
export XDG_DATA_HOME=$work/data XDG_DATA_DIRS=$work/packages
mkdir -p "$work/content"
# The gallery's own drivers come from this machine, too.
export CARREL_DATA=$work/share
cp -r "$top/data" "$CARREL_DATA"
jq --arg url "file://$work/own.iso" '(.items[] | select(.id == "virtio-win").url) = [$url]' "$top/data/gallery/vendors.json" >"$CARREL_DATA/gallery/vendors.json"
echo content >"$work/content/readme"

# iso FILE LABEL
iso()
{
	mkdir -p "$(dirname "$1")"
	xorriso -outdev "$1" -volid "$2" -publisher "MICROSOFT CORPORATION" -map "$work/content" / >"$work/xorriso" 2>&1
}

# fields VM FILTER: of `show --json'
fields()
{
	carrel --json show "$1" | jq -c "$2"
}

# answer VM: the file on its disc
answer()
{
	xorriso -osirrox on -indev "$CARREL_HOME/vms/$1/unattend.iso" -extract /Autounattend.xml "$work/$1.xml" >"$work/xorriso" 2>&1 &&
		cat "$work/$1.xml"
}

# value TEXT ELEMENT: of the first one
value()
{
	sed -n "s|.*<$2>\(.*\)</$2>.*|\1|p" <<<"$1" | head -n 1
}

iso "$work/win.iso" CCCOMA_X64FRE_DE-DE_DV9
iso "$work/server.iso" SSS_X64FREE_EN-US_DV9
printf 'S&cret<1>\n' >"$work/password"
printf 'simple\n' >"$work/simple"
qemu-img create -q -f qcow2 "$work/used.qcow2" 64M
tpm=false
[[ -z $(command -v swtpm) ]] || tpm=true

check "create from an ISO of Windows" carrel_status 0 create win --iso "$work/win.iso"
is "what Windows 11 needs" "$(fields win '[.os,.generation,.secure_boot,.tpm]')" "[\"win11\",2,true,$tpm]"
carrel create note --iso "$work/win.iso" >/dev/null 2>"$work/said"
like "it says where drivers come from" "$(<"$work/said")" 'SATA .*virtio-win'
check "a key is to be pressed at its first start" test -e "$CARREL_HOME/vms/note/press-key"
check "on a disk of the user's" carrel_status 0 create used --iso "$work/win.iso" --disk "$work/used.qcow2"
check "it is not" test ! -e "$CARREL_HOME/vms/used/press-key"
is "no disc with drivers" "$(fields note .drivers)" '""'

# --- unattended ---------------------------------------------------------------------------------------------------------

check "create --unattended" carrel_status 0 create auto --iso "$work/win.iso" --unattended --user ann --password-file "$work/password" --locale de_AT.UTF-8 --timezone Europe/Vienna --hostname a-long-host-name-indeed
is "with UEFI, Secure Boot and a TPM" "$(fields auto '[.os,.generation,.secure_boot,.tpm,.seed]')" "[\"win11\",2,true,$tpm,\"unattend.iso\"]"
xml=$(answer auto)
check "a key is to be pressed at the first start" test -e "$CARREL_HOME/vms/auto/press-key"
is "partitions for UEFI" "$(value "$xml" Type)" EFI
is "in the installer's language" "$(value "$xml" UILanguage)" de-DE
is "the user's locale" "$(value "$xml" UserLocale)" de-AT
is "time zone" "$(value "$xml" TimeZone)" "W. Europe Standard Time"
is "a name that Windows takes" "$(value "$xml" ComputerName)" a-long-host-nam
is "the password, as text" "$(value "$xml" Value)" 'S&amp;cret&lt;1&gt;'
like "the key of the edition" "$(value "$xml" Key)" '^W269N-'
like "the disc is in a drive" "$(carrel argv auto)" '"ide-cd".*"seed0"'
like "and the password is told" "$(carrel show auto)" 'S&cret<1>'
if command -v xmllint >/dev/null; then
	check "well-formed" xmllint --noout "$work/auto.xml"
fi

check "with a BIOS" carrel_status 0 create bios --iso "$work/win.iso" --unattended --generation 1 --os win10 --product-key AAAAA-BBBBB-CCCCC-DDDDD-EEEEE
xml=$(answer bios)
check "its disc asks for no key" test ! -e "$CARREL_HOME/vms/bios/press-key"
is "partitions for it" "$(value "$xml" Active)" true
is "the user's key" "$(value "$xml" Key)" AAAAA-BBBBB-CCCCC-DDDDD-EEEEE

iso "$work/unlabelled.iso" MY_WINDOWS
check "with a label that nobody knows" carrel_status 0 create told --iso "$work/unlabelled.iso" --unattended --os win11
is "the user's word counts" "$(fields told '[.os,.generation,.secure_boot,.tpm]')" "[\"win11\",2,true,$tpm]"
like "for the answers, too" "$(answer told)" 'AcceptEula'
check "Windows 10 on a disc like 11's" carrel_status 0 create ten --iso "$work/win.iso" --unattended --os win10
is "needs no TPM" "$(fields ten '[.os,.tpm]')" '["win10",false]'

check "a server" carrel_status 0 create server --iso "$work/server.iso" --unattended
xml=$(answer server)
is "evaluation media take no key" "$(value "$xml" Key)" /IMAGE/INDEX
like "a password that it takes" "$(grep -A1 '<AdministratorPassword>' <<<"$xml" | tail -n 1)" '<Value>[A-Z][a-z]+1</Value>'
check "a server takes not every password" carrel_status 2 create none --iso "$work/server.iso" --unattended --password-file "$work/simple"
check "and no Windows every name" carrel_status 2 create none --iso "$work/win.iso" --unattended --user guest
check "none of these left a VM" carrel_status 3 show none

# --- drivers ------------------------------------------------------------------------------------------------------------

iso "$work/own.iso" virtio-win-0.1.266
iso "$work/other.iso" GRAPHICS
check "create --drivers" carrel_status 0 create own --iso "$work/win.iso" --unattended --drivers "$work/own.iso"
is "is the VM's" "$(fields own .drivers)" "\"$work/own.iso\""
argv=$(carrel argv own)
like "in a drive of its own" "$argv" '"ide-cd".*"drivers0"'
like "the file" "$argv" "drivers0-medium.*$work/own.iso"
like "the disk is virtio's" "$argv" '"virtio-blk-pci","id":"disk0"'
like "so is the adapter" "$argv" '"virtio-net-pci'
xml=$(answer own)
like "Setup looks for them" "$xml" 'D:\\viostor\\w11\\amd64.*H:\\NetKVM\\w11\\amd64'
like "and for the guest agent" "$xml" 'qemu-ga-x86_64.msi'

check "what is given wins" carrel_status 0 create mixed --iso "$work/win.iso" --unattended --drivers "$work/own.iso" --set disk0.bus=sata
argv=$(carrel argv mixed)
like "the disk" "$argv" '"ide-hd","id":"disk0"'
like "and only the disk" "$argv" '"virtio-net-pci'
check "drivers of another kind" carrel_status 0 create other --iso "$work/win.iso" --unattended --drivers "$work/other.iso"
like "change no device" "$(carrel argv other)" '"ide-hd","id":"disk0"'
check "no such disc" carrel_status 1 create none --iso "$work/win.iso" --drivers "$work/nothing.iso"

iso "$work/packages/virtio-win/virtio-win.iso" virtio-win-0.1.240
check "with a package's disc" carrel_status 0 create packaged --iso "$work/win.iso"
is "it is taken" "$(fields packaged .drivers)" "\"$work/packages/virtio-win/virtio-win.iso\""
like "for drivers, by hand" "$(carrel argv packaged)" '"ide-hd","id":"disk0"'
check "the gallery's drivers have no hash" carrel_status 7 gallery download virtio-win
check "and are taken nevertheless, on demand" carrel_status 0 gallery download virtio-win --unverified
check "a VM made then" carrel_status 0 create stored --iso "$work/win.iso"
like "prefers them" "$(fields stored .drivers)" '/images/sha256-[0-9a-f]*\.iso"$'
check "or not, on demand" carrel_status 0 create without --iso "$work/win.iso" --drivers ""
is "none" "$(fields without .drivers)" '""'

# --- "Press any key to boot from CD or DVD" -------------------------------------------------------------------------------
# GRUB asks in Windows' place, and reads much when it is answered.

if command -v grub-mkrescue >/dev/null && [[ -d /usr/lib/grub/x86_64-efi ]] && command -v mformat >/dev/null; then
	mkdir -p "$work/boot/boot/grub"
	truncate -s 24M "$work/boot/one" "$work/boot/two"
	cat >"$work/boot/boot/grub/grub.cfg" <<-'END'
		echo 'Press any key to boot from CD or DVD......'
		read answer
		cmp /one /two
		echo begun
		sleep 600
	END
	grub-mkrescue -o "$work/asks.iso" "$work/boot" -- -volid CCCOMA_X64FRE_EN-US_DV9 -publisher "MICROSOFT CORPORATION" >"$work/xorriso" 2>&1
	check "a disc that asks" carrel_status 0 create asks --iso "$work/asks.iso" --unattended --drivers "" --secure-boot off --tpm off --memory 512M --cpus 1
	check "start" carrel_status 0 start asks
	check "is answered" wait_until 240 test ! -e "$CARREL_HOME/vms/asks/press-key"
	check "turn-off" carrel_status 0 turn-off asks
else
	skip "a disc that asks" "no GRUB for UEFI"
fi
done_testing
