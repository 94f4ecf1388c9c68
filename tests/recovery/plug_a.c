#include "PlugA.h"
#define PLUG_KIND 1
#include "plug.c"
