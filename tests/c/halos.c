/* Halos: rows that go from their owners to ghosts, and back. */
#include "support/c_array.h"
#include "support/thread_ranks.h"

#include <metatensor/shortcuts.h>

/* Each rank owns three atoms in a ring, and has the two next ones, an image of the first of these, and an image of its first own one. */
enum { OWN = 3, GHOSTS = 4 };

static void check_rows(const uint32_t *rows, uintptr_t count, const uint32_t *expected, uintptr_t expected_count) {
    CHECK(count == expected_count);
    for (uintptr_t i = 0; i < count; i++) CHECK(rows[i] == expected[i]);
}

static mts_halo_t *ring_of(mts_communicator_t *communicator, const rank_t *self, bool knows_owners) {
    int32_t size = self->post->size, rank = self->rank, next = (rank + 1) % size;
    /* a system and an atom */
    const int32_t owned[OWN][2] = {{5, 3 * rank}, {5, 3 * rank + 1}, {5, 3 * rank + 2}};
    const int32_t ghosts[GHOSTS][2] = {{5, 3 * next}, {5, 3 * next + 1}, {5, 3 * rank}, {5, 3 * next}};
    const int32_t owners[GHOSTS] = {next, next, rank, next};
    mts_halo_t *halo;
    FILL_WITH_GARBAGE(halo);
    CHECK_OK(mts_collective_halo(
        communicator, owned[0], OWN, ghosts[0], GHOSTS, 2, knows_owners ? owners : NULL, &halo));
    return halo;
}

