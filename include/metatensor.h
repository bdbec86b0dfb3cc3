/** @file
 * Labels, blocks and maps, compatible with the C interface of metatensor 0.2.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_H
#define METATENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "metatensor/dlpack/dlpack.h"
#include "metatensor/version.h"


/**
 * What a function tells about its success.
 *
 * Functions that give a pointer instead of a status return NULL where another one would return
 * something else than `MTS_SUCCESS`. In both cases, `mts_last_error` has a message, which starts with the kind of
 * the error: `invalid parameter: `, `io error: ` for `MTS_IO_ERROR`, `serialization format error: ` for
 * `MTS_SERIALIZATION_ERROR`, ...; except for errors of callbacks, whose messages are their own.
 */
enum mts_status_t
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The function did what it says.
     */
    MTS_SUCCESS = 0,
    /**
     * A parameter, or the combination of several, can not be used.
     */
    MTS_INVALID_PARAMETER_ERROR = 1,
    /**
     * The operating system refused to read or write a file.
     */
    MTS_IO_ERROR = 2,
    /**
     * The content of a file or buffer is not what it should be.
     */
    MTS_SERIALIZATION_ERROR = 3,
    /**
     * A buffer given by the caller does not have the right size.
     */
    MTS_BUFFER_SIZE_ERROR = 4,
    /**
     * Two objects that an operation needs to be alike are not. (Not in metatensor 0.2)
     */
    MTS_NOT_EQUAL_ERROR = 16,
    /**
     * A valid request that this library can not fulfil. (Not in metatensor 0.2)
     */
    MTS_UNSUPPORTED_ERROR = 17,
    /**
     * A linear system without a usable solution. (Not in metatensor 0.2)
     */
    MTS_LINALG_ERROR = 18,
    /**
     * Processes can not reach each other any more. (Not in metatensor 0.2)
     */
    MTS_COMMUNICATION_ERROR = 19,
    /**
     * A function given by the caller failed, for example one of those in an `mts_array_t`. The
     * message and the data that it gave to `mts_set_last_error` are those of the last error.
     */
    MTS_CALLBACK_ERROR = 254,
    /**
     * There is a bug in this library.
     */
    MTS_INTERNAL_ERROR = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum mts_status_t mts_status_t;
#else
typedef int32_t mts_status_t;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A block: an n-dimensional array with labels for each axis (samples, any number of components,
 * properties), and gradients of this array with respect to any number of parameters, which are blocks
 * themselves.
 *
 * The functions that take a pointer to a constant block can be called from several threads at the same time.
 */
typedef struct mts_block_t mts_block_t;

/**
 * Labels: a table of 32-bit integers with named columns (called dimensions) and distinct rows, which says
 * what the entries along one axis of an array are.
 *
 * Labels never change. They can be used from several threads at the same time, and be freed on another
 * thread than the one that made them.
 */
typedef struct mts_labels_t mts_labels_t;

/**
 * A map: labels called keys, and one block for each of them. All blocks have the same structure: the same
 * names for samples, components, properties and gradients.
 *
 * The functions that take a pointer to a constant map can be called from several threads at the same time.
 */
typedef struct mts_tensormap_t mts_tensormap_t;

/**
 * Number standing for a kind of array: numpy arrays, torch tensors, arrays of this library, ...
 */
typedef uint64_t mts_data_origin_t;

/**
 * Some properties of one sample, for all components, to be copied from one array to another.
 */
typedef struct mts_data_movement_t {
    /**
     * position of the sample in the input
     */
    uintptr_t sample_in;
    /**
     * position of the sample in the output
     */
    uintptr_t sample_out;
    /**
     * first property in the input
     */
    uintptr_t properties_start_in;
    /**
     * first property in the output
     */
    uintptr_t properties_start_out;
    /**
     * number of properties to copy
     */
    uintptr_t properties_length;
} mts_data_movement_t;

