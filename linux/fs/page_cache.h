/* Inside the page cache: its pages in an inode. */
#ifndef LINUX_FS_PAGE_CACHE_H
#define LINUX_FS_PAGE_CACHE_H

#include "vfs.h"

/* The inode goes: its (empty) tree is freed. */
void cache_free(struct inode *i);
/* Pages of memory files (tmpfs) are never written anywhere and never given back. */
#define PAGE_KEEP 0x1000u
/* Pages that there is room for in file systems in memory. */
uint64_t cache_kept_room(void);
/* Pages of the inode that are there. */
uint64_t cache_pages(const struct inode *i);
/* A background fiber writes dirty pages back; call it once. */
void cache_start(void);
/* Write back every dirty page of a file system. */
int cache_sync(struct super *s);

#endif
