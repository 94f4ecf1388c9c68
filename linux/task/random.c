/* See random.h. */
#include "random.h"

#include <stdint.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "../signal/signal.h"
#include "task.h"
#include "wait.h"

static uint32_t key[8];
static uint64_t counter;

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
    s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

/* One block; RFC 8439, 2.3. */
static void block(uint32_t out[16])
{
    uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, s[16];

    memcpy(in + 4, key, sizeof key);
    in[12] = (uint32_t)counter;
    in[13] = (uint32_t)(counter++ >> 32);
    memcpy(s, in, sizeof s);
    for (unsigned i = 0; i < 10; i++) {
        quarter(s, 0, 4, 8, 12), quarter(s, 1, 5, 9, 13);
        quarter(s, 2, 6, 10, 14), quarter(s, 3, 7, 11, 15);
        quarter(s, 0, 5, 10, 15), quarter(s, 1, 6, 11, 12);
        quarter(s, 2, 7, 8, 13), quarter(s, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < 16; i++) {
        out[i] = s[i] + in[i];
    }
}

void random_seed(const void *bytes, size_t count)
{
    const uint8_t *b = bytes;
    uint32_t out[16];

    for (size_t i = 0; i < count; i++) {
        ((uint8_t *)key)[i % sizeof key] ^= b[i];
    }
    block(out);
    memcpy(key, out, sizeof key);
}

void random_bytes(void *to, size_t count)
{
    uint8_t *t = to;
    uint32_t out[16];

    while (count) {
        size_t part = count < sizeof out ? count : sizeof out;

        block(out);
        memcpy(t, out, part);
        t += part;
        count -= part;
    }
    block(out); /* what was given out cannot be computed back */
    memcpy(key, out, sizeof key);
}

#define TURN_BYTES 65536
#define TURN_NS    1

bool random_may_go_on(uint64_t done)
{
    if (done % TURN_BYTES == 0 && done) {
        if (signal_is_pending(current)) {
            return false;
        }
        fiber_pause(TURN_NS);
    }
    return true;
}

long sys_getrandom(struct task *t, const uint64_t *a)
{
    uint8_t part[256];
    uint64_t done = 0, bytes = a[1] < INT32_MAX ? a[1] : INT32_MAX;

    (void)t;
    if (a[2] & ~7ull || (a[2] & 6) == 6) {
        return -EINVAL;
    }
    while (done < bytes && random_may_go_on(done)) {
        size_t n = bytes - done < sizeof part ? bytes - done : sizeof part;

        random_bytes(part, n);
        if (copy_to_user(a[0] + done, part, n)) {
            return done ? (long)done : -EFAULT;
        }
        done += n;
    }
    return (long)done;
}
