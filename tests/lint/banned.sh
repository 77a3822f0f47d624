#!/usr/bin/env bash
# Words that must not stand in the code: unbounded string functions, shells, blocking calls in the daemon, fixed waits,
# unfinished marks, and names of the machine that somebody develops on.
. "$(dirname "$0")/../lib.sh"

# banned DESCRIPTION REGEX PLACE...: no line of a C file below the PLACEs matches.
banned()
{
	local description=$1 regex=$2
	shift 2
	is "$description" "$(cd "$top" && grep -rnP --include='*.[ch]' -- "$regex" "$@" | cut -c1-160)" ""
}

code=(src ui console hv gallery)

banned "no unbounded string functions" '\b(strcpy|strcat|sprintf|vsprintf|gets|scanf|sscanf|strtok|atoi|atol|alloca)\s*\(' \
	"${code[@]}" tests
banned "no shell is run" '\b(system|popen|g_spawn_command_line\w*)\s*\((?!\d\))|"/bin/sh"|"sh", *"-c"' "${code[@]}"
banned "no temporary names that others can guess" '\b(mktemp|tmpnam|tempnam)\s*\(' "${code[@]}" tests
# Listening has no asynchronous form and does not wait for anybody.
banned "the daemon never blocks on a call" '(?<!g_dbus_server_new)_sync\s*\(' src/model src/api hv gallery
banned "no nested main loops" '\bg_main_context_iteration\s*\(|\bg_main_loop_run\s*\(' src/base src/spec src/model src/api hv gallery console
banned "nothing sleeps" '\b(sleep|usleep|nanosleep|g_usleep)\s*\(' "${code[@]}"
banned "tests wait for conditions, not for time" '\b(sleep|usleep|g_usleep)\s*\(' tests/unit
banned "nothing is left unfinished" '\b(TODO|FIXME|XXX|HACK)\b' "${code[@]}" tests/unit tests/fuzz tests/bench

# Paths and hosts of somebody's machine, in any text file.
is "no machine's paths or hosts" "$(cd "$top" && grep -rnIE --exclude-dir=.git --exclude-dir='build*' --exclude-dir=autom4te.cache \
	--exclude=banned.sh --exclude='configure*' -- '(^|[^A-Za-z0-9_.-])/(work|root|home/[a-z]+)/|artifactory|\.corp\b|\.internal\b' . |
	cut -c1-160)" ""
done_testing
