/* Products by labels, of spherical tensors, forces: what they give, what they refuse, and who owns it. */
#include "support/c_array.h"
#include "support/check.h"

#include <metatensor/arrays.h>
#include <metatensor/operations.h>
#include <metatensor/products.h>
#include <metatensor/shortcuts.h>

#include <math.h>

static const DLDataType float64 = {kDLFloat, 64, 1};

static const mts_labels_t *table(const char *const *names, uintptr_t size, const int32_t *rows, uintptr_t count) {
    const mts_labels_t *labels = mts_labels_from_table(names, size, rows, count);
    CHECK(labels != NULL);
    return labels;
}

static const mts_labels_t *range(const char *name, int32_t first, uintptr_t count) {
    int32_t rows[8];
    CHECK(count <= 8);
    for (uintptr_t i = 0; i < count; i++) rows[i] = first + (int32_t)i;
    return table(&name, 1, rows, count);
}

/* A block with the elements at `values`, which outlive it; labels are released. */
static mts_block_t *block_of(double *values, const mts_labels_t *samples, const mts_labels_t *const *components,
    uintptr_t components_count, const mts_labels_t *properties) {
    uintptr_t shape[4], axes = 0;
    const mts_labels_t *all[4];
    all[axes++] = samples;
    for (uintptr_t i = 0; i < components_count; i++) all[axes++] = components[i];
    all[axes++] = properties;
    for (uintptr_t axis = 0; axis < axes; axis++) {
        const int32_t *rows;
        uintptr_t size;
        CHECK_OK(mts_labels_values_cpu(all[axis], &rows, &shape[axis], &size));
    }
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(values, shape, axes, NULL, float64, NULL, NULL, &array));
    mts_block_t *block = mts_block(array, samples, components, components_count, properties);
    CHECK(block != NULL);
    for (uintptr_t axis = 0; axis < axes; axis++) mts_labels_free(all[axis]);
    return block;
}

static mts_tensormap_t *map_of(mts_block_t *block, const char *const *names, uintptr_t size, const int32_t *key) {
    const mts_labels_t *keys = table(names, size, key, 1);
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1);
    CHECK(map != NULL);
    mts_labels_free(keys);
    return map;
}

static void check_labels(const mts_block_t *block, uintptr_t axis, const mts_labels_t *expected) {
    const mts_labels_t *labels = mts_block_labels(block, axis);
    bool equal;
    CHECK(labels != NULL);
    char *text = mts_labels_to_string(labels, 100), *other = mts_labels_to_string(expected, 100);
    equal = strcmp(text, other) == 0;
    CHECK(equal);
    mts_string_free(text);
    mts_string_free(other);
    mts_labels_free(labels);
    mts_labels_free(expected);
}

static void check_elements(const mts_block_t *block, uintptr_t count, const double *expected) {
    mts_array_t array;
    const uintptr_t *shape;
    uintptr_t axes, elements = 1;
    CHECK_OK(mts_block_data((mts_block_t *)block, &array));
    CHECK_OK(array.shape(array.ptr, &shape, &axes));
    for (uintptr_t axis = 0; axis < axes; axis++) elements *= shape[axis];
    CHECK(elements == count);
    uintptr_t lengths[4];
    memcpy(lengths, shape, axes * sizeof lengths[0]);
    const double *found = mts_block_elements(block, float64, lengths, axes);
    CHECK(found != NULL);
    for (uintptr_t i = 0; i < count; i++) CHECK(fabs(found[i] - expected[i]) < 1e-14);
}

static const char *const ATOM_ROWS[] = {"sample", "system", "atom"};

