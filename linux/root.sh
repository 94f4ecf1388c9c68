#!/bin/sh
# root.sh OUT.cpio: the first root of systems without a disk: Debian's busybox (static), bash and sqlite3 with what they need, less
# what nothing of that reads: documentation, character sets, package data.
set -eu
out=$(realpath "$1")
tree=$out.d
cd "$(dirname "$0")/.."
rm -rf "$tree"
tools/rootfs.sh tree "$tree" base-files base-passwd busybox-static bash sqlite3 >&2
rm -rf "$tree"/usr/share "$tree"/usr/lib/aarch64-linux-gnu/gconv "$tree"/usr/lib/aarch64-linux-gnu/perl-base "$tree"/usr/lib/locale \
    "$tree"/var/lib "$tree"/usr/lib/systemd "$tree"/usr/bin/perl* "$tree"/usr/lib/apt
tools/rootfs.sh applets "$tree"
tools/rootfs.sh cpio "$out.new" "$tree" >&2
rm -rf "$tree"
mv "$out.new" "$out"
