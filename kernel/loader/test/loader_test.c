/*
 * Unit tests of the loader's parts that judge what they are given: memory ranges, ELF files, page tables, device trees.
 * Built with the sanitizers; ELF files and device trees are also mutated at random, from a fixed seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <loader/elf.h>
#include <loader/paging.h>
#include <loader/ranges.h>
#include <loader/tree.h>

#include <libfdt.h>

static uint64_t random_state;

/* xorshift64* (Vigna 2016) */
static uint64_t random64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

/* ---- ranges: against a map with one flag per unit ---- */

enum { UNITS = 64 };

static bool map_matches(const struct ranges *r, const bool *map)
{
    bool seen[UNITS + 2] = { false };

    for (uint64_t i = 0; i < r->count; i++) {
        if (r->at[i].bytes == 0 ||
            (i > 0 && r->at[i - 1].base + r->at[i - 1].bytes >= r->at[i].base)) {
            return false; /* empty, unsorted, overlapping or touching */
        }
        for (uint64_t u = r->at[i].base; u < r->at[i].base + r->at[i].bytes; u++) {
            seen[u] = true;
        }
    }
    return memcmp(seen, map, UNITS) == 0;
}

static void ranges_are_sets(void **state)
{
    (void)state;
    random_state = 1;
    for (int round = 0; round < 2000; round++) {
        struct ranges r = { 0 };
        bool map[UNITS] = { false };

        for (int step = 0; step < 30; step++) {
            uint64_t base = random64() % UNITS, bytes = 1 + random64() % (UNITS - base);
            bool add = random64() % 2, any = false, all = true;

            for (uint64_t u = base; u < base + bytes; u++) {
                any |= map[u];
                all &= map[u];
            }
            assert_int_equal(ranges_meet(&r, base, bytes), any);
            assert_int_equal(ranges_cover(&r, base, bytes), all);
            assert_true(add ? ranges_add(&r, base, bytes) : ranges_cut(&r, base, bytes));
            for (uint64_t u = base; u < base + bytes; u++) {
                map[u] = add;
            }
            assert_true(map_matches(&r, map));
        }
    }
}

static void a_full_list_refuses_and_stays(void **state)
{
    struct ranges r = { 0 }, before;

    (void)state;
    for (uint64_t i = 0; i < RANGES_MAX; i++) {
        assert_true(ranges_add(&r, i * 10, 5));
    }
    before = r;
    assert_false(ranges_add(&r, RANGES_MAX * 10, 5));
    assert_false(ranges_cut(&r, 1, 2));
    assert_memory_equal(&r, &before, sizeof(r));
    assert_true(ranges_add(&r, 5, 5)); /* closes a gap */
    assert_int_equal(r.count, RANGES_MAX - 1);
}

static void a_place_is_free_aligned_and_the_lowest(void **state)
{
    (void)state;
    random_state = 2;
    for (int round = 0; round < 5000; round++) {
        struct ranges ram = { 0 }, taken = { 0 };
        uint64_t bytes = 1 + random64() % 12, align = 1ull << random64() % 4, at, lowest = 0;

        for (int i = 0; i < 3; i++) {
            ranges_add(&ram, random64() % UNITS, 1 + random64() % 20);
            ranges_add(&taken, random64() % UNITS, 1 + random64() % 6);
        }
        at = ranges_place(&ram, &taken, bytes, align);
        for (uint64_t u = align; u < 2 * UNITS && lowest == 0; u += align) {
            if (ranges_cover(&ram, u, bytes) && !ranges_meet(&taken, u, bytes)) {
                lowest = u;
            }
        }
        assert_int_equal(at, lowest);
    }
}

/* ---- ELF ---- */

enum { ELF_BYTES = 0x3000, BASE = 0x400000, END = 0x800000 };

/* A good file: text, read-only data, data with some memory behind it. */
static void elf_make(uint64_t *words)
{
    unsigned char *file = (unsigned char *)words;
    const struct {
        uint32_t flags;
        uint64_t offset, vaddr, filesz, memsz;
    } part[] = { { 5, 0x1000, BASE, 0x800, 0x800 },
                 { 4, 0x2000, BASE + 0x1000, 0x100, 0x100 },
                 { 6, 0x2100, BASE + 0x2000, 0xf00, 0x5000 } };

    memset(file, 0, ELF_BYTES);
    memcpy(file, "\177ELF\2\1\1", 7);
    file[16] = 2;
    file[18] = 183;
    words[3] = BASE + 0x10;
    words[4] = 64;
    file[54] = 56;
    file[56] = 3;
    for (int i = 0; i < 3; i++) {
        uint64_t *p = words + 8 + 7 * i;

        p[0] = 1 | (uint64_t)part[i].flags << 32;
        p[1] = part[i].offset;
        p[2] = p[3] = part[i].vaddr;
        p[4] = part[i].filesz;
        p[5] = part[i].memsz;
        p[6] = 4096;
    }
}

