/* File systems in memory. */
#ifndef LINUX_FS_TMPFS_H
#define LINUX_FS_TMPFS_H

#include "vfs.h"

/* Register rootfs, tmpfs, devtmpfs and ramfs. */
void tmpfs_start(void);
/* Do the seals of a memory file allow that size? */
bool memory_may_resize(struct inode *i, uint64_t bytes);
/* Unpack an archive of format newc (the kernel's initramfs buffer format) into the root.  0, or -EINVAL: it is none. */
int cpio_unpack(const void *archive, size_t bytes);
/* Device files of memory: null, zero, full, random, urandom, kmsg; and the names of /dev. */
void devices_start(void);

#endif
