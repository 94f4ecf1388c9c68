/* The component GuestFiles: Debian's kernel. */
#include "GuestFiles.h"
/* */
#include "guest_files.inc"
