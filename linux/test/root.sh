#!/bin/sh
# root.sh OUT.img FILES: a disk with a few Debian programs, sqlite3 among them, and the folder FILES, made once for the systems of this folder.
set -eu
out=$(realpath "$1") files=$(realpath "$2")
tree=$out.d
cd "$(dirname "$0")/../.."
rm -rf "$tree"
tools/rootfs.sh tree "$tree" base-files base-passwd bash busybox-static coreutils dash sqlite3 >&2
rm -rf "$tree"/usr/share "$tree"/usr/lib/aarch64-linux-gnu/gconv "$tree"/usr/lib/aarch64-linux-gnu/perl-base "$tree"/usr/lib/locale \
    "$tree"/var/lib "$tree"/usr/lib/systemd "$tree"/usr/bin/perl* "$tree"/usr/lib/apt
tools/rootfs.sh applets "$tree"
cp -R "$files"/. "$tree"
tools/rootfs.sh image "$out" 64M "$tree"
rm -rf "$tree"
