#!/bin/sh
# debian-kernel.sh SET DIR INIT MODULE...: makes DIR/vmlinuz, Debian's arm64 kernel (SET of tools/rootfs/packages: kernel, cloud), and DIR/first.cpio, a first file system with busybox, the
# program INIT as /init, and the modules with those that they need, in the order of loading in /modules/order.  Done once: again when
# INIT is newer or other modules are named.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
set=$1 home=$2 init=$3
shift 3
if [ -f "$home/done" ] && [ ! "$init" -nt "$home/done" ] && [ "$(cat "$home/done")" = "$*" ]; then
    exit 0
fi

# load MODULE: prints the files of it and of the modules that it depends on, in the order of loading.
load() {
    file=$(find "$home/tree/lib/modules" "$home/tree/usr/lib/modules" -name "$(echo "$1" | tr _- '??').ko" 2>/dev/null | head -n 1)
    [ "$file" ] || return 0 # part of the kernel itself
    for needed in $(aarch64-linux-gnu-objcopy -O binary --only-section=.modinfo "$file" /dev/stdout |
        tr '\0' '\n' | sed -n 's/^depends=//p' | tr , ' '); do
        load "$needed"
    done
    find "$home/tree/lib/modules" "$home/tree/usr/lib/modules" -name "$(echo "$1" | tr _- '??').ko" 2>/dev/null | head -n 1
}

"$top/tools/rootfs.sh" tree "$home/tree" "@$set"
rm -rf "$home/first" "$home/done"
mkdir -p "$home/first/bin" "$home/first/modules"
cp "$home/tree/bin/busybox" "$home/first/bin/busybox"
ln -s busybox "$home/first/bin/sh"
cp "$init" "$home/first/init"
chmod +x "$home/first/init"
for module in "$@"; do
    load "$module"
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$home/first/modules/"
    basename "$file"
done >"$home/order"
mv "$home/order" "$home/first/modules/order"
"$top/tools/rootfs.sh" cpio "$home/first.cpio" "$home/first"
cp "$home"/tree/boot/vmlinuz-* "$home/vmlinuz"
rm -rf "$home/tree" "$home/tree.owners" "$home/first"
echo "$*" >"$home/done"
