#!/bin/sh
# Debian's programs on the devbox: a battery of them, what survives a restart, what goes in and out, bad disks, little memory, drivers
# that are killed.  Prints a line a check, and "N passed, N failed".
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-$PWD/build}
PATH=$PATH:/usr/sbin:/sbin
out=$BUILD/devbox
mkdir -p "$out"
passed=0 failed=0

ok() {
    passed=$((passed + 1))
    echo "ok   $1"
}

bad() {
    failed=$((failed + 1))
    echo "FAIL $1: $2"
}

# expect NAME EXPECTED GOT
expect() {
    if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "$(printf '%s' "$3" | tail -n 3), not $2"; fi
}

# box SECONDS OPTIONS -- COMMAND...: runs it in the devbox; prints what it prints.
box() {
    limit=$1
    shift
    tools/devbox.sh run "$BUILD/systems/devbox/image.img" systems/devbox/devbox.qemu --el2 --disk "$disk" --timeout "$limit" "$@" 2>"$out/errors"
}

tools/system.sh build systems/devbox/devbox.adl >"$out/log" 2>&1 || {
    tail -n 5 "$out/log"
    echo "0 passed, 1 failed"
    exit 1
}
disk=$out/disk.img
packages="python3 sqlite3 lua5.4 tcc libc6-dev make git strace gdb"
if [ ! -f "$out/made.img" ] || [ "$(cat "$out/made" 2>/dev/null)" != "$packages $(cat tools/rootfs.sh tools/rootfs/packages | cksum)" ]; then
    cp --sparse=always "$(tools/rootfs.sh base 2>>"$out/log")" "$out/made.img" &&
        tools/rootfs.sh add "$out/made.img" $packages >>"$out/log" 2>&1 || {
        tail -n 5 "$out/log"
        echo "0 passed, 1 failed"
        exit 1
    }
    echo "$packages $(cat tools/rootfs.sh tools/rootfs/packages | cksum)" >"$out/made"
fi
cp --sparse=always "$out/made.img" "$disk"
rm -rf "$out/put"
home=$out/put/root
mkdir -p "$home"
cp -R tests/linux/programs "$home/programs"
for program in event limits parent ptrace sysv xattr; do
    aarch64-linux-gnu-gcc -O2 -Wall -Wextra -Werror -static -o "$home/programs/$program" "tests/linux/$program.c" || exit 2
done
cp -R tools/rootfs/files/. "$out/put/"
tools/rootfs.sh put "$disk" "$out/put"

# The battery.
box 300 -- bash programs/run.sh >"$out/programs" || bad "the battery" "status $?, $(tail -n 1 "$out/errors")"
while read -r word rest; do
    case $word in
    ok) ok "program: $rest" ;;
    FAIL) bad "program: ${rest%%: *}" "${rest#*: }" ;;
    esac
done <"$out/programs"
expect "all of the battery" "$(grep -c '^is ' tests/linux/programs/run.sh)" "$(grep -cE '^(ok|FAIL) ' "$out/programs")"

# Statuses and restarts.
box 60 -- sh -c 'exit 42' >/dev/null
expect "a command's status comes out" 42 $?
box 60 -- sh -c 'echo kept >kept; seq 100000 >many' >/dev/null
expect "what was written is there after a restart" "kept $(seq 100000 | cksum)" "$(box 60 -- sh -c 'echo $(cat kept) $(cksum <many)')"
box 60 -- python3 -c 'import os; open("marked", "w"); os.setxattr("marked", "user.from", b"here"); os.system("cp -a marked copied")'
expect "and its extended attributes, also of a copy" "here here" "$(box 60 -- python3 -c 'import os; print(*(os.getxattr(f, "user.from").decode() for f in ("marked", "copied")))')"
box 60 -- sh -c 'echo off >kept; poweroff' >/dev/null
expect "poweroff keeps what was written" off "$(box 60 -- cat kept)"
e2fsck -fn "$disk" >"$out/fsck" 2>&1
expect "e2fsck finds nothing" 0 $?
expect "128 MiB do for python3 and sqlite3" "6 ok" \
    "$(box 60 --memory 128M -- python3 -c 'import sqlite3
