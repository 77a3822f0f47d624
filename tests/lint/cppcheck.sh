#!/usr/bin/env bash
# cppcheck finds nothing to warn of.
. "$(dirname "$0")/../lib.sh"
need cppcheck

cd "$top" || exit 1
mkdir -p "$build/cppcheck"
check "cppcheck" cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 --std=c11 \
	-j "$(nproc)" --library=gtk,posix,gnu --cppcheck-build-dir="$build/cppcheck" --suppress=unknownMacro \
	--suppress=missingInclude --suppress=nullPointerRedundantCheck -D_GNU_SOURCE -Isrc -I. src ui console hv gallery
done_testing
