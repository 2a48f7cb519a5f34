/* The three loops over a profile that numpy cannot do without sorting everything: which rows are
 * equal, what every node weighs, and what every call weighs.
 *
 * Columns come in as buffers and go out as bytes. They may be hostile as far as their makers could
 * make them so: sizes are compared, every index is checked before it is used, and hashes depend on
 * a secret, so that nobody can choose rows that collide. Sums cannot overflow where the absolute
 * values of all weights together stay below 2^63; the caller sees to that.
 *
 * Other threads may run meanwhile, but not change the arguments.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NONE UINT32_MAX

/* ---- columns --------------------------------------------------------------------------------- */

struct column { Py_buffer buffer; size_t count; };

#define ITEMS(column, type) ((const type *)(column).buffer.buf)

/* Counts the items of a column; false with an exception set where it is cut off or not aligned. */
static bool count_items(struct column *column, size_t size) {
    column->count = (size_t)column->buffer.len / size;
    if ((size_t)column->buffer.len % size == 0 && (uintptr_t)column->buffer.buf % size == 0)
        return true;
    PyErr_SetString(PyExc_ValueError, "a column is cut off or not aligned");
    return false;
}

static bool refuse(const char *why) {
    if (why) PyErr_SetString(PyExc_ValueError, why);
    return !why;
}

/* True where the offsets never fall and lead through `size` items. */
static bool are_offsets(const struct column *offsets, size_t size) {
    const int64_t *at = ITEMS(*offsets, int64_t);
    if (!offsets->count || at[0] < 0) return false;
    for (size_t i = 1; i < offsets->count; i++)
        if (at[i - 1] > at[i]) return false;
    return (uint64_t)at[offsets->count - 1] <= size;
}

/* True where every index is below the limit. */
static bool are_below(const struct column *indices, uint64_t limit) {
    uint32_t highest = 0;
    for (size_t i = 0; i < indices->count; i++)
        if (ITEMS(*indices, uint32_t)[i] > highest) highest = ITEMS(*indices, uint32_t)[i];
    return !indices->count || highest < limit;
}

/* ---- hash tables that grow ------------------------------------------------------------------- */

/* Entries are numbered as they come; of each the hash, or whatever stands for it, is kept. */
struct table {
    uint64_t *keys; /* by entry */
    uint32_t *slots; /* entry + 1, or 0; at most half of them are in use, so that searches end */
    uint64_t mask, secret;
    size_t count;
};

