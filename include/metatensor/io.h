/** @file
 * Maps in files: read in part or mapped, checked, written block by block, appended to, merged; and many in one.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_IO_H
#define METATENSOR_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metatensor.h"
#include "metatensor/operations.h"

/** An `mts_load_many_options_t` that is what NULL stands for, to change some of it. */
#define MTS_LOAD_MANY_OPTIONS_INIT \
    {"system", NULL, MTS_JOIN_KEYS_UNION, MTS_MISSING_GRADIENTS_ERROR}


/**
 * It is only read: DLPack tensors are flagged as read-only, and functions that change an array change a copy. A change
 * through a pointer ends the process (`SIGSEGV`).
 */
#define MTS_MAPPING_READ_ONLY 0

/**
 * Pages that are written to are copied then: neither the file nor anybody else sees the change. For those who can not use
 * arrays that are read-only.
 */
#define MTS_MAPPING_PRIVATE 1

/**
 * As they are in the file of a map.
 */
#define MTS_COLLECTION_BARE 0

/**
 * In an array of bytes, as `numpy.save` writes one: for loaders in Python that do `numpy.load` on each member.
 */
#define MTS_COLLECTION_NUMPY_WRAPPED 1

/**
 * An archive of very many maps, of which the directory is in memory, in a few bytes for each, and all else is read when it is
 * asked for.
 *
 * All functions but `mts_collection_free` can be called from several threads at the same time, and read on their own.
 */
typedef struct mts_collection_t mts_collection_t;

/**
 * Writes an archive of very many maps, one after the other, and never holds more than one of them.
 *
 * A writer is used by one thread at a time, which need not be the same one.
 */
typedef struct mts_collection_writer_t mts_collection_writer_t;

/**
 * Everything of a block, or of a gradient, in a file but its values.
 *
 * It can be used from several threads at the same time, and after the file that it is from was freed.
 */
typedef struct mts_map_file_header_t mts_map_file_header_t;

/**
 * A map in a file, of which the directory and the keys are in memory, and all else is read when it is asked for.
 *
 * All functions but `mts_map_file_free` can be called from several threads at the same time, and read on their own.
 */
typedef struct mts_map_file_t mts_map_file_t;

/**
 * Writes a map to a file block by block, and never holds more than one of them.
 *
 * A writer is used by one thread at a time, which need not be the same one.
 */
typedef struct mts_map_writer_t mts_map_writer_t;

/**
 * Everything that is wrong with a file.
 */
typedef struct mts_problems_t mts_problems_t;

/**
 * What may be read from one file: numbers that are 0 stand for the limits of the process, see `mts_set_limit`.
 */
typedef struct mts_file_limits_t {
    /**
     * bytes that all compressed members give which one call reads, or that come out of a pipe
     */
    uint64_t inflated_bytes;
    /**
     * members of the archive
     */
    uint64_t members;
    /**
     * dimensions of labels, or gradients of a block
     */
    uint64_t names;
    /**
     * how deep gradients of gradients are nested: at most 64
     */
    uint64_t depth;
} mts_file_limits_t;

/**
 * Functions that read a file, wherever it is.
 *
 * They are only called on threads that call a function of this library, and never on those that it made.
 */
typedef struct mts_reader_t {
    /**
     * given to the functions
     */
    void *user_data;
    /**
     * number of bytes of the file
     */
    uint64_t size;
    /**
     * Puts the `count` bytes that start at `offset` into `bytes`. No more are asked for than there are. It should return
     * `MTS_SUCCESS`; or, after giving a message to `mts_set_last_error`, `MTS_CALLBACK_ERROR`. It can not use the file
     * that it reads.
     */
    mts_status_t (*read_at)(void *user_data, uint64_t offset, uint8_t *bytes, uintptr_t count);
    /**
     * Called once, when the file is not used any more, on the thread that does this: by `mts_map_file_free`, or when the
     * last header of a block is freed; also if opening the file fails. Can be NULL.
     */
    void (*release)(void *user_data);
    /**
     * Whether several threads can call `read_at` at the same time. If not, using the file on several threads at once is
     * an error on all but one of them.
     */
    bool concurrent;
} mts_reader_t;

/**
 * Which part of a map to load: labels that are NULL stand for everything.
 *
 * The labels have some or all of the dimensions of what they select from: what matches one of their entries is loaded. Keys
 * and samples are in the order of labels that have all dimensions in the same order, and else in that of the file;
 * properties always are. This is what loading everything, selecting blocks, and `mts_slice` give. Gradients have the rows of
 * the selected samples, with their new numbers. Blocks stay if nothing of them is selected.
 */
