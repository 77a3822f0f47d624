#!/usr/bin/env bash
# Every shell script, found by its first line, passes shellcheck.
. "$(dirname "$0")/../lib.sh"
need shellcheck

cd "$top" || exit 1
scripts()
{
	find dev .ci data tests gallery hv src -type f -size -200k -exec awk 'FNR == 1 {
		if (/^#! *\/(usr\/)?bin\/(env )?(ba|da)?sh( |$)/ || /^# shellcheck shell=/)
			print FILENAME
		nextfile
	}' {} +
}

while IFS= read -r script; do
	check "$script" shellcheck -x -S style "$script"
done < <(scripts | sort)
done_testing
