/*
 * memcpy and memset for what is lent and cleared: 64 bytes a round.  Those of the C library go byte by byte, six instructions
 * each.  Ends need not be aligned: components map shared memory as normal memory, where the processor does not mind.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes anywhere, whatever they are. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));

/* Rounds of words that the compiler must not turn into calls of these functions again. */
#define NO_LOOP_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))

NO_LOOP_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    for (; bytes >= 64; bytes -= 64, t += 64, f += 64) {
        const word *w = (const word *)f;
        uint64_t a = w[0], b = w[1], c = w[2], d = w[3];
        uint64_t e = w[4], g = w[5], h = w[6], i = w[7];
        word *v = (word *)t;

        v[0] = a, v[1] = b, v[2] = c, v[3] = d;
        v[4] = e, v[5] = g, v[6] = h, v[7] = i;
    }
    for (; bytes >= 8; bytes -= 8, t += 8, f += 8) {
        *(word *)t = *(const word *)f;
    }
    for (; bytes > 0; bytes--) {
        *t++ = *f++;
    }
    return to;
}

NO_LOOP_CALLS void *memset(void *to, int value, size_t bytes)
{
    uint64_t v = (unsigned char)value * 0x0101010101010101ull;
    unsigned char *t = to;

    for (; bytes >= 64; bytes -= 64, t += 64) {
        word *w = (word *)t;

        w[0] = v, w[1] = v, w[2] = v, w[3] = v;
        w[4] = v, w[5] = v, w[6] = v, w[7] = v;
    }
    for (; bytes >= 8; bytes -= 8, t += 8) {
        *(word *)t = v;
    }
    for (; bytes > 0; bytes--) {
        *t++ = (unsigned char)value;
    }
    return to;
}
