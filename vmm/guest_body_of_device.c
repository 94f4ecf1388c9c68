/* The component GuestBodyOfDevice: its guest's memory is a device's. */
#include "GuestBodyOfDevice.h"
/* */
#include "guest_body.inc"
