/* CRC-32C (Castagnoli; RFC 3720 section 12.1 and appendix B.4), by the instructions of Armv8 (FEAT_CRC32). */
#ifndef COMP_CRC32C_H
#define COMP_CRC32C_H

#include <stdint.h>

/* Of so many bytes; 0 bytes: 0. */
uint32_t comp_crc32c(const void *at, uint32_t bytes);
/* The same byte by byte: from COMP_CRC32C_BEGIN on; the last one inverted is what comp_crc32c gives. */
#define COMP_CRC32C_BEGIN UINT32_MAX
uint32_t comp_crc32c_byte(uint32_t crc, uint8_t byte);

#endif
