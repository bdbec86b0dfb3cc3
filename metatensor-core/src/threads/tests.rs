use std::sync::Mutex;

use super::*;
use crate::DenseArray;

/// The number of threads belongs to the whole process, where other tests run at the same time.
fn with_threads<R>(threads: usize, f: impl FnOnce() -> R) -> R {
    static LOCK: Mutex<()> = Mutex::new(());
    let _guard = lock(&LOCK);
    set_num_threads(threads);
    let result = f();
    set_num_threads(0);
    result
}

const LARGE: usize = 100 << 20;

#[test]
fn numbers_of_threads_in_variables_are_positive_or_ignored() {
    for (value, expected) in [
        ("4", Some(4)),
        (" 12 ", Some(12)),
        ("3,2,1", Some(3)),
        ("0", None),
        ("-1", None),
        ("", None),
        ("two", None),
        ("2.5", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(parse(value), expected, "'{value}'");
    }
}

#[test]
fn pieces_cover_all_rows_once_in_order() {
    for threads in [1, 2, 3, 7] {
        for (rows, length) in [(1, 5), (2, 3), (1000, 1), (999, 7)] {
            let mut data = vec![0; rows * length];
            let seen = Mutex::new(Vec::new());
            with_threads(threads, || {
                change_rows(&mut data, length, LARGE, |rows, data| {
                    assert_eq!(data.len(), rows.len() * length);
                    for (row, data) in rows.clone().zip(data.chunks_mut(length)) {
                        data.iter_mut().for_each(|x| *x += row);
                    }
                    lock(&seen).push(rows);
                    Ok(())
                })
            })
            .unwrap();
            let expected: Vec<_> = (0..rows).flat_map(|row| vec![row; length]).collect();
            assert_eq!(data, expected);

            let mut seen = seen.into_inner().unwrap();
            seen.sort_by_key(|rows| rows.start);
            let ends: Vec<_> = seen.iter().map(|rows| rows.end).collect();
            assert_eq!(seen[0].start, 0);
            assert!(
                seen[1..]
                    .iter()
                    .map(|rows| rows.start)
                    .eq(ends[..ends.len() - 1].iter().copied())
            );
        }
    }
}

#[test]
fn pieces_do_not_depend_on_the_number_of_threads() {
    let pieces = |threads| {
        let pieces = Mutex::new(Vec::new());
        with_threads(threads, || {
            change_rows(&mut [0_u8; 12_345], 1, LARGE, |rows, _| {
                lock(&pieces).push(rows.start);
                Ok(())
            })
        })
        .unwrap();
        let mut pieces = pieces.into_inner().unwrap();
        pieces.sort_unstable();
        pieces
    };
    assert!(pieces(1).len() > 10);
    assert_eq!(pieces(1), pieces(2));
    assert_eq!(pieces(1), pieces(7));
}

#[test]
fn the_error_is_that_of_the_first_row_with_one() {
    for threads in [1, 2, 7] {
        for _ in 0..20 {
            let result = with_threads(threads, || {
                change_rows(&mut [0_u8; 1000], 1, LARGE, |rows, _| {
                    match rows.contains(&300) || rows.start > 400 {
                        true => Err(Error::invalid(format!("in {}", rows.contains(&300)))),
                        false => Ok(()),
                    }
                })
            });
            assert_eq!(
                result.unwrap_err().to_string(),
                "invalid parameter: in true"
            );
        }
    }
}

#[test]
fn incomplete_pieces_are_errors() {
    for threads in [1, 2] {
        let result = with_threads(threads, || {
            DenseArray::write_rows::<f64>(&[1000], 1, LARGE, |rows, output| {
                output.fill(rows.len() - usize::from(rows.contains(&500)), 1.0);
                Ok(())
            })
        });
        let message = result.unwrap_err().to_string();
        assert!(message.contains("1 elements of"), "{message}");
    }
}

#[test]
fn rows_that_do_not_fit_are_an_error_and_no_rows_are_no_work() {
    assert!(change_rows(&mut [0; 5], 2, 0, |_, _| Ok(())).is_err());
    assert!(change_rows(&mut [0; 5], 0, 0, |_, _| Ok(())).is_err());
    change_rows(&mut [0; 0], 0, 0, |_, _| Err(Error::invalid("called"))).unwrap();
}

#[test]
fn panics_in_any_piece_reach_the_caller() {
    for threads in [1, 2, 7] {
        for row in [0, 500, 999] {
            let result = std::panic::catch_unwind(|| {
                with_threads(threads, || {
                    change_rows(&mut [0_u8; 1000], 1, LARGE, |rows, _| {
                        assert!(!rows.contains(&row), "row {row}");
                        Ok(())
                    })
                })
            });
            let panic = result.unwrap_err();
            assert_eq!(*panic.downcast::<String>().unwrap(), format!("row {row}"));
        }
    }
    // and the threads are still there
    with_threads(2, || change_rows(&mut [0; 100], 1, LARGE, |_, _| Ok(()))).unwrap();
}

#[test]
fn large_work_inside_of_large_work_is_done() {
    let mut data = [0; 64];
    with_threads(3, || {
        change_rows(&mut data, 8, LARGE, |_, data| {
            change_rows(data, 1, LARGE, |_, data| {
                data.fill(1);
                Ok(())
            })
        })
    })
    .unwrap();
    assert_eq!(data, [1; 64]);
}

#[test]
fn several_threads_use_the_pool_at_the_same_time() {
    with_threads(2, || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..50 {
                        set_num_threads(2 + i % 2);
                        let mut data = [0; 1000];
                        change_rows(&mut data, 1, LARGE, |rows, data| {
                            data.copy_from_slice(&rows.collect::<Vec<_>>());
                            Ok(())
                        })
                        .unwrap();
                        assert!(data.into_iter().eq(0..1000));
                    }
                });
            }
        });
    });
}

#[test]
fn a_test_sees_all_rows_and_fails_for_any_of_them() {
    for threads in [1, 3] {
        for rows in [0, 1, 1000, 300_001] {
            with_threads(threads, || {
                let seen = AtomicUsize::new(0);
                assert!(all_rows(rows, 32 * rows, |range| {
                    seen.fetch_add(range.len(), Ordering::Relaxed);
                    true
                }));
                assert_eq!(seen.into_inner(), rows);
                for bad in [0, rows / 2, rows.saturating_sub(1)] {
                    let passed = all_rows(rows, 32 * rows, |range| !range.contains(&bad));
                    assert_eq!(passed, rows == 0);
                }
            });
        }
    }
}
