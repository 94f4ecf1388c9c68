#!/bin/sh
# guest.sh OUT.S [cloud]: an assembler file with the guests' kernel and first file system, both made once of Debian packages (tools/guest.sh).
set -eu
out=$(realpath "$1")
cd "$(dirname "$0")/.."
shift
tools/guest.sh "$@" >&2
home=.cache/arm64/guest${1:+-$1}
exec vmm/blob.sh "$out" guest_image "$home/image" guest_initrd "$home/initrd"
