#!/usr/bin/env bash
# The gallery against a real web server: feeds of every kind, downloads that are cut, wrong, unsigned, or not what they say; in the end a
# verified image or one clear sentence, and never a bad image in the store.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../nginx.sh"
need jq curl nginx openssl gpg gpgv qemu-img xz zip zstd
new_home
www=$work/www
mkdir -p "$www"

# --- what there is to fetch ---------------------------------------------------------------------------------------------

sum()
{
	sha256sum "$1" | cut -c1-64
}

versions=0

# A disk with a partition table, some data that does not compress, and holes.
make_images()
{
	(
		cd "$www" || exit 1
		truncate -s 64M disk.raw
		head -c 6000000 /dev/urandom | dd of=disk.raw bs=1M seek=2 conv=notrunc status=none
		printf '\x80\x00\x02\x00\x83\x20\x20\x00\x00\x08\x00\x00\x00\xf8\x01\x00' | dd of=disk.raw bs=1 seek=446 conv=notrunc status=none
		printf '\x55\xaa' | dd of=disk.raw bs=1 seek=510 conv=notrunc status=none
		qemu-img convert -O qcow2 disk.raw disk.qcow2
		qemu-img convert -O vhdx disk.raw disk.vhdx
		qemu-img convert -O vmdk disk.raw disk.vmdk
		qemu-img convert -O vdi disk.raw disk.vdi
		xz -k -0 disk.raw && zstd -q -1 disk.raw && gzip -k -1 disk.raw
		zip -q vm.zip disk.vhdx
		mkdir evil && (cd evil && cp ../disk.qcow2 x && zip -q ../evil.zip ../evil/x)
		qemu-img create -q -f qcow2 -b /etc/passwd -F raw backed.qcow2 1M
		printf 'this is no image, only a text\n' >text.img
	)
}

# hyperv_image NAME FILE HASH [MEMBER]
hyperv_image()
{
	printf '{"name":"%s","version":"1","publisher":"Test","description":["One. ","\\r\\n\\r\\n","Two."],"disk":{"uri":"%s","hash":"%s"%s},"logo":{"uri":"l.png","hash":""},},\n' \
		"$1" "$2" "$3" "${4:+,\"archiveRelativePath\":\"$4\"}"
}

write_hyperv()
{
	local file
	{
		printf '\xef\xbb\xbf{ "images": [\n'
		for file in disk.qcow2 disk.vhdx disk.vmdk disk.vdi disk.raw.xz disk.raw.zst disk.raw.gz; do
			hyperv_image "$file" "$file" "sha256:$(sum "$www/$file")"
		done
		hyperv_image "in a zip" vm.zip "SHA256:$(sum "$www/vm.zip" | tr a-f A-F)" disk.vhdx
		hyperv_image "no ranges" no-range/disk.vhdx "sha256:$(sum "$www/disk.vhdx")"
		hyperv_image "slow" slow/disk.qcow2 "sha256:$(sum "$www/disk.qcow2")"
		hyperv_image "wrong hash" disk.vdi "sha256:$(sum "$www/text.img")"
		hyperv_image "no hash" disk.vmdk ""
		hyperv_image "web page" html/disk.qcow2 ""
		hyperv_image "a text" text.img "sha256:$(sum "$www/text.img")"
		hyperv_image "backed" backed.qcow2 "sha256:$(sum "$www/backed.qcow2")"
		hyperv_image "missing" nowhere.qcow2 "sha256:$(sum "$www/disk.raw")"
		hyperv_image "loop" loop/x "sha256:$(sum "$www/disk.raw")"
		hyperv_image "away" to-file/x "sha256:$(sum "$www/disk.raw")"
		hyperv_image "auth" status/403 "sha256:$(sum "$www/disk.raw")"
		printf '{"name":"no disk","version":"1"},\n'
		printf '], }\n'
	} >"$www/gallery.json"
}

# asked_often COUNT REGEX: at least so many match; nginx writes them down when it has ended them.
asked_often()
{
	[[ $(requests "$2") -ge $1 ]]
}

# requests REGEX: how many match.
requests()
{
	nginx_log "$1" | wc -l
}

# --- helpers ------------------------------------------------------------------------------------------------------------

sources()
{
	json_ok "$(carrel --json gallery sources)" "$1"
}

list()
{
	json_ok "$(carrel --json gallery list)" "$1"
}

stored_path()
{
	echo "$CARREL_HOME/images/sha256-$(carrel --json gallery show "$1" | jq -r .sha256).qcow2"
}

