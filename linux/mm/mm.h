/*
 * Memory: page frames of the window, the personality's heap, address spaces of processes, access to user memory.
 *
 * The window is the personality's whole memory budget, mapped linearly in its own address space.  Every page of every process,
 * page cache and the heap come from it; a process's page is mapped in the process by vspace.pages (kernel), and always readable
 * and writable here.
 */
#ifndef LINUX_MM_MM_H
#define LINUX_MM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/list.h"

struct file;
struct inode;
struct process;
struct task;

#define PAGE_SIZE  4096ull
#define PAGE_SHIFT 12

/* ---- page frames ---- */

struct page {
    uint32_t refs;              /* 0: free */
    uint32_t flags;             /* PAGE_* */
    struct list link;           /* LRU of the page cache, list of free pages, or the owner's */
    struct inode *inode;        /* whose cache it is in; NULL: anonymous, or the heap's */
    uint64_t index;             /* in the inode, in pages */
} __attribute__((aligned(16))); /* the low bits of its address are free */
#define PAGE_DIRTY    0x1u
#define PAGE_UPTODATE 0x2u /* its content is there */
#define PAGE_LOCKED   0x4u /* being read or written */
#define PAGE_ERROR    0x8u
#define PAGE_HEAP     0x10u

/* A page with refs 1, its content anything; NULL: there is none, also after reclaiming clean page cache. */
struct page *page_alloc(void);
struct page *page_alloc_zeroed(void);
/* `count` pages in a row; NULL. */
struct page *page_alloc_range(unsigned count);
void page_get(struct page *p);
void page_put(struct page *p);
void *page_data(const struct page *p);
uint64_t page_offset(const struct page *p); /* in the window */
struct page *page_of(const void *data);
struct memory_info {
    uint64_t total, free, cached, dirty, anonymous, heap, shared; /* pages */
};
void memory_info(struct memory_info *info);
/* Its part: cached, dirty, shared.  (fs/page_cache.c) */
void cache_info(struct memory_info *info);
/* Memory has run out: kill the largest process.  True: try again.  (task/) */
bool memory_is_short(void);
/* Called by page_alloc when memory is short: give back up to `pages` clean cached pages; how many.  (fs/page_cache.c) */
unsigned cache_reclaim(unsigned pages);

/* ---- heap ---- */

/* Zeroed memory, 16-byte aligned; NULL when there is none. */
void *heap_alloc(size_t bytes);
void heap_free(void *memory); /* NULL is fine */
/* Objects of a class in use and the size of one, from number 0 on; 0 bytes: those of more than half a page.  False: no such class. */
bool heap_class(unsigned number, unsigned *bytes, uint64_t *used);

/* ---- address spaces ---- */

struct space;

/* A new, empty one with refs 1.  -ENOMEM. */
int space_new(struct space **out);
void space_get(struct space *s);
/* The last put unmaps everything. */
void space_put(struct space *s);
/* A copy: private pages copy-on-write.  -ENOMEM. */
int space_fork(struct space *from, struct space **out);
struct native_space *space_native(const struct space *s);
/* Nothing is mapped there. */
bool space_is_free(const struct space *s, uint64_t address, uint64_t bytes);
/* What /proc shows for the mapping at the address: "[stack]". */
void space_name(struct space *s, uint64_t address, const char *name);

/* mmap: prot and flags as in mmap(2) (MAP_FIXED, MAP_PRIVATE, ...), file NULL: anonymous.  The address or -errno.  Takes its own
 * reference of file. */
long space_map(struct space *s, uint64_t address, uint64_t bytes, uint32_t prot, uint32_t flags,
               struct file *file, uint64_t offset);
int space_unmap(struct space *s, uint64_t address, uint64_t bytes);
int space_protect(struct space *s, uint64_t address, uint64_t bytes, uint32_t prot);
void space_set_break(struct space *s, uint64_t start); /* exec: the heap begins here */
/* exec notes what /proc wants to know. */
struct space_layout {
    uint64_t code_start, code_end, data_start, data_end, stack_start, arg_start, arg_end, env_start,
        env_end, auxv_at, auxv_bytes;
};
struct space_layout *space_layout(struct space *s);

