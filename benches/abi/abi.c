/* Times two libmetatensor.so against each other, through the C interface of metatensor 0.2.
 *
 *     abi A.so B.so [--quick] [--cpu] [--filter TEXT] [--markdown]
 *
 * Both libraries do the same work in turn (A, B, B, A, A, B, ...), so that what else happens on the machine slows both
 * down. What counts is the median of the ratios of neighbors in time: how many times faster B is. What both have made is
 * compared once, before. With --cpu, times are those that the processor has worked for this program, on all threads:
 * better if other programs want the same processor. It ends with status 1 if there is a difference. See docs/benchmarks.md. */

#define _POSIX_C_SOURCE 200809L

#include <time.h>

#include "workloads.h"

enum { MAX_PAIRS = 201, MIN_PAIRS = 5, MAX_WORKLOADS = 200 };

/* ---- the list of workloads ---- */

static work_t workloads[MAX_WORKLOADS];
static size_t workloads_count;

static void nothing(work_t *work) {
    (void)work;
}

static void nothing_made(work_t *work, uint64_t *state) {
    (void)work, (void)state;
}

static size_t batch_for(size_t n) {
    return n <= 100 ? MAX_BATCH : n <= 10000 ? 20 : 1;
}

static void add(work_t work) {
    if (workloads_count == MAX_WORKLOADS) {
        fail("too many workloads");
    }
    if (work.before == NULL) {
        work.before = nothing;
    }
    if (work.after == NULL) {
        work.after = nothing_made;
    }
    if (work.finish == NULL) {
        work.finish = finish_work;
    }
    if (work.batch == 0) {
        work.batch = 1;
    }
    workloads[workloads_count++] = work;
}

/* The name is given by the format and the parameters after the work. */
#define ADD(work, ...) \
    do { \
        work_t new_work = work; \
        snprintf(new_work.name, sizeof new_work.name, __VA_ARGS__); \
        add(new_work); \
    } while (0)

static void add_labels(size_t n) {
    static const char *const orders[] = {", sorted", ""};
    static const size_t dimensions[] = {1, 2, 4};
    for (int d = 0; d < 3; d++) {
        work_t create = {.n = n, .batch = batch_for(n), .dimensions = dimensions[d], .prepare = prepare_rows,
                         .timed = create_and_free_labels, .after = digest_one_more, .finish = finish_rows};
        for (order_t order = SORTED; order <= UNSORTED; order++) {
            create.order = order;
            create.checks = CHECKED;
            ADD(create, "labels create, %zu dim%s", dimensions[d], orders[order]);
            work_t first = create;
            first.before = create_labels;
            first.timed = first_positions;
            first.after = free_made_labels;
            ADD(first, "labels first position, %zu dim%s", dimensions[d], orders[order]);
        }
        create.checks = UNCHECKED;
        ADD(create, "labels create unchecked, %zu dim", dimensions[d]);
        work_t lookups = {.n = n, .batch = LOOKUPS, .dimensions = dimensions[d], .order = UNSORTED,
                          .prepare = prepare_lookups, .before = before_lookups, .timed = look_up,
                          .after = after_lookups, .finish = finish_rows};
        ADD(lookups, "labels position, %zu dim", dimensions[d]);
        lookups.lookup = MISS;
        ADD(lookups, "labels position of others, %zu dim", dimensions[d]);
        work_t select = {.n = n, .batch = batch_for(n), .dimensions = dimensions[d], .prepare = prepare_select,
                         .timed = select_rows, .after = digest_selection};
        ADD(select, "labels select %zu of 4 dim", dimensions[d]);
    }
    static const char *const merges[] = {"union", "intersection", "difference"};
    for (int m = UNION; m <= DIFFERENCE; m++) {
        work_t merge = {.n = n, .dimensions = DIMENSIONS, .order = UNSORTED, .prepare = prepare_merge,
                        .before = before_merge, .timed = merge_labels, .after = after_merge};
        merge.merge = m;
        ADD(merge, "labels %s", merges[m]);
        merge.index = READY;
        ADD(merge, "labels %s, index ready", merges[m]);
        merge.index = COLD;
        merge.order = SORTED;
        ADD(merge, "labels %s, sorted", merges[m]);
    }
}

