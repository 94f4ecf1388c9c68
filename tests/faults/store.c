#include "RogueStore.h"

struct self {
    char unused;
};
