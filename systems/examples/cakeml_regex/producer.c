/* Sends messages of two kinds. */
#include "Producer.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    static const char *const message[] = {
        "This will get through 1", "Won't get through 1",
        "Won't get through 2",     "This will get through 2",
        "This will get through 3", "Also won't get through",
        "Malformed message",       "Yeeeha",
    };

    for (size_t i = 0; i < sizeof message / sizeof message[0]; i++) {
        must(server_transfer_string(self, message[i]));
    }
    return 0;
}
