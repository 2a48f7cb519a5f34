/* The Python face of the sampler; `sampler.py` is the typed one that the agent uses. */
#include "core.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

pthread_mutex_t core_lock = PTHREAD_MUTEX_INITIALIZER;

static bool ready;     /* tables and handlers are there */
static bool finished;  /* an interpreter that used them has ended */
static uint64_t epoch; /* forks between the first process and this one */
static const char *no_frames = "the sampler has not been started";

void *
core_reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* ---- fork and the end --------------------------------------------------------------------- */

static void
before_fork(void)
{
    core_acquire();
}

static void
after_fork_in_parent(void)
{
    core_release();
}

/* The memory is inherited, so what is in use stays; what the child allocates begins at zero. */
static void
after_fork_in_child(void)
{
    epoch++;
    threads_after_fork();
    stacks_after_fork();
    atomic_store(&core_samples, 0);
    atomic_store(&core_dropped_reentrant, 0);
    pthread_mutex_init(&core_lock, NULL);
}

static void
at_end(void)
{
    frames_stop();
    finished = true;
}

static const char *
prepare(void)
{
    if (stacks_init() || symbols_init() || live_init()) {
        return "no room for the sampler's tables (about 40 MB of address space)";
    }
    if (threads_init() || pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child)
        || Py_AtExit(at_end)) {
        return "the process takes no more thread keys or exit handlers";
    }
    ready = true;
    return NULL;
}

/* ---- functions ---------------------------------------------------------------------------- */

PyDoc_STRVAR(install_doc,
"install(interval)\n--\n\n"
"Wrap the three allocators, or only set the interval where that was done before.");

