#!/bin/sh
# guest.sh: the kernel and the first file system of guests (vmm/), of Debian packages: .cache/arm64/guest/image and initrd.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
home=$top/.cache/arm64/guest
"$top/tools/debian-kernel.sh" "$home" "$top/tools/guest/init" virtio_mmio virtio_console virtio_rng virtio_blk virtio_net crc32c_generic ext4
ln -f "$home/vmlinuz" "$home/image"
ln -f "$home/first.cpio" "$home/initrd"
