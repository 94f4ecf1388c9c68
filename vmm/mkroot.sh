#!/bin/sh
# mkroot FILE: the disk of a guest, a copy of the default root file system.
exec cp --sparse=always "$(@top@/tools/rootfs.sh base)" "$1"
