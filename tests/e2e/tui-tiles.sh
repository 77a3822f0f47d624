#!/usr/bin/env bash
# Several screens at once in the terminal: tiles that take keys, and the wall of previews. The guests are painters (tests/guests/painter.s),
# whose first line says which keys they saw.
. "$(dirname "$0")/../lib.sh"
need jq tmux qemu-system-x86_64
[[ -s $build/tests/guests/painter.img ]] || skip_all "the painter was not built"
new_home

make_painter()
{
	cp "$build/tests/guests/painter.img" "$CARREL_HOME/$1.img"
	carrel create "$1" --generation 1 --memory 32M --cpus 1 --disk "$CARREL_HOME/$1.img" --set disk0.format=raw >/dev/null
}

for name in alpha beta gamma; do
	make_painter "$name" || not_ok "create $name"
done
check "start alpha" carrel_status 0 start alpha || done_testing

guest_saw() # VM SCANCODE
{
	check "$1 saw key $2" carrel_status 0 screen "$1" --wait "key $2" --timeout 30s
}

tiles()
{
	check "more than nine: 2" carrel_status 2 connect a b c d e f g h i j
	like "and a sentence" "$(carrel connect a b c d e f g h i j 2>&1)" 'has room for 9 VMs side by side, not for 10'
	check "one twice: 2" carrel_status 2 connect alpha alpha
	check "not in windows: 2" carrel_status 2 connect alpha beta --via sdl
	tmux_start 80 24 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect alpha beta gamma
	check "alpha runs in its tile" wait_screen '^painter held 00.*│' 30
	check "beta has a card" wait_screen '2 beta +Off' 10
	check "which says what to do only where the keys go" not_on_screen 'then s starts it'
	typed x
	guest_saw alpha ad
	check "and the tile shows it" wait_screen '^painter held 00 key ad' 10
	keys C-] && keys Tab
	check "Tab: the keys go to beta" wait_screen 'Keys go to beta' 10
	carrel start beta >/dev/null
	check "beta comes alive" wait_screen '│painter held 00' 30
	typed y
	guest_saw beta 95
	check "the other did not see it" carrel_status 0 screen alpha --wait 'key ad' --timeout 10s
}

focus()
{
	keys C-] && keys 3
	check "3: the keys go to gamma" wait_screen 'Keys go to gamma' 10
	check "its card says how to start it" wait_screen 'then s starts it' 10
	keys C-] && keys s
	check "s starts it" wait_screen '3 gamma +Running' 30
	keys C-] && keys Up
	check "an arrow: to alpha" wait_screen 'Keys go to alpha' 10
	keys C-] && keys z
	check "z: alone" wait_screen 'Keys go to alpha . zoomed' 10
	check "the others are hidden" not_on_screen '2 beta'
	keys C-] && keys z
	check "z again: all" wait_screen '2 beta +Running' 10
	typed $'\e[<0;60;5M' && typed $'\e[<0;60;5m'
	check "a click: to beta" wait_screen 'Keys go to beta' 10
	t resize-window -t t -x 120 -y 30
	check "a larger terminal" wait_screen '^painter held.{40,}│painter held' 10
	t resize-window -t t -x 80 -y 24
	check "and a smaller one" wait_screen '^painter held.{10,30}│painter held' 10
	keys C-] && keys d
	check "d leaves" wait_until 20 pane_ended
	is "with success" "$(pane_status)" 0
	is "the VMs run on" "$(vm_field beta .state)" running
}

not_on_screen()
{
	! screen_matches "$1"
}

previews()
{
	carrel turn-off gamma >/dev/null
	tmux_start 80 24 env CARREL_HOME="$CARREL_HOME" "$build/carrel"
	check "the list" wait_screen 'gamma +Off' 20
	typed P
	check "both that run are there, live" wait_screen '^painter held 00.* painter held 00' 30
	check "the one that is off is not" not_on_screen gamma
	carrel key beta x >/dev/null
	check "a change is seen" wait_screen '^painter held .*painter held 00 key ad' 20
	carrel start gamma >/dev/null
	check "one that starts comes in" wait_screen ' gamma +Running' 30
	carrel turn-off gamma >/dev/null
	check "one that ends goes" wait_until 20 not_on_screen gamma
	keys Right && keys Enter
	check "Enter opens it" wait_screen ' beta . Running . [0-9]+x[0-9]+' 20
	keys C-] && typed d && keys Escape
	check "back to the list" wait_screen 'gamma +Off' 20
	keys Home && keys Space Space Enter
	check "Enter on a selection: tiles" wait_screen 'Keys go to alpha' 20
	keys C-] && typed d && typed q
	check "leaves" wait_until 20 pane_ended
}

sent() # TEXT: it stands in what carrel wrote to the terminal
{
	grep -aqF -- "$1" "$work/bytes"
}

taken_off() # COUNT: so many pictures
{
	(($(grep -aoE $'\e_Ga=d,d=I,i=[0-9]+' "$work/bytes" | sort -u | wc -l) >= $1))
}

# Pictures of the terminal, where it has them: tmux shows none, but what carrel sends can be read.
pixels()
{
	carrel key alpha g >/dev/null && carrel key beta g >/dev/null
	tmux_start 80 24 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect alpha beta gamma --graphics kitty
	t pipe-pane -t t "cat >>'$work/bytes'"
	check "the third tile has its card" wait_screen '3 gamma +Off' 20
	t resize-window -t t -x 100 -y 30 # everything is sent again, also what tmux did not write down yet
	check "a picture" wait_until 20 sent 'i=6517248,p=1,'
	check "and another one" wait_until 20 sent 'i=6517249,p=1,'
	check "of the guest's pixels" sent 's=1024,v=768,'
	: >"$work/bytes"
	keys C-] && keys z
	check "zoomed: the hidden one is taken off" wait_until 20 taken_off 1
	keys C-] && keys d
	check "leaves" wait_until 20 pane_ended
	check "with the other one taken off, too" wait_until 10 taken_off 2
}

tiles
focus
previews
pixels
done_testing
