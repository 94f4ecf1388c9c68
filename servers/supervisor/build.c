#include "build.h"

#include <tess/invoke.h>
#include <tessera/bootinfo.h>

void make(struct build *b, enum tess_type type, uint64_t size, unsigned to)
{
    b->err = b->err ? b->err
                    : tess_untyped_retype(b->slots + BUILD_UNTYPED, type, size, 0, b->slots + to, 1,
                                          TESS_OFFSET_NEXT);
}

void map(struct build *b, tess_cap frame, uint64_t at, uint64_t rights, uint64_t attributes)
{
    b->err =
        b->err ? b->err : tess_frame_map(frame, b->slots + BUILD_VSPACE, at, rights, attributes, 0);
}

void make_mapped(struct build *b, uint64_t bytes, unsigned to, uint64_t at, uint64_t rights)
{
    make(b, TESS_TYPE_frame, bytes, to);
    map(b, b->slots + to, at, rights, TESS_ATTR_NORMAL);
}

#define BEAT_BYTES (1u << 20)

static void copy_words(char *to, const char *from, uint64_t bytes)
{
    uint64_t i = 0, word[2];

    for (; i + 16 <= bytes; i += 16) {
        __builtin_memcpy(word, from + i, 16);
        __builtin_memcpy(to + i, word, 16);
        if (i % BEAT_BYTES == 0 &&
            sup.self != SEED) { /* a long image takes a while: the standby need not worry */
            sup.region->beat[sup.self]++;
        }
    }
    for (; i < bytes; i++) {
        to[i] = from[i];
    }
}

void caches_agree(uint64_t at, uint64_t bytes)
{
    uint64_t ctr;

    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    uint64_t data = 4u << (ctr >> 16 & 15), text = 4u << (ctr & 15);

    for (uint64_t p = at; p < at + bytes; p += data) {
        __asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
    }
    __asm__ volatile("dsb ish" ::: "memory");
    for (uint64_t p = at; p < at + bytes; p += text) {
        __asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

tess_cap own_vspace(void)
{
    return sup.self == SEED ? TESS_ROOT_VSPACE : incarnation_slot(sup.self, INC_VSPACE);
}

void make_filled(struct build *b, const struct image_segment *s, uint64_t bytes, unsigned to)
{
    tess_cap frame = b->slots + to;

    make(b, TESS_TYPE_frame, bytes, to);
    b->err =
        b->err ? b->err : tess_frame_map(frame, own_vspace(), WINDOW_AT, RW, TESS_ATTR_NORMAL, 0);
    if (!b->err) {
        copy_words((char *)WINDOW_AT, s->file, s->file_bytes);
        if (s->rights & TESS_RIGHT_EXEC) {
            caches_agree(WINDOW_AT, s->file_bytes);
        }
        b->err = tess_frame_unmap(frame);
    }
    map(b, frame, s->at, s->rights, TESS_ATTR_NORMAL);
}
