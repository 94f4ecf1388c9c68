/* The driver is compiled as a part of SlotHost. */
#include "SlotHost.h"
