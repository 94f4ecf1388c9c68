#include "PlugB.h"
#define PLUG_KIND 2
#include "plug.c"
