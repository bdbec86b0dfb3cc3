// What the tests in C++ check with: a failure prints where it is, and ends the program.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>

[[noreturn]] inline void failed(const char* file, int line, const std::string& what) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
    std::exit(1);
}

// `...`, since there may be commas
#define CHECK(...) \
    do { \
        if (!(__VA_ARGS__)) failed(__FILE__, __LINE__, "this is false: " #__VA_ARGS__); \
    } while (false)

template<typename E, typename F>
void check_throws(const char* file, int line, const char* code, const std::string& text, F function) {
    try {
        function();
    } catch (const E& error) {
        if (typeid(error) != typeid(E)) {
            failed(file, line, std::string(code) + " throws another error: " + typeid(error).name());
        }
        if (std::string(error.what()).find(text) == std::string::npos) {
            failed(file, line, std::string(code) + " says '" + error.what() + "'");
        }
        return;
    } catch (const std::exception& error) {
        failed(file, line, std::string(code) + " throws another error: " + error.what());
    }
    failed(file, line, std::string(code) + " throws nothing");
}

/// `code` throws an error of exactly this type, with `text` in its message.
#define CHECK_THROWS(E, text, ...) \
    check_throws<E>(__FILE__, __LINE__, #__VA_ARGS__, text, [&] { static_cast<void>(__VA_ARGS__); })

/// `code` throws any exception.
#define CHECK_THROWS_ANY(...) \
    do { \
        bool thrown = false; \
        try { \
            static_cast<void>(__VA_ARGS__); \
        } catch (const std::exception&) { \
            thrown = true; \
        } \
        if (!thrown) failed(__FILE__, __LINE__, #__VA_ARGS__ " throws nothing"); \
    } while (false)

#endif
