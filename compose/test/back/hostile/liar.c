/* Receives by itself and answers anything. */
#include "Liar.h"
#include "random.h"

struct self {
    uint64_t state;
};

static uint64_t random_tag(struct self *self, uint64_t asked)
{
    static const uint8_t lengths[] = { 2, 13, 11, 1, 1, 0, 0 };
    uint64_t label = random_next(&self->state) % 4 ? 0 : random_next(&self->state) % 40;
    uint64_t length = lengths[tess_tag_label(asked) % 7];

    if (random_next(&self->state) % 4 == 0) {
        length = random_next(&self->state) % 64;
    }
    return tess_tag(label, (unsigned)(label ? 0 : length), 0);
}

static int run(struct self *self)
{
    struct tess_msg m = tess_recv(COMP_SLOT_ENDPOINT, 0);

    self->state = 2463534242ull;
    while (self->state) {
        struct tess_words w;
        uint8_t letter = random_next(&self->state) % 2 ? 'z' : 0;

        for (uint32_t k = 0; k < 8; k++) {
            w.w[k] = random_word(&self->state);
        }
        memset(comp_area(), letter, 8 * 56);
        memset((uint8_t *)MANY_BUFFER, letter, 8192);
        if (m.tag & TESS_TAG_SIGNAL) {
            comp_signal(m.badge);
            m = tess_recv(COMP_SLOT_ENDPOINT, 0);
        } else {
            m = tess_reply_recv(COMP_SLOT_ENDPOINT, random_tag(self, m.tag), 0, 0, w);
        }
    }
    return 0;
}

static enum tess_err many_numbers(struct self *self, uint8_t a, int16_t b, bool c, enum colour d,
                                  uint64_t e, uint64_t *sum, bool *odd)
{
    return TESS_OK;
}

static enum tess_err many_text(struct self *self, const char *in_text, const void *data,
                               uint32_t data_bytes, char *out_text, void *tail,
                               uint32_t *tail_bytes)
{
    return TESS_OK;
}

static enum tess_err many_shape(struct self *self, const struct point *p, const uint16_t *list,
                                struct point *q)
{
    return TESS_OK;
}

static enum tess_err many_large(struct self *self, const char *name, const void *data,
                                uint32_t data_bytes, uint32_t n, const void *buf, char *back)
{
    return TESS_OK;
}

static enum tess_err many_fill(struct self *self, uint32_t n, void *buf, uint32_t *done)
{
    return TESS_OK;
}

static enum tess_err many_open(struct self *self)
{
    return TESS_OK;
}

static enum tess_err many_close(struct self *self)
{
    return TESS_OK;
}
