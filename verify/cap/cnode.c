/*
 * The life of capabilities: copying and making count references and never add rights; each step of deleting and revoking
 * leaves a tree and touches only what it should.  Any tree of up to four slots; the capabilities that are deleted are to
 * endpoints, to frames that are not mapped, and the last one to a CNode.
 */
#define VERIFY_LOOPS_NEST
#define POOL_CAPS 4
#define POOL_OTHER
#include "tree.h"
#include "stand_in.h"
#include "../../kernel/cap/derivation.c"
#include "../../kernel/cap/cnode.c"

SPEC_BEGIN

struct vspace vspace_none;
static struct cpu cpu;
struct cpu *const cpu_boot = &cpu;
static struct endpoint ep;
static struct {
    struct cnode cnode;
    struct cap more[2];
} box;

/* Where the node of a dying CNode lives. */
static inline void *pool_other(void)
{
    return &box.cnode.zombie;
}

static void kinds_any(void)
{
    tree_any();
    ep.refs = any_u32();
    ASSUME(ep.refs > 0 && ep.refs < UINT32_MAX);
}

PROOF(cap_copy_any, 1)
{
    kinds_any();
    struct cap *from = pool_cap(1), *to = pool_cap(2);
    link_t x = any_slot();
    ASSUME(!tree_empty(from) && tree_empty(to));
    from->type = TESS_TYPE_endpoint;
    from->object = (word_t)&ep;
    uint32_t refs = ep.refs;
    unsigned rights = any_u32();
    word_t badge = any_u64();
    cap_copy(from, to, rights, badge);
    *tree_depth(2) = *tree_depth(1) + 1;
    tree_rank_first(2);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(to->parent == 1, "the copy is its source's child");
    CHECK((to->rights & ~from->rights) == 0 && (to->rights & ~rights) == 0,
          "no right that the source lacks or was not given");
    CHECK(to->object == from->object && to->type == from->type && to->badge == badge,
          "to the same object");
    CHECK(ep.refs == refs + 1, "references are counted");
    REACHED(end);
}

PROOF(cap_copy_frame, 1)
{
    kinds_any();
    struct cap *from = pool_cap(1), *to = pool_cap(2);
    ASSUME(!tree_empty(from) && tree_empty(to));
    from->type = TESS_TYPE_frame;
    cap_copy(from, to, any_u32(), any_u64());
    CHECK((to->rights & ~from->rights) == 0, "no right that the source lacks");
    CHECK(to->object == from->object && to->size == from->size && to->flags == from->flags,
          "the same memory");
    CHECK(to->vspace == 0 && to->map_done == 0, "the copy is mapped nowhere");
    REACHED(end);
}

PROOF(cap_make_any, 1)
{
    kinds_any();
    struct cap *ut = pool_cap(1), *to = pool_cap(2);
    link_t x = any_slot();
    ASSUME(!tree_empty(ut) && tree_empty(to));
    ep.refs = 0;
    cap_make(ut, to, TESS_TYPE_endpoint, (word_t)&ep, 0, 0);
    *tree_depth(2) = *tree_depth(1) + 1;
    tree_rank_first(2);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(to->parent == 1 && ep.refs == 1 && to->badge == 0 && to->rights == TESS_RIGHT_ALL,
          "the first capability, unbadged, with all rights, child of the memory");
    REACHED(end);
}

PROOF_SLOW(cap_delete_step_inner, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1);
    link_t x = any_slot(), child = c->child;
    ASSUME(!tree_empty(c) && child != 0);
    c->type = TESS_TYPE_endpoint;
    c->object = (word_t)&ep;
    uint32_t refs = ep.refs;
    link_t parent = pool_cap(x)->parent, up = c->parent;
    bool done = cap_delete_step(c);
    tree_rank_first(child);
    CHECK(!done && !tree_empty(c) && ep.refs == refs, "not yet deleted");
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(pool_cap(x)->parent == (x == child ? up : parent),
          "its first child passed to its parent, nobody else moved");
    REACHED(end);
}

