#!/usr/bin/env bash
# A VM's whole life by the command line, with the real QEMU and carrel Live, in both generations: every verb, the states it
# leads to, its exit status, and the shape of the JSON that scripts rely on (DESIGN section 7).
. "$(dirname "$0")/../lib.sh"
need jq qemu-system-x86_64
need_live
new_home

prompt='carrel-live:~#'
boot_s=180s

list_keys='["checkpoint","cpus","generation","id","ip","memory","name","notes","os","state","switch","uptime_s"]'

gallery_and_host()
{
	local out
	out=$(carrel --json gallery list)
	check "the built-in image is in the gallery" json_ok "$out" 'any(.[]; .id == "carrel-live")'
	check "gallery list has the keys of the contract" json_ok "$out" \
		'all(.[]; has("id") and has("name") and has("publisher") and has("version") and has("size") and has("source")
			and has("updated") and has("verified") and has("description"))'
	out=$(carrel --json gallery show carrel-live)
	check "gallery show names the image" json_ok "$out" '.id == "carrel-live"'
	check "an image that is not there: 3" carrel_status 3 gallery show no-such-image
	out=$(carrel --json host)
	check "host says which accelerator is used and why" json_ok "$out" '(.accelerator | test("^(kvm|tcg)$")) and (.accelerator_reason | length > 0)'
	out=$(carrel --json host check)
	check "each line of host check has requirement, found, verdict, remedy" json_ok "$out" \
		'length > 5 and all(.[]; has("requirement") and has("found") and has("remedy") and (.verdict | test("^(ok|warning|missing)$")))'
}

create_vm()
{
	local vm=$1 generation=$2 out
	check "$vm: create" carrel_status 0 create "$vm" --image carrel-live --generation "$generation" --memory 512M --cpus 1 \
		--set notes="made by a test" || return
	out=$(carrel --json list)
	check "$vm: list has the keys of the contract" json_ok "$out" \
		"$list_keys - (.[] | select(.name == \"$vm\") | keys) == []"
	check "$vm: list has its values" json_ok "$out" ".[] | select(.name == \"$vm\") |
		.state == \"off\" and .generation == $generation and .cpus == 1 and .memory.startup == 536870912
		and (.uptime_s // 0) == 0 and .notes == \"made by a test\" and (.memory | has(\"assigned\") and has(\"demand\"))"
	out=$(carrel --json show "$vm")
	check "$vm: show has every field of vm.conf" json_ok "$out" \
		'["accelerator","boot","clock","cpu_model","cpus","created","generation","guest_agent","id","image","iso","keymap",
		"machine","memory","name","nics","disks","notes","os","pid","qemu_args","secure_boot","serial","tpm","video"] - keys == []'
	check "$vm: create with a taken name fails: 1" carrel_status 1 create "$vm"
	check "$vm: argv is QEMU's command line" grep -q qemu-system <(carrel argv "$vm")
	check "$vm: found by the beginning of its id" carrel_status 0 show "$(jq -r '.id[0:8]' <<<"$out")"
	return 0
}

run_vm()
{
	local vm=$1 pid
	check "$vm: start" carrel_status 0 start "$vm"
	is "$vm: is running" "$(vm_field "$vm" .state)" running
	pid=$(vm_field "$vm" .pid)
	like "$vm: pid is a QEMU" "$(program_of "$pid")" qemu-system
	like "$vm: accelerator is known" "$(vm_field "$vm" .accelerator)" '^(kvm|tcg)$'
	check "$vm: start of a running VM: 4" carrel_status 4 start "$vm"
	check "$vm: rename to a taken or a bad name: 2" carrel_status 2 rename "$vm" a/b
	check "$vm: delete of a running VM: 4" carrel_status 4 delete "$vm" --yes
	check "$vm: a field that needs the VM to be off: 4" carrel_status 4 set "$vm" cpus=2
	check "$vm: a field that may change at once" carrel_status 0 set "$vm" notes="runs"
	check "$vm: the shell prompt comes up" carrel_status 0 screen "$vm" --wait "$prompt" --timeout "$boot_s" || return
	check "$vm: typed text arrives" carrel_status 0 type "$vm" $'echo typed-$((40+2))\n'
	check "$vm: and is answered" carrel_status 0 screen "$vm" --wait '^typed-42' --timeout 60s
}

