/* The reader of partition tables: good ones, each thing that makes one bad, and many damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "gpt_make.h"

enum { SECTORS = 1000, ARRAY_BYTES = MAKE_ENTRIES * GPT_ENTRY_MIN, PARTS = 4, ROUNDS = 30000 };

/* A disk of which only the table is there. */
struct disk {
    uint8_t header[GPT_SECTOR], array[ARRAY_BYTES];
};

static const uint32_t numbers[PARTS] = { 1, 2, 5, 16 };

static void make(struct disk *d)
{
    memset(d, 0, sizeof *d);
    make_entry(d->array, 0, MAKE_FIRST, 100);
    make_entry(d->array, 1, 200, 300);
    make_entry(d->array, 15, SECTORS - MAKE_ARRAY - 2, 1);
    make_header(d->header, true, SECTORS, d->array);
}

/* Pieces that a reader would find; what is behind the array is something else. */
static bool read_all(const struct disk *d, struct gpt_part *parts)
{
    uint8_t *piece = malloc(GPT_PIECE);
    uint64_t lba;
    struct gpt g;
    bool is_good = gpt_begin(&g, d->header, GPT_PRIMARY, SECTORS);

    memset(parts, 0, PARTS * sizeof *parts);
    for (uint32_t bytes; is_good && (bytes = gpt_next(&g, &lba)) != 0;) {
        uint64_t at = (lba - 2) * GPT_SECTOR;

        assert_true(bytes <= GPT_PIECE && lba < SECTORS);
        memset(piece, 0xee, GPT_PIECE);
        if (at < ARRAY_BYTES) {
            memcpy(piece, d->array + at, ARRAY_BYTES - at < bytes ? ARRAY_BYTES - at : bytes);
        }
        gpt_take(&g, piece, numbers, parts, PARTS);
    }
    is_good = is_good && gpt_end(&g, parts, PARTS);
    free(piece);
    return is_good;
}

static void finds_what_was_written(void **state)
{
    struct gpt_part parts[PARTS];
    struct disk d;

    (void)state;
    make(&d);
    assert_true(read_all(&d, parts));
    assert_int_equal(parts[0].first, MAKE_FIRST);
    assert_int_equal(parts[0].sectors, 100);
    assert_int_equal(parts[1].first, 200);
    assert_int_equal(parts[1].sectors, 300);
    assert_int_equal(parts[2].sectors, 0);
    assert_int_equal(parts[3].sectors, 1);
    assert_int_equal(gpt_crc(0, (const uint8_t *)"123456789", 9), 0xcbf43926);
}

/* One field of the header is this, and its checksum is right. */
static bool with(uint32_t field, uint64_t value, uint32_t bytes)
{
    struct gpt_part parts[PARTS];
    struct disk d;

    make(&d);
    make_put(d.header + field, value, bytes);
    if (gpt_get(d.header + GPT_HEADER_SIZE, 4) <= GPT_SECTOR) {
        make_put(d.header + GPT_HEADER_CRC,
                 gpt_header_crc(d.header, (uint32_t)gpt_get(d.header + GPT_HEADER_SIZE, 4)), 4);
    }
    return read_all(&d, parts);
}

static void refuses_headers(void **state)
{
    (void)state;
    assert_true(with(GPT_RESERVED, 7, 4));
    assert_true(with(GPT_HEADER_SIZE, GPT_SECTOR, 4));
    assert_false(with(GPT_SIGNATURE, 0, 8));
    assert_false(with(GPT_REVISION, 0x20000, 4));
    assert_false(with(GPT_HEADER_SIZE, GPT_SECTOR + 1, 4));
    assert_false(with(GPT_HEADER_SIZE, UINT32_MAX, 4));
    assert_false(with(GPT_MY_LBA, 2, 8));
    assert_false(with(GPT_FIRST, 1, 8));
    assert_false(with(GPT_FIRST, 3, 8)); /* the array lies there */
    assert_false(with(GPT_FIRST, SECTORS, 8));
    assert_false(with(GPT_LAST, SECTORS - 1, 8));
    assert_false(with(GPT_LAST, UINT64_MAX, 8));
    assert_false(with(GPT_ENTRIES, 0, 8));
    assert_false(with(GPT_ENTRIES, 1, 8));
    assert_false(with(GPT_ENTRIES, SECTORS - 1, 8));
    assert_false(with(GPT_ENTRIES, UINT64_MAX, 8));
    assert_false(with(GPT_COUNT, 0, 4));
    assert_false(with(GPT_COUNT, UINT32_MAX, 4));
    assert_false(with(GPT_ENTRY_SIZE, 0, 4));
    assert_false(with(GPT_ENTRY_SIZE, 64, 4));
    assert_false(with(GPT_ENTRY_SIZE, 192, 4));
    assert_false(with(GPT_ENTRY_SIZE, 1u << 31, 4));
    assert_false(with(GPT_ENTRIES_CRC, 0, 4));
}

/* Entry 1 is this: the partition is there, or not. */
static bool has(uint64_t first, uint64_t last)
{
    struct gpt_part parts[PARTS];
    struct disk d;

    make(&d);
    make_put(d.array + GPT_ENTRY_MIN + GPT_BEGIN, first, 8);
    make_put(d.array + GPT_ENTRY_MIN + GPT_END, last, 8);
    make_sums(d.header, d.array);
    assert_true(read_all(&d, parts));
    assert_int_equal(parts[0].sectors, 100);
    return parts[1].sectors != 0;
}

static void refuses_entries(void **state)
{
    (void)state;
    assert_true(has(MAKE_FIRST + 100, SECTORS - MAKE_ARRAY - 3));
    assert_false(has(MAKE_FIRST + 99, 300)); /* overlaps the one before */
    assert_false(has(MAKE_FIRST - 1, 300));
    assert_false(has(300, 299));
    assert_false(has(300, SECTORS));
    assert_false(has(300, UINT64_MAX));
    assert_false(has(0, UINT64_MAX));
    assert_false(has(UINT64_MAX, 5));
}

/* Whatever is damaged, with right checksums or without: what is found lies where it may, and apart. */
static void survives_damage(void **state)
{
    struct gpt_part parts[PARTS];
    uint32_t good = 0;
    struct disk d;

    (void)state;
    srand(1);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        make(&d);
        for (int left = 1 + rand() % 4; left > 0; left--) {
            uint8_t *at =
                rand() % 2 ? d.header + rand() % GPT_HEADER_MIN : d.array + rand() % ARRAY_BYTES;

            *at = rand() % 3 ? (uint8_t)rand() : rand() % 2 ? 0xff : 0;
        }
        if (rand() % 4) {
            make_sums(d.header, d.array);
        }
        if (!read_all(&d, parts)) {
            continue;
        }
        good++;
        for (uint32_t i = 0; i < PARTS; i++) {
            assert_true(parts[i].sectors == 0 ||
                        (parts[i].first > 1 && parts[i].first < SECTORS - 1 &&
                         parts[i].sectors <= SECTORS - 1 - parts[i].first));
            for (uint32_t k = 0; k < i && parts[i].sectors && parts[k].sectors; k++) {
                assert_true(parts[i].first >= parts[k].first + parts[k].sectors ||
                            parts[k].first >= parts[i].first + parts[i].sectors);
            }
        }
    }
    assert_in_range(good, ROUNDS / 10, ROUNDS - ROUNDS / 10); /* it was worth it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_written),
        cmocka_unit_test(refuses_headers),
        cmocka_unit_test(refuses_entries),
        cmocka_unit_test(survives_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
