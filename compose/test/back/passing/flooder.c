/* Sends capabilities with calls that take none, and more than one; nothing of it stays with the server. */
#include <stdio.h>

#include "Flooder.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t refused = 0, total = 0;

    for (uint32_t i = 0; i < 100; i++) {
        struct tess_msg m;

        for (unsigned k = 0; k < TESS_MSG_CAPS; k++) {
            tess_ipc_send_cap(k, source_cap(self));
        }
        m = tess_call(SUM_SLOT, tess_tag(i % 4, i % 3, i % (TESS_MSG_CAPS + 1)), 0,
                      (struct tess_words){ { 1 } });
        refused += tess_tag_label(m.tag) == TESS_PROTOCOL;
    }
    printf("flooder: %s\n", refused > 50 && !sum_sum(self, source_cap(self), 1, &total) && total
                                ? "refused"
                                : "not refused");
    return 0;
}
