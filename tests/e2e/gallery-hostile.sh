#!/usr/bin/env bash
# What the world does to a gallery: fifty cuts in one download, bombs, feeds without end and with bytes that no terminal should see, a disk that is
# full in the middle. In the end a verified image or one clear sentence, and never a bad image in the store.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../nginx.sh"
need jq nginx qemu-img zstd gzip
new_home
www=$work/www
mkdir -p "$www"

sum()
{
	sha256sum "$1" | cut -c1-64
}

# item ID FILE [KEYS]: a row of our own format.
item()
{
	printf '{"id":"%s","name":"%s","publisher":"P","version":"1","description":"D","kind":"disk","url":"%s","hash":"%s"%s}' "$1" "$1" "$2" "$(sum "$www/${2##*/}")" "${3:-}"
}

# Bytes that do not compress behind a boot record, so that it is a disk.
make_disk()
{
	truncate -s 16M "$www/disk.raw"
	head -c 4000000 /dev/urandom | dd of="$www/disk.raw" bs=1M seek=1 conv=notrunc status=none
	boot_record | dd of="$www/disk.raw" conv=notrunc status=none
	qemu-img convert -O qcow2 "$www/disk.raw" "$www/disk.qcow2"
}

boot_record()
{
	head -c 446 /dev/zero
	printf '\x80\x00\x02\x00\x83\x20\x20\x00\x00\x08\x00\x00\x00\xf8\x00\x00'
	head -c 48 /dev/zero
	printf '\x55\xaa'
}

# 10 GiB of nothing behind a boot record: as members of gzip, each a gigabyte, and as one frame of zstd.
make_bombs()
{
	local i
	head -c 1G /dev/zero | gzip -9 >"$work/gigabyte.gz"
	boot_record | gzip >"$www/bomb.gz"
	for ((i = 0; i < 10; i++)); do
		cat "$work/gigabyte.gz"
	done >>"$www/bomb.gz"
	{ boot_record && head -c 10G /dev/zero; } | zstd -q -1 >"$www/bomb.zst"
}

stored_path()
{
	echo "$CARREL_HOME/images/sha256-$(carrel --json gallery show "$1" | jq -r .sha256).qcow2"
}

has_disk()
{
	qemu-img compare -q -f qcow2 -F raw "$(stored_path "$1")" "$www/disk.raw"
}

no_image()
{
	! compgen -G "$CARREL_HOME/images/sha256-*" >/dev/null && ! compgen -G "$CARREL_HOME/images/*.part" >/dev/null
}

# Bytes of the download that have come.
part_size()
{
	local file size=0
	for file in "$CARREL_HOME"/images/*.fetch/download; do
		[[ ! -e $file ]] || size=$(stat -c %s "$file" 2>/dev/null || echo 0)
	done
	printf '%s\n' "${size:-0}"
}

grew_beyond()
{
	[[ $(part_size) -gt $1 ]]
}

# --- cuts -----------------------------------------------------------------------------------------------------------------

# By turns the connection and the daemon go, after so many bytes as chance wants. Whoever waits asks again, as a person would.
cut_fifty_times()
{
	local i before pid
	for ((i = 0; i < 50; i++)); do
		before=$(part_size)
		carrel gallery download slow --no-wait >/dev/null 2>&1
		wait_until 60 grew_beyond $((before + RANDOM)) || return
		if ((i % 2)); then
			kill_nginx_connections
		else
			pid=$(daemon_pid)
			kill -KILL "$pid"
			wait_until 30 gone "$pid" || return
		fi
	done
}

gone()
{
	! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") == Z* ]]
}

cuts()
{
	nginx_log_clear
	check "fifty cuts" cut_fifty_times
	check "nothing of it is in the store before its end" no_image
	check "and it is done" carrel gallery download slow
	check "has the content" has_disk slow
	check "and is verified" json_ok "$(carrel --json gallery show slow)" '.verified and .trust == "hash"'
	check "by ranges" test "$(nginx_log '^206' | wc -l)" -ge 20
	check "prune" carrel gallery prune --all
	check "prune leaves nothing" no_image
}

# --- bombs ----------------------------------------------------------------------------------------------------------------

used_kb()
{
	du -sk "$CARREL_HOME" | cut -f1
}

peak_kb()
{
	sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(daemon_pid)/status"
}

bombs()
{
	local kind
	for kind in gz zst; do
		check "a bomb ($kind): 7" carrel_status 7 gallery download "bomb-$kind"
		like "a bomb ($kind): is called one" "$(carrel gallery download "bomb-$kind" 2>&1 | tail -n 1)" 'bomb'
		check "a bomb ($kind): nothing is in the store" no_image
	done
	check "no disk was filled" test "$(used_kb)" -lt 100000
	check "no memory, either" test "$(peak_kb)" -lt 400000
}

# --- feeds ----------------------------------------------------------------------------------------------------------------

# A hundred thousand images in Hyper-V's format; and one whose words are escape sequences and no UTF-8.
make_feeds()
{
	jq -nc '{images: [range(100000) | {name: "Image \(.)", version: "1", publisher: "P", description: ["D"],
		disk: {uri: "https://images.example/\(.).vhdx", hash: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}]}' >"$www/endless.json"
	printf '{"images":[{"name":"\\u001b[2Jwiped \xff\xfe","version":"\\u009b1","publisher":"\\u202eP","description":["\\u0007D\\u001b]0;t\\u0007"],"disk":{"uri":"disk.qcow2","hash":"sha256:%s"}}]}' \
		"$(sum "$www/disk.qcow2")" >"$www/odd.json"
}

# No control character but newlines.
is_tame()
{
	! LC_ALL=C grep -q '[^[:print:][:space:]]' <(LC_ALL=C tr -d '\200-\377' <<<"$1") && ! LC_ALL=C grep -q $'[\033\a\b\r]' <<<"$1"
}

feeds()
{
	check "100,000 images are taken" carrel gallery add-source endless "$nginx_url/endless.json"
	is "and listed" "$(carrel --json gallery list --source endless | jq length)" 100000
	check "in some ten kilobytes each, at the worst moment" test "$(peak_kb)" -lt 1500000
	check "the other images are there still" carrel gallery show carrel-live
	check "its list is dropped" carrel gallery remove-source endless
	check "odd bytes are taken" carrel gallery add-source odd "$nginx_url/odd.json"
	check "list shows nothing that moves the cursor" is_tame "$(carrel gallery list --source odd)"
	check "nor does show" is_tame "$(carrel gallery show "$(carrel --json gallery list --source odd | jq -r '.[0].id')")"
	check "nor do sources" is_tame "$(carrel gallery sources)"
	check "and gone" carrel gallery remove-source odd
}

# --- no room --------------------------------------------------------------------------------------------------------------

ended_for_want_of_room()
{
	json_ok "$(carrel --json jobs)" 'map(select(.verb == "download")) | last | .state == "failed" and (.error.message // .error | tostring | test("[Ss]pace|room"))'
}

has_asked()
{
	[[ -n $(nginx_log "$1") ]]
}

no_room()
{
	local images=$CARREL_HOME/images
	end_home "$CARREL_HOME"
	if ! mount -t tmpfs -o size=40m carrel-test "$images" 2>/dev/null; then
		skip "a full disk" "only root may mount one"
		return
	fi
	check "no room: 1" carrel_status 1 gallery download whole
	like "no room: says so, and what to do" "$(carrel gallery download whole 2>&1 | tail -n 1)" '[Ss]pace|room'
	check "no room: nothing is in the store" no_image
	mount -o remount,size=80m "$images"
	carrel gallery download slow --no-wait >/dev/null 2>&1
	check "in the middle: it is on its way" wait_until 30 grew_beyond 500000
	head -c 100M /dev/zero >"$images/full" 2>/dev/null
	check "in the middle: the job says that there is no room" wait_until 30 ended_for_want_of_room
	check "in the middle: what came is kept" grew_beyond 500000
	check "in the middle: nothing is in the store" no_image
	rm "$images/full"
	nginx_log_clear
	check "with room it is done" carrel gallery download slow
	check "with room: it went on where it was" wait_until 10 has_asked '^206'
	check "with room: has the content" has_disk slow
	end_home "$CARREL_HOME"
	umount "$images"
}

make_disk
make_bombs
make_feeds
nginx_rate=400k
start_nginx "$www" || exit
printf '{"format":1,"items":[%s,%s,%s,%s]}' "$(item slow slow/disk.qcow2)" "$(item whole disk.qcow2)" "$(item bomb-gz bomb.gz)" "$(item bomb-zst bomb.zst)" >"$www/own.json"
check "our own feed" carrel gallery add-source own "$nginx_url/own.json"
cuts
bombs
feeds
no_room
done_testing
