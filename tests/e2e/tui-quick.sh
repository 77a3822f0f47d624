#!/usr/bin/env bash
# Quick Create in a real terminal (tmux) on a gallery from a real web server: lists are fetched, words find images, a download shows how fast it is
# and is cancelled, what nobody can verify is asked about, a server that went away is told with the age of the copy, a file of one's own.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../nginx.sh"
need jq tmux nginx openssl qemu-img qemu-system-x86_64
new_home
www=$work/www
mkdir -p "$www"

sum()
{
	sha256sum "$1" | cut -c1-64
}

# feed_item NAME FILE HASH
feed_item()
{
	printf '{"name":"%s","version":"1","publisher":"Test Works","description":["About %s."],"disk":{"uri":"%s","hash":"%s"}},\n' "$1" "$1" "$2" "$3"
}

make_feed()
{
	head -c 6000000 /dev/urandom >"$work/disk.raw"
	truncate -s 16M "$work/disk.raw"
	qemu-img convert -O qcow2 "$work/disk.raw" "$www/disk.qcow2"
	{
		printf '{ "images": [\n'
		feed_item "Good System" disk.qcow2 "sha256:$(sum "$www/disk.qcow2")"
		feed_item "Slow System" slow/disk.qcow2 "sha256:$(sum "$www/disk.qcow2")"
		feed_item "Nameless System" disk.qcow2 ""
		printf '], }\n'
	} >"$www/feed.json"
}

# Only the feed: nothing else is to be waited for, and the network is none of our business.
only_feed()
{
	local name
	for name in $(carrel --json gallery sources | jq -r '.[] | select(.builtin | not) | .name'); do
		carrel gallery remove-source "$name" >/dev/null 2>&1 || not_ok "remove $name"
	done
	carrel gallery add-source lab "$nginx_url/feed.json" --no-refresh >/dev/null 2>&1 || not_ok "add the feed"
}

# The filter, written anew.
find_words()
{
	keys C-u
	typed "$1"
}

screen_lacks()
{
	! screen_matches "$1"
}

vms_are()
{
	[[ $(carrel --json list | jq -r 'map(.name + ":" + .state) | sort | join(" ")') == "$1" ]]
}

lists()
{
	tmux_start 120 40 env CARREL_HOME="$CARREL_HOME" "$build/carrel"
	check "Quick Create says that a list is missing" wait_screen '1 more list: Ctrl-R gets it' 20
	keys C-r
	check "Ctrl-R gets it: its images are there" wait_screen 'Good System +Test Works' 30
	check "nothing is said any more" wait_until 20 screen_lacks 'Ctrl-R gets it'
	find_words "works SLOW"
	check "words in any order and case find one" wait_screen '1 of [0-9]+' 10
	check "the page tells about it" wait_screen 'About Slow System' 10
	check "and how it will be verified" wait_screen 'verified by its hash|will be verified' 10
}

cancelled_download()
{
	keys Enter
	check "the download shows bytes, rate and time left" wait_screen '[KM]iB of .*iB, .*iB/s, [0-9:]+ left' 60
	keys C-x
	check "Ctrl-X cancels it" wait_until 30 screen_lacks 'iB/s'
	check "and no VM is there" vms_are ""
}

unverified()
{
	find_words "nameless"
	check "an image without a hash is marked" wait_screen 'Nameless System .*no hash' 10
	keys Enter
	check "and asked about" wait_screen 'no hash and no signature' 10
	keys Escape
	check "Esc takes nothing" wait_until 10 screen_lacks 'no hash and no signature'
	check "no VM was made" vms_are ""
	keys Enter
	wait_screen 'no hash and no signature' 10 || not_ok "asked again"
	keys Enter
	check "Enter takes it, to its console" wait_until 90 vms_are "nameless-system:running"
	keys C-] && typed d
	check "back in the list" wait_screen 'Virtual Machines' 20
	check "its image stays marked" test "$(carrel --json gallery list | jq '.[] | select(.id == "nameless-system") | .verified')" = false
	carrel turn-off nameless-system >/dev/null || not_ok "turned off"
}

own_file()
{
	typed c
	check "c opens it again" wait_screen 'Local installation source' 20
	keys End Enter
	check "the last row asks for a path" wait_screen 'Create and start +Esc' 10
	typed "$work/disk.raw" && keys Enter
	check "a VM is made of the file" wait_until 60 vms_are "disk:running nameless-system:off"
	keys C-] && typed d
	check "back in the list once more" wait_screen 'Virtual Machines' 20
	carrel turn-off disk >/dev/null || not_ok "turned off"
}

server_goes()
{
	stop_nginx
	typed c
	wait_screen 'Select an image' 10 || not_ok "open"
	keys C-r
	check "a server that is gone is told, and how old the copy is" wait_screen 'lab: copy of (just now|.* ago): ' 60
	find_words "good"
	check "its images stay" wait_screen 'Good System +Test Works' 10
	t resize-window -t t -x 80 -y 24
	check "also on a small screen" wait_screen 'Good System' 10
}

make_feed
nginx_rate=100k
start_nginx "$www" || not_ok "nginx starts"
only_feed
lists
cancelled_download
unverified
own_file
server_goes
done_testing