/* The energy of two atoms in the system 5, which may be a block of a map. */
static mts_block_t *energy(void) {
    static double value[] = {6}, positions[] = {1, 2, 3, 4, 5, 6}, strain[] = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                  cell[] = {1, 0, 0, 0, 1, 0, 0, 2, 1};
    static const int32_t rows[][3] = {{0, 5, 1}, {0, 5, 0}};
    mts_block_t *block = block_of(value, range("system", 5, 1), NULL, 0, range("energy", 0, 1));
    const mts_labels_t *xyz = range("xyz", 0, 3);
    mts_block_t *gradient = block_of(positions, table(ATOM_ROWS, 3, rows[0], 2), &xyz, 1, range("energy", 0, 1));
    CHECK_OK(mts_block_add_gradient(block, "positions", gradient));
    const mts_labels_t *axes[] = {range("xyz_2", 0, 3), range("xyz_1", 0, 3)};
    gradient = block_of(strain, range("sample", 0, 1), axes, 2, range("energy", 0, 1));
    CHECK_OK(mts_block_add_gradient(block, "strain", gradient));
    const mts_labels_t *vectors[] = {range("xyz", 0, 3), range("abc", 0, 3)};
    gradient = block_of(cell, range("sample", 0, 1), vectors, 2, range("energy", 0, 1));
    CHECK_OK(mts_block_add_gradient(block, "cell", gradient));
    return block;
}

static void forces_are_for_atoms(void) {
    static const int32_t atoms_rows[][2] = {{5, 0}, {5, 2}, {5, 1}};
    static const double expected[] = {-4, -5, -6, 0, 0, 0, -1, -2, -3}, sorted[] = {-4, -5, -6, -1, -2, -3};
    const char *const names[] = {"system", "atom"}, *k = "k";
    const int32_t key = 3;
    mts_tensormap_t *map = map_of(energy(), &k, 1, &key);
    mts_block_t *block, *forces;
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));

    const mts_labels_t *atoms = table(names, 2, atoms_rows[0], 3);
    CHECK_OK(mts_forces(map, atoms, &forces));
    check_elements(forces, 9, expected);
    check_labels(forces, 0, table(names, 2, atoms_rows[0], 3));
    check_labels(forces, 1, range("xyz", 0, 3));
    check_labels(forces, 2, range("force", 0, 1));
    CHECK_OK(mts_block_free(forces));
    CHECK_OK(mts_forces_block(block, NULL, &forces));
    check_elements(forces, 6, sorted);
    CHECK_OK(mts_block_free(forces));
    mts_labels_free(atoms);

    atoms = table(names, 2, atoms_rows[0], 2);
    FILL_WITH_GARBAGE(forces);
    CHECK_STATUS(mts_forces(map, atoms, &forces), MTS_INVALID_PARAMETER_ERROR,
        "forces: block (k=3): gradient 'positions': row 0 is about the atom (system=5, atom=1), which is not one of "
        "those given");
    CHECK(forces == NULL);
    mts_labels_free(atoms);
    CHECK_OK(mts_tensormap_free(map));
}

