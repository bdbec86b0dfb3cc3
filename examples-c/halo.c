/* An engine that cuts space into slabs, one for each process, and a model that passes messages between atoms: energy and forces.
 *
 *     halo
 *
 * Each process (rank) owns the atoms of its slab. The model has two layers, and in each of them, atoms look at what their neighbors
 * have, which can be on other ranks, or images of atoms on the other side of the periodic box: ghosts. A halo gives ghosts what
 * their owners have, before each layer; and on the way back it adds the gradients that ghosts have to those of their owners.
 *
 * The program computes everything twice: on all ranks together, and on each rank alone, and compares. Without MPI, there is one rank, all
 * of whose ghosts are images. With MPI:
 *
 *     mpicc -DUSE_MPI -IPREFIX/include halo.c -LPREFIX/lib -lmetatensor -o halo
 *     mpirun -n 4 ./halo
 */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/distributed.h>

#ifdef USE_MPI
#include <metatensor/mpi.h>
#endif

#include "check.h"

#include <math.h>
#include <string.h>

/* The box is a line, to keep this short. All of this is the same in three dimensions. */
enum { ATOMS = 60, WIDTH = 4, LAYERS = 2 };
static const double BOX = 12.0, CUTOFF = 0.9;

static double position_of(int atom) { return BOX * (atom + 0.5) / ATOMS + 0.03 * (7 * atom % 5 - 2); }

/* The atoms of one rank: those that it owns, and then ghosts. */
typedef struct {
    int owned, all;
    int32_t *tags;
    double *positions;
    /* how to send what belongs to atoms, made anew when atoms have moved too far */
    mts_halo_t *halo;
} slab_t;

static void add_atom(slab_t *slab, int tag, double position) {
    slab->tags[slab->all] = tag;
    slab->positions[slab->all] = position;
    slab->all++;
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) FAIL("calloc");
    return memory;
}

static slab_t make_slab(const mts_communicator_t *communicator) {
    uintptr_t rank, size;
    CHECK(mts_communicator_rank(communicator, &rank));
    CHECK(mts_communicator_size(communicator, &size));
    double start = BOX * (double)rank / (double)size, end = BOX * (double)(rank + 1) / (double)size;
    slab_t slab = {0, 0, allocate(3 * ATOMS, sizeof *slab.tags), allocate(3 * ATOMS, sizeof *slab.positions), NULL};
    for (int atom = 0; atom < ATOMS; atom++) {
        double x = position_of(atom);
        if (x >= start && x < end) add_atom(&slab, atom, x);
    }
    slab.owned = slab.all;
    /* An engine gets these from the ranks next to it. Here, everybody knows where all atoms are. */
    for (int image = -1; image <= 1; image++) {
        for (int atom = 0; atom < ATOMS; atom++) {
            double x = position_of(atom) + image * BOX;
            bool is_owned = image == 0 && x >= start && x < end;
            if (!is_owned && x > start - CUTOFF && x < end + CUTOFF) add_atom(&slab, atom, x);
        }
    }
    /* ANCHOR: slab */
    /* Atoms are named by their tags. Which rank owns a ghost is found out; ghosts can be images of the same atom. */
    uintptr_t ghosts = (uintptr_t)(slab.all - slab.owned);
    CHECK(mts_collective_halo(communicator, slab.tags, (uintptr_t)slab.owned, slab.tags + slab.owned, ghosts, 1, NULL, &slab.halo));
    /* ANCHOR_END: slab */
    return slab;
}

static void free_slab(slab_t *slab) {
    mts_halo_free(slab->halo);
    free(slab->tags);
    free(slab->positions);
}

/* How much an atom hears of another one at this distance, and its derivative. */
static double weight(double distance) { return (1 - distance / CUTOFF) * (1 - distance / CUTOFF); }
static double weight_derivative(double distance) { return -2 * (1 - distance / CUTOFF) / CUTOFF; }