/**
 * An n-dimensional array of any kind: some data and the functions that know what to do with it.
 *
 * Arrays can live in the memory of any library, or on any device. Blocks and labels *take ownership* of
 * the arrays they are made with, and only ever use them through these functions. All of the functions
 * get `ptr` as their first parameter, and return `MTS_SUCCESS`; or, after giving a message to
 * `mts_set_last_error`, `MTS_CALLBACK_ERROR`.
 *
 * Functions can be NULL if they are never needed: a program which only makes blocks and reads them back
 * needs `origin`, `device`, `dtype`, `shape` and `as_dlpack`. If one is missing, the function of this
 * library which needs it fails, and says so.
 *
 * Shape, type and device are those that the array has when a block is made with it: what looks at elements, or moves
 * them, fails if shape or type are others then, or if the tensor of `as_dlpack` has others. Elements can be of any type
 * and start at any address. `docs/foreign_arrays.md` says which functions are called for what, and how often.
 *
 * Functions are called on the thread that called this library. Arrays can be moved from one thread to
 * another, and several threads may use an array at the same time, without changing it.
 */
typedef struct mts_array_t {
    /**
     * The data, given to all of the functions.
     */
    void *ptr;
    /**
     * Release the array. If this is NULL the array is a view of something that outlives it.
     */
    void (*destroy)(void *array);
    /**
     * Get the kind of this array, made with `mts_register_data_origin`. Arrays of one kind have to
     * understand each other in `move_data`.
     */
    mts_status_t (*origin)(const void *array, mts_data_origin_t *origin);
    /**
     * Get the device that the elements are on.
     */
    mts_status_t (*device)(const void *array, DLDevice *device);
    /**
     * Get the type of the elements.
     */
    mts_status_t (*dtype)(const void *array, DLDataType *dtype);
    /**
     * Share the elements on `device` as a DLPack tensor. If `device` is not where the elements are, this
     * can be a copy, or fail.
     *
     * `stream` is a stream of the device to synchronize with, as in the `__dlpack__` function of the
     * Python array API, or NULL for the default. `max_version` is the newest version of DLPack that the
     * caller understands. The caller *takes ownership* of the tensor, and will call its deleter before
     * the array is destroyed.
     */
    mts_status_t (*as_dlpack)(void *array,
                              DLManagedTensorVersioned **dl_managed_tensor,
                              DLDevice device,
                              const int64_t *stream,
                              DLPackVersion max_version);
    /**
     * Make a new array of this kind on top of a DLPack tensor, *taking ownership* of the tensor. It can
     * have another type and be on another device than this array.
     *
     * The new array has the shape and type of the tensor, and is on the same device, unless it does not keep
     * the tensor: if the deleter was called when this function returns, the array is asked what it is.
     */
    mts_status_t (*from_dlpack)(const void *array,
                                DLManagedTensorVersioned *dl_managed_tensor,
                                struct mts_array_t *new_array);
    /**
     * Get the length of each axis. For an array without axes, `shape` is set to NULL. The memory it is
     * set to *is borrowed* from the array, and must stay valid until the array changes.
     */
    mts_status_t (*shape)(const void *array, const uintptr_t **shape, uintptr_t *shape_count);
    /**
     * Give the same elements, in row-major order, another shape.
     */
    mts_status_t (*reshape)(void *array, const uintptr_t *shape, uintptr_t shape_count);
    /**
     * Exchange two axes.
     */
    mts_status_t (*swap_axes)(void *array, uintptr_t axis_1, uintptr_t axis_2);
    /**
     * Make a new array of the same kind, type and device with another shape, all elements being equal to
     * the one of `fill_value`, an array without axes. This function *takes ownership* of `fill_value`:
     * it has to call `fill_value.destroy`, unless this is NULL.
     */
    mts_status_t (*create)(const void *array,
                           const uintptr_t *shape,
                           uintptr_t shape_count,
                           struct mts_array_t fill_value,
                           struct mts_array_t *new_array);
    /**
     * Make a copy of this array, of the same kind, on `device`.
     */
    mts_status_t (*copy)(const void *array, DLDevice device, struct mts_array_t *new_array);
    /**
     * Copy parts of `input`, an array of the same kind and type, to places in this array. For each of the
     * movements, this is `output[sample_out, ..., properties_start_out + i] = input[sample_in, ...,
     * properties_start_in + i]` for `i` up to `properties_length`, and for all components.
     */
    mts_status_t (*move_data)(void *output,
                              const void *input,
                              const struct mts_data_movement_t *movements,
                              uintptr_t movements_count);
} mts_array_t;

/**
 * Function making a buffer larger: `realloc`, with `user_data` before its parameters.
 *
 * `ptr` is the buffer, or NULL for a new one, and `new_size` its new size in bytes. The function returns the
 * buffer, which may have moved; or NULL if there is no memory.
 */
