/* The component GuestBody. */
#include "GuestBody.h"
/* */
#include "guest_body.inc"
