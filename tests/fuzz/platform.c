#include "platform.h"

#include <string.h>
#include <tess/tess.h>

extern char __tdata_source[]; /* end of text and constants: root.ld */

void *platform_pointer(void *address)
{
    return address;
}

uint64_t platform_program_bytes(void)
{
    return (uint64_t)__tdata_source - tess_bootinfo->image_first;
}

void platform_program_copy(void *to, uint64_t bytes)
{
    memcpy(to, (const void *)tess_bootinfo->image_first, bytes);
}

/* Direct map, image, devices: kernel/boot/handoff.h. */
int platform_kernel_address(uint64_t value)
{
    uint64_t top = value >> 40;

    return top == 0xffff00 || top == 0xffff80 || top == 0xffff90;
}
