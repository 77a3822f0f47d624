# `carrel gallery list' with many images, sourced by run: wall time, since that is what one waits for; the daemon runs, as it does when somebody works.
# shellcheck shell=bash disable=SC2154 # run sets the variables

gallery_images=${BENCH_IMAGES:-2000}

wall_ms()
{
	local begin
	begin=$(date +%s%N)
	"$@" >/dev/null 2>&1
	awk -v ns="$(($(date +%s%N) - begin))" 'BEGIN { print ns / 1e6 }'
}

bench_gallery()
{
	local i hash
	new_home
	hash=$(printf x | sha256sum | cut -c1-64)
	jq -n --arg hash "$hash" --argjson count "$gallery_images" '{format: 1, items: [range($count) | {id: "image-\(.)", name: "Image \(.)", publisher: "Somebody",
		version: "1", description: "One of many, with a description as long as those of real images are, which is a line or two.", kind: "disk",
		url: "https://images.example/\(.).qcow2", hash: $hash, download_size: 300000000, details: [["Login", "your key"], ["Release", "\(.)"]]}]}' >"$work/feed.json"
	carrel gallery add-source many "$work/feed.json" >/dev/null 2>&1 || { say "the source was not taken" && return; }
	is "it lists them all" "$(carrel --json gallery list --source many | jq length)" "$gallery_images" >&2
	for ((i = 0; i < rounds; i++)); do
		wall_ms "$build/carrel" gallery list >>"$work/gallery"
		wall_ms jq -r '.items[] | [.id, .name, .publisher] | @tsv' "$work/feed.json" >>"$work/gallery.jq"
	done
	row "carrel gallery list, $gallery_images images" "$(median <"$work/gallery")" ms "jq on the feed" "$(median <"$work/gallery.jq")" "under 100 ms" 'v < 100'
	end_home "$CARREL_HOME"
}
