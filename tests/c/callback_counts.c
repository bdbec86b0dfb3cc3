/* How often functions of arrays are called: prints the table of docs/foreign_arrays.md. */
#include <metatensor/arrays.h>
#include <metatensor/operations.h>

#include "support/counted_array.h"

#include <stdbool.h>

static const char *const NAMES[COUNTED] = {
    "as_dlpack", "from_dlpack", "origin", "device", "dtype", "shape", "create", "copy", "move_data", "reshape",
    "swap_axes", "destroy",
};

/* ------------------------------------------------------------------ maps */

enum { ROWS = 3, COLUMNS = 3, COMPONENTS = 2 };

static const int32_t numbers[] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, range[] = {0, 1, 2, 3, 4};
static const char *const k[] = {"k"}, *const c[] = {"c"}, *const p[] = {"p"}, *const t[] = {"t"};
static const char *const st[] = {"s", "t"}, *const sample[] = {"sample", "g"};

/* The labels of all blocks. */
static const mts_labels_t *samples, *gradient_samples, *component, *properties;

static void make_labels(void) {
    samples = counted_labels(st, 2, ROWS, numbers);
    gradient_samples = counted_labels(sample, 2, ROWS, numbers);
    component = counted_labels(c, 1, COMPONENTS, range);
    properties = counted_labels(p, 1, COLUMNS, range);
}

static void free_labels(void) {
    mts_labels_free(samples);
    mts_labels_free(gradient_samples);
    mts_labels_free(component);
    mts_labels_free(properties);
}

/* A block with as many properties as samples. */
static mts_block_t *new_block(bool components, const mts_labels_t *rows, int32_t seed) {
    const uintptr_t shape[] = {ROWS, COMPONENTS, COLUMNS}, flat[] = {ROWS, COLUMNS};
    mts_array_t array = components ? c_array_count(shape, 3, 0) : c_array_count(flat, 2, 0);
    double *elements = (double *)((c_array_t *)array.ptr)->data;
    for (int i = 0; i < ROWS * COLUMNS * (components ? COMPONENTS : 1); i++) elements[i] = 1 + (7 * i * i + seed) % 11;
    mts_block_t *block = mts_block(counted_array(array, VALUES), rows, &component, components, properties);
    CHECK(block != NULL);
    return block;
}

/* What a test needs: two maps with the same labels, and one without components and gradients. */
static mts_tensormap_t *a, *b, *matrix, *with_components;

static mts_tensormap_t *new_map_with(const mts_labels_t *keys, int32_t blocks, bool components, bool gradients) {
    mts_block_t *list[8];
    for (int32_t i = 0; i < blocks; i++) {
        list[i] = new_block(components, samples, i);
        if (gradients) CHECK_OK(mts_block_add_gradient(list[i], "g", new_block(components, gradient_samples, i)));
    }
    return mts_tensormap(keys, list, (uintptr_t)blocks);
}

static mts_tensormap_t *new_map(int32_t blocks, bool components, bool gradients) {
    const mts_labels_t *keys = counted_labels(k, 1, (uintptr_t)blocks, range);
    mts_tensormap_t *map = new_map_with(keys, blocks, components, gradients);
    CHECK(map != NULL);
    mts_labels_free(keys);
    return map;
}

/* ------------------------------------------------------------------ counting */

enum { FEW = 2, MANY = 4, MAX_ROWS = 100 };

/* Calls for maps with FEW or MANY blocks, without and with gradients. */
static int counts[2][2][MAX_ROWS][KINDS][COUNTED];
static char names[MAX_ROWS][96];
static int row, is_many, has_gradients;

/* Starts to count for a call. What is said of it comes after the name of the function. */
static void begin(const char *call, const char *of_it) {
    CHECK(row < MAX_ROWS);
    snprintf(names[row], sizeof names[row], "`%.*s`%s", (int)strcspn(call, "("), call, of_it);
    memset(counted_calls, 0, sizeof counted_calls);
}

