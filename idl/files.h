/* What lies in the buffers of files.idl, for C; that file says what each field means. */
#ifndef IDL_FILES_H
#define IDL_FILES_H

#include <stdint.h>

struct fs_space {
    uint64_t blocks, free, available, files, files_free, id;
    uint32_t block_bytes, name_max;
};
struct fs_attr {
    uint64_t handle, size, blocks512, atime, mtime, ctime;
    uint32_t atime_nsec, mtime_nsec, ctime_nsec, mode, nlink, uid, gid, rdev;
};
enum {
    FS_SET_MODE = 1,
    FS_SET_UID = 2,
    FS_SET_GID = 4,
    FS_SET_SIZE = 8,
    FS_SET_ATIME = 16,
    FS_SET_MTIME = 32,
    FS_SET_CTIME = 64
};
struct fs_change {
    uint64_t size, atime, mtime, ctime;
    uint32_t atime_nsec, mtime_nsec, ctime_nsec, set, mode, uid, gid, zero;
    uint64_t reserved;
};
struct fs_new {
    uint64_t time;
    uint32_t time_nsec, mode, uid, gid, rdev, name_bytes, target_bytes, zero;
};
struct fs_entry {
    uint64_t handle, next;
    uint16_t record;
    uint8_t type, name_bytes;
};
#define FS_ENTRY_BYTES 20u
struct fs_attribute {
    uint32_t record, name_bytes, value_bytes;
};
enum { FS_ATTRIBUTE_CREATE = 1, FS_ATTRIBUTE_REPLACE = 2, FS_ATTRIBUTE_REMOVE = 4 };
enum { FS_DIRECTORY = 1, FS_KEEP = 2, FS_NOREPLACE = 4, FS_EXCHANGE = 8 };

#define FS_ERROR 32u /* errors are a Linux errno and this */

#endif
