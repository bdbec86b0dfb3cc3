#ifndef METATENSOR_ERRORS_HPP
#define METATENSOR_ERRORS_HPP

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <metatensor.h>

#include <metatensor/details/hidden.hpp>

/// Labels, blocks and maps, and what is on top of them. All errors are `Error`.
namespace metatensor {

/// What all functions of these headers throw, and the base of errors with a status of their own.
///
/// Exceptions of callbacks written in C++ (functions of arrays, functions that make arrays) are none of these: they go
/// through the library, and come out as what was thrown.
class Error: public std::runtime_error {
public:
    /// An error with this message.
    METATENSOR_HIDDEN Error(const std::string& message): std::runtime_error(message) {}
    METATENSOR_HIDDEN Error(const Error&) = default;
    METATENSOR_HIDDEN Error& operator=(const Error&) = default;
    METATENSOR_HIDDEN ~Error() override = default;
};

/// An error with the status that functions of C give for it.
template<mts_status_t STATUS>
class StatusError final: public Error {
public:
    /// An error with this message.
    METATENSOR_HIDDEN explicit StatusError(const std::string& message): Error(message) {}
    METATENSOR_HIDDEN StatusError(const StatusError&) = default;
    METATENSOR_HIDDEN StatusError& operator=(const StatusError&) = default;
    METATENSOR_HIDDEN ~StatusError() override = default;

