/* The component GuestFiles: puts the guests' kernel and first file system where their monitors see them. */
#include "GuestFiles.h"
/* */
#include <comp/comp.h>
#include <stdio.h>
#include <string.h>

#include "guest_files.h"

/* guest.sh */
extern const uint8_t guest_image[], guest_image_end[], guest_initrd[], guest_initrd_end[];

#define PAGE  4096u
#define CHUNK (1u << 20) /* copied between two heartbeats */

struct self {
    int nothing;
};

static uint64_t put(uint8_t *to, uint64_t at, const uint8_t *from, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes; done += CHUNK) {
        memcpy(to + at + done, from + done, bytes - done < CHUNK ? bytes - done : CHUNK);
        comp_alive();
    }
    return (at + bytes + PAGE - 1) & -(uint64_t)PAGE;
}

static int run(struct self *self)
{
    uint8_t *to = (uint8_t *)(uintptr_t)files(self);
    struct guest_files *f = (struct guest_files *)to;
    uint64_t image = (uint64_t)(guest_image_end - guest_image), next;
    uint64_t initrd = (uint64_t)(guest_initrd_end - guest_initrd);

    if (image + initrd + 3 * PAGE > FILES_BYTES) {
        printf("guest files: kernel and first file system are longer than the memory for them\n");
        return 1;
    }
    next = put(to, PAGE, guest_image, image);
    (void)put(to, next, guest_initrd, initrd);
    f->image = PAGE;
    f->image_bytes = image;
    f->initrd = next;
    f->initrd_bytes = initrd;
    __atomic_store_n(&f->magic, GUEST_FILES_MAGIC, __ATOMIC_RELEASE);
    return 0;
}
