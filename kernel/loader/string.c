/* The C library functions that the loader and libfdt use. */
#include <loader/string.h>

#include <stdint.h>

/* Words where both ends are aligned alike, which makes copying the kernel eight times as fast. */
void *memcpy(void *to, const void *from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((((uintptr_t)t | (uintptr_t)f) & 7) == 0) {
        for (; bytes >= 8; bytes -= 8, t += 8, f += 8) {
            *(uint64_t *)t = *(const uint64_t *)f;
        }
    }
    while (bytes--) {
        *t++ = *f++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((uintptr_t)t <= (uintptr_t)f) {
        return memcpy(to, from, bytes);
    }
    while (bytes--) {
        t[bytes] = f[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *t = to;
    uint64_t word = (unsigned char)value * 0x0101010101010101ull;

    if (((uintptr_t)t & 7) == 0) {
        for (; bytes >= 8; bytes -= 8, t += 8) {
            *(uint64_t *)t = word;
        }
    }
    while (bytes--) {
        *t++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *p = a, *q = b;

    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != q[i]) {
            return p[i] - q[i];
        }
    }
    return 0;
}

void *memchr(const void *at, int value, size_t bytes)
{
    const unsigned char *p = at;

    for (size_t i = 0; i < bytes; i++) {
        if (p[i] == (unsigned char)value) {
            return (void *)(uintptr_t)(p + i);
        }
    }
    return NULL;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

size_t strnlen(const char *s, size_t most)
{
    size_t n = 0;

    while (n < most && s[n]) {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *s, int c)
{
    return memchr(s, c, strlen(s) + 1);
}

char *strrchr(const char *s, int c)
{
    for (size_t n = strlen(s) + 1; n-- > 0;) {
        if (s[n] == (char)c) {
            return (char *)(uintptr_t)(s + n);
        }
    }
    return NULL;
}
