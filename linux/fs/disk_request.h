/* Requests to the server of the disk: for disk.c and disk_attributes.c. */
#ifndef LINUX_FS_DISK_REQUEST_H
#define LINUX_FS_DISK_REQUEST_H

#include "disk.h"

struct inode;

#define DISK_CLIENT 1ull /* our number as a client (idl/files.idl) */

/* Once, first. */
void disk_request_start(void);
/* Gets the buffer that is shared with the server.  -ENXIO: there is no disk. */
int disk_buffer(void);
/* The number of a change (idl/files.idl). */
uint64_t disk_next_op(void);

/* A piece of the buffer; its place there.  May wait. */
uint64_t disk_piece_take(uint32_t bytes);
void disk_piece_drop(uint64_t place, uint32_t bytes);
/* What lies at a place of the buffer. */
void *disk_piece(uint64_t place);

/* Make a request and wait for its completion.  value: its two results, may be NULL.  0 or -errno. */
int disk_ask(const struct disk_request *what, uint64_t *value);
/* The same with bytes that go or come: `in`, up to three behind one another, the last with data NULL; or what->bytes to `out`. */
struct disk_bytes {
    const void *data;
    size_t bytes;
};
int disk_ask_with(struct disk_request *what, const struct disk_bytes *in, void *out,
                  uint64_t *value);

/* disk.c: the server's name of an inode of the disk.  It has changed now: ctime. */
uint64_t disk_handle(const struct inode *i);
void disk_inode_changed(struct inode *i);

/* disk_attributes.c: as inode_ops wants them. */
long disk_getxattr(struct inode *i, const char *name, void *to, size_t most);
int disk_setxattr(struct inode *i, const char *name, const void *from, size_t bytes,
                  uint32_t flags);
long disk_listxattr(struct inode *i, char *to, size_t most);
int disk_removexattr(struct inode *i, const char *name);

#endif
