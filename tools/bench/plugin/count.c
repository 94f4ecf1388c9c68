/*
 * Exact instruction counts of a guest: a plugin for QEMU's TCG.
 *
 * User programs put markers (decode.h) into their code; between BEGIN id and END id, whoever executes them and whatever
 * runs in between, everything is counted.  Only with -icount, or the counts are not repeatable.
 *
 * Arguments (name=value, separated by commas):
 *     out=FILE      where results go, default: QEMU's plugin log
 *     trace=ID:N    also write every instruction of the Nth interval of that id (from 1)
 *     cover=on      also write how often every kernel instruction ran
 *     lean=on       count user, kernel and watch only, and look for no stretches: three times as fast
 *     watch=ADDRESS count how often the instruction at this (hexadecimal) address runs; twice at most
 *     cpus=N        that many CPUs, which take turns (-icount); else there must be one
 *
 * Output, one record per line; numbers decimal, addresses and instructions hexadecimal:
 *     I id counts...            an interval ended; counts in the order of COUNTERS
 *     P id counts...            a POINT marker; counts since the start of the machine
 *     B counts...               the first instruction after the kernel's first exception return is about to run
 *     T address instruction     one executed instruction of the traced interval
 *     S length from to id       longest stretch of kernel instructions in which no interrupt could come in, per pair
 *                               of first and last address; id: interval open at that moment, or -1
 *     C address count           coverage: this kernel instruction ran so often
 *     J address taken fell      coverage: this conditional branch of the kernel went so often each way
 */
#include "decode.h"
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    uint64_t n[COUNT_KINDS];
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct counts now;
static FILE *out;
static int cpus = 1;
static bool lean;

#define WATCHES 2
static uint64_t watched[WATCHES];

static bool is_kernel(uint64_t vaddr)
{
    return vaddr >> 55 & 1;
}

static void put(const char *text)
{
    if (out) {
        fputs(text, out);
    } else {
        qemu_plugin_outs(text);
    }
}

static void put_counts(const char *head, const struct counts *from)
{
    char line[64 + 21 * COUNT_KINDS];
    int at = snprintf(line, sizeof(line), "%s", head);
    for (int k = 0; k < COUNT_KINDS; k++) {
        at += snprintf(line + at, sizeof(line) - (size_t)at, " %" PRIu64, now.n[k] - from->n[k]);
    }
    snprintf(line + at, sizeof(line) - (size_t)at, "\n");
    put(line);
}

/* Intervals */

static const struct counts zero;
static struct counts begun[MARKER_IDS];
static bool open[MARKER_IDS];
static int innermost = -1; /* id of the interval begun last and not ended */

static unsigned trace_id = MARKER_IDS;
static unsigned long trace_nth, trace_seen;
static bool tracing;

static void interval_begin(unsigned id)
{
    begun[id] = now;
    open[id] = true;
    innermost = (int)id;
    tracing = id == trace_id && ++trace_seen == trace_nth;
}

static void interval_end(unsigned id)
{
    char head[24];
    if (!open[id]) {
        return; /* an END that many come by, and nobody asked */
    }
    snprintf(head, sizeof(head), "I %u", id);
    put_counts(head, &begun[id]);
    open[id] = false;
    innermost = -1;
    tracing = tracing && id != trace_id;
}

static void on_marker(unsigned int vcpu, void *data)
{
    unsigned id;
    char head[24];
    (void)vcpu;
    switch (decode_marker((uint32_t)(uintptr_t)data, &id)) {
    case MARKER_BEGIN:
        interval_begin(id);
        break;
    case MARKER_END:
        interval_end(id);
        break;
    case MARKER_POINT:
        snprintf(head, sizeof(head), "P %u", id);
        put_counts(head, &zero);
        break;
    case MARKER_NONE:
        break;
    }
}

/* Stretches without a window for interrupts */

#define STRETCHES 64

static struct stretch {
    uint64_t length, from, to;
    int id;
} stretches[STRETCHES];

static struct {
    bool inside;       /* the last block was the kernel's */
    bool booted;       /* the kernel has returned to user mode once */
    uint64_t from, at; /* where and at what count the stretch began; from = 0: at the next block */
} kernel;