static void virials_are_for_systems(void) {
    static const double expected[] = {-1, -2, -3, -4, -5, -6, -7, -8, -9}, stresses[] = {0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5};
    const char *k = "k";
    const int32_t key = 3;
    mts_tensormap_t *map = map_of(energy(), &k, 1, &key);
    mts_block_t *block, *virial, *other, *stress;
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));
    CHECK_OK(mts_virial(map, NULL, &virial));
    check_elements(virial, 9, expected);
    check_labels(virial, 0, range("system", 5, 1));
    check_labels(virial, 1, range("xyz_2", 0, 3));
    check_labels(virial, 2, range("xyz_1", 0, 3));
    const mts_labels_t *systems = range("system", 5, 1);
    CHECK_OK(mts_virial_block(block, systems, &other));
    check_elements(other, 9, expected);
    CHECK_OK(mts_block_free(other));
    mts_labels_free(systems);

    systems = range("system", 4, 3);
    const double volumes[] = {1, 2, 3}, wrong[] = {1, 0, 3};
    CHECK_OK(mts_stress(virial, systems, volumes, 3, &stress));
    check_elements(stress, 9, stresses);
    CHECK_OK(mts_block_free(stress));
    CHECK_STATUS(mts_stress(virial, systems, volumes, 2, &stress), MTS_INVALID_PARAMETER_ERROR,
        "expected one volume for each of 3 systems, got 2");
    CHECK_STATUS(mts_stress(virial, systems, wrong, 3, &stress), MTS_INVALID_PARAMETER_ERROR,
        "the volume of the system 5 must be positive and finite, got 0");
    CHECK(stress == NULL);
    mts_labels_free(systems);
    CHECK_OK(mts_block_free(virial));

    /* - r F - h dE/dh, with r = (0, 1, 0) and (0, 0, 2), and h the unit matrix */
    static double r[] = {0, 1, 0, 0, 0, 2}, h[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const double from_cell[] = {-1, 0, 0, -4, -6, -6, -2, -6, -7};
    static const int32_t rows[][2] = {{5, 0}, {5, 1}};
    const char *const names[] = {"system", "atom"};
    const mts_labels_t *xyz = range("xyz", 0, 3), *vectors[] = {range("abc", 0, 3), range("xyz", 0, 3)};
    mts_block_t *positions = block_of(r, table(names, 2, rows[0], 2), &xyz, 1, range("position", 0, 1));
    mts_block_t *cells = block_of(h, range("system", 5, 1), vectors, 2, range("cell", 0, 1));
    CHECK_OK(mts_virial_from_cell(map, positions, cells, &virial));
    check_elements(virial, 9, from_cell);
    CHECK_OK(mts_block_free(virial));
    CHECK_OK(mts_virial_from_cell_block(block, positions, cells, &virial));
    check_elements(virial, 9, from_cell);
    CHECK_OK(mts_block_free(virial));
    CHECK_OK(mts_block_free(positions));
    CHECK_OK(mts_block_free(cells));
    CHECK_OK(mts_tensormap_free(map));
}

static const char *const SPHERICAL[] = {"o3_lambda", "o3_sigma"};

/* A map of one vector, as a spherical tensor: y, z and x. */
static mts_tensormap_t *vector(double *values, const char *property) {
    static const int32_t key[] = {1, 1};
    const mts_labels_t *mu = range("o3_mu", -1, 3);
    return map_of(block_of(values, range("atom", 0, 1), &mu, 1, range(property, 0, 1)), SPHERICAL, 2, key);
}

static void vectors_can_be_spherical(void) {
    static double yzx[] = {2, 3, 1};
    static const double xyz[] = {1, 2, 3};
    const char *component = "xyz";
    mts_tensormap_t *spherical = vector(yzx, "p"), *cartesian, *back;
    mts_block_t *block;
    CHECK_OK(mts_tensormap_set_info(spherical, "unit", "eV"));
    CHECK_OK(mts_spherical_to_cartesian(spherical, &component, 1, &cartesian));
    CHECK_OK(mts_tensormap_block_by_id(cartesian, &block, 0));
    check_elements(block, 3, xyz);
    check_labels(block, 1, range("xyz", 0, 3));
    const char *unit;
    CHECK_OK(mts_tensormap_get_info(cartesian, "unit", &unit));
    CHECK(unit != NULL && strcmp(unit, "eV") == 0);
    CHECK_OK(mts_cartesian_to_spherical(cartesian, &component, 1, &back));
    CHECK_OK(mts_tensormap_block_by_id(back, &block, 0));
    check_elements(block, 3, yzx);
    CHECK_OK(mts_tensormap_free(back));
    CHECK_STATUS(mts_cartesian_to_spherical(spherical, &component, 1, &back), MTS_INVALID_PARAMETER_ERROR,
        "cartesian_to_spherical: the keys have a dimension 'o3_lambda'");
    CHECK(back == NULL);
    CHECK_OK(mts_tensormap_free(cartesian));
    CHECK_OK(mts_tensormap_free(spherical));
}

