/* What becomes of the info of a map, function by function: KEEPS and DROPS are compared with the header by headers.rs. */
#include "support/c_array.h"
#include "support/check.h"

#include <metatensor/distributed.h>
#include <metatensor/operations.h>
#include <metatensor/products.h>

static void check_info(const mts_tensormap_t *tensor, const char *expected) {
    const char *value;
    CHECK_OK(mts_tensormap_get_info(tensor, "unit", &value));
    if (expected == NULL) {
        const char *const *keys;
        uintptr_t count;
        CHECK(value == NULL);
        CHECK_OK(mts_tensormap_info_keys(tensor, &keys, &count));
        CHECK(count == 0);
    } else {
        CHECK(value != NULL && strcmp(value, expected) == 0);
    }
}

static void check_result(mts_tensormap_t *result, const char *expected) {
    check_info(result, expected);
    CHECK_OK(mts_tensormap_free(result));
}

#define KEEPS(call) do { CHECK_OK(call); check_result(result, "eV"); } while (0)
#define DROPS(call) do { CHECK_OK(call); check_result(result, NULL); } while (0)

/* A vector as a spherical tensor. */
static mts_tensormap_t *spherical_vector(const char *property) {
    static const int32_t key[] = {1, 1}, zero[] = {0}, mu[] = {-1, 0, 1};
    const uintptr_t shape[] = {1, 3, 1};
    const mts_labels_t *samples = c_labels_1("s", 1, zero), *properties = c_labels_1(property, 1, zero);
    const mts_labels_t *component = c_labels_1("o3_mu", 3, mu), *keys = c_labels_2("o3_lambda", "o3_sigma", 1, key);
    mts_block_t *block = mts_block(c_array_count(shape, 3, 1), samples, &component, 1, properties);
    mts_tensormap_t *tensor = mts_tensormap(keys, &block, 1);
    CHECK(tensor != NULL);
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "eV"));
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(component);
    mts_labels_free(keys);
    return tensor;
}

static void products(void) {
    mts_tensormap_t *a = spherical_vector("n"), *b = spherical_vector("m"), *result, *cartesian;
    const char *xyz = "xyz";
    DROPS(mts_contract(a, a, NULL, &result));
    DROPS(mts_contract_metadata(a, a, NULL, &result));
    DROPS(mts_invariants(a, NULL, &result));
    DROPS(mts_invariants_metadata(a, NULL, &result));
    DROPS(mts_cg_product(a, b, "l_1", "l_2", NULL, &result));
    DROPS(mts_cg_product_metadata(a, b, "l_1", "l_2", NULL, &result));
    DROPS(mts_cg_power(a, 1, NULL, &result));
    DROPS(mts_cg_power_metadata(a, 1, NULL, &result));
    mts_cg_product_t *product;
    CHECK_OK(mts_cg_product_prepare("l_1", "l_2", NULL, &product));
    DROPS(mts_cg_product_compute(product, a, b, &result));
    CHECK_OK(mts_cg_product_free(product));
    KEEPS(mts_spherical_to_cartesian(a, &xyz, 1, &result));
    CHECK_OK(mts_spherical_to_cartesian(a, &xyz, 1, &cartesian));
    KEEPS(mts_cartesian_to_spherical(cartesian, &xyz, 1, &result));
    CHECK_OK(mts_tensormap_free(cartesian));
    CHECK_OK(mts_tensormap_free(a));
    CHECK_OK(mts_tensormap_free(b));
}

/* Those of several ranks, of which there is one here. */
static void ranks(void) {
    mts_communicator_t *alone;
    mts_tensormap_t *tensor = c_tensor(), *result;
    CHECK_OK(mts_communicator_single(&alone));
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "eV"));
    KEEPS(mts_collective_broadcast(alone, 0, tensor, &result));
    KEEPS(mts_collective_gather(alone, 0, tensor, MTS_ORDER_SOURCE, &result));
    KEEPS(mts_collective_all_gather(alone, tensor, MTS_ORDER_SOURCE, &result));
    mts_partition_t rows;
    memset(&rows, 0, sizeof rows);
    KEEPS(mts_collective_scatter(alone, 0, tensor, &rows, &result));
    KEEPS(mts_collective_redistribute(alone, tensor, &rows, MTS_ORDER_SOURCE, &result));
    CHECK_OK(mts_tensormap_save("ranks.mts", tensor));
    KEEPS(mts_collective_load(alone, "ranks.mts", &rows, NULL, &result));

    const char *s = "s";
    DROPS(mts_collective_all_reduce(alone, tensor, &result));
    DROPS(mts_collective_sum_by_labels(alone, tensor, NULL, &result));
    DROPS(mts_collective_sum_over_samples(alone, tensor, &s, 1, MTS_SUM_ORDER_RANKS, NULL, &result));
    DROPS(mts_collective_mean_over_samples(alone, tensor, &s, 1, MTS_SUM_ORDER_LABELS, &rows, &result));
    DROPS(mts_collective_var_over_samples(alone, tensor, &s, 1, NULL, &result));
    DROPS(mts_collective_std_over_samples(alone, tensor, &s, 1, NULL, &result));
    DROPS(mts_collective_lstsq(alone, tensor, tensor, NULL, &result));
    mts_tensormap_t *other;
    DROPS(mts_collective_normal_equations(alone, tensor, tensor, &result, &other));
    check_result(other, NULL);
    CHECK_OK(mts_tensormap_free(tensor));
    CHECK_OK(mts_communicator_free(alone));
}