/* `given`: how many arrays the library got, from whom it frees them. */
static void end_with(int given_values, int given_labels) {
    for (int kind = 0; kind < KINDS; kind++) {
        const int *now = counted_calls[kind];
        CHECK(now[DELETE_GIVEN] == now[AS_DLPACK] && now[DELETE_KEPT] == now[FROM_DLPACK]);
        int given = kind == VALUES ? given_values : given_labels;
        CHECK(now[DESTROY] == now[FROM_DLPACK] + now[CREATE] + now[COPY] + given);
        memcpy(counts[is_many][has_gradients][row][kind], now, sizeof counted_calls[kind]);
    }
    row++;
}

static void end(void) { end_with(0, 0); }

static mts_tensormap_t *result, *second;
static bool answer;

#define COUNT_OF(of_it, call) do { begin(#call, of_it); CHECK_OK(call); free_results(); end(); } while (0)
#define COUNT(call) COUNT_OF("", call)
/* The same for a function that gives a pointer. */
#define COUNT_MADE(call) do { begin(#call, ""); result = call; CHECK(result != NULL); free_results(); end(); } while (0)

static void free_results(void) {
    mts_tensormap_free(result);
    mts_tensormap_free(second);
    result = second = NULL;
}

static uint8_t *buffer;
static uintptr_t buffer_size;

static uint8_t *grow(void *user_data, uint8_t *old, uintptr_t size) {
    (void)user_data;
    return (uint8_t *)realloc(old, size);
}

static mts_status_t create(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = counted_array(c_array_wrap(c_array_new(dtype, shape, axes)), VALUES);
    return MTS_SUCCESS;
}

static mts_array_t fill(void) { return c_array_scalar(0); }

static void count_labels(void) {
    const mts_labels_t *made;
    begin("mts_labels", "");
    mts_labels_free(counted_labels(p, 1, COLUMNS, range));
    end_with(0, 1);
    const mts_labels_t *others = counted_labels(p, 1, 2, range + 2);
#define COUNT_LABELS(call) do { begin(#call, ""); CHECK_OK(call); mts_labels_free(made); end(); } while (0)
    COUNT_LABELS(mts_labels_union(properties, others, &made, NULL, 0, NULL, 0));
    COUNT_LABELS(mts_labels_intersection(properties, others, &made, NULL, 0, NULL, 0));
    COUNT_LABELS(mts_labels_difference(properties, others, &made, NULL, 0));
    mts_labels_free(others);
}

static void count_functions_of_maps(int32_t blocks, bool gradients) {
    const mts_labels_t *keys = counted_labels(k, 1, (uintptr_t)blocks, range);
    begin("mts_block", ", `mts_block_add_gradient`, `mts_tensormap`");
    result = new_map_with(keys, blocks, false, gradients);
    free_results();
    end_with(blocks * (1 + gradients), 0);
    mts_labels_free(keys);

    COUNT_MADE(mts_tensormap_copy(a));
    COUNT(mts_tensormap_save_buffer(&buffer, &buffer_size, NULL, grow, a));
    begin("mts_tensormap_load_buffer", "");
    result = mts_tensormap_load_buffer(buffer, buffer_size, create);
    CHECK(result != NULL);
    free_results();
    end_with(blocks * (1 + gradients), 0);
    free(buffer);
    buffer = NULL;
    buffer_size = 0;

    const mts_labels_t *moved = counted_labels(k, 1, 0, NULL);
    COUNT_MADE(mts_tensormap_keys_to_samples(a, moved, fill(), true));
    COUNT_MADE(mts_tensormap_keys_to_properties(a, moved, fill(), true));
    COUNT_MADE(mts_tensormap_components_to_properties(with_components, c, 1));
    mts_labels_free(moved);
}

