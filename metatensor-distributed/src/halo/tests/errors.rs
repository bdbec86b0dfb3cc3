//! What can be wrong, and what all ranks are told then.

use metatensor_core::{DType, Labels, Result};

use crate::halo::{Combine, Halo};
use crate::{Communicator, run_local};

/// The error of all ranks, after which the communicator still works.
fn error<T>(ranks: usize, test: impl Fn(&Communicator) -> Result<T> + Sync) -> String {
    let errors = run_local(ranks, |communicator| {
        let error = test(&communicator).map(|_| ()).unwrap_err().to_string();
        communicator.agree(Ok(())).unwrap();
        error
    });
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors[0].clone()
}

#[test]
fn rows_have_one_owner() {
    let text = error(2, |communicator| {
        let (owned, ghosts) = (
            [[1], [2]][communicator.rank()],
            [[2], [3]][communicator.rank()],
        );
        Halo::new(communicator, 1, &owned, &ghosts)
    });
    assert_eq!(
        text,
        "invalid parameter: rank 1: row (3) is needed, but no rank owns it"
    );
    let text = error(2, |communicator| {
        Halo::new(communicator, 2, &[5, communicator.rank() as i32 / 2], &[])
    });
    assert!(
        text.ends_with("row (5, 0) is owned by rank 0 and by rank 1"),
        "{text}"
    );
}

#[test]
fn owners_that_are_given_are_checked() {
    let with_owners = |owners: &'static [u32]| {
        error(3, move |communicator| {
            let rank = communicator.rank() as i32;
            Halo::with_owners(communicator, 1, &[rank], &[1], owners)
        })
    };
    assert_eq!(
        with_owners(&[2]),
        "invalid parameter: rank 2: row (1) is needed by rank 0, which says that rank 2 owns it, but it does not"
    );
    assert_eq!(
        with_owners(&[3]),
        "invalid parameter: rank 0: the owner of ghost 0 is rank 3, but there are 3 ranks"
    );
    assert_eq!(
        with_owners(&[1, 1]),
        "invalid parameter: rank 0: there are 1 ghosts, but 2 owners of them"
    );
    let text = error(2, |communicator| {
        let owned = [[1, 2], [3, 3]][communicator.rank()];
        Halo::with_owners(communicator, 1, &owned, &[], &[])
    });
    assert_eq!(
        text,
        "invalid parameter: rank 1: row (3) is owned twice by rank 1, as rows 0 and 1"
    );
}

#[test]
fn tables_have_whole_rows() {
    assert_eq!(
        error(2, |communicator| Halo::new(communicator, 0, &[], &[])),
        "invalid parameter: rank 0: rows of a halo need at least one integer"
    );
    assert_eq!(
        error(2, |communicator| Halo::new(
            communicator,
            2,
            &[],
            &[1, 2, 3][communicator.rank()..]
        )),
        "invalid parameter: rank 0: the 3 values of 'ghosts' are not rows of 2"
    );
    let text = error(2, |communicator| {
        Halo::new(communicator, 1 + communicator.rank(), &[], &[])
    });
    assert_eq!(
        text,
        "invalid parameter: collective 0: rank 0 called halo(width 1), rank 1 called halo(width 2)"
    );
}

#[test]
fn labels_of_a_halo_fit_each_other() {
    let labels = |names: [&str; 2], rows: &[[i32; 2]]| Labels::new(names, rows).unwrap();
    let owned = labels(["atom", "image"], &[[1, 0]]);
    let halo = |ghosts: &Labels, names: &[&str]| {
        error(1, |communicator| {
            Halo::of_labels(communicator, &owned, ghosts, names)
        })
    };
    assert_eq!(
        halo(&labels(["atom", "cell"], &[]), &["atom"]),
        "invalid parameter: rank 0: owned samples have the dimensions ['atom', 'image'], and ghosts ['atom', 'cell']"
    );
    assert_eq!(
        halo(&owned, &["atom"]),
        "invalid parameter: rank 0: (atom=1, image=0) is both an owned sample and a ghost: images need a dimension that \
         tells them apart"
    );
    let images = labels(["atom", "image"], &[[1, 3]]);
    assert_eq!(
        halo(&images, &["system"]),
        "invalid parameter: rank 0: 'system' is not a dimension of samples with the dimensions ['atom', 'image']"
    );
    assert_eq!(
        halo(&images, &["image"]),
        "invalid parameter: rank 0: row (image=3) is needed, but no rank owns it"
    );
}

