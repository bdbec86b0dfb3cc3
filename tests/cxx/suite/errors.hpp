// metatensor/errors.hpp: status codes become exceptions, and exceptions go through C.
#include <functional>
#include <stdexcept>

namespace errors {

/// What functions that fail in the library throw.
template<typename F>
void call_through_c(F function) {
    // an array whose shape can not be asked for
    class Failing: public SimpleDataArray<double> {
    public:
        Failing(std::function<void()> fail): SimpleDataArray<double>({2, 3}), fail_(std::move(fail)) {}
        std::unique_ptr<DataArrayBase> copy(DLDevice) const override {
            fail_();
            return nullptr;
        }

    private:
        std::function<void()> fail_;
    };
    const TensorBlock block(
        std::make_unique<Failing>(function), Labels::range("s", 2), {}, Labels::range("p", 3));
    static_cast<void>(block.clone());
}

struct Strange {
    int number;
};

void test() {
    // versions
    CHECK(std::string(METATENSOR_VERSION) == mts_version());
    CHECK(std::to_string(METATENSOR_VERSION_MAJOR) + "." + std::to_string(METATENSOR_VERSION_MINOR) + "."
            + std::to_string(METATENSOR_VERSION_PATCH)
        == METATENSOR_VERSION);

    // constructed from a text, implicitly
    const Error error = std::string("text");
    CHECK(error.what() == std::string("text"));

    // one class for each status, all of them errors
    const auto with = [](mts_status_t status) {
        mts_set_last_error("what happened", "metatensor", nullptr, nullptr);
        details::check_status(status);
    };
    with(MTS_SUCCESS);
    CHECK_THROWS(InvalidParameterError, "what happened", with(MTS_INVALID_PARAMETER_ERROR));
    CHECK_THROWS(IoError, "what happened", with(MTS_IO_ERROR));
    CHECK_THROWS(SerializationError, "what happened", with(MTS_SERIALIZATION_ERROR));
    CHECK_THROWS(BufferSizeError, "what happened", with(MTS_BUFFER_SIZE_ERROR));
    CHECK_THROWS(NotEqualError, "what happened", with(MTS_NOT_EQUAL_ERROR));
    CHECK_THROWS(UnsupportedError, "what happened", with(MTS_UNSUPPORTED_ERROR));
    CHECK_THROWS(LinalgError, "what happened", with(MTS_LINALG_ERROR));
    CHECK_THROWS(InternalError, "what happened", with(MTS_INTERNAL_ERROR));
    CHECK_THROWS(Error, "what happened", with(MTS_CALLBACK_ERROR));
    CHECK_THROWS(Error, "what happened", with(static_cast<mts_status_t>(77)));
    static_assert(IoError::status == MTS_IO_ERROR, "the class knows its status");
    static_assert(std::is_base_of<Error, IoError>::value && std::is_final<IoError>::value, "classes of errors");

    // functions that give pointers: the kind of the error is in the message, if the library wrote it
    int something = 0;
    details::check_pointer(&something);
    const auto null = [](const char* message, const char* origin) {
        mts_set_last_error(message, origin, nullptr, nullptr);
        details::check_pointer(nullptr);
    };
    CHECK_THROWS(InvalidParameterError, "invalid parameter: x", null("invalid parameter: x", "metatensor"));
    CHECK_THROWS(IoError, "io error: x", null("io error: x", "metatensor"));
    CHECK_THROWS(SerializationError, "", null("serialization format error: x", "metatensor"));
    CHECK_THROWS(BufferSizeError, "", null("buffer size error: x", "metatensor"));
    CHECK_THROWS(NotEqualError, "", null("not equal: x", "metatensor"));
    CHECK_THROWS(UnsupportedError, "", null("unsupported: x", "metatensor"));
    CHECK_THROWS(LinalgError, "", null("linear algebra error: x", "metatensor"));
    CHECK_THROWS(InternalError, "", null("internal error: x", "metatensor"));
    CHECK_THROWS(Error, "", null("io error: x", "somebody else"));
    CHECK_THROWS(IoError, "could not open", Labels::load("/not/there"));
    CHECK_THROWS(SerializationError, "", Labels::load_buffer(std::string("nonsense")));

    // exceptions of callbacks come out as what they were
    CHECK_THROWS(std::out_of_range, "too far", call_through_c([] { throw std::out_of_range("too far"); }));
    CHECK_THROWS(std::bad_alloc, "", call_through_c([] { throw std::bad_alloc(); }));
    CHECK_THROWS(IoError, "mine", call_through_c([] { throw IoError("mine"); }));
    try {
        call_through_c([] { throw Strange{42}; });
        CHECK(false);
    } catch (const Strange& strange) {
        CHECK(strange.number == 42);
    }
    CHECK_THROWS(InvalidParameterError, "null", call_through_c([] {}));

    // bytes that are not UTF-8
    const std::string latin = "caf\xe9";
    try {
        call_through_c([&] { throw std::runtime_error(latin); });
        CHECK(false);
    } catch (const std::runtime_error& thrown) {
        CHECK(thrown.what() == latin);
    }

    // what is stored: text, origin and data are known to everybody
    CHECK(details::catch_exceptions([](int a, int b) { return a + b; }, 1, 2) == MTS_SUCCESS);
    CHECK(details::catch_exceptions([] { throw std::runtime_error("stored"); }) == MTS_CALLBACK_ERROR);
    const char *message = nullptr, *origin = nullptr;
    void* data = nullptr;
    mts_last_error(&message, &origin, &data);
    CHECK(message == std::string("stored"));
    CHECK(origin == std::string("C++ exception"));
    CHECK_THROWS(std::runtime_error, "stored", std::rethrow_exception(*static_cast<std::exception_ptr*>(data)));
    CHECK_THROWS(std::runtime_error, "stored", details::check_status(MTS_CALLBACK_ERROR));
    CHECK_THROWS(std::runtime_error, "stored", details::check_pointer(nullptr));
    mts_set_last_error(nullptr, nullptr, nullptr, nullptr);
    mts_last_error(&message, &origin, &data);
    CHECK(message == std::string() && data == nullptr);
}

} // namespace errors