typedef uint8_t *(*mts_realloc_buffer_t)(void *user_data, uint8_t *ptr, uintptr_t new_size);

/**
 * Function making an empty array for the values of a block that is being loaded.
 *
 * `shape` has `shape_count` entries. The array must be in main memory and contiguous, and its
 * `as_dlpack` function must give access to its own memory: this is where the values are written to. A tensor
 * that is read-only, is flagged as a copy, or has elements that overlap is an error.
 *
 * It should return `MTS_SUCCESS`; or, after giving a message to `mts_set_last_error`,
 * `MTS_CALLBACK_ERROR`. `mts_create_array` is such a function, it makes arrays of this library.
 */
typedef mts_status_t (*mts_create_array_callback_t)(const uintptr_t *shape,
                                                    uintptr_t shape_count,
                                                    DLDataType dtype,
                                                    struct mts_array_t *array);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Do not print a message to the standard error when a bug makes the library panic.
 *
 * Panics never leave the library: they come back as `MTS_INTERNAL_ERROR`, with the same message. With
 * the environment variable `RUST_BACKTRACE` set to something else than 0, messages are printed anyway.
 *
 * This can be called any number of times, from any thread.
 */
void mts_disable_panic_printing(void);

/**
 * Get the version of the library, as three numbers with dots between them.
 *
 * @returns a NUL-terminated string that is never freed
 */
const char *mts_version(void);

/**
 * Get the last error of the current thread.
 *
 * All three parameters can be NULL if they are not needed.
 *
 * @param message is set to the message, a NUL-terminated string (empty if there was no error yet)
 * @param origin is set to where the error comes from, a NUL-terminated string: `metatensor`, or
 *        what a callback gave to `mts_set_last_error`
 * @param data is set to the data that a callback gave to `mts_set_last_error`, or NULL
 *
 * The three pointers are *borrowed*: they are valid until the next error on this thread.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_last_error(const char **message, const char **origin, void **data);

/**
 * Set the last error of the current thread.
 *
 * This is for callbacks: one that returns something else than `MTS_SUCCESS` should call this before,
 * so that the function that called it can fail with this very message, origin and data.
 *
 * @param message the message, a NUL-terminated string. It is *copied*, and comes back byte for byte, also if
 *        it is not in UTF-8. NULL stands for an empty one.
 * @param origin where the error comes from, the same way
 * @param data anything, for whoever gets the error, or NULL. The library *takes ownership*.
 * @param data_deleter function that releases `data`, called once, when another error of this thread takes
 *        the place of this one. It can be NULL. As in metatensor 0.2, data is *not* released when the thread or
 *        the process ends, where the function may be gone, as those of Python are: a thread that wants it
 *        released ends with `mts_set_last_error(NULL, NULL, NULL, NULL)`.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_set_last_error(const char *message,
                                const char *origin,
                                void *data,
                                void (*data_deleter)(void*));

/**
 * Make an array of this library, filled with zeros.
 *
 * This is the function to give to those loading data, if there is no other kind of array to load it
 * into. The array can be on top of memory of the caller instead: see `mts_array_t.from_dlpack`.
 *
 * @param shape length of each axis, `shape_count` numbers. It can be NULL if there are none.
 * @param shape_count number of axes
 * @param dtype type of the elements: a boolean of 8 bits, an integer of 8, 16, 32 or 64 bits, a float of
 *        16, 32 or 64 bits, a bfloat of 16 bits, or a complex number of 64 or 128 bits
 * @param array is set to the array, *owned* by the caller, until a block or labels are made with it
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_create_array(const uintptr_t *shape,
                              uintptr_t shape_count,
                              DLDataType dtype,
                              struct mts_array_t *array);

/**
 * Register a kind of array, or get the number of one that is registered already.
 *
 * @param name name of this kind, for messages, in UTF-8. It should say which library it is from. It is
 *        *copied*.
 * @param origin is set to the number of this kind
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_register_data_origin(const char *name,
                                      mts_data_origin_t *origin);

/**
 * Get the name of a kind of array.
 *
 * @param origin number of this kind
 * @param buffer memory which the name is *copied* to, with the NUL that ends it
 * @param buffer_size size of this memory in bytes
 *
 * @returns `MTS_SUCCESS`, `MTS_INVALID_PARAMETER_ERROR` if there is no such kind, or
 *          `MTS_BUFFER_SIZE_ERROR` if the name does not fit
 */