static void contractions_match_and_add_up(void) {
    static double a[] = {1, 2, 3}, b[] = {4, 5, 6};
    static const double outer[] = {32}, product[] = {4, 10, 18};
    mts_tensormap_t *x = vector(a, "p"), *y = vector(b, "p"), *result;
    mts_block_t *first, *second, *block;
    CHECK_OK(mts_tensormap_block_by_id(x, &first, 0));
    CHECK_OK(mts_tensormap_block_by_id(y, &second, 0));
    CHECK_OK(mts_contract(x, y, NULL, &result));
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    check_elements(block, 3, product);
    CHECK_OK(mts_tensormap_free(result));

    const char *mu = "o3_mu";
    const mts_names_t names = {&mu, 1}, nothing = {NULL, 0};
    mts_contract_options_t options = MTS_CONTRACT_OPTIONS_INIT;
    options.contracted_components = &names;
    options.matched_properties = &nothing;
    options.first_suffix = "_a";
    CHECK_OK(mts_contract_block(first, second, &options, &block));
    check_elements(block, 1, outer);
    const char *const pairs[] = {"p_a", "p_2"};
    static const int32_t zeros[] = {0, 0};
    check_labels(block, 1, table(pairs, 2, zeros, 1));
    CHECK_OK(mts_block_free(block));

    /* labels, and no elements */
    uint64_t bytes, of_block;
    CHECK_OK(mts_contract_metadata(x, y, &options, &result));
    CHECK_OK(mts_estimate_bytes(result, &bytes));
    CHECK_OK(mts_contract_metadata_block(first, second, &options, &block));
    CHECK_OK(mts_estimate_bytes_block(block, &of_block));
    CHECK(bytes > of_block && of_block >= sizeof(double));
    check_labels(block, 1, table(pairs, 2, zeros, 1));
    uintptr_t shape[] = {1, 1};
    CHECK_NULL(mts_block_elements(block, float64, shape, 2), "no elements");
    CHECK_OK(mts_block_free(block));
    CHECK_OK(mts_tensormap_free(result));

    options.max_bytes = of_block - 1;
    FILL_WITH_GARBAGE(block);
    CHECK_STATUS(mts_contract_block(first, second, &options, &block), MTS_UNSUPPORTED_ERROR, "'max_bytes'");
    CHECK(block == NULL);
    options.max_bytes = of_block;
    CHECK_OK(mts_contract_block(first, second, &options, &block));
    CHECK_OK(mts_block_free(block));
    options.samples = 7;
    CHECK_STATUS(mts_contract(x, y, &options, &result), MTS_INVALID_PARAMETER_ERROR,
        "mts_contract: 'samples' must be one of the MTS_SAMPLE_PAIRS_ values, got 7");
    CHECK(result == NULL);
    options.samples = MTS_SAMPLE_PAIRS_UNION;
    options.second_suffix = "\xff";
    CHECK_STATUS(mts_contract(x, y, &options, &result), MTS_INVALID_PARAMETER_ERROR, "'second_suffix' must be text");
    CHECK_OK(mts_tensormap_free(x));
    CHECK_OK(mts_tensormap_free(y));
}

