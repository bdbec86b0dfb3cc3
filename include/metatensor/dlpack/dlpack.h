/* The types of DLPack, the standard through which libraries share arrays in memory.
 *
 * This declares what version 1.3 of the standard (https://dmlc.github.io/dlpack) says about memory
 * layouts. It has the include guard of the original header: whichever of the two comes first is used. */
#ifndef DLPACK_DLPACK_H_
#define DLPACK_DLPACK_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define DLPACK_EXTERN_C extern "C"
#else
#define DLPACK_EXTERN_C
#endif

#define DLPACK_MAJOR_VERSION 1
#define DLPACK_MINOR_VERSION 3

/* Flags of DLManagedTensorVersioned */

/** The memory must not be written to. */
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
/** The memory is a copy made for the receiver. */
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)
/** Elements of less than 8 bits take a byte each. */
#define DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED (1UL << 2UL)

#ifdef __cplusplus
extern "C" {
#endif

/** Version of DLPack that a structure follows. */
typedef struct {
    /** structures of different major versions have different layouts */
    uint32_t major;
    /** minor versions only add values */
    uint32_t minor;
} DLPackVersion;

/** Kinds of devices. Newer versions of the standard may add some. */
#ifdef __cplusplus
typedef enum : int32_t {
#else
typedef enum {
#endif
    kDLCPU = 1,
    kDLCUDA = 2,
    /** pinned main memory */
    kDLCUDAHost = 3,
    kDLOpenCL = 4,
    kDLVulkan = 7,
    kDLMetal = 8,
    kDLVPI = 9,
    kDLROCM = 10,
    /** pinned main memory */
    kDLROCMHost = 11,
    /** a device that only its owner knows */
    kDLExtDev = 12,
    kDLCUDAManaged = 13,
    kDLOneAPI = 14,
    kDLWebGPU = 15,
    kDLHexagon = 16,
    kDLMAIA = 17,
    kDLTrn = 18
} DLDeviceType;

/** Device holding the data of an array. */
typedef struct {
    DLDeviceType device_type;
    /** which one of the devices of this type */
    int32_t device_id;
} DLDevice;

/** Kinds of data types. Newer versions of the standard may add some. */
typedef enum {
    kDLInt = 0,
    kDLUInt = 1,
    kDLFloat = 2,
    kDLOpaqueHandle = 3,
    kDLBfloat = 4,
    kDLComplex = 5,
    kDLBool = 6,
    kDLFloat8_e3m4 = 7,
    kDLFloat8_e4m3 = 8,
    kDLFloat8_e4m3b11fnuz = 9,
    kDLFloat8_e4m3fn = 10,
    kDLFloat8_e4m3fnuz = 11,
    kDLFloat8_e5m2 = 12,
    kDLFloat8_e5m2fnuz = 13,
    kDLFloat8_e8m0fnu = 14,
    kDLFloat6_e2m3fn = 15,
    kDLFloat6_e3m2fn = 16,
    kDLFloat4_e2m1fn = 17
} DLDataTypeCode;

/** Type of the elements: `{kDLFloat, 64, 1}` for double, `{kDLComplex, 128, 1}` for its complex version. */
typedef struct {
    /** one of DLDataTypeCode */
    uint8_t code;
    /** size of one lane in bits */
    uint8_t bits;
    /** number of lanes, 1 for scalar types */
    uint16_t lanes;
} DLDataType;

/** A strided array somewhere in memory. */
typedef struct {
    /** start of the memory, can be NULL if there are no elements */
    void *data;
    DLDevice device;
    /** number of axes */
    int32_t ndim;
    DLDataType dtype;
    /** length of each axis, can be NULL if there are no axes */
    int64_t *shape;
    /** distance between neighbors along each axis in elements, or NULL for row-major data */
    int64_t *strides;
    /** bytes from `data` to the first element */
    uint64_t byte_offset;
} DLTensor;

/** A tensor and the way to give it back, as it was before version 1.0 of the standard. */
typedef struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;

/** A tensor and the way to give it back. */
typedef struct DLManagedTensorVersioned {
    DLPackVersion version;
    /** belongs to whoever made this structure */
    void *manager_ctx;
    /** releases the tensor and this structure, can be NULL */
    void (*deleter)(struct DLManagedTensorVersioned *self);
    /** or-ed DLPACK_FLAG_BITMASK_ values */
    uint64_t flags;
    DLTensor dl_tensor;
} DLManagedTensorVersioned;

#ifdef __cplusplus
}
#endif

#endif /* DLPACK_DLPACK_H_ */