/* A page fault of the running task.  0: try again; else the signal, *code its SEGV_* or BUS_*.  May wait. */
#define ACCESS_READ  1u
#define ACCESS_WRITE 2u
#define ACCESS_EXEC  4u
#define ACCESS_FORCE 8u /* beside WRITE: private memory that is readable gets a page of its own */
int space_fault(struct space *s, uint64_t address, uint32_t access, int *code);

/* The mappings, in order, for /proc/PID/maps. */
struct mapping_info {
    uint64_t start, end, offset, resident_pages, private_pages;
    uint32_t prot, flags;
    struct file *file; /* or NULL */
    const char *name;  /* "[heap]", "[stack]", "[vdso]" or NULL */
};
bool space_next_mapping(struct space *s, uint64_t from, struct mapping_info *out);
/* Is there something in the page of the address that is no zero that nobody has written?  Of private mappings of files it is taken to be. */
bool space_has_content(struct space *s, uint64_t address);
struct space_info {
    uint64_t virtual_pages, resident_pages, shared_pages, text_pages, data_pages, peak_pages;
};
void space_info(const struct space *s, struct space_info *out);

/* A file is truncated or its pages dropped: nobody maps these pages any more.  (called by fs) */
void space_unmap_file_pages(struct inode *inode, uint64_t first, uint64_t count);
/* Can a mapping write to the file? */
bool space_may_write_file(const struct inode *inode);

/* ---- user memory of the running task's space ---- */

/* All bytes, or -EFAULT.  May wait. */
int copy_from_user(void *to, uint64_t from, size_t bytes);
/* A structure that grows from version to version: what the caller's has not is 0, what only it has must be.  -E2BIG, -EFAULT. */
int copy_struct_from_user(void *to, size_t known, uint64_t from, uint64_t bytes);
int copy_to_user(uint64_t to, const void *from, size_t bytes);
int clear_user(uint64_t to, size_t bytes);
/* At most most - 1 characters and a NUL.  Length; -EFAULT; -ENAMETOOLONG: no NUL among them. */
long copy_text_from_user(char *to, uint64_t from, size_t most);
/* The same with an address space of somebody else: bytes done, or -EFAULT, -EIO if it is not there. */
long space_read(struct space *s, uint64_t from, void *to, size_t bytes);
long space_write(struct space *s, uint64_t to, const void *from, size_t bytes);
/* A debugger's write: also to private memory that its process may only read, whose pages become its own; instruction fetches see it. */
long space_poke(struct space *s, uint64_t to, const void *from, size_t bytes);
/*
 * An aligned 32-bit word of user memory for atomic use (futex): writable if asked.  *key identifies it in all spaces
 * that share it; only valid until the next wait.  -EFAULT, -EINVAL (misaligned).
 */
struct user_word {
    volatile uint32_t *at;
    uint64_t key[2]; /* private: space, address; shared: inode or page, offset */
};
int user_word(uint64_t address, bool is_private, bool write, struct user_word *out);

/* A stretch of bytes to transfer: user memory in pieces, or one kernel buffer. */
struct uio {
    struct iovec_user {
        uint64_t at, bytes;
    } const *piece; /* user memory; NULL: kernel */
    unsigned pieces;
    uint64_t done_in_piece;
    uint8_t *kernel; /* next byte */
    size_t left;
};
void uio_kernel(struct uio *u, void *buffer, size_t bytes);
void uio_user(struct uio *u, struct iovec_user *piece, uint64_t at,
              size_t bytes); /* piece: the caller's, one */
/* Move bytes to or from it and advance: how many (fewer than asked: the rest cannot be reached; then 0 is -EFAULT for the caller). */
size_t uio_put(struct uio *u, const void *from, size_t bytes);
size_t uio_get(struct uio *u, void *to, size_t bytes);
/* From a struct iovec array in user memory; room: for `count` pieces.  -EINVAL, -EFAULT. */
int uio_vector(struct uio *u, struct iovec_user *room, uint64_t at, uint64_t count);
size_t uio_zero(struct uio *u, size_t bytes);

#endif