int main(void) {
    products();
    ranks();
    static const int32_t zero[] = {0};
    const char *s = "s", *p = "p";
    const uintptr_t order[] = {0};
    mts_tensormap_t *result, *other = c_tensor(), *tensor = c_tensor();
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "eV"));
    CHECK_OK(mts_tensormap_set_info(other, "unit", "Ry"));

    DROPS(mts_abs(tensor, &result));
    DROPS(mts_add(tensor, other, &result));
    DROPS(mts_add_scalar(tensor, 1, &result));
    DROPS(mts_subtract(tensor, other, &result));
    DROPS(mts_subtract_scalar(tensor, 1, &result));
    DROPS(mts_multiply(tensor, other, &result));
    DROPS(mts_multiply_scalar(tensor, 2, &result));
    DROPS(mts_divide(tensor, other, &result));
    DROPS(mts_divide_scalar(tensor, 2, &result));
    DROPS(mts_pow(tensor, 1, &result));

    DROPS(mts_add_with(tensor, other, MTS_MISSING_GRADIENTS_ZEROS, &result));
    DROPS(mts_subtract_with(tensor, other, MTS_MISSING_GRADIENTS_ZEROS, &result));
    DROPS(mts_multiply_with(tensor, other, MTS_MISSING_GRADIENTS_ZEROS, &result));
    DROPS(mts_divide_with(tensor, other, MTS_MISSING_GRADIENTS_ZEROS, &result));
    DROPS(mts_dot_with(tensor, other, MTS_MISSING_GRADIENTS_ZEROS, &result));

    KEEPS(mts_zeros_like(tensor, NULL, &result));
    KEEPS(mts_ones_like(tensor, NULL, &result));
    KEEPS(mts_empty_like(tensor, NULL, &result));
    KEEPS(mts_random_uniform_like(tensor, NULL, 1, &result));
    KEEPS(mts_remove_gradients(tensor, NULL, &result));

    KEEPS(mts_append_dimension(tensor, MTS_AXIS_KEYS, "new", zero, 1, &result));
    KEEPS(mts_insert_dimension(tensor, MTS_AXIS_SAMPLES, 0, "new", zero, 1, &result));
    KEEPS(mts_permute_dimensions(tensor, MTS_AXIS_PROPERTIES, order, 1, &result));
    KEEPS(mts_rename_dimension(tensor, MTS_AXIS_KEYS, "k", "new", &result));
    mts_tensormap_t *wide;
    CHECK_OK(mts_append_dimension(tensor, MTS_AXIS_SAMPLES, "new", zero, 1, &wide));
    KEEPS(mts_remove_dimension(wide, MTS_AXIS_SAMPLES, "new", &result));
    mts_tensormap_free(wide);

    const mts_tensormap_t *tensors[] = {tensor, other};
    const mts_join_options_t options = {MTS_JOIN_KEYS_ERROR, "new"};
    DROPS(mts_join(tensors, 2, MTS_AXIS_SAMPLES, &options, &result));
    DROPS(mts_join_with(tensors, 2, MTS_AXIS_SAMPLES, &options, MTS_MISSING_GRADIENTS_ZEROS, &result));
    /* the only map */
    CHECK_OK(mts_join(tensors, 1, MTS_AXIS_SAMPLES, NULL, &result));
    check_result(result, "eV");

    DROPS(mts_dot(tensor, other, &result));
    DROPS(mts_lstsq(tensor, other, NULL, &result));
    DROPS(mts_solve(tensor, other, &result));

    DROPS(mts_sum_over_samples(tensor, &s, 1, &result));
    DROPS(mts_mean_over_samples(tensor, &s, 1, &result));
    DROPS(mts_var_over_samples(tensor, &s, 1, &result));
    DROPS(mts_std_over_samples(tensor, &s, 1, &result));
    DROPS(mts_sum_over_properties(tensor, &p, 1, &result));
    DROPS(mts_mean_over_properties(tensor, &p, 1, &result));
    DROPS(mts_var_over_properties(tensor, &p, 1, &result));
    DROPS(mts_std_over_properties(tensor, &p, 1, &result));

    const mts_labels_t *key = c_labels_1("k", 1, zero), *samples = c_labels_1("s", 1, zero);
    KEEPS(mts_drop_blocks(tensor, key, &result));
    KEEPS(mts_filter_blocks(tensor, key, &result));
    KEEPS(mts_drop_empty_blocks(tensor, &result));
    const mts_selection_t selection = {samples, NULL, 0};
    KEEPS(mts_slice(tensor, MTS_AXIS_SAMPLES, selection, &result));
    KEEPS(mts_split(tensor, MTS_AXIS_SAMPLES, &selection, 1, &result));
    KEEPS(mts_sort(tensor, MTS_SORT_ALL, true, &result));
    KEEPS(mts_make_contiguous(tensor, &result));

    mts_tensormap_t *second;
    KEEPS(mts_align_gradients(tensor, other, &result, &second));
    check_result(second, "Ry");

    /* those that give a pointer */
    const mts_labels_t *moved = c_labels_1("k", 0, NULL);
    result = mts_tensormap_keys_to_samples(tensor, moved, c_array_scalar(0), true);
    CHECK(result != NULL);
    check_result(result, "eV");
    result = mts_tensormap_keys_to_properties(tensor, moved, c_array_scalar(0), true);
    CHECK(result != NULL);
    check_result(result, "eV");
    result = mts_tensormap_components_to_properties(tensor, NULL, 0);
    CHECK(result != NULL);
    check_result(result, "eV");
    result = mts_tensormap_copy(tensor);
    CHECK(result != NULL);
    check_result(result, "eV");
    mts_labels_free(moved);

    mts_labels_free(key);
    mts_labels_free(samples);
    mts_tensormap_free(tensor);
    mts_tensormap_free(other);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