typedef struct mts_map_selection_t {
    /**
     * which blocks to load
     */
    const mts_labels_t *keys;
    /**
     * which samples of them
     */
    const mts_labels_t *samples;
    /**
     * which properties of them
     */
    const mts_labels_t *properties;
} mts_map_selection_t;

/**
 * What may be done with the memory of a mapped file: a `MTS_MAPPING_` value.
 */
typedef uint32_t mts_mapping_t;

/**
 * Something that is wrong with a file.
 */
typedef struct mts_problem_t {
    /**
     * member of the archive that is concerned, or folder of the block; NULL if it is the file as a whole
     */
    const char *member;
    /**
     * where that is in the file: the header of the member, or a record of the directory; `UINT64_MAX` if nobody knows
     */
    uint64_t byte;
    /**
     * what is wrong
     */
    const char *message;
} mts_problem_t;

/**
 * How to make a batch of several maps. NULL stands for `MTS_LOAD_MANY_OPTIONS_INIT`, which is
 * `{"system", NULL, MTS_JOIN_KEYS_UNION, MTS_MISSING_GRADIENTS_ERROR}`.
 */
typedef struct mts_load_many_options_t {
    /**
     * name of a new dimension of the samples: the number of the map that they come from; or NULL
     */
    const char *number;
    /**
     * name of another one, after that: the position of this map in the list; or NULL. Maps that are in a batch more than once
     * need it.
     */
    const char *position;
    /**
     * what to do with keys that are not in all maps
     */
    mts_join_keys_t different_keys;
    /**
     * what to do with gradients that not all maps have
     */
    mts_missing_gradients_t missing_gradients;
} mts_load_many_options_t;

/**
 * How a writer of a collection writes the bytes of a map: a `MTS_COLLECTION_` value.
 */
typedef uint32_t mts_collection_form_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Open a map in a file: the directory of the archive and the keys are read, and nothing else.
 *
 * What is read later is checked as when the whole file is loaded, but for what only `mts_map_file_load` and `mts_validate`
 * can tell: whether members that were not read are damaged, and whether there are some that belong to no block. The
 * file should not be written to while it is open. Replacing it, as saving does, is fine: what was opened goes on to exist.
 *
 * @param path path of the file, in UTF-8. What comes out of a pipe is read to its end.
 * @param limits what may be read from this file, or NULL for the limits of the process
 * @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_IO_ERROR` if the file can not be read, or `MTS_SERIALIZATION_ERROR` if it holds no map
 */
mts_status_t mts_map_file_open(const char *path,
                               const struct mts_file_limits_t *limits,
                               struct mts_map_file_t **file);

/**
 * Open a map in memory, the content of a file.
 *
 * Arrays that are mapped from it are in this memory, which is released when the file and the last of them are.
 *
 * @param buffer content of the file, which nobody changes
 * @param buffer_count size of this content in bytes
 * @param release function to call when the memory is not needed any more, which can be on another thread. It is called
 *        exactly once, also if this function fails. NULL if the memory outlives everything that is made with the file.
 * @param user_data given to `release`
 * @param limits what may be read from this file, or NULL for the limits of the process
 * @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_open_buffer(const uint8_t *buffer,
                                      uintptr_t buffer_count,
                                      void (*release)(void *user_data),
                                      void *user_data,
                                      const struct mts_file_limits_t *limits,
                                      struct mts_map_file_t **file);

/**
 * Open a map that functions of the caller read.
 *
 * @param name what errors call the file
 * @param reader the functions, which are *copied*
 * @param limits what may be read from this file, or NULL for the limits of the process
 * @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_open_reader(const char *name,
                                      struct mts_reader_t reader,
                                      const struct mts_file_limits_t *limits,
                                      struct mts_map_file_t **file);

/**
 * Close a file.
 *
 * What was loaded from it stays, and so do headers of blocks.
 *
 * @param file a file owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_map_file_free(struct mts_map_file_t *file);

/**
 * Get the keys of a map in a file, one for each block.
 *
 * @param file the file
 * @param keys is set to labels *owned* by the caller, to be given to `mts_labels_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_map_file_keys(const struct mts_map_file_t *file,
                               const mts_labels_t **keys);

