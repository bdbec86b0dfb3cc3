//! Threads of whole processes: when they are made, and what a fork does to them. Each test runs in a process of its
//! own.
#![expect(unsafe_code, reason = "forks")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use metatensor_core::{
    DenseArray, Labels, SampleOrder, TensorBlock, TensorMap, num_threads, set_num_threads,
};
use ndarray::Array3;

/// Runs the test `name` again in another process, with these variables, or does `body` in that process.
fn in_child(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    const MARK: &str = "METATENSOR_TEST_CHILD";
    if std::env::var_os(MARK).is_some() {
        return body();
    }
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env_remove("METATENSOR_NUM_THREADS")
        .env_remove("OMP_NUM_THREADS")
        .envs(variables.iter().copied())
        .env(MARK, "")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{}{}", text(&stdout), text(&stderr));
    assert!(text(&stdout).contains("1 passed"), "{}", text(&stdout));
}

/// Number of threads of this process, with or without a name.
fn tasks_of_process() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Number of threads of this process that belong to the library.
fn threads_of_process() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap());
    names.filter(|name| name.starts_with("metatensor-")).count()
}

/// Whether there are so many of them soon: new threads get their name when they first run.
fn soon_has_threads(expected: usize) -> bool {
    let start = Instant::now();
    while threads_of_process() != expected {
        if start.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Many elements that are all different, on several threads.
fn large_array() -> DenseArray {
    const ROWS: usize = 1 << 20;
    DenseArray::write_rows(&[ROWS], 1, 8 * ROWS, |rows, output| {
        output.extend(rows.len(), rows.map(|i| i as f64));
        Ok(())
    })
    .unwrap()
}

#[test]
fn the_variable_of_the_library_comes_before_the_one_of_openmp() {
    let name = "the_variable_of_the_library_comes_before_the_one_of_openmp";
    in_child(
        name,
        &[("METATENSOR_NUM_THREADS", "3"), ("OMP_NUM_THREADS", "5")],
        || {
            assert_eq!(num_threads(), 3);
            set_num_threads(7);
            assert_eq!(num_threads(), 7);
            set_num_threads(0);
            assert_eq!(num_threads(), 3);
        },
    );
}

#[test]
fn invalid_variables_are_ignored() {
    let name = "invalid_variables_are_ignored";
    in_child(
        name,
        &[
            ("METATENSOR_NUM_THREADS", "many"),
            ("OMP_NUM_THREADS", "5,2"),
        ],
        || assert_eq!(num_threads(), 5),
    );
}

#[test]
fn without_variables_the_machine_decides() {
    in_child(
        "without_variables_the_machine_decides",
        &[("OMP_NUM_THREADS", "0")],
        || {
            assert_eq!(
                num_threads(),
                std::thread::available_parallelism().unwrap().get()
            );
        },
    );
}

#[test]
fn threads_are_made_for_the_first_large_operation() {
    let name = "threads_are_made_for_the_first_large_operation";
    in_child(name, &[("METATENSOR_NUM_THREADS", "3")], || {
        let before = tasks_of_process();
        let small = map(20, 3);
        let copy = small.deep_copy().unwrap();
        TensorMap::load_buffer(&copy.save_buffer().unwrap()).unwrap();
        copy.keys_to_samples(&Labels::empty(&["type"]).unwrap(), 0.0, SampleOrder::Sorted)
            .unwrap();
        assert_eq!(tasks_of_process(), before);
        let large = large_array();
        assert!(soon_has_threads(2));
        drop(large.clone());
        assert!(soon_has_threads(2));
    });
}

#[test]
fn one_thread_is_the_one_of_the_caller() {
    in_child(
        "one_thread_is_the_one_of_the_caller",
        &[("METATENSOR_NUM_THREADS", "1")],
        || {
            let before = tasks_of_process();
            large_array();
            assert_eq!(tasks_of_process(), before);
        },
    );
}

#[test]
fn the_child_of_a_fork_makes_its_own_threads() {
    let name = "the_child_of_a_fork_makes_its_own_threads";
    in_child(name, &[("METATENSOR_NUM_THREADS", "3")], || {
        let expected = large_array().to_ndarray::<f64>().unwrap();
        assert!(soon_has_threads(2));
        // SAFETY: the child only does what the library promises to work, and ends without cleaning up.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let same = std::panic::catch_unwind(|| {
                large_array().to_ndarray::<f64>().unwrap() == expected && soon_has_threads(2)
            });
            // SAFETY: always possible.
            unsafe { libc::_exit(if same.unwrap_or(false) { 0 } else { 1 }) };
        }
        let start = Instant::now();
        let mut status = 0;
        // SAFETY: waits for our own child, which is not waited for elsewhere.
        while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
            if start.elapsed() > Duration::from_secs(60) {
                // SAFETY: our own child, which still exists as nobody waited for it.
                unsafe { libc::kill(child, libc::SIGKILL) };
                panic!("the child hangs");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(status, 0);
        drop(large_array());
    });
}

