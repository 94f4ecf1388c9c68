#!/bin/sh
# root.sh OUT.cpio PROGRAM: a root in memory with busybox, and PROGRAM as /bin/fuzz.
set -eu
out=$(realpath "$1") program=$(realpath "$2")
tree=$out.d
cd "$(dirname "$0")/../../.."
rm -rf "$tree"
tools/rootfs.sh tree "$tree" base-files base-passwd busybox-static >&2
find "$tree/usr" ! -type d ! -name busybox -delete
rm -rf "$tree"/var/lib
tools/rootfs.sh applets "$tree"
aarch64-linux-gnu-strip -o "$tree/bin/fuzz" "$program"
tools/rootfs.sh cpio "$out" "$tree" >&2
rm -rf "$tree"