static inline uint64_t mix(uint64_t hash, uint64_t value, uint64_t secret) {
    __extension__ unsigned __int128 product = (unsigned __int128)(hash ^ value) * (secret | 1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t slot_of(const struct table *t, uint64_t key) {
    return mix(t->secret, key, t->secret) & t->mask;
}

/* Doubles the table; its first call makes it. */
static bool grow(struct table *t) {
    uint64_t size = t->slots ? 2 * (t->mask + 1) : 1024;
    uint64_t *keys = PyMem_RawRealloc(t->keys, size / 2 * sizeof *keys);
    if (!keys) return false;
    t->keys = keys;
    PyMem_RawFree(t->slots);
    t->slots = PyMem_RawCalloc(size, sizeof *t->slots);
    if (!t->slots) return false;
    t->mask = size - 1;
    for (size_t i = 0; i < t->count; i++) {
        uint64_t slot = slot_of(t, t->keys[i]);
        while (t->slots[slot]) slot = (slot + 1) & t->mask;
        t->slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

/* True where another entry fits, which may take growing. */
static inline bool has_room(struct table *t) {
    return (t->slots && 2 * t->count < t->mask) || (t->count < NONE / 2 && grow(t));
}

static inline uint32_t append(struct table *t, uint64_t key, uint64_t slot) {
    t->keys[t->count] = key;
    t->slots[slot] = (uint32_t)++t->count;
    return (uint32_t)t->count - 1;
}

static void forget(struct table *t) {
    PyMem_RawFree(t->keys);
    PyMem_RawFree(t->slots);
}

/* ---- group: which rows are equal ------------------------------------------------------------- */

/* Without offsets every row is one item. */
struct rows { const char *data; const int64_t *offsets; size_t count, width; };

static inline size_t size_of(const struct rows *r, size_t row) {
    return (r->offsets ? (size_t)(r->offsets[row + 1] - r->offsets[row]) : 1) * r->width;
}

static inline const char *start_of(const struct rows *r, size_t row) {
    return r->data + (r->offsets ? (size_t)r->offsets[row] : row) * r->width;
}

static uint64_t hash_of(const struct rows *r, size_t row, uint64_t secret) {
    const char *at = start_of(r, row);
    size_t size = size_of(r, row);
    uint64_t hash = mix(secret, size, secret), word;
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = mix(hash, word, secret);
    }
    word = 0;
    if (size) memcpy(&word, at, size);
    return mix(hash, word, secret);
}

/* The first row of each group and the group of each row; false where memory ran out. */
static bool group_rows(const struct rows *r, struct table *t, uint32_t *groups, int64_t *firsts) {
    for (size_t row = 0; row < r->count; row++) {
        if (!has_room(t)) return false;
        uint64_t hash = hash_of(r, row, t->secret), slot = slot_of(t, hash);
        size_t size = size_of(r, row);
        uint32_t group = NONE;
        for (; t->slots[slot]; slot = (slot + 1) & t->mask) {
            uint32_t known = t->slots[slot] - 1;
            size_t first = (size_t)firsts[known];
            if (t->keys[known] == hash && size_of(r, first) == size
                && !(size && memcmp(start_of(r, first), start_of(r, row), size))) {
                group = known;
                break;
            }
        }
        if (group == NONE) {
            group = append(t, hash, slot);
            firsts[group] = (int64_t)row;
        }
        groups[row] = group;
    }
    return true;
}

static PyObject *group(PyObject *Py_UNUSED(module), PyObject *args) {
    struct column data = {0}, offsets = {0};
    struct table table = {0};
    PyObject *groups = NULL, *firsts = NULL, *result = NULL;
    Py_ssize_t width;
    unsigned long long secret;
    if (!PyArg_ParseTuple(args, "y*z*nK:group", &data.buffer, &offsets.buffer, &width, &secret))
        goto done;
    if (!refuse(width > 0 ? NULL : "items without a width")
        || !count_items(&offsets, sizeof(int64_t)))
        goto done;
    struct rows rows = {data.buffer.buf, offsets.buffer.buf, (size_t)(data.buffer.len / width),
                        (size_t)width};
    if (rows.offsets) {
        if (!refuse(are_offsets(&offsets, rows.count) ? NULL : "the offsets lead out of the column"))
            goto done;
        rows.count = offsets.count - 1;
    }
    table.secret = secret;
    groups = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows.count * sizeof(uint32_t)));
    /* Most of it is given back; the pages behind the last group are never touched. */
    firsts = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(rows.count * sizeof(int64_t)));
    if (!groups || !firsts) goto done;
    bool fine;
    Py_BEGIN_ALLOW_THREADS
    fine = group_rows(&rows, &table, (uint32_t *)(void *)PyBytes_AS_STRING(groups),
                      (int64_t *)(void *)PyBytes_AS_STRING(firsts));
    Py_END_ALLOW_THREADS
    if (!fine) PyErr_NoMemory();
    else if (!_PyBytes_Resize(&firsts, (Py_ssize_t)(table.count * sizeof(int64_t))))
        result = PyTuple_Pack(2, firsts, groups);
done:
    forget(&table);
    Py_XDECREF(groups);
    Py_XDECREF(firsts);
    PyBuffer_Release(&data.buffer);
    PyBuffer_Release(&offsets.buffer);
    return result;
}

/* ---- stacks of frames ------------------------------------------------------------------------ */

/* A stack is locations, a location is frames, a frame belongs to a node; leaf first. */
struct stacks {
    struct column offsets, locations, frame_offsets, nodes, weights; /* weights by stack */
    unsigned long long node_count, most_frames;
};

#define STACKS "(y*y*y*y*y*)KK"
#define INTO(s) &(s).offsets.buffer, &(s).locations.buffer, &(s).frame_offsets.buffer, \
    &(s).nodes.buffer, &(s).weights.buffer, &(s).node_count, &(s).most_frames

static void release(struct stacks *s) {
    PyBuffer_Release(&s->offsets.buffer);
    PyBuffer_Release(&s->locations.buffer);
    PyBuffer_Release(&s->frame_offsets.buffer);
    PyBuffer_Release(&s->nodes.buffer);
    PyBuffer_Release(&s->weights.buffer);
}

static const char TOO_MANY[] = "too many frames";