static void halos_know_which_rows_go_where(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size;
    for (int knows = 0; knows < 2; knows++) {
        mts_halo_t *halo = ring_of(communicator, self, knows == 1);
        uintptr_t owned, ghosts, count, neighbors;
        CHECK_OK(mts_halo_counts(halo, &owned, &ghosts));
        CHECK(owned == OWN && ghosts == GHOSTS);
        const uint32_t *ranks, *rows;
        CHECK_OK(mts_halo_neighbors(halo, &ranks, &neighbors));
        CHECK(neighbors == (size == 2 ? 2 : 3));
        for (uintptr_t i = 0; i < neighbors; i++) {
            const uint32_t all[] = {0, 1, 0}, first[] = {0}, of_next[] = {0, 1, 3}, image[] = {2};
            bool is_next = ranks[i] == (uint32_t)((self->rank + 1) % size), is_own = ranks[i] == (uint32_t)self->rank;
            bool is_previous = ranks[i] == (uint32_t)((self->rank + size - 1) % size);
            CHECK_OK(mts_halo_send_rows(halo, i, &rows, &count));
            check_rows(rows, count, is_own ? first : all, is_own ? 1 : is_previous ? 3 : 0);
            CHECK_OK(mts_halo_receive_rows(halo, i, &rows, &count));
            check_rows(rows, count, is_own ? image : of_next, is_own ? 1 : is_next ? 3 : 0);
        }
        FILL_WITH_GARBAGE(rows);
        CHECK_STATUS(mts_halo_send_rows(halo, neighbors, &rows, &count), MTS_INVALID_PARAMETER_ERROR, "neighbor");
        CHECK(rows == NULL && count == 0);
        CHECK_OK(mts_halo_free(halo));
    }
    CHECK_OK(mts_halo_free(NULL));

    /* who asks for what nobody owns, or owns what is owned */
    mts_halo_t *halo;
    const int32_t one[] = {1}, own[] = {self->rank}, missing[] = {99};
    FILL_WITH_GARBAGE(halo);
    CHECK_STATUS(mts_collective_halo(communicator, own, 1, self->rank == 1 ? missing : NULL, self->rank == 1, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "99");
    CHECK(halo == NULL);
    CHECK_STATUS(
        mts_collective_halo(communicator, one, 1, NULL, 0, 1, NULL, &halo), MTS_INVALID_PARAMETER_ERROR, "rank 1");
    const int32_t negative[] = {-1};
    CHECK_STATUS(mts_collective_halo(communicator, own, 1, own, 1, 1, self->rank == 1 ? negative : own, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: 'ranks' can not have the rank -1");
    CHECK_STATUS(mts_collective_halo(communicator, self->rank == 1 ? NULL : own, 1, NULL, 0, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo(communicator, own, self->rank == 1 ? UINTPTR_MAX : 1, NULL, 0, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: 'owned' can not have");
}

static void rows_go_to_ghosts_and_back(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size, next = (self->rank + 1) % size;
    mts_halo_t *halo = ring_of(communicator, self, false);
    for (int agreement = 0; agreement < 2; agreement++) {
        CHECK_OK(mts_collective_halo_set_agreement(halo, agreement == 0 ? MTS_AGREEMENT_ALL : MTS_AGREEMENT_NEIGHBORS));
        /* owned rows, and then ghosts */
        double rows[OWN + GHOSTS][2], *ghosts = rows[OWN];
        for (int i = 0; i < OWN; i++) {
            rows[i][0] = 3 * self->rank + i;
            rows[i][1] = -rows[i][0];
        }
        for (int split = 0; split < 2; split++) {
            for (int i = 0; i < 2 * GHOSTS; i++) ghosts[i] = 1e9;
            if (split == 0) {
                CHECK_OK(mts_collective_halo_forward(halo, c_float64, 2, rows, ghosts));
            } else {
                CHECK_OK(mts_collective_halo_forward_begin(halo, c_float64, 2, rows));
                CHECK_STATUS(mts_collective_agree(communicator, MTS_SUCCESS, NULL), MTS_INVALID_PARAMETER_ERROR,
                    "another collective function of this communicator is running");
                CHECK_OK(mts_collective_halo_forward_end(halo, ghosts));
            }
            const double expected[] = {3 * next, 3 * next + 1, 3 * self->rank, 3 * next};
            for (int i = 0; i < GHOSTS; i++) {
                CHECK(rows[OWN + i][0] == expected[i] && rows[OWN + i][1] == -expected[i]);
            }
        }

        /* what ghosts have is added to what owners have */
        double gradients[OWN] = {1, 10, 100}, of_ghosts[GHOSTS] = {2, 20, 0.5, 4};
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_ADD, c_float64, 1, of_ghosts, gradients));
        CHECK(gradients[0] == 7.5 && gradients[1] == 30 && gradients[2] == 100);
        int32_t numbers[OWN] = {1, 10, 100}, others[GHOSTS] = {2, 20, -5, 4};
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MIN, c_int32, 1, others, numbers));
        CHECK(numbers[0] == -5 && numbers[1] == 10);
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MAX, c_int32, 1, others, numbers));
        CHECK(numbers[0] == 4 && numbers[1] == 20);
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MULTIPLY, c_int32, 1, others, numbers));
        CHECK(numbers[0] == 4 * 2 * -5 * 4 && numbers[1] == 400 && numbers[2] == 100);
    }
    CHECK_STATUS(mts_collective_halo_forward_end(halo, NULL), MTS_INVALID_PARAMETER_ERROR, "no step");
    CHECK_OK(mts_halo_free(halo));

    /* all know what is wrong on one rank */
    halo = ring_of(communicator, self, false);
    double rows[OWN] = {0}, ghosts[GHOSTS];
    bool fails = self->rank == 1;
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, 1, fails ? NULL : rows, ghosts), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, 1, rows, fails ? NULL : ghosts), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward: got a NULL pointer for 'ghosts'");
    CHECK_STATUS(mts_collective_halo_reverse(halo, fails ? 9 : MTS_ADD, c_float64, 1, ghosts, rows),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo_reverse: 'op' must be one of");
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, fails ? UINTPTR_MAX : 1, rows, ghosts),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: rows of 18446744073709551615 elements of float64 do not fit in memory");
    CHECK_STATUS(mts_collective_halo_forward_begin(halo, c_float64, 1, fails ? NULL : rows), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward_begin: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo_set_agreement(halo, fails ? 7 : 0), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_set_agreement: 'agreement' must be one of the MTS_AGREEMENT_ values, got 7");
    CHECK_OK(mts_collective_halo_forward_begin(halo, c_float64, 1, rows));
    mts_status_t status = mts_collective_halo_forward_end(halo, fails ? NULL : ghosts);
    CHECK(status == (fails ? MTS_INVALID_PARAMETER_ERROR : MTS_SUCCESS));
    CHECK_OK(mts_collective_halo_forward(halo, c_float64, 1, rows, ghosts));

    /* or only those who get something from it */
    CHECK_OK(mts_collective_halo_set_agreement(halo, MTS_AGREEMENT_NEIGHBORS));
    status = mts_collective_halo_forward(halo, c_float64, 1, fails ? NULL : rows, ghosts);
    bool is_told = (self->rank + 1) % size == 1;
    CHECK((status != MTS_SUCCESS) == (fails || is_told));
    CHECK_OK(mts_halo_free(halo));

    /* a step that did not start on a rank without rows, which nobody waits for, does not have to end */
    const int32_t own[] = {self->rank};
    CHECK_OK(mts_collective_halo(communicator, own, fails ? 0 : 1, NULL, 0, 1, NULL, &halo));
    CHECK_OK(mts_collective_halo_set_agreement(halo, MTS_AGREEMENT_NEIGHBORS));
    status = mts_collective_halo_forward_begin(halo, c_float64, fails ? UINTPTR_MAX : 1, rows);
    CHECK(status == (fails ? MTS_INVALID_PARAMETER_ERROR : MTS_SUCCESS));
    status = mts_collective_halo_forward_end(halo, NULL);
    CHECK(status == (fails ? MTS_INVALID_PARAMETER_ERROR : MTS_SUCCESS));
    CHECK_OK(mts_halo_free(halo));
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
}