pause_vm()
{
	local vm=$1
	check "$vm: pause" carrel_status 0 pause "$vm"
	is "$vm: is paused" "$(vm_field "$vm" .state)" paused
	check "$vm: pause twice: 4" carrel_status 4 pause "$vm"
	check "$vm: resume" carrel_status 0 resume "$vm"
	is "$vm: runs again" "$(vm_field "$vm" .state)" running
	check "$vm: resume of a running VM: 4" carrel_status 4 resume "$vm"
}

save_vm()
{
	local vm=$1
	check "$vm: save" carrel_status 0 save "$vm"
	is "$vm: is saved" "$(vm_field "$vm" .state)" saved
	is "$vm: has no process" "$(vm_field "$vm" '.pid // 0')" 0
	check "$vm: start from the saved state" carrel_status 0 start "$vm"
	is "$vm: runs" "$(vm_field "$vm" .state)" running
	check "$vm: its screen is as it was" carrel_status 0 screen "$vm" --wait '^typed-42' --timeout 30s
	check "$vm: and it lives" carrel_status 0 type "$vm" $'echo again-$((50+3))\n'
	check "$vm: and answers" carrel_status 0 screen "$vm" --wait '^again-53' --timeout 60s
}

stop_vm()
{
	local vm=$1
	check "$vm: reset" carrel_status 0 reset "$vm"
	is "$vm: runs after reset" "$(vm_field "$vm" .state)" running
	check "$vm: boots again" wait_until 60 screen_without "$vm" again-53
	check "$vm: to the prompt" carrel_status 0 screen "$vm" --wait "$prompt" --timeout "$boot_s"
	check "$vm: shutdown" carrel_status 0 shutdown "$vm"
	is "$vm: is off" "$(vm_field "$vm" .state)" off
	check "$vm: turn-off when off: 4" carrel_status 4 turn-off "$vm"
	check "$vm: start again" carrel_status 0 start "$vm"
	check "$vm: turn-off" carrel_status 0 turn-off "$vm"
	is "$vm: is off again" "$(vm_field "$vm" .state)" off
}

screen_without()
{
	! carrel screen "$1" | grep -q "$2"
}

end_vm()
{
	local vm=$1
	check "$vm: set while off" carrel_status 0 set "$vm" cpus=2 memory=256M
	is "$vm: is changed" "$(vm_field "$vm" '"\(.cpus) \(.memory.startup)"')" "2 268435456"
	check "$vm: rename" carrel_status 0 rename "$vm" "new $vm"
	check "$vm: the old name is gone: 3" carrel_status 3 show "$vm"
	is "$vm: the new name is there" "$(vm_field "new $vm" .name)" "new $vm"
	check "$vm: delete" carrel_status 0 delete "new $vm" --yes
	check "$vm: is gone: 3" carrel_status 3 show "new $vm"
	check "$vm: its folder is gone" test ! -e "$CARREL_HOME/vms/new $vm"
}

quick_create()
{
	local out
	check "quick without start" carrel_status 0 quick carrel-live --name q1 --no-start
	is "quick --no-start leaves it off" "$(vm_field q1 .state)" off
	check "quick starts, and returns where there is no terminal" carrel_status 0 quick carrel-live --name q2
	is "quick starts" "$(vm_field q2 .state)" running
	check "quick of an unknown image: 3" carrel_status 3 quick no-such-image
	out=$(carrel --json start q1 --no-wait)
	check "--no-wait gives the job" json_ok "$out" '.verb == "start" and .number > 0 and (.job | startswith("/"))'
	check "the job is listed" json_ok "$(carrel --json jobs)" 'any(.[]; .verb == "start" and .subject == "q1")'
	check "q1 comes up" wait_state q1 running
	check "several VMs in one command" carrel_status 0 turn-off q1 q2
	check "delete of several" carrel_status 0 delete q1 q2 --yes
	is "no VM is left" "$(carrel --json list | jq length)" 0
}

gallery_and_host
for generation in 1 2; do
	create_vm "gen$generation" "$generation" || continue
	if run_vm "gen$generation"; then
		pause_vm "gen$generation"
		save_vm "gen$generation"
		stop_vm "gen$generation"
	fi
	carrel turn-off "gen$generation" 2>/dev/null
	end_vm "gen$generation"
done
quick_create
check "no verb of that name: 2" carrel_status 2 no-such-verb
check "no VM of that name: 3" carrel_status 3 show no-such-vm
check "errors as JSON" json_ok "$(carrel --json show no-such-vm 2>&1 >/dev/null | tail -n 1)" \
	'.error.code == "not_found" and (.error.message | test("no-such-vm")) and (.error | has("hint"))'
done_testing
