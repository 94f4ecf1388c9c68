/* The component CloudGuestFiles: the flavour of Debian's kernel for clouds. */
#include "CloudGuestFiles.h"
/* */
#include "guest_files.inc"