/**
 * Get the names of all entries in the info of a map in a file, which is read by the first call.
 *
 * @param file the file
 * @param keys is set to `keys_count` names. They are *borrowed*: valid until the file is freed. On error, NULL.
 * @param keys_count is set to the number of entries
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_info_keys(const struct mts_map_file_t *file,
                                    const char *const **keys,
                                    uintptr_t *keys_count);

/**
 * Get an entry of the info of a map in a file, which is read by the first call.
 *
 * @param file the file
 * @param key name of the entry, in UTF-8
 * @param value is set to the text, or to NULL if there is no such entry. It is *borrowed*: valid until the file is freed.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_get_info(const struct mts_map_file_t *file,
                                   const char *key,
                                   const char **value);

/**
 * Load one block of a map in a file, with its gradients.
 *
 * @param file the file
 * @param index number of the block: that of its key
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param block is set to a block *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_block(const struct mts_map_file_t *file,
                                uintptr_t index,
                                mts_create_array_callback_t create_array,
                                mts_block_t **block);

/**
 * Load all of a map in a file, and check the whole file.
 *
 * @param file the file
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_load(const struct mts_map_file_t *file,
                               mts_create_array_callback_t create_array,
                               mts_tensormap_t **tensor);

/**
 * Load a part of a map in a file.
 *
 * Only what is needed is read, and not much more: rows that follow each other are read at once, those that do not with what
 * is between them if this is little. Labels are read and checked as a whole, and so are compressed members. The checksum of
 * values is compared if all of their bytes are read.
 *
 * @param file the file
 * @param selection which part to load
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param tensor is set to a map *owned* by the caller, with the info of the file; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_load_selected(const struct mts_map_file_t *file,
                                        const struct mts_map_selection_t *selection,
                                        mts_create_array_callback_t create_array,
                                        mts_tensormap_t **tensor);

/**
 * Read what is known of a block in a file without reading its values.
 *
 * @param file the file
 * @param index number of the block: that of its key
 * @param header is set to the header, *owned* by the caller, to be given to `mts_map_file_header_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_header(const struct mts_map_file_t *file,
                                 uintptr_t index,
                                 struct mts_map_file_header_t **header);

/**
 * Read what is known of a gradient without reading its values.
 *
 * @param header header of the block, or gradient, that it is a gradient of
 * @param parameter the gradient is with respect to this parameter
 * @param gradient is set to the header, *owned* by the caller, to be given to `mts_map_file_header_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_header_gradient(const struct mts_map_file_header_t *header,
                                          const char *parameter,
                                          struct mts_map_file_header_t **gradient);

/**
 * Release the header of a block.
 *
 * @param header a header owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_map_file_header_free(struct mts_map_file_header_t *header);

/**
 * Get the type of the values of a block in a file.
 *
 * @param header header of the block
 * @param dtype is set to the type
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_map_file_header_dtype(const struct mts_map_file_header_t *header,
                                       DLDataType *dtype);

/**
 * Get the shape of the values of a block in a file.
 *
 * @param header header of the block
 * @param shape is set to the length of each axis: samples, components, properties. They are *borrowed*: valid until the
 *        header is freed. On error, NULL.
 * @param shape_count is set to the number of axes
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_map_file_header_shape(const struct mts_map_file_header_t *header,
                                       const uintptr_t **shape,
                                       uintptr_t *shape_count);

/**
 * Read the labels of one axis of a block in a file.
 *
 * @param header header of the block
 * @param axis number of the axis: 0 for samples, then components, then properties
 * @param labels is set to labels *owned* by the caller, to be given to `mts_labels_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_header_labels(const struct mts_map_file_header_t *header,
                                        uintptr_t axis,
                                        const mts_labels_t **labels);

/**
 * Get the parameters of all gradients of a block in a file.
 *
 * @param header header of the block
 * @param parameters is set to `parameters_count` names, sorted. They are *borrowed*: valid until the header is freed. On
 *        error, NULL.
 * @param parameters_count is set to the number of gradients
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_map_file_header_gradients_list(const struct mts_map_file_header_t *header,
                                                const char *const **parameters,
                                                uintptr_t *parameters_count);

/**
 * Load a map whose arrays are in the file itself, where they are: nothing of them is read until it is used.
 *
 * Arrays are of this library. Those whose data is aligned in the file, for elements of their type, and in the byte order of
 * this machine, are mapped. All others are copied, as are compressed ones, booleans, and empty arrays: `mts_block_is_mapped`
 * tells. The file stays mapped until the last of these arrays is freed.
 *
 * The values are what is in the file, unchecked: only functions that load all of a file, and `mts_validate`, compare their
 * checksums. If the file is truncated while it is mapped, the process ends with a `SIGBUS` when it uses what is
 * gone; if it is written to, values change. Files that are replaced, as by `mts_tensormap_save`, are safe.
 *
 * With `MTS_MAPPING_READ_ONLY`, functions that change an array (`reshape` of what is not contiguous, `move_data`) change a
 * copy, and `as_dlpack` gives a tensor with `DLPACK_FLAG_BITMASK_READ_ONLY`: who ignores this, and writes, ends the process
 * with a `SIGSEGV`. With `MTS_MAPPING_PRIVATE` tensors can be written to, and the file stays as it is.
 *
 * @param path path of the file, in UTF-8
 * @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_load_mapped(const char *path,
                                       mts_mapping_t mapping,
                                       mts_tensormap_t **tensor);

/**
 * Load a map whose arrays are in memory of the caller, the content of a file: they are read-only.
 *
 * @param buffer content of the file, which nobody changes
 * @param buffer_count size of this content in bytes
 * @param release function to call when the last of the arrays is freed, on the thread that does this, or when this
 *        function fails: exactly once. NULL if the memory outlives the arrays.
 * @param user_data given to `release`
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_load_mapped_buffer(const uint8_t *buffer,
                                              uintptr_t buffer_count,
                                              void (*release)(void *user_data),
                                              void *user_data,
                                              mts_tensormap_t **tensor);

/**
 * Load a block whose arrays are in the file itself: see `mts_tensormap_load_mapped`.
 *
 * @param path path of the file, in UTF-8
 * @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
 * @param block is set to a block *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_load_mapped(const char *path, mts_mapping_t mapping, mts_block_t **block);

/**
 * Load a block whose arrays are in memory of the caller: see `mts_tensormap_load_mapped_buffer`.
 *
 * @param buffer content of the file, which nobody changes
 * @param buffer_count size of this content in bytes
 * @param release function to call when the last of the arrays is freed, on the thread that does this, or when this
 *        function fails: exactly once. NULL if the memory outlives the arrays.
 * @param user_data given to `release`
 * @param block is set to a block *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_load_mapped_buffer(const uint8_t *buffer,
                                          uintptr_t buffer_count,
                                          void (*release)(void *user_data),
                                          void *user_data,
                                          mts_block_t **block);

/**
 * Load all of a map in a file, with arrays in the file itself: see `mts_tensormap_load_mapped`.
 *
 * Arrays of a file in memory are in this memory with `MTS_MAPPING_READ_ONLY`, and copied with `MTS_MAPPING_PRIVATE`. Those of
 * a file that functions of the caller read are always copied.
 *
 * @param file the file
 * @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_load_mapped(const struct mts_map_file_t *file,
                                      mts_mapping_t mapping,
                                      mts_tensormap_t **tensor);

/**
 * Load one block of a map in a file, with arrays in the file itself: see `mts_map_file_load_mapped`.
 *
 * @param file the file
 * @param index number of the block: that of its key
 * @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
 * @param block is set to a block *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_file_block_mapped(const struct mts_map_file_t *file,
                                       uintptr_t index,
                                       mts_mapping_t mapping,
                                       mts_block_t **block);

/**
 * Get whether the values of a block, without those of its gradients, are in a file, or in memory that was given instead of
 * one.
 *
 * @param block the block
 * @param is_mapped is set to whether they are
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_block_is_mapped(const mts_block_t *block,
                                 bool *is_mapped);

/**
 * Start to write a map to a file, block by block.
 *
 * The file is there once `mts_map_writer_finish` is done, and as a whole: until then, what was there before still is. It
 * is as one that `mts_tensormap_save` writes, but its keys and info are at its end, so that it can be appended to.
 *
 * @param path path of the file, in UTF-8, which has to be that of a regular one
 * @param key_names names of the dimensions of the keys
 * @param key_names_count number of these
 * @param writer is set to the writer, *owned* by the caller, to be given to `mts_map_writer_finish` or
 *        `mts_map_writer_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_create(const char *path,
                                   const char *const *key_names,
                                   uintptr_t key_names_count,
                                   struct mts_map_writer_t **writer);

/**
 * Start to add blocks to the map in a file. This takes as long as writing them, and about twice the keys and the directory of
 * the file, however large the data in it is.
 *
 * Files of `mts_map_writer_create` and `mts_merge_files` grow at their end. Files of others, those of `mts_tensormap_save`
 * among them, are written once more as a whole the first time, and so are files with other hard links, which keep the old content.
 *
 * Until `mts_map_writer_finish` is done, the file is what it was before for all readers of this library. So it is if the
 * process dies: a journal beside the file, with the same name and `.journal` after it, says how it was. Other libraries
 * can not read the file until then; the next writer, or `mts_map_file_recover`, puts it back. Readers that have opened the
 * file go on with what it was then. A copy of the file needs the journal as well, if there is one.
 *
 * There is one writer at a time: the file is locked (with `flock`) as long as it has one, and it is an error to start
 * another one. Where files can not be locked, nothing can be appended.
 *
 * @param path path of the file, in UTF-8
 * @param writer is set to the writer, *owned* by the caller, to be given to `mts_map_writer_finish` or
 *        `mts_map_writer_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there is no such file, it is no map, or another writer has it
 */
