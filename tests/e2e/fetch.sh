#!/usr/bin/env bash
# Fetching from a real web server (nginx): cut in the middle many times, without ranges, over HTTP/2 with a certificate of ours, redirects, proxies.
# shellcheck disable=SC2154 # $work, $nginx_url and others are set by the libraries
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../nginx.sh"

nginx_rate=600k
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY CURL_CA_BUNDLE SSL_CERT_FILE
export no_proxy='*'
mkdir "$work/www"
head -c 3000000 /dev/urandom >"$work/www/image"
printf '{"images":[]}' >"$work/www/feed.json"

# fetch ARGUMENT...: the messages are in $work/heads and $work/said, the bytes in $work/got.
fetch()
{
	"$build/tests/tools/fetch-file" "$@" >"$work/heads" 2>"$work/said"
}

# brings PATH...: the image comes from there, whole. What there was before is removed.
brings()
{
	rm -f "$work/got"
	fetch "$work/got" "$@" || { cat "$work/said" && return 1; }
	cmp "$work/got" "$work/www/image"
}

# fails STATUS REGEX ARGUMENT...
fails()
{
	local wanted=$1 regex=$2 status=0
	shift 2
	fetch "$@" || status=$?
	[[ $status == "$wanted" && $(<"$work/said") =~ $regex ]] || { printf 'status %s\n' "$status" && cat "$work/said" && return 1; }
}

# Bytes that have come so far are more than $1.
has_more_than()
{
	[[ $(stat -c %s "$work/got" 2>/dev/null || printf 0) -gt $1 ]]
}

# ... or process $2 has ended.
has_more_or_ended()
{
	has_more_than "$1" || ! kill -0 "$2"
}

did "nginx starts" start_nginx "$work/www" || done_testing

# --- ways that work -----------------------------------------------------------------------------------------------------

for place in "" no-range/ chunked/ no-etag/ bare/ moved/; do
	check "comes from /${place}image" brings "$nginx_url/${place}image"
done
brings "$nginx_url/html/image" >/dev/null
like "a web page comes as what it is" "$(<"$work/heads")" ' text/html '
check "with no room most of the time" brings --full 2 "$nginx_url/image"
check "a document" fetch --document "$work/document" "$nginx_url/feed.json"
is "is whole" "$(<"$work/document")" "$(<"$work/www/feed.json")"
check "a file address" brings "file://$work/www/image"
fetch --document --etag "$(stat -c '"%Y"' "$work/www/feed.json")" "$work/document" "$nginx_url/feed.json"
like "an unknown ETag brings it anew" "$(<"$work/heads")" '^document new'

# --- cut ----------------------------------------------------------------------------------------------------------------

# was_asked REGEX: nginx writes a request down when it has ended it, which may be after its last byte has come.
was_asked()
{
	[[ -n $(nginx_log "${1:-}") ]]
}

# cut_often PLACE: connections are cut whenever some bytes have come, until it is whole.
cut_often()
{
	local cuts=0 pid size
	rm -f "$work/got"
	fetch --retries 20 "$work/got" "$nginx_url/$1/image" &
	pid=$!
	while [[ $cuts -lt 8 ]] && kill -0 "$pid" 2>/dev/null; do
		size=$(stat -c %s "$work/got" 2>/dev/null || printf 0)
		wait_until 60 has_more_or_ended $((size + 50000)) "$pid"
		cuts=$((cuts + 1))
		kill_nginx_connections
	done
	wait "$pid" || { cat "$work/said" && return 1; }
	cmp "$work/got" "$work/www/image" && grep -q "^head [1-9]" "$work/heads"
}

nginx_log_clear
check "goes on after cuts" cut_often slow
check "by Range and If-Range" wait_until 10 was_asked '^206 .*bytes=[1-9][0-9]*-- "[0-9a-f]+-[0-9a-f]+"- HTTP/1.1 GET /slow/image'
is "and begins once" "$(grep -c '^head 0 ' "$work/heads")" 1

