/*
 * Which instructions the processor has is found out by a thread that executes them: the registers that say it (ID_AA64ISAR0_EL1 and the
 * others) cannot be read outside the kernel.  What needs registers that the kernel does not keep for a thread (SVE, pointer authentication)
 * is not asked about, so programs do not use it.
 */
#include "features.h"

#include <asm/errno.h>
#include <asm/hwcap.h>
#include <linux/mman.h>
#include <tessera/msg.h>

#include "../mm/mm.h"
#include "native.h"
#include "personality.h"

#define CODE_AT 0x10000ull
#define DATA_AT (CODE_AT + PAGE_SIZE)
#define PROBE   8u /* bytes: an instruction and an svc */

extern const uint8_t feature_probes[], feature_probes_end[]; /* features.S */

uint64_t features = HWCAP_FP | HWCAP_ASIMD, features2;

/* In the order of features.S; the names are Linux's (arch/arm64/kernel/cpuinfo.c). */
static const struct {
    uint64_t bit, bit2;
    const char *name;
} known[] = {
    { HWCAP_AES, 0, "aes" },           { HWCAP_PMULL, 0, "pmull" },
    { HWCAP_SHA1, 0, "sha1" },         { HWCAP_SHA2, 0, "sha2" },
    { HWCAP_CRC32, 0, "crc32" },       { HWCAP_ATOMICS, 0, "atomics" },
    { HWCAP_FPHP, 0, "fphp" },         { HWCAP_ASIMDHP, 0, "asimdhp" },
    { HWCAP_ASIMDRDM, 0, "asimdrdm" }, { HWCAP_JSCVT, 0, "jscvt" },
    { HWCAP_FCMA, 0, "fcma" },         { HWCAP_LRCPC, 0, "lrcpc" },
    { HWCAP_DCPOP, 0, "dcpop" },       { HWCAP_SHA3, 0, "sha3" },
    { HWCAP_SM3, 0, "sm3" },           { HWCAP_SM4, 0, "sm4" },
    { HWCAP_ASIMDDP, 0, "asimddp" },   { HWCAP_SHA512, 0, "sha512" },
    { HWCAP_ASIMDFHM, 0, "asimdfhm" }, { HWCAP_ILRCPC, 0, "ilrcpc" },
    { HWCAP_FLAGM, 0, "flagm" },       { 0, HWCAP2_FLAGM2, "flagm2" },
    { 0, HWCAP2_FRINT, "frint" },      { 0, HWCAP2_I8MM, "i8mm" },
    { 0, HWCAP2_BF16, "bf16" },        { 0, HWCAP2_RNG, "rng" },
};
#define FEATURES (sizeof known / sizeof *known)

static bool is_there(unsigned n)
{
    return features & known[n].bit || features2 & known[n].bit2;
}

const char *feature_name(unsigned n)
{
    for (unsigned i = 0; i < FEATURES; i++) {
        if (is_there(i) && n-- == 0) {
            return known[i].name;
        }
    }
    return NULL;
}

/* Does the thread come to its svc? */
static bool executes(struct native *thread, unsigned n)
{
    const struct tess_regs regs = { .pc = CODE_AT + n * PROBE, .x[1] = DATA_AT, .sp = DATA_AT };
    const struct native_answer none = { .kind = ANSWER_NONE };

    if (native_run(thread, &regs)) {
        return false;
    }
    for (;;) {
        struct tess_msg m = native_next(&none);

        if (m.tag & TESS_TAG_FAULT && native_owner(m.badge) == known) {
            native_stop(thread);
            return tess_tag_label(m.tag) == TESS_FAULT_syscall;
        }
        if (m.tag & TESS_TAG_SIGNAL) {
            personality_signal(m.badge & ~NATIVE_ALARM);
        }
    }
}

static int make_pages(struct space *s)
{
    const size_t bytes = (size_t)(feature_probes_end - feature_probes);
    int code;
    long err = space_map(s, CODE_AT, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);

    if (err < 0) {
        return (int)err;
    }
    return space_poke(s, CODE_AT, feature_probes, bytes) != (long)bytes ||
                   space_fault(s, CODE_AT, ACCESS_EXEC, &code) ||
                   space_fault(s, DATA_AT, ACCESS_WRITE, &code)
               ? -ENOMEM
               : 0;
}

int features_start(void)
{
    struct native *thread = native_new((void *)known);
    struct space *s = NULL;
    int err = thread ? space_new(&s) : -ENOMEM;

    err = err ? err : make_pages(s);
    err = err ? err : native_use_space(thread, space_native(s)) ? -ENOMEM : 0;
    for (unsigned n = 0; n < FEATURES && !err; n++) {
        if (executes(thread, n)) {
            features |= known[n].bit;
            features2 |= known[n].bit2;
        }
    }
    if (thread) {
        native_free(thread);
    }
    if (s) {
        space_put(s);
    }
    return err;
}
