# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # $work is set by lib.sh; what is set here is for the scripts
# A web server for e2e tests: nginx on two free loopback ports, http and https (HTTP/2, a certificate of its own). Source it after lib.sh.
#
#	start_nginx DIR                 serves DIR; sets nginx_url, nginx_tls_url (http://127.0.0.1:PORT, https://...) and nginx_ca
#	stop_nginx                      ends it; start_nginx again takes the same ports, so that addresses stay
#	kill_nginx_connections          cuts every connection in the middle; the server goes on
#	nginx_log [REGEX]               lines "STATUS BYTES RANGE IF-RANGE PROTOCOL METHOD URI" of what was asked; nginx_log_clear
#	nginx_active                    number of requests that are being answered now
#
# https is trusted by who has CURL_CA_BUNDLE=$nginx_ca (or SSL_CERT_FILE) in the environment. Below DIR's addresses, the same files are also at:
#
#	/slow/       at nginx_rate bytes a second (default 64k; set it before start_nginx)
#	/no-range/   without ranges: always the whole file     /chunked/   without a length, and without ranges
#	/no-etag/    only Last-Modified                        /bare/      neither ETag nor Last-Modified
#	/moved/      redirected once to /                      /encoded/   says Content-Encoding: gzip, and lies
#	/html/       every name is a web page, with status 200 (a hotel's log-in page)
#	/loop/       redirects without end                     /to-file/   redirects to file:///...
#	/status/NNN  answers with NNN (404, 410, 403, 429, 500, 503)
#	/downgrade/  https only: redirects to http
nginx_rate=${nginx_rate:-64k}
nginx_port="" nginx_tls_port="" nginx_pid=""
nginx_dir=$work/nginx
nginx_ca=$nginx_dir/ca.pem

nginx_port_is_free()
{
	! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Below the ports that the kernel gives to clients.
nginx_find_port()
{
	local port
	until port=$((20000 + RANDOM % 12000)) && nginx_port_is_free "$port"; do :; done
	printf '%s\n' "$port"
}

nginx_make_certificate()
{
	[[ -s $nginx_ca ]] || openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=carrel's tests" \
		-addext "subjectAltName=IP:127.0.0.1,DNS:localhost" -keyout "$nginx_dir/key.pem" -out "$nginx_ca" 2>"$nginx_dir/openssl.log"
}

# The locations that both servers have. $1: the document root.
nginx_locations()
{
	local status
	cat <<-END
	root "$1";
	location /slow/     { alias "$1/"; limit_rate $nginx_rate; }
	location /no-range/ { alias "$1/"; max_ranges 0; }
	location /no-etag/  { alias "$1/"; etag off; }
	location /bare/     { alias "$1/"; etag off; if_modified_since off; add_header Last-Modified ""; }
	location /chunked/  { alias "$1/"; max_ranges 0; etag off; sub_filter_types *; sub_filter "carrel: nothing has this in it" ""; }
	location /encoded/  { alias "$1/"; add_header Content-Encoding gzip; }
	location /html/     { default_type text/html; return 200 "<!DOCTYPE html><html><title>Log in</title></html>\n"; }
	location /moved/    { rewrite ^/moved/(.*)\$ /\$1 redirect; }
	location /loop/     { return 302 \$scheme://\$http_host/loop/x\$request_id; }
	location /to-file/  { return 302 file:///etc/hostname; }
	END
	for status in 403 404 410 429 500 503; do
		printf 'location = /status/%s { return %s; }\n' "$status" "$status"
	done
}

nginx_write_conf()
{
	local user=
	[[ $(id -u) != 0 ]] || user="user root;"
	cat >"$nginx_dir/nginx.conf" <<-END
	$user
	worker_processes 1;
	pid "$nginx_dir/pid";
	error_log "$nginx_dir/error.log" notice;
	events { worker_connections 256; }
	http {
		log_format asked escape=none '\$status \$body_bytes_sent \$http_range- \$http_if_range- \$server_protocol \$request_method \$request_uri';
		access_log "$nginx_dir/access.log" asked;
		client_body_temp_path "$nginx_dir/body";
		proxy_temp_path "$nginx_dir/proxy";
		fastcgi_temp_path "$nginx_dir/fastcgi";
		uwsgi_temp_path "$nginx_dir/uwsgi";
		scgi_temp_path "$nginx_dir/scgi";
		default_type application/octet-stream;
		types { text/html html; application/json json; image/png png; }
		keepalive_timeout 5s;
		server {
			listen 127.0.0.1:$nginx_port;
			$(nginx_locations "$1")
			location = /active { stub_status; access_log off; }
		}
		server {
			listen 127.0.0.1:$nginx_tls_port ssl http2;
			ssl_certificate "$nginx_ca";
			ssl_certificate_key "$nginx_dir/key.pem";
			$(nginx_locations "$1")
			location /downgrade/ { rewrite ^/downgrade/(.*)\$ http://127.0.0.1:$nginx_port/\$1 redirect; }
		}
	}
	END
}

nginx_is_up()
{
	[[ -s $nginx_dir/pid ]] && kill -0 "$(<"$nginx_dir/pid")"
}

nginx_has_ended()
{
	! kill -0 "$nginx_pid"
}

# Says what is wrong when it is false. Skips the whole test where there is no nginx.
start_nginx()
{
	local root try
	need nginx openssl
	root=$(cd "$1" && pwd) || return 1
	[[ -d $nginx_dir ]] || at_end stop_nginx
	mkdir -p "$nginx_dir"
	nginx_make_certificate || return 1
	for try in 1 2 3 4 5; do
		nginx_port=${nginx_port:-$(nginx_find_port)} nginx_tls_port=${nginx_tls_port:-$(nginx_find_port)}
		nginx_write_conf "$root"
		# It returns when the sockets listen; another's process may have been faster with a port.
		if nginx -p "$nginx_dir" -e "$nginx_dir/error.log" -c "$nginx_dir/nginx.conf" 2>>"$nginx_dir/start.log"; then
			wait_until 20 nginx_is_up || break
			nginx_pid=$(<"$nginx_dir/pid")
			nginx_url=http://127.0.0.1:$nginx_port
			nginx_tls_url=https://127.0.0.1:$nginx_tls_port
			return 0
		fi
		nginx_port="" nginx_tls_port=""
	done
	cat "$nginx_dir/start.log"
	return 1
}

stop_nginx()
{
	[[ $nginx_pid ]] || return 0
	kill -TERM "$nginx_pid" 2>/dev/null
	wait_until 20 nginx_has_ended || kill -KILL "$nginx_pid" 2>/dev/null
	nginx_pid=""
}

# The workers hold the connections, the master the listening sockets: it starts new workers at once.
kill_nginx_connections()
{
	local worker
	for worker in $(<"/proc/$nginx_pid/task/$nginx_pid/children"); do
		kill -KILL "$worker" 2>/dev/null
	done
	return 0
}

# curl's own configuration is nobody's business here.
nginx_active()
{
	curl -q -s --noproxy '*' "$nginx_url/active" | awk '/^Reading/ { print $4 - 1 }'
}

nginx_log()
{
	grep -E -- "${1:-.}" "$nginx_dir/access.log"
}

nginx_log_clear()
{
	: >"$nginx_dir/access.log"
}