mts_status_t mts_map_writer_append(const char *path,
                                   struct mts_map_writer_t **writer);

/**
 * Get how many blocks the map has so far, with those that were in the file before.
 *
 * @param writer the writer
 * @param count is set to the number of blocks
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_count(const struct mts_map_writer_t *writer, uintptr_t *count);

/**
 * Set an entry of the info that the map will have.
 *
 * @param writer the writer
 * @param key name of the entry
 * @param value text of the entry, or NULL to remove it
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_set_info(struct mts_map_writer_t *writer,
                                     const char *key,
                                     const char *value);

/**
 * Write a block. What can not be added changes nothing: the next block can follow.
 *
 * @param writer the writer
 * @param key key of the block: a value for each of the dimensions
 * @param key_count number of these values
 * @param block the block, which still belongs to the caller, and is not needed any more after this
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there is a block with this key already, this one does not have
 *          the data type, the names and the gradients of those before, or the file can not be written
 */
mts_status_t mts_map_writer_add(struct mts_map_writer_t *writer,
                                const int32_t *key,
                                uintptr_t key_count,
                                const mts_block_t *block);

/**
 * Start a block whose values come in pieces of rows: for blocks that are larger than memory, or that have as many samples as
 * there will be.
 *
 * After this come `mts_map_writer_push_rows` as often as needed, and `mts_map_writer_end_rows` with the samples; then the same
 * for each gradient, after `mts_map_writer_begin_gradient`; and then `mts_map_writer_end_block`, without which there is no
 * such block. What does not fit is refused, and changes nothing; if the file can not be written, the whole block is taken
 * back.
 *
 * @param writer the writer
 * @param key key of the block: a value for each of the dimensions
 * @param key_count number of these values
 * @param dtype type of the values
 * @param components labels of the components, which can be NULL if there are none. These and the properties still belong
 *        to the caller.
 * @param components_count number of components
 * @param properties labels of the properties
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_begin_block(struct mts_map_writer_t *writer,
                                        const int32_t *key,
                                        uintptr_t key_count,
                                        DLDataType dtype,
                                        const mts_labels_t *const *components,
                                        uintptr_t components_count,
                                        const mts_labels_t *properties);

/**
 * Write the next rows of the values, or of the gradient that was begun.
 *
 * @param writer the writer
 * @param rows array with any number of rows, and as many components and properties as there are. This function *takes
 *        ownership* of it, even if it fails, and releases it.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_push_rows(struct mts_map_writer_t *writer,
                                      mts_array_t rows);

/**
 * End the rows of the values, or of the gradient that was begun.
 *
 * @param writer the writer
 * @param samples labels of these rows, which still belong to the caller
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_end_rows(struct mts_map_writer_t *writer, const mts_labels_t *samples);

/**
 * Start a gradient of the block that was begun, whose rows come next.
 *
 * @param writer the writer
 * @param parameters parameter of a gradient of the values; for a gradient of a gradient, this comes after the parameters of
 *        what it is a gradient of
 * @param parameters_count number of parameters: 1 for a gradient of the values
 * @param components labels of the components, which can be NULL if there are none. The last of them are the components of the
 *        values.
 * @param components_count number of components
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_begin_gradient(struct mts_map_writer_t *writer,
                                           const char *const *parameters,
                                           uintptr_t parameters_count,
                                           const mts_labels_t *const *components,
                                           uintptr_t components_count);

/**
 * End the block that was begun. Now it is one of the map.
 *
 * @param writer the writer
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: if the block does not have the names and gradients of those
 *          before, all of it is taken back
 */
