#!/usr/bin/env bash
# The web server: who gets what (by curl), who does not, and noVNC in a real browser: it loads, shows the guest, and types into it.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq curl qemu-system-x86_64
need_live
[[ -e /usr/share/novnc/vnc.html ]] || skip_all "noVNC is not installed"
new_home

prompt='carrel-live:~#'

# start_server VIA [OPTION...]: its data as JSON in $work/server.
start_server()
{
	carrel --json connect c --via "$@" >"$work/server" 2>"$work/server.log" || { cat "$work/server.log" && return 1; }
	json_ok "$(<"$work/server")" '(.url | length) > 0 and (.view_url | length) > 0 and .port >= 1'
}

stop_server()
{
	carrel connect c --via web --stop
	wait_until 20 carrel_status 4 connect c --via web --stop
}

field()
{
	jq -r "$1" "$work/server"
}

# get PATH [CURL-OPTION...]: the status.
get()
{
	local path=$1
	shift
	curl -sk -o "$work/body" -m 10 --path-as-is -w '%{http_code}' "$@" "$base$path"
}

# socket QUERY [CURL-OPTION...]: the status of an upgrade. A good one is given up after a second.
socket()
{
	local query=$1
	shift
	curl -sk -o /dev/null -m 1 -w '%{http_code}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
		-H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' "$@" "${base}websockify$query"
}

files()
{
	is "the start page" "$(get '')" 200
	is "noVNC" "$(get vnc.html)" 200
	check "is noVNC's" grep -q noVNC "$work/body"
	check "with a script of ours" grep -q 'src="carrel-fit.js"' "$work/body"
	is "which is there" "$(get carrel-fit.js)" 200
	is "its scripts" "$(get core/rfb.js -w '%{http_code} %{content_type}')" '200 text/javascript; charset=utf-8'
	is "no other file" "$(get utils/novnc_proxy)" 404
	is "no way up" "$(get ../../../etc/passwd)" 404
	is "no encoded way up" "$(get %2e%2e/%2e%2e/etc/passwd)" 404
	is "no double slash" "$(get //etc/passwd)" 404
	is "HEAD" "$(get vnc.html -I)" 200
	is "no POST" "$(get '' -X POST)" 405
	is "no body" "$(get '' -X GET -d x=1)" 413
	is "no long head" "$(get '' -H "X: $(printf 'a%.0s' {1..9000})")" 431
	is "another name for this host: DNS rebinding" "$(get '' -H 'Host: evil.example')" 421
	is "localhost is this host, by whatever port ssh -L gave" "$(get '' -H 'Host: localhost:1234')" 200
}

# Each gate alone is shut.
sockets()
{
	local origin="Origin: ${base%/}"
	is "socket: token and origin" "$(socket "?token=$token" -H "$origin")" 101
	is "socket: no token" "$(socket '' -H "$origin")" 403
	is "socket: a wrong token" "$(socket '?token=abc' -H "$origin")" 403
	is "socket: a token with more behind it" "$(socket "?token=${token}x" -H "$origin")" 403
	is "socket: no origin" "$(socket "?token=$token")" 403
	is "socket: another site" "$(socket "?token=$token" -H 'Origin: http://evil.example')" 403
	is "socket: another port of this host" "$(socket "?token=$token" -H 'Origin: http://127.0.0.1:1')" 403
	is "socket: another name" "$(socket "?token=$token" -H "$origin" -H 'Host: evil.example')" 421
	is "socket: two origins" "$(socket "?token=$token" -H "$origin" -H 'Origin: http://evil.example')" 400
}

# crowd COUNT TEXT: so many connections at a time, that say TEXT and then nothing.
crowd()
{
	(
		ulimit -n 4096
		for ((i = 0; i < $1; i++)); do
			exec {fd}<>"/dev/tcp/127.0.0.1/$(field .port)" && printf '%b' "$2" >&"$fd"
		done
	) 2>/dev/null
}

serves()
{
	[[ $(get vnc.html) == 200 ]]
}

hostile()
{
	crowd 1000 ''
	crowd 300 'GET / HTTP/1.1\r\nHost: '
	crowd 100 'GET /vnc.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
	check "hostile: pages come again" wait_until 60 serves
}

# --- a browser --------------------------------------------------------------------------------------------------------

browser_program()
{
	command -v chromium || command -v chromium-browser || command -v google-chrome
}

# open_browser URL: Chromium with an empty profile; sets $browser.
open_browser()
{
	local sandbox=()
	[[ $(id -u) != 0 ]] || sandbox=(--no-sandbox) # Chromium refuses root otherwise
	"$(browser_program)" "${sandbox[@]}" --user-data-dir="$work/profile" --no-first-run --disable-gpu --disable-dev-shm-usage \
		--disable-extensions --test-type --disable-background-networking --password-store=basic --window-size=1100,850 \
		"${@:2}" --app="$1" >"$work/browser.log" 2>&1 &
	browser=$!
	at_end kill "$browser"
}

close_browser()
{
	kill "$browser"
	wait_until 20 no_window --name 'noVNC|carrel'
	rm -rf "$work/profile"
}

browser_shows()
{
	more_colours_than 4 "$(find_window --name noVNC)"
}

# picture_is_as_wide_as WINDOW: between noVNC's borders, which have one colour.
picture_is_as_wide_as()
{
	local width picture
	import -silent -window "$1" "$work/width.png"
	read -r width picture < <(identify -format '%w %@\n' "$work/width.png")
	((${picture%%x*} >= width - 2))
}

