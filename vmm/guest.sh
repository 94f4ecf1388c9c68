#!/bin/sh
# guest.sh OUT.S: an assembler file with the guests' kernel and first file system, both made once of Debian packages.
set -eu
out=$(realpath "$1")
cd "$(dirname "$0")/.."
tools/guest.sh >&2
exec vmm/blob.sh "$out" guest_image .cache/arm64/guest/image guest_initrd .cache/arm64/guest/initrd
