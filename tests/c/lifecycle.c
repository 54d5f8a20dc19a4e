/* Init and finalize: counted, repeated, from any thread, and without a trace left behind. */

#include "guard.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sched.h>

static atomic_int ran;

static int32_t count(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&ran, 1);
    return 0;
}

static int32_t slowly(void *ctx)
{
    sleep_ms(5);
    return count(ctx);
}

/* What a process has that a library could leave changed. */
struct process {
    int threads;
    struct sigaction actions[64];
    sigset_t mask;
    cpu_set_t cpus;
    stack_t alternate;
};

static int count_threads(void)
{
    int n = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        n += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return n;
}

static struct process look(void)
{
    struct process process;
    memset(&process, 0, sizeof process);
    process.threads = count_threads();
    for (int signal = 1; signal < 64; signal++)
        sigaction(signal, NULL, &process.actions[signal]);
    pthread_sigmask(SIG_SETMASK, NULL, &process.mask);
    sched_getaffinity(0, sizeof process.cpus, &process.cpus);
    sigaltstack(NULL, &process.alternate);
    return process;
}

static void same(const struct process *before)
{
    struct process now;
    /* A joined thread can be seen in /proc for a moment longer. */
    EVENTUALLY(count_threads() == before->threads);
    now = look();
    for (int signal = 1; signal < 64; signal++) {
        CHECK(before->actions[signal].sa_sigaction == now.actions[signal].sa_sigaction);
        CHECK(before->actions[signal].sa_flags == now.actions[signal].sa_flags);
    }
    for (int signal = 1; signal < 64; signal++)
        CHECK(sigismember(&before->mask, signal) == sigismember(&now.mask, signal));
    CHECK(CPU_EQUAL(&before->cpus, &now.cpus));
    CHECK(before->alternate.ss_sp == now.alternate.ss_sp && before->alternate.ss_flags == now.alternate.ss_flags);
}

static void own_handler(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info, (void)context;
}

static void leaves_no_trace(int32_t wait_mode, int32_t bind)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 3, .wait_mode = wait_mode, .bind = bind};
    struct sigaction own = {.sa_sigaction = own_handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction was;
    struct process before, meanwhile;

    sigaction(SIGBUS, &own, &was); /* One of the signals that the runtime watches. */
    before = look();
    OK(parla_init(&config));
    for (int i = 0; i < 100; i++)
        OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    meanwhile = look();
    CHECK(meanwhile.threads == before.threads + 3);
    CHECK(CPU_EQUAL(&before.cpus, &meanwhile.cpus));
    OK(parla_finalize());
    same(&before);
    sigaction(SIGBUS, &was, NULL);
}

/* Threads that have lent themselves are theirs again. */
static void lending_leaves_no_trace(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = PARLA_NO_THREADS};
    struct process before = look();
    parla_task_t task;
    OK(parla_init(&config));
    OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &task));
    OK(parla_run_until(&task, 1, -1));
    CHECK(parla_current_worker() == -1);
    OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &task)); /* Finalize runs it. */
    OK(parla_finalize());
    same(&before);
}

static void is_counted(void)
{
    parla_config_t one = {.size = sizeof one, .num_threads = 1}, two = {.size = sizeof two, .num_threads = 2};
    parla_stats_t stats = {.size = sizeof stats};
    parla_task_t task;
    CHECK(!parla_is_initialized());
    OK(parla_init(&one));
    OK(parla_init(&two));
    OK(parla_init(NULL));
    OK(parla_stats(&stats));
    CHECK(stats.num_workers == 1);
    OK(parla_finalize());
    OK(parla_finalize());
    CHECK(parla_is_initialized());
    OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &task));
    OK(parla_wait(&task, 1, -1));
    OK(parla_finalize());
    CHECK(!parla_is_initialized());
    GIVES(parla_finalize(), PARLA_ERR_NOT_INITIALIZED);
}

static void starts_again(int times)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 2};
    parla_task_t old = 0;
    int before = atomic_load(&ran);
    for (int i = 0; i < times; i++) {
        parla_taskspace_t space;
        int64_t index = 0;
        config.wait_mode = 1 + i % 2;
        OK(parla_init(&config));
        if (i)
            OK(parla_wait(&old, 1, -1)); /* The task of an earlier runtime is complete. */
        OK(parla_taskspace_create("again", 1, NULL, NULL, &space)); /* The name went with the last one. */
        OK(parla_taskspace_spawn(space, &index, count, NULL, PARLA_ANY, 0.5, NULL, 0, &old));
        OK(parla_spawn(slowly, NULL, PARLA_ANY, 0, &old, 1, NULL));
        OK(parla_finalize()); /* Waits for both. */
        CHECK(atomic_load(&ran) == before + 2 * (i + 1));
    }
}

static void *finalizes(void *unused)
{
    (void)unused;
    OK(parla_finalize());
    return NULL;
}

static void *starts(void *config)
{
    OK(parla_init(config));
    OK(parla_spawn(slowly, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    return NULL;
}

static void other_threads_finalize(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 2};
    for (int i = 0; i < 10; i++) {
        int before = atomic_load(&ran);
        pthread_join(start_thread(starts, &config), NULL);
        CHECK(parla_is_initialized());
        OK(parla_spawn(slowly, NULL, PARLA_ANY, 0, NULL, 0, NULL));
        pthread_join(start_thread(finalizes, NULL), NULL);
        CHECK(atomic_load(&ran) == before + 2);
        GIVES(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, NULL), PARLA_ERR_NOT_INITIALIZED);
    }
}

