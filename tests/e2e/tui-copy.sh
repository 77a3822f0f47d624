#!/usr/bin/env bash
# Copying a guest's text to the terminal's clipboard and finding words in what was on its screen, by keys and by mouse. SeaBIOS is the guest; tmux
# is the terminal, whose buffer is what it was given, and which writes down the bytes that carrel sent.
. "$(dirname "$0")/../lib.sh"
need jq tmux qemu-system-x86_64 base64
new_home
mkdir -p "$work/home"

carrel create alpha --generation 1 --memory 64M --disk-size 0 >/dev/null || not_ok "create alpha"
carrel start alpha || not_ok "start alpha"
carrel screen alpha --wait 'No bootable device' --timeout 90s >/dev/null || not_ok "SeaBIOS"

buffer_has() # REGEX: a line of tmux's newest buffer
{
	t show-buffer 2>/dev/null | grep -Eq -- "$1"
}

buffer_is() # TEXT
{
	[[ $(t show-buffer 2>/dev/null) == "$1" ]]
}

sent() # TEXT: it stands in what carrel wrote to the terminal
{
	grep -aqF -- "$1" "$work/bytes"
}

# Screen row (from 1) of the first line that matches.
row_of() # REGEX
{
	screen | grep -nE -m 1 -- "$1" | cut -d: -f1
}

# drag BUTTON X1 X2 ROW [LAST_ROW]: SGR reports; 8 is Alt, 16 Ctrl.
drag()
{
	typed $'\e'"[<$1;$2;$4M" && typed $'\e'"[<$(($1 + 32));$3;${5:-$4}M" && typed $'\e'"[<$1;$3;${5:-$4}m"
}

by_keys()
{
	keys C-] && typed '['
	check "it looks back" wait_screen 'v select' 10
	check "at the record, too" wait_screen 'line [0-9]+ of [3-9][0-9]' 10
	typed g
	check "whose lines have their times" wait_screen '^ +[0-9]+\.[0-9]{3}  SeaBIOS' 10
	typed V && typed G && typed y
	check "it says how much was copied" wait_screen 'characters were given' 10
	check "the terminal has it" wait_until 10 buffer_has '^SeaBIOS \(version'
	check "all of it" buffer_has '^No bootable device'
	check "without the times" bash -c "! grep -Eq '^ +[0-9]+\.[0-9]{3} ' <<<'$(t show-buffer)'"

	keys C-] && typed '[' && typed g
	check "back at the beginning" wait_screen 'line 1 of' 10
	typed / && typed SeaBIOS && keys Enter && typed 'vlhllllll' && typed y
	check "a word" wait_until 10 buffer_is SeaBIOS
	check "by OSC 52" wait_until 10 sent $'\e]52;c;'"$(printf SeaBIOS | base64)"$'\a'
	check "and through tmux to the terminal around it" sent $'\ePtmux;\e\e]52;c;'"$(printf SeaBIOS | base64)"$'\a'
}

by_search()
{
	keys C-] && typed /
	check "it asks what to find" wait_screen 'Find above:' 10
	typed 'seabios' && keys Enter
	check "it is there" wait_screen '^ +[0-9.]+  SeaBIOS' 10
	keys C-v && typed lll && typed y
	check "a block of it" wait_until 10 buffer_is SeaB
	keys C-] && typed / && typed 'no-such-words' && keys Enter
	check "what was not there is said" wait_screen 'was not on the screen' 10
	typed / && typed 'bootable' && keys Enter
	check "it goes on at the other end" wait_screen 'The search went on from the beginning' 10
	typed y
	check "a line is copied without a selection" wait_until 10 buffer_is 'No bootable device.'
}

by_mouse()
{
	local row block
	check "the live screen" wait_screen 'Ctrl-\] menu' 10
	row=$(row_of '^iPXE 1')
	drag 8 1 6 "$row"
	check "a drag with Alt copies" wait_until 10 buffer_is 'iPXE 1'
	check "and leads back" wait_screen 'Ctrl-\] menu' 10
	keys C-] && typed '['
	check "looking back" wait_screen 'v select' 10
	row=$(row_of '^iPXE 1')
	block=$(screen | sed -n "$row,$((row + 2))p" | cut -c 1-4)
	drag 16 1 4 "$row" "$((row + 2))"
	check "a block by a drag with Ctrl there" wait_until 10 buffer_is "$block"
	check "the live screen again" wait_screen 'Ctrl-\] menu' 10
	if screen | grep -q '^iPXE 1.* http$'; then
		drag 8 77 5 "$row" "$((row + 1))"
		check "what the guest broke at the edge is one line" wait_until 10 buffer_is 'http://ip'
	else
		skip "what the guest broke at the edge is one line" "this iPXE says it in other words"
	fi
	keys C-] && typed '[' && typed vj
	keys Escape
	check "Esc drops the selection" wait_screen 'v select' 10
	keys Escape
	check "Esc again: the live screen" wait_screen 'Ctrl-\] menu' 10
}

tmux_start 100 30 env -u NO_COLOR HOME="$work/home" CARREL_HOME="$CARREL_HOME" "$build/carrel" connect alpha
t set-option -g set-clipboard on
t pipe-pane -t t "cat >'$work/bytes'"
check "the screen" wait_screen 'No bootable device' 30
by_keys
by_search
by_mouse
keys C-] && typed d
check "leaves" wait_until 10 pane_ended

tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect alpha --view-only
t set-option -g set-clipboard on
check "watching" wait_screen 'watching' 30
check "the screen is there" wait_screen '^iPXE 1' 30
drag 0 6 8 "$(row_of '^iPXE 1')"
check "who only watches drags without Alt" wait_until 10 buffer_is '1.0'
keys C-] && typed d
check "leaves" wait_until 10 pane_ended
carrel turn-off alpha >/dev/null 2>&1 || true
done_testing
