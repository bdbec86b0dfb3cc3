/* Threads that load the library, use it, close it and end, while others do the same. */
#include <metatensor.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 20, GENERATIONS = 10 };

static const char *path;

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, dlerror());
    exit(EXIT_FAILURE);
}

static void *load_and_close(void *argument) {
    for (int round = 0; round < ROUNDS; round++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) fail("dlopen");
        const mts_labels_t *(*load)(const char *);
        *(void **)&load = dlsym(library, "mts_labels_load");
        if (load == NULL) fail("dlsym");
        /* makes and releases text for an error */
        if (load("there is no such file") != NULL) fail("mts_labels_load");
        if (dlclose(library) != 0) fail("dlclose");
    }
    return argument;
}

int main(int count, char **arguments) {
    if (count != 2) return EXIT_FAILURE;
    path = arguments[1];
    for (int generation = 0; generation < GENERATIONS; generation++) {
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, load_and_close, NULL);
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    }
    load_and_close(NULL);
    return EXIT_SUCCESS;
}
