// Runs the suite, which is in a shared library of its own.
void run_suite();

int main() {
    run_suite();
}