static void spherical_tensors_are_multiplied(void) {
    static double a[] = {1, 2, 3}, b[] = {4, 5, 6};
    const double scalar[] = {-32 / sqrt(3)}, square[] = {-14 / sqrt(3)}, plain[] = {14};
    mts_tensormap_t *x = vector(a, "n"), *y = vector(b, "m"), *result, *metadata;
    mts_block_t *block;
    const mts_labels_t *keys, *lambda = range("o3_lambda", 0, 1);
    const int32_t *rows;
    uintptr_t count, size;

    CHECK_OK(mts_cg_product(x, y, "l_1", "l_2", NULL, &result));
    keys = mts_tensormap_keys(result);
    CHECK_OK(mts_labels_values_cpu(keys, &rows, &count, &size));
    CHECK(count == 3 && size == 4);
    mts_labels_free(keys);
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    check_elements(block, 1, scalar);
    CHECK_OK(mts_tensormap_free(result));

    mts_cg_options_t options = MTS_CG_OPTIONS_INIT;
    options.selected_keys = lambda;
    CHECK_OK(mts_cg_product_metadata(x, y, "l_1", "l_2", &options, &metadata));
    mts_cg_product_t *product;
    CHECK_OK(mts_cg_product_prepare("l_1", "l_2", &options, &product));
    for (int turn = 0; turn < 2; turn++) {
        bool equal;
        CHECK_OK(mts_cg_product_compute(product, x, y, &result));
        CHECK_OK(mts_equal_metadata(result, metadata, NULL, &equal));
        CHECK(equal);
        CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
        check_elements(block, 1, scalar);
        CHECK_OK(mts_tensormap_free(result));
    }
    CHECK_OK(mts_cg_product_free(product));
    CHECK_OK(mts_cg_product_free(NULL));
    CHECK_OK(mts_tensormap_free(metadata));
    CHECK_STATUS(mts_cg_product_prepare("l_1", "l_1", NULL, &product), MTS_INVALID_PARAMETER_ERROR, "l_1");
    CHECK(product == NULL);
    options.max_bytes = 1;
    CHECK_STATUS(mts_cg_product(x, y, "l_1", "l_2", &options, &result), MTS_UNSUPPORTED_ERROR, "'max_bytes'");

    mts_cg_power_options_t power = MTS_CG_POWER_OPTIONS_INIT;
    power.selected_keys = lambda;
    CHECK_OK(mts_cg_power(x, 1, &power, &result));
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    check_elements(block, 1, square);
    CHECK_OK(mts_tensormap_free(result));
    CHECK_OK(mts_cg_power_metadata(x, 2, NULL, &metadata));
    CHECK_OK(mts_cg_power(x, 2, NULL, &result));
    bool equal;
    CHECK_OK(mts_equal_metadata(result, metadata, NULL, &equal));
    CHECK(equal);
    CHECK_OK(mts_tensormap_free(result));
    CHECK_OK(mts_tensormap_free(metadata));
    CHECK_STATUS(mts_cg_power(x, 0, NULL, &result), MTS_INVALID_PARAMETER_ERROR, "cg_power");

    CHECK_OK(mts_invariants(x, NULL, &result));
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    check_elements(block, 1, square);
    CHECK_OK(mts_tensormap_free(result));
    mts_invariants_options_t invariants = MTS_INVARIANTS_OPTIONS_INIT;
    invariants.normalisation = MTS_NORMALISATION_NONE;
    invariants.pairs = MTS_NEIGHBOR_PAIRS_ALL;
    CHECK_OK(mts_invariants_metadata(x, &invariants, &metadata));
    CHECK_OK(mts_invariants(x, &invariants, &result));
    CHECK_OK(mts_equal_metadata(result, metadata, NULL, &equal));
    CHECK(equal);
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    check_elements(block, 1, plain);
    CHECK_OK(mts_tensormap_free(result));
    CHECK_OK(mts_tensormap_free(metadata));
    invariants.pairs = 2;
    CHECK_STATUS(mts_invariants(x, &invariants, &result), MTS_INVALID_PARAMETER_ERROR,
        "mts_invariants: 'pairs' must be one of the MTS_NEIGHBOR_PAIRS_ values, got 2");
    invariants.normalisation = 5;
    CHECK_STATUS(mts_invariants(x, &invariants, &result), MTS_INVALID_PARAMETER_ERROR,
        "mts_invariants: 'normalisation' must be one of the MTS_NORMALISATION_ values, got 5");

    mts_labels_free(lambda);
    CHECK_OK(mts_tensormap_free(x));
    CHECK_OK(mts_tensormap_free(y));
}

int main(void) {
    forces_are_for_atoms();
    virials_are_for_systems();
    vectors_can_be_spherical();
    contractions_match_and_add_up();
    spherical_tensors_are_multiplied();
    return EXIT_SUCCESS;
}
