/* User memory: walked by hand, reached through the window. */
#include <asm/errno.h>
#include <string.h>

#include "../task/task.h"
#include "space.h"

/* The byte at the address, if the process may read or write it; brought in if need be.  NULL: it may not. */
static uint8_t *reach(struct space *s, uint64_t address, bool write)
{
    for (;;) {
        uint64_t *e = address < TESS_USER_TOP ? entry_find(s, address) : NULL;
        int code;

        if (e && *e & (write ? E_WRITE : E_MAPPED)) {
            return (uint8_t *)page_data(entry_page(*e)) + address % PAGE_SIZE;
        }
        if (address >= TESS_USER_TOP ||
            space_fault(s, address, write ? ACCESS_WRITE : ACCESS_READ, &code)) {
            return NULL;
        }
    }
}

static size_t in_page(uint64_t address, size_t bytes)
{
    size_t room = PAGE_SIZE - address % PAGE_SIZE;

    return bytes < room ? bytes : room;
}

long space_read(struct space *s, uint64_t from, void *to, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        const uint8_t *at = reach(s, from + done, false);
        size_t part = in_page(from + done, bytes - done);

        if (!at) {
            return done ? (long)done : -EFAULT;
        }
        memcpy((char *)to + done, at, part);
        done += part;
    }
    return (long)done;
}

long space_write(struct space *s, uint64_t to, const void *from, size_t bytes)
{
    size_t done = 0;

    while (done < bytes) {
        uint8_t *at = reach(s, to + done, true);
        size_t part = in_page(to + done, bytes - done);

        if (!at) {
            return done ? (long)done : -EFAULT;
        }
        memcpy(at, (const char *)from + done, part);
        done += part;
    }
    return (long)done;
}

int copy_from_user(void *to, uint64_t from, size_t bytes)
{
    return space_read(current->process->space, from, to, bytes) == (long)bytes ? 0 : -EFAULT;
}

int copy_struct_from_user(void *to, size_t known, uint64_t from, uint64_t bytes)
{
    if (bytes > PAGE_SIZE) {
        return -E2BIG;
    }
    for (uint64_t at = known; at < bytes;) {
        char more[64];
        size_t n = bytes - at < sizeof more ? bytes - at : sizeof more;

        if (copy_from_user(more, from + at, n)) {
            return -EFAULT;
        }
        for (size_t i = 0; i < n; i++) {
            if (more[i]) {
                return -E2BIG;
            }
        }
        at += n;
    }
    memset(to, 0, known);
    return copy_from_user(to, from, bytes < known ? bytes : known) ? -EFAULT : 0;
}

int copy_to_user(uint64_t to, const void *from, size_t bytes)
{
    return space_write(current->process->space, to, from, bytes) == (long)bytes ? 0 : -EFAULT;
}

int clear_user(uint64_t to, size_t bytes)
{
    while (bytes) {
        uint8_t *at = reach(current->process->space, to, true);
        size_t part = in_page(to, bytes);

        if (!at) {
            return -EFAULT;
        }
        memset(at, 0, part);
        to += part;
        bytes -= part;
    }
    return 0;
}

long copy_text_from_user(char *to, uint64_t from, size_t most)
{
    size_t done = 0;

    while (done < most) {
        const uint8_t *at = reach(current->process->space, from + done, false);
        size_t part = in_page(from + done, most - done);

        if (!at) {
            return -EFAULT;
        }
        const uint8_t *end = memchr(at, 0, part);

        if (end) {
            memcpy(to + done, at, (size_t)(end - at) + 1);
            return (long)(done + (size_t)(end - at));
        }
        memcpy(to + done, at, part);
        done += part;
    }
    return -ENAMETOOLONG;
}

int user_word(uint64_t address, bool is_private_key, bool write, struct user_word *out)
{
    struct space *s = current->process->space;
    uint8_t *at;

    if (address % 4) {
        return -EINVAL;
    }
    at = reach(s, address, write);
    if (!at) {
        return -EFAULT;
    }
    out->at = (volatile uint32_t *)at;
    const struct mapping *m = mapping_at(s, address);

    if (is_private_key || !m || is_private(m)) {
        out->key[0] = (uint64_t)s;
        out->key[1] = address;
    } else {
        out->key[0] = (uint64_t)m->inode;
        out->key[1] = m->offset + (address - m->start);
    }
    return 0;
}

/* ---- stretches ---- */

void uio_kernel(struct uio *u, void *buffer, size_t bytes)
{
    *u = (struct uio){ .kernel = buffer, .left = bytes };
}

void uio_user(struct uio *u, struct iovec_user *piece, uint64_t at, size_t bytes)
{
    *piece = (struct iovec_user){ at, bytes };
    *u = (struct uio){ .piece = piece, .pieces = 1, .left = bytes };
}

/* Where the next bytes are, and how many of them lie together; NULL: they cannot be reached. */
static uint8_t *uio_next(struct uio *u, bool write, size_t *bytes)
{
    while (u->pieces && u->done_in_piece == u->piece->bytes) {
        u->piece++;
        u->pieces--;
        u->done_in_piece = 0;
    }
    if (!u->pieces) {
        *bytes = u->left;
        return u->kernel;
    }
    uint64_t at = u->piece->at + u->done_in_piece;
    uint64_t rest = u->piece->bytes - u->done_in_piece;

    *bytes = in_page(at, rest < u->left ? rest : u->left);
    return reach(current->process->space, at, write);
}

static void uio_advance(struct uio *u, size_t bytes)
{
    u->left -= bytes;
    if (u->pieces) {
        u->done_in_piece += bytes;
    } else {
        u->kernel += bytes;
    }
}

enum uio_way { UIO_PUT, UIO_ZERO, UIO_GET };

/* The next bytes, as many as there are: from `from`, or zeros, or into `to`.  Inlined: each way is a loop of its own. */
static inline __attribute__((always_inline)) size_t uio_walk(struct uio *u, size_t bytes,
                                                             enum uio_way way, const char *from,
                                                             char *to)
{
    size_t done = 0, part;

    bytes = bytes < u->left ? bytes : u->left;
    while (done < bytes) {
        uint8_t *at = uio_next(u, way != UIO_GET, &part);

        if (!at) {
            break;
        }
        part = part < bytes - done ? part : bytes - done;
        if (way == UIO_PUT) {
            memcpy(at, from + done, part);
        } else if (way == UIO_ZERO) {
            memset(at, 0, part);
        } else {
            memcpy(to + done, at, part);
        }
        uio_advance(u, part);
        done += part;
    }
    return done;
}

size_t uio_put(struct uio *u, const void *from, size_t bytes)
{
    return uio_walk(u, bytes, UIO_PUT, from, NULL);
}

size_t uio_zero(struct uio *u, size_t bytes)
{
    return uio_walk(u, bytes, UIO_ZERO, NULL, NULL);
}

size_t uio_get(struct uio *u, void *to, size_t bytes)
{
    return uio_walk(u, bytes, UIO_GET, NULL, to);
}
