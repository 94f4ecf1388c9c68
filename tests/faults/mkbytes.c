/* mkbytes FILE: fills it with bytes that look random, and of which none is PLAUSIBLE_FILL. */
#include <plausible/random.h>
#include <stdio.h>
#include <tess/random.h>

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "r+b") : NULL;
    uint64_t random = 11;
    long bytes;

    if (!f || fseek(f, 0, SEEK_END) || (bytes = ftell(f)) < 0 || fseek(f, 0, SEEK_SET)) {
        fprintf(stderr, "mkbytes: cannot open the file\n");
        return 1;
    }
    for (long i = 0; i < bytes; i++) {
        int byte;

        do {
            byte = (int)(tess_random(&random) >> 56);
        } while (byte == PLAUSIBLE_FILL);
        putc_unlocked(byte, f);
    }
    return fclose(f) ? 1 : 0;
}
