//! Every collective function, with every rank failing in every way: all ranks get the same error, none waits for ever, and
//! the communicator can be used afterwards; and every pair of different functions is an error that names both.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod agreement {
    pub(crate) mod arrays;
    pub(crate) mod faulty;
    pub(crate) mod functions;
}

use std::sync::mpsc;
use std::time::Duration;

use agreement::arrays::Fault;
use agreement::faulty::Faulty;
use agreement::functions::{FUNCTIONS, Function};
use metatensor_core::Error;
use metatensor_distributed::transport::local_ranks;
use metatensor_distributed::{Communicator, Halo, run_local};

/// Runs something that must not wait for ever.
fn within_a_minute<T: Send + 'static>(what: String, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        // Nobody listens any more if it took too long.
        let _ = done.send(run());
    });
    match result.recv_timeout(Duration::from_secs(60)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what} hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}

/// The text of the error of each rank, or "".
fn outcome(size: usize, failing: usize, fault: Fault, function: &'static Function) -> Vec<String> {
    let what = format!("{}: rank {failing} of {size}: {fault:?}", function.name);
    within_a_minute(what, move || {
        run_local(size, |communicator| {
            let own = match communicator.rank() == failing {
                true => fault,
                false => Fault::Nothing,
            };
            let result = (function.call)(&communicator, own);
            let text = result.err().map(|error| error.to_string());
            // It can be used afterwards, for the same function as well.
            (function.call)(&communicator, Fault::Nothing).unwrap();
            text.unwrap_or_default()
        })
    })
}

#[test]
fn a_failure_of_one_rank_is_that_of_all() {
    for function in FUNCTIONS {
        for size in [1, 2, 3, 5] {
            for failing in 0..size {
                for fault in [Fault::Device, Fault::Panic] {
                    let texts = outcome(size, failing, fault, function);
                    let context = format!("{}, rank {failing} of {size}, {fault:?}", function.name);
                    assert!(!texts[0].is_empty(), "{context}: nothing failed");
                    assert!(
                        texts.iter().all(|text| *text == texts[0]),
                        "{context}: {texts:?}"
                    );
                    let named = format!("rank {failing}: ");
                    assert!(texts[0].contains(&named), "{context}: {}", texts[0]);
                }
            }
        }
    }
}

#[test]
fn different_functions_are_named() {
    for first in FUNCTIONS {
        for second in FUNCTIONS {
            if std::ptr::eq(first, second) {
                continue;
            }
            let what = format!("{} and {}", first.name, second.name);
            let texts = within_a_minute(what.clone(), move || {
                run_local(2, |communicator| {
                    let function = [first, second][communicator.rank()];
                    let result = (function.call)(&communicator, Fault::Nothing);
                    // The rest of a function that calls several ones is not run on either rank.
                    communicator.agree(Ok(())).unwrap();
                    result.unwrap_err().to_string()
                })
            });
            assert_eq!(texts[0], texts[1], "{what}");
            let start = format!(
                "invalid parameter: collective 0: rank 0 called {}(",
                first.name
            );
            assert!(texts[0].starts_with(&start), "{what}: {}", texts[0]);
            let end = format!("rank 1 called {}(", second.name);
            assert!(texts[0].contains(&end), "{what}: {}", texts[0]);
        }
    }
}

/// The `call`-th call of the transport fails on one rank. What the others get depends on how far they are, but it is an
/// error of the transport, if it is one.
#[test]
fn no_failure_of_a_transport_is_lost() {
    for function in FUNCTIONS {
        for size in [2, 3] {
            for failing in 0..size {
                for call in 0.. {
                    let what = format!("{}: rank {failing} of {size}, call {call}", function.name);
                    let results = within_a_minute(what.clone(), move || {
                        ranks_with_a_faulty_one(size, failing, call, function)
                    });
                    let [own, ..] = &results[failing..] else {
                        unreachable!("there is one result for each rank")
                    };
                    if own.is_none() {
                        // It has fewer calls than that, and nothing failed.
                        assert!(results.iter().all(Option::is_none), "{what}: {results:?}");
                        break;
                    }
                    for error in results.iter().flatten() {
                        assert!(matches!(error, Error::Communication(_)), "{what}: {error}");
                    }
                }
            }
        }
    }
}

fn ranks_with_a_faulty_one(
    size: usize,
    failing: usize,
    call: usize,
    function: &'static Function,
) -> Vec<Option<Error>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = local_ranks(size)
            .into_iter()
            .enumerate()
            .map(|(rank, transport)| {
                scope.spawn(move || {
                    let fails_at = (rank == failing).then_some(call);
                    let communicator = Communicator::new(Faulty::new(transport, fails_at));
                    (function.call)(&communicator, Fault::Nothing).err()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// What comes of a step whose halo is dropped, and of the next function, where the `call`-th call of the transport fails on rank 0.
fn dropped_halo(call: usize) -> Result<(), Error> {
    let [transport, other] = local_ranks(2).try_into().unwrap();
    let program = |communicator: Communicator| {
        let rank = communicator.rank() as i32;
        let mut halo = Halo::new(&communicator, 1, &[rank], &[1 - rank])?;
        halo.forward_begin(1, b"x")?;
        drop(halo);
        communicator.agree(Ok(()))
    };
    std::thread::scope(|scope| {
        // It fails, or does not, depending on how far it is.
        scope.spawn(|| program(Communicator::new(other)));
        program(Communicator::new(Faulty::new(transport, Some(call))))
    })
}

#[test]
fn halos_that_are_dropped_do_not_hide_that_messages_failed() {
    let errors = within_a_minute("a halo that is dropped".into(), || {
        let calls = (0..).map(dropped_halo);
        let errors = calls.map_while(|result| Some(result.err()?.to_string()));
        errors.collect::<Vec<_>>()
    });
    let broken = errors
        .iter()
        .filter(|error| error.ends_with("can not be used any more: its transport has failed"));
    assert_eq!(broken.count(), 1, "{errors:?}");
}