mts_status_t mts_get_data_origin(mts_data_origin_t origin, char *buffer, uintptr_t buffer_size);

/**
 * Make labels.
 *
 * @param dimensions names of the dimensions, `dimensions_count` NUL-terminated strings, each made of
 *        ASCII letters, digits and underscores and not starting with a digit. They are *copied*.
 * @param dimensions_count number of dimensions
 * @param array the values, 32-bit integers with one row per entry and one column per dimension. The
 *        labels *take ownership* of this array, even if this function fails, and its values must not
 *        change any more.
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error: two
 *          dimensions with the same name, two equal rows, an array of another shape or type, ...
 */
const struct mts_labels_t *mts_labels(const char *const *dimensions,
                                      uintptr_t dimensions_count,
                                      struct mts_array_t array);

/**
 * Make labels without checking that their rows are distinct, as the caller knows that they are.
 *
 * If they are not, the position of a row that is repeated is that of one of its copies, and labels made
 * from these can have repeated rows too.
 *
 * @param names as `dimensions` in `mts_labels`
 * @param names_count number of dimensions
 * @param array as in `mts_labels`
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
 */
const struct mts_labels_t *mts_labels_assume_unique(const char *const *names,
                                                    uintptr_t names_count,
                                                    struct mts_array_t array);

/**
 * Get the names of the dimensions.
 *
 * @param labels the labels
 * @param names is set to an array of `count` NUL-terminated strings, or NULL if there are none. It is
 *        *borrowed*: the array and the strings are valid until these labels are freed.
 * @param count is set to the number of dimensions
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_labels_dimensions(const struct mts_labels_t *labels,
                                   const char *const **names,
                                   uintptr_t *count);

/**
 * Get the values as the array that they are stored in.
 *
 * For labels made with `mts_labels`, this is the very same array. Others have arrays of this library, with
 * the origin `metatensor.Labels`, or arrays like those of the labels they were made from.
 *
 * @param labels the labels
 * @param array is set to a view of the array, with `destroy` being NULL. It is *borrowed*: valid until these
 *        labels are freed. It must not be changed.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_labels_values(const struct mts_labels_t *labels,
                               struct mts_array_t *array);

/**
 * Get the values in main memory, one row after the other.
 *
 * @param labels the labels
 * @param values is set to the values, `count * size` of them. They are *borrowed*: valid until these
 *        labels are freed.
 * @param count is set to the number of rows
 * @param size is set to the number of dimensions
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: the values can not be read if they are on a
 *          device that only its owner knows, such as torch's meta device
 */
mts_status_t mts_labels_values_cpu(const struct mts_labels_t *labels,
                                   const int32_t **values,
                                   uintptr_t *count,
                                   uintptr_t *size);

/**
 * Find the position of a row.
 *
 * @param labels the labels
 * @param values the row, with one value per dimension
 * @param values_count number of values in `values`
 * @param result is set to the position of this row, or -1 if it is not in the labels
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_position(const struct mts_labels_t *labels,
                                 const int32_t *values,
                                 uintptr_t values_count,
                                 int64_t *result);

/**
 * Make another reference to the same labels. Nothing is copied.
 *
 * @param labels the labels
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
 */
const struct mts_labels_t *mts_labels_clone(const struct mts_labels_t *labels);

