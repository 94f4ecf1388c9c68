/*
 * Two threads: the first calls the second, which answers with the sum of two words.
 * The tutorial (docs/tutorial.md) explains it line by line.
 */
#include <stdio.h>
#include <tess/tess.h>

static struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t links[TESS_ROOT_CNODE_SLOTS];
static tess_cap endpoint;

static void adder(void *argument)
{
    struct tess_msg m = tess_recv(endpoint, 0);

    (void)argument;
    while (!tess_msg_err(m.tag)) {
        struct tess_words answer = { { m.w[0] + m.w[1] } };
        m = tess_reply_recv(endpoint, tess_tag(0, 1, 0), 0, 0, answer);
    }
}

int main(void)
{
    struct tess_thread thread;
    struct tess_thread_config config = { .priority = 100, .name = "adder", .passive = 1 };
    enum tess_err err = tess_env_init_root(&env, &slots, &pool, links, tess_bootinfo);

    if (!err) {
        err = tess_alloc(&env, TESS_TYPE_endpoint, 0, &endpoint);
    }
    if (!err) {
        err = tess_thread_create(&env, &thread, &config);
    }
    if (!err) {
        err = tess_thread_run(&env, &thread, adder, NULL);
    }
    if (err) {
        printf("cannot start: %s\n", tess_error_text(err));
        return 1;
    }
    struct tess_words question = { { 40, 2 } };
    struct tess_msg m = tess_call(endpoint, tess_tag(0, 2, 0), 0, question);

    printf("40 + 2 = %llu\n", (unsigned long long)m.w[0]);
    return 0;
}
