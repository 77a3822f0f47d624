#!/usr/bin/env bash
# What the prefix menu of a console does beyond keys: a screenshot; typing text and pasting, all of it or nothing, with progress. SeaBIOS is the guest.
. "$(dirname "$0")/../lib.sh"
need jq tmux qemu-system-x86_64
new_home
mkdir -p "$work/home"

carrel create alpha --generation 1 --memory 64M --disk-size 0 >/dev/null || not_ok "create alpha"
carrel start alpha || not_ok "start alpha"
carrel screen alpha --wait 'No bootable device' --timeout 90s >/dev/null || not_ok "SeaBIOS"

tmux_start 100 30 env -u NO_COLOR HOME="$work/home" CARREL_HOME="$CARREL_HOME" "$build/carrel" connect alpha
check "the screen" wait_screen 'No bootable device' 30

keys C-] && typed S
check "a screenshot says where it is" wait_screen 'Saved as' 10
check "and is there" bash -c "ls '$work'/home/*.png"

keys C-] && typed t
check "a text to type" wait_screen 'Type text' 10
typed $'ab\u6f22' && keys Enter
check "what the layout has not is named, nothing is typed" wait_screen 'nothing was typed' 10
typed $'\e[200~'"$(printf 'x%.0s' {1..600})"$'\e[201~'
check "progress" wait_screen 'Typing [0-9]+ of 600' 10
keys Escape
check "Esc stops it and says how far it came" wait_screen 'stopped: [0-9]+ of 600' 10
keys C-] && typed d
check "leaves" wait_until 10 pane_ended
carrel turn-off alpha --yes >/dev/null 2>&1 || carrel turn-off alpha >/dev/null 2>&1 || true
done_testing