/**
 * Release a reference to labels.
 *
 * @param labels the labels, or NULL. This handle must not be used any more.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_labels_free(const struct mts_labels_t *labels);

/**
 * Make the union of two sets of labels: the rows of `first`, then those of `second` that are not in
 * `first`.
 *
 * The result has its values in an array like that of `first`.
 *
 * @param first the first labels
 * @param second the second labels, with the same dimensions
 * @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
 * @param first_mapping NULL, or memory for the position in the result of each row of `first`
 * @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
 * @param second_mapping NULL, or memory for the position in the result of each row of `second`
 * @param second_mapping_count number of rows of `second`, if `second_mapping` is not NULL
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_union(const struct mts_labels_t *first,
                              const struct mts_labels_t *second,
                              const struct mts_labels_t **result,
                              int64_t *first_mapping,
                              uintptr_t first_mapping_count,
                              int64_t *second_mapping,
                              uintptr_t second_mapping_count);

/**
 * Make the intersection of two sets of labels: the rows that are in both, in the order of the one with
 * fewer rows (`first` if they have as many).
 *
 * Parameters are those of `mts_labels_union`; in the mappings, -1 stands for rows that are not in the
 * result.
 *
 * @param first the first labels
 * @param second the second labels, with the same dimensions
 * @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
 * @param first_mapping NULL, or memory for the position in the result of each row of `first`
 * @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
 * @param second_mapping NULL, or memory for the position in the result of each row of `second`
 * @param second_mapping_count number of rows of `second`, if `second_mapping` is not NULL
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_intersection(const struct mts_labels_t *first,
                                     const struct mts_labels_t *second,
                                     const struct mts_labels_t **result,
                                     int64_t *first_mapping,
                                     uintptr_t first_mapping_count,
                                     int64_t *second_mapping,
                                     uintptr_t second_mapping_count);

/**
 * Make the difference of two sets of labels: the rows of `first` that are not in `second`.
 *
 * @param first the first labels
 * @param second the second labels, with the same dimensions
 * @param result is set to labels *owned* by the caller, to be given to `mts_labels_free`
 * @param first_mapping NULL, or memory for the position in the result of each row of `first`, -1 for those
 *        that are not in it
 * @param first_mapping_count number of rows of `first`, if `first_mapping` is not NULL
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_difference(const struct mts_labels_t *first,
                                   const struct mts_labels_t *second,
                                   const struct mts_labels_t **result,
                                   int64_t *first_mapping,
                                   uintptr_t first_mapping_count);

/**
 * Find the positions of all rows that match one of the rows of `selection`.
 *
 * If `selection` has the same dimensions as `labels`, in the same order, positions are in the order of
 * `selection`; else, they are increasing. A selection without dimensions selects everything.
 *
 * @param labels the labels to search
 * @param selection labels with some of the dimensions of `labels`
 * @param selected memory for the positions
 * @param selected_count number of positions that fit in this memory, which must be at least the number of
 *        rows of `labels`. It is set to the number of positions.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_select(const struct mts_labels_t *labels,
                               const struct mts_labels_t *selection,
                               uint64_t *selected,
                               uintptr_t *selected_count);

/**
 * Make a block without gradients.
 *
 * @param data the values. The block *takes ownership* of this array, even if this function fails.
 * @param samples labels of the first axis. These and all other labels still belong to the caller. All of them are
 *        on the same device as the values.
 * @param components labels of the axes between the first and the last, each with a single dimension. It can
 *        be NULL if there are none.
 * @param components_count number of components
 * @param properties labels of the last axis
 *
 * @returns a block *owned* by the caller, to be given to `mts_block_free`, or to a function that takes
 *          ownership; or NULL on error
 */
struct mts_block_t *mts_block(struct mts_array_t data,
                              const struct mts_labels_t *samples,
                              const struct mts_labels_t *const *components,
                              uintptr_t components_count,
                              const struct mts_labels_t *properties);

/**
 * Release a block with its values and gradients.
 *
 * @param block a block owned by the caller, or NULL. It must not be used any more; nor can what was borrowed
 *        from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_block_free(struct mts_block_t *block);

/**
 * Make a copy of a block, with its values and gradients.
 *
 * @param block the block
 *
 * @returns a block *owned* by the caller, or NULL on error
 */
struct mts_block_t *mts_block_copy(const struct mts_block_t *block);

/**
 * Get the labels of one axis.
 *
 * @param block the block
 * @param axis number of the axis: 0 for samples, then components, then properties
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
 */
const struct mts_labels_t *mts_block_labels(const struct mts_block_t *block, uintptr_t axis);

/**
 * Get one of the gradients.
 *
 * @param block the block
 * @param parameter the gradient is with respect to this parameter
 * @param gradient is set to the gradient, a block *borrowed* from `block`: it is valid until `block` is
 *        freed, moved into a map, or itself given away as a gradient. It must not be freed, and can not get
 *        gradients of its own any more.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there is no such gradient
 */
mts_status_t mts_block_gradient(struct mts_block_t *block,
                                const char *parameter,
                                struct mts_block_t **gradient);

