/* The table of the first link: empty. */
#include "ksyms.h"

const uint32_t ksym_count = 0;
const struct ksym ksym_table[1] = { { 0, 0 } };
const char ksym_name[1] = "";
