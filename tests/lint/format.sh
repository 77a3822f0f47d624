#!/usr/bin/env bash
# All C files are as clang-format (14, the project's .clang-format) writes them; all text files end in a newline and have
# no blanks at line ends.
. "$(dirname "$0")/../lib.sh"
need clang-format

cd "$top" || exit 1
mapfile -t files < <(find src ui console hv gallery tests -name '*.[ch]' | sort)
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [[ $version == 14 ]]; then
	unformatted()
	{
		local file
		for file in "${files[@]}"; do
			clang-format --dry-run -Werror "$file" >/dev/null 2>&1 || printf '%s\n' "$file"
		done
	}
	is "C files are formatted (clang-format -i FILE repairs it)" "$(unformatted)" ""
else
	skip "C files are formatted" "clang-format is $version, and others than 14 differ in details"
fi

is "no blanks at line ends" "$(grep -rnIlE --include='*.[ch]' --include='*.sh' --include='*.md' --include=Makefile.am \
	--include=dev --exclude-dir=.git --exclude-dir='build*' '[[:blank:]]$' .)" ""

no_newline_at_end()
{
	local file
	while IFS= read -r file; do
		[[ ! -s $file || -z $(tail -c 1 "$file") ]] || printf '%s\n' "$file"
	done < <(find dev .ci src ui console hv gallery data tests -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.md' -o -name dev \
		-o -name run \))
}
is "files end in a newline" "$(no_newline_at_end)" ""
done_testing