/* Init and finalize in pairs from many threads at once: each thread has a runtime between its two. */
static void *comes_and_goes(void *config)
{
    for (int i = 0; i < 50 / GUARD_SLOW; i++) {
        parla_task_t task;
        OK(parla_init(config));
        OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &task));
        OK(parla_wait(&task, 1, -1));
        OK(parla_finalize());
    }
    return NULL;
}

static void many_users(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 2};
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        threads[i] = start_thread(comes_and_goes, &config);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    CHECK(!parla_is_initialized());
}

static void bad_settings(void)
{
    static const struct {
        int32_t num_threads, stall_ms, hold_stall_ms, spares, spin_us;
        size_t stack_size;
        const char *topology;
    } bad[] = {
        {-2, 0, 0, 0, 0, 0, NULL},   {1025, 0, 0, 0, 0, 0, NULL}, {0, -2, 0, 0, 0, 0, NULL},  {0, 0, -2, 0, 0, 0, NULL},
        {0, 0, 0, -1, 0, 0, NULL},   {0, 0, 0, 1025, 0, 0, NULL}, {0, 0, 0, 0, -1, 0, NULL},  {0, 0, 0, 0, 1000001, 0, NULL},
        {0, 0, 0, 0, 0, 4096, NULL}, {0, 0, 0, 0, 0, SIZE_MAX, NULL}, {0, 0, 0, 0, 0, 0, ""},  {0, 0, 0, 0, 0, 0, "numa:"},
        {0, 0, 0, 0, 0, 0, "numa:2 core:0 pu:1"}, {0, 0, 0, 0, 0, 0, "no topology at all"},
        {0, 0, 0, 0, 0, 0, "numa:1000000 core:1000000 pu:1000000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        parla_config_t config = {
            .size = sizeof config, .num_threads = bad[i].num_threads, .stall_ms = bad[i].stall_ms,
            .hold_stall_ms = bad[i].hold_stall_ms, .max_spare_threads = bad[i].spares, .spin_us = bad[i].spin_us,
            .stack_size = bad[i].stack_size, .topology = bad[i].topology,
        };
        parla_status_t status = parla_init(&config);
        if (!CHECK(status == PARLA_ERR_CONFIG || status == PARLA_ERR_INVALID_ARGUMENT))
            fprintf(stderr, "  setting %zu: %d\n", i, (int)status);
        CHECK(parla_last_error_message()[0] != '\0');
        if (status == PARLA_OK)
            parla_finalize();
    }
    CHECK(!parla_is_initialized());
    setenv("PARLA_NUM_THREADS", "lots", 1);
    GIVES(parla_init(NULL), PARLA_ERR_CONFIG);
    setenv("PARLA_NUM_THREADS", "1", 1);
    setenv("PARLA_CONFIG", "/nonexistent/parla.toml", 1);
    GIVES(parla_init(NULL), PARLA_ERR_CONFIG);
    unsetenv("PARLA_NUM_THREADS");
    unsetenv("PARLA_CONFIG");
}

/* A runtime without memory for its stacks does not pretend to have started. */
static void stacks_beyond_memory(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 2, .stack_size = (size_t)1 << 40};
    parla_status_t status = parla_init(&config);
    if (status == PARLA_OK) { /* A kernel that promises any amount. */
        parla_task_t task;
        OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &task));
        OK(parla_wait(&task, 1, INT64_C(5000000000)));
        OK(parla_finalize());
    } else {
        /* With thread waits it is the stacks of the workers' threads that cannot be had. */
        CHECK(status == PARLA_ERR_OUT_OF_MEMORY || status == PARLA_ERR_OUT_OF_THREADS);
        CHECK(!parla_is_initialized());
    }
}

/* More threads than there are seats may use the library, one after another. */
static void *spawns_once(void *unused)
{
    (void)unused;
    OK(parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    return NULL;
}

static void thread_after_thread(int n)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 1};
    int before = atomic_load(&ran);
    OK(parla_init(&config));
    for (int i = 0; i < n; i++)
        pthread_join(start_thread(spawns_once, NULL), NULL);
    OK(parla_finalize());
    CHECK(atomic_load(&ran) == before + n);
}

/* The library stays when it is closed; its threads and thread-local values would return to code that has gone. */
static void stays_loaded(void)
{
    Dl_info info;
    CHECK(dladdr((void *)(uintptr_t)parla_init, &info) != 0);
    for (int i = 0; i < 3; i++) {
        void *library = dlopen(info.dli_fname, RTLD_NOW);
        if (!CHECK(library != NULL))
            return;
        uint32_t (*version)(void);
        *(void **)&version = dlsym(library, "parla_version");
        CHECK(version && version() == parla_version());
        dlclose(library);
    }
    CHECK(parla_version() > 0);
}

int main(void)
{
    guard_start();
    step("counted");
    is_counted();
    step("no trace");
    leaves_no_trace(PARLA_WAIT_STACK, PARLA_BIND_CORE);
    leaves_no_trace(PARLA_WAIT_THREAD, PARLA_BIND_NODE);
    leaves_no_trace(PARLA_WAIT_STACK, PARLA_BIND_NONE);
    step("lending leaves no trace");
    lending_leaves_no_trace();
    step("again");
    starts_again(100);
    step("other threads finalize");
    other_threads_finalize();
    step("many users");
    many_users();
    step("bad settings");
    bad_settings();
    step("stacks beyond memory");
    stacks_beyond_memory();
    step("thread after thread");
    thread_after_thread(5000 / GUARD_SLOW);
    step("dlopen and dlclose");
    stays_loaded();
    return guard_end();
}