mts_status_t mts_map_writer_end_block(struct mts_map_writer_t *writer);

/**
 * Forget the block that was begun, if there is one.
 *
 * @param writer the writer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_map_writer_abandon_block(struct mts_map_writer_t *writer);

/**
 * Write what makes a map of the blocks, and put the file in its place.
 *
 * @param writer the writer. This function *takes ownership* of it, and releases it, even if it fails.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: then the file is what it was before
 */
mts_status_t mts_map_writer_finish(struct mts_map_writer_t *writer);

/**
 * Release a writer that was not finished. The file is what it was before.
 *
 * @param writer the writer, or NULL
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_map_writer_free(struct mts_map_writer_t *writer);

/**
 * Put a file back to what it was before somebody who appended to it died, for readers of other libraries. Readers and writers
 * of this one do not need it.
 *
 * @param path path of the file, in UTF-8
 * @param recovered is set to whether there was a journal
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: the file can not be written to, a writer has it, or neither
 *          the file nor its journal are valid
 */
mts_status_t mts_map_file_recover(const char *path,
                                  bool *recovered);

/**
 * Make one file of the maps in several ones, with all of their blocks, in this order.
 *
 * Their data is copied as it is, and not looked at: what is damaged stays damaged, and whoever loads it will be told. The
 * file is written beside `output` and then renamed, as by `mts_tensormap_save`; it can be one of those that are merged. A
 * single file is copied, which aligns the arrays of one that another library wrote. The info is that of all files.
 *
 * @param paths paths of the files, in UTF-8
 * @param paths_count number of files
 * @param output path of the file that is made, in UTF-8
 * @param aligned whether the values of blocks and gradients start at multiples of 64 bytes, so that they can be used where they
 *        are in a mapped file, as saving does for larger ones; else members follow each other without gaps
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: a file can not be read or is no map, the same key is in two of
 *          them, blocks do not have the same data type, names and gradients, an entry of the info has two values, or
 *          the output can not be written
 */
