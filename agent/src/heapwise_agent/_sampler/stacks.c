/* Stacks interned by content, and the four heap values for each stack and size class.
 *
 * Frames, stacks and rows live in reserved arrays that only grow, so indices are stable and what
 * has been counted can be read without the lock. What does not fit any more goes to the rows of
 * one pseudo stack: the sums stay right, and the overflow is counted.
 */
#include "core.h"

#include <string.h>

enum {
    MAX_FRAMES = 1 << 17,
    FRAME_SLOTS = 1 << 18,
    MAX_STACKS = 1 << 16,
    STACK_BUCKETS = 1 << 16,
    MAX_IDS = 1 << 21,
    MAX_ROWS = 1 << 17,
    SIZE_CLASSES = 256,
};

static raw_frame *frames;
static uint32_t *frame_slots;  /* 1 + frame id, 0: empty */
static stack_entry *stacks;
static uint32_t *buckets;  /* first stack of the chain, 0: none */
static uint32_t *ids;
static row *rows;  /* row 0 stands for "none" */
static uint32_t frame_count, stack_count, id_count, row_count;
static uint64_t overflows;

static void
begin(void)
{
    frame_count = id_count = 0;
    stack_count = FIRST_STACK;
    row_count = 1;
    overflows = 0;
}

int
stacks_init(void)
{
    frames = core_reserve(MAX_FRAMES * sizeof *frames);
    frame_slots = core_reserve(FRAME_SLOTS * sizeof *frame_slots);
    stacks = core_reserve(MAX_STACKS * sizeof *stacks);
    buckets = core_reserve(STACK_BUCKETS * sizeof *buckets);
    ids = core_reserve(MAX_IDS * sizeof *ids);
    rows = core_reserve(MAX_ROWS * sizeof *rows);
    begin();
    return frames && frame_slots && stacks && buckets && ids && rows ? 0 : -1;
}

static uint64_t
mix(uint64_t hash, uint64_t word)
{
    return ((hash << 5 | hash >> 59) ^ word) * 0x9E3779B97F4A7C15ULL;
}

static uint64_t
hash_frame(uint64_t hash, const raw_frame *f)
{
    return mix(hash, (uint64_t)(uintptr_t)f->what + ((uint64_t)(uint32_t)f->at << 48));
}

static uint64_t
hash_stack(const raw_stack *stack)
{
    uint64_t hash = (uint64_t)stack->depth;
    for (int i = 0; i < stack->depth; i++) {
        hash = hash_frame(hash, &stack->frames[i]);
    }
    return hash ^ hash >> 32;
}

static bool
same_frame(const raw_frame *a, const raw_frame *b)
{
    return a->what == b->what && a->at == b->at;
}

static bool
same_stack(const stack_entry *entry, uint64_t hash, const raw_stack *stack)
{
    if (entry->hash != hash || entry->depth != (uint32_t)stack->depth) {
        return false;
    }
    for (int i = 0; i < stack->depth; i++) {
        if (!same_frame(&frames[ids[entry->offset + (uint32_t)i]], &stack->frames[i])) {
            return false;
        }
    }
    return true;
}

/* A code object is kept alive from its first sample on: another one at its address would be taken
 * for it. UINT32_MAX: the table is full. */
static uint32_t
intern_frame(const raw_frame *wanted, bool keep)
{
    uint64_t hash = hash_frame(0, wanted);
    uint32_t at = (uint32_t)(hash >> 46);
    _Static_assert(FRAME_SLOTS == 1 << (64 - 46), "slots are picked by the top bits");
    for (; frame_slots[at]; at = (at + 1) % FRAME_SLOTS) {
        if (same_frame(&frames[frame_slots[at] - 1], wanted)) {
            return frame_slots[at] - 1;
        }
    }
    if (frame_count == MAX_FRAMES) {
        return UINT32_MAX;
    }
    if (keep) {
        Py_INCREF((PyObject *)wanted->what);
    }
    frames[frame_count] = *wanted;
    frame_slots[at] = ++frame_count;
    return frame_count - 1;
}

