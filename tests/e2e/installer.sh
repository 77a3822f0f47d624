#!/usr/bin/env bash
# The documents' example that drives an installer by its screen, with Debian's own one: from its boot menu to the mirror, which needs a network.
. "$(dirname "$0")/../lib.sh"

images=/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64
isolinux=/usr/lib/ISOLINUX/isolinux.bin
example=$top/data/examples/install-debian.sh

usage()
{
	local status=0
	"$example" 2>"$work/err" || status=$?
	[[ $status == 2 ]] && grep -q '^usage: ' "$work/err"
}
check "the example says how it is used" usage

if [[ -z ${CARREL_SLOW:-} || ! -r $images/linux || ! -r $isolinux ]] || ! command -v xorriso >/dev/null; then
	skip "the installer" "slow; CARREL_SLOW=1, debian-installer-12-netboot-amd64, isolinux and xorriso run it"
	done_testing
fi
new_home

# Debian's mini.iso, made of the files that its package has.
make_iso()
{
	mkdir "$work/cd" && cp "$images"/{linux,initrd.gz,boot-screens/*} "$isolinux" "$work/cd" &&
		sed -i 's#debian-installer/amd64/\(boot-screens/\)\?##g' "$work"/cd/*.cfg && mv "$work"/cd/{syslinux,isolinux}.cfg &&
		xorriso -as mkisofs -quiet -o "$work/mini.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
			"$work/cd" 2>"$work/err"
}

# The example has seen, and answered, what TEXT is the beginning of in its own words.
has_seen()
{
	grep -q "  $1" "$work/log"
}

check "a medium of the installer" make_iso
CARREL=$build/carrel PATIENCE=400s "$example" "$work/mini.iso" deb >"$work/log" 2>"$work/err" &
driver=$!
at_end quietly kill "$driver"
check "the menu" wait_until 100 has_seen '\[Ii\]nstaller'
check "the language" wait_until 200 has_seen 'Select a language'
check "the keyboard" wait_until 100 has_seen 'Configure the keyboard'
check "the hostname" wait_until 400 has_seen 'Please enter the hostname'
check "the domain" wait_until 100 has_seen 'Domain name'
check "the mirror" wait_until 100 has_seen 'HTTP proxy'
kill "$driver"
wait "$driver" 2>/dev/null
check "the record has the last words" carrel_status 0 screen deb --history --wait 'Choose a mirror' --timeout 20
carrel screen deb --history >"$work/history" 2>/dev/null
diag "the record has $(grep -c . "$work/history") lines, of the dialogs: $(grep -oE 'Select a language|Select your location|Configure the keyboard' "$work/history" | sort -u | tr '\n' ',')"
check "turn off" carrel_status 0 turn-off deb
done_testing