/// Blocks that have some samples in common, with gradients and values that are all different.
fn map(samples: usize, properties: usize) -> TensorMap {
    let block = |i: usize| {
        let rows = (0..samples).map(|s| [(s * (i + 2)) as i32, (s % 3) as i32]);
        let labels = Labels::from_rows(&["system", "atom"], rows).unwrap();
        let xyz = Labels::range("xyz", 3).unwrap();
        let names = Labels::range("n", properties).unwrap();
        let values = |rows: usize| {
            Array3::from_shape_fn((rows, 3, properties), |(s, c, p)| {
                1.0 / (1 + i + s * 3 * properties + c * properties + p) as f64
            })
        };
        let mut block =
            TensorBlock::new(values(samples), &labels, std::slice::from_ref(&xyz), &names).unwrap();
        let rows = (0..samples / 2).map(|row| [(row * 7 % samples) as i32, row as i32]);
        let rows = Labels::from_rows(&["sample", "j"], rows).unwrap();
        let gradient = TensorBlock::new(values(samples / 2), &rows, &[xyz], &names);
        block.add_gradient("g", gradient.unwrap()).unwrap();
        block
    };
    let keys = Labels::new(["type", "other"], &[[0, 0], [1, 0], [3, 0]]).unwrap();
    TensorMap::new(keys, (0..3).map(block).collect()).unwrap()
}

#[test]
fn merges_copies_and_files_do_not_depend_on_the_number_of_threads() {
    let name = "merges_copies_and_files_do_not_depend_on_the_number_of_threads";
    in_child(name, &[], || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("map.mts");
        let map = map(5000, 40);
        let moved = Labels::empty(&["type"]).unwrap();
        let results = |threads| {
            set_num_threads(threads);
            let mut results = vec![map.deep_copy().unwrap().save_buffer().unwrap()];
            map.save(&path).unwrap();
            results.push(std::fs::read(&path).unwrap());
            results.push(TensorMap::load(&path).unwrap().save_buffer().unwrap());
            for order in [SampleOrder::Sorted, SampleOrder::AsInBlocks] {
                let merged = map.keys_to_samples(&moved, 0.0, order).unwrap();
                results.push(merged.save_buffer().unwrap());
                for fill in [0.0, 1.5] {
                    let merged = map.keys_to_properties(&moved, fill, order).unwrap();
                    results.push(merged.save_buffer().unwrap());
                }
            }
            let merged = map.components_to_properties(&["xyz"]).unwrap();
            results.push(merged.save_buffer().unwrap());
            assert_eq!(results[0], results[1]);
            assert_eq!(results[0], results[2]);
            results
        };
        let before = tasks_of_process();
        let expected = results(1);
        assert_eq!(tasks_of_process(), before);
        for threads in [2, 3, 7] {
            assert!(results(threads) == expected, "{threads} threads");
        }
    });
}
