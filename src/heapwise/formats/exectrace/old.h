/* Version 1 on its way in: its events are rewritten as events of version 2.
 *
 * What is one event there and two here, or depends on what comes next, is settled by going back to
 * the number of the event before and changing it.
 */
#ifndef HEAPWISE_EXECTRACE_OLD_H
#define HEAPWISE_EXECTRACE_OLD_H

#include "intake.h"

/* Why goroutines and the world stop in version 1, which has no strings for it: -1, -2, …. */
enum { FOREVER = 1, PREEMPTED, GOSCHED, SLEEPING, SENDING, RECEIVING, NETWORK, SYNCING, COND,
    SELECTING, UNSAID, ASSIST_WAIT, STW_UNKNOWN };
static const char *const REASONS[] = {"forever", "preempted", "runtime.Gosched", "sleep",
    "chan send", "chan receive", "network", "sync", "sync.(*Cond).Wait", "select", "",
    "GC mark assist wait for work", "", "GC mark termination", "GC sweep termination",
    "write heap dump", "goroutine profile", "goroutine profile cleanup",
    "all goroutine stack trace", "read mem stats", "AllThreadsSyscall", "GOMAXPROCS", "start trace",
    "stop trace", "CountPagesInUse (test)", "ReadMetricsSlow (test)", "ReadMemStatsSlow (test)",
    "PageCachePagesLeaked (test)", "ResetDebugLog (test)"};
#define REASON_COUNT (sizeof REASONS / sizeof *REASONS)

/* Version 1 on the wire: how many numbers follow the time, the event of version 2, and what its
 * arguments are: '1' to '4' a number, '0' zero, 'r' the reason, 'k' the kind of a stop, 's' the
 * text that follows. */
enum { V1_BATCH = 1, V1_FREQUENCY, V1_STACK, V1_STW = 9, V1_TIMER = 35, V1_STRING = 37,
    V1_REGION = 47, V1_LOG, V1_CPU_SAMPLE, V1_COUNT };
struct old_spec { uint8_t args, type, reason; const char *order; };
static const struct old_spec OLD_SPECS[V1_COUNT] = {
    [4] = {2, PROCS_CHANGE, 0, "12"}, [5] = {1, OLD_PROC_START, 0, "1"},
    [6] = {0, OLD_PROC_STOP, 0, ""}, [7] = {2, GC_BEGIN, 0, "12"}, [8] = {0, OLD_GC_END, 0, ""},
    [V1_STW] = {1, STW_BEGIN, 0, "k0"}, [10] = {0, STW_END, 0, ""},
    [11] = {1, GC_SWEEP_BEGIN, 0, "1"}, [12] = {2, GC_SWEEP_END, 0, "12"},
    [13] = {3, OLD_CREATE, 0, "123"}, [14] = {2, GO_START, 0, "12"}, [15] = {0, GO_DESTROY, 0, ""},
    [16] = {1, GO_BLOCK, FOREVER, "r1"}, [17] = {1, GO_STOP, GOSCHED, "r1"},
    [18] = {1, GO_STOP, PREEMPTED, "r1"}, [19] = {1, GO_BLOCK, SLEEPING, "r1"},
    [20] = {1, GO_BLOCK, UNSAID, "r1"}, [21] = {3, GO_UNBLOCK, 0, "123"},
    [22] = {1, GO_BLOCK, SENDING, "r1"}, [23] = {1, GO_BLOCK, RECEIVING, "r1"},
    [24] = {1, GO_BLOCK, SELECTING, "r1"}, [25] = {1, GO_BLOCK, SYNCING, "r1"},
    [26] = {1, GO_BLOCK, COND, "r1"}, [27] = {1, GO_BLOCK, NETWORK, "r1"},
    [28] = {1, OLD_SYSCALL, 0, "1"}, [29] = {3, OLD_SYS_EXIT, 0, "12"},
    [30] = {0, OLD_SYS_BLOCK, 0, ""}, [31] = {1, OLD_WAITING, 0, "1"},
    [32] = {1, OLD_IN_SYSCALL, 0, "1"}, [33] = {1, HEAP_ALLOC, 0, "1"},
    [34] = {1, HEAP_GOAL, 0, "1"}, [36] = {0, OLD_NOTHING, 0, ""}, [38] = {1, GO_START, 0, "10"},
    [39] = {2, GO_UNBLOCK, 0, "102"}, [40] = {2, OLD_SYS_EXIT, 0, "10"},
    [41] = {3, GO_START, 0, "12"}, [42] = {1, GO_BLOCK, ASSIST_WAIT, "r1"},
    [43] = {1, ASSIST_BEGIN, 0, "1"}, [44] = {0, ASSIST_END, 0, ""},
    [45] = {4, TASK_BEGIN, 0, "1234"}, [46] = {2, TASK_END, 0, "12"},
    [V1_REGION] = {4, REGION_BEGIN, 0, "134"}, [V1_LOG] = {3, USER_LOG, 0, "12s3"},
    [V1_CPU_SAMPLE] = {4, CPU_SAMPLE, 0, ""},
};

