/* Polls and waits. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    for (int i = 0; i < 11; i++) {
        expect(!e_poll(self));
    }
    must(n_notify_me(self));
    expect(e_poll(self));
    expect(!e_poll(self));
    must(n_notify_me(self));
    must(n_notify_me(self));
    expect(e_poll(self));
    expect(!e_poll(self));
    must(n_notify_me(self));
    e_wait(self);
    expect(!e_poll(self));
    printf("All OK!\n");
    return 0;
}
