/* The layout of every structure, and the value of every constant. Compiled as C and as C++. */
#include <metatensor.h>
#include <metatensor/distributed.h>
#include <metatensor/gradient_map.h>
#include <metatensor/operations.h>

#include <stddef.h>

#ifndef __cplusplus
#include <assert.h>
#endif

#define IS_POINTER_NUMBER(member, number) \
    static_assert(offsetof(mts_array_t, member) == (number) * sizeof(void *), #member); \
    static_assert(sizeof(((mts_array_t *)0)->member) == sizeof(void *), "size of " #member)

IS_POINTER_NUMBER(ptr, 0);
IS_POINTER_NUMBER(destroy, 1);
IS_POINTER_NUMBER(origin, 2);
IS_POINTER_NUMBER(device, 3);
IS_POINTER_NUMBER(dtype, 4);
IS_POINTER_NUMBER(as_dlpack, 5);
IS_POINTER_NUMBER(from_dlpack, 6);
IS_POINTER_NUMBER(shape, 7);
IS_POINTER_NUMBER(reshape, 8);
IS_POINTER_NUMBER(swap_axes, 9);
IS_POINTER_NUMBER(create, 10);
IS_POINTER_NUMBER(copy, 11);
IS_POINTER_NUMBER(move_data, 12);
static_assert(sizeof(mts_array_t) == 13 * sizeof(void *), "mts_array_t");

#define IS_NUMBER(member, number) \
    static_assert(offsetof(mts_data_movement_t, member) == (number) * sizeof(uintptr_t), #member)

IS_NUMBER(sample_in, 0);
IS_NUMBER(sample_out, 1);
IS_NUMBER(properties_start_in, 2);
IS_NUMBER(properties_start_out, 3);
IS_NUMBER(properties_length, 4);
static_assert(sizeof(mts_data_movement_t) == 5 * sizeof(uintptr_t), "mts_data_movement_t");

static_assert(sizeof(mts_status_t) == 4, "mts_status_t");
static_assert(MTS_SUCCESS == 0, "MTS_SUCCESS");
static_assert(MTS_INVALID_PARAMETER_ERROR == 1, "MTS_INVALID_PARAMETER_ERROR");
static_assert(MTS_IO_ERROR == 2, "MTS_IO_ERROR");
static_assert(MTS_SERIALIZATION_ERROR == 3, "MTS_SERIALIZATION_ERROR");
static_assert(MTS_BUFFER_SIZE_ERROR == 4, "MTS_BUFFER_SIZE_ERROR");
static_assert(MTS_COMMUNICATION_ERROR == 19, "MTS_COMMUNICATION_ERROR");
static_assert(MTS_CALLBACK_ERROR == 254, "MTS_CALLBACK_ERROR");
static_assert(MTS_INTERNAL_ERROR == 255, "MTS_INTERNAL_ERROR");
static_assert(sizeof(mts_data_origin_t) == 8, "mts_data_origin_t");

static_assert(sizeof(DLPackVersion) == 8, "DLPackVersion");
static_assert(offsetof(DLPackVersion, minor) == 4, "minor");
static_assert(sizeof(DLDevice) == 8, "DLDevice");
static_assert(offsetof(DLDevice, device_id) == 4, "device_id");
static_assert(sizeof(DLDataType) == 4, "DLDataType");
static_assert(offsetof(DLDataType, bits) == 1, "bits");
static_assert(offsetof(DLDataType, lanes) == 2, "lanes");

/* programs are compiled with these, and get another library later */
static_assert(MTS_TRANSPORT_VERSION == 1, "MTS_TRANSPORT_VERSION");
static_assert(MTS_ORDER_LABELS == 1 && MTS_SUM_ORDER_LABELS == 1 && MTS_AGREEMENT_NEIGHBORS == 1, "choices of two");
static_assert(MTS_ADD == 0 && MTS_MULTIPLY == 1 && MTS_MIN == 2 && MTS_MAX == 3, "mts_combine_t");
static_assert(MTS_PARTITION_ROWS == 0 && MTS_PARTITION_OWNERS == 8, "mts_partition_kind_t");
static_assert(offsetof(mts_transport_t, rank) == 4 && offsetof(mts_transport_t, size) == 8, "mts_transport_t");

#if UINTPTR_MAX == UINT64_MAX
#define IS_IN_TRANSPORT(member, number) static_assert(offsetof(mts_transport_t, member) == 8 * (number), #member)

IS_IN_TRANSPORT(ptr, 2);
IS_IN_TRANSPORT(destroy, 3);
IS_IN_TRANSPORT(max, 4);
IS_IN_TRANSPORT(all_to_all, 5);
IS_IN_TRANSPORT(broadcast, 6);
IS_IN_TRANSPORT(begin, 7);
IS_IN_TRANSPORT(finish, 8);
IS_IN_TRANSPORT(abort, 9);
IS_IN_TRANSPORT(reserved, 10);
static_assert(sizeof(mts_transport_t) == 128, "mts_transport_t");
static_assert(offsetof(mts_message_t, data) == 8 && offsetof(mts_message_t, size) == 16, "mts_message_t");
static_assert(sizeof(mts_message_t) == 24, "mts_message_t");
static_assert(sizeof(mts_partition_t) == 72, "mts_partition_t");

static_assert(sizeof(DLTensor) == 48, "DLTensor");
static_assert(offsetof(DLTensor, data) == 0, "data");
static_assert(offsetof(DLTensor, device) == 8, "device");
static_assert(offsetof(DLTensor, ndim) == 16, "ndim");
static_assert(offsetof(DLTensor, dtype) == 20, "dtype");
static_assert(offsetof(DLTensor, shape) == 24, "shape");
static_assert(offsetof(DLTensor, strides) == 32, "strides");
static_assert(offsetof(DLTensor, byte_offset) == 40, "byte_offset");
static_assert(sizeof(DLManagedTensorVersioned) == 80, "DLManagedTensorVersioned");
static_assert(offsetof(DLManagedTensorVersioned, version) == 0, "version");
static_assert(offsetof(DLManagedTensorVersioned, manager_ctx) == 8, "manager_ctx");
static_assert(offsetof(DLManagedTensorVersioned, deleter) == 16, "deleter");
static_assert(offsetof(DLManagedTensorVersioned, flags) == 24, "flags");
static_assert(offsetof(DLManagedTensorVersioned, dl_tensor) == 32, "dl_tensor");
static_assert(sizeof(DLManagedTensor) == 64, "DLManagedTensor");
#endif

static_assert(kDLCPU == 1 && kDLCUDA == 2 && kDLCUDAHost == 3 && kDLMetal == 8 && kDLROCM == 10, "devices");
static_assert(kDLExtDev == 12, "devices");
static_assert(kDLInt == 0 && kDLUInt == 1 && kDLFloat == 2 && kDLBfloat == 4, "types");
static_assert(kDLComplex == 5 && kDLBool == 6, "types");
static_assert(DLPACK_MAJOR_VERSION == 1, "DLPack");
static_assert(DLPACK_FLAG_BITMASK_READ_ONLY == 1 && DLPACK_FLAG_BITMASK_IS_COPIED == 2, "flags");

int main(void) {
    /* callbacks may return any number, so that there is no cast from the type of statuses */
    mts_create_array_callback_t create = mts_create_array;
    const char *version = mts_version();
    return create != NULL && version[0] == '0' && version[1] == '.' && version[2] == '2' && version[3] == '.' ? 0 : 1;
}
