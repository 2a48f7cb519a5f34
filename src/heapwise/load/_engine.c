/* The native load engine as a Python type: http1/loop.h says how it works.
 *
 * `drive` runs in a thread of its own, without the interpreter's lock. The other methods may be
 * called meanwhile, from one thread at a time: they fill a ring, take rows or set a flag.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <arpa/inet.h>
#include <stddef.h>

#include "http1/loop.h"

enum { GROWTH = 1 << 16 };  /* what does not compress grows a little */

typedef struct {
    PyObject_HEAD
    struct engine engine;
} Engine;

/* --- from Python ---------------------------------------------------------------------------- */

/* (family, host or path, port) of a socket; false with an exception set. */
static bool read_address(PyObject *from, struct sockaddr *to, socklen_t *size) {
    int family, port;
    const char *host;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(from, "is#i;(family, host, port)", &family, &host, &length, &port))
        return false;
    struct sockaddr_in *v4 = (void *)to;
    struct sockaddr_in6 *v6 = (void *)to;
    struct sockaddr_un *local = (void *)to;
    if (family == AF_INET && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *size = sizeof *v4;
    } else if (family == AF_INET6 && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        *size = sizeof *v6;
    } else if (family == AF_UNIX && length && (size_t)length < sizeof local->sun_path) {
        local->sun_family = AF_UNIX;
        memcpy(local->sun_path, host, (size_t)length + 1);
        *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
    } else {
        PyErr_Format(PyExc_ValueError, "no such address: family %d, %s", family, host);
        return false;
    }
    return true;
}

static bool read_endpoint(PyObject *from, struct address *address) {
    PyObject *to, *source;
    if (!PyArg_ParseTuple(from, "O!O;(to, from)", &PyTuple_Type, &to, &source)) return false;
    if (!read_address(to, &address->to.any, &address->size)) return false;
    return source == Py_None || read_address(source, &address->from.any, &address->from_size);
}

static bool add_endpoints(struct engine *e, PyObject *endpoints) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(endpoints); i++) {
        size_t place = atomic_load(&e->endpoint_count);
        if (place == MOST_ENDPOINTS)
            return PyErr_SetString(PyExc_ValueError, "more hosts than anybody has"), false;
        struct endpoint *endpoint = PyMem_Calloc(1, sizeof *endpoint);
        if (!endpoint) return PyErr_NoMemory(), false;
        endpoint->last = &endpoint->first;
        if (!read_endpoint(PyTuple_GET_ITEM(endpoints, i), &endpoint->address)) {
            PyMem_Free(endpoint);
            return false;
        }
        e->endpoints[place] = endpoint;
        atomic_store(&e->endpoint_count, place + 1);
    }
    return true;
}

static bool read_target(const struct engine *e, PyObject *from, struct target *target) {
    const char *request;
    Py_ssize_t endpoint, size;
    long long body;
    int bodiless, repeatable;
    if (!PyArg_ParseTuple(from, "ny#Lpp;(endpoint, request, body, bodiless, repeatable)", &endpoint,
                          &request, &size, &body, &bodiless, &repeatable))
        return false;
    if (endpoint < 0 || (size_t)endpoint >= atomic_load(&e->endpoint_count) || !size)
        return PyErr_SetString(PyExc_ValueError, "no such endpoint, or no request"), false;
    char *copy = malloc((size_t)size); /* freed by the engine's thread, too */
    if (!copy) return PyErr_NoMemory(), false;
    *target = (struct target){
        .endpoint = (size_t)endpoint, .request = memcpy(copy, request, (size_t)size),
        .size = (size_t)size, .body = body, .bodiless = bodiless, .repeatable = repeatable,
        .to_keep = e->keep};
    return true;
}