    /// The status in C.
    static constexpr mts_status_t status = STATUS;
};

/// A parameter, or the combination of several, can not be used. This is also thrown by the headers themselves: for indexes
/// out of range, objects that were moved from, another type of elements, ...
using InvalidParameterError = StatusError<MTS_INVALID_PARAMETER_ERROR>;
/// The operating system refused to read or write a file.
using IoError = StatusError<MTS_IO_ERROR>;
/// The content of a file or buffer is not what it should be.
using SerializationError = StatusError<MTS_SERIALIZATION_ERROR>;
/// A buffer of the caller does not have the right size.
using BufferSizeError = StatusError<MTS_BUFFER_SIZE_ERROR>;
/// Two objects that an operation needs to be alike are not.
using NotEqualError = StatusError<MTS_NOT_EQUAL_ERROR>;
/// A valid request that the library can not fulfil.
using UnsupportedError = StatusError<MTS_UNSUPPORTED_ERROR>;
/// A linear system without a usable solution.
using LinalgError = StatusError<MTS_LINALG_ERROR>;
/// Processes can not reach each other any more.
using CommunicationError = StatusError<MTS_COMMUNICATION_ERROR>;
/// There is a bug in the library.
using InternalError = StatusError<MTS_INTERNAL_ERROR>;

namespace details {

/// Origin of errors whose data is a `std::exception_ptr` made with `new`. Text and data are known to everybody who compiles
/// headers of metatensor: binaries rethrow what others stored.
METATENSOR_HIDDEN inline const char* exception_origin() noexcept {
    return "C++ exception";
}

/// Throws what the headers find wrong themselves.
[[noreturn]] METATENSOR_HIDDEN inline void fail(const std::string& message) {
    throw InvalidParameterError("invalid parameter: " + message);
}

/// The status of an error of the library, of which only the message is known: it starts with the kind of the error.
METATENSOR_HIDDEN inline mts_status_t status_of_message(const char* message) noexcept {
    struct Kind {
        const char* prefix;
        mts_status_t status;
    };
    const Kind kinds[] = {
        {"invalid parameter: ", MTS_INVALID_PARAMETER_ERROR},
        {"io error: ", MTS_IO_ERROR},
        {"serialization format error: ", MTS_SERIALIZATION_ERROR},
        {"buffer size error: ", MTS_BUFFER_SIZE_ERROR},
        {"not equal: ", MTS_NOT_EQUAL_ERROR},
        {"unsupported: ", MTS_UNSUPPORTED_ERROR},
        {"linear algebra error: ", MTS_LINALG_ERROR},
        {"communication error: ", MTS_COMMUNICATION_ERROR},
        {"internal error: ", MTS_INTERNAL_ERROR},
    };
    for (const auto& kind: kinds) {
        if (std::strncmp(message, kind.prefix, std::strlen(kind.prefix)) == 0) {
            return kind.status;
        }
    }
    return MTS_CALLBACK_ERROR;
}

/// Throws an error with this status.
[[noreturn]] METATENSOR_HIDDEN inline void throw_error(mts_status_t status, const std::string& message) {
    switch (static_cast<int32_t>(status)) {
    case MTS_INVALID_PARAMETER_ERROR:
        throw InvalidParameterError(message);
    case MTS_IO_ERROR:
        throw IoError(message);
    case MTS_SERIALIZATION_ERROR:
        throw SerializationError(message);
    case MTS_BUFFER_SIZE_ERROR:
        throw BufferSizeError(message);
    case MTS_NOT_EQUAL_ERROR:
        throw NotEqualError(message);
    case MTS_UNSUPPORTED_ERROR:
        throw UnsupportedError(message);
    case MTS_LINALG_ERROR:
        throw LinalgError(message);
    case MTS_COMMUNICATION_ERROR:
        throw CommunicationError(message);
    case MTS_INTERNAL_ERROR:
        throw InternalError(message);
    default:
        throw Error(message);
    }
}

/// Throws the last error of this thread; if it is an exception that a callback stored, this exception.
[[noreturn]] METATENSOR_HIDDEN inline void throw_callback_error() {
    const char* message = "";
    const char* origin = "";
    void* data = nullptr;
    mts_last_error(&message, &origin, &data);
    if (data != nullptr && std::strcmp(origin, exception_origin()) == 0) {
        std::rethrow_exception(*static_cast<const std::exception_ptr*>(data));
    }
    if (std::strcmp(origin, "metatensor") == 0) {
        throw_error(status_of_message(message), message);
    }
    throw Error(message);
}

/// Throws the last error of this thread, that has this status.
[[noreturn]] METATENSOR_HIDDEN inline void throw_last_error(mts_status_t status) {
    if (status == MTS_CALLBACK_ERROR) {
        throw_callback_error();
    }
    const char* message = "";
    mts_last_error(&message, nullptr, nullptr);
    throw_error(status, message);
}

/// Throws the last error of this thread if `status` is one. What throws is apart, so that this is inlined.
METATENSOR_HIDDEN inline void check_status(mts_status_t status) {
    if (status != MTS_SUCCESS) {
        throw_last_error(status);
    }
}

/// Throws the last error of this thread if `pointer` is null.
METATENSOR_HIDDEN inline void check_pointer(const void* pointer) {
    if (pointer == nullptr) {
        throw_callback_error();
    }
}

/// Makes the exception that is being handled the last error of this thread.
METATENSOR_HIDDEN inline mts_status_t store_exception(const char* message) noexcept {
    auto* stored = new (std::nothrow) std::exception_ptr(std::current_exception());
    // without memory for the exception, there is still its message
    mts_set_last_error(message, exception_origin(), stored, [](void* data) {
        delete static_cast<std::exception_ptr*>(data);
    });
    return MTS_CALLBACK_ERROR;
}

/// Calls `function(args...)` in a callback of C: exceptions do not get out of it, but become the last error of this thread,
/// and `MTS_CALLBACK_ERROR`. What the function returns is ignored.
template<typename F, typename... Args>
METATENSOR_HIDDEN mts_status_t catch_exceptions(F function, Args... args) {
    try {
        static_cast<void>(function(std::move(args)...));
        return MTS_SUCCESS;
    } catch (const std::exception& exception) {
        return store_exception(exception.what());
    } catch (...) {
        return store_exception("an exception that is no std::exception");
    }
}

} // namespace details
} // namespace metatensor

#endif