/* Labels with the dimensions `atom` and `image`. */
static const mts_labels_t *atoms(const int32_t *rows, uintptr_t count) { return c_labels_2("atom", "image", count, rows); }

/* A block with these samples, one property, and a gradient row for the first sample. Labels are released. */
static mts_block_t *block_of(const mts_labels_t *samples, uintptr_t count, double first, int32_t about) {
    static const int32_t zero[] = {0};
    const int32_t rows[] = {0, about};
    const uintptr_t shape[] = {count, 1}, one[] = {1, 1};
    const mts_labels_t *properties = c_labels_1("p", 1, zero), *gradient_samples = c_labels_2("sample", "atom", 1, rows);
    mts_block_t *block = mts_block(c_array_count(shape, 2, first), samples, NULL, 0, properties);
    CHECK(block != NULL);
    CHECK_OK(mts_block_add_gradient(
        block, "g", mts_block(c_array_count(one, 2, first + 0.5), gradient_samples, NULL, 0, properties)));
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(gradient_samples);
    return block;
}

static void check_values(const mts_block_t *block, const double *expected, uintptr_t count) {
    uintptr_t shape[] = {count, 1};
    const double *values = mts_block_elements(block, c_float64, shape, 2);
    CHECK(values != NULL);
    for (uintptr_t i = 0; i < count; i++) CHECK(values[i] == expected[i]);
}