static void a_good_program_is_described(void **state)
{
    uint64_t *file = malloc(ELF_BYTES);
    struct elf e;

    (void)state;
    elf_make(file);
    assert_null(elf_check(file, ELF_BYTES, BASE, END, &e));
    assert_int_equal(e.entry, BASE + 0x10);
    assert_int_equal(e.count, 3);
    assert_int_equal(e.segment[0].rights, 5);
    assert_int_equal(e.segment[2].rights, 3);
    assert_int_equal(e.segment[2].mem_bytes, 0x5000);
    assert_int_equal(e.segment[2].file_bytes, 0xf00);
    assert_int_equal(e.segment[2].file_paddr, (uintptr_t)file + 0x2100);
    free(file);
}

static void bad_programs_are_refused(void **state)
{
    /* word of the file, value */
    static const struct {
        unsigned word;
        uint64_t value;
        const char *why;
    } bad[] = {
        { 3, BASE + 0x1000, "the entry is not in an executable segment" },
        { 3, BASE + 0x12, "the entry is not in an executable segment" },
        { 4, ~0ull - 7, "bad program header table" },
        { 4, 68, "bad program header table" },
        { 8, 5ull << 32 | 3, "not a static executable" },
        { 8, 7ull << 32 | 1, "a segment is writable and executable" },
        { 9, ~0ull, "a segment is outside the file" },
        { 10, BASE + 1, "a segment's address is not page aligned" },
        { 10, BASE - 0x1000, "a segment is outside the address range" },
        { 10, ~0xfffull, "a segment is outside the address range" },
        { 10, BASE + 0x1000, "segments overlap or are not sorted" },
        { 12, 0x801, "a segment is outside the file" },
        { 12, ~0ull, "a segment is outside the file" },
        { 13, ~0ull, "a segment is outside the address range" },
        { 13, 0x1001, "segments overlap or are not sorted" },
    };
    uint64_t *file = malloc(ELF_BYTES);
    struct elf e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        elf_make(file);
        file[bad[i].word] = bad[i].value;
        const char *why = elf_check(file, ELF_BYTES, BASE, END, &e);
        assert_non_null(why);
        assert_string_equal(why, bad[i].why);
    }
    free(file);
}

static void mutated_programs_are_refused_or_described_rightly(void **state)
{
    unsigned good = 0, refused = 0;

    (void)state;
    random_state = 3;
    for (int round = 0; round < 20000; round++) {
        uint64_t bytes = round % 3 ? ELF_BYTES : random64() % ELF_BYTES;
        uint64_t *whole = malloc(ELF_BYTES), *file = malloc(bytes ? bytes : 1);
        struct elf e;

        elf_make(whole);
        for (uint64_t n = random64() % 4; n > 0; n--) {
            ((unsigned char *)whole)[random64() % 232] = (unsigned char)random64();
        }
        memcpy(file, whole, bytes);
        if (elf_check(file, bytes, BASE, END, &e)) {
            refused++;
        } else {
            uint64_t from = BASE;

            good++;
            for (uint64_t i = 0; i < e.count; i++) {
                const struct handoff_segment *s = &e.segment[i];

                assert_true(s->va >= from && s->va % 4096 == 0 && s->mem_bytes % 4096 == 0);
                assert_true(s->va + s->mem_bytes <= END && s->file_bytes <= s->mem_bytes);
                assert_true(s->file_paddr >= (uintptr_t)file &&
                            s->file_paddr + s->file_bytes <= (uintptr_t)file + bytes);
                assert_true((s->rights & 6) != 6);
                from = s->va + s->mem_bytes;
            }
        }
        free(whole);
        free(file);
    }
    assert_true(good > 1000 && refused > 1000);
}

/* ---- page tables ---- */

enum { PAGE = 4096, TABLES = 40 };

/* What va is mapped to, by walking as the MMU does; ~0 if it is not. */
static uint64_t walk(uint64_t root, uint64_t va)
{
    uint64_t table = root;

    for (unsigned shift = 39;; shift -= 9) {
        uint64_t pte = ((uint64_t *)table)[va >> shift & 511], size = 1ull << shift;

        if (!(pte & 1)) {
            return ~0ull;
        }
        if (shift == 12 || !(pte & 2)) {
            return (pte & 0xfffffffff000 & ~(size - 1)) | (va & (size - 1));
        }
        table = pte & 0xfffffffff000;
    }
}