/* Keep the longest of each (from, to); when the table is full, the shortest entry makes room. */
static void stretch_note(uint64_t length, uint64_t to)
{
    struct stretch *slot = &stretches[0];
    for (struct stretch *s = stretches; s < stretches + STRETCHES; s++) {
        if (s->from == kernel.from && s->to == to) {
            slot = s;
            break;
        }
        if (s->length < slot->length) {
            slot = s;
        }
    }
    if (length > slot->length) {
        *slot = (struct stretch){ length, kernel.from, to, innermost };
    }
}

/* The instruction at this address lets an interrupt in, or looks for one; it counts as the stretch's last. */
static void on_window(unsigned int vcpu, void *data)
{
    uint64_t vaddr = (uint64_t)(uintptr_t)data;
    (void)vcpu;
    if (kernel.booted && kernel.from) {
        stretch_note(now.n[COUNT_kernel] + 1 - kernel.at, vaddr);
    }
    kernel.at = now.n[COUNT_kernel] + 1;
    kernel.from = vaddr + 4;
}

static void on_block(unsigned int vcpu, void *data)
{
    uint64_t vaddr = (uint64_t)(uintptr_t)data;
    (void)vcpu;
    if (is_kernel(vaddr)) {
        if (!kernel.inside) {
            kernel.inside = true;
            kernel.from = vaddr;
            kernel.at = now.n[COUNT_kernel];
        }
    } else if (kernel.inside) {
        kernel.inside = false;
        if (!kernel.booted) {
            kernel.booted = true;
            put_counts("B", &zero);
        }
    }
}

/* Coverage of kernel code: a list of pages, each with a cell per instruction. */

#define PAGE_INSNS 1024u

struct page {
    struct page *next;
    uint64_t vaddr;
    struct cell {
        uint64_t ran, taken, fell;
    } cell[PAGE_INSNS];
};

static bool cover;
static struct page *pages;
static uint64_t branch_at; /* a conditional branch of the kernel has just run here, or 0 */

static struct cell *cell_of(uint64_t vaddr)
{
    struct page *p;
    for (p = pages; p && p->vaddr != vaddr >> 12 << 12; p = p->next) {
    }
    if (!p) {
        p = calloc(1, sizeof(*p));
        if (!p) {
            abort();
        }
        p->vaddr = vaddr >> 12 << 12;
        p->next = pages;
        pages = p;
    }
    return &p->cell[vaddr >> 2 & (PAGE_INSNS - 1)];
}

static void on_branch(unsigned int vcpu, void *data)
{
    (void)vcpu;
    branch_at = (uint64_t)(uintptr_t)data;
}

/* A conditional branch ends its block, so the next block tells which way it went. */
static void on_block_after_branch(unsigned int vcpu, void *data)
{
    (void)vcpu;
    if (branch_at) {
        struct cell *c = cell_of(branch_at);
        if ((uint64_t)(uintptr_t)data == branch_at + 4) {
            c->fell++;
        } else {
            c->taken++;
        }
        branch_at = 0;
    }
}

static void cover_write(void)
{
    char line[96];
    for (struct page *p = pages; p; p = p->next) {
        for (unsigned i = 0; i < PAGE_INSNS; i++) {
            const struct cell *c = &p->cell[i];
            uint64_t vaddr = p->vaddr + 4 * i;
            if (!c->ran) {
                continue;
            }
            snprintf(line, sizeof(line), "C %" PRIx64 " %" PRIu64 "\n", vaddr, c->ran);
            put(line);
            if (c->taken || c->fell) {
                snprintf(line, sizeof(line), "J %" PRIx64 " %" PRIu64 " %" PRIu64 "\n", vaddr,
                         c->taken, c->fell);
                put(line);
            }
        }
    }
}

/* Trace: where the instruction is and what it is, kept for ever since translated code points to it. */

struct place {
    uint64_t vaddr;
    uint32_t insn;
};

static void on_trace(unsigned int vcpu, void *data)
{
    const struct place *p = data;
    char line[48];
    (void)vcpu;
    if (tracing) {
        snprintf(line, sizeof(line), "T %" PRIx64 " %08" PRIx32 "\n", p->vaddr, p->insn);
        put(line);
    }
}

static struct place *place_new(uint64_t vaddr, uint32_t word)
{
    struct place *p = malloc(sizeof(*p));
    if (!p) {
        abort();
    }
    *p = (struct place){ vaddr, word };
    return p;
}

