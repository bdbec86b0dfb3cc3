use proptest::prelude::*;

use super::*;
use crate::communicator::Call;
use crate::{Communicator, run_local};

fn find(
    communicator: &Communicator,
    names: &[&str],
    width: usize,
    owned: &[i32],
    wanted: &[i32],
) -> Result<Vec<Owner>> {
    communicator.collective(Call::new("find_owners"), |session| {
        let owned = Rows::new(owned, owned.len() / width, width);
        let wanted = Rows::new(wanted, wanted.len() / width, width);
        find_owners(session, names, owned, wanted)
    })
}

/// Rows that each rank owns and wants.
#[derive(Clone, Debug)]
struct Case {
    width: usize,
    owned: Vec<Vec<i32>>,
    wanted: Vec<Vec<i32>>,
}

fn cases() -> impl Strategy<Value = Case> {
    (1..=8_usize, 1..=5_usize, 0..60_usize).prop_flat_map(|(ranks, width, count)| {
        let owners = prop::collection::vec(0..ranks, count);
        let wanted = prop::collection::vec((0..ranks, 0..count.max(1)), 0..=2 * count);
        (owners, wanted).prop_map(move |(owners, wanted)| {
            // distinct rows: the last column counts
            let row = |i: usize| {
                let i = i as i32;
                let mut row = vec![i % 3 - 1; width];
                row[width - 1] = i * 7 - 100;
                row
            };
            let mut case = Case {
                width,
                owned: vec![Vec::new(); ranks],
                wanted: vec![Vec::new(); ranks],
            };
            for (i, owner) in owners.into_iter().enumerate() {
                case.owned[owner].extend(row(i));
            }
            for (rank, i) in wanted {
                if i < count {
                    case.wanted[rank].extend(row(i));
                }
            }
            case
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn owners_are_those_of_a_search(case in cases()) {
        let found = run_local(case.owned.len(), |communicator| {
            let rank = communicator.rank();
            find(&communicator, &[], case.width, &case.owned[rank], &case.wanted[rank]).unwrap()
        });
        for (wanted, found) in case.wanted.iter().zip(&found) {
            prop_assert_eq!(wanted.len(), found.len() * case.width);
            for (row, owner) in wanted.chunks(case.width).zip(found) {
                let owned = &case.owned[owner.rank as usize];
                prop_assert_eq!(owned.chunks(case.width).nth(owner.row as usize), Some(row));
            }
        }
    }
}

fn error(ranks: usize, names: &[&str], owned: &[&[i32]], wanted: &[&[i32]]) -> String {
    let errors = run_local(ranks, |communicator| {
        let rank = communicator.rank();
        find(&communicator, names, 2, owned[rank], wanted[rank])
            .unwrap_err()
            .to_string()
    });
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors[0].clone()
}

#[test]
fn rows_that_are_owned_twice_are_named_with_both_ranks() {
    let names = ["system", "atom"];
    let text = error(
        3,
        &names,
        &[&[0, 1, 0, 2], &[], &[3, 3, 0, 2]],
        &[&[], &[], &[]],
    );
    assert!(
        text.ends_with("row (system=0, atom=2) is owned by rank 0 and by rank 2"),
        "{text}"
    );
    let text = error(2, &[], &[&[], &[5, 1, 0, 2, 5, 1]], &[&[], &[]]);
    assert!(
        text.ends_with("row (5, 1) is owned twice by rank 1, as rows 0 and 2"),
        "{text}"
    );
}

#[test]
fn rows_that_nobody_owns_are_named_with_the_rank() {
    let text = error(
        3,
        &[],
        &[&[0, 1], &[], &[0, 2]],
        &[&[], &[0, 2, 0, 3], &[0, 1]],
    );
    assert_eq!(
        text,
        "invalid parameter: rank 1: row (0, 3) is needed, but no rank owns it"
    );
}

#[test]
fn messages_are_not_believed() {
    let message = |count: u64, integers: usize| {
        let mut message = count.to_ne_bytes().to_vec();
        message.resize(8 + 4 * integers, 0);
        message
    };
    let text = |message: Vec<u8>| {
        let error = answers(&[Vec::new(), message], 2, &[]);
        error.unwrap_err().to_string()
    };
    let damaged = "communication error: a message of rank 1 about owners of rows is damaged";
    let empty = message(0, 0);
    let read = |bytes: Vec<u8>| answers(&[empty.clone(), bytes], 2, &[]);
    assert!(read(message(1, 3)).is_ok());
    for bytes in [
        Vec::new(),
        vec![0; 7],
        message(1, 2),
        message(0, 1),
        message(u64::MAX, 3),
        message(1 << 62, 3),
        [message(1, 3), vec![0]].concat(),
    ] {
        let error = read(bytes.clone()).unwrap_err().to_string();
        assert_eq!(error, damaged, "{bytes:?}");
    }
    assert!(text(message(1, 3)).contains("rank 0"));

    let owners = |answer: Vec<u8>| {
        let row = Rows::new(&[1, 2], 1, 2);
        owners(&[answer], &[0], row, &[], 4).map_err(|error| error.to_string())
    };
    let answer = |rank: u32| [rank.to_ne_bytes(), 9_u32.to_ne_bytes()].concat();
    assert_eq!(owners(answer(3)).unwrap(), [Owner { rank: 3, row: 9 }]);
    for bytes in [Vec::new(), vec![0; 7], answer(4)] {
        assert!(owners(bytes).unwrap_err().contains("rank 0 about owners"));
    }
}

#[test]
fn no_rank_has_more_than_its_share() {
    // regular rows, as those of atoms, go everywhere
    for width in 1..4 {
        let mut counts = [0; 8];
        for i in 0..8000 {
            let mut row = vec![0; width];
            row[width - 1] = i;
            counts[home(&row, 8)] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
    }
}

#[test]
fn rows_have_columns() {
    let errors = run_local(2, |communicator| {
        let found = communicator.collective(Call::new("find_owners"), |session| {
            let none = Rows::new(&[], 0, 0);
            find_owners(session, &[], none, none)
        });
        found.unwrap_err().to_string()
    });
    let expected = "invalid parameter: rank 0: rows that are owned need a dimension";
    assert_eq!(errors, [expected; 2]);
}
