/* The file system on the disk, the client side of idl/files.idl. */
#ifndef LINUX_FS_DISK_H
#define LINUX_FS_DISK_H

#include <stddef.h>
#include <stdint.h>

/* The methods of the interface, and the scalars each one takes, in this order; what is lent lies at `buffer`, `bytes` of it. */
enum disk_method {
    DISK_ATTACH,   /* a[0] client                          -> root, block bytes | read-only << 32 */
    DISK_STATFS,   /* out: struct fs_space */
    DISK_LOOKUP,   /* a[0] directory; in: name             -> handle, type */
    DISK_STAT,     /* a[0] file; out: struct fs_attr */
    DISK_READDIR,  /* a[0] directory, a[1] cookie; out     -> used, next */
    DISK_READ,     /* a[0] file, a[1] offset; out          -> got */
    DISK_WRITE,    /* op, a[0] file, a[1] offset; in       -> put */
    DISK_SETATTR,  /* op, a[0] file; in: struct fs_change */
    DISK_CREATE,   /* op, a[0] directory; in: struct fs_new, name, target -> handle */
    DISK_LINK,     /* op, a[0] file, a[1] directory; in: name */
    DISK_UNLINK,   /* op, a[0] directory, how; in: name */
    DISK_RENAME,   /* op, a[0] from, a[1] to, how, split: bytes of the old name; in: both names */
    DISK_FORGET,   /* op, a[0] file */
    DISK_READLINK, /* a[0] file; out                       -> got */
    DISK_SYNC,     /* a[0] file, 0: all */
    DISK_ATTRIBUTES,   /* a[0] file; out                 -> used */
    DISK_SET_ATTRIBUTE /* op, a[0] file, how, split: bytes of the name; in: name, value */
};

struct disk_request {
    enum disk_method method;
    uint32_t how, split, bytes;
    uint64_t op, a[2], buffer;
};

/* Registers the type "ext4". */
void disk_start(void);
/* Request number `cookie` is completed: err 0 or -errno.  From the event loop. */
void disk_done(uint64_t cookie, int err, uint64_t first, uint64_t second);

#endif