/* The id of a log's text, which has none in the trace: from -1000 downwards. */
static bool intern(Reader *r, const uint8_t *at, size_t size, uint64_t *id) {
    PyObject *text = PyUnicode_DecodeUTF8((const char *)at, (Py_ssize_t)size, "replace");
    PyObject *next = PyLong_FromSsize_t(-1000 - PyDict_GET_SIZE(r->texts));
    PyObject *found = text && next ? PyDict_SetDefault(r->texts, text, next) : NULL;
    if (found) *id = (uint64_t)PyLong_AsLongLong(found);
    bool fine = found && !PyDict_SetItem(r->strings, found, text);
    r->texts_size += size + TEXT_COST;
    Py_XDECREF(text);
    Py_XDECREF(next);
    return fine;
}

/* What an event of four numbers or more holds: its size comes first. */
static const char *read_sized(struct cursor *c, struct cursor *body) {
    uint64_t size;
    const char *wrong = read_varint(c, &size);
    if (!wrong && size > 64 << 10) wrong = "an event is larger than 64 KiB";
    if (!wrong && size > (uint64_t)(c->end - c->at)) wrong = CUT;
    if (wrong) return wrong;
    *body = (struct cursor){c->at, c->at + size};
    c->at = body->end;
    return NULL;
}

#define BROKEN_INSIDE "a number does not end in its event"

/* The numbers of an event. */
#define MOST_NUMBERS 8
static const char *read_old_args(struct cursor *c, uint8_t head, uint64_t *args, size_t *count) {
    struct cursor body;
    *count = (head >> 6) + 1u;
    if (*count < 4) return read_varints(c, args, *count);
    const char *wrong = read_sized(c, &body);
    for (*count = 0; !wrong && body.at < body.end && *count < MOST_NUMBERS;)
        if (read_varint(&body, &args[(*count)++])) wrong = BROKEN_INSIDE;
    return wrong ? wrong : body.at < body.end ? "an event has too many arguments" : NULL;
}

static const char *add_old_stack(Reader *r, struct cursor *c, uint8_t head) {
    struct cursor body;
    uint64_t v[2]; /* id and depth */
    if (head >> 6 < 3) return "a stack has no size";
    const char *wrong = read_sized(c, &body);
    if (!wrong && read_varints(&body, v, 2)) wrong = BROKEN_INSIDE;
    if (!wrong) add_frames(r, &body, v[0], v[1], 1000);
    return wrong;
}

/* The reason of a stop of the world by its number. */
static uint64_t stop_reason(const Reader *r, uint64_t kind) {
    if (r->version < 21) kind = kind < 2 ? kind + 1 : 0;
    if (kind >= REASON_COUNT - STW_UNKNOWN + 1) kind = 0;
    return (uint64_t)-(int64_t)(STW_UNKNOWN + kind);
}

/* Only what follows tells whether a call took long and whether what exists waits. */
static void patch(Reader *r, struct thread *thread, uint8_t type) {
    uint8_t *before = thread->patch ? AT(r->data, uint8_t, thread->patch - 1) : NULL;
    if (before && type == OLD_SYS_BLOCK && *before == OLD_SYSCALL) *before = OLD_SYSCALL_LONG;
    if (before && (type == OLD_WAITING || type == OLD_IN_SYSCALL) && *before == OLD_CREATE)
        *before = OLD_CREATE_BLOCKED;
    thread->patch = type == OLD_SYSCALL || type == OLD_CREATE ? r->data.count + 1 : 0;
}