mts_status_t mts_merge_files(const char *const *paths,
                             uintptr_t paths_count,
                             const char *output,
                             bool aligned);

/**
 * Find everything that is wrong with a file, which should hold a map, a block or labels, or a collection of maps.
 *
 * Where loading stops at the first problem, this goes on: with other records of the directory, other members, and other
 * blocks. All of the file is read, and all checksums are compared. A file without problems can be loaded.
 *
 * @param path path of the file, in UTF-8
 * @param limits what may be read from this file, or NULL for the limits of the process
 * @param problems is set to what is wrong, *owned* by the caller, to be given to `mts_problems_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, whatever is in the file; or `MTS_IO_ERROR` if it can not be read
 */
mts_status_t mts_validate(const char *path,
                          const struct mts_file_limits_t *limits,
                          struct mts_problems_t **problems);

/**
 * Find everything that is wrong with the content of a file, as `mts_validate` does.
 *
 * @param buffer content of the file
 * @param buffer_count size of this content in bytes
 * @param limits what may be read from this file, or NULL for the limits of the process
 * @param problems is set to what is wrong, *owned* by the caller, to be given to `mts_problems_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, whatever is in the buffer
 */
mts_status_t mts_validate_buffer(const uint8_t *buffer,
                                 uintptr_t buffer_count,
                                 const struct mts_file_limits_t *limits,
                                 struct mts_problems_t **problems);

/**
 * Get how many problems a file has.
 *
 * @param problems everything that is wrong with the file
 * @param count is set to their number: 0 if the file can be loaded
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_problems_count(const struct mts_problems_t *problems, uintptr_t *count);

/**
 * Get one of the problems of a file.
 *
 * @param problems everything that is wrong with the file
 * @param index number of the problem
 * @param problem is set to the problem. Its texts are *borrowed*: valid until `problems` is freed.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not so many
 */
mts_status_t mts_problems_get(const struct mts_problems_t *problems,
                              uintptr_t index,
                              struct mts_problem_t *problem);

/**
 * Release the problems of a file.
 *
 * @param problems problems owned by the caller, or NULL. They must not be used any more; nor can what was borrowed from
 *        them.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_problems_free(struct mts_problems_t *problems);

/**
 * Open an archive (ZIP) of many maps, each in a member `N/name.mts`, where `N` is a decimal number, and `name` says what it is.
 *
 * This is the layout of datasets: `0/energy.mts`, `1/energy.mts`, ... Members are the bytes of a map's file, bare or wrapped by
 * `numpy.save`, uncompressed or with DEFLATE. All others can be read as bytes.
 *
 * The directory is read, and kept in some tens of bytes for each member. It can also be kept in a file, so that the archive opens
 * in a fraction of the time: size and time of the archive tell whether this is its index, and the checksum of its directory.
 * If not, the index is made again, and its file replaced as a whole. It can be removed at any time. If it can not be
 * written, the collection is open all the same, and `mts_collection_index_problem` says why. A file that is something else is
 * never replaced.
 *
 * The archive should not be written to while it is open, but by `mts_collection_writer_append`: what was opened stays what it
 * is. So it does if the file is replaced.
 *
 * @param path path of the archive, in UTF-8
 * @param index_path path of the file that keeps the index, in UTF-8; or NULL for none
 * @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
 * @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_IO_ERROR` if the file can not be read, or `MTS_SERIALIZATION_ERROR` if it is no collection
 */
