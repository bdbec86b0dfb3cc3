/* Memory that the library keeps to use it again, with bounds, threads, forks, and what goes back to the system. */
#include <metatensor/arrays.h>
#include <metatensor/memory.h>

#include "support/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MB = 1 << 20, THREADS = 4, ROUNDS = 200, CHILDREN = 8 };

static const DLDataType float64 = {kDLFloat, 64, 1};
static const DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};

static mts_memory_use_t memory_use(void) {
    mts_memory_use_t memory;
    FILL_WITH_GARBAGE(memory);
    CHECK_OK(mts_memory_use(&memory));
    return memory;
}

/* A new native array as a tensor, which is all that is left of it. */
static DLManagedTensorVersioned *new_tensor(size_t bytes) {
    mts_array_t array;
    CHECK_OK(mts_create_array((uintptr_t[]){bytes / sizeof(double)}, 1, float64, &array));
    DLManagedTensorVersioned *tensor;
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    array.destroy(array.ptr);
    return tensor;
}

static void write_and_delete(DLManagedTensorVersioned *tensor, double value) {
    double *elements = tensor->dl_tensor.data;
    int64_t count = tensor->dl_tensor.shape[0];
    for (int64_t i = 0; i < count; i += 100) {
        CHECK(elements[i] == 0);
        elements[i] = value;
    }
    for (int64_t i = 0; i < count; i += 100) CHECK(elements[i] == value);
    tensor->deleter(tensor);
}

static void *delete_tensor(void *tensor) {
    write_and_delete(tensor, 1.5);
    return NULL;
}

static void *make_and_delete(void *argument) {
    int number = *(const int *)argument;
    for (int i = 0; i < ROUNDS; i++) {
        write_and_delete(new_tensor((size_t)(100000 + 50000 * ((i * number) % 7))), number);
    }
    return NULL;
}

static void bounds(void) {
    uint64_t standard = mts_get_kept_memory_bound();
    mts_set_kept_memory_bound(20 * MB);
    CHECK(mts_get_kept_memory_bound() == 20 * MB);
    mts_trim_memory();
    mts_memory_use_t before = memory_use();
    CHECK(before.kept == 0);

    DLManagedTensorVersioned *tensor = new_tensor(10 * MB);
    const void *place = tensor->dl_tensor.data;
    CHECK(memory_use().in_use >= before.in_use + 10 * MB);
    pthread_t thread;
    pthread_create(&thread, NULL, delete_tensor, tensor);
    pthread_join(thread, NULL);
    CHECK(memory_use().kept >= 10 * MB);
    tensor = new_tensor(10 * MB);
    CHECK(tensor->dl_tensor.data == place);
    write_and_delete(tensor, 2.5);

    for (size_t i = 1; i < 30; i++) {
        write_and_delete(new_tensor(i * MB), 3.5);
        CHECK(memory_use().kept <= 20 * MB);
    }
    CHECK(memory_use().peak >= before.in_use + 29 * MB);
    mts_trim_memory();
    CHECK(memory_use().kept == 0);
    mts_reset_peak_memory();
    CHECK(memory_use().peak == memory_use().in_use);
    mts_set_kept_memory_bound(UINT64_MAX);
    CHECK(mts_get_kept_memory_bound() == standard);
    CHECK_STATUS(mts_memory_use(NULL), MTS_INVALID_PARAMETER_ERROR, "memory");
}

/* Children are made while other threads take and release memory. */
static void threads_and_forks(int child_count) {
    mts_set_kept_memory_bound(20 * MB);
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i + 1;
        pthread_create(&threads[i], NULL, make_and_delete, &numbers[i]);
    }
    pid_t children[CHILDREN];
    for (int i = 0; i < child_count; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            int number = 10 + i;
            make_and_delete(&number);
            mts_trim_memory();
            _exit(EXIT_SUCCESS);
        }
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < child_count; i++) {
        int status;
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    }
    CHECK(memory_use().kept <= 20 * MB);
    mts_trim_memory();
}

#ifdef __linux__
/* Bytes of the addresses and of the pages that this process has. */
static void sizes(size_t *addresses, size_t *pages) {
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL);
    CHECK(fscanf(file, "%zu %zu", addresses, pages) == 2);
    fclose(file);
    *addresses *= (size_t)sysconf(_SC_PAGESIZE);
    *pages *= (size_t)sysconf(_SC_PAGESIZE);
}

static size_t resident(void) {
    size_t addresses, pages;
    sizes(&addresses, &pages);
    return pages;
}

/* Only the library as it is shipped knows what its memory is made of: others leave this to an allocator. */
static void pages_go_back(void) {
    mts_set_kept_memory_bound(64 * MB);
    mts_trim_memory();
    size_t before = resident();
    for (size_t i = 0; i < 1000; i++) write_and_delete(new_tensor((4 + i * i % 60) * MB), 1);
    CHECK(memory_use().kept > 32 * MB && resident() > before + 32 * MB);
    CHECK(resident() < before + 70 * MB);
    mts_trim_memory();
    CHECK(resident() < before + 4 * MB);
}

/* What is kept goes back when there is no other memory. */
static void the_last_memory(void) {
    write_and_delete(new_tensor(60 * MB), 1);
    CHECK(memory_use().kept >= 60 * MB);
    size_t addresses, pages;
    sizes(&addresses, &pages);
    struct rlimit before, limit;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit = before;
    limit.rlim_cur = addresses + 10 * MB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    write_and_delete(new_tensor(40 * MB), 2);
    mts_array_t array;
    CHECK_STATUS(
        mts_create_array((uintptr_t[]){200 * MB}, 1, float64, &array), MTS_INVALID_PARAMETER_ERROR, "can not allocate"
    );
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
}
#endif

int main(int argc, char **argv) {
    bounds();
    /* The allocator of AddressSanitizer hangs in children of programs with threads. */
    bool shipped = argc > 1 && strcmp(argv[1], "shipped") == 0;
    threads_and_forks(shipped ? CHILDREN : 0);
#ifdef __linux__
    if (shipped) {
        pages_go_back();
        the_last_memory();
    }
#endif
    return EXIT_SUCCESS;
}
