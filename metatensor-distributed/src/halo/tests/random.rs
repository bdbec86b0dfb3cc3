//! Random halos against what they mean.

use std::ops::{Add, Mul};

use metatensor_core::{Complex, Element};
use proptest::prelude::*;

use super::{Case, cases};
use crate::halo::{Agreement, Combine, Halo};
use crate::{Communicator, run_local};

/// Numbers for rows of a case, which are different and small integers.
fn numbers<T>(rows: &[usize], length: usize, seed: usize, make: impl Fn(i32) -> T) -> Vec<T> {
    let numbers = rows.iter().enumerate().flat_map(|(place, &row)| {
        (0..length).map(move |column| (row * 31 + place * 17 + column * 7 + seed) % 23)
    });
    numbers.map(|number| make(number as i32 - 11)).collect()
}

/// The rows of ghosts, from those that owners have.
fn forward_model<T: Copy>(case: &Case, length: usize, owned: &[Vec<T>]) -> Vec<Vec<T>> {
    let row = |&ghost: &usize| {
        let (rank, position) = case.owner(ghost);
        owned[rank][position * length..][..length].to_vec()
    };
    let ghosts = case.ghosts.iter();
    ghosts
        .map(|ghosts| ghosts.iter().flat_map(row).collect())
        .collect()
}

fn reverse_model<T: Copy>(
    case: &Case,
    length: usize,
    ghosts: &[Vec<T>],
    mut owned: Vec<Vec<T>>,
    f: impl Fn(T, T) -> T,
) -> Vec<Vec<T>> {
    for (numbers, rows) in case.ghosts.iter().zip(ghosts) {
        for (i, &ghost) in numbers.iter().enumerate() {
            let (rank, position) = case.owner(ghost);
            for column in 0..length {
                let target = &mut owned[rank][position * length + column];
                *target = f(*target, rows[i * length + column]);
            }
        }
    }
    owned
}

/// Runs `test` on each rank, with halos that are made in both ways.
fn on_ranks<T: Send>(case: &Case, test: impl Fn(&Communicator, &mut Halo) -> T + Sync) -> Vec<T> {
    run_local(case.ranks(), |communicator| {
        let with_owners = case.owned[0].len().is_multiple_of(2);
        let mut halo = match with_owners {
            true => case.halo_with_owners(&communicator),
            false => case.halo(&communicator),
        };
        test(&communicator, &mut halo)
    })
}

fn check_forward<T: Element>(
    case: &Case,
    length: usize,
    make: impl Fn(i32) -> T + Sync,
) -> Result<(), TestCaseError> {
    let owned: Vec<_> = (0..).zip(&case.owned).collect();
    let owned = owned
        .iter()
        .map(|&(seed, rows)| numbers(rows, length, seed, &make));
    let owned: Vec<Vec<T>> = owned.collect();
    let expected = forward_model(case, length, &owned);
    for agreement in [Agreement::All, Agreement::Neighbors] {
        let found = on_ranks(case, |communicator, halo| {
            let owned = &owned[communicator.rank()];
            let mut results = vec![vec![T::default(); halo.ghost_count() * length]; 3];
            halo.set_agreement(agreement).unwrap();
            halo.forward(length, owned, &mut results[0]).unwrap();
            let worked = halo.forward_while(length, owned, &mut results[1], || Ok(5));
            assert_eq!(worked.unwrap(), 5);
            // in memory for rows that were longer
            let long = vec![T::default(); owned.len() * 2];
            let mut ignored = vec![T::default(); halo.ghost_count() * length * 2];
            halo.forward(2 * length, &long, &mut ignored).unwrap();
            halo.forward(length, owned, &mut results[2]).unwrap();
            results
        });
        for (expected, found) in expected.iter().zip(found) {
            for found in found {
                prop_assert_eq!(expected, &found);
            }
        }
    }
    Ok(())
}

fn check_reverse<T: Element>(
    case: &Case,
    length: usize,
    op: Combine,
    make: impl Fn(i32) -> T + Sync,
    f: impl Fn(T, T) -> T,
) -> Result<(), TestCaseError> {
    let of = |lists: &[Vec<usize>], seed: usize| -> Vec<Vec<T>> {
        let numbers = lists.iter().map(|rows| numbers(rows, length, seed, &make));
        numbers.collect()
    };
    let (owned, ghosts) = (of(&case.owned, 3), of(&case.ghosts, 8));
    let expected = reverse_model(case, length, &ghosts, owned.clone(), f);
    for agreement in [Agreement::All, Agreement::Neighbors] {
        let found = on_ranks(case, |communicator, halo| {
            let mut owned = owned[communicator.rank()].clone();
            halo.set_agreement(agreement).unwrap();
            halo.reverse(op, length, &ghosts[communicator.rank()], &mut owned)
                .unwrap();
            owned
        });
        prop_assert_eq!(&expected, &found);
    }
    Ok(())
}

