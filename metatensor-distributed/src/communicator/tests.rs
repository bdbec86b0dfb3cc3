use std::cell::Cell;

use metatensor_core::{Error, Result};

use super::{Call, Communicator, run_local};

/// What each rank gets, as text.
fn texts<T: std::fmt::Debug>(
    size: usize,
    call: impl Fn(&Communicator) -> Result<T> + Sync,
) -> Vec<String> {
    run_local(size, |communicator| {
        let text = match call(&communicator) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        };
        // It can be used afterwards.
        assert_eq!(communicator.agree(Ok(3)).unwrap(), 3);
        text
    })
}

#[test]
fn errors_of_any_rank_are_those_of_the_lowest_one() {
    for size in 1..=8 {
        for lowest in 0..size {
            let results = texts(size, |communicator| {
                let rank = communicator.rank();
                communicator.agree(match rank >= lowest {
                    true => Err(Error::NotEqual(format!("from {rank}"))),
                    false => Ok(()),
                })
            });
            let expected = format!("not equal: rank {lowest}: from {lowest}");
            assert_eq!(results, vec![expected; size]);
        }
    }
}

#[test]
fn ranks_that_can_not_call_a_function_fail_with_all() {
    for size in 1..=5 {
        for failing in 0..1_usize << size {
            let results = texts(size, |communicator| {
                let rank = communicator.rank();
                if failing >> rank & 1 == 1 {
                    return Err(communicator.fail(Error::invalid(format!("from {rank}"))));
                }
                communicator.agree(Ok(()))
            });
            let expected = match failing.trailing_zeros() as usize {
                lowest if lowest < size => {
                    format!("invalid parameter: rank {lowest}: from {lowest}")
                }
                _ => "()".to_owned(),
            };
            assert_eq!(results, vec![expected; size]);
        }
    }
    // what the others call has to be the same all the same
    let results = texts(3, |communicator| match communicator.rank() {
        0 => Err(communicator.fail(Error::invalid("no"))),
        1 => communicator.agree(Ok(())),
        _ => communicator.collective(Call::new("other"), |session| session.step(|| Ok(()))),
    });
    let expected = "invalid parameter: collective 0: rank 1 called agree(), rank 2 called other()";
    assert_eq!(results, [expected; 3]);
}

#[test]
fn panics_are_errors_of_all_ranks() {
    let results = texts(3, |communicator| {
        let rank = communicator.rank();
        communicator.collective(Call::new("test"), |session| {
            session.step(|| {
                assert_ne!(rank, 1, "this rank panics");
                Ok(())
            })
        })
    });
    for result in results {
        assert!(
            result.starts_with("internal error: rank 1: panic: "),
            "{result}"
        );
        assert!(result.contains("this rank panics"), "{result}");
    }
}

#[test]
fn different_calls_are_named() {
    let results = texts(4, |communicator| {
        let call = match communicator.rank() {
            2 => Call::new("scatter").option("root", 0),
            _ => Call::new("gather").option("root", 0).option("order", "x"),
        };
        communicator.collective(call, |session| session.step(|| Ok(())))
    });
    let expected = "invalid parameter: collective 0: rank 0 called gather(root 0, order \"x\"), \
                    rank 2 called scatter(root 0)";
    assert_eq!(results, [expected; 4]);
}

#[test]
fn different_options_are_named() {
    let results = texts(2, |communicator| {
        let call = Call::new("gather").option("root", communicator.rank());
        communicator.collective(call, |session| session.step(|| Ok(())))
    });
    let expected = "invalid parameter: collective 0: rank 0 called gather(root 0), rank 1 called gather(root 1)";
    assert_eq!(results, [expected; 2]);
}

#[test]
fn hashes_are_compared() {
    let alike = |hashes: [Option<u64>; 3]| {
        run_local(3, |communicator| {
            let hash = hashes[communicator.rank()];
            communicator
                .collective(Call::new("test"), |session| {
                    let ((), alike) = session.step_alike(|| Ok(((), hash)))?;
                    Ok(alike)
                })
                .unwrap()
        })
    };
    assert_eq!(alike([Some(1), Some(1), Some(1)]), [true; 3]);
    assert_eq!(alike([Some(1), None, Some(1)]), [true; 3]);
    assert_eq!(alike([None, None, None]), [true; 3]);
    assert_eq!(alike([Some(1), None, Some(2)]), [false; 3]);
    assert_eq!(alike([Some(u64::MAX), Some(0), None]), [false; 3]);
    assert_eq!(alike([Some(u64::MAX); 3]), [true; 3]);
}

#[test]
fn bytes_and_numbers_arrive() {
    for size in 1..=8 {
        run_local(size, |communicator| {
            let rank = communicator.rank();
            let call = Call::new("test");
            communicator.collective(call, |session| {
                session.step(|| Ok(()))?;
                assert_eq!(
                    session.all_gather_u64(7 * rank as u64)?,
                    (0..size as u64).map(|rank| 7 * rank).collect::<Vec<_>>()
                );
                // Messages of `rank * peer` bytes, some of which are empty.
                let of = |from: usize, to: usize| vec![(3 * from + to) as u8; from * to];
                let received = session.exchange((0..size).map(|to| of(rank, to)).collect())?;
                assert!(
                    received
                        .iter()
                        .enumerate()
                        .all(|(from, data)| *data == of(from, rank))
                );
                let received = session.all_gather(of(rank, 2))?;
                assert!(
                    received
                        .iter()
                        .enumerate()
                        .all(|(from, data)| *data == of(from, 2))
                );
                let root = size / 2;
                assert_eq!(session.broadcast(root, of(rank, 5))?, of(root, 5));
                let mut values = [rank as i64, -(rank as i64)];
                session.max(&mut values)?;
                assert_eq!(values, [size as i64 - 1, 0]);
                Ok(())
            })
        })
        .into_iter()
        .for_each(|result| result.unwrap());
    }
}

#[test]
fn one_function_at_a_time() {
    let communicator = Communicator::single();
    let inner = communicator.collective(Call::new("outer"), |session| {
        session.step(|| Ok(communicator.agree(Ok(())).unwrap_err().to_string()))
    });
    assert_eq!(
        inner.unwrap(),
        "invalid parameter: agree(): another collective function of this communicator is running"
    );
    communicator.agree(Ok(())).unwrap();
}

#[test]
fn a_rank_that_ends_is_an_error() {
    let results = run_local(3, |communicator| {
        if communicator.rank() == 1 {
            return String::new();
        }
        let first = communicator.agree(Ok(())).unwrap_err().to_string();
        assert!(first.starts_with("communication error: rank "), "{first}");
        assert!(first.contains("has ended"), "{first}");
        communicator.agree(Ok(())).unwrap_err().to_string()
    });
    let broken = "communication error: agree(): the communicator can not be used any more: its transport has failed";
    assert_eq!(results, [broken, "", broken]);
}

#[test]
fn a_panic_between_steps_breaks_the_communicator() {
    let communicator = Communicator::single();
    let reached = Cell::new(false);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        communicator.collective::<()>(Call::new("test"), |session| {
            session.step(|| Ok(()))?;
            reached.set(true);
            panic!("outside of a step")
        })
    }));
    assert!(panic.is_err() && reached.get());
    let error = communicator.agree(Ok(())).unwrap_err().to_string();
    assert_eq!(
        error,
        "communication error: agree(): the communicator can not be used any more: a collective function has panicked"
    );
}
