/* Sampled blocks that are still alive, by address.
 *
 * Open addressing, linear probing, at most two thirds full, removal by shifting back: no
 * tombstones, so a table that fills and drains for months stays fast. The page filter in front of
 * it answers nearly every free with one byte.
 */
#include "core.h"

#include <string.h>
#include <sys/mman.h>

enum { FIRST_SLOTS = 1 << 10, STICKY = UINT8_MAX };

/* A counter that reaches STICKY stays there: wrapping round would hide live blocks. */
uint8_t live_filter[1 << 16];

static live_block *slots;  /* address 0: empty */
static size_t slot_count, used;
static unsigned shift;  /* 64 - log2(slot_count) */
static uint64_t overflows;

int
live_init(void)
{
    slots = core_reserve(FIRST_SLOTS * sizeof *slots);
    slot_count = FIRST_SLOTS;
    shift = 54;
    _Static_assert(FIRST_SLOTS == 1 << (64 - 54), "slots are picked by the top bits");
    return slots ? 0 : -1;
}

static size_t
home(uintptr_t address)
{
    return (size_t)((uint64_t)(address >> 4) * 0x9E3779B97F4A7C15ULL >> shift);
}

/* The slot that holds the address, or the empty one where it would go. */
static size_t
find(uintptr_t address)
{
    size_t at = home(address);
    while (slots[at].address && slots[at].address != address) {
        at = (at + 1) & (slot_count - 1);
    }
    return at;
}

static bool
grow(void)
{
    live_block *old = slots;
    size_t old_count = slot_count;
    live_block *wider = core_reserve(2 * old_count * sizeof *slots);
    if (!wider) {
        return false;
    }
    slots = wider;
    slot_count = 2 * old_count;
    shift--;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].address) {
            slots[find(old[i].address)] = old[i];
        }
    }
    munmap(old, old_count * sizeof *old);
    return true;
}

static bool
has_room(void)
{
    return (used + 1) * 3 <= slot_count * 2 || grow();
}

/* Both signs use the same product, so that what was added goes away without a rest. */
static void
enter(const live_block *b)
{
    row *r = stacks_at(b->row);
    r->inuse_objects += (double)b->weight;
    r->inuse_space += (double)b->weight * (double)b->size;
    r->live++;
}

static void
leave(const live_block *b)
{
    row *r = stacks_at(b->row);
    r->inuse_objects -= (double)b->weight;
    r->inuse_space -= (double)b->weight * (double)b->size;
    if (--r->live == 0) {
        r->inuse_objects = r->inuse_space = 0;
    }
}

/* Closes the gap: moves back every follower that may stand earlier in its chain. */
static void
remove_at(size_t hole)
{
    uint8_t *page = live_page((const void *)slots[hole].address);
    if (*page != STICKY) {
        --*page;
    }
    used--;
    for (size_t at = hole;;) {
        at = (at + 1) & (slot_count - 1);
        if (!slots[at].address) {
            break;
        }
        size_t wanted = home(slots[at].address);
        bool may_move = ((at - wanted) & (slot_count - 1)) >= ((at - hole) & (slot_count - 1));
        if (may_move) {
            slots[hole] = slots[at];
            hole = at;
        }
    }
    slots[hole] = (live_block){0};
}

static bool
insert(const live_block *block)
{
    /* Somebody freed this address without our seeing it: the old block is gone. */
    size_t at = find(block->address);
    if (slots[at].address) {
        leave(&slots[at]);
        remove_at(at);
    }
    if (!has_room()) {
        overflows++;
        return false;
    }
    slots[find(block->address)] = *block;
    used++;
    uint8_t *page = live_page((const void *)block->address);
    if (*page != STICKY) {
        ++*page;
    }
    enter(block);
    return true;
}

bool
live_add(live_block block)
{
    row *r = stacks_at(block.row);
    double weight = (double)block.weight, size = (double)block.size;
    r->alloc_objects += weight;
    r->alloc_space += weight * size;
    r->size_sum += size;
    r->seen++;
    r->hits++;
    return insert(&block);
}

bool
live_take(const void *p, live_block *taken)
{
    core_acquire();
    size_t at = find((uintptr_t)p);
    bool found = p && slots[at].address;
    if (found) {
        *taken = slots[at];
        leave(taken);
        remove_at(at);
    }
    core_release();
    return found;
}

void
live_put_back(live_block block)
{
    core_acquire();
    insert(&block);
    core_release();
}

size_t
live_count(void)
{
    return used;
}

size_t
live_bytes(void)
{
    return slot_count * sizeof *slots + sizeof live_filter;
}

uint64_t
live_overflows(void)
{
    return overflows;
}

void
live_forget_all(void)
{
    for (size_t i = 0; i < slot_count; i++) {
        if (slots[i].address) {
            leave(&slots[i]);
        }
    }
    memset(slots, 0, slot_count * sizeof *slots);
    memset(live_filter, 0, sizeof live_filter);
    used = 0;
}
