/* The beginning of the memory that GuestFiles shares.  The magic number is written last. */
#ifndef VMM_GUEST_FILES_H
#define VMM_GUEST_FILES_H

#include <stdint.h>

#define GUEST_FILES_MAGIC 0x7e55e7a0f11e5001ull

struct guest_files {
    uint64_t magic;
    uint64_t image, image_bytes; /* an arm64 Image: offset from the beginning */
    uint64_t initrd, initrd_bytes;
};

#endif