static void add_blocks(size_t samples, size_t tiny_blocks) {
    work_t create = {.n = samples, .batch = MAX_BATCH, .prepare = prepare_block, .timed = create_blocks,
                     .after = free_blocks};
    ADD(create, "block create");
    work_t gradient = {.n = samples, .order = SORTED, .prepare = prepare_gradient, .before = before_gradient,
                       .timed = add_gradient, .after = free_blocks};
    ADD(gradient, "block add gradient");
    gradient.order = UNSORTED;
    ADD(gradient, "block add gradient, shuffled");

    work_t tiny = {.n = tiny_blocks, .prepare = prepare_tiny, .finish = finish_tiny};
    work_t work = tiny;
    work.batch = tiny_blocks;
    work.timed = create_tiny_blocks;
    work.after = free_blocks;
    ADD(work, "tiny blocks, create");
    work = tiny;
    work.before = create_tiny_blocks;
    work.timed = create_map;
    work.after = free_map_after;
    ADD(work, "tiny blocks, create map");
    work = tiny;
    work.before = create_blocks_and_map;
    work.timed = free_map;
    ADD(work, "tiny blocks, free map");
    work = tiny;
    work.batch = LOOKUPS;
    work.before = create_blocks_and_map;
    work.timed = get_blocks;
    work.after = free_map_after;
    ADD(work, "tiny blocks, block by id");
}

static void add_moves(int object, const char *name, size_t n) {
    static const char *const moves[] = {"keys to samples", "keys to properties", "components to properties"};
    static const char *const memories[] = {"", ", native"};
    for (int m = TO_SAMPLES; m <= (object == TINY ? TO_PROPERTIES : COMPONENTS); m++) {
        for (memory_t memory = MALLOC; memory <= NATIVE; memory++) {
            work_t work = {.n = n, .memory = memory, .prepare = prepare_move, .timed = move, .after = free_result};
            work.object = object;
            work.move = m;
            ADD(work, "%s, %s%s", name, moves[m], memories[memory]);
        }
    }
}

static void add_files(int object, const char *name, size_t n) {
    static const char *const targets[] = {"file", "buffer"};
    for (int target = TO_FILE; target <= TO_BUFFER; target++) {
        work_t work = {.n = n, .prepare = make_object, .timed = save, .after = after_save};
        work.object = object;
        work.target = target;
        ADD(work, "%s, save %s", name, targets[target]);
        work.prepare = prepare_load;
        work.timed = load;
        work.after = free_loaded;
        ADD(work, "%s, load %s", name, targets[target]);
        if (object != LABELS) {
            work.memory = NATIVE;
            ADD(work, "%s, load %s, native", name, targets[target]);
        }
    }
}

static void list_workloads(bool quick) {
    add_labels(100);
    add_labels(10000);
    if (!quick) {
        add_labels(1000000);
    }
    add_blocks(quick ? 1000 : 10000, quick ? 1000 : 10000);
    add_moves(TINY, "tiny blocks", 400);
    add_moves(SPHERICAL, "expansion", quick ? 50 : 1000);
    add_moves(GRADIENTS, "expansion with gradients", quick ? 10 : 100);
    add_files(LARGE_ARRAYS, "4 blocks of n MB", quick ? 10 : 100);
    add_files(TINY, "n blocks of 1 kB", quick ? 500 : 5000);
    add_files(LABELS, "n labels", quick ? 10000 : 1000000);
}

/* ---- measuring ---- */

static clockid_t measured_clock = CLOCK_MONOTONIC;

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value below which a fraction of the values is: sorts them. */
static double quantile(double *values, size_t count, double fraction) {
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)(fraction * (double)(count - 1) + 0.5)];
}

