#include "One.h"
#define PAST a
#include "door.c"
