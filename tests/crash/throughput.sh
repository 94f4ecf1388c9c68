# Part of crash.sh: speedtest1 of sqlite3's source, on Debian's library, in a system with and without a killer.  Time is virtual.
source=$(tools/fetch-source.sh sqlite3)
version=$(cat "$source/VERSION")
size=50
[ -z "$short" ] || size=10
sed "s/--VERS--/$version/; s/--VERSION-NUMBER--/3040001/; s/--SOURCE-ID--/unknown/" "$source/src/sqlite.h.in" >"$out/sqlite3.h"
library=$(debugfs -R 'ls -p /usr/lib/aarch64-linux-gnu' "$BUILD/linux/test-root.img" 2>/dev/null | cut -d / -f 6 | grep '^libsqlite3[.]so[.]0[.]')
debugfs -R "dump /usr/lib/aarch64-linux-gnu/$library $out/libsqlite3.so.0" "$BUILD/linux/test-root.img" >/dev/null 2>&1
aarch64-linux-gnu-gcc -O2 -w -I"$out" -o "$out/speedtest1" "$source/test/speedtest1.c" "$out/libsqlite3.so.0" -Wl,--allow-shlib-undefined

# speed NAME KILLS: the virtual time of the test in ms, in NAME.ms; its result in NAME.result.
speed() {
    dir=$out/$1
    mkdir -p "$dir"
    killer=
    [ "$2" = 0 ] || killer="instance SupervisorEnds supervisor;
    instance FsKiller killer { kills = $2; pause_us = 500000; spread_us = 1; }
    connect killer.supervisor -> supervisor.control : rpc;"
    top_from_here=$(realpath --relative-to="$dir" .)
    cat >"$dir/$1.adl" <<END
import "$top_from_here/linux/linux_on_disk.adl";
import "$top_from_here/drivers/block_virtio/block_virtio.adl";
import "$top_from_here/servers/fs_ext4/fs_ext4.adl";
import "$top_from_here/servers/fs_ext4/test/parts.adl";
import "lib/pci.adl";
import "lib/supervisor.adl";
import "lib/terminal.adl";
system Speed {
    instance Terminal terminal;
    instance Pci pci;
    instance Pci_00_02_0 device;
    instance BlockVirtio driver { restart alone max 100000 in 1s backoff 500us .. 500us; }
    connect driver.bus -> pci.function[2] : rpc;
    connect driver.regs -> device.regs : mmio;
    connect driver.irq -> device.irq : irq;
    connect driver.pool -> device.dma : dma;
    instance FsExt4 fs { restart alone max 100000 in 1s backoff 500us .. 500us; }
    connect fs.disk -> driver.blk : queue;
    $killer
    instance LinuxOnDisk linux { mem 92MiB; restart never; command = "speedtest1 --verify --size $size speed.db | sed 's/ *[0-9.]*s\$//'; sync; busybox cat /proc/uptime"; }
    connect linux.files -> fs.files : queue 512KiB;
    connect linux.terminal -> terminal.out : ring;
    connect linux.keys -> terminal.in : rpc;
    connect *.log -> terminal.out : rpc;
    until linux;
}
END
    SYSTEM_DIR=$dir tools/build-system.sh "$dir/$1.adl" >"$dir/log" 2>&1 || { cat "$dir/log" && exit 1; }
    disk "$dir/disk"
    # Room for the database and, while VACUUM writes it anew, its copy and the journal.
    truncate -s 192M "$dir/disk"
    if ! e2fsck -fp "$dir/disk" >"$dir/grown" 2>&1 || ! resize2fs "$dir/disk" >"$dir/grown" 2>&1; then
        cat "$dir/grown" && exit 1
    fi
    tools/qemu.sh "$dir/image.img" --icount --timeout 3000 --options linux/test/linuxkills.qemu --disk "root=$dir/disk" >"$dir/console" 2>&1 || true
    tr -d '\r' <"$dir/console" | sed -n '/^-- Speedtest1/,/^linux: over/p' | grep -avE '^(supervisor|killer|linux):|^[0-9.]+ [0-9.]+$' >"$dir/result"
    tr -d '\r' <"$dir/console" | awk '/^[0-9]+\.[0-9]+ [0-9.]+$/ { print $1 * 1000 }' >"$dir/ms"
    why=$(e2fsck -fn "$dir/disk" 2>&1 | grep -avE '^(e2fsck|Pass)|: clean|^.*files \(' | head -n 1)
    verdict "the disk after $1" "$why"
}
speed undisturbed 0
speed killed 10000
kills=$(grep -ac '^supervisor: \(fs\|driver\): killed' "$out/killed/console" || true)
was=$(cat "$out/undisturbed/ms") is=$(cat "$out/killed/ms")
echo "speedtest1 --size $size: $was ms of virtual time undisturbed, $is ms with $kills kills: $((was * 100 / (is ? is : 1))) %"
verdict throughput "$([ "${was:-0}" -gt 0 ] && [ $((was * 100)) -ge $((is * 85)) ] || echo "less than 85 %")"
verdict "kills" "$([ "$kills" -ge 2 ] || echo "only $kills")"
verdict "the result of speedtest1" "$(grep -q '^Verification Hash' "$out/undisturbed/result" || echo "no result")$(diff "$out/undisturbed/result" "$out/killed/result" | head -n 1)"