in_browser()
{
	local id
	if ! browser_program >/dev/null || ! command -v Xvfb >/dev/null || ! command -v xdotool >/dev/null; then
		skip "noVNC in a browser" "chromium, Xvfb or xdotool is not installed"
		return
	fi
	start_display || { not_ok "Xvfb starts" && return; }
	carrel type c $'clear; echo see-me\n'
	open_browser "$(field .url)"
	check "browser: noVNC opens" wait_until 60 find_window --name 'c - noVNC' ||
		{ diag "$(tail -n 20 "$work/browser.log")" && return; }
	id=$(find_window --name 'c - noVNC')
	type_into "$id" 'echo "web-{[~|]}"'
	check "browser: its keys reach the guest" carrel_status 0 screen c --wait '^web-\{\[~\|\]\}' --timeout 60s ||
		diag "$(carrel screen c)"
	check "browser: a guest that keeps its size is scaled to the window" wait_until 20 picture_is_as_wide_as "$id"
	import -silent -window "$id" "${CARREL_SHOT:-$work/browser.png}"
	check "browser: it shows the guest" test "$(identify -format %k "${CARREL_SHOT:-$work/browser.png}")" -gt 4
	close_browser
	open_browser "$(field .view_url)"
	check "browser: the second address lets in" wait_until 60 find_window --name 'c - noVNC' || return
	type_into "$(find_window --name 'c - noVNC')" 'echo never'
	carrel type c $'echo after\n'
	check "browser: the guest goes on" carrel_status 0 screen c --wait '^after *$' --timeout 60s
	check "browser: but types nothing" bash -c '! grep -q never' <<<"$(carrel screen c)"
	close_browser
	open_browser "${base}#wrong"
	check "browser: a wrong token is kept out" wait_until 60 find_window --name noVNC
	check "browser: and never gets the VM's name" no_window --name 'c - noVNC'
	close_browser
}

# What xdg-open is given is good once.
ticket()
{
	local url
	mkdir -p "$work/bin"
	# shellcheck disable=SC2016 # the $1 is the script's
	printf '#!/bin/sh\nprintf "%%s\\n" "$1" >"%s/opened"\n' "$work" >"$work/bin/xdg-open"
	chmod +x "$work/bin/xdg-open"
	DISPLAY=${DISPLAY:-:99} PATH=$work/bin:$PATH carrel connect c --via web >/dev/null 2>&1
	check "the default browser is opened" wait_until 20 test -s "$work/opened" || return
	url=$(<"$work/opened")
	check "its command line does not have the token" test "${url/"$token"/}" == "$url"
	like "its address leads to the token" "$(curl -sk -o /dev/null -w '%{http_code} %header{location}' "$url" 2>/dev/null)" '^303'
	is "once" "$(curl -sk -o /dev/null -w '%{http_code}' "$url")" 403
	rm "$work/opened"
	DISPLAY=${DISPLAY:-:99} PATH=$work/bin:$PATH carrel connect c --via web --no-open >"$work/out" 2>&1
	check "--no-open prints the address" grep -qF "#$token" "$work/out"
	check "and opens nothing" test ! -e "$work/opened"
}

no_page()
{
	! curl -s -m 5 "$1"
}

# certificate_is FINGERPRINT: one handshake. While the crowd's places are still taken, it gets none.
certificate_is()
{
	[[ $(openssl s_client -connect "127.0.0.1:$(field .port)" </dev/null 2>/dev/null |
		openssl x509 -noout -fingerprint -sha256 2>/dev/null) == *"$1"* ]]
}

tls()
{
	local origin fingerprint
	check "tls: starts" start_server web=0.0.0.0 || return
	check "tls: warns" grep -q 'warning.*open to the network' "$work/server.log"
	like "tls: the address says so" "$(field .url)" '^https://'
	base=https://127.0.0.1:$(field .port)/ token=$(field '.url | sub(".*#"; "")') origin="Origin: ${base%/}"
	is "tls: a page" "$(get vnc.html)" 200
	is "tls: a socket" "$(socket "?token=$token" -H "$origin")" 101
	is "tls: not for a page without TLS" "$(socket "?token=$token" -H "${origin/https/http}")" 403
	check "tls: plain HTTP gets nothing" no_page "http://127.0.0.1:$(field .port)/"
	if browser_program >/dev/null && xdotool getdisplaygeometry >/dev/null 2>&1; then
		open_browser "$base#$token" --ignore-certificate-errors
		check "tls: a browser connects" wait_until 60 find_window --name 'c - noVNC'
		close_browser
	else
		skip "tls: a browser connects" "chromium, Xvfb or xdotool is not installed"
	fi
	crowd 200 ''
	crowd 100 '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
	check "tls: half handshakes keep nobody out for long" wait_until 60 serves
	fingerprint=$(field .fingerprint)
	if command -v openssl >/dev/null; then
		check "tls: the fingerprint is that of the certificate" wait_until 60 certificate_is "$fingerprint"
	fi
	stop_server
	start_server web=0.0.0.0
	is "tls: the certificate stays" "$(field .fingerprint)" "$fingerprint"
	stop_server
}

carrel create c --image carrel-live --generation 1 --memory 256M --cpus 1 >/dev/null || not_ok "create"
check "web: starts while the VM is off, and tells its address" start_server web || done_testing
base=$(field '.url | sub("#.*"; "")') token=$(field '.url | sub(".*#"; "")')
check "web: on this host only" json_ok "$(<"$work/server")" '.address == "127.0.0.1"'
files
sockets
carrel start c >/dev/null || not_ok "start"
check "the guest comes up" carrel_status 0 screen c --wait "$prompt" --timeout 180s || done_testing
in_browser
ticket
hostile
check "web: ends" stop_server
check "unix sockets are not for browsers: 2" carrel_status 2 connect c --via "web=unix:$work/s"
export CARREL_NOVNC=/nonexistent
check "without noVNC: 5" carrel_status 5 connect c --via web
unset CARREL_NOVNC
tls
done_testing
