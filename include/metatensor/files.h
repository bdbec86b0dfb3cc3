/** @file
 * Files that are being written.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_FILES_H
#define METATENSOR_FILES_H



#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Remove the temporary files of all saves of this process that are under way.
 *
 * These saves fail, or are so far that the new file is in place; what was there before them is not touched. Later saves
 * are not concerned.
 *
 * This is for programs that end because of a signal: it can be called from a signal handler, in any thread. It takes
 * no lock, asks for no memory, and may wait for a second for a file that another thread is about to make.
 * The library has no signal handler of its own. Without this call, the next save to the same path removes what is
 * left over.
 */
void mts_remove_temporaries(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_FILES_H */
