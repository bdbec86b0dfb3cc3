//! Where communicators come from, and how they end.

use metatensor_core::Error;
use metatensor_distributed::Communicator;
use metatensor_mpi::{Environment, Options, from_mpi_comm};

use crate::engine;

/// Errors of what is too early, too late, or twice.
pub(crate) fn before_and_after() {
    let handle = 0_u64;
    // SAFETY: the address is not looked at without MPI.
    let early = unsafe { from_mpi_comm((&raw const handle).cast()) };
    let text = early.unwrap_err().to_string();
    assert_eq!(
        text,
        "invalid parameter: MPI is not initialized: call MPI_Init before"
    );
    // SAFETY: NULL is allowed.
    let null = unsafe { from_mpi_comm(std::ptr::null()) };
    let text = null.unwrap_err().to_string();
    assert_eq!(
        text,
        "invalid parameter: the address of the communicator is NULL"
    );

    let environment = Environment::init().unwrap();
    let twice = "invalid parameter: MPI was initialized before, and can be initialized only once in a process";
    assert_eq!(Environment::init().unwrap_err().to_string(), twice);
    let none = Options {
        piece: u64::MAX,
        ..Options::default()
    };
    assert!(matches!(
        environment.world_with(none),
        Err(Error::InvalidParameter(_))
    ));
    let world = environment.world().unwrap();
    // MPI ends with the last of both.
    drop(environment);
    let copy = world.clone();
    drop(world);
    assert_eq!(
        copy.agree(Ok(copy.rank())).unwrap(),
        copy.rank(),
        "it can be used without the environment"
    );
    drop(copy);
    assert_eq!(Environment::init().unwrap_err().to_string(), twice);
}

/// Two halves of the world at once, with other numbers of calls, and messages of the program in between.
pub(crate) fn groups(world: &Communicator) {
    let color = world.rank() % 2;
    engine::send(world.rank());
    let group = engine::group(color).unwrap();
    let members: Vec<usize> = (0..world.size()).rev().filter(|r| r % 2 == color).collect();
    assert_eq!(group.size(), members.len());
    assert_eq!(
        members[group.rank()],
        world.rank(),
        "the order of the group"
    );
    for _ in 0..10 + 20 * color {
        group.agree(Ok(())).unwrap();
    }
    let failing = group.rank() + 1 == group.size();
    let mine = if failing {
        Err(Error::invalid("no"))
    } else {
        Ok(())
    };
    assert_eq!(
        group.agree(mine).unwrap_err().to_string(),
        format!("invalid parameter: rank {}: no", group.size() - 1)
    );
    world.agree(Ok(())).unwrap();
    assert_eq!(
        engine::receive(),
        (world.rank() + world.size() - 1) % world.size()
    );
}

/// One rank panics while the others wait for it.
pub(crate) fn panic(world: &Communicator, rank: &str) {
    assert_ne!(world.rank().to_string(), rank, "this panic is expected");
    world.agree(Ok(())).unwrap();
}