/* ANCHOR: forward */
/* One layer: each atom adds what its neighbors have. */
static void layer_forward(slab_t *slab, double *features, double *next) {
    /* what owners have goes to ghosts, whose rows follow those of owned atoms */
    CHECK(mts_collective_halo_forward(slab->halo, float64, WIDTH, features, features + WIDTH * slab->owned));
    for (int i = 0; i < slab->owned; i++) {
        for (int k = 0; k < WIDTH; k++) next[WIDTH * i + k] = features[WIDTH * i + k];
        for (int j = 0; j < slab->all; j++) {
            double distance = fabs(slab->positions[i] - slab->positions[j]);
            if (j == i || distance >= CUTOFF) continue;
            for (int k = 0; k < WIDTH; k++) next[WIDTH * i + k] += weight(distance) * features[WIDTH * j + k];
        }
    }
}
/* ANCHOR_END: forward */

/* The same backwards: from the gradients with respect to `next`, those with respect to `features`, and to positions, which are added. */
static void layer_backward(
    slab_t *slab, const double *features, const double *of_next, double *of_features, double *of_positions) {
    memset(of_features, 0, (size_t)(WIDTH * slab->all) * sizeof *of_features);
    for (int i = 0; i < slab->owned; i++) {
        for (int k = 0; k < WIDTH; k++) of_features[WIDTH * i + k] += of_next[WIDTH * i + k];
        for (int j = 0; j < slab->all; j++) {
            double difference = slab->positions[i] - slab->positions[j], distance = fabs(difference), product = 0;
            if (j == i || distance >= CUTOFF) continue;
            for (int k = 0; k < WIDTH; k++) {
                of_features[WIDTH * j + k] += weight(distance) * of_next[WIDTH * i + k];
                product += of_next[WIDTH * i + k] * features[WIDTH * j + k];
            }
            double derivative = weight_derivative(distance) * product * (difference > 0 ? 1 : -1);
            of_positions[i] += derivative;
            of_positions[j] -= derivative;
        }
    }
    /* ANCHOR: reverse */
    /* what was found for ghosts is added to what owners have */
    CHECK(mts_collective_halo_reverse(
        slab->halo, MTS_ADD, float64, WIDTH, of_features + WIDTH * slab->owned, of_features));
    /* ANCHOR_END: reverse */
}

/* The sum of the energies of all atoms, on all ranks: energies of atoms are a map, of which each rank has some rows. */
static double total_energy(const mts_communicator_t *communicator, const slab_t *slab, const double *energies) {
    const char *const names[] = {"system", "atom"};
    int32_t(*rows)[2] = allocate((size_t)slab->owned + 1, sizeof *rows);
    for (int i = 0; i < slab->owned; i++) rows[i][1] = slab->tags[i];
    const mts_labels_t *samples = mts_labels_from_table(names, 2, rows[0], (uintptr_t)slab->owned);
    const char *const energy = "energy", *const single = "_";
    const mts_labels_t *properties = mts_labels_from_table(&energy, 1, (int32_t[]){0}, 1);
    const mts_labels_t *keys = mts_labels_from_table(&single, 1, (int32_t[]){0}, 1);
    uintptr_t shape[] = {(uintptr_t)slab->owned, 1};
    mts_array_t array;
    CHECK(mts_create_array(shape, 2, float64, &array));
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK_POINTER(block);
    double *values = mts_block_mutable_elements(block, float64, shape, 2);
    if (slab->owned > 0) {
        CHECK_POINTER(values);
        memcpy(values, energies, (size_t)slab->owned * sizeof *values);
    }
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1), *sums;
    CHECK_POINTER(map);

    /* By labels: the bits of the result depend neither on the number of ranks, nor on who has which atom. */
    CHECK(mts_collective_sum_over_samples(communicator, map, &names[1], 1, MTS_SUM_ORDER_LABELS, NULL, &sums));
    CHECK(mts_tensormap_block_by_id(sums, &block, 0));
    shape[0] = 1;
    const double *sum = mts_block_elements(block, float64, shape, 2);
    CHECK_POINTER(sum);
    double total = *sum;

    mts_tensormap_free(sums);
    mts_tensormap_free(map);
    mts_labels_free(keys);
    mts_labels_free(properties);
    mts_labels_free(samples);
    free(rows);
    return total;
}