fn smaller<T: PartialOrd>(a: T, b: T) -> T {
    if a < b { a } else { b }
}

fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn ghosts_get_what_owners_have(case in cases(), length in 0..5_usize) {
        check_forward(&case, length, |x| x as i8)?;
        check_forward(&case, length, |x| x as f32 / 3.0)?;
        check_forward(&case, length, |x| Complex::new(f64::from(x), 0.5))?;
    }

    #[test]
    fn owners_get_what_ghosts_have(case in cases(), length in 0..4_usize) {
        let third = |x| f64::from(x) / 3.0;
        check_reverse(&case, length, Combine::Add, third, f64::add)?;
        check_reverse(&case, length, Combine::Multiply, |x| x as f32 / 3.0, f32::mul)?;
        check_reverse(&case, length, Combine::Min, third, smaller)?;
        check_reverse(&case, length, Combine::Max, |x| x as f32, larger)?;
        check_reverse(&case, length, Combine::Min, |x| x, smaller)?;
        check_reverse(&case, length, Combine::Max, i64::from, larger)?;
        // as wrapping around as can be
        check_reverse(&case, length, Combine::Multiply, |x| x ^ 0x5a5a_5a5a, i32::wrapping_mul)?;
        let large = |x| i64::from(x) << 60;
        check_reverse(&case, length, Combine::Add, large, i64::wrapping_add)?;
        let single = |x| Complex::new(x as f32, 2.0);
        check_reverse(&case, length, Combine::Multiply, single, |a, b| a * b)?;
        let double = |x| Complex::new(0.25, f64::from(x));
        check_reverse(&case, length, Combine::Add, double, |a, b| a + b)?;
    }

    /// `<forward(x), y> = <x, reverse(y)>`, in integers, which are exact.
    #[test]
    fn reverse_is_the_adjoint_of_forward(case in cases(), length in 1..4_usize) {
        let products = on_ranks(&case, |communicator, halo| {
            let rank = communicator.rank();
            let x = numbers(&case.owned[rank], length, 5, i64::from);
            let y = numbers(&case.ghosts[rank], length, 9, i64::from);
            let mut of_ghosts = vec![0; y.len()];
            halo.forward(length, &x, &mut of_ghosts).unwrap();
            let mut of_owned = vec![0; x.len()];
            halo.reverse(Combine::Add, length, &y, &mut of_owned).unwrap();
            let dot = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i64>();
            (dot(&of_ghosts, &y), dot(&x, &of_owned))
        });
        let forward: i64 = products.iter().map(|product| product.0).sum();
        let reverse: i64 = products.iter().map(|product| product.1).sum();
        prop_assert_eq!(forward, reverse);
    }

    #[test]
    fn lists_say_the_same_on_both_sides(case in cases()) {
        let lists = on_ranks(&case, |_, halo| {
            let neighbors = halo.neighbors().to_vec();
            assert!(neighbors.is_sorted());
            let lists = neighbors.iter().enumerate().map(|(i, &rank)| {
                let (send, receive) = (halo.send_rows(i).unwrap(), halo.receive_rows(i).unwrap());
                assert!(receive.is_sorted());
                assert!(!send.is_empty() || !receive.is_empty());
                (rank as usize, send.to_vec(), receive.to_vec())
            });
            lists.collect::<Vec<_>>()
        });
        let list = |rank: usize, peer: usize| {
            let found = lists[rank].iter().find(|list| list.0 == peer);
            found.map(|(_, send, receive)| (send.clone(), receive.clone())).unwrap_or_default()
        };
        for (rank, own) in lists.iter().enumerate() {
            for peer in 0..case.ranks() {
                let (send, receive) = (list(peer, rank).0, list(rank, peer).1);
                let sent = send.iter().map(|&row| case.owned[peer][row as usize]);
                let received = receive.iter().map(|&row| case.ghosts[rank][row as usize]);
                prop_assert!(sent.eq(received));
            }
            let count: usize = own.iter().map(|list| list.2.len()).sum();
            prop_assert_eq!(count, case.ghosts[rank].len());
        }
    }
}