/**
 * Get the values of a block.
 *
 * @param block the block
 * @param data is set to a view of the array, with `destroy` being NULL. It is *borrowed*: valid as long as the
 *        block. For blocks made with `mts_block`, it has the same `ptr` as the array given there. Elements
 *        may be changed while nobody else uses them; if type or shape change, the block can not be used any more.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_block_data(struct mts_block_t *block,
                            struct mts_array_t *data);

/**
 * Add a gradient to a block.
 *
 * The samples of a gradient have `sample` as their first dimension: the position of the sample that is
 * differentiated. Components of a gradient end with those of the block, and the properties are the same.
 * Values must be of the same type, and in the same kind of array on the same device. Gradients of the gradient
 * have to be added before.
 *
 * @param block the block
 * @param parameter the gradient is with respect to this parameter. It is *copied*. Files have folders with this name: it
 *        must not be empty, `.` or `..`, nor contain `/` or control characters, nor be longer than file names in
 *        archives can be, 65535 bytes with all that is around it
 * @param gradient the gradient. The block *takes ownership* of it, even if this function fails.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if the gradient does not fit
 */
mts_status_t mts_block_add_gradient(struct mts_block_t *block,
                                    const char *parameter,
                                    struct mts_block_t *gradient);

/**
 * Get the parameters of all gradients.
 *
 * @param block the block
 * @param parameters is set to an array of NUL-terminated strings, or NULL if there are none, in the order in
 *        which gradients were added. It is *borrowed*: valid until the block is freed or gets another
 *        gradient.
 * @param parameters_count is set to the number of parameters
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_block_gradients_list(const struct mts_block_t *block,
                                      const char *const **parameters,
                                      uintptr_t *parameters_count);

/**
 * Get the device that the values are on. Gradients are on the same one.
 *
 * @param block the block
 * @param device is set to the device
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_device(const struct mts_block_t *block, DLDevice *device);

/**
 * Get the type of the values. Gradients have the same one.
 *
 * @param block the block
 * @param dtype is set to the type
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_dtype(const struct mts_block_t *block, DLDataType *dtype);

/**
 * Make a map.
 *
 * @param keys labels of the blocks, which still belong to the caller. They are on the same device as the blocks.
 * @param blocks array of `blocks_count` blocks, one for each of the keys. The map *takes ownership* of the
 *        blocks, even if this function fails, and sets the entries of the array to NULL. Only if there is a
 *        NULL or a repeated block in the array, or if the array is NULL, nothing is taken.
 * @param blocks_count number of blocks
 *
 * @returns a map *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
 */
struct mts_tensormap_t *mts_tensormap(const struct mts_labels_t *keys,
                                      struct mts_block_t **blocks,
                                      uintptr_t blocks_count);

/**
 * Release a map with all of its blocks.
 *
 * @param tensor the map, or NULL. It must not be used any more; nor can what was borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_tensormap_free(struct mts_tensormap_t *tensor);

/**
 * Make a copy of a map, with all of its blocks and info.
 *
 * @param tensor the map
 *
 * @returns a map *owned* by the caller, or NULL on error
 */
struct mts_tensormap_t *mts_tensormap_copy(const struct mts_tensormap_t *tensor);

/**
 * Get the keys.
 *
 * @param tensor the map
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error
 */
const struct mts_labels_t *mts_tensormap_keys(const struct mts_tensormap_t *tensor);

/**
 * Get one of the blocks.
 *
 * @param tensor the map
 * @param block is set to the block, *borrowed* from the map: it is valid until the map is freed. It must not
 *        be freed, nor given to a function that takes ownership, nor get other gradients.
 * @param index position of the key of this block
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not that many blocks
 */
mts_status_t mts_tensormap_block_by_id(struct mts_tensormap_t *tensor,
                                       struct mts_block_t **block,
                                       uintptr_t index);

