/* Pipes, FIFOs; what special files do when they are opened. */
#ifndef LINUX_FS_PIPE_H
#define LINUX_FS_PIPE_H

#include "vfs.h"

/* File operations for a mode of type FIFO, socket, character or block device. */
const struct file_ops *special_file_ops(uint32_t mode);

#endif
