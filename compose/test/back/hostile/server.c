/* Looks whether its parameters are what the interface promises. */
#include <stdio.h>
#include <stdlib.h>

#include "Server.h"

struct self {
    uint64_t calls;
};

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        printf("server: %s\n", what);
        abort();
    }
}

static enum tess_err many_numbers(struct self *self, uint32_t element, uint8_t a, int16_t b, bool c,
                                  enum colour d, uint64_t e, uint64_t *sum, bool *odd)
{
    must(*(uint8_t *)&c <= 1, "a bool is more than 1");
    *sum = a + (uint64_t)b + c + (uint64_t)d + e;
    *odd = *sum & 1;
    return TESS_OK;
}

static enum tess_err many_text(struct self *self, uint32_t element, const char *in_text,
                               const void *data, uint32_t data_bytes, char *out_text, void *tail,
                               uint32_t *tail_bytes)
{
    must(strnlen(in_text, 21) <= 20, "a text is too long");
    must(data_bytes <= 24, "too many bytes");
    snprintf(out_text, 31, "<%s>", in_text);
    *tail_bytes = data_bytes < 8 ? data_bytes : 8;
    memcpy(tail, (const uint8_t *)data + data_bytes - *tail_bytes, *tail_bytes);
    return TESS_OK;
}

static enum tess_err many_shape(struct self *self, uint32_t element, const struct point *p,
                                const uint16_t *list, struct point *q)
{
    *q = *p;
    q->x = list[4];
    return TESS_OK;
}

static enum tess_err many_large(struct self *self, uint32_t element, const char *name,
                                const void *data, uint32_t data_bytes, uint32_t n, const void *buf,
                                char *back)
{
    uint64_t sum = 0;

    must(strnlen(name, 601) <= 600, "a long text is too long");
    must(data_bytes <= 3000, "too many bytes in the buffer");
    must(n <= 256, "a lent buffer is too long");
    for (uint32_t i = 0; i < n * 16; i++) {
        sum += ((const uint8_t *)buf)[i];
    }
    for (uint32_t i = 0; i < data_bytes; i++) {
        sum += ((const uint8_t *)data)[i];
    }
    snprintf(back, 701, "%s %llu", name, (unsigned long long)sum);
    return TESS_OK;
}

static enum tess_err many_fill(struct self *self, uint32_t element, uint32_t n, void *buf,
                               uint32_t *done)
{
    must(n <= 1024, "a lent buffer to fill is too long");
    memset(buf, 0x5a, n * 4);
    *done = n;
    return TESS_OK;
}

static enum tess_err many_open(struct self *self, uint32_t element)
{
    self->calls++;
    return TESS_OK;
}

static enum tess_err many_close(struct self *self, uint32_t element)
{
    return TESS_OK;
}
