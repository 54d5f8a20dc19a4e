/* A task that overruns its stack ends the process as any overflow does, and says what happened; a fault
 * that is no overflow says nothing of stacks. */
#include <parla.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int sink;
static volatile uintptr_t wild_address = 64;

/* Volatile and used after the call, so that every level keeps its frame. */
static int deep(int n) {
    volatile char frame[1024];
    memset((void *)frame, n, sizeof frame);
    return n > 0 ? deep(n - 1) + frame[5] : 0;
}

static int32_t overflow(void *ctx) {
    (void)ctx;
    sink = deep(1000000);
    return 0;
}

static int32_t wild(void *ctx) {
    *(volatile int *)ctx = 1;
    return 0;
}

/* Runs `body` as a task in a child; gives its signal, and its stderr in `text`. */
static int crash(parla_task_fn body, char *text, size_t capacity) {
    int ends[2];
    if (pipe(ends) != 0) exit(1);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        parla_task_t task;
        if (parla_init(NULL) != PARLA_OK) _exit(2);
        if (parla_spawn(body, (void *)wild_address, PARLA_ANY, 0, NULL, 0, &task) != PARLA_OK) _exit(3);
        parla_wait(&task, 1, -1);
        _exit(4);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(ends[0], text + used, capacity - 1 - used)) > 0) used += (size_t)got;
    text[used] = 0;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

int main(void) {
    static char text[65536];
    int failures = 0;
    int signal = crash(overflow, text, sizeof text);
    if (signal != SIGSEGV || strstr(text, "overflowed its stack") == NULL) {
        printf("overflow: signal %d, stderr: %s\n", signal, text);
        failures++;
    }
    signal = crash(wild, text, sizeof text);
    if (signal != SIGSEGV || strstr(text, "stack") != NULL) {
        printf("wild pointer: signal %d, stderr: %s\n", signal, text);
        failures++;
    }
    puts(failures == 0 ? "ok" : "FAILED");
    return failures;
}
