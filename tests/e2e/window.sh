#!/usr/bin/env bash
# The window of Virtual Machine Connection on a real X server: its toolbar, its keys and cards, sizes and full screen, what it shares with the desktop, and that it
# stays over power cycles. Looked at from outside: windows are measured, pixels counted, words read back from the guest.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../x11.sh"
need jq qemu-system-x86_64 Xvfb xdotool import identify convert
need_live
new_home

prompt='carrel-live:~#'
pictures=$work/pictures

# Where there is one: full screen is its business.
start_manager()
{
	managed=
	command -v openbox >/dev/null || return 0
	openbox --config-file /dev/null >"$work/openbox.log" 2>&1 &
	at_end kill "$!"
	managed=1
}

# Where screenshots go.
choose_folders()
{
	mkdir -p "$work/config" "$pictures"
	printf 'XDG_PICTURES_DIR="%s"\n' "$pictures" >"$work/config/user-dirs.dirs"
	export XDG_CONFIG_HOME=$work/config
}

window_is_there()
{
	find_window --class carrel-view
}

window_is_gone()
{
	no_window --class carrel-view
}

# Width and height of the window.
size()
{
	xdotool getwindowgeometry "$id" | sed -n 's/.*Geometry: //p'
}

has_size()
{
	[[ $(size) == "$1" ]]
}

# Colour of the pixel at $1, $2 of the window.
pixel()
{
	import -silent -window "$id" "$work/shot.png" && convert "$work/shot.png" -format "%[hex:p{$1,$2}]" info:
}

pixel_is()
{
	[[ $(pixel "$1" "$2") =~ ^$3 ]]
}

pixel_is_not()
{
	! pixel_is "$@"
}

click()
{
	xdotool mousemove --window "$id" "$1" "$2" click 1
}

# A key together with the window's own.
host()
{
	xdotool keydown Control_R key "$1" keyup Control_R
}

opens_while_off()
{
	carrel connect c --via sdl >"$work/sdl.log" 2>&1 || diag "$(cat "$work/sdl.log")"
	check "a window opens while the VM is off" wait_until 30 window_is_there || done_testing
	id=$(window_is_there)
	xdotool windowfocus "$id" 2>/dev/null
	check "it shows a card between its bars" wait_until 20 more_colours_than 10 "$id"
	is "the toolbar's Start is green" "$(pixel 50 14 | cut -c1-6)" 4FC35A
	is "Turn Off is dim" "$(pixel 75 14 | cut -c1-2)" "$(pixel 75 14 | cut -c3-4)"
}

# Buttons: Start at 50, Turn Off 75, Shut Down 101, Save 127, then Pause at 162.
toolbar()
{
	click 50 14
	check "Start starts the VM" wait_until 60 state_is c running
	check "and its screen appears" carrel_status 0 screen c --wait "$prompt" --timeout 180s
	is "the window is as large as the screen and the bars" "$(size)" "$(guest_size)"
	click 162 14
	check "Pause pauses" wait_until 20 state_is c paused
	check "its place is Resume's then" wait_until 20 pixel_is_not 162 14 E3B341
	click 162 14
	check "Resume resumes" wait_until 20 state_is c running
}

# As the window has to be for the guest's screen at 100 %.
guest_size()
{
	local w h
	carrel screen c --png "$work/guest.png" >/dev/null
	read -r w h < <(identify -format '%w %h\n' "$work/guest.png")
	printf '%dx%d' "$((w < 640 ? 640 : w))" "$((h + 48))"
}

typing()
{
	xdotool mousemove --window "$id" 300 200
	xdotool type "echo one-\$((6*7))" && xdotool key Return
	check "keys reach the guest" carrel_status 0 screen c --wait '^one-42' --timeout 60s
	if command -v xclip >/dev/null; then
		printf 'echo "pasted #{~}"\n' | xclip -selection clipboard -i
		host v
		check "the clipboard is typed, every character of it" carrel_status 0 screen c --wait '^pasted #\{~\}' --timeout 60s
		check "the screen's text is copied" wait_until 20 copies '^pasted #{~}$'
	else
		skip "the clipboard" "xclip is not installed"
	fi
}

# Not while the card of the typing is still there, hence again and again.
copies()
{
	host t
	timeout 5 xclip -selection clipboard -o 2>/dev/null | grep -q "$1"
}

a_picture()
{
	compgen -G "$pictures/c *.png" >/dev/null
}

cards()
{
	local before after
	host c
	check "a screenshot is saved" wait_until 20 a_picture
	like "it is the guest's screen" "$(identify -format '%m %wx%h' "$pictures"/c\ *.png)" '^PNG (640|720)x400$'
	before=$(pixel 360 228)
	host h
	check "help covers the picture" wait_until 20 pixel_is_not 360 228 "$before"
	xdotool key Escape
	check "Esc closes it" wait_until 20 pixel_is 360 228 "$before"
	cp "$CARREL_LIVE_ISO" "$work/other disc.iso"
	host i
	xdotool type "$work/other disc.iso" && xdotool key Return
	check "an ISO file is put into the drive" wait_until 30 drive_holds "$work/other disc.iso"
	host j
	check "and taken out" wait_until 30 drive_holds ""
	host r
	xdotool key Escape
	after=$(carrel screen c)
	like "a reset that is not confirmed is none" "$after" 'one-42'
}