# After its end (kill -9), what is there is gone on with; and not when the file has become another one.
killed_in_the_middle()
{
	local pid
	rm -f "$work/got"
	"$build/tests/tools/fetch-file" "$work/got" "$nginx_url/slow/image" >"$work/heads" 2>&1 &
	pid=$!
	wait_until 30 has_more_than 100000
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	read -r _ _ total _ etag url <"$work/heads"
	offset=$(stat -c %s "$work/got")
}

did "killed in the middle" killed_in_the_middle
check "another process goes on" fetch --offset "$offset" --total "$total" --etag "$etag" --known-url "$url" "$work/got" \
	"$nginx_url/slow/image"
check "the file is whole" cmp "$work/got" "$work/www/image"
is "nothing was fetched twice" "$(cut -d ' ' -f 1-3 "$work/heads")" "head $offset $total"
check "all of it is there already" fetch --offset "$total" --total "$total" --etag "$etag" --known-url "$url" "$work/got" "$nginx_url/slow/image"

did "killed in the middle again" killed_in_the_middle
head -c 3000000 /dev/urandom >"$work/www/image"
check "and the file has changed since" fetch --offset "$offset" --total "$total" --etag "$etag" --known-url "$url" "$work/got" \
	"$nginx_url/slow/image" || diag "$(<"$work/said")"
check "the new file is whole" cmp "$work/got" "$work/www/image"
is "and was begun anew" "$(cut -d ' ' -f 1-3 "$work/heads")" "head 0 $total"

# --- mirrors --------------------------------------------------------------------------------------------------------------

check "the third mirror has it" brings "$nginx_url/none" "$nginx_url/status/500" "$nginx_url/image"
check "none of the mirrors" fails 3 'none of the 2 mirrors has it: .*404 Not Found; .*410 Gone' "$work/got" "$nginx_url/none" "$nginx_url/status/410"

# --- what is refused ------------------------------------------------------------------------------------------------------

check "404" fails 3 "^http://127.0.0.1:[0-9]+/none: the server says 404 Not Found" "$work/got" "$nginx_url/none?secret=1"
check "503" fails 1 "503 Service Unavailable" --retries 1 "$work/got" "$nginx_url/status/503"
check "a redirect loop" fails 1 "once more, after 10 times" "$work/got" "$nginx_url/loop/"
check "a redirect to a file" fails 1 "no web address" "$work/got" "$nginx_url/to-file/"
check "another encoding" fails 1 "Content-Encoding: gzip" "$work/got" "$nginx_url/encoded/image"
check "too large" fails 1 "more than the 1000 that are allowed" --max 1000 "$work/got" "$nginx_url/image"
check "too large without a length" fails 1 "more than the 1000 bytes" --max 1000 "$work/got" "$nginx_url/chunked/image"

# --- https ----------------------------------------------------------------------------------------------------------------

check "an unknown certificate" fails 1 "its certificate is not trusted" "$work/got" "$nginx_tls_url/image"
export CURL_CA_BUNDLE=$nginx_ca
check "a certificate that CURL_CA_BUNDLE knows" brings "$nginx_tls_url/image"
check "in HTTP/2" wait_until 10 was_asked '^200 3000000.*HTTP/2.0 GET /image'
check "with no room most of the time" brings --full 2 "$nginx_tls_url/image"
check "a redirect to http" fails 1 "which is not encrypted" "$work/got" "$nginx_tls_url/downgrade/image"
nginx_plain=$nginx_url nginx_url=$nginx_tls_url
check "goes on after cuts in HTTP/2" cut_often slow
nginx_url=$nginx_plain
unset CURL_CA_BUNDLE
export SSL_CERT_FILE=$nginx_ca
check "a certificate that SSL_CERT_FILE knows" brings "$nginx_tls_url/image"

# --- proxies, and nobody there ----------------------------------------------------------------------------------------------

# nginx takes a request for another host as one for its own files.
nginx_log_clear
check "by the proxy of the environment" env no_proxy="" http_proxy="$nginx_url" "$build/tests/tools/fetch-file" "$work/document" http://elsewhere.invalid/feed.json
check "it was asked" wait_until 10 was_asked
stop_nginx
check "nobody listens" fails 1 "is not reachable" --retries 1 "$work/got" "$nginx_url/image"
did "nginx is there again" start_nginx "$work/www"
check "at the same address" brings "$nginx_url/image"
done_testing
