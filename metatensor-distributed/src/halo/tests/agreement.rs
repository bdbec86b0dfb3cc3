//! Steps that only neighbors agree on, and steps with work in between.

use metatensor_core::Error;

use crate::halo::{Agreement, Combine, Halo};
use crate::{Communicator, run_local};

/// Each rank has a ghost of the next one, and the last one none.
fn chain(communicator: &Communicator) -> Halo {
    let rank = communicator.rank() as i32;
    let ghost = [rank + 1];
    let ghosts: &[i32] = if rank + 1 < communicator.size() as i32 {
        &ghost
    } else {
        &[]
    };
    Halo::new(communicator, 1, &[rank], ghosts).unwrap()
}

#[test]
fn failures_go_from_neighbor_to_neighbor() {
    let texts = run_local(4, |communicator| {
        let mut halo = chain(&communicator);
        halo.set_agreement(Agreement::Neighbors).unwrap();
        let mut ghosts = vec![0.0; halo.ghost_count()];
        let mut texts = Vec::new();
        for step in 0..4 {
            let owned = match (communicator.rank(), step) {
                (3, 1) => &[][..],
                _ => &[1.0][..],
            };
            let done = halo.forward(1, owned, &mut ghosts);
            texts.push(done.err().map_or(String::new(), |error| error.to_string()));
        }
        texts.push(halo.set_agreement(Agreement::All).unwrap_err().to_string());
        // the communicator, and other halos, can be used
        assert!(chain(&communicator).forward(1, &[1.0], &mut ghosts).is_ok());
        texts
    });
    let from_3 = "buffer size error: rank 3: failed in a step that only neighbors agree on";
    let not_any_more = "invalid parameter: this halo can not be used any more: rank 3 failed in a step that only \
                        neighbors agreed on";
    let all = not_any_more.replace("parameter: ", "parameter: rank 0: ");
    let own = "buffer size error: expected 1 rows of 8 bytes in 'owned', got 0 bytes";
    assert_eq!(texts[3], ["", own, not_any_more, not_any_more, &all]);
    assert_eq!(texts[2], ["", from_3, not_any_more, not_any_more, &all]);
    assert_eq!(texts[1], ["", "", from_3, not_any_more, &all]);
    assert_eq!(texts[0], ["", "", "", from_3, &all]);
}

#[test]
fn a_failure_in_reverse_goes_to_owners() {
    let texts = run_local(3, |communicator| {
        let mut halo = chain(&communicator);
        halo.set_agreement(Agreement::Neighbors).unwrap();
        let ghosts = vec![
            0.0;
            if communicator.rank() == 0 {
                5
            } else {
                halo.ghost_count()
            }
        ];
        let done = halo.reverse(Combine::Add, 1, &ghosts, &mut [1.0]);
        done.err().map_or(String::new(), |error| error.to_string())
    });
    assert!(
        texts[0].contains("expected 1 rows of 8 bytes in 'ghosts', got 40 bytes"),
        "{texts:?}"
    );
    assert!(texts[1].contains("rank 0: failed in a step"), "{texts:?}");
    assert_eq!(texts[2], "");
}

#[test]
fn other_steps_of_neighbors_are_noticed() {
    let texts = run_local(2, |communicator| {
        let rank = communicator.rank() as i32;
        let mut halo = Halo::new(&communicator, 1, &[rank], &[1 - rank]).unwrap();
        halo.set_agreement(Agreement::Neighbors).unwrap();
        let (mut one, mut other) = ([0.0], [0.0]);
        let done = match rank {
            0 => halo.forward(1, &[1.0], &mut one),
            _ => halo.reverse(Combine::Add, 1, &[1.0], &mut other),
        };
        done.unwrap_err().to_string()
    });
    assert_eq!(
        texts[0],
        "invalid parameter: rank 1: failed in a step that only neighbors agree on"
    );
}

