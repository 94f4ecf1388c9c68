/* What libfdt needs of its surroundings; included before its own libfdt_env.h, whose guard it takes. */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <loader/string.h>

#define __force
#define __bitwise
typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

#define fdt16_to_cpu(x) __builtin_bswap16(x)
#define cpu_to_fdt16(x) __builtin_bswap16(x)
#define fdt32_to_cpu(x) __builtin_bswap32(x)
#define cpu_to_fdt32(x) __builtin_bswap32(x)
#define fdt64_to_cpu(x) __builtin_bswap64(x)
#define cpu_to_fdt64(x) __builtin_bswap64(x)

#endif