static void mappings_are_exact(void **state)
{
    static const struct {
        uint64_t va, pa, bytes;
        unsigned tables; /* with the root */
    } row[] = {
        { 0xffff000040000000, 0x40000000, 0x40000000, 2 }, /* one 1 GiB block */
        { 0xffff000040000000, 0x40000000, 0x4000000, 3 },  /* 2 MiB blocks */
        { 0xffff000040001000, 0x40001000, 0x1000, 4 },     /* one page */
        { 0xffff0000401ff000, 0x401ff000, 0x40202000, 6 }, /* ragged at both ends */
        { 0xffff800000000000, 0x40200000, 0x1000000 + 0x3000, 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        void *pool = aligned_alloc(PAGE, TABLES * PAGE);
        struct paging p = { .pool = (uintptr_t)pool, .max = TABLES };
        uint64_t root;

        memset(pool, 0, TABLES * PAGE);
        root = paging_table(&p);
        assert_true(paging_map(&p, root, row[i].va, row[i].pa, row[i].bytes, MAP_DATA));
        assert_int_equal(p.used, row[i].tables);
        for (uint64_t at = 0; at < row[i].bytes; at += row[i].bytes / 4096 / 255 * 4096 + 4096) {
            assert_int_equal(walk(root, row[i].va + at), row[i].pa + at);
        }
        assert_int_equal(walk(root, row[i].va + row[i].bytes - 1), row[i].pa + row[i].bytes - 1);
        assert_int_equal(walk(root, row[i].va - 1), ~0ull);
        assert_int_equal(walk(root, row[i].va + row[i].bytes), ~0ull);
        assert_false(paging_map(&p, root, row[i].va, row[i].pa, PAGE, MAP_DATA)); /* taken */
        free(pool);
    }
}

static void mapping_stops_when_the_tables_are_used_up(void **state)
{
    void *pool = aligned_alloc(PAGE, 3 * PAGE);
    struct paging p = { .pool = (uintptr_t)pool, .max = 3 };

    (void)state;
    memset(pool, 0, 3 * PAGE);
    assert_false(paging_map(&p, paging_table(&p), 0xffff000040001000, 0x40001000, PAGE, MAP_DATA));
    free(pool);
}

/* ---- device trees ---- */

enum { TREE_BYTES = 8192 };

static void *tree_make(void)
{
    void *fdt = malloc(TREE_BYTES);
    fdt32_t cells[12];

#define CELLS(name, ...)                                                                           \
    do {                                                                                           \
        const uint32_t value_[] = { __VA_ARGS__ };                                                 \
        for (size_t i_ = 0; i_ < sizeof(value_) / 4; i_++) {                                       \
            cells[i_] = cpu_to_fdt32(value_[i_]);                                                  \
        }                                                                                          \
        assert_int_equal(fdt_property(fdt, name, cells, sizeof(value_)), 0);                       \
    } while (0)
    assert_int_equal(fdt_create(fdt, TREE_BYTES), 0);
    fdt_add_reservemap_entry(fdt, 0x42000000, 0x1800);
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    CELLS("interrupt-parent", 1);
    fdt_begin_node(fdt, "memory@40000000");
    fdt_property_string(fdt, "device_type", "memory");
    CELLS("reg", 0, 0x40000000, 0, 0x8000000, 1, 0, 0, 0x10000000);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "reserved-memory");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    fdt_property(fdt, "ranges", "", 0);
    fdt_begin_node(fdt, "firmware@47000000");
    CELLS("reg", 0, 0x47000000, 0, 0x1000);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "timer");
    fdt_property_string(fdt, "compatible", "arm,armv8-timer");
    CELLS("interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "psci");
    fdt_property_string(fdt, "compatible", "arm,psci-0.2");
    fdt_property_string(fdt, "method", "smc");
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "soc");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0x1000000, 0, 0x8000000, 0x4000000);
    fdt_begin_node(fdt, "intc");
    fdt_property_string(fdt, "compatible", "arm,gic-v3");
    CELLS("phandle", 1);
    CELLS("#interrupt-cells", 3);
    CELLS("reg", 0x1000000, 0x10000, 0x1100000, 0x100000);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "uart");
    fdt_property_string(fdt, "compatible", "arm,pl011");
    CELLS("reg", 0x2000000, 0x1000);
    CELLS("interrupts", 0, 1, 4);
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    fdt_begin_node(fdt, "chosen");
    fdt_property_string(fdt, "stdout-path", "/soc/uart:115200n8");
    fdt_end_node(fdt);
    fdt_end_node(fdt);
    assert_int_equal(fdt_finish(fdt), 0);
    return fdt;
