#!/usr/bin/env bash
# No function longer than 80 lines, no file longer than 600; the longest are listed, whether or not they are too long.
. "$(dirname "$0")/../lib.sh"
need ctags jq

max_function=80
max_file=600

files()
{
	(cd "$top" && find src ui console hv gallery tests -name '*.[ch]' | sort)
}

# Lines "LENGTH FILE:LINE NAME", longest first.
functions()
{
	(cd "$top" && files | ctags -L - -f - --languages=C --map-C=+.h --kinds-C=f --fields=+ne --output-format=json) |
		jq -r 'select(.end) | "\(.end - .line + 1) \(.path):\(.line) \(.name)"' | sort -rn
}

all=$(functions)
diag "the ten longest of $(wc -l <<<"$all") functions:"
diag "$(head -n 10 <<<"$all")"
like "functions were found" "$(wc -l <<<"$all")" '^[0-9]{2,}$'
is "no function has more than $max_function lines" "$(awk -v max=$max_function '$1 > max' <<<"$all")" ""

lengths=$(cd "$top" && files | xargs wc -l | grep -v ' total$' | sort -rn)
diag "the ten longest of $(wc -l <<<"$lengths") files:"
diag "$(head -n 10 <<<"$lengths")"
is "no file has more than $max_file lines" "$(awk -v max=$max_file '$1 > max' <<<"$lengths")" ""
done_testing
