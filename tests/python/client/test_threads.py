"""Several threads that use the same labels and maps at the same time, and processes that are forked."""

import os
import threading
import unittest

import numpy as np
from helpers import TestCase, block, labels
from metatensor import Labels, MetatensorError, TensorBlock, TensorMap
from metatensor.io import load_buffer

N_THREADS = 8
N_ROUNDS = 20


def in_threads(function):
    """Call `function(thread)` in several threads that start together, and raise what one of them raised."""
    barrier = threading.Barrier(N_THREADS)
    errors = []

    def run(thread):
        try:
            barrier.wait()
            function(thread)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def many_rows(seed=0):
    rows = np.mgrid[0:20, 0:10, 0:5].reshape(3, -1).T
    return Labels(["a", "b", "c"], np.random.default_rng(seed).permutation(rows).astype(np.int32))


def tensor():
    blocks = [block(range(i, i + 40), [0, 1], first=1000 * i, gradients={"x": [(i, 3), (0, 1)]}) for i in range(12)]
    return TensorMap(labels(["k", "j"], [(i, i % 3) for i in range(12)]), blocks)


class Shared(TestCase):
    def test_first_lookup_in_many_threads(self):
        for round_ in range(N_ROUNDS):
            shared = many_rows(round_)
            rows = shared.values.tolist()

            def look_up(thread, shared=shared, rows=rows):
                for position in range(thread, len(rows), 37):
                    self.assertEqual(shared.position(rows[position]), position)
                self.assertIsNone(shared.position([0, 0, 9]))

            in_threads(look_up)

    def test_sets_and_selections(self):
        first, second = many_rows(1), labels(["a", "b", "c"], [(30, 1, 2), (3, 2, 1), (19, 9, 4)])
        union, expected = first.union(second), first.select(labels("b", [3])).tolist()

        def use(_thread):
            for _ in range(N_ROUNDS):
                self.assert_same_labels(first.union(second), union)
                self.assertEqual(len(first.intersection(second)), 2)
                self.assertEqual(len(first.difference(second)), len(first) - 2)
                self.assertEqual(first.select(labels("b", [3])).tolist(), expected)

        in_threads(use)

    def test_reading_and_moving_keys_of_one_map(self):
        shared = tensor()
        moves = [
            lambda: shared.keys_to_samples("k"),
            lambda: shared.keys_to_properties("k", fill_value=np.nan),
            lambda: shared.keys_to_samples(["j", "k"], sort_samples=False),
            lambda: shared.copy(),
        ]
        expected = [move() for move in moves]

        def use(thread):
            for _ in range(3):
                self.assert_same_tensor(moves[thread % 4](), expected[thread % 4])
                self.assertEqual(shared.block(k=thread).values[0, 0], 1000 * thread)
                self.assertEqual(shared.block(thread).gradient("x").samples.values[0, 0], thread)

        in_threads(use)
        self.assert_same_tensor(shared, tensor())

    def test_saving_and_loading_one_map(self):
        shared = tensor()
        saved = bytes(shared.save_buffer())

        def use(_thread):
            for _ in range(3):
                self.assertEqual(bytes(shared.save_buffer()), saved)
                self.assert_same_tensor(load_buffer(saved), shared)

        in_threads(use)


class Separate(TestCase):
    def test_creating_and_dropping(self):
        def use(thread):
            for i in range(N_ROUNDS):
                created = TensorMap(Labels.range("k", 3), [block(range(5), first=thread + i) for _ in range(3)])
                self.assertEqual(created.keys_to_samples("k").block().values.sum(), 3 * (10 + 5 * (thread + i)))

        in_threads(use)

    def test_every_thread_sees_its_own_errors(self):
        class Failure(Exception):
            pass

        class Stubborn(np.ndarray):
            def copy(self, *_arguments):
                raise Failure(threading.get_ident())

        samples, properties = labels("s", [0]), labels("p", [0])

        def use(thread):
            uncopied = TensorBlock(np.zeros((1, 1)).view(Stubborn), samples, [], properties)
            for _ in range(N_ROUNDS):
                with self.assertRaises(Failure) as context:
                    uncopied.copy()
                self.assertEqual(context.exception.args, (threading.get_ident(),))
                self.assert_raises_naming(MetatensorError, [f"name_{thread}"], labels, [f"name_{thread}"] * 2, [(0, 0)])

        in_threads(use)

    def test_the_last_owner_may_be_another_thread(self):
        for _ in range(N_ROUNDS):
            holder = [tensor()]
            blocks = holder[0].blocks()

            def drop(thread, holder=holder, blocks=blocks):
                if thread == 0:
                    holder.clear()
                self.assertEqual(blocks[thread].values[0, 0], 1000 * thread)
                blocks[thread] = None

            in_threads(drop)


class Forked(TestCase):
    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_child_can_go_on(self):
        shared = tensor()
        expected = shared.keys_to_samples("k")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.assert_same_tensor(shared.keys_to_samples("k"), expected)
                self.assert_same_tensor(load_buffer(shared.save_buffer()), shared)
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
