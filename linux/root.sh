#!/bin/sh
# root.sh OUT.cpio PACKAGE...: a root in memory: the packages with what they need, less what nothing of them reads: documentation,
# character sets, package data.
set -eu
out=$(realpath "$1")
tree=$out.d
shift
cd "$(dirname "$0")/.."
rm -rf "$tree"
tools/rootfs.sh tree "$tree" "$@" >&2
rm -rf "$tree"/usr/share "$tree"/usr/lib/aarch64-linux-gnu/gconv "$tree"/usr/lib/aarch64-linux-gnu/perl-base "$tree"/usr/lib/locale \
    "$tree"/var/lib "$tree"/usr/lib/systemd "$tree"/usr/bin/perl* "$tree"/usr/lib/apt
tools/rootfs.sh applets "$tree"
tools/rootfs.sh cpio "$out.new" "$tree" >&2
rm -rf "$tree"
mv "$out.new" "$out"
