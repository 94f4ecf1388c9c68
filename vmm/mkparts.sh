#!/bin/sh
# mkparts FILE: the disk of a guest, with two partitions: a copy of the default root file system, and room for a snapshot.
set -eu
PATH=$PATH:/usr/sbin:/sbin
printf 'label: gpt\nstart=2048, size=2097152\nstart=2101248, size=540672\n' | sfdisk -q "$1"
exec dd if="$(@top@/tools/rootfs.sh base)" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
