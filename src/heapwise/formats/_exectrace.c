/* Go's execution traces into columns: version 2, as written since Go 1.22, and version 1 before it.
 *
 * A `Reader` takes bytes as they come. It copies the batches of one generation, each of which holds
 * events of one thread, and reads its tables. Then it merges the threads' events by time, keeping
 * to the sequence numbers by which the format says what came first where two clocks disagree or do
 * not tell. Which processor and goroutine a thread has is not in the events: it follows from those
 * that came before, also in earlier generations.
 *
 * Events of version 1 are rewritten as events of version 2 on their way in, with a processor in the
 * place of the thread; the few that have no counterpart get numbers of their own, from OLD on.
 *
 * The data may be hostile. What enters a generation was decoded once and is whole; ids are looked
 * up and never used as positions; a trace that contradicts itself is taken by time alone.
 */
#include "exectrace/old.h"
#include "exectrace/order.h"

static void close_generation(Reader *r) {
    for (size_t i = 0; i < r->streams.count; i++) {
        uint64_t id = AT(r->streams, struct stream, i)->thread;
        struct thread *thread = (struct thread *)(void *)find(r, &r->threads, id);
        if (!thread) continue;
        thread->stream = 0;
        thread->patch = 0;
    }
    struct list *lists[] = {&r->data, &r->batches, &r->streams, &r->samples, &r->stack_ids,
                            &r->stack_ends, &r->frames, &r->heap};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) lists[i]->count = 0;
    r->size = r->texts_size = r->frequency = 0;
    r->next_sample = 0;
    r->open = r->merging = r->has_snapshot = r->has_batch = false;
}

static PyObject *fail(const Reader *r) {
    if (r->no_memory && !PyErr_Occurred()) PyErr_NoMemory();
    return NULL;
}

static PyObject *reader_feed(PyObject *self, PyObject *args) {
    Reader *r = (Reader *)self;
    Py_buffer data;
    int last;
    /* what is merged points into the lists that this would move */
    if (r->merging) return PyErr_SetString(PyExc_ValueError, "a generation is being read"), NULL;
    if (!PyArg_ParseTuple(args, "y*p:feed", &data, &last)) return NULL;
    struct cursor c = {data.buf, (const uint8_t *)data.buf + data.len};
    enum taken taken = r->broken ? STOPPED_HERE : TAKEN;
    r->base = c.at;
    while (taken == TAKEN && c.at < c.end && !r->no_memory && !PyErr_Occurred())
        taken = r->version < 22 ? take_old(r, &c, last) : take_batch(r, &c, last);
    if (last && taken == STARVED) damaged(r, c.end, CUT);
    if (last && taken == TAKEN && r->open && r->version >= 26)
        damaged(r, c.end, "it breaks off inside a generation");
    bool complete = taken == COMPLETE || (r->open && (r->broken || (last && c.at == c.end)));
    Py_ssize_t consumed = c.at - r->base;
    r->offset += (uint64_t)consumed;
    r->size += (uint64_t)consumed;
    r->base = NULL;
    PyBuffer_Release(&data);
    if (r->no_memory || PyErr_Occurred()) return fail(r);
    return Py_BuildValue("(nO)", consumed, complete ? Py_True : Py_False);
}

static PyObject *to_bytes(const struct list *l) {
    return PyBytes_FromStringAndSize(l->at, (Py_ssize_t)(l->count * sizeof(int64_t)));
}

static PyObject *reader_generation(PyObject *self, PyObject *Py_UNUSED(none)) {
    Reader *r = (Reader *)self;
    if (r->merging) return PyErr_SetString(PyExc_ValueError, "it is being read"), NULL;
    PyObject *strings = PyDict_New(), *texts = PyDict_New(), *kept = r->strings, *old = r->texts;
    if (r->version < 22)
        for (size_t i = 0; i < REASON_COUNT && kept; i++)
            if (!add_text(r, -1 - (int64_t)i, (const uint8_t *)REASONS[i], strlen(REASONS[i])))
                Py_CLEAR(strings);
    if (!strings || !texts || !begin_merge(r)) {
        Py_XDECREF(strings);
        Py_XDECREF(texts);
        return fail(r);
    }
    r->strings = strings;
    r->texts = texts;
    Py_DECREF(old);
    PyObject *clock = r->has_snapshot
        ? Py_BuildValue("(LKKK)", (long long)to_ns(r, r->snapshot[0]),
                        (unsigned long long)r->snapshot[1], (unsigned long long)r->snapshot[2],
                        (unsigned long long)r->snapshot[3])
        : Py_NewRef(Py_None);
    return Py_BuildValue("(KKNNNNNO)", (unsigned long long)r->number, (unsigned long long)r->size,
                         kept, to_bytes(&r->stack_ids), to_bytes(&r->stack_ends),
                         to_bytes(&r->frames), clock, r->frequency ? Py_True : Py_False);
}