# got ID: it is in the store, verified, and has the disk's content.
got()
{
	check "$1: arrives" carrel gallery download "$1" || return
	check "$1: is verified" list ".[] | select(.id == \"$1\") | .available and .verified"
	check "$1: has the content" qemu-img compare -q -f qcow2 -F raw "$(stored_path "$1")" "$www/disk.raw"
}

# What is in the store, but for downloads that were cut.
in_store()
{
	local path
	for path in "$CARREL_HOME"/images/*; do
		[[ $path == *.fetch || ! -e $path ]] || printf '%s\n' "${path##*/}"
	done
}

# refused ID STATUS REGEX [OPTION...]: one sentence, and nothing of it in the store.
refused()
{
	local id=$1 wanted=$2 regex=$3 status=0 before after
	shift 3
	before=$(in_store)
	carrel gallery download "$id" "$@" >"$work/out" 2>"$work/err" || status=$?
	after=$(in_store)
	is "$id: exit status" "$status" "$wanted"
	like "$id: says why" "$(tail -n 1 "$work/err")" "$regex"
	is "$id: nothing of it is in the store" "$after" "$before"
}

# --- tests --------------------------------------------------------------------------------------------------------------

shipped_sources()
{
	check "sources: the shipped ones are there" sources 'map(.name) | index("carrel") != null and index("ubuntu") != null'
	check "sources: nothing was fetched unasked" sources 'map(select(.builtin | not) | .age_s) | all(. == null)'
	check "list: works without any of them" list 'map(.id) | index("carrel-live") != null'
	# The tests' lists come from the tests' server alone.
	for name in ubuntu linuxcontainers; do
		check "remove-source $name" carrel gallery remove-source "$name"
	done
	check "sources: gone" sources 'map(.name) | index("ubuntu") == null'
	check "remove-source twice: 3" carrel_status 3 gallery remove-source ubuntu
}

hyperv()
{
	is "add-source says the name" "$(carrel gallery add-source lab "$nginx_url/gallery.json" 2>/dev/null)" lab
	check "hyperv: all images but one" sources '.[] | select(.name == "lab") | .items == 19 and .error == null and .type == "auto"'
	like "hyperv: the one is told, with its line" "$(carrel gallery sources)" 'lab: left out: .*:21: an image .*no disk.* has no .disk. with a .uri.'
	check "hyperv: description" json_ok "$(carrel --json gallery show in-a-zip)" '.description == "One. \n\nTwo."'
	check "hyperv: found by words" json_ok "$(carrel --json gallery list ZIP test)" 'length == 1'
	for id in disk.qcow2 disk.vhdx disk.vmdk disk.vdi disk.raw.xz disk.raw.zst disk.raw.gz in-a-zip no-ranges; do
		got "$id"
	done
	is "one download for the same bytes" "$(requests 'GET /no-range/disk.vhdx')" 0
}

bad_ones()
{
	refused wrong-hash 7 'not what was published: its sha256 is wrong'
	refused no-hash 7 'has no hash of no hash.*--unverified'
	refused web-page 7 'web page' --unverified
	refused a-text 7 'text'
	refused backed 7 'backing|outside'
	refused missing 3 '404 Not Found'
	refused loop 1 'redirects once more'
	refused away 1 'no web address'
	refused auth 1 '403 Forbidden'
	refused nobody 3 'there is no image'
	check "no hash: taken when asked so" carrel gallery download no-hash --unverified
	check "no hash: and it says so afterwards" json_ok "$(carrel --json gallery show no-hash)" '.available and (.verified | not) and .trust == "none"'
	check "no temporary folder is left" no_parts
}

no_parts()
{
	! compgen -G "$CARREL_HOME/images/*.part" >/dev/null
}

