"""How the package gets its library into the process: each test is a process of its own."""

import pathlib
import subprocess
import sys
import textwrap
import unittest


CLIENT = pathlib.Path(__file__).resolve().parents[1] / "client"


def run(code, *, fails=False):
    """What a program prints, or its error output if it has to fail. It never ends with a signal."""
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert process.returncode == (1 if fails else 0), f"exit code {process.returncode}: {process.stdout}{process.stderr}"
    return process.stderr if fails else process.stdout


class Loading(unittest.TestCase):
    def test_programs_run_on_our_library_alone(self):
        output = run("""
            import metatensor_native
            metatensor_native.install()
            import numpy as np
            import metatensor as mts
            from metatensor import Labels, TensorBlock, TensorMap
            block = TensorBlock(np.array([[1.0], [2.0]]), Labels.range("sample", 2), [], Labels.range("p", 1))
            doubled = mts.multiply(TensorMap(Labels.single(), [block]), 2.0)
            status = metatensor_native.status()
            assert status.libraries == [status.library], status
            assert status.threads >= 1 and status.version.startswith("0.2."), status
            print(doubled.block(0).values.ravel())
            print(status)
        """)
        self.assertIn("[2. 4.]", output)
        self.assertIn("operations    native", output)

    def test_it_says_what_to_do_when_it_comes_too_late(self):
        error = run(
            """
            import metatensor
            metatensor.Labels.single()
            import metatensor_native
            """,
            fails=True,
        )
        self.assertIn("ImportError: this process uses the library", error)
        self.assertIn("'import metatensor_native' has to come before 'import metatensor'", error)

    def test_it_may_come_after_metatensor_was_imported_if_no_library_was_loaded(self):
        run("""
            import metatensor
            import metatensor_native
            metatensor.Labels.single()
            status = metatensor_native.status()
            assert status.libraries == [status.library], status
        """)

    def test_featomic_computes_the_same_digits_on_it(self):
        run(f"""
            import metatensor_native
            metatensor_native.install()
            import runpy, sys
            sys.path.insert(0, {str(CLIENT)!r})
            sys.argv = ["featomic_data.py", "--expect-library", str(metatensor_native.status().library)]
            runpy.run_path({str(CLIENT / "featomic_data.py")!r}, run_name="__main__")
        """)

    def test_programs_end_without_a_signal_whatever_is_alive(self):
        run("""
            import threading
            import metatensor_native
            metatensor_native.install()
            import numpy as np
            import metatensor as mts
            from metatensor import Labels, TensorBlock, TensorMap
            def make():
                block = TensorBlock(np.ones((2000, 300)), Labels.range("s", 2000), [], Labels.range("p", 300))
                return TensorMap(Labels.single(), [block])
            def work():
                global kept
                kept = mts.sum_over_samples(mts.add(make(), make()), "s")
            threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads[:2]: thread.join()
        """)


    def test_a_fork_while_the_library_works_can_end(self):
        run("""
            import os, threading
            import metatensor_native
            from metatensor_native import _convert
            _convert._RUNNING.add(1)  # a thread in the library, which a child does not have
            child = os.fork()
            if child == 0:
                raise SystemExit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            _convert._RUNNING.clear()
        """)


if __name__ == "__main__":
    unittest.main()