static void count_arithmetic(void) {
    const mts_missing_gradients_t zeros = MTS_MISSING_GRADIENTS_ZEROS;
    COUNT(mts_add(a, b, &result));
    COUNT(mts_add_with(a, b, zeros, &result));
    COUNT(mts_add_scalar(a, 1, &result));
    COUNT(mts_subtract(a, b, &result));
    COUNT(mts_subtract_with(a, b, zeros, &result));
    COUNT(mts_subtract_scalar(a, 1, &result));
    COUNT(mts_multiply(a, b, &result));
    COUNT(mts_multiply_with(a, b, zeros, &result));
    COUNT(mts_multiply_scalar(a, 2, &result));
    COUNT(mts_divide(a, b, &result));
    COUNT(mts_divide_with(a, b, zeros, &result));
    COUNT(mts_divide_scalar(a, 2, &result));
    COUNT(mts_pow(a, 2, &result));
    COUNT(mts_abs(a, &result));
    COUNT(mts_dot(a, matrix, &result));
    COUNT(mts_dot_with(a, matrix, zeros, &result));
    COUNT(mts_lstsq(a, b, NULL, &result));
    COUNT(mts_solve(matrix, matrix, &result));
}

static void count_reductions(void) {
    COUNT(mts_sum_over_samples(a, t, 1, &result));
    COUNT(mts_mean_over_samples(a, t, 1, &result));
    COUNT(mts_var_over_samples(a, t, 1, &result));
    COUNT(mts_std_over_samples(a, t, 1, &result));
    COUNT(mts_sum_over_properties(a, p, 1, &result));
    COUNT(mts_mean_over_properties(a, p, 1, &result));
    COUNT(mts_var_over_properties(a, p, 1, &result));
    COUNT(mts_std_over_properties(a, p, 1, &result));
}

static void count_comparisons(void) {
    const mts_labels_t *labels;
    COUNT(mts_equal(a, b, &answer));
    COUNT(mts_equal_raise(a, b));
    COUNT(mts_allclose(a, b, NULL, &answer));
    COUNT(mts_allclose_raise(a, b, NULL));
    COUNT(mts_equal_metadata(a, b, NULL, &answer));
    COUNT(mts_equal_metadata_raise(a, b, NULL));
    COUNT(mts_is_contiguous(a, &answer));
    begin("mts_unique_metadata", "");
    CHECK_OK(mts_unique_metadata(a, MTS_AXIS_SAMPLES, t, 1, NULL, &labels));
    mts_labels_free(labels);
    end();
}

static void count_structure(int32_t blocks) {
    static const uintptr_t order[] = {1, 0};
    const int32_t halves[2][2] = {{0, 2}, {1, 5}};
    const int32_t *constant = halves[0];
    COUNT(mts_zeros_like(a, NULL, &result));
    COUNT(mts_ones_like(a, NULL, &result));
    COUNT(mts_empty_like(a, NULL, &result));
    COUNT(mts_random_uniform_like(a, NULL, 1, &result));
    COUNT(mts_remove_gradients(a, NULL, &result));
    COUNT(mts_align_gradients(a, b, &result, &second));
    COUNT(mts_make_contiguous(a, &result));

    COUNT_OF(", samples", mts_append_dimension(a, MTS_AXIS_SAMPLES, "new", constant, 1, &result));
    COUNT_OF(", properties", mts_insert_dimension(a, MTS_AXIS_PROPERTIES, 0, "new", constant, 1, &result));
    COUNT_OF(", samples", mts_permute_dimensions(a, MTS_AXIS_SAMPLES, order, 2, &result));
    COUNT_OF(", samples", mts_rename_dimension(a, MTS_AXIS_SAMPLES, "t", "new", &result));
    COUNT_OF(", keys", mts_rename_dimension(a, MTS_AXIS_KEYS, "k", "new", &result));
    COUNT_OF(", samples", mts_remove_dimension(a, MTS_AXIS_SAMPLES, "t", &result));

    const mts_tensormap_t *both[] = {a, b};
    const mts_join_options_t options = {MTS_JOIN_KEYS_ERROR, "new"};
    COUNT_OF(" of two, samples", mts_join(both, 2, MTS_AXIS_SAMPLES, &options, &result));
    COUNT_OF(" of two, properties", mts_join(both, 2, MTS_AXIS_PROPERTIES, &options, &result));
    const mts_missing_gradients_t zeros = MTS_MISSING_GRADIENTS_ZEROS;
    COUNT_OF(" of two, samples", mts_join_with(both, 2, MTS_AXIS_SAMPLES, &options, zeros, &result));

    const mts_labels_t *rows = counted_labels(&st[0], 1, 2, halves[0]);
    const mts_labels_t *others = counted_labels(&st[0], 1, 2, halves[1]);
    const mts_labels_t *columns = counted_labels(p, 1, 2, halves[0]);
    const mts_labels_t *keys = counted_labels(k, 1, 0, NULL), *all = counted_labels(k, 1, (uintptr_t)blocks, range);
    const mts_selection_t of_samples = {rows, NULL, 0}, of_properties = {columns, NULL, 0};
    const mts_selection_t parts[] = {of_samples, {others, NULL, 0}};
    mts_tensormap_t *results[2];
    COUNT_OF(", samples", mts_slice(a, MTS_AXIS_SAMPLES, of_samples, &result));
    COUNT_OF(", properties", mts_slice(a, MTS_AXIS_PROPERTIES, of_properties, &result));
    begin("mts_split", " in two, samples");
    CHECK_OK(mts_split(a, MTS_AXIS_SAMPLES, parts, 2, results));
    mts_tensormap_free(results[0]);
    mts_tensormap_free(results[1]);
    end();
    COUNT_OF(" in another order", mts_sort(a, MTS_SORT_ALL, true, &result));
    COUNT_OF(" in the same order", mts_sort(a, MTS_SORT_ALL, false, &result));
    COUNT(mts_drop_blocks(a, keys, &result));
    COUNT(mts_filter_blocks(a, all, &result));
    COUNT(mts_drop_empty_blocks(a, &result));
    mts_labels_free(rows);
    mts_labels_free(others);
    mts_labels_free(columns);
    mts_labels_free(keys);
    mts_labels_free(all);
}