static double once(work_t *work, uint64_t *state) {
    work->before(work);
    double start = now(measured_clock);
    work->timed(work);
    double time = now(measured_clock) - start;
    work->after(work, state);
    return time / (double)work->batch;
}

static const char *readable(double seconds, char text[16]) {
    static const char *const units[] = {"s", "ms", "us", "ns"};
    int unit = 0;
    while (seconds < 1.0 && unit < 3) {
        seconds *= 1e3;
        unit++;
    }
    snprintf(text, 16, "%.3g %s", seconds, units[unit]);
    return text;
}

/* Whether both sides made the same. */
static bool measure(const side_t sides[2], const work_t *description, double budget, bool markdown) {
    work_t works[2] = {*description, *description};
    double times[2][MAX_PAIRS], ratios[MAX_PAIRS];
    uint64_t digests[2] = {0, 0};
    saving_side = &sides[0];
    for (int i = 0; i < 2; i++) {
        api = &sides[i];
        works[i].prepare(&works[i]);
        once(&works[i], &digests[i]);
    }
    size_t pairs = 0;
    double start = now(CLOCK_MONOTONIC);
    while (pairs < MIN_PAIRS || (pairs < MAX_PAIRS && now(CLOCK_MONOTONIC) - start < budget)) {
        for (int i = 0; i < 2; i++) {
            int turn = (int)(pairs % 2) ^ i;
            api = &sides[turn];
            times[turn][pairs] = once(&works[turn], NULL);
        }
        ratios[pairs] = times[0][pairs] / times[1][pairs];
        pairs++;
    }
    for (int i = 0; i < 2; i++) {
        api = &sides[i];
        works[i].finish(&works[i]);
    }
    bool same = digests[0] == digests[1];
    char a[16], b[16];
    printf(markdown ? "| %s | %zu | %s | %s | **%.3g** (%.3g – %.3g)%s |\n"
                    : "%-52s %8zu %10s %10s %9.3g (%.3g to %.3g)%s\n",
           description->name, description->n, readable(quantile(times[0], pairs, 0.5), a),
           readable(quantile(times[1], pairs, 0.5), b), quantile(ratios, pairs, 0.5), quantile(ratios, pairs, 0.25),
           quantile(ratios, pairs, 0.75), same ? "" : " DIFFERENT RESULTS");
    fflush(stdout);
    return same;
}

int main(int argc, char **argv) {
    bool quick = false, markdown = false, usage = argc < 3;
    const char *filter = "";
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            quick = true;
        } else if (strcmp(argv[i], "--cpu") == 0) {
            measured_clock = CLOCK_PROCESS_CPUTIME_ID;
        } else if (strcmp(argv[i], "--markdown") == 0) {
            markdown = true;
        } else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            filter = argv[++i];
        } else {
            usage = true;
        }
    }
    if (usage) {
        fprintf(stderr, "usage: abi A.so B.so [--quick] [--cpu] [--filter TEXT] [--markdown]\n");
        return 2;
    }
    side_t sides[2] = {open_side(argv[1]), open_side(argv[2])};
    bool native = sides[0].create_array != NULL || sides[1].create_array != NULL;
    printf("A: %s\nB: %s\n\n", argv[1], argv[2]);
    printf(markdown ? "| work | n | A | B | B is faster by (quartiles) |\n|---|---:|---:|---:|---:|\n"
                    : "%-52s %8s %10s %10s %9s (quartiles)\n",
           "work", "n", "A", "B", "A / B");
    list_workloads(quick);
    bool same = true;
    for (size_t i = 0; i < workloads_count; i++) {
        const work_t *work = &workloads[i];
        if (strstr(work->name, filter) != NULL && (native || work->memory == MALLOC)) {
            same = measure(sides, work, quick ? 0.3 : 2.0, markdown) && same;
        }
    }
    return same ? 0 : 1;
}
