#!/usr/bin/env bash
# cppcheck finds nothing to warn of, and it does look.
. "$(dirname "$0")/../lib.sh"
need cppcheck

cd "$top" || exit 1
mkdir -p "$build/cppcheck"

# Leaks are left to the sanitizers and valgrind, which know g_autoptr. NULL ends a variadic call on every system that has
# GLib; a comparison is a fine exit status; the programs that ask ttyname() have one thread.
options=(--quiet --enable=warning --enable=portability --inline-suppr --error-exitcode=1 --std=c11 -j "$(nproc)" -D_GNU_SOURCE -Isrc -I.
	--include="$top/tests/lint/cppcheck-glib.h" --library=gtk --library=posix --library=gnu
	--suppress=memleak --suppress=resourceLeak --suppress=varFuncNullUB --suppress=invalidFunctionArgBool --suppress=ttynameCalled)

check "cppcheck" cppcheck "${options[@]}" --cppcheck-build-dir="$build/cppcheck" src ui console hv gallery

# A macro that it does not know makes it skip the file without a word: a mistake at a file's end has to be found.
mkdir -p "$work/planted"
for file in src/model/vm.c hv/machine.c ui/app.c src/cli/cli.c console/source.c; do
	planted=$work/planted/${file//\//-}
	cp "$file" "$planted"
	printf 'int planted(void);\nint planted(void)\n{\n\tint few[3];\n\tfew[5] = 1;\n\treturn few[5];\n}\n' >>"$planted"
	like "a mistake at the end of $file is found" "$(cppcheck "${options[@]}" "$planted" 2>&1)" 'few\[3\]'
done
done_testing