static void count_all(bool many, bool gradients) {
    int32_t blocks = many ? MANY : FEW;
    row = 0;
    is_many = many;
    has_gradients = gradients;
    make_labels();
    a = new_map(blocks, false, gradients);
    b = new_map(blocks, false, gradients);
    matrix = new_map(blocks, false, false);
    with_components = new_map(blocks, true, gradients);
    count_labels();
    count_functions_of_maps(blocks, gradients);
    count_arithmetic();
    count_reductions();
    count_comparisons();
    count_structure(blocks);
    mts_tensormap_free(a);
    mts_tensormap_free(b);
    mts_tensormap_free(matrix);
    mts_tensormap_free(with_components);
    free_labels();
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* ------------------------------------------------------------------ the table */

/* Calls for each block, and those for the whole map, once. */
typedef struct {
    int per_block[COUNTED], once[COUNTED];
} calls_t;

static calls_t calls_of(bool gradients, int number, int kind) {
    calls_t result;
    for (int i = 0; i < COUNTED; i++) {
        int few = counts[0][gradients][number][kind][i], many = counts[1][gradients][number][kind][i];
        CHECK((many - few) % (MANY - FEW) == 0);
        result.per_block[i] = (many - few) / (MANY - FEW);
        result.once[i] = few - FEW * result.per_block[i];
    }
    return result;
}

static bool print_list(const int *list, const char *before) {
    bool any = false;
    for (int i = 0; i < DESTROY; i++) {
        if (list[i] == 0) continue;
        printf("%s%d %s", any ? ", " : before, list[i], NAMES[i]);
        any = true;
    }
    return any;
}

static void print_calls(const calls_t *printed) {
    bool any = print_list(printed->per_block, " ");
    print_list(printed->once, any ? "; once: " : " once: ");
    printf(" |");
}

int main(void) {
    counted_start();
    for (int many = 0; many < 2; many++) {
        for (int gradients = 0; gradients < 2; gradients++) count_all(many, gradients);
    }
    for (int number = 0; number < row; number++) {
        calls_t plain = calls_of(false, number, VALUES), more = calls_of(true, number, VALUES);
        calls_t labels = calls_of(true, number, LABELS);
        for (int i = 0; i < COUNTED; i++) {
            more.per_block[i] -= plain.per_block[i];
            more.once[i] -= plain.once[i];
        }
        printf("| %s |", names[number]);
        print_calls(&plain);
        print_calls(&more);
        print_calls(&labels);
        printf("\n");
    }
    return EXIT_SUCCESS;
}