/* What is wrong with the columns; NULL if nothing is. */
static const char *wrong_with(const struct stacks *s) {
    const int64_t *frames = ITEMS(s->frame_offsets, int64_t);
    uint64_t sum = 0;
    if (!are_offsets(&s->offsets, s->locations.count) || s->offsets.count - 1 >= NONE
        || !are_offsets(&s->frame_offsets, s->nodes.count)
        || s->weights.count != s->offsets.count - 1)
        return "the columns contradict each other";
    if (!are_below(&s->locations, s->frame_offsets.count - 1)
        || !are_below(&s->nodes, s->node_count))
        return "an index leads out of its column";
    /* With inlining a few bytes of a profile can stand for a hundred thousand frames. */
    for (size_t i = 0; i < s->locations.count && sum <= s->most_frames; i++) {
        uint32_t location = ITEMS(s->locations, uint32_t)[i];
        sum += (uint64_t)(frames[location + 1] - frames[location]);
    }
    return sum > s->most_frames ? TOO_MANY : NULL;
}

/* Checks everything once, so that the loops below need not; false with an exception set. */
static bool open_stacks(struct stacks *s) {
    const char *wrong;
    if (!count_items(&s->offsets, sizeof(int64_t)) || !count_items(&s->locations, sizeof(uint32_t))
        || !count_items(&s->frame_offsets, sizeof(int64_t))
        || !count_items(&s->nodes, sizeof(uint32_t)) || !count_items(&s->weights, sizeof(int64_t)))
        return false;
    Py_BEGIN_ALLOW_THREADS
    wrong = wrong_with(s);
    Py_END_ALLOW_THREADS
    if (wrong == TOO_MANY) PyErr_SetString(PyExc_OverflowError, wrong);
    return wrong != TOO_MANY && refuse(wrong);
}

/* ---- cum: every stack's weight goes once to each of its nodes -------------------------------- */

static void add_up(const struct stacks *s, uint32_t *stamps, int64_t *cum) {
    const int64_t *offsets = ITEMS(s->offsets, int64_t), *weights = ITEMS(s->weights, int64_t);
    const int64_t *frames = ITEMS(s->frame_offsets, int64_t);
    const uint32_t *locations = ITEMS(s->locations, uint32_t), *nodes = ITEMS(s->nodes, uint32_t);
    for (uint32_t stack = 0; stack < s->weights.count; stack++) {
        if (!weights[stack]) continue;
        for (int64_t i = offsets[stack]; i < offsets[stack + 1]; i++) {
            int64_t end = frames[locations[i] + 1];
            for (int64_t frame = frames[locations[i]]; frame < end; frame++) {
                uint32_t node = nodes[frame];
                if (stamps[node] == stack + 1) continue;
                stamps[node] = stack + 1; /* no stack before had this number */
                cum[node] += weights[stack];
            }
        }
    }
}

static PyObject *cum(PyObject *Py_UNUSED(module), PyObject *args) {
    struct stacks stacks = {0};
    PyObject *result = NULL;
    uint32_t *stamps = NULL;
    if (!PyArg_ParseTuple(args, STACKS ":cum", INTO(stacks)) || !open_stacks(&stacks)) goto done;
    stamps = PyMem_RawCalloc(stacks.node_count, sizeof *stamps);
    if (stamps)
        result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(stacks.node_count * sizeof(int64_t)));
    else
        PyErr_NoMemory();
    if (result) {
        int64_t *sums = (int64_t *)(void *)PyBytes_AS_STRING(result);
        Py_BEGIN_ALLOW_THREADS
        memset(sums, 0, stacks.node_count * sizeof *sums);
        add_up(&stacks, stamps, sums);
        Py_END_ALLOW_THREADS
    }
done:
    PyMem_RawFree(stamps);
    release(&stacks);
    return result;
}

/* ---- calls: every stack's weight goes once to each pair of nodes that follow each other ------ */

struct call { uint64_t pair; int64_t weight; uint32_t stamp; uint16_t residual, inlined; };

struct graph {
    struct stacks stacks;
    struct column inlined, kept, counted; /* by frame, by node, by stack */
    struct table known;
    struct call *calls;
    size_t room;
};

/* The call of a pair; NULL where memory ran out. */
static struct call *find_call(struct graph *g, uint64_t pair) {
    struct table *t = &g->known;
    if (!has_room(t)) return NULL;
    uint64_t slot = slot_of(t, pair);
    for (; t->slots[slot]; slot = (slot + 1) & t->mask)
        if (t->keys[t->slots[slot] - 1] == pair) return &g->calls[t->slots[slot] - 1];
    if (t->count == g->room) {
        size_t room = g->room ? 2 * g->room : 512;
        struct call *calls = PyMem_RawRealloc(g->calls, room * sizeof *calls);
        if (!calls) return NULL;
        g->calls = calls;
        g->room = room;
    }
    struct call *call = &g->calls[append(t, pair, slot)];
    *call = (struct call){.pair = pair, .inlined = true};
    return call;
}