#[test]
fn failing_work_is_known_to_its_rank_only() {
    for agreement in [Agreement::All, Agreement::Neighbors] {
        run_local(3, |communicator| {
            let rank = communicator.rank();
            let mut halo = chain(&communicator);
            halo.set_agreement(agreement).unwrap();
            let mut ghosts = vec![0; halo.ghost_count()];
            let worked = halo.forward_while(1, &[rank as i32 + 10], &mut ghosts, || match rank {
                1 => Err(Error::invalid("no work today")),
                _ => Ok(rank),
            });
            match rank {
                1 => assert_eq!(
                    worked.unwrap_err().to_string(),
                    "invalid parameter: no work today"
                ),
                _ => assert_eq!(worked.unwrap(), rank),
            }
            let expected = (rank as i32 + 11)..;
            assert_eq!(
                ghosts,
                expected.take(halo.ghost_count()).collect::<Vec<_>>()
            );
            communicator.agree(Ok(())).unwrap();
        });
    }
}

#[test]
fn panics_of_work_go_on_when_messages_have_arrived() {
    run_local(2, |communicator| {
        let mut halo = chain(&communicator);
        let mut ghosts = vec![0; halo.ghost_count()];
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            halo.forward_while(1, &[3], &mut ghosts, || -> metatensor_core::Result<()> {
                std::panic::resume_unwind(Box::new("oh"))
            })
        }));
        assert_eq!(worked.unwrap_err().downcast_ref(), Some(&"oh"));
        assert!(ghosts.iter().all(|&ghost| ghost == 3));
        communicator.agree(Ok(())).unwrap();
    });
}

#[test]
fn nothing_else_is_called_while_rows_are_on_their_way() {
    for agreement in [Agreement::All, Agreement::Neighbors] {
        run_local(2, |communicator| {
            let mut halo = chain(&communicator);
            halo.set_agreement(agreement).unwrap();
            halo.forward_begin(2, b"ab").unwrap();
            let busy = "invalid parameter: agree(): another collective function of this communicator is running";
            assert_eq!(communicator.agree(Ok(())).unwrap_err().to_string(), busy);
            assert!(halo.forward_begin(2, b"ab").is_err());
            let mut ghosts = vec![0; 2 * halo.ghost_count()];
            halo.forward_end(&mut ghosts).unwrap();
            assert!(ghosts.is_empty() || ghosts == b"ab");
            let nothing = "invalid parameter: there is no step of this halo that could end";
            assert_eq!(
                halo.forward_end(&mut ghosts).unwrap_err().to_string(),
                nothing
            );

            // The step ends with the wrong number of bytes, and with the halo.
            halo.forward_begin(2, b"ab").unwrap();
            let text = halo.forward_end(&mut [0; 7]).unwrap_err().to_string();
            assert!(text.starts_with("buffer size error: expected "), "{text}");
            communicator.agree(Ok(())).unwrap();
            halo.forward_begin(2, b"ab").unwrap();
            drop(halo);
            communicator.agree(Ok(())).unwrap();
        });
    }
}

#[test]
fn a_step_that_does_not_begin_has_nothing_on_its_way() {
    let texts = run_local(2, |communicator| {
        let mut halo = chain(&communicator);
        let begin = |halo: &mut Halo| {
            let owned: &[u8] = if communicator.rank() == 1 {
                b"a"
            } else {
                b"ab"
            };
            halo.forward_begin(2, owned)
                .err()
                .map(|error| error.to_string())
        };
        let all = begin(&mut halo);
        communicator.agree(Ok(())).unwrap();
        halo.set_agreement(Agreement::Neighbors).unwrap();
        let of_neighbors = begin(&mut halo);
        let ended = halo.forward_end(&mut [0; 2]).unwrap_err().to_string();
        communicator.agree(Ok(())).unwrap();
        (all.unwrap(), of_neighbors, ended)
    });
    let text = "expected 1 rows of 2 bytes in 'owned', got 1 bytes";
    assert_eq!(texts[0].0, format!("buffer size error: rank 1: {text}"));
    assert_eq!(texts[0].1, None);
    assert!(texts[0].2.contains("rank 1: failed in a step"), "{texts:?}");
    assert_eq!(
        texts[1].1.as_deref(),
        Some(&*format!("buffer size error: {text}"))
    );
    assert!(texts[1].2.contains("no step"), "{texts:?}");
}