/* Each rank owns one atom, and has that of the next rank and an image of its own one. */
static void blocks_get_rows_of_ghosts(mts_communicator_t *communicator, rank_t *self) {
    int32_t rank = self->rank, next = (rank + 1) % self->post->size, last = (rank + self->post->size - 1) % self->post->size;
    const int32_t owned[] = {rank, 0}, ghosts[] = {next, 0, rank, 1};
    const char *atom = "atom";
    const mts_labels_t *own = atoms(owned, 1), *others = atoms(ghosts, 2);
    mts_halo_t *halo;
    CHECK_OK(mts_collective_halo_of_labels(communicator, own, others, &atom, 1, &halo));
    mts_labels_free(others);
    mts_block_t *block = block_of(own, 1, 10 * rank, 7), *result, *gradient, *sum;
    mts_block_halo_t *blocks;
    FILL_WITH_GARBAGE(blocks);
    CHECK_OK(mts_collective_halo_prepare(halo, block, &blocks));
    const mts_labels_t *samples;
    CHECK_OK(mts_block_halo_samples(blocks, &samples));
    const int32_t *rows;
    uintptr_t count, width;
    CHECK_OK(mts_labels_values_cpu(samples, &rows, &count, &width));
    CHECK(count == 3 && width == 2 && rows[0] == rank && rows[2] == next && rows[4] == rank && rows[5] == 1);
    mts_labels_free(samples);

    CHECK_OK(mts_collective_halo_forward_block(blocks, block, &result));
    const double values[] = {10 * rank, 10 * next, 10 * rank};
    const double derivatives[] = {10 * rank + 0.5, 10 * next + 0.5, 10 * rank + 0.5};
    check_values(result, values, 3);
    CHECK_OK(mts_block_gradient(result, "g", &gradient));
    check_values(gradient, derivatives, 3);
    CHECK_OK(mts_collective_halo_reverse_add_block(blocks, result, &sum));
    const double total[] = {3 * values[0]}, total_derivative[] = {3 * derivatives[0]};
    check_values(sum, total, 1);
    CHECK_OK(mts_block_gradient(sum, "g", &gradient));
    check_values(gradient, total_derivative, 1);
    CHECK_OK(mts_block_free(sum));

    /* minus the forces: each rank has a gradient with respect to the atom of the next one */
    const char *names[] = {"atom"};
    mts_block_t *energy = block_of(atoms(owned, 1), 1, rank, next);
    CHECK_OK(mts_halo_free(halo));
    const int32_t own_atom[] = {rank}, ghost_atom[] = {next};
    CHECK_OK(mts_collective_halo(communicator, own_atom, 1, ghost_atom, 1, 1, NULL, &halo));
    CHECK_OK(mts_collective_halo_sum_gradient_rows(halo, energy, "g", names, 1, &sum));
    const double force[] = {last + 0.5};
    check_values(sum, force, 1);
    CHECK_OK(mts_block_free(sum));

    /* errors */
    bool fails = rank == 1;
    FILL_WITH_GARBAGE(sum);
    CHECK_STATUS(mts_collective_halo_forward_block(blocks, fails ? NULL : block, &sum), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward_block: got a NULL pointer for 'block'");
    CHECK(sum == NULL);
    CHECK_STATUS(mts_collective_halo_reverse_add_block(blocks, fails ? block : result, &sum), MTS_NOT_EQUAL_ERROR, "rank 1: ");
    CHECK_STATUS(mts_collective_halo_sum_gradient_rows(halo, energy, fails ? NULL : "g", names, 1, &sum),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo_sum_gradient_rows: got a NULL pointer for 'parameter'");
    mts_block_halo_t *none;
    FILL_WITH_GARBAGE(none);
    CHECK_STATUS(mts_collective_halo_prepare(halo, block, &none), MTS_INVALID_PARAMETER_ERROR, "made of labels");
    CHECK(none == NULL);
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));

    CHECK_OK(mts_halo_free(halo));
    CHECK_OK(mts_block_halo_free(blocks));
    CHECK_OK(mts_block_halo_free(NULL));
    CHECK_OK(mts_block_free(energy));
    CHECK_OK(mts_block_free(result));
    CHECK_OK(mts_block_free(block));
}

int main(void) {
    for (int32_t size = 2; size <= MAX_RANKS; size++) {
        run_ranks(size, halos_know_which_rows_go_where);
        run_ranks(size, rows_go_to_ghosts_and_back);
        run_ranks(size, blocks_get_rows_of_ghosts);
    }
    CHECK(atomic_load(&c_arrays_alive) == 0 && atomic_load(&c_tensors_alive) == 0);
    return EXIT_SUCCESS;
}