/* Writes an event of version 1 as one of version 2. */
static bool put_event(Reader *r, struct thread *thread, unsigned type, const uint64_t *args,
                      uint64_t text) {
    const struct old_spec *old = &OLD_SPECS[type];
    uint8_t out = type == V1_REGION && args[2] ? REGION_END : old->type;
    size_t at = r->data.count;
    patch(r, thread, out);
    bool fine = copy_data(r, &out, 1) && put_varint(r, args[0]);
    for (const char *o = old->order; *o && fine; o++) {
        uint64_t value = 0;
        switch (*o) {
        case '0': break;
        case 'r': value = (uint64_t)-(int64_t)old->reason; break;
        case 'k': value = stop_reason(r, args[1]); break;
        case 's': value = text; break;
        default: value = args[*o - '0'];
        }
        fine = put_varint(r, value);
    }
    if (fine) AT(r->batches, struct batch, r->batches.count - 1)->size += r->data.count - at;
    return fine;
}

#define LONGEST 1000000 /* bytes of a string */

/* What follows a log's numbers. */
static const char *read_log_text(struct cursor *c, struct cursor *text) {
    uint64_t size;
    const char *wrong = read_varint(c, &size);
    if (!wrong && size > LONGEST) wrong = "a string is too long";
    if (!wrong && size > (uint64_t)(c->end - c->at)) wrong = CUT;
    if (wrong) return wrong;
    *text = (struct cursor){c->at, c->at + size};
    c->at = text->end;
    return NULL;
}

/* An event that stands in a batch of its processor. */
static const char *add_old_event(Reader *r, struct cursor *c, uint8_t head) {
    uint64_t args[MOST_NUMBERS] = {0}, text_id = 0;
    unsigned type = head & 63;
    size_t count;
    struct cursor text = {NULL, NULL};
    if (type >= V1_COUNT || !OLD_SPECS[type].type)
        return "an event is of no kind that traces have";
    const char *wrong = read_old_args(c, head, args, &count);
    if (!wrong && type == V1_LOG) wrong = read_log_text(c, &text);
    if (wrong) return wrong;
    if (count != OLD_SPECS[type].args + 1u) return "an event has the wrong number of arguments";
    if (type == V1_CPU_SAMPLE) /* the processor is not the one of the batch */
        return add_sample(r, NONE, args + 1), NULL;
    if (!r->has_batch) return "an event stands before the first batch";
    if (type == V1_LOG && (uint64_t)PyDict_GET_SIZE(r->texts) >= r->most_entries)
        return "it has more strings than heapwise wants to read";
    if (type == V1_LOG && !intern(r, text.at, (size_t)(text.end - text.at), &text_id)) return NULL;
    struct thread *thread = enter_thread(r, r->in_batch);
    if (thread) put_event(r, thread, type, args, text_id);
    return NULL;
}

/* One event or entry. */
static enum taken take_old(Reader *r, struct cursor *c, bool last) {
    const uint8_t *start = c->at;
    uint8_t head = *c->at++;
    uint64_t v[2];
    struct cursor ahead = *c; /* for what must not be begun before it is all there */
    const char *wrong = NULL;
    r->open = true;
    switch (head & 63) {
    case V1_BATCH:
        wrong = read_varints(c, v, 2);
        if (wrong) break;
        r->in_batch = v[0];
        r->has_batch = add_batch(r, start, v[0], v[1]);
        break;
    case V1_STRING:
        wrong = read_varints(&ahead, v, 2);
        if (!wrong && v[1] <= LONGEST && v[1] > (uint64_t)(c->end - ahead.at)) wrong = CUT;
        if (!wrong) add_string(r, c, LONGEST);
        break;
    case V1_STACK: wrong = add_old_stack(r, c, head); break;
    case V1_FREQUENCY:
        wrong = read_varint(&ahead, v);
        if (!wrong) set_frequency(r, c);
        break;
    case V1_TIMER: wrong = read_varint(c, v); break;
    default: wrong = add_old_event(r, c, head);
    }
    if (wrong && !strcmp(wrong, CUT) && !last) return c->at = start, STARVED;
    if (wrong) damaged(r, start, wrong);
    if (held(r) > r->most_bytes) damaged(r, start, "it has more bytes than heapwise wants to read");
    return r->broken ? STOPPED_HERE : TAKEN;
}

#endif
