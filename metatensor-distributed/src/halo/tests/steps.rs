//! What a step costs.

use crate::halo::{Agreement, Combine, Halo};
use crate::transport::{Counting, local_ranks};
use crate::{Communicator, run_local};

/// Runs on ranks that count what they send.
fn counted<T: Send>(
    ranks: usize,
    test: impl Fn(Communicator, &dyn Fn() -> crate::transport::Traffic) -> T + Sync,
) -> Vec<T> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = local_ranks(ranks)
            .into_iter()
            .map(|transport| {
                let test = &test;
                scope.spawn(move || {
                    let (transport, traffic) = Counting::new(transport);
                    test(Communicator::new(transport), &|| traffic.get())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// A chain of ranks with three atoms each, and the atoms of the next one and the last of the previous one, twice, as ghosts, and one of
/// their own.
fn chain(communicator: &Communicator) -> Halo {
    let (rank, size) = (communicator.rank() as i32, communicator.size() as i32);
    let owned: Vec<i32> = (0..3).map(|i| 3 * rank + i).collect();
    let mut ghosts = vec![3 * rank];
    if rank + 1 < size {
        ghosts.extend((0..3).map(|i| 3 * rank + 3 + i));
    }
    if rank > 0 {
        ghosts.extend([3 * rank - 1; 2]);
    }
    Halo::new(communicator, 1, &owned, &ghosts).unwrap()
}

#[test]
fn there_is_one_message_to_each_neighbor_and_one_reduction() {
    counted(4, |communicator, traffic| {
        let mut halo = chain(&communicator);
        let others = halo.neighbors().len() as u64 - 1;
        let own = halo
            .neighbors()
            .iter()
            .position(|&peer| peer as usize == communicator.rank());
        let rows = |halo: &Halo, send: bool| {
            let lists = (0..halo.neighbors().len()).filter(|&i| Some(i) != own);
            let lengths = lists.map(|i| match send {
                true => halo.send_rows(i).unwrap().len(),
                false => halo.receive_rows(i).unwrap().len(),
            });
            lengths.sum::<usize>() as u64
        };
        let (mut owned, mut ghosts) = (vec![1.0; 3 * 5], vec![0.0; halo.ghost_count() * 5]);
        let mut step = |halo: &mut Halo, what: usize| {
            let before = traffic();
            match what {
                0 => halo.forward(5, &owned, &mut ghosts).unwrap(),
                1 => halo.reverse(Combine::Add, 5, &ghosts, &mut owned).unwrap(),
                _ => halo
                    .forward_while(5, &owned, &mut ghosts, || Ok(()))
                    .unwrap(),
            }
            let after = traffic();
            assert_eq!(after.messages - before.messages, others);
            assert_eq!(
                after.bytes() - before.bytes(),
                after.message_bytes - before.message_bytes
            );
            let bytes = after.message_bytes - before.message_bytes;
            (after.reductions - before.reductions, bytes)
        };
        let (sent, received) = (rows(&halo, true) * 5 * 8, rows(&halo, false) * 5 * 8);
        assert_eq!(step(&mut halo, 0), (1, sent));
        assert_eq!(step(&mut halo, 1), (1, received));
        assert_eq!(step(&mut halo, 2), (1, sent));

        halo.set_agreement(Agreement::Neighbors).unwrap();
        let headers = 16 * others;
        assert_eq!(step(&mut halo, 0), (0, sent + headers));
        assert_eq!(step(&mut halo, 1), (0, received + headers));
        assert_eq!(step(&mut halo, 2), (0, sent + headers));
    });
}

fn addresses(halo: &Halo) -> Vec<(usize, usize)> {
    let buffers = halo.send.0.iter().chain(&halo.receive.0);
    buffers
        .map(|buffer| (buffer.as_ptr() as usize, buffer.capacity()))
        .collect()
}

#[test]
fn memory_of_messages_is_used_again() {
    run_local(3, |communicator| {
        let mut halo = chain(&communicator);
        let (mut owned, mut ghosts) = (vec![1.0; 3 * 5], vec![0.0; halo.ghost_count() * 5]);
        for agreement in [Agreement::All, Agreement::Neighbors] {
            halo.set_agreement(agreement).unwrap();
            let mut after_first = None;
            for number in 0..1000 {
                // rows that get shorter again
                let length = 5 - number % 3;
                let (owned, ghosts) = (&mut owned[..3 * length], &mut ghosts[..]);
                let ghosts = &mut ghosts[..halo.ghost_count() * length];
                halo.forward(length, owned, ghosts).unwrap();
                halo.forward_while(length, owned, ghosts, || Ok(()))
                    .unwrap();
                halo.reverse(Combine::Max, length, ghosts, owned).unwrap();
                let now = addresses(&halo);
                assert_eq!(*after_first.get_or_insert_with(|| now.clone()), now);
            }
        }
    });
}

#[test]
fn rows_in_one_piece_are_not_copied() {
    run_local(3, |communicator| {
        // all of the next rank, and all of the previous one, in order
        let rank = communicator.rank() as i32;
        let atoms = |rank: i32| (0..4).map(move |i| 4 * rank.rem_euclid(3) + i);
        let ghosts: Vec<_> = atoms(rank + 1).chain(atoms(rank + 2)).collect();
        let owned: Vec<i32> = atoms(rank).collect();
        let mut halo = Halo::new(&communicator, 1, &owned, &ghosts).unwrap();
        let mut of_ghosts = vec![0; 8];
        halo.forward(1, &owned, &mut of_ghosts).unwrap();
        assert_eq!(of_ghosts, ghosts);
        assert!(addresses(&halo).iter().all(|(_, capacity)| *capacity == 0));
    });
}

#[test]
fn all_ranks_can_have_many_ghosts_of_one_row() {
    let sums = run_local(5, |communicator| {
        let owned: &[i32] = if communicator.rank() == 3 { &[7] } else { &[] };
        let mut halo = Halo::new(&communicator, 1, owned, &[7; 1000]).unwrap();
        let mut ghosts = vec![0_i64; 1000];
        let mut value = vec![2; owned.len()];
        halo.forward(1, &value, &mut ghosts).unwrap();
        assert_eq!(ghosts, [2; 1000]);
        halo.reverse(Combine::Add, 1, &ghosts, &mut value).unwrap();
        value
    });
    assert_eq!(sums[3], [2 + 5 * 1000 * 2]);
    assert!(sums[0].is_empty());
}
