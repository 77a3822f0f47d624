# The one-pass pipeline against the tools that do the same one after another, sourced by run: a disk with files of /usr on it, in each compression.
# shellcheck shell=bash disable=SC2154 # run sets the variables

pipeline_mib=${BENCH_PIPELINE_MIB:-300}

# A disk of somewhat more than half as much again, with an ext4 file system that holds files of /usr.
make_disk()
{
	local files=$work/files
	mkdir -p "$files"
	find /usr/lib /usr/bin /usr/share -xdev -type f -size -20M -print0 2>/dev/null | tar --null -T - -cf - 2>/dev/null |
		head -c "${pipeline_mib}M" | tar -C "$files" -xf - 2>/dev/null
	mke2fs -q -t ext4 -d "$files" "$work/disk.raw" "$((pipeline_mib * 5 / 3))M" >/dev/null 2>&1 && rm -r "$files"
}

# pack_disk KIND: as publishers do (xz in blocks, which is its default since 5.6); undo KIND: the tool for it.
pack_disk()
{
	case $1 in
	xz) xz -2 -T0 -c "$work/disk.raw" ;;
	zst) zstd -q -c "$work/disk.raw" ;;
	gz) gzip -c "$work/disk.raw" ;;
	esac >"$work/disk.raw.$1"
}

undo()
{
	case $1 in
	xz) unxz -c "$2" ;;
	zst) unzstd -q -c "$2" ;;
	gz) gunzip -c "$2" ;;
	esac
}

by_tools()
{
	local dir=$work/tools kind=$1
	curl -s "file://$work/disk.raw.$kind" | tee "$dir/download" | sha256sum >"$dir/sum" &&
		undo "$kind" "$dir/download" >"$dir/raw" &&
		qemu-img convert -f raw -O qcow2 "$dir/raw" "$dir/image"
}

by_carrel()
{
	curl -s "file://$work/disk.raw.$1" | "$build/tests/bench/unpack-stdin" "$work/pass/download" "$work/pass/image" >"$work/pass/sum"
}

wall_ms()
{
	local begin=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1 || { printf 'nan\n' && return; }
	printf '%s\n' $(((${EPOCHREALTIME/./} - begin) / 1000))
}

# The most kB that DIR ever has while a command runs.
peak_kb()
{
	local dir=$1 peak=0 now pid
	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		now=$(du -sk "$dir" 2>/dev/null | cut -f 1)
		[[ ${now:-0} -le $peak ]] || peak=$now
	done
	wait "$pid"
	printf '%s\n' "$peak"
}

fresh_dirs()
{
	rm -rf "$work/tools" "$work/pass" && mkdir "$work/tools" "$work/pass"
}

bench_kind()
{
	local kind=$1 i extra image
	for ((i = 0; i < rounds; i++)); do
		say "disk.raw.$kind, round $((i + 1)) of $rounds"
		fresh_dirs
		wall_ms by_carrel "$kind" >>"$work/pass.$kind"
		wall_ms by_tools "$kind" >>"$work/tools.$kind"
		cmp -s <(sed 's/.*://' "$work/pass/sum") <(cut -d ' ' -f 1 "$work/tools/sum") &&
			qemu-img compare -q "$work/pass/image" "$work/tools/image" || say "the two are not the same"
	done
	row "disk.raw.$kind: one pass to a hashed qcow2" "$(median <"$work/pass.$kind")" ms "curl | sha256sum, un$kind, qemu-img convert" \
		"$(median <"$work/tools.$kind")" "2.5 times faster" 'r > 0 && r <= 0.4'
	fresh_dirs
	extra=$(($(peak_kb "$work/pass" by_carrel "$kind") - $(du -k "$work/disk.raw.$kind" | cut -f 1)))
	image=$(du -k "$work/pass/image" | cut -f 1)
	row "disk.raw.$kind: most disk beside the download" "$extra" kB "the image itself" "$image" "the image itself" 'r <= 1.01'
}

bench_pipeline()
{
	local kind
	say "making a disk with ${pipeline_mib} MiB of /usr"
	make_disk || { say "mke2fs cannot make a disk here" && return; }
	for kind in xz zst gz; do
		pack_disk "$kind"
		bench_kind "$kind"
		rm "$work/disk.raw.$kind"
	done
	rm -r "$work/disk.raw" "$work/tools" "$work/pass"
}