mts_status_t mts_collection_open(const char *path,
                                 const char *index_path,
                                 const struct mts_file_limits_t *limits,
                                 struct mts_collection_t **collection);

/**
 * Open an archive of many maps in memory.
 *
 * @param buffer content of the archive, which nobody changes
 * @param buffer_count size of this content in bytes
 * @param release function to call when the memory is not needed any more, which can be on another thread. It is called
 *        exactly once, also if this function fails. NULL if the memory outlives the collection.
 * @param user_data given to `release`
 * @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
 * @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_collection_open_buffer(const uint8_t *buffer,
                                        uintptr_t buffer_count,
                                        void (*release)(void *user_data),
                                        void *user_data,
                                        const struct mts_file_limits_t *limits,
                                        struct mts_collection_t **collection);

/**
 * Open an archive of many maps that functions of the caller read.
 *
 * @param name what errors call the archive
 * @param reader the functions, which are *copied*, and released with the collection
 * @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
 * @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_collection_open_reader(const char *name,
                                        struct mts_reader_t reader,
                                        const struct mts_file_limits_t *limits,
                                        struct mts_collection_t **collection);

/**
 * Close a collection. What was loaded from it stays.
 *
 * @param collection a collection owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_collection_free(struct mts_collection_t *collection);

/**
 * Get why the index could not be kept that `mts_collection_open` was asked for: opening will take as long the next time.
 *
 * @param collection the collection
 * @param problem is set to what went wrong, or to NULL if nothing did. It is *borrowed*: valid until the collection is freed.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_collection_index_problem(const struct mts_collection_t *collection,
                                          const char **problem);

/**
 * Get how many maps a collection has, of all names together.
 *
 * @param collection the collection
 * @param count is set to the number of maps
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_collection_count(const struct mts_collection_t *collection, uintptr_t *count);

/**
 * Get the names of maps: those of `0/energy.mts` and `0/forces.mts` are `energy` and `forces`.
 *
 * @param collection the collection
 * @param names is set to `names_count` names, in the order in which they come in the directory. They are *borrowed*: valid until
 *        the collection is freed. On error, NULL.
 * @param names_count is set to the number of names
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_collection_names(const struct mts_collection_t *collection,
                                  const char *const **names,
                                  uintptr_t *names_count);

/**
 * Get the numbers of the maps of one name.
 *
 * @param collection the collection
 * @param name name of maps, in UTF-8
 * @param numbers is set to `numbers_count` numbers, sorted. They are *borrowed*: valid until the collection is freed. NULL if
 *        there are none, and on error.
 * @param numbers_count is set to how many these are: 0 if there is no such name
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_collection_numbers(const struct mts_collection_t *collection,
                                    const char *name,
                                    const int32_t **numbers,
                                    uintptr_t *numbers_count);

/**
 * Load one map of a collection, with one read of the archive.
 *
 * @param collection the collection
 * @param number number of the map
 * @param name name of the map, in UTF-8
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: `MTS_INVALID_PARAMETER_ERROR` if there is no such map
 */
mts_status_t mts_collection_load(const struct mts_collection_t *collection,
                                 int32_t number,
                                 const char *name,
                                 mts_create_array_callback_t create_array,
                                 mts_tensormap_t **tensor);

/**
 * Load several maps of a collection, joined along samples in the order of the list: a batch, as each step of a training loop needs
 * one.
 *
 * The result is that of loading each map and giving all of them to `mts_join_with`. Samples get the number of their map as a last
 * dimension. A number that is in the list more than once is as often in the result: its samples would then be the same
 * ones, which labels can not be, so that this is an error unless a dimension for positions is asked for.
 *
 * Maps are loaded by all threads of the library, but with arrays of the caller, which are made on this thread, as is all else
 * then.
 *
 * @param collection the collection
 * @param name name of the maps, in UTF-8
 * @param numbers numbers of the maps
 * @param numbers_count how many these are
 * @param options how to join them, or NULL
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param tensor is set to a map *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there are no numbers, a map is not there, or maps can not be joined
 */