PROOF(cap_delete_step_leaf, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1);
    link_t x = any_slot();
    ASSUME(!tree_empty(c) && c->child == 0 && ep.refs > 1);
    c->type = TESS_TYPE_endpoint;
    c->object = (word_t)&ep;
    c->holder = HOLDER_CNODE;
    uint32_t refs = ep.refs;
    link_t parent = pool_cap(x)->parent;
    bool done = cap_delete_step(c);
    CHECK(done && tree_empty(c) && ep.refs == refs - 1, "deleted and counted");
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree, without it");
    CHECK(x == 1 || pool_cap(x)->parent == parent, "nobody else moved");
    REACHED(end);
}

PROOF(cap_delete_step_empty, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1);
    link_t x = any_slot(), parent = pool_cap(x)->parent;
    ASSUME(tree_empty(c));
    c->type = TESS_TYPE_null;
    CHECK(cap_delete_step(c), "nothing to do");
    CHECK(tree_node_ok(x) && pool_cap(x)->parent == parent, "nothing changed");
    REACHED(end);
}

/* The last capability to a CNode: its node moves into the CNode, which is on the list of the dying. */
PROOF(cap_delete_step_cnode, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1), *node = &box.cnode.zombie;
    ASSUME(!tree_empty(c) && c->child == 0 && (c->parent == 0 || c->parent == 2));
    c->type = TESS_TYPE_cnode;
    c->object = (word_t)&box.cnode;
    c->holder = HOLDER_CNODE;
    box.cnode.refs = 1;
    link_t parent = c->parent, next = c->next, prev = c->prev;
    bool done = cap_delete_step(c);
    CHECK(done && tree_empty(c) && c->parent == 0 && c->next == 0 && c->prev == 0,
          "its slot is free");
    CHECK(node->type == TESS_TYPE_zombie && node->parent == parent && node->next == next &&
              node->prev == prev && node->child == 0,
          "its node lives on in its place in the tree");
    CHECK(prev != 0 || *(parent ? &pool_cap(parent)->child : &derivation_roots) == POOL_OTHER_LINK,
          "seen from above");
    CHECK(prev == 0 || pool_cap(prev)->next == POOL_OTHER_LINK, "from the left");
    CHECK(next == 0 || pool_cap(next)->prev == POOL_OTHER_LINK, "and from the right");
    CHECK(dying_first == &box.cnode.box && box.cnode.box.scan == 0 && box.cnode.box.zombie == node,
          "it begins to die");
    REACHED(end);
}

PROOF(cap_revoke_step_lift, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1);
    link_t x = any_slot();
    ASSUME(!tree_empty(c) && c->child == 2 && pool_cap(2)->child == 3);
    c->child = 2;
    pool_cap(2)->child = 3;
    link_t parent = pool_cap(x)->parent;
    revoke_step(c);
    tree_rank_first(3);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(pool_cap(x)->parent == (x == 3 ? 1 : parent),
          "a grandchild became a child, nobody else moved");
    REACHED(end);
}

PROOF(cap_revoke_step_delete, 1)
{
    kinds_any();
    struct cap *c = pool_cap(1), *child = pool_cap(2);
    link_t x = any_slot();
    ASSUME(!tree_empty(c) && c->child == 2 && child->child == 0 && ep.refs > 1);
    c->child = 2;
    child->child = 0;
    child->type = TESS_TYPE_endpoint;
    child->object = (word_t)&ep;
    child->holder = HOLDER_CNODE;
    link_t parent = pool_cap(x)->parent;
    bool empty = tree_empty(pool_cap(x));
    revoke_step(c);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(tree_empty(child) &&
              (x == 2 || (tree_empty(pool_cap(x)) == empty && pool_cap(x)->parent == parent)),
          "one descendant is deleted, nothing else");
    REACHED(end);
}

SPEC_END
