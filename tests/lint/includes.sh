#!/usr/bin/env bash
# Who may include whom (the table in ARCHITECTURE.md), and that each foreign library has exactly one file.
# shellcheck disable=SC2016 # the $ in the awk programs are awk's
. "$(dirname "$0")/../lib.sh"

# folder -> folders whose headers it may include (itself always), libc and GLib aside.
modules="
src/base:
src/spec:   src/base
hv:         src/base src/spec
hv/net:     src/base src/spec
gallery:    src/base
console:    src/base
src/model:  src/base src/spec hv gallery
src/api:    src/base src/model
src/client: src/base src/spec
src/cli:    src/base src/spec src/client console
src/view:   src/base src/spec src/client console
ui:         src/base src/spec src/client console
"

# Programs are the place where modules meet; each may see only what it links.
programs="
src/carrel.c:      src/base src/spec src/client src/cli console ui
src/carreld.c:     src/base src/spec src/model src/api
src/carrel-record.c: src/base console
src/carrel-view.c: src/base src/view
src/carrel-osinfo.c: src/base gallery
"

# library's headers -> the one file
libraries='
^(n?curses|panel|form|menu|term)(w/.*)?\.h$|^ncursesw?/ ui/screen.c
^chafa            console/cells-draw.c
^SDL              console/sink-sdl.c
^rfb/             console/sink-vncd.c
^xkbcommon/       console/typing.c
^gnutls/          src/view/cert.c
^png\.h$          console/png.c
^confuse\.h$      src/spec/conf.c
^crypt\.h$        src/model/passphrase.c
^slirp/|^libslirp hv/net/slirp.c
^curl/            gallery/fetch.c
^archive          gallery/archive.c
^nettle/          gallery/hasher.c
^lzma\.h$        gallery/unxz.c
^osinfo/          gallery/osinfo-db.c
'

# Everything else between < > must be libc, the kernel's or GLib's.
system_headers='^((sys|linux|netinet|arpa|net|asm|glib|gio|json-glib)/|(glib|glib-object|glib-unix|gmodule)\.h$|(assert|ctype|dirent|endian|err|errno|fcntl|fnmatch|ftw|getopt|grp|inttypes|langinfo|limits|locale|math|poll|pty|pwd|sched|setjmp|signal|spawn|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd|utime|wchar|wctype)\.h$)'

sources()
{
	(cd "$top" && find src ui console hv gallery -name '*.[ch]' | sort)
}

# The module of a file: its folder; files in src/ are programs.
module_of()
{
	local dir=${1%/*}
	[[ $dir == src ]] && dir=$1
	printf '%s\n' "$dir"
}

# Folder that an include line "module/file.h" means; generated code lies beside src/api.
folder_of()
{
	local dir=${1%/*}
	[[ -d $top/src/$dir ]] && dir=src/$dir
	printf '%s\n' "$dir"
}

allowed_for()
{
	awk -v key="$1:" '$1 == key { for (i = 2; i <= NF; i++) printf "%s ", $i }' <<<"$modules$programs"
}

own_violations()
{
	local file header own allowed target line
	while IFS=: read -r file line header; do
		own=$(module_of "$file") target=$(folder_of "$header")
		case $header in
		config.h | api/api-desc.h) continue ;;
		*/*) ;;
		*) printf '%s:%s: "%s" must be written "module/file.h"\n' "$file" "$line" "$header" && continue ;;
		esac
		allowed=" $(allowed_for "$own")$own "
		[[ $allowed == *" $target "* ]] || printf '%s:%s: %s must not include %s\n' "$file" "$line" "$own" "$header"
	done < <(cd "$top" && sources | xargs awk -F '"' '/^#[ \t]*include[ \t]+"/ { print FILENAME ":" FNR ":" $2 }')
}

library_file()
{
	local pattern file
	while read -r pattern file; do
		if [[ $pattern && $1 =~ $pattern ]]; then
			printf '%s\n' "$file"
			return
		fi
	done <<<"$libraries"
}

foreign_violations()
{
	local file header line only
	while IFS=: read -r file line header; do
		[[ ! $header =~ $system_headers ]] || continue
		only=$(library_file "$header")
		case $only in
		"$file") ;;
		"") printf '%s:%s: <%s> is in no table\n' "$file" "$line" "$header" ;;
		*) printf '%s:%s: only %s may include <%s>\n' "$file" "$line" "$only" "$header" ;;
		esac
	done < <(cd "$top" && sources | xargs awk -F '[<>]' '/^#[ \t]*include[ \t]+</ { print FILENAME ":" FNR ":" $2 }')
}

# Each folder with C files has a row, so that a new one cannot escape the check.
folders_without_row()
{
	local module
	sources | while read -r file; do module_of "$file"; done | sort -u | while read -r module; do
		grep -q "^$module:" <<<"$modules$programs" || printf '%s has no row in the table\n' "$module"
	done
}

is "modules include only what the table allows" "$(own_violations)" ""
is "each foreign library has one file" "$(foreign_violations)" ""
is "each folder has a row in the table" "$(folders_without_row)" ""
done_testing