static uint32_t
add_stack(const raw_stack *stack, uint64_t hash)
{
    uint32_t depth = (uint32_t)stack->depth;
    if (stack_count == MAX_STACKS || id_count + depth > MAX_IDS) {
        return STACK_TABLE_FULL;
    }
    for (uint32_t i = 0; i < depth; i++) {
        ids[id_count + i] = intern_frame(&stack->frames[i], !stack->foreign);
        if (ids[id_count + i] == UINT32_MAX) {
            return STACK_TABLE_FULL;
        }
    }
    uint32_t *bucket = &buckets[hash % STACK_BUCKETS];
    stacks[stack_count] =
        (stack_entry){.hash = hash, .offset = id_count, .depth = depth, .next = *bucket};
    id_count += depth;
    *bucket = stack_count;
    return stack_count++;
}

static uint32_t
intern_stack(raw_stack *stack)
{
    if (stack->depth == 0) {
        return STACK_NO_FRAME;
    }
    if (stack->foreign && !symbols_intern(stack)) {
        return STACK_TABLE_FULL;
    }
    uint64_t hash = hash_stack(stack);
    for (uint32_t i = buckets[hash % STACK_BUCKETS]; i; i = stacks[i].next) {
        if (same_stack(&stacks[i], hash, stack)) {
            return i;
        }
    }
    return add_stack(stack, hash);
}

/* Up to 512 bytes the classes of CPython's own allocator, 16 bytes apart; above, four for each
 * doubling, so that a class's mean size recovers the number of samples to a few per cent. */
static uint32_t
size_class(size_t n)
{
    if (n <= 512) {
        return (uint32_t)((n + 15) / 16);
    }
    uint32_t top = 63u - (uint32_t)__builtin_clzll(n - 1);
    return 33 + (top - 9) * 4 + (uint32_t)((n - 1) >> (top - 2) & 3);
}

static uint32_t
row_of(uint32_t stack, uint32_t class)
{
    for (uint32_t i = stacks[stack].first_row; i; i = rows[i].next) {
        if (rows[i].size_class == class) {
            return i;
        }
    }
    /* The last rows belong to the pseudo stack of what did not fit. */
    uint32_t room = stack == STACK_TABLE_FULL ? MAX_ROWS : MAX_ROWS - SIZE_CLASSES;
    if (row_count >= room) {
        return 0;
    }
    rows[row_count] =
        (row){.stack = stack, .size_class = class, .next = stacks[stack].first_row};
    stacks[stack].first_row = row_count;
    return row_count++;
}

uint32_t
stacks_row(raw_stack *stack, size_t n)
{
    uint32_t index = intern_stack(stack);
    uint32_t found = index == STACK_TABLE_FULL ? 0 : row_of(index, size_class(n));
    if (!found) {
        overflows++;
        found = row_of(STACK_TABLE_FULL, size_class(n));
    }
    return found;
}

row *
stacks_at(uint32_t index)
{
    return &rows[index];
}

uint32_t
stacks_rows(void)
{
    return row_count;
}

uint32_t
stacks_count(void)
{
    return stack_count;
}

uint32_t
stacks_frames(void)
{
    return frame_count;
}

uint64_t
stacks_overflows(void)
{
    return overflows;
}

size_t
stacks_bytes(void)
{
    return frame_count * (sizeof *frames + 2 * sizeof *frame_slots)
           + stack_count * (sizeof *stacks + sizeof *buckets) + id_count * sizeof *ids
           + row_count * sizeof *rows;
}

void
stacks_after_fork(void)
{
    for (uint32_t i = 1; i < row_count; i++) {
        rows[i].alloc_objects = rows[i].alloc_space = 0;
        rows[i].hits = 0;
    }
}

void
stacks_forget(void)
{
    memset(frame_slots, 0, FRAME_SLOTS * sizeof *frame_slots);
    memset(buckets, 0, STACK_BUCKETS * sizeof *buckets);
    memset(stacks, 0, FIRST_STACK * sizeof *stacks);
    begin();
}

const stack_entry *
stacks_entry(uint32_t index)
{
    return &stacks[index];
}

const uint32_t *
stacks_ids(const stack_entry *entry)
{
    return ids + entry->offset;
}

const raw_frame *
stacks_frame(uint32_t id)
{
    return &frames[id];
}