static PyObject *reader_events(PyObject *self, PyObject *args) {
    Reader *r = (Reader *)self;
    unsigned int most;
    if (!PyArg_ParseTuple(args, "I:events", &most)) return NULL;
    if (most < MOST_ROWS) return PyErr_SetString(PyExc_ValueError, "too few for one event"), NULL;
    PyObject *columns = r->merging ? PyTuple_New(COLUMNS) : Py_NewRef(Py_None);
    if (!columns || columns == Py_None) return columns;
    PyObject **items = PySequence_Fast_ITEMS(columns);
    /* An event takes two bytes at least. */
    size_t possible = MOST_ROWS * (r->data.count / 2 + 1) + r->samples.count;
    if (possible < most) most = (unsigned int)possible;
    for (size_t i = 0; i < COLUMNS; i++) {
        items[i] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(most * sizeof(int64_t)));
        if (!items[i]) return Py_DECREF(columns), NULL;
        r->columns[i] = (int64_t *)(void *)PyBytes_AS_STRING(items[i]);
    }
    bool filled = fill(r, most);
    bool fine = !r->no_memory;
    for (size_t i = 0; i < COLUMNS && fine; i++)
        fine = !_PyBytes_Resize(&items[i], (Py_ssize_t)(r->filled * sizeof(int64_t)));
    if (fine && filled) return columns;
    Py_DECREF(columns);
    close_generation(r);
    return fine ? Py_NewRef(Py_None) : fail(r);
}

static PyObject *reader_damage(PyObject *self, void *Py_UNUSED(closure)) {
    const Reader *r = (const Reader *)self;
    if (!r->broken) return Py_NewRef(Py_None);
    return Py_BuildValue("(Ks)", (unsigned long long)r->broken_at, r->broken);
}

static PyObject *reader_disordered(PyObject *self, void *Py_UNUSED(closure)) {
    return PyLong_FromUnsignedLongLong(((const Reader *)self)->disordered);
}

static PyObject *reader_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords)) {
    Reader *r = (Reader *)type->tp_alloc(type, 0);
    if (!r) return NULL;
    r->strings = PyDict_New();
    r->texts = PyDict_New();
    if (!r->strings || !r->texts
        || !PyArg_ParseTuple(args, "IKKK:Reader", &r->version, &r->secret, &r->most_bytes,
                             &r->most_entries))
        return Py_DECREF(r), NULL;
    r->goroutines.stride = r->procs.stride = sizeof(struct resource);
    r->threads.stride = sizeof(struct thread);
    r->offset = 16; /* the header, which is read before */
    r->patience = 1 << 20;
    return (PyObject *)r;
}

static void reader_dealloc(PyObject *self) {
    Reader *r = (Reader *)self;
    PyTypeObject *type = Py_TYPE(self);
    void *owned[] = {r->data.at, r->batches.at, r->streams.at, r->samples.at, r->stack_ids.at,
                     r->stack_ends.at, r->frames.at, r->heap.at, r->goroutines.rows,
                     r->procs.rows, r->threads.rows};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) PyMem_RawFree(owned[i]);
    Py_XDECREF(r->strings);
    Py_XDECREF(r->texts);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef reader_methods[] = {
    {"feed", reader_feed, METH_VARARGS,
     "feed(data, last, /)\n--\n\nHow much was taken, and whether a generation is complete."},
    {"generation", reader_generation, METH_NOARGS,
     "generation()\n--\n\nThe tables of the complete generation."},
    {"events", reader_events, METH_VARARGS,
     "events(most, /)\n--\n\nIts next events in columns; None after the last."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef reader_properties[] = {
    {"damage", reader_damage, NULL, "Offset and text of what stopped it.", NULL},
    {"disordered", reader_disordered, NULL, "Events that contradict those before.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot reader_slots[] = {
    {Py_tp_new, reader_new}, {Py_tp_dealloc, reader_dealloc}, {Py_tp_methods, reader_methods},
    {Py_tp_getset, reader_properties},
    {Py_tp_doc, "Reader(version, secret, most_bytes, most_entries, /)\n--\n\nOf one trace."},
    {0, NULL}};

static PyType_Spec reader_spec = {.name = "heapwise.formats._exectrace.Reader",
    .basicsize = sizeof(Reader), .flags = Py_TPFLAGS_DEFAULT, .slots = reader_slots};

static int add_reader(PyObject *module) {
    PyObject *type = PyType_FromSpec(&reader_spec);
    int failed = type ? PyModule_AddObjectRef(module, "Reader", type) : -1;
    Py_XDECREF(type);
    return failed;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)add_reader}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "heapwise.formats._exectrace", .m_slots = slots};

PyMODINIT_FUNC PyInit__exectrace(void) {
    return PyModuleDef_Init(&definition);
}