/* The energy, and the forces on the atoms of this rank, at their tags. */
static double compute(const mts_communicator_t *communicator, double forces[ATOMS]) {
    slab_t slab = make_slab(communicator);
    size_t rows = (size_t)slab.all + 1;
    double *features[LAYERS + 1], *of_features[2], *of_positions = allocate(rows, sizeof(double));
    for (int layer = 0; layer <= LAYERS; layer++) features[layer] = allocate(rows * WIDTH, sizeof(double));
    for (int i = 0; i < 2; i++) of_features[i] = allocate(rows * WIDTH, sizeof(double));
    for (int i = 0; i < slab.owned; i++) {
        for (int k = 0; k < WIDTH; k++) features[0][WIDTH * i + k] = (3 * slab.tags[i] + k) % 7 - 3;
    }

    for (int layer = 0; layer < LAYERS; layer++) layer_forward(&slab, features[layer], features[layer + 1]);

    /* half of the square of what atoms have in the end, whose gradient is simple */
    double *energies = allocate(rows, sizeof *energies);
    for (int i = 0; i < slab.owned; i++) {
        for (int k = 0; k < WIDTH; k++) {
            double feature = features[LAYERS][WIDTH * i + k];
            energies[i] += 0.5 * feature * feature;
            of_features[LAYERS % 2][WIDTH * i + k] = feature;
        }
    }
    double energy = total_energy(communicator, &slab, energies);

    for (int layer = LAYERS; layer-- > 0;) {
        layer_backward(&slab, features[layer], of_features[(layer + 1) % 2], of_features[layer % 2], of_positions);
    }
    /* ANCHOR: forces */
    /* the same halo adds the forces on ghosts, which have one number each here */
    CHECK(mts_collective_halo_reverse(slab.halo, MTS_ADD, float64, 1, of_positions + slab.owned, of_positions));
    for (int i = 0; i < slab.owned; i++) forces[slab.tags[i]] = -of_positions[i];
    /* ANCHOR_END: forces */

    free(energies);
    for (int i = 0; i < 2; i++) free(of_features[i]);
    for (int layer = 0; layer <= LAYERS; layer++) free(features[layer]);
    free(of_positions);
    free_slab(&slab);
    return energy;
}

static int run(const mts_communicator_t *communicator) {
    uintptr_t rank, size;
    CHECK(mts_communicator_rank(communicator, &rank));
    CHECK(mts_communicator_size(communicator, &size));
    double forces[ATOMS], expected[ATOMS];
    for (int atom = 0; atom < ATOMS; atom++) forces[atom] = NAN;
    double energy = compute(communicator, forces);

    mts_communicator_t *alone;
    CHECK(mts_communicator_single(&alone));
    double serial = compute(alone, expected);
    CHECK(mts_communicator_free(alone));

    double difference = fabs(energy - serial) / serial, sum = 0;
    int owned = 0;
    for (int atom = 0; atom < ATOMS; atom++) {
        sum += expected[atom];
        if (isnan(forces[atom])) continue;
        owned++;
        double error = fabs(forces[atom] - expected[atom]) / serial;
        if (error > difference) difference = error;
    }
    /* If this is wrong on one rank, all get to know. */
    bool is_right = difference < 1e-12 && fabs(sum) < 1e-10 * serial;
    mts_status_t status = mts_collective_agree(
        communicator, is_right ? MTS_SUCCESS : MTS_CALLBACK_ERROR, "energy or forces are not those of one rank");
    if (status != MTS_SUCCESS) {
        fprintf(stderr, "%s\n", mts_last_error_message());
        return EXIT_FAILURE;
    }
    printf("rank %d of %d: energy %.12f, forces on %d atoms as on one rank\n", (int)rank, (int)size, energy, owned);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    mts_communicator_t *communicator;
#ifdef USE_MPI
    MPI_Init(&argc, &argv);
    CHECK(mts_mpi_communicator(MPI_COMM_WORLD, &communicator));
#else
    (void)argc, (void)argv;
    CHECK(mts_communicator_single(&communicator));
#endif
    int result = run(communicator);
    CHECK(mts_communicator_free(communicator));
#ifdef USE_MPI
    MPI_Finalize();
#endif
    return result;
}