# fetched_more_than BYTES
fetched_more_than()
{
	local file
	for file in "$CARREL_HOME"/images/*.fetch/download; do
		[[ -e $file && $(stat -c %s "$file") -gt $1 ]] && return
	done
	return 1
}

job_is()
{
	json_ok "$(carrel --json jobs)" "map(select(.verb == \"download\")) | last | .state == \"$1\""
}

cuts()
{
	local before
	carrel gallery prune --all >/dev/null 2>&1
	carrel --json gallery download slow --no-wait >/dev/null || not_ok "starts"
	check "cut: the download is on its way" wait_until 30 fetched_more_than 300000
	stop_nginx
	start_nginx "$www"
	check "cut: it goes on when the server is back" wait_until 60 fetched_more_than 1200000
	kill -KILL "$(daemon_pid)"
	before=$(stat -c %s "$CARREL_HOME"/images/*.fetch/download)
	check "kill -9: what came is kept" test "$before" -gt 1200000
	check "kill -9: it is done" carrel gallery download slow
	check "kill -9: by ranges" wait_until 10 asked_often 2 '^206 .*GET /slow/disk.qcow2'
	check "kill -9: has the content" qemu-img compare -q -f qcow2 -F raw "$(stored_path slow)" "$www/disk.raw"
	carrel gallery prune --all >/dev/null
	carrel --json gallery download slow --no-wait >"$work/job"
	check "cancel: on its way" wait_until 30 fetched_more_than 300000
	carrel api call "$(jq -r .job "$work/job")" Job.Cancel >/dev/null
	check "cancel: the job says so" wait_until 20 job_is cancelled
	check "cancel: what came is kept" fetched_more_than 300000
	# Two at once are one: both wait for the same bytes.
	carrel gallery download slow >/dev/null 2>&1 &
	local first=$!
	carrel gallery download disk.qcow2 >"$work/out" 2>&1
	wait "$first"
	is "twice at once: both are done" "$?" 0
	check "twice at once: both are there" list '[.[] | select(.id == "slow" or .id == "disk.qcow2") | .available] == [true, true]'
}

# A part whose beginning is of another file is found out, and fetched anew.
changed()
{
	carrel gallery prune --all >/dev/null
	carrel --json gallery download slow --no-wait >"$work/job"
	wait_until 30 fetched_more_than 300000
	carrel api call "$(jq -r .job "$work/job")" Job.Cancel >/dev/null
	wait_until 20 job_is cancelled
	dd if=/dev/zero of="$(echo "$CARREL_HOME"/images/*.fetch/download)" bs=1k seek=200 count=4 conv=notrunc status=none
	check "damaged part: fetched anew" carrel gallery download slow
	check "damaged part: has the content" qemu-img compare -q -f qcow2 -F raw "$(stored_path slow)" "$www/disk.raw"
}

use_and_prune()
{
	check "create: a VM of a fetched image" carrel create v --image disk.qcow2 --memory 64M
	# shellcheck disable=SC2016 # the inner shell's
	check "create: its disk stands on the store" bash -c 'qemu-img info -U --output=json "$0" | jq -e ".\"full-backing-filename\" | test(\"sha256-\")"' \
		"$CARREL_HOME/vms/v/disk0.qcow2"
	check "prune: keeps what a VM stands on" carrel gallery prune --all
	check "prune: it is there" test -e "$(stored_path disk.qcow2)"
	carrel delete v --yes
	check "prune --dry-run: tells" json_ok "$(carrel --json gallery prune --all --dry-run)" '.dry_run and (.removed | length) >= 1 and .freed > 0'
	check "prune: removes nothing then" list '[.[] | select(.available)] | length >= 1'
	check "prune --all" carrel gallery prune --all
	is "prune: the store is empty" "$(in_store)" ""
}

# --- signatures -----------------------------------------------------------------------------------------------------------

make_key()
{
	local home=$work/gpg-$1
	mkdir -m 700 "$home"
	gpg --homedir "$home" --batch --quiet --faked-system-time "${3:-20250101T000000!}" --passphrase '' --quick-gen-key "$1 <$1@test>" ed25519 sign "$2" 2>/dev/null
	gpg --homedir "$home" --batch --quiet --export >"$work/$1.gpg"
	at_end gpgconf --homedir "$home" --kill all
}

sign_clear()
{
	gpg --homedir "$work/gpg-$1" --batch --quiet --yes ${4:+--faked-system-time "$4"} --passphrase '' --clear-sign --output "$3" "$2" 2>/dev/null
}

write_streams()
{
	mkdir -p "$www/streams/v1"
	cat >"$www/streams/v1/index.json" <<-'END'
	{"format":"index:1.0","index":{"images":{"datatype":"image-downloads","path":"streams/v1/images.json","format":"products:1.0"}}}
	END
	cat >"$www/streams/v1/images.json" <<-END
	{"content_id":"images","format":"products:1.0","products":{"a:b":{"arch":"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')","os":"Debian","release":"trixie",
	"variant":"cloud","versions":{"20260511_05:24":{"items":{"d":{"ftype":"disk-kvm.img","path":"disk.qcow2","size":$(stat -c %s "$www/disk.qcow2"),
	"sha256":"$(sum "$www/disk.qcow2")"}}}}}}}
	END
}

# newer FILE: nginx makes ETags of sizes and seconds, and would say "not modified" of two versions within one second.
newer()
{
	versions=$((versions + 1))
	touch -d "2026-01-01 UTC + $versions minutes" "$1"
}

sign_streams()
{
	local file
	for file in index images; do
		sign_clear "$1" "$www/streams/v1/$file.json" "$www/streams/v1/$file.sjson" "${2:-}"
		newer "$www/streams/v1/$file.sjson"
	done
}

signatures()
{
	make_key good never
	make_key other never
	make_key old 2d 20200101T000000!
	write_streams
	sign_streams good
	check "streams: signed" carrel gallery add-source s "$nginx_url/" --type simplestreams --keyring "$work/good.gpg"
	check "streams: the signature is told" sources '.[] | select(.name == "s") | .signature == "good" and (.signer | test("good@test")) and .items == 1'
	check "streams: so is that of its items" list '.[] | select(.id == "debian-trixie-cloud") | .trust == "signature" and .cloud_init'
	got debian-trixie-cloud
	sign_streams other
	check "streams: another key: 7" carrel_status 7 gallery refresh s
	check "streams: the last good copy stays" sources '.[] | select(.name == "s") | .items == 1 and (.error | test("a key that the keyring"))'
	sign_streams good
	sed -i 's/trixie/foo/' "$www/streams/v1/images.sjson"
	newer "$www/streams/v1/images.sjson"
	check "streams: changed after signing: 7" carrel_status 7 gallery refresh s
	check "streams: and said so" sources '.[] | select(.name == "s") | .error | test("does not match its signature")'
	sign_streams old 20200101T120000!
	check "add another" carrel gallery add-source o "$nginx_url/" --type simplestreams --keyring "$work/old.gpg" --no-refresh
	check "streams: expired key: 7" carrel_status 7 gallery refresh o
	rm "$www/streams/v1/index.sjson"
	check "streams: no signed index: 3" carrel_status 3 gallery refresh s
	sign_streams good
	check "no such keyring: 1" carrel_status 1 gallery add-source k "$nginx_url/" --type simplestreams --keyring "$work/none.gpg"
	for name in s o k; do
		carrel gallery remove-source "$name" || not_ok "remove $name"
	done
	check "their copies are gone" test ! -e "$CARREL_HOME/cache/gallery/s"
}

vendor()
{
	(cd "$www" && sha512sum disk.qcow2 disk.vdi >SHA512SUMS)
	gpg --homedir "$work/gpg-good" --batch --quiet --yes --passphrase '' --detach-sign --output "$www/SHA512SUMS.sig" "$www/SHA512SUMS" 2>/dev/null
	cat >"$www/own.json" <<-END
	{"format":1,"items":[
	{"id":"glob","name":"By a glob","publisher":"P","version":"1","description":"D","kind":"disk","url":"./","checksums":"SHA512SUMS","checksums_name":"d*.qcow2",
	 "signature":"SHA512SUMS.sig","keyring":"$work/good.gpg"},
	{"id":"mirrors","name":"Mirrors","publisher":"P","version":"1","description":"D","kind":"disk","url":["gone/disk.vdi","disk.vdi"],"hash":"$(sum "$www/disk.vdi")"},
	{"id":"not-in-it","name":"N","publisher":"P","version":"1","description":"D","kind":"disk","url":"disk.vmdk","checksums":"SHA512SUMS"},
	{"id":"wrong-key","name":"W","publisher":"P","version":"1","description":"D","kind":"disk","url":"disk.vdi","checksums":"SHA512SUMS",
	 "signature":"SHA512SUMS.sig","keyring":"$work/other.gpg"},
	{"id":"own-builder","name":"B","publisher":"P","version":"1","description":"D","kind":"iso","builder":"live/build-live"}]}
	END
	check "own format: by https" env SSL_CERT_FILE="$nginx_ca" true
	check "own format" carrel gallery add-source "$nginx_url/own.json"
	got glob
	check "glob: signed" list '.[] | select(.id == "glob") | .trust == "signature"'
	got mirrors
	refused not-in-it 7 'has no checksum of'
	refused wrong-key 7 'a key that the keyring'
	like "builders are ours alone" "$(carrel gallery sources)" 'only carrel.s own feed may name'
	is "the name is made from the host" "$(carrel --json gallery sources | jq -r '.[-1].name')" 127.0.0.1
}

# What came decides, whatever the feed says.
shapes()
{
	xorriso -outdev "$www/installer.iso" -volid "Debian 12.5.0 amd64 n" -map "$0" /readme >/dev/null 2>&1
	base64 -d >"$www/dot.png" <<<"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	cat >"$www/shapes.json" <<-END
	{"format":1,"items":[
	{"id":"disc","name":"A","publisher":"P","version":"1","description":"D","kind":"disk","url":"installer.iso","hash":"$(sum "$www/installer.iso")",
	 "thumbnail":{"url":"html/dot.png"}},
	{"id":"disk","name":"B","publisher":"P","version":"1","description":"D","kind":"iso","url":"disk.qcow2","hash":"$(sum "$www/disk.qcow2")",
	 "thumbnail":{"url":"dot.png","hash":"$(sum "$www/disk.raw")"}},
	{"id":"cloud","name":"C","publisher":"P","version":"1","description":"D","kind":"disk","url":"disk.vdi","hash":"$(sum "$www/disk.vdi")","cloud_init":true,
	 "os":"debian12","logo":{"url":"dot.png","hash":"$(sum "$www/dot.png")"}}]}
	END
	check "shapes: add" carrel gallery add-source shapes "$nginx_url/shapes.json"
	like "picture: a logo" "$(carrel api call /io/carrel Manager.ImagePicture cloud)" '^.{1,3}byte 0x89, 0x50, 0x4e, 0x47'
	check "picture: a web page is none" carrel_status 1 api call /io/carrel Manager.ImagePicture disc
	check "picture: another than its feed says: 7" carrel_status 7 api call /io/carrel Manager.ImagePicture disk
	check "picture: none: 3" carrel_status 3 api call /io/carrel Manager.ImagePicture carrel-live
	check "shapes: a disc that was called a disk" carrel create disc --image disc
	check "shapes: is in the DVD drive, with a disk to install to" json_ok "$(carrel --json show disc)" \
		'(.iso | endswith(".iso")) and .os == "debian12" and (.disks | length) == 1 and .disks[0].size >= 20 * 1024 * 1024 * 1024'
	check "shapes: a disk that was called a disc" carrel create disk --image disk
	check "shapes: is what the VM's rests on" json_ok "$(carrel --json show disk)" '.iso == "" and (.disks | length) == 1'
	is "shapes: is as large as it was" "$(qemu-img info --output=json "$CARREL_HOME/vms/disk/disk0.qcow2" | jq '."virtual-size"')" "$(stat -c %s "$www/disk.raw")"
	check "shapes: a cloud image" carrel create cloud --image cloud
	check "shapes: can grow, and has what its system needs" json_ok "$(carrel --json show cloud)" '.disks[0].size >= 20 * 1024 * 1024 * 1024 and .os == "debian12" and .seed != ""'
	check "shapes: too small: 2" carrel_status 2 create small --image cloud --disk-size 1M
	check "shapes: which left nothing" carrel_status 3 show small
	for name in disc disk cloud; do
		carrel delete "$name" --yes || not_ok "delete $name"
	done
	carrel gallery remove-source shapes || not_ok "remove shapes"
}

offline()
{
	printf '{\n\n"images": [}\n' >"$www/broken.json"
	check "broken: 1" carrel_status 1 gallery add-source broken "$nginx_url/broken.json"
	check "broken: told with its line" sources '.[] | select(.name == "broken") | .error | test("broken.json:3: ")'
	check "broken: hides nothing" list 'map(.id) | index("disk.qcow2") != null and index("carrel-live") != null'
	check "not modified: fine" carrel gallery refresh lab
	check "not modified: was asked so" wait_until 10 asked_often 1 '^304 .*GET /gallery.json'
	stop_nginx
	check "offline: 1" carrel_status 1 gallery refresh lab
	check "offline: the copy is used, its age told" sources '.[] | select(.name == "lab") | .items == 19 and .age_s >= 0 and (.error | length) > 0'
	kill -TERM "$(daemon_pid)"
	check "offline: also by the next daemon" list 'map(.id) | index("disk.qcow2") != null'
	check "a path is a source, too" carrel gallery add-source "$www/gallery.json"
	check "ids that are taken get the source's name" list 'map(.id) | index("disk.qcow2-gallery") != null'
	check "from a file" carrel gallery download disk.vmdk-gallery
	printf 'source x {\n\ttype = magic\n}\n' >"$CARREL_HOME/carrel.conf"
	like "carrel.conf: what is wrong is told" "$(carrel gallery sources 2>&1 >/dev/null)" 'carrel.conf:2:'
	check "carrel.conf: what was good stays in force" sources 'map(.name) | index("lab") != null'
	check "carrel.conf: and is not overwritten: 2" carrel_status 2 gallery remove-source lab
}

make_images || not_ok "images"
write_hyperv
nginx_rate=200k
start_nginx "$www" || not_ok "nginx starts"
shipped_sources
hyperv
bad_ones
cuts
changed
use_and_prune
signatures
vendor
shapes
offline
done_testing