fn halo(communicator: &Communicator) -> Halo {
    let rank = communicator.rank() as i32;
    let next = (rank + 1) % communicator.size() as i32;
    Halo::new(communicator, 1, &[rank], &[next]).unwrap()
}

#[test]
fn steps_need_all_rows() {
    let text = error(3, |communicator| {
        let owned = [1.0, 2.0];
        let owned = &owned[..if communicator.rank() == 2 { 2 } else { 1 }];
        halo(communicator).forward(1, owned, &mut [0.0])
    });
    assert_eq!(
        text,
        "buffer size error: rank 2: expected 1 rows of 8 bytes in 'owned', got 16 bytes"
    );
    let text = error(2, |communicator| {
        halo(communicator).reverse(Combine::Add, 2, &[1_i32], &mut [1, 2])
    });
    assert_eq!(
        text,
        "buffer size error: rank 0: expected 1 rows of 8 bytes in 'ghosts', got 4 bytes"
    );
    let text = error(2, |communicator| {
        halo(communicator).forward(usize::MAX, &[1.0], &mut [0.0])
    });
    assert_eq!(text, "invalid parameter: rank 0: rows are too long");
}

#[test]
fn types_are_those_that_can_be_combined() {
    let reverse = |op, dtype: DType| {
        error(2, |communicator| {
            let bytes = vec![0; dtype.size()];
            halo(communicator).reverse_bytes(op, dtype, 1, &bytes, &mut bytes.clone())
        })
    };
    assert_eq!(
        reverse(Combine::Add, DType::U8),
        "unsupported: rank 0: combining rows of uint8"
    );
    assert_eq!(
        reverse(Combine::Max, DType::C64),
        "unsupported: rank 0: complex numbers have no order"
    );
    let text = error(2, |communicator| {
        halo(communicator).forward(1, &[true], &mut [false])
    });
    assert_eq!(
        text,
        "unsupported: rank 0: rows of booleans: send them as bytes"
    );
    let text = error(2, |communicator| {
        halo(communicator).reverse(Combine::Add, 1, &[true], &mut [false])
    });
    assert_eq!(text, "unsupported: rank 0: combining rows of bool");
}

#[test]
fn ranks_do_the_same() {
    let text = error(2, |communicator| {
        let mut halo = halo(communicator);
        match communicator.rank() {
            0 => halo.forward(1, &[1.0], &mut [0.0]),
            _ => halo.reverse(Combine::Min, 1, &[1.0], &mut [0.0]),
        }
    });
    assert_eq!(
        text,
        "invalid parameter: collective 1: rank 0 called halo_forward(halo 0, dtype float64, row_length 1), rank 1 \
         called halo_reverse(halo 0, op Min, dtype float64, row_length 1)"
    );
    let text = error(2, |communicator| {
        let mut halos = [halo(communicator), halo(communicator)];
        halos[communicator.rank()].forward_bytes(1, b"a", &mut [0])
    });
    assert_eq!(
        text,
        "invalid parameter: collective 2: rank 0 called halo_forward(halo 0, row_size 1), rank 1 called \
         halo_forward(halo 1, row_size 1)"
    );
}

#[test]
fn numbers_that_are_none_win() {
    let mut halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[1, 2]).unwrap();
    for op in [Combine::Min, Combine::Max] {
        let mut owned = [f64::NAN, 1.0];
        halo.reverse(op, 1, &[1.0, f64::NAN], &mut owned).unwrap();
        assert!(owned.iter().all(|x| x.is_nan()), "{owned:?}");
    }
}
