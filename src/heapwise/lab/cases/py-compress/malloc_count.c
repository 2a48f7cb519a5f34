// Counts what malloc is asked for: cc -O2 -shared -fPIC malloc_count.c -o count.so, then
// LD_PRELOAD=count.so PYTHONMALLOC=malloc python ...
// For glibc and a program of one thread; whoever wants the counts reads the two variables.

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

unsigned long long asked_bytes;
unsigned long long asked_times;

static size_t counted(size_t size) {
    asked_bytes += size;
    asked_times++;
    return size;
}

void *malloc(size_t size) { return __libc_malloc(counted(size)); }

void *calloc(size_t count, size_t size) {
    counted(count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) { return __libc_realloc(block, counted(size)); }

void *aligned_alloc(size_t alignment, size_t size) {
    return __libc_memalign(alignment, counted(size));
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = __libc_memalign(alignment, counted(size));
    return *block != NULL ? 0 : ENOMEM;
}
