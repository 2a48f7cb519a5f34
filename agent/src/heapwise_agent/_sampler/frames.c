/* Who allocates: a walk of the interpreter's own frames, references borrowed.
 *
 * The public frame API allocates frame objects, up to 3.11 it can even start a collection, inside
 * somebody's realloc. The layout read here belongs to one minor version; a build that meets
 * another, or a table of offsets that disagrees, samples without frames.
 */
#define Py_BUILD_CORE 1
#include "core.h"

#if PY_VERSION_HEX >= 0x030E0000
#include "internal/pycore_interpframe.h"
#else
#include "internal/pycore_frame.h"
#endif
#if PY_VERSION_HEX >= 0x030D0000
#include "internal/pycore_runtime.h"
#endif
#include "frameobject.h"

#include <string.h>

static bool walkable;
static PyInterpreterState *main_interpreter;

#if PY_VERSION_HEX >= 0x030D0000
#define CURRENT_THREAD PyThreadState_GetUnchecked
#define IS_FINALIZING Py_IsFinalizing
#else
#define CURRENT_THREAD _PyThreadState_UncheckedGet
#define IS_FINALIZING _Py_IsFinalizing
#endif

static _PyInterpreterFrame *
current_frame(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe ? thread->cframe->current_frame : NULL;
#endif
}

/* Entry frames of the C stack and of the interpreter itself hold no code of anybody. */
static bool
of_python(const _PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_THREAD || frame->owner == FRAME_OWNED_BY_GENERATOR
           || frame->owner == FRAME_OWNED_BY_FRAME_OBJECT;
}

static PyCodeObject *
code_of(_PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030E0000
    PyObject *executable = PyStackRef_AsPyObjectBorrow(frame->f_executable);
#elif PY_VERSION_HEX >= 0x030D0000
    PyObject *executable = frame->f_executable;
#else
    PyObject *executable = (PyObject *)frame->f_code;
#endif
    return executable && PyCode_Check(executable) ? (PyCodeObject *)executable : NULL;
}

static int
walk(PyThreadState *thread, raw_frame *out)
{
    int depth = 0;
    _PyInterpreterFrame *frame = current_frame(thread);
    for (; frame && depth < MAX_DEPTH; frame = frame->previous) {
        if (!of_python(frame)) {
            continue;
        }
        PyCodeObject *code = code_of(frame);
        if (!code || _PyFrame_IsIncomplete(frame)) {
            continue;
        }
        out[depth++] = (raw_frame){.what = code, .at = _PyInterpreterFrame_LASTI(frame)};
    }
    return depth;
}

/* The calling thread's state if it holds the GIL, else NULL. */
static PyThreadState *
current_thread(bool has_gil)
{
    PyThreadState *thread = CURRENT_THREAD();
#if PY_VERSION_HEX < 0x030C0000
    /* Up to 3.11 that is whoever holds the GIL, and only the RAW domain may be called without.
     * The second call knows one state for each thread: large blocks of a subinterpreter that runs
     * on the main one's thread come without a stack there. */
    if (!has_gil && thread != PyGILState_GetThisThreadState()) {
        return NULL;
    }
#else
    (void)has_gil;
#endif
    return thread;
}

void
frames_walk(raw_stack *stack, bool has_gil)
{
    stack->depth = 0;
    stack->foreign = false;
    if (!walkable || IS_FINALIZING()) {
        return;
    }
    PyThreadState *thread = current_thread(has_gil);
    if (!thread) {
        return;
    }
    stack->foreign = thread->interp != main_interpreter;
    stack->depth = walk(thread, stack->frames);
}

void
frames_stop(void)
{
    walkable = false;
}

/* 3.13 and later publish where things are: what the headers said must be what is running. */
static const char *
check_offsets(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    const _Py_DebugOffsets *table = &_PyRuntime.debug_offsets;
    if (memcmp(table->cookie, _Py_Debug_Cookie, sizeof table->cookie) != 0
        || table->version != Py_Version || table->free_threaded != 0
        || table->thread_state.current_frame != offsetof(PyThreadState, current_frame)
        || table->interpreter_frame.previous != offsetof(_PyInterpreterFrame, previous)
        || table->interpreter_frame.executable != offsetof(_PyInterpreterFrame, f_executable)
        || table->interpreter_frame.instr_ptr != offsetof(_PyInterpreterFrame, instr_ptr)
        || table->interpreter_frame.owner != offsetof(_PyInterpreterFrame, owner)) {
        return "the interpreter's frames are laid out in a way this build does not know";
    }
#endif
    return "";
}

/* Our walk must find what the public API finds, instruction by instruction. */
static bool
agrees_with_public_api(void)
{
    raw_frame found[MAX_DEPTH];
    int depth = walk(PyThreadState_Get(), found);
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    bool same = true;
    for (int i = 0; i < depth && same; i++) {
        same = frame != NULL;
        if (!same) {
            break;
        }
        PyCodeObject *code = PyFrame_GetCode(frame);
        int at = PyFrame_GetLasti(frame);
        same = code == found[i].what && at == found[i].at * (int)sizeof(_Py_CODEUNIT);
        Py_DECREF(code);
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    }
    same = same && (depth == MAX_DEPTH || frame == NULL);
    Py_XDECREF(frame);
    return same;
}

const char *
frames_check(void)
{
    main_interpreter = PyInterpreterState_Main();
    const char *why = "";
    if (Py_Version >> 16 != PY_VERSION_HEX >> 16) {
        why = "built for another version of CPython than the one that runs";
    }
    else if (*(why = check_offsets()) == '\0' && !agrees_with_public_api()) {
        why = "the frames found are not the ones the interpreter reports";
    }
    walkable = *why == '\0';
    return why;
}
