/* Several threads that use the same labels and the same map. */
#include "support/c_array.h"
#include "support/check.h"

#include <pthread.h>
#include <stdbool.h>

enum { THREADS = 8, ROUNDS = 20, ROWS = 500 };

static const mts_labels_t *shared_labels;
static mts_tensormap_t *shared_tensor;
static pthread_barrier_t start;

static void *read_everything(void *argument) {
    int number = *(const int *)argument;
    char message[32];
    snprintf(message, sizeof message, "error of thread %d", number);
    pthread_barrier_wait(&start);
    CHECK(strcmp(last_message(), "") == 0);
    for (int round = 0; round < ROUNDS; round++) {
        mts_set_last_error(message, "", NULL, NULL);

        /* the index is built by whoever is first */
        int64_t position;
        int32_t row[2] = {(number * ROUNDS + round) % ROWS, 1};
        CHECK_OK(mts_labels_position(shared_labels, row, 2, &position));
        CHECK(position == row[0]);
        const mts_labels_t *clone = mts_labels_clone(shared_labels);
        CHECK_OK(mts_labels_free(clone));

        const mts_labels_t *keys = mts_tensormap_keys(shared_tensor);
        CHECK_OK(mts_labels_free(keys));
        mts_block_t *block;
        CHECK_OK(mts_tensormap_block_by_id(shared_tensor, &block, 1));
        CHECK(c_block_values(block)[0] == 11);
        const char *value;
        CHECK_OK(mts_tensormap_get_info(shared_tensor, "unit", &value));
        CHECK(strcmp(value, "eV") == 0);

        const char *name = "k";
        const mts_labels_t *moved = mts_labels(&name, 1, c_array_int32(0, 1, NULL));
        mts_tensormap_t *result = mts_tensormap_keys_to_samples(shared_tensor, moved, c_array_scalar(0), true);
        CHECK(result != NULL);
        mts_tensormap_free(result);
        mts_labels_free(moved);

        CHECK(strcmp(last_message(), message) == 0);
    }
    return NULL;
}

static atomic_int released;

static void release(void *data) {
    (void)data;
    atomic_fetch_add(&released, 1);
}

static void *leave_an_error(void *argument) {
    mts_set_last_error("left behind", "", argument, release);
    return NULL;
}

static void *leave_an_error_and_clean_up(void *argument) {
    leave_an_error(argument);
    mts_set_last_error(NULL, NULL, NULL, NULL);
    return NULL;
}

int main(void) {
    int32_t values[2 * ROWS];
    for (int i = 0; i < ROWS; i++) {
        values[2 * i] = i;
        values[2 * i + 1] = 1;
    }
    shared_labels = c_labels_2("a", "b", ROWS, values);
    shared_tensor = c_tensor();
    CHECK_OK(mts_tensormap_set_info(shared_tensor, "unit", "eV"));
    mts_set_last_error("error of the first thread", "", NULL, NULL);

    pthread_t threads[THREADS];
    int numbers[THREADS];
    CHECK(pthread_barrier_init(&start, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, read_everything, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(strcmp(last_message(), "error of the first thread") == 0);
    pthread_barrier_destroy(&start);

    /* the payload of an error is released by the thread that has it, and not at its end */
    CHECK(pthread_create(&threads[0], NULL, leave_an_error, &numbers[0]) == 0);
    CHECK(pthread_join(threads[0], NULL) == 0);
    CHECK(released == 0);
    CHECK(pthread_create(&threads[0], NULL, leave_an_error_and_clean_up, &numbers[0]) == 0);
    CHECK(pthread_join(threads[0], NULL) == 0);
    CHECK(released == 1);

    mts_labels_free(shared_labels);
    mts_tensormap_free(shared_tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
