/* The port to nothing, what may be inline: a real port moves here what its message path must not call. */
#ifndef KERNEL_ARCH_NONE_ARCH_INLINE_H
#define KERNEL_ARCH_NONE_ARCH_INLINE_H

#include "../../boot/handoff.h"

ALWAYS_INLINE word_t arch_direct_base(void)
{
    return KERNEL_DIRECT;
}

#endif