#undef CELLS
}

static const char *judge(const void *fdt, struct tree *t, uint64_t *used)
{
    uint64_t bytes;
    const char *why = tree_check(fdt, &bytes, used);

    memset(t, 0, sizeof(*t));
    why = why ? why : tree_console(fdt, t);
    return why ? why : tree_read(fdt, t);
}

static void a_good_tree_is_read(void **state)
{
    void *fdt = tree_make(), *copy = calloc(1, TREE_BYTES);
    uint64_t used, used_again;
    struct tree t;

    (void)state;
    assert_null(judge(fdt, &t, &used));
    assert_int_equal(t.ram.count, 3);
    assert_int_equal(t.ram.at[0].bytes, 0x7000000);
    assert_int_equal(t.ram.at[1].base, 0x47001000);
    assert_int_equal(t.ram.at[2].base, 0x100000000);
    assert_int_equal(t.reserved.count, 1);
    assert_int_equal(t.reserved.at[0].base, 0x42000000);
    assert_int_equal(t.reserved.at[0].bytes, 0x2000);
    assert_int_equal(t.gic_version, 3);
    assert_int_equal(t.gicd.base, 0x8000000);
    assert_int_equal(t.gicr[0].base, 0x8100000);
    assert_int_equal(t.device.count, 2);
    assert_int_equal(t.uart.base, 0x9000000);
    assert_int_equal(t.uart_irq, 33);
    assert_int_equal(t.timer_el1_irq, 30);
    assert_int_equal(t.timer_el2_irq, 26);
    assert_true(t.psci_smc);
    tree_copy(copy, fdt, used);
    assert_int_equal(fdt_totalsize(copy), used);
    assert_null(judge(copy, &t, &used_again));
    assert_int_equal(used, used_again);
    free(fdt);
    free(copy);
}

static void mutated_trees_are_refused_or_make_sense(void **state)
{
    unsigned good = 0, refused = 0;

    (void)state;
    random_state = 4;
    for (int round = 0; round < 20000; round++) {
        void *whole = tree_make(), *fdt;
        uint64_t bytes = fdt_totalsize(whole), used;
        struct tree t;

        for (uint64_t n = 1 + random64() % 3; n > 0; n--) {
            unsigned char *at = (unsigned char *)whole + (round % 4 ? 0x40 : 0) % bytes;
            uint64_t i = random64() % (bytes - 0x40);

            at[i] = random64() % 2 ? (unsigned char)random64()
                                   : (unsigned char)(at[i] ^ 1u << random64() % 8);
        }
        /* As large as it says and not a byte more, so that reading on is noticed; never less than its header. */
        bytes = fdt_totalsize(whole) < TREE_BYTES ? fdt_totalsize(whole) : TREE_BYTES;
        bytes = bytes < sizeof(struct fdt_header) ? sizeof(struct fdt_header) : bytes;
        fdt = malloc(bytes);
        memcpy(fdt, whole, bytes);
        if (fdt_totalsize(fdt) > TREE_BYTES || judge(fdt, &t, &used)) {
            refused++;
        } else {
            good++;
            assert_true(t.ram.count > 0 && t.uart.base % 4096 == 0 && t.gicd.base % 4096 == 0);
            assert_true(t.uart_irq >= 16 && t.uart_irq < 1020 && t.timer_el1_irq >= 16);
            for (uint64_t i = 0; i < t.ram.count; i++) {
                assert_true(t.ram.at[i].base % 4096 == 0 && t.ram.at[i].bytes % 4096 == 0);
                assert_true(t.ram.at[i].base + t.ram.at[i].bytes <= TREE_RAM_END);
            }
            for (uint64_t i = 0; i < t.reserved.count; i++) {
                assert_true(t.reserved.at[i].base + t.reserved.at[i].bytes <= TREE_RAM_END);
            }
        }
        free(whole);
        free(fdt);
    }
    assert_true(good > 1000 && refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_sets),
        cmocka_unit_test(a_full_list_refuses_and_stays),
        cmocka_unit_test(a_place_is_free_aligned_and_the_lowest),
        cmocka_unit_test(a_good_program_is_described),
        cmocka_unit_test(bad_programs_are_refused),
        cmocka_unit_test(mutated_programs_are_refused_or_described_rightly),
        cmocka_unit_test(mappings_are_exact),
        cmocka_unit_test(mapping_stops_when_the_tables_are_used_up),
        cmocka_unit_test(a_good_tree_is_read),
        cmocka_unit_test(mutated_trees_are_refused_or_make_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