mts_status_t mts_collection_load_many(const struct mts_collection_t *collection,
                                      const char *name,
                                      const int32_t *numbers,
                                      uintptr_t numbers_count,
                                      const struct mts_load_many_options_t *options,
                                      mts_create_array_callback_t create_array,
                                      mts_tensormap_t **tensor);

/**
 * Read the bytes of any member of a collection. Those of maps are as they are in the archive: with the header of an array if
 * numpy wrapped them.
 *
 * @param collection the collection
 * @param member whole name of the member, in UTF-8
 * @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
 *        moved. The buffer is *owned* by the caller, also if this function fails.
 * @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
 * @param realloc_user_data given to `realloc`
 * @param realloc function to make the buffer larger
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: `MTS_INVALID_PARAMETER_ERROR` if there is no such member
 */
mts_status_t mts_collection_bytes(const struct mts_collection_t *collection,
                                  const char *member,
                                  uint8_t **buffer,
                                  uintptr_t *buffer_count,
                                  void *realloc_user_data,
                                  mts_realloc_buffer_t realloc);

/**
 * Start to write an archive of many maps.
 *
 * The file is there once `mts_collection_writer_finish` is done, and as a whole: until then, what was there before still is.
 * Members are uncompressed, and start at multiples of 64 bytes.
 *
 * @param path path of the file, in UTF-8, which has to be that of a regular one
 * @param form how maps are written: a `MTS_COLLECTION_` value
 * @param writer is set to the writer, *owned* by the caller, to be given to `mts_collection_writer_finish` or
 *        `mts_collection_writer_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_collection_writer_create(const char *path,
                                          mts_collection_form_t form,
                                          struct mts_collection_writer_t **writer);

/**
 * Start to add to an archive of many maps, whoever made it. This takes as long as writing what is added, and about twice the
 * directory of the file, however large the data in it is.
 *
 * This is as for `mts_map_writer_append`: until `mts_collection_writer_finish` is done, the file is what it was before for all
 * readers of this library, also if the process dies, with a journal beside it; for others, there is
 * `mts_map_file_recover`. There is one writer at a time. Collections that are open go on with what was there then.
 *
 * An archive that has a comment, or is only a part of its file, is written once more as a whole, without these, and so is one
 * with other hard links, which keep the old content.
 *
 * @param path path of the file, in UTF-8
 * @param form how maps are written: a `MTS_COLLECTION_` value
 * @param writer is set to the writer, *owned* by the caller, to be given to `mts_collection_writer_finish` or
 *        `mts_collection_writer_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there is no such file, it is no collection, or another writer has
 *          it
 */
mts_status_t mts_collection_writer_append(const char *path,
                                          mts_collection_form_t form,
                                          struct mts_collection_writer_t **writer);

/**
 * Get how many members the archive has so far, with those that were in the file before: maps, and others.
 *
 * @param writer the writer
 * @param count is set to the number of members
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_collection_writer_count(const struct mts_collection_writer_t *writer,
                                         uintptr_t *count);

/**
 * Write a map, as the member `number/name.mts`. What can not be added changes nothing: others can follow.
 *
 * @param writer the writer
 * @param number number of the map, which is not negative
 * @param name name of the map, in UTF-8, which is not empty and has no `/`
 * @param tensor the map, which still belongs to the caller, and is not needed any more after this
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there is such a member already, or the file can not be written
 */
mts_status_t mts_collection_writer_add(struct mts_collection_writer_t *writer,
                                       int32_t number,
                                       const char *name,
                                       const mts_tensormap_t *tensor);

/**
 * Write something else, as it is: a member with any name.
 *
 * @param writer the writer
 * @param member whole name of the member, in UTF-8
 * @param bytes what it holds
 * @param bytes_count number of bytes
 *
 * @returns `MTS_SUCCESS`; or the status of what went wrong: there is such a member already, or the file can not be written
 */
mts_status_t mts_collection_writer_add_bytes(struct mts_collection_writer_t *writer,
                                             const char *member,
                                             const uint8_t *bytes,
                                             uintptr_t bytes_count);

/**
 * Write the directory, and put the file in its place.
 *
 * @param writer the writer. This function *takes ownership* of it, and releases it, even if it fails.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: then the file is what it was before
 */
mts_status_t mts_collection_writer_finish(struct mts_collection_writer_t *writer);

/**
 * Release a writer that was not finished. The file is what it was before.
 *
 * @param writer the writer, or NULL
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_collection_writer_free(struct mts_collection_writer_t *writer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_IO_H */
