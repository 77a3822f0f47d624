#!/usr/bin/env bash
# The guest's screen and keyboard: text, PNG, serial port, inside the terminal, in a window. (Viewers that others wrote: vnc.sh, web.sh.)
# Looked at from outside: pixels are counted, words are read back from the guest.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq tmux qemu-system-x86_64 Xvfb xdotool import identify
need_live
new_home

prompt='carrel-live:~#'

screen_and_keys()
{
	local size
	check "screen --wait sees the prompt" carrel_status 0 screen c --wait "$prompt" --timeout 180s || done_testing
	like "screen prints the text" "$(carrel screen c)" "$prompt"
	check "screen --wait gives up in time: 6" carrel_status 6 screen c --wait 'never seen' --timeout 1s
	check "screen --png" carrel_status 0 screen c --png "$work/screen.png"
	size=$(identify -format '%m %w %h %k' "$work/screen.png")
	like "it is a PNG with the guest's size" "$size" '^PNG (640|720|800|1024|1280) (350|400|480|600|768|800|1024) '
	check "with more than one colour" test "${size##* }" -gt 1
	carrel type c $'echo "A~z|{}[]\\\\_%^&*()"; echo typ${E}ed\n' || not_ok "type"
	check "type: every character arrives" carrel_status 0 screen c --wait '^A~z\|\{\}\[\]\\_%\^&\*\(\)' --timeout 60s
	carrel type c 'echo one two' && carrel key c backspace && carrel key c ret
	check "key: backspace and return" carrel_status 0 screen c --wait '^one tw *$' --timeout 60s
	check "an unknown key: 2" carrel_status 2 key c no-such-key
}

# What the guest's tablet reports, as "b272=1" (button down) and "w8=1" (wheel up, 65535 is down), from the kernel's events of 24 bytes.
guest_said() # REGEX
{
	local read="od -An -v -w24 -tu2 /tmp/ev | awk '\$9 == 1 { print \"b\" \$10 \"=\" \$11 } \$9 == 2 && \$10 == 8 { print \"w=\" \$11 }' | tr '\\n' ' '"
	carrel type c "clear; $read; : >/tmp/ev"$'\n' && carrel_status 0 screen c --wait "$1" --timeout 30s
}

mouse()
{
	carrel type c $'clear; modprobe -a xhci-pci usbhid hid-generic; until [ -e /dev/input/event2 ]; do sleep 1; done; echo tab${E}let\n'
	check "mouse: the guest has a tablet" carrel_status 0 screen c --wait '^tablet' --timeout 60s || return
	carrel type c $'cat /dev/input/event2 >>/tmp/ev & clear; echo rea${E}dy\n'
	check "mouse: which it listens to" carrel_status 0 screen c --wait '^ready' --timeout 30s
	carrel mouse c 100 100 double
	check "mouse: a double click" guest_said '^b272=1 b272=0 b272=1 b272=0 '
	carrel mouse c 100 100 middle && carrel mouse c 100 100 right
	check "mouse: the other buttons" guest_said '^b274=1 b274=0 b273=1 b273=0 '
	carrel mouse c 100 100 wheel-up 3 && carrel mouse c 100 100 wheel-down
	check "mouse: the wheel" guest_said '^w=1 w=1 w=1 w=65535 '
	carrel mouse c 100 100 drag 300 200
	check "mouse: a drag" guest_said '^b272=1 b272=0 '
	check "mouse: a drag without an end: 2" carrel_status 2 mouse c 1 1 drag 5
	check "mouse: a drag out of the screen: 2" carrel_status 2 mouse c 1 1 drag 5 99999
	check "mouse: too many words: 2" carrel_status 2 mouse c 1 1 click 5
	check "mouse: no number of notches: 2" carrel_status 2 mouse c 1 1 wheel-up 0
	check "mouse: no such action: 2" carrel_status 2 mouse c 1 1 jump
	carrel type c $'kill %1; clear\n'
}

serial()
{
	tmux_start 80 24 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect c --via serial
	check "serial: connects" wait_until 20 serial_answers
	typed "echo serial-\$((6*7))" && keys Enter
	check "serial: answers" wait_screen '^serial-42'
	keys C-] && typed q
	check "serial: Ctrl-] q leaves" wait_until 20 pane_ended
	is "serial: and that is a success" "$(pane_status)" 0
	is "serial: the VM runs on" "$(vm_field c .state)" running
}

# A shell prompt on the line; Enter asks for a new one.
serial_answers()
{
	keys Enter
	screen_matches "$prompt"
}

terminal()
{
	tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect c --via term
	check "terminal: shows the screen" wait_screen "$prompt" 30
	typed "echo terminal-\$((7*8))" && keys Enter
	check "terminal: keys reach the guest" carrel_status 0 screen c --wait '^terminal-56' --timeout 60s
	check "terminal: and are shown" wait_screen 'terminal-56' 30
	tmux_end
}

window()
{
	local id
	carrel connect c --via sdl >"$work/sdl.log" 2>&1 &
	check "sdl: a window opens" wait_until 30 find_window --class carrel-view || { diag "$(cat "$work/sdl.log")" && return; }
	id=$(find_window --class carrel-view)
	check "sdl: it is not of one colour" wait_until 20 more_colours_than 1 "$id"
	xdotool windowfocus "$id" 2>/dev/null
	xdotool mousemove --window "$id" 50 50 click 1
	xdotool type --window "$id" 'echo win' && xdotool type 'echo sdl' && xdotool key Return
	check "sdl: keys reach the guest" carrel_status 0 screen c --wait 'echo sdl|sdl$' --timeout 60s
	carrel key c ctrl-c
	xdotool windowclose "$id" 2>/dev/null
	check "sdl: closing the window ends the viewer" wait_until 20 no_window --class carrel-view
	is "sdl: the VM runs on" "$(vm_field c .state)" running
}

opened_while_off()
{
	carrel turn-off c >/dev/null
	tmux_start 100 30 env CARREL_HOME="$CARREL_HOME" "$build/carrel" connect c --via term
	check "a console opened while the VM is off says so" wait_screen '\boff\b' 20
	carrel start c >/dev/null
	check "and comes alive from the firmware on" wait_screen 'SeaBIOS|iPXE|GRUB|Booting' 60
	tmux_end
}

start_display || skip_all "Xvfb does not start"
carrel create c --image carrel-live --generation 1 --memory 256M --cpus 1 >/dev/null || not_ok "create"
check "screen of a VM that is off: 4" carrel_status 4 screen c
carrel start c >/dev/null || not_ok "start"
screen_and_keys
mouse
serial
terminal
window
opened_while_off
done_testing
