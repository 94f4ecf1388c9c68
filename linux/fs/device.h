/* Device files. */
#ifndef LINUX_FS_DEVICE_H
#define LINUX_FS_DEVICE_H

#include "vfs.h"

/* Opens who answers for the inode's number. */
extern const struct file_ops device_node_ops;

#define DEVICE(major, minor) ((uint64_t)((major) << 8 | (minor)))

#endif
