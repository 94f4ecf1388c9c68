/* Walks against the closed door, then opens it first. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void say(const char *what, enum tess_err err)
{
    printf("%s: %s\n", what, tess_strerror(err));
}

static int run(struct self *self)
{
    say("walk through", door_walk_through(self));
    say("open", door_open(self));
    say("open", door_open(self));
    say("walk through", door_walk_through(self));
    say("close", door_close(self));
    say("walk through", door_walk_through(self));
    return 0;
}