drive_holds()
{
	[[ $(vm_field c .iso) == "$1" ]]
}

# Once more when a key of the dialogs before went to the shell, too: on a busy machine Escape may, and means something there.
paints_it_grey()
{
	carrel key c ctrl-c >/dev/null
	carrel type c $'clear; printf "\\033[47m\\033[J"\n' >/dev/null
	wait_until 15 pixel_is 4 400 A[8A]A[8A]A[8A]
}

sizes()
{
	xdotool windowsize "$id" 1000 700
	check "the window can be resized" wait_until 20 has_size 1000x700
	check "toolbar and picture follow" wait_until 20 pixel_is 990 14 262B31
	check "the picture is enlarged to the window's edge" wait_until 60 paints_it_grey
	host z
	check "zoom: whole multiples leave a margin" wait_until 20 pixel_is 4 400 000000
	check "around the picture" pixel_is 500 400 A[8A]A[8A]A[8A]
	host equal
	host equal
	check "larger than the window: a part is seen" wait_until 20 pixel_is 4 400 A[8A]A[8A]A[8A]
	host z
	check "and back to all of it" wait_until 20 pixel_is 4 30 000000
	if [[ ! $managed ]]; then
		skip "full screen" "openbox is not installed"
		return
	fi
	host f
	check "full screen" wait_until 20 has_size 1280x1024
	xdotool mousemove 640 500 && xdotool mousemove 640 0
	check "the toolbar comes in at the upper edge" wait_until 20 pixel_is 1270 14 262B31
	xdotool mousemove 640 500
	check "and goes" wait_until 20 pixel_is 1270 14 000000
	xdotool keydown Control_L keydown Alt_L key Return keyup Alt_L keyup Control_L
	check "Ctrl+Alt+Enter leaves it" wait_until 20 has_size 1000x700
}

power_cycle()
{
	host o
	check "turning off asks first" state_is c running
	xdotool key Return
	check "then does it" wait_until 60 state_is c off
	check "the window stays" window_is_there
	check "with a card that lets one start it" wait_until 20 pixel_is 50 14 4FC35A
	host s
	check "the VM starts again" wait_until 60 state_is c running
	check "in the same window" wait_until 60 more_colours_than 10 "$id"
	xdotool type 'x'
	check "whose keys reach it" carrel_status 0 screen c --wait 'SeaBIOS|iPXE|GRUB|Booting|carrel' --timeout 60s
	kill "$(xdotool getwindowpid "$id")"
	check "the viewer can be ended" wait_until 20 window_is_gone
	is "the VM runs on" "$(vm_field c .state)" running
}

opens_again()
{
	local folder
	folder=$(vm_field c .folder)
	check "what was chosen is kept" jq -e '.width == 1000 and .height == 700 and .zoom == "fit" and .mute == false' "$folder/window.json"
	jq '.host_key = "pause" | .zoom = "200%"' "$folder/window.json" >"$work/edited.json" && cp "$work/edited.json" "$folder/window.json"
	carrel connect c --via sdl >"$work/sdl.log" 2>&1
	check "the window opens again" wait_until 30 window_is_there || return
	id=$(window_is_there)
	xdotool windowfocus "$id" 2>/dev/null
	check "with its size" wait_until 20 has_size 1000x700
	check "and a picture" wait_until 20 more_colours_than 10 "$id"
	xdotool keydown Pause key 0 keyup Pause
	check "the host key can be another; with 0 the window is as large as the screen" wait_until 20 fits_guest
	kill "$(xdotool getwindowpid "$id")"
	check "it closes" wait_until 20 window_is_gone
	check "and keeps what people wrote" jq -e '.host_key == "pause" and .width == 0 and .zoom == "100%"' "$folder/window.json"
}

opens_in_full_screen()
{
	check "--full-screen is for windows: 2" carrel_status 2 connect c --via term --full-screen
	[[ $managed ]] || return 0
	carrel connect c --via sdl --full-screen >"$work/sdl.log" 2>&1
	check "a window opens in full screen" wait_until 30 window_is_there || return
	id=$(window_is_there)
	check "and covers all" wait_until 20 has_size 1280x1024
	kill "$(xdotool getwindowpid "$id")"
	check "it can be ended" wait_until 20 window_is_gone
}

fits_guest()
{
	has_size "$(guest_size)"
}

start_display || skip_all "Xvfb does not start"
start_manager
choose_folders
carrel create c --image carrel-live --generation 1 --memory 256M --cpus 1 >/dev/null || not_ok "create"
opens_while_off
toolbar
typing
cards
sizes
power_cycle
opens_again
opens_in_full_screen
carrel turn-off c >/dev/null
done_testing
