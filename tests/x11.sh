# shellcheck shell=bash
# shellcheck disable=SC2154 # $work is set by lib.sh
# Windows for e2e tests: a display of their own, finding windows, counting what is in them, typing into them. Source it behind lib.sh.

# Xvfb on the first free display.
start_display()
{
	Xvfb -displayfd 7 -noreset -screen 0 1280x1024x24 -nolisten tcp 7>"$work/display" 2>"$work/xvfb.log" &
	at_end kill "$!"
	wait_until 20 test -s "$work/display" || return 1
	DISPLAY=:$(cat "$work/display")
	export DISPLAY SDL_VIDEODRIVER=x11 SDL_AUDIODRIVER=dummy
}

# Number of colours on the X screen, or of one window.
colours()
{
	import -silent -window "${1:-root}" "$work/shot.png" && identify -format %k "$work/shot.png"
}

# more_colours_than NUMBER WINDOW
more_colours_than()
{
	[[ $(colours "$2") -gt $1 ]]
}

# find_window --class NAME or --name REGEX. (SDL's title has a type that xdotool does not read in every locale.)
find_window()
{
	xdotool search --onlyvisible "$@" 2>/dev/null | tail -n 1 | grep .
}

no_window()
{
	! find_window "$@"
}

# type_into WINDOW TEXT: a click into its middle, the text, and Return.
type_into()
{
	xdotool windowfocus --sync "$1" 2>/dev/null
	xdotool mousemove --window "$1" 300 300 click 1
	xdotool type --delay 30 "$2" && xdotool key Return
}