static bool add_call(struct graph *g, uint32_t stack, uint64_t pair, bool residual, bool inlined) {
    struct call *call = find_call(g, pair);
    if (!call) return false;
    if (call->stamp == stack + 1) return true;
    call->stamp = stack + 1;
    call->weight += ITEMS(g->stacks.weights, int64_t)[stack];
    if (residual) call->residual = true;
    if (!inlined) call->inlined = false;
    return true;
}

/* From the root to the leaf: where a call comes several times, the one nearest to the root decides
 * what it is like. */
static bool add_calls_of(struct graph *g, uint32_t stack) {
    const int64_t *offsets = ITEMS(g->stacks.offsets, int64_t);
    const int64_t *frames = ITEMS(g->stacks.frame_offsets, int64_t);
    const uint8_t *kept = g->kept.count ? ITEMS(g->kept, uint8_t) : NULL;
    uint32_t caller = NONE;
    bool residual = false;
    for (int64_t i = offsets[stack + 1]; i-- > offsets[stack];) {
        uint32_t location = ITEMS(g->stacks.locations, uint32_t)[i];
        for (int64_t frame = frames[location + 1]; frame-- > frames[location];) {
            uint32_t node = ITEMS(g->stacks.nodes, uint32_t)[frame];
            if (kept && !kept[node]) {
                residual = true;
                continue;
            }
            if (caller != NONE && caller != node
                && !add_call(g, stack, (uint64_t)caller << 32 | node, residual,
                             ITEMS(g->inlined, uint8_t)[frame]))
                return false;
            caller = node;
            residual = false;
        }
    }
    return true;
}

static bool add_calls(struct graph *g) {
    for (uint32_t stack = 0; stack < g->stacks.weights.count; stack++)
        if (ITEMS(g->counted, uint8_t)[stack] && !add_calls_of(g, stack)) return false;
    return true;
}

static PyObject *calls(PyObject *Py_UNUSED(module), PyObject *args) {
    struct graph g = {0};
    PyObject *result = NULL;
    unsigned long long secret;
    if (!PyArg_ParseTuple(args, STACKS "y*y*y*K:calls", INTO(g.stacks), &g.inlined.buffer,
                          &g.kept.buffer, &g.counted.buffer, &secret)
        || !open_stacks(&g.stacks))
        goto done;
    (void)(count_items(&g.inlined, 1) && count_items(&g.kept, 1) && count_items(&g.counted, 1));
    if (!refuse(g.inlined.count == g.stacks.nodes.count
                && g.counted.count == g.stacks.weights.count
                && (!g.kept.count || g.kept.count == g.stacks.node_count)
                ? NULL : "the columns contradict each other"))
        goto done;
    g.known.secret = secret;
    bool fine;
    Py_BEGIN_ALLOW_THREADS
    fine = add_calls(&g);
    Py_END_ALLOW_THREADS
    if (!fine) PyErr_NoMemory();
    else result = PyBytes_FromStringAndSize(
        (const char *)g.calls, (Py_ssize_t)(g.known.count * sizeof *g.calls));
done:
    forget(&g.known);
    PyMem_RawFree(g.calls);
    release(&g.stacks);
    PyBuffer_Release(&g.inlined.buffer);
    PyBuffer_Release(&g.kept.buffer);
    PyBuffer_Release(&g.counted.buffer);
    return result;
}

/* ---- the module ------------------------------------------------------------------------------ */

static PyMethodDef methods[] = {
    {"group", group, METH_VARARGS, "group(data, offsets, width, secret, /)\n--\n\n"
     "The first row of each group, int64, and the group of each row, uint32."},
    {"cum", cum, METH_VARARGS, "cum(stacks, nodes, most_frames, /)\n--\n\n"
     "The weight of each node, int64."},
    {"calls", calls, METH_VARARGS,
     "calls(stacks, nodes, most_frames, inlined, kept, counted, secret, /)\n--\n\n"
     "The calls between nodes, each pair once."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "heapwise.analysis._aggregate", .m_methods = methods};

PyMODINIT_FUNC PyInit__aggregate(void) {
    return PyModuleDef_Init(&definition);
}
