/* What libext2fs wants of a system and never needs: it is told the time, and says nothing itself. */
#include <stdarg.h>
#include <sys/time.h>
#include <time.h>

#include "fs.h"

void com_err(const char *who, errcode_t code, const char *format, ...);

void com_err(const char *who, errcode_t code, const char *format, ...)
{
    (void)who;
    (void)code;
    (void)format;
}

time_t time(time_t *to)
{
    if (to) {
        *to = 0;
    }
    return 0;
}

/* Files whose names are compared without case are not opened. */
const struct ext2fs_nls_table *ext2fs_load_nls_table(int encoding)
{
    (void)encoding;
    return NULL;
}

/* In libext2fs it stands among what makes journals. */
errcode_t ext2fs_zero_blocks2(ext2_filsys e, blk64_t block, int n, blk64_t *last, int *done)
{
    static const uint8_t zeros[FS_BLOCK];
    errcode_t err = 0;
    int i = 0;

    for (; e && i < n && err == 0; i++) {
        err = io_channel_write_blk64(e->io, block + (blk64_t)i, 1, zeros);
    }
    if (last) {
        *last = block + (blk64_t)i;
    }
    if (done) {
        *done = i;
    }
    return err;
}
