/* A target that notes when requests arrive, by the kernel's clock: what a load generator says of
 * its own punctuality is not asked.
 *
 *   target PORT     serves until SIGTERM; SIGUSR1 writes int64 stamps (ns of CLOCK_REALTIME) to
 *                   standard output, their number first, and forgets them
 *
 * One thread; every request gets the same 45 bytes, or 1 MB where its path starts with /m.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 23, EVENTS = 256, BIG = 1 << 20 };

struct connection {
    int fd;
    size_t held;      /* bytes of a request that is not whole yet */
    size_t owed;      /* bytes of an answer the socket had no room for */
    char request[4096];
};

static int64_t stamps[MOST];
static int64_t count;
static volatile sig_atomic_t asked, ended;
static char big[BIG + 256];
static size_t big_size;

static void on_signal(int number) {
    if (number == SIGUSR1) asked = 1;
    else ended = 1;
}

static void put(const void *data, size_t size) {
    for (ssize_t n; size; data = (const char *)data + n, size -= (size_t)n)
        if ((n = write(1, data, size)) < 0) exit(1);
}

static void dump(void) {
    asked = 0;
    put(&count, sizeof count);
    put(stamps, (size_t)count * sizeof *stamps);
    count = 0;
}

/* The kernel's receive time of what recvmsg brought. */
static int64_t arrived(struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(c), sizeof at);
            return at.tv_sec * 1000000000LL + at.tv_nsec;
        }
    return 0;
}

static void answer(struct connection *c, int epoll, int is_big) {
    static const char small[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 45\r\n\r\n"
        "012345678901234567890123456789012345678901234";
    const char *data = is_big ? big : small;
    size_t size = is_big ? big_size : sizeof small - 1;
    ssize_t n = send(c->fd, data, size, MSG_NOSIGNAL);
    if (n < 0) n = errno == EAGAIN ? 0 : (ssize_t)size;
    c->owed = size - (size_t)n;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    if (c->owed) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void more(struct connection *c, int epoll) {
    ssize_t n = send(c->fd, big + big_size - c->owed, c->owed, MSG_NOSIGNAL);
    if (n > 0) c->owed -= (size_t)n;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c->owed) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
}

/* False once the other side is gone. */
static int serve(struct connection *c, int epoll) {
    char control[128];
    struct iovec part = {c->request + c->held, sizeof c->request - 1 - c->held};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(c->fd, &message, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    c->held += (size_t)n;
    c->request[c->held] = 0;
    for (char *end; (end = strstr(c->request, "\r\n\r\n"));) {
        if (count < MOST) stamps[count++] = arrived(&message);
        answer(c, epoll, !strncmp(c->request, "GET /m", 6));
        size_t used = (size_t)(end + 4 - c->request);
        c->held -= used;
        memmove(c->request, c->request + used, c->held + 1);
    }
    return c->held < sizeof c->request - 1;
}

static void take_new(int listener, int epoll) {
    int on = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c) exit(1);
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"))};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&to, sizeof to) || listen(listener, 4096)) return 1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    big_size = (size_t)sprintf(big, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG) + BIG;
    signal(SIGUSR1, on_signal);
    signal(SIGTERM, on_signal);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    while (!ended) {
        int ready = epoll_wait(epoll, events, EVENTS, 50);
        if (asked) dump();
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) take_new(listener, epoll);
            else if (c->owed) more(c, epoll);
            else if (!serve(c, epoll)) close(c->fd), free(c);
        }
    }
    return 0;
}
