#!/bin/sh
# mkdisk.sh FILE: makes an ext4 file system with the features that fs_ext4 writes.
exec mke2fs -q -F -t ext4 -O none,has_journal,ext_attr,resize_inode,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize \
    -b 4096 -I 256 -J size=4 "$1"