/**
 * Set an entry of the info of a map: text of any kind that goes with the data.
 *
 * @param tensor the map
 * @param key name of the entry, in UTF-8. It is *copied*.
 * @param value text of the entry, in UTF-8. It is *copied*.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_tensormap_set_info(struct mts_tensormap_t *tensor,
                                    const char *key,
                                    const char *value);

/**
 * Get an entry of the info of a map.
 *
 * @param tensor the map
 * @param key name of the entry, in UTF-8
 * @param value is set to the text of the entry, a NUL-terminated string in UTF-8, or to NULL if there is no
 *        such entry. It is *borrowed*: valid until the info changes or the map is freed.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_tensormap_get_info(const struct mts_tensormap_t *tensor,
                                    const char *key,
                                    const char **value);

/**
 * Get the names of all entries in the info of a map.
 *
 * @param tensor the map
 * @param keys is set to an array of NUL-terminated strings in UTF-8, or NULL if there are none. It is
 *        *borrowed*: valid until the info changes or the map is freed.
 * @param keys_count is set to the number of entries
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_tensormap_info_keys(const struct mts_tensormap_t *tensor,
                                     const char *const **keys,
                                     uintptr_t *keys_count);

/**
 * Get the device that all values are on.
 *
 * @param tensor the map
 * @param device is set to the device, the CPU if there are no blocks
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_device(const struct mts_tensormap_t *tensor, DLDevice *device);

/**
 * Get the type of all values.
 *
 * @param tensor the map
 * @param dtype is set to the type, 64-bit floats if there are no blocks
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_dtype(const struct mts_tensormap_t *tensor, DLDataType *dtype);

/**
 * Move dimensions of the keys to the samples, merging the blocks whose keys are equal then.
 *
 * Blocks with the same remaining key become one block, whose samples have the moved dimensions at the end. Its
 * properties are those of all of these blocks; values which no block has are equal to `fill_value`. Components
 * must be the same.
 *
 * @param tensor the map
 * @param keys_to_move labels with the dimensions to move. With entries, only blocks whose key is one of them in these
 *        dimensions take part.
 * @param fill_value array without axes, of the type of the values. The library *takes ownership* of it, even
 *        if this function fails. Arrays that are not of this library get it in their `create` function.
 * @param sort_samples whether the samples of the new blocks are sorted; else they are in the order of the blocks
 *
 * @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
 */
struct mts_tensormap_t *mts_tensormap_keys_to_samples(const struct mts_tensormap_t *tensor,
                                                      const struct mts_labels_t *keys_to_move,
                                                      struct mts_array_t fill_value,
                                                      bool sort_samples);

/**
 * Move dimensions of the keys to the properties, merging the blocks whose keys are equal then.
 *
 * Blocks with the same remaining key become one block, whose properties have the moved dimensions before their
 * own. Its samples are those of all of these blocks; values which no block has are equal to `fill_value`.
 * Components must be the same.
 *
 * @param tensor the map
 * @param keys_to_move labels with the dimensions to move. With entries, these are the values that all of the new
 *        blocks get properties for, in this order, and blocks with other values are left out; all blocks must
 *        have the same properties then.
 * @param fill_value as in `mts_tensormap_keys_to_samples`
 * @param sort_samples as in `mts_tensormap_keys_to_samples`
 *
 * @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
 */
struct mts_tensormap_t *mts_tensormap_keys_to_properties(const struct mts_tensormap_t *tensor,
                                                         const struct mts_labels_t *keys_to_move,
                                                         struct mts_array_t fill_value,
                                                         bool sort_samples);

/**
 * Move components to the properties.
 *
 * @param tensor the map
 * @param dimensions names of the components, `dimensions_count` NUL-terminated strings
 * @param dimensions_count number of components to move
 *
 * @returns a map with the info of `tensor`, *owned* by the caller, to be given to `mts_tensormap_free`; or NULL on error
 */
struct mts_tensormap_t *mts_tensormap_components_to_properties(const struct mts_tensormap_t *tensor,
                                                               const char *const *dimensions,
                                                               uintptr_t dimensions_count);

/**
 * Load labels from a file.
 *
 * @param path path of the file, in UTF-8
 *
 * @returns labels *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
 *          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
 */
const struct mts_labels_t *mts_labels_load(const char *path);

/**
 * Load labels from memory.
 *
 * @param buffer content of a file
 * @param buffer_count size of this content in bytes
 *
 * @returns labels *owned* by the caller; or NULL on error
 */
const struct mts_labels_t *mts_labels_load_buffer(const uint8_t *buffer, uintptr_t buffer_count);

