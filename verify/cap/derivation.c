/*
 * The derivation tree: each operation, on any tree of up to six slots, leaves a tree (shown at any slot x) and changes
 * the parents of exactly the slots that it should.  Slots differ only by name, so the ones that an operation is about
 * are given names without loss of generality.
 */
#define POOL_CAPS 6
#include "tree.h"
#include "stand_in.h"
#include "../../kernel/cap/derivation.c"

PROOF(derivation_insert_child, 1)
{
    tree_any();
    const link_t c = 1, p = 2;
    link_t x = any_slot();
    ASSUME(!tree_empty(pool_cap(p)) && tree_empty(pool_cap(c)));
    pool_cap(c)->type = TESS_TYPE_endpoint;
    link_t before = pool_cap(x)->parent;
    bool first = pool_cap(p)->child == 0;
    derivation_insert(pool_cap(p), pool_cap(c));
    *tree_depth(c) = *tree_depth(p) + 1;
    tree_rank_first(c);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(pool_cap(x)->parent == (x == c ? p : before), "c is p's child, nobody else moved");
    if (first) {
        REACHED(the first child);
    } else {
        REACHED(a further child);
    }
}

PROOF(derivation_insert_root, 1)
{
    tree_any();
    const link_t c = 1;
    link_t x = any_slot();
    ASSUME(tree_empty(pool_cap(c)));
    pool_cap(c)->type = TESS_TYPE_endpoint;
    link_t before = pool_cap(x)->parent;
    derivation_insert(NULL, pool_cap(c));
    tree_rank_first(c);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(pool_cap(x)->parent == (x == c ? 0 : before), "c is a root, nobody else moved");
    REACHED(end);
}

PROOF(derivation_unlink_leaf, 1)
{
    tree_any();
    const link_t c = 1;
    link_t x = any_slot();
    ASSUME(!tree_empty(pool_cap(c)) && pool_cap(c)->child == 0);
    link_t before = pool_cap(x)->parent;
    bool middle = pool_cap(c)->next != 0 && pool_cap(c)->prev != 0, top = pool_cap(c)->parent == 0;
    derivation_unlink(pool_cap(c));
    pool_cap(c)->type = TESS_TYPE_null;
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree, c in no place of it");
    CHECK(x == c || pool_cap(x)->parent == before, "nobody else moved");
    if (middle) {
        REACHED(a middle sibling);
    } else if (top) {
        REACHED(a root);
    } else {
        REACHED(a first or last sibling);
    }
}

static void lift(link_t g)
{
    const link_t c = 1, p = 2;
    tree_any();
    link_t x = any_slot();
    ASSUME(!tree_empty(pool_cap(c)) && pool_cap(c)->parent == p && pool_cap(p)->parent == g);
    link_t before = pool_cap(x)->parent;
    bool inner = pool_cap(c)->child != 0;
    derivation_lift(pool_cap(c));
    tree_rank_first(c);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree");
    CHECK(pool_cap(x)->parent == (x == c ? g : before),
          "c is its grandparent's child, nobody else moved");
    if (inner) {
        REACHED(it took its children along);
    } else {
        REACHED(it had none);
    }
}

PROOF(derivation_lift_to_grandparent, 1)
{
    lift(3);
}

PROOF(derivation_lift_to_root, 1)
{
    lift(0);
}

PROOF(derivation_replace_leaf, 1)
{
    tree_any();
    const link_t f = 1, t = 2;
    link_t x = any_slot();
    ASSUME(!tree_empty(pool_cap(f)) && tree_empty(pool_cap(t)) && pool_cap(f)->child == 0);
    link_t before = pool_cap(x)->parent, place = pool_cap(f)->parent;
    pool_cap(t)->type = pool_cap(f)->type;
    derivation_replace(pool_cap(f), pool_cap(t));
    pool_cap(f)->type = TESS_TYPE_null;
    *tree_depth(t) = *tree_depth(f);
    *tree_order(t) = *tree_order(f);
    CHECK(tree_node_ok(x) && tree_roots_ok(), "still a tree, f in no place of it");
    CHECK(pool_cap(x)->parent == (x == t   ? place
                                  : x == f ? 0
                                           : before),
          "t has f's place, nobody else moved");
    if (place == 0) {
        REACHED(a root);
    } else {
        REACHED(a child);
    }
}
