#!/bin/sh
# guest.sh [cloud]: the kernel and the first file system of guests (vmm/), of Debian packages: .cache/arm64/guest/image and initrd; its
# cloud flavour: .cache/arm64/guest-cloud.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
home=$top/.cache/arm64/guest${1:+-$1}
"$top/tools/debian-kernel.sh" "${1:-kernel}" "$home" "$top/tools/guest/init" virtio_mmio virtio_console virtio_rng virtio_blk virtio_net nvme crc32c_generic ext4 sbsa_gwdt vmw_vsock_virtio_transport
ln -f "$home/vmlinuz" "$home/image"
# What is ours beside that: an archive behind the other.
rm -rf "$home/ours"
mkdir -p "$home/ours/bin"
aarch64-linux-gnu-gcc -nostdlib -static -Wl,--build-id=none -s -o "$home/ours/bin/mark" "$top/tools/guest/mark.S"
aarch64-linux-gnu-gcc -std=gnu17 -O2 -Wall -Wextra -Werror -static -s -o "$home/ours/bin/vsock" "$top/tools/guest/vsock.c"
"$top/tools/rootfs.sh" cpio "$home/ours.cpio" "$home/ours"
rm -rf "$home/ours" "$home/initrd"
cat "$home/first.cpio" "$home/ours.cpio" >"$home/initrd"