/* The engine's thread learns of a target from what is due, and so after all this was written. */
static bool add_targets(struct engine *e, PyObject *targets) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(targets); i++) {
        if (e->target_count == MOST_TARGETS)
            return PyErr_SetString(PyExc_ValueError, "more targets than hits"), false;
        struct target **block = &e->targets[e->target_count / TARGET_BLOCK];
        if (!*block) *block = PyMem_Calloc(TARGET_BLOCK, sizeof **block);
        if (!*block) return PyErr_NoMemory(), false;
        struct target *target = target_at(e, (int64_t)e->target_count);
        if (!read_target(e, PyTuple_GET_ITEM(targets, i), target)) return false;
        e->target_count++;
    }
    return true;
}

static PyObject *engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"endpoints", "targets", "most", "capped", "keepalive", "timeout_ns",
                            "step_ns", "most_kept", "once", NULL};
    PyObject *endpoints, *targets;
    Py_ssize_t most, most_kept;
    int capped, keepalive, once;
    long long timeout, step;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!nppLLnp", names, &PyTuple_Type, &endpoints,
                                     &PyTuple_Type, &targets, &most, &capped, &keepalive, &timeout,
                                     &step, &most_kept, &once))
        return NULL;
    if (most < 1 || timeout < 0 || step < 0 || most_kept < 0 || !PyTuple_GET_SIZE(targets))
        return PyErr_SetString(PyExc_ValueError, "no connections, time or targets"), NULL;
    Engine *self = (Engine *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    struct engine *e = &self->engine;
    e->epoll = -1;
    pthread_mutex_init(&e->rows.lock, NULL);
    e->most = (size_t)most;
    e->most_kept = (size_t)most_kept + GROWTH;
    e->capped = capped;
    e->keepalive = keepalive;
    e->once = once;
    e->timeout = timeout && timeout < LONGEST ? timeout : LONGEST;
    e->step = step;
    e->endpoints = PyMem_Calloc(MOST_ENDPOINTS, sizeof *e->endpoints);
    e->targets = PyMem_Calloc(MOST_TARGETS / TARGET_BLOCK + 1, sizeof *e->targets);
    e->buffer = PyMem_Malloc(BUFFER);
    e->due.slots = PyMem_Calloc(RING, sizeof *e->due.slots);
    e->free_since = PyMem_Calloc(capped ? (size_t)most : 1, sizeof *e->free_since);
    if (!e->endpoints || !e->targets || !e->buffer || !e->due.slots || !e->free_since)
        PyErr_NoMemory();
    else if (add_endpoints(e, endpoints) && add_targets(e, targets)) {
        e->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (e->epoll >= 0) return (PyObject *)self;
        PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_DECREF(self);
    return NULL;
}

static void engine_dealloc(PyObject *object) {
    struct engine *e = &((Engine *)object)->engine;
    shut(e);
    rows_free(&e->rows);
    for (size_t i = 0; i < e->target_count; i++) free(target_at(e, (int64_t)i)->request);
    for (size_t i = 0; e->targets && e->targets[i]; i++) PyMem_Free(e->targets[i]);
    for (size_t i = 0; i < e->endpoint_count; i++) PyMem_Free(e->endpoints[i]);
    PyMem_Free(e->targets);
    PyMem_Free(e->endpoints);
    PyMem_Free(e->buffer);
    PyMem_Free(e->due.slots);
    PyMem_Free(e->free_since);
    PyMem_Free(e->turns);
    PyTypeObject *type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* --- a phase -------------------------------------------------------------------------------- */

static bool is_target(const struct engine *e, int64_t index) {
    return index >= 0 && (size_t)index < e->target_count;
}

/* The targets that a closed loop takes in turn. */
static bool read_turns(struct engine *e, const Py_buffer *turns) {
    size_t size = (size_t)turns->len, count = size / sizeof *e->turns;
    int64_t *own = PyMem_Malloc(size + 1);
    if (!own) return PyErr_NoMemory(), false;
    memcpy(own, turns->buf, size);
    bool sound = count && size % sizeof *own == 0;
    for (size_t i = 0; sound && i < count; i++) sound = is_target(e, own[i]);
    if (!sound) {
        PyMem_Free(own);
        return PyErr_SetString(PyExc_ValueError, "not indices of targets"), false;
    }
    PyMem_Free(e->turns);
    e->turns = own;
    e->turn_count = count;
    e->turn = 0;
    return true;
}

static PyObject *engine_begin(PyObject *self, PyObject *args) {
    struct engine *e = &((Engine *)self)->engine;
    long long flags, keep;
    Py_buffer turns;
    if (!PyArg_ParseTuple(args, "LLy*:begin", &flags, &keep, &turns)) return NULL;
    bool driving = atomic_load(&e->driving), sound = !driving && read_turns(e, &turns);
    PyBuffer_Release(&turns);
    if (driving) PyErr_SetString(PyExc_RuntimeError, "a phase is being driven");
    if (!sound) return NULL;
    e->flags = flags;
    e->number = 0;
    e->keep = keep;
    for (size_t i = 0; i < e->target_count; i++) target_at(e, (int64_t)i)->to_keep = keep;
    atomic_store(&e->due.taken, atomic_load(&e->due.filled));
    atomic_store(&e->feeding, OPEN);
    atomic_store(&e->stopped, false);
    atomic_store(&e->abandoned, false);
    atomic_store(&e->closed_until, 0);
    atomic_store(&e->opened, 0);
    atomic_store(&e->queue_max, 0);
    Py_RETURN_NONE;
}

static PyObject *engine_add(PyObject *self, PyObject *args) {
    struct engine *e = &((Engine *)self)->engine;
    PyObject *endpoints, *targets;
    if (!PyArg_ParseTuple(args, "O!O!:add", &PyTuple_Type, &endpoints, &PyTuple_Type, &targets))
        return NULL;
    if (!add_endpoints(e, endpoints) || !add_targets(e, targets)) return NULL;
    Py_RETURN_NONE;
}

static PyObject *engine_feed(PyObject *self, PyObject *args) {
    struct engine *e = &((Engine *)self)->engine;
    Py_buffer due;
    if (!PyArg_ParseTuple(args, "y*:feed", &due)) return NULL;
    const struct due *all = due.buf;
    uint64_t count = (uint64_t)due.len / sizeof *all, room = ring_room(&e->due), fed = 0;
    bool sound = (uintptr_t)all % _Alignof(struct due) == 0 && due.len % sizeof *all == 0;
    for (; sound && fed < count && fed < room; fed++) {
        if (!is_target(e, all[fed].target)) sound = false;
        else ring_put(&e->due, all[fed]);
    }
    PyBuffer_Release(&due);
    if (!sound) return PyErr_SetString(PyExc_ValueError, "not pairs of time and target"), NULL;
    return PyLong_FromUnsignedLongLong(fed);
}

static PyObject *engine_saturate(PyObject *self, PyObject *args) {
    long long until;
    if (!PyArg_ParseTuple(args, "L:saturate", &until)) return NULL;
    atomic_store(&((Engine *)self)->engine.closed_until, until);
    Py_RETURN_NONE;
}

static PyObject *engine_drive(PyObject *self, PyObject *unused) {
    (void)unused;
    struct engine *e = &((Engine *)self)->engine;
    if (atomic_exchange(&e->driving, true))
        return PyErr_SetString(PyExc_RuntimeError, "a phase is being driven"), NULL;
    Py_BEGIN_ALLOW_THREADS
    drive(e);
    Py_END_ALLOW_THREADS
    atomic_store(&e->driving, false);
    return e->rows.no_memory ? PyErr_NoMemory() : Py_NewRef(Py_None);
}

static PyObject *engine_complete(PyObject *self, PyObject *unused) {
    (void)unused;
    int open = OPEN; /* what has ended stays so */
    atomic_compare_exchange_strong(&((Engine *)self)->engine.feeding, &open, ALL_FED);
    Py_RETURN_NONE;
}

static PyObject *engine_reopen(PyObject *self, PyObject *unused) {
    (void)unused;
    int fed = ALL_FED;
    atomic_compare_exchange_strong(&((Engine *)self)->engine.feeding, &fed, OPEN);
    return PyBool_FromLong(fed != ENDED); /* `fed` is what was found there */
}

#define SETTER(name, field)                                    \
    static PyObject *engine_##name(PyObject *self, PyObject *unused) { \
        (void)unused;                                          \
        atomic_store(&((Engine *)self)->engine.field, true);   \
        Py_RETURN_NONE;                                        \
    }
SETTER(stop, stopped)
SETTER(abandon, abandoned)

/* --- what came ------------------------------------------------------------------------------ */

static PyObject *engine_rows(PyObject *self, PyObject *unused) {
    (void)unused;
    size_t count;
    struct row *all = rows_take(&((Engine *)self)->engine.rows, &count);
    PyObject *bytes = PyBytes_FromStringAndSize((char *)all, (Py_ssize_t)(count * sizeof *all));
    free(all);
    return bytes;
}

static PyObject *engine_bodies(PyObject *self, PyObject *unused) {
    (void)unused;
    struct kept *bodies = rows_take_bodies(&((Engine *)self)->engine.rows);
    PyObject *list = PyList_New(0);
    for (struct kept *body = bodies; list && body; body = body->next) {
        PyObject *item = Py_BuildValue("(Lsy#)", (long long)body->target, body->encoding, body->data,
                                       (Py_ssize_t)body->size);
        if (!item || PyList_Append(list, item)) Py_CLEAR(list);
        Py_XDECREF(item);
    }
    kept_free(bodies);
    if (list && PyList_Reverse(list)) Py_CLEAR(list);
    return list;
}

static PyObject *engine_close(PyObject *self, PyObject *unused) {
    (void)unused;
    struct engine *e = &((Engine *)self)->engine;
    if (atomic_load(&e->driving))
        return PyErr_SetString(PyExc_RuntimeError, "a phase is being driven"), NULL;
    shut(e);
    Py_RETURN_NONE;
}

static PyObject *get_opened(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromLongLong(atomic_load(&((Engine *)self)->engine.opened));
}

static PyObject *get_queue_max(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromLongLong(atomic_load(&((Engine *)self)->engine.queue_max));
}

static PyObject *get_left(PyObject *self, void *unused) {
    (void)unused;
    return PyLong_FromUnsignedLongLong(ring_count(&((Engine *)self)->engine.due));
}

static PyMethodDef methods[] = {
    {"begin", engine_begin, METH_VARARGS,
     "begin(flags, keep, int64[n] of targets): a new phase; a closed loop takes them in turn"},
    {"add", engine_add, METH_VARARGS, "add(endpoints, targets): more of them, at any time"},
    {"feed", engine_feed, METH_VARARGS, "feed(int64[n, 2] of due and target): how many it took"},
    {"saturate", engine_saturate, METH_VARARGS, "keep every connection busy until then"},
    {"complete", engine_complete, METH_NOARGS, "nothing more will be fed"},
    {"reopen", engine_reopen, METH_NOARGS, "more will be fed after all; False if it has ended"},
    {"stop", engine_stop, METH_NOARGS, "send no more"},
    {"abandon", engine_abandon, METH_NOARGS, "wait for no more"},
    {"drive", engine_drive, METH_NOARGS, "send the phase; returns when every hit has ended"},
    {"rows", engine_rows, METH_NOARGS, "hits that ended since the last call, int64[n, 12]"},
    {"bodies", engine_bodies, METH_NOARGS, "kept bodies: target, encoding, bytes on the wire"},
    {"close", engine_close, METH_NOARGS, "close every connection"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"opened", get_opened, NULL, "connections opened in this phase", NULL},
    {"queue_max", get_queue_max, NULL, "most hits in the ring that were due at once", NULL},
    {"left", get_left, NULL, "hits in the ring", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, engine_new},
    {Py_tp_dealloc, engine_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "heapwise.load._engine.Engine",
    .basicsize = sizeof(Engine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static int set_up(PyObject *module) {
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int failed = !type || PyModule_AddObjectRef(module, "Engine", type);
    Py_XDECREF(type);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, set_up}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_engine", .m_slots = module_slots,
    .m_doc = "Sends plain HTTP/1.1 on time, without the interpreter.",
};

PyMODINIT_FUNC PyInit__engine(void) { return PyModuleDef_Init(&definition); }