static PyObject *
core_install(PyObject *Py_UNUSED(self), PyObject *args)
{
    long long interval;
    if (!PyArg_ParseTuple(args, "L:install", &interval)) {
        return NULL;
    }
    if (interval < 1 || interval > LLONG_MAX / 64) {
        return PyErr_Format(PyExc_ValueError, "not an interval in bytes: %lld", interval);
    }
    const char *refused = ready ? NULL : prepare();
    if (refused) {
        return PyErr_Format(PyExc_RuntimeError, "cannot sample allocations: %s", refused);
    }
    bool ignored = core_thread.ignored;
    thread_ignore(true);
    no_frames = frames_check();
    atomic_store(&core_interval, interval);
    refused = hooks_install();
    thread_ignore(ignored);
    if (refused) {
        return PyErr_Format(PyExc_RuntimeError, "cannot sample allocations: %s", refused);
    }
    thread_rearm();
    atomic_store(&core_enabled, true);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(installed_doc,
"installed()\n--\n\n"
"Whether the allocations of every domain reach the hooks, found by making one in each.");

static PyObject *
core_installed(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(ready && hooks_reached() == ALL_BITS);
}

PyDoc_STRVAR(set_interval_doc,
"set_interval(interval)\n--\n\n"
"Mean bytes between samples: at once in this thread, in others from their next sample on.");

static PyObject *
core_set_interval(PyObject *Py_UNUSED(self), PyObject *args)
{
    long long interval;
    if (!PyArg_ParseTuple(args, "L:set_interval", &interval)) {
        return NULL;
    }
    if (interval < 1 || interval > LLONG_MAX / 64) {
        return PyErr_Format(PyExc_ValueError, "not an interval in bytes: %lld", interval);
    }
    atomic_store(&core_interval, interval);
    if (ready) {
        thread_rearm();
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_enabled_doc,
"set_enabled(on)\n--\n\n"
"Take samples or not. The exact counters go on, and frees go on emptying the live table.");

static PyObject *
core_set_enabled(PyObject *Py_UNUSED(self), PyObject *on)
{
    int truth = PyObject_IsTrue(on);
    if (truth < 0) {
        return NULL;
    }
    atomic_store(&core_enabled, truth);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(ignore_thread_doc,
"ignore_thread(on)\n--\n\n"
"Count the calling thread's allocations as the agent's own and sample none; returns what held.");

static PyObject *
core_ignore_thread(PyObject *Py_UNUSED(self), PyObject *on)
{
    int truth = PyObject_IsTrue(on);
    if (truth < 0) {
        return NULL;
    }
    bool before = core_thread.ignored;
    if (ready) {
        thread_ignore(truth);
    }
    return PyBool_FromLong(before);
}

PyDoc_STRVAR(seed_doc,
"seed(value)\n--\n\n"
"Make this thread's draws, and those of threads that begin later, repeatable.");

static PyObject *
core_seed(PyObject *Py_UNUSED(self), PyObject *args)
{
    unsigned long long value;
    if (!PyArg_ParseTuple(args, "K:seed", &value)) {
        return NULL;
    }
    if (ready) {
        threads_seed(value);
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(frames_doc,
"frames()\n--\n\n"
"The empty string where stacks can be read, else why not.");

static PyObject *
core_frames(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString(no_frames);
}

PyDoc_STRVAR(counters_doc,
"counters()\n--\n\n"
"Exact sums since the start or the last fork, and what the tables hold and had to drop.");

static PyObject *
core_counters(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    totals app, own;
    core_acquire();
    threads_totals(&app, &own);
    uint64_t stack_overflow = stacks_overflows(), live_overflow = live_overflows();
    size_t live = ready ? live_count() : 0;
    size_t bytes = ready ? stacks_bytes() + symbols_bytes() + live_bytes() : 0;
    uint32_t stacks = stacks_count(), rows = stacks_rows();
    core_release();
    return Py_BuildValue(
        "{sK sK sK sK sK sK sK sK sn sI sI sn sK sL sO}",
        "alloc_bytes", app.bytes, "alloc_count", app.count,
        "agent_bytes", own.bytes, "agent_count", own.count,
        "samples", atomic_load(&core_samples),
        "dropped_reentrant", atomic_load(&core_dropped_reentrant),
        "stack_overflow", stack_overflow, "live_overflow", live_overflow,
        "live_entries", live, "stacks", stacks, "rows", rows, "core_bytes", bytes,
        "epoch", epoch, "interval", (long long)atomic_load(&core_interval),
        "enabled", atomic_load(&core_enabled) ? Py_True : Py_False);
}

/* ---- the tables --------------------------------------------------------------------------- */

/* What `sampler.py` unpacks as "@IdQdddd". */
typedef struct {
    unsigned int stack;
    double mean_size;
    unsigned long long hits;
    double alloc_objects, alloc_space, inuse_objects, inuse_space;
} packed_row;

static packed_row
pack(const row *r)
{
    return (packed_row){
        .stack = r->stack,
        .mean_size = r->seen ? r->size_sum / (double)r->seen : 0.0,
        .hits = r->hits,
        .alloc_objects = r->alloc_objects,
        .alloc_space = r->alloc_space,
        .inuse_objects = r->inuse_objects,
        .inuse_space = r->inuse_space,
    };
}

PyDoc_STRVAR(rows_doc,
"rows()\n--\n\n"
"Bytes: (stack, mean size, hits, alloc objects, alloc space, in-use objects, in-use space) as\n"
"\"@IdQdddd\" for each stack and size class, all of one moment.");

/* Bytes and no tuples: the GIL would be held for a millisecond per thousand rows. */
static PyObject *
core_rows(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    core_acquire();
    uint32_t count = ready ? stacks_rows() - 1 : 0;
    core_release();
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(packed_row)));
    if (!bytes) {
        return NULL;
    }
    char *out = PyBytes_AS_STRING(bytes);
    /* Rows never go away: those that came since are left for the next time. */
    core_acquire();
    for (uint32_t i = 0; i < count; i++) {
        packed_row packed = pack(stacks_at(i + 1));
        memcpy(out + i * sizeof packed, &packed, sizeof packed);
    }
    core_release();
    return bytes;
}

static PyObject *
stack_tuple(uint32_t index)
{
    const stack_entry *entry = stacks_entry(index);
    PyObject *tuple = PyTuple_New(entry->depth);
    for (uint32_t i = 0; tuple && i < entry->depth; i++) {
        PyObject *id = PyLong_FromUnsignedLong(stacks_ids(entry)[i]);
        if (!id) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, id);
    }
    return tuple;
}

static PyObject *
frame_tuple(uint32_t id)
{
    const raw_frame *f = stacks_frame(id);
    if (symbols_owns(f->what)) {
        const symbol *s = f->what;
        return Py_BuildValue("(s#s#ii)", s->text, (Py_ssize_t)s->name_bytes,
                             s->text + s->name_bytes, (Py_ssize_t)s->file_bytes, f->at,
                             s->first_line);
    }
    PyCodeObject *code = (PyCodeObject *)f->what;
    int line = PyCode_Addr2Line(code, f->at * (int)sizeof(uint16_t));
    return Py_BuildValue("(OOii)", code->co_qualname, code->co_filename, line,
                         code->co_firstlineno);
}

static PyObject *
list_from(PyObject *args, const char *format, uint32_t (*count)(void),
          PyObject *(*item)(uint32_t))
{
    unsigned int start;
    if (!PyArg_ParseTuple(args, format, &start)) {
        return NULL;
    }
    core_acquire();
    uint32_t end = ready ? count() : 0;
    core_release();
    PyObject *list = PyList_New(end > start ? end - start : 0);
    for (uint32_t i = start; list && i < end; i++) {
        PyObject *made = item(i);
        if (!made) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i - start, made);
    }
    return list;
}

PyDoc_STRVAR(stacks_doc,
"stacks(start)\n--\n\n"
"The stacks from that index on, each a tuple of indices of frames, leaf first. Stacks 0 and 1 are\n"
"empty and stand for \"no Python frame\" and \"the stack table was full\".");

static PyObject *
core_stacks(PyObject *Py_UNUSED(self), PyObject *args)
{
    return list_from(args, "I:stacks", stacks_count, stack_tuple);
}

PyDoc_STRVAR(frame_list_doc,
"frame_list(start)\n--\n\n"
"The frames from that index on: (qualified name, file, line, first line of the function).");

static PyObject *
core_frame_list(PyObject *Py_UNUSED(self), PyObject *args)
{
    return list_from(args, "I:frame_list", stacks_frames, frame_tuple);
}

static PyMethodDef methods[] = {
    {"install", core_install, METH_VARARGS, install_doc},
    {"installed", core_installed, METH_NOARGS, installed_doc},
    {"set_interval", core_set_interval, METH_VARARGS, set_interval_doc},
    {"set_enabled", core_set_enabled, METH_O, set_enabled_doc},
    {"ignore_thread", core_ignore_thread, METH_O, ignore_thread_doc},
    {"seed", core_seed, METH_VARARGS, seed_doc},
    {"frames", core_frames, METH_NOARGS, frames_doc},
    {"counters", core_counters, METH_NOARGS, counters_doc},
    {"rows", core_rows, METH_NOARGS, rows_doc},
    {"stacks", core_stacks, METH_VARARGS, stacks_doc},
    {"frame_list", core_frame_list, METH_VARARGS, frame_list_doc},
    {0},
};

/* Runs again when an embedding program starts Python anew: the hooks are still in place, but the
 * code objects the tables point to went with the old interpreter. */
static int
execute(PyObject *Py_UNUSED(module))
{
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError,
                        "heapwise-agent samples all interpreters from the main one: start it there");
        return -1;
    }
    if (finished) {
        core_acquire();
        live_forget_all();
        stacks_forget();
        core_release();
        finished = false;
        return Py_AtExit(at_end);
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "heapwise_agent._core",
    .m_doc = "Allocation sampling below Python: hooks, stacks and live blocks.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