c = sqlite3.connect("small.db")
c.execute("create table t(a)")
c.executemany("insert into t values(?)", [(1,), (2,), (3,)])
c.commit()
print(c.execute("select sum(a) from t").fetchone()[0], c.execute("pragma integrity_check").fetchone()[0])')"
box 60 -- python3 -c 'x = [bytearray(1 << 26) for i in range(1000)]' >"$out/oom"
expect "who takes all memory is killed, and said so" "137 1" "$? $(grep -c 'linux: out of memory: killed process [0-9]* (python3)' "$out/oom")"

# In and out.
mkdir -p "$out/in/folder"
seq 1000 >"$out/in/folder/file"
chmod 750 "$out/in/folder/file"
mkdir -p "$out/put2/root"
cp -R --preserve=mode "$out/in/folder" "$out/put2/root"
tools/rootfs.sh put "$disk" "$out/put2"
expect "a folder goes in" "750 $(seq 1000 | cksum)" "$(box 60 -- sh -c 'echo $(stat -c %a folder/file) $(cksum <folder/file)')"

# Drivers and file server are killed while a program writes.
said=$(box 120 -- bash -c '
    sqlite3 k.db "pragma journal_mode=wal; create table t(a, b);" >/dev/null
    (for i in 1 2 3 4 5 6; do sleep 0.1; tessera kill disk; tessera kill files; done) &
    for i in $(seq 60); do sqlite3 k.db "insert into t select $i, hex(randomblob(500)) from (values (1), (2), (3), (4));" || echo failed; done
    wait
    sqlite3 k.db "select count(*), sum(a) from t; pragma integrity_check;"
    awk "\$1 == \"disk\" || \$1 == \"files\" { print \$1, \$4 }" /proc/tessera/components' | grep -v '^supervisor: ')
expect "killing disk and files is no error to a program" "240|7320 ok disk 6 files 6" "$(echo $said)"
e2fsck -fn "$disk" >"$out/fsck" 2>&1
expect "e2fsck finds nothing after the killing" 0 $?
box 60 -- bash -c 'tessera trace t.json md5sum /usr/bin/vim.tiny >/dev/null 2>&1; python3 -c "
import json
e = json.load(open(\"t.json\"))[\"traceEvents\"]
print(sum(x[\"ph\"] == \"b\" for x in e) == sum(x[\"ph\"] == \"e\" for x in e) > 5)"' >"$out/trace"
expect "a trace is JSON, each call has its end" True "$(cat "$out/trace")"
said=$(box 60 -- sh -c 'tessera ps | grep -c "^files .*running"
    tessera top 1 | grep -c "^files .*running"
    tessera restart clock && tessera log | grep -c "clock .*started, generation 2"
    tessera graph | grep -c -- "--> disk "
    tessera graph --dot | grep -cE "^    \"files\" -> \"disk\" .label=\"[0-9]+\".;|^}"' | grep -v '^supervisor: ')
expect "the tool shows the components, restarts one, says what happened, who calls whom" "1 1 1 1 2" "$(echo $said)"
expect "an order for nobody is told" "tessera: no component nobody; tessera ps lists them" "$(box 60 -- sh -c 'tessera kill nobody 2>&1')"

# A board whose interrupt controller has no messages.
tools/system.sh build systems/devbox/devboxlines.adl >"$out/log" 2>&1
expect "lines in place of messages, with a GICv2" "kept 600" "$(tools/devbox.sh run "$BUILD/systems/devboxlines/image.img" systems/devbox/devboxlines.qemu \
    --el2 --gic 2 --disk "$disk" --timeout 60 -- sh -c 'echo kept >kept; sync; echo $(cat kept) $(head -c 600 /dev/urandom | wc -c)' 2>"$out/errors")"

# A disk that is none.
truncate -s 8M "$out/none.img"
tools/qemu.sh "$BUILD/systems/devbox/image.img" --el2 --icount --timeout 20 --options systems/devbox/devbox.qemu --disk root="$out/none.img" >"$out/none" 2>&1
expect "a disk without a file system: what it is" 1 "$(grep -c 'files: not mounted: there is no ext4 file system .*mke2fs' "$out/none")"
expect "a disk without a file system: what helps" 1 "$(grep -c 'linux: no root on the disk: .*e2fsck -f' "$out/none")"
expect "a disk without a file system: a shell" 1 "$(grep -c 'BusyBox' "$out/none")"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
