#include <comp/crc32c.h>

#ifdef __aarch64__

/* Eight bytes anywhere, whatever they are. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));

/* Optional in Armv8.0, but all of Arm's own processors have it; mandatory from 8.1 (DDI 0487, A2.3). */
__attribute__((target("+crc"))) uint32_t comp_crc32c(const void *at, uint32_t bytes)
{
    const uint8_t *b = at;
    uint32_t crc = UINT32_MAX;

    for (; bytes >= 64; bytes -= 64, b += 64) {
        const word *w = (const word *)b;

        crc = __builtin_aarch64_crc32cx(crc, w[0]);
        crc = __builtin_aarch64_crc32cx(crc, w[1]);
        crc = __builtin_aarch64_crc32cx(crc, w[2]);
        crc = __builtin_aarch64_crc32cx(crc, w[3]);
        crc = __builtin_aarch64_crc32cx(crc, w[4]);
        crc = __builtin_aarch64_crc32cx(crc, w[5]);
        crc = __builtin_aarch64_crc32cx(crc, w[6]);
        crc = __builtin_aarch64_crc32cx(crc, w[7]);
    }
    for (; bytes > 0; bytes--) {
        crc = __builtin_aarch64_crc32cb(crc, *b++);
    }
    return ~crc;
}

__attribute__((target("+crc"))) uint32_t comp_crc32c_byte(uint32_t crc, uint8_t byte)
{
    return __builtin_aarch64_crc32cb(crc, byte);
}

#else /* for tests on the build machine */

#define POLYNOMIAL 0x82f63b78u /* reflected */

uint32_t comp_crc32c_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (unsigned i = 0; i < 8; i++) {
        crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    }
    return crc;
}

uint32_t comp_crc32c(const void *at, uint32_t bytes)
{
    const uint8_t *b = at;
    uint32_t crc = COMP_CRC32C_BEGIN;

    for (; bytes > 0; bytes--) {
        crc = comp_crc32c_byte(crc, *b++);
    }
    return ~crc;
}

#endif
