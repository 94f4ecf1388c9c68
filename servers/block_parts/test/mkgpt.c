/* mkgpt FILE: gives a disk two partitions of 8 MiB, as the entries 1 and 2, at 1 MiB and 10 MiB. */
#include <stdio.h>

#include "gpt_make.h"

static int write_at(FILE *file, uint64_t lba, const uint8_t *data, size_t bytes)
{
    return fseek(file, (long)(lba * GPT_SECTOR), SEEK_SET) || fwrite(data, bytes, 1, file) != 1;
}

int main(int count, char **words)
{
    uint8_t array[MAKE_ENTRIES * GPT_ENTRY_MIN] = { 0 }, header[GPT_SECTOR];
    FILE *file = count == 2 ? fopen(words[1], "r+b") : NULL;
    uint64_t sectors;
    int bad = 0;

    if (!file || fseek(file, 0, SEEK_END)) {
        fprintf(stderr, "mkgpt: cannot open the disk\n");
        return 1;
    }
    sectors = (uint64_t)ftell(file) / GPT_SECTOR;
    make_entry(array, 0, 2048, 16384);
    make_entry(array, 1, 20480, 16384);
    for (int is_primary = 0; is_primary < 2; is_primary++) {
        make_header(header, is_primary, sectors, array);
        bad |= write_at(file, is_primary ? GPT_PRIMARY : sectors - 1, header, sizeof header);
        bad |= write_at(file, is_primary ? GPT_PRIMARY + 1 : sectors - 1 - MAKE_ARRAY, array,
                        sizeof array);
    }
    if (fclose(file) || bad) {
        fprintf(stderr, "mkgpt: cannot write the disk\n");
        return 1;
    }
    return 0;
}