/**
 * Save labels to a file.
 *
 * The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
 * new one, see `mts_tensormap_save`. The same data always gives the same file.
 *
 * @param path path of the file, in UTF-8, written as it is given
 * @param labels what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_save(const char *path,
                             const struct mts_labels_t *labels);

/**
 * Save labels to memory.
 *
 * @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
 *        moved. The buffer is *owned* by the caller, also if this function fails.
 * @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
 * @param realloc_user_data given to `realloc`
 * @param realloc function to make the buffer larger
 * @param labels what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_labels_save_buffer(uint8_t **buffer,
                                    uintptr_t *buffer_count,
                                    void *realloc_user_data,
                                    mts_realloc_buffer_t realloc,
                                    const struct mts_labels_t *labels);

/**
 * Load a block, with its gradients from a file.
 *
 * @param path path of the file, in UTF-8
 * @param create_array function making the array for each of the values, for example `mts_create_array`
 *
 * @returns a block *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
 *          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
 */
struct mts_block_t *mts_block_load(const char *path,
                                   mts_create_array_callback_t create_array);

/**
 * Load a block, with its gradients from memory.
 *
 * @param buffer content of a file
 * @param buffer_count size of this content in bytes
 * @param create_array function making the array for each of the values, for example `mts_create_array`
 *
 * @returns a block *owned* by the caller; or NULL on error
 */
struct mts_block_t *mts_block_load_buffer(const uint8_t *buffer,
                                          uintptr_t buffer_count,
                                          mts_create_array_callback_t create_array);

/**
 * Save a block, with its gradients to a file.
 *
 * The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
 * new one, see `mts_tensormap_save`. The same data always gives the same file.
 *
 * @param path path of the file, in UTF-8, written as it is given
 * @param block what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_save(const char *path,
                            const struct mts_block_t *block);

/**
 * Save a block, with its gradients to memory.
 *
 * @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
 *        moved. The buffer is *owned* by the caller, also if this function fails.
 * @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
 * @param realloc_user_data given to `realloc`
 * @param realloc function to make the buffer larger
 * @param block what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_save_buffer(uint8_t **buffer,
                                   uintptr_t *buffer_count,
                                   void *realloc_user_data,
                                   mts_realloc_buffer_t realloc,
                                   const struct mts_block_t *block);

/**
 * Load a map, with its blocks and info from a file.
 *
 * The archive may be a part of the file, as for all functions that load: an array of bytes that numpy saved, or after
 * any other prefix that is no part of an archive, and before whitespace or zeros.
 *
 * @param path path of the file, in UTF-8
 * @param create_array function making the array for each of the values, for example `mts_create_array`
 *
 * @returns a map *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
 *          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
 */
struct mts_tensormap_t *mts_tensormap_load(const char *path,
                                           mts_create_array_callback_t create_array);

/**
 * Load a map, with its blocks and info from memory.
 *
 * @param buffer content of a file
 * @param buffer_count size of this content in bytes
 * @param create_array function making the array for each of the values, for example `mts_create_array`
 *
 * @returns a map *owned* by the caller; or NULL on error
 */
struct mts_tensormap_t *mts_tensormap_load_buffer(const uint8_t *buffer,
                                                  uintptr_t buffer_count,
                                                  mts_create_array_callback_t create_array);

/**
 * Save a map, with its blocks and info to a file.
 *
 * The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
 * new one. The same data always gives the same file. Owner, group and mode of the old file are kept as far as the
 * system allows; symbolic links stay; other hard links keep the old content.
 *
 * A file that can be written to but not replaced (something is mounted there, or the folder is read-only) is
 * overwritten once a complete copy is elsewhere and there is space for it. This is not atomic; if it fails, the error
 * says where the copy is. Pipes and devices are written to directly, and so is what this process has open, at its
 * position, if `path` says so (`/dev/stdout`, `/dev/fd/3`). For what is left over if the process is killed, see
 * `mts_remove_temporaries` in `metatensor/files.h`.
 *
 * @param path path of the file, in UTF-8, written as it is given
 * @param tensor what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_save(const char *path,
                                const struct mts_tensormap_t *tensor);

/**
 * Save a map, with its blocks and info to memory.
 *
 * @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
 *        moved. The buffer is *owned* by the caller, also if this function fails.
 * @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
 * @param realloc_user_data given to `realloc`
 * @param realloc function to make the buffer larger
 * @param tensor what to save
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_save_buffer(uint8_t **buffer,
                                       uintptr_t *buffer_count,
                                       void *realloc_user_data,
                                       mts_realloc_buffer_t realloc,
                                       const struct mts_tensormap_t *tensor);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_H */