/* An access of the kernel.  (Inline operations would be cheaper, but QEMU 7.2 takes loads for stores there.) */
static void on_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    (void)vcpu;
    (void)vaddr;
    (void)data;
    now.n[qemu_plugin_mem_is_store(info) ? COUNT_store : COUNT_load]++;
}

/* Translation: decide once per instruction what is to be done each time it runs. */

static void call(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb_t cb, uint64_t data)
{
    qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_NO_REGS,
                                           (void *)(uintptr_t)data);
}

static void add(struct qemu_plugin_insn *insn, uint64_t *word)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, word, 1);
}

static void watch_user(struct qemu_plugin_insn *insn, uint32_t word)
{
    unsigned id;
    if (decode_marker(word, &id) != MARKER_NONE) {
        call(insn, on_marker, word);
    } else {
        add(insn, &now.n[COUNT_user]);
    }
}

static void watch_kernel(struct qemu_plugin_insn *insn, uint64_t vaddr, uint32_t word)
{
    enum counter kind = decode_kind(word);
    if (lean) {
        return add(insn, &now.n[COUNT_kernel]);
    }
    if (decode_is_window(word)) {
        call(insn, on_window, vaddr);
    }
    add(insn, &now.n[COUNT_kernel]);
    if (kind != COUNT_none) {
        add(insn, &now.n[kind]);
    }
    qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                     NULL);
    if (cover) {
        struct cell *c = cell_of(vaddr);
        add(insn, &c->ran);
        if (decode_is_branch_cond(word)) {
            call(insn, on_branch, vaddr);
        }
    }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);
    void *start = (void *)(uintptr_t)qemu_plugin_tb_vaddr(tb);
    (void)id;
    if (!lean) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, start);
    }
    if (cover) {
        qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block_after_branch, QEMU_PLUGIN_CB_NO_REGS,
                                             start);
    }
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
        if (trace_nth) {
            call(insn, on_trace, (uint64_t)(uintptr_t)place_new(vaddr, word));
        }
        for (unsigned w = 0; w < WATCHES && watched[w]; w++) {
            if (vaddr == watched[w]) {
                add(insn, &now.n[COUNT_watch0 + w]);
            }
        }
        if (is_kernel(vaddr)) {
            watch_kernel(insn, vaddr, word);
        } else {
            watch_user(insn, word);
        }
    }
}

static void on_end(qemu_plugin_id_t id, void *data)
{
    char line[96];
    (void)id;
    (void)data;
    for (const struct stretch *s = stretches; s < stretches + STRETCHES && s->length; s++) {
        snprintf(line, sizeof(line), "S %" PRIu64 " %" PRIx64 " %" PRIx64 " %d\n", s->length,
                 s->from, s->to, s->id);
        put(line);
    }
    if (cover) {
        cover_write();
    }
    if (out && fclose(out) != 0) {
        fputs("count: cannot write the results\n", stderr);
    }
}

static bool argument(const char *arg)
{
    if (strncmp(arg, "out=", 4) == 0) {
        out = fopen(arg + 4, "w");
        return out != NULL;
    }
    if (strcmp(arg, "cover=on") == 0) {
        return cover = true;
    }
    if (strcmp(arg, "lean=on") == 0) {
        return lean = true;
    }
    for (unsigned w = 0; w < WATCHES; w++) {
        if (!watched[w] && sscanf(arg, "watch=%" SCNx64, &watched[w]) == 1) {
            return true;
        }
    }
    if (sscanf(arg, "cpus=%d", &cpus) == 1) {
        return true;
    }
    return sscanf(arg, "trace=%u:%lu", &trace_id, &trace_nth) == 2 && trace_nth > 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (!info->system_emulation || strcmp(info->target_name, "aarch64") != 0) {
        fputs("count: counts for qemu-system-aarch64 only\n", stderr);
        return -1;
    }
    for (int i = 0; i < argc; i++) {
        if (!argument(argv[i])) {
            fprintf(stderr, "count: bad argument: %s\n", argv[i]);
            return -1;
        }
    }
    if (info->system.smp_vcpus != cpus) {
        fprintf(stderr, "count: %d CPUs, not %d\n", info->system.smp_vcpus, cpus);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
