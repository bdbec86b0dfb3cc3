// Loads the two libraries in the order in which they are given, each with its name, and lets each use the other.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int, char** arguments) {
    void* functions[2];
    void (*run[2])(const void*);
    for (int i = 0; i < 2; i++) {
        const std::string name = arguments[1 + 2 * i];
        // symbols of the first library take the place of those of the second one
        void* library = dlopen(arguments[2 + 2 * i], RTLD_NOW | RTLD_GLOBAL);
        if (library == nullptr) {
            std::fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        auto get = reinterpret_cast<void* (*)()>(dlsym(library, (name + "_functions").c_str()));
        functions[i] = get();
        run[i] = reinterpret_cast<void (*)(const void*)>(dlsym(library, (name + "_run").c_str()));
    }
    run[0](functions[1]);
    run[1](functions[0]);
    run[0](functions[0]);
    run[1](functions[1]);
    std::puts("done");
}
