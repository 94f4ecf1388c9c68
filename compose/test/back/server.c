/* Only compiled. */
#include "Server.h"

struct self {
    uint32_t total;
};

static enum tess_err blk_open(struct self *self, uint32_t element)
{
    blk_media_changed_emit(self, element);
    return TESS_OK;
}

static enum tess_err blk_capacity(struct self *self, uint32_t element, uint64_t *sectors)
{
    *sectors = element;
    return TESS_OK;
}

static enum tess_err blk_read(struct self *self, uint32_t element, uint64_t lba, uint32_t n,
                              void *buf)
{
    memset(buf, (int)lba, n * 512);
    return IO_ERROR_BUSY;
}

static enum tess_err blk_write(struct self *self, uint32_t element, uint64_t lba, uint32_t n,
                               const void *buf)
{
    return *(const uint8_t *)buf ? TESS_OK : IO_ERROR_NOMEDIA;
}

static enum tess_err names_add(struct self *self, uint32_t n, uint32_t *total)
{
    *total = self->total += n;
    return TESS_OK;
}

static enum tess_err names_name(struct self *self, const char *wanted, bool exact, char *actual,
                                struct stat *s)
{
    strcpy(actual, wanted);
    s->kind = exact;
    return TESS_OK;
}

static enum tess_err names_blob(struct self *self, const void *data, uint32_t data_bytes,
                                void *back, uint32_t *back_bytes)
{
    memcpy(back, data, data_bytes);
    *back_bytes = data_bytes;
    return TESS_OK;
}

static enum tess_err names_numbers(struct self *self, const int16_t *values, double scale,
                                   double *mean, int32_t *ordered)
{
    for (int i = 0; i < 4; i++) {
        ordered[i] = values[i];
        *mean += values[i] * scale;
    }
    return TESS_OK;
}
