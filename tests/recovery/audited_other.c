#include "Other.h"

struct self {
    char unused;
};
