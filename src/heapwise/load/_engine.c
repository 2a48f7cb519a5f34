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

static bool read_endpoints(struct engine *e, PyObject *endpoints) {
    Py_ssize_t count = PyTuple_GET_SIZE(endpoints);
    e->endpoints = PyMem_Calloc((size_t)count + 1, sizeof *e->endpoints);
    if (!e->endpoints) return PyErr_NoMemory(), false;
    for (Py_ssize_t i = 0; i < count; i++) {
        struct endpoint *endpoint = &e->endpoints[i];
        endpoint->last = &endpoint->first;
        PyObject *to, *from;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(endpoints, i), "O!O;(to, from)", &PyTuple_Type, &to,
                              &from))
            return false;
        if (!read_address(to, &endpoint->address.to.any, &endpoint->address.size)) return false;
        if (from != Py_None &&
            !read_address(from, &endpoint->address.from.any, &endpoint->address.from_size))
            return false;
        e->endpoint_count++;
    }
    return true;
}

static bool read_targets(struct engine *e, PyObject *targets) {
    Py_ssize_t count = PyTuple_GET_SIZE(targets);
    e->targets = PyMem_Calloc((size_t)count + 1, sizeof *e->targets);
    if (!e->targets) return PyErr_NoMemory(), false;
    for (Py_ssize_t i = 0; i < count; i++) {
        struct target *target = &e->targets[i];
        const char *request;
        Py_ssize_t endpoint, size;
        long long body;
        int bodiless, repeatable;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(targets, i),
                              "ny#Lpp;(endpoint, request, body, bodiless, repeatable)", &endpoint,
                              &request, &size, &body, &bodiless, &repeatable))
            return false;
        if (endpoint < 0 || (size_t)endpoint >= e->endpoint_count || !size)
            return PyErr_SetString(PyExc_ValueError, "no such endpoint, or no request"), false;
        target->request = PyMem_Malloc((size_t)size);
        if (!target->request) return PyErr_NoMemory(), false;
        memcpy(target->request, request, (size_t)size);
        target->size = (size_t)size;
        target->endpoint = (size_t)endpoint;
        target->body = body;
        target->bodiless = bodiless;
        target->repeatable = repeatable;
        e->target_count++;
    }
    return true;
}

static PyObject *engine_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"endpoints", "targets", "most", "capped", "keepalive", "timeout_ns",
                            "step_ns", "most_kept", NULL};
    PyObject *endpoints, *targets;
    Py_ssize_t most, most_kept;
    int capped, keepalive;
    long long timeout, step;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!nppLLn", names, &PyTuple_Type, &endpoints,
                                     &PyTuple_Type, &targets, &most, &capped, &keepalive, &timeout,
                                     &step, &most_kept))
        return NULL;
    if (most < 1 || timeout < 1 || step < 0 || most_kept < 0 || !PyTuple_GET_SIZE(targets))
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
    e->timeout = timeout;
    e->step = step;
    e->buffer = PyMem_Malloc(BUFFER);
    e->due.slots = PyMem_Calloc(RING, sizeof *e->due.slots);
    e->free_since = PyMem_Calloc(capped ? (size_t)most : 1, sizeof *e->free_since);
    if (!e->buffer || !e->due.slots || !e->free_since) PyErr_NoMemory();
    else if (read_endpoints(e, endpoints) && read_targets(e, targets)) {
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
    for (size_t i = 0; i < e->target_count; i++) PyMem_Free(e->targets[i].request);
    PyMem_Free(e->targets);
    PyMem_Free(e->endpoints);
    PyMem_Free(e->buffer);
    PyMem_Free(e->due.slots);
    PyMem_Free(e->free_since);
    PyTypeObject *type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* --- a phase -------------------------------------------------------------------------------- */

static PyObject *engine_begin(PyObject *self, PyObject *args) {
    struct engine *e = &((Engine *)self)->engine;
    long long flags, keep;
    if (!PyArg_ParseTuple(args, "LL:begin", &flags, &keep)) return NULL;
    if (atomic_load(&e->driving))
        return PyErr_SetString(PyExc_RuntimeError, "a phase is being driven"), NULL;
    e->flags = flags;
    e->turn = 0;
    for (size_t i = 0; i < e->target_count; i++) e->targets[i].to_keep = keep;
    atomic_store(&e->due.taken, atomic_load(&e->due.filled));
    atomic_store(&e->complete, false);
    atomic_store(&e->stopped, false);
    atomic_store(&e->abandoned, false);
    atomic_store(&e->closed_until, 0);
    atomic_store(&e->opened, 0);
    atomic_store(&e->queue_max, 0);
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
        if (all[fed].target < 0 || (size_t)all[fed].target >= e->target_count) sound = false;
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

#define SETTER(name, field)                                    \
    static PyObject *engine_##name(PyObject *self, PyObject *unused) { \
        (void)unused;                                          \
        atomic_store(&((Engine *)self)->engine.field, true);   \
        Py_RETURN_NONE;                                        \
    }
SETTER(complete, complete)
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
    {"begin", engine_begin, METH_VARARGS, "begin(flags, keep): a new phase"},
    {"feed", engine_feed, METH_VARARGS, "feed(int64[n, 2] of due and target): how many it took"},
    {"saturate", engine_saturate, METH_VARARGS, "keep every connection busy until then"},
    {"complete", engine_complete, METH_NOARGS, "nothing more will be fed"},
    {"stop", engine_stop, METH_NOARGS, "send no more"},
    {"abandon", engine_abandon, METH_NOARGS, "wait for no more"},
    {"drive", engine_drive, METH_NOARGS, "send the phase; returns when every hit has ended"},
    {"rows", engine_rows, METH_NOARGS, "hits that ended since the last call, int64[n, 11]"},
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
