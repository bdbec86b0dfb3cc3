//! Examples for users, with many ranks.

use crate::harness::{Language, example, few_worlds, succeed};

#[test]
fn examples_of_halos_compute_on_all_ranks_what_they_do_on_one() {
    for (mpi, size) in few_worlds() {
        for language in [Language::C, Language::Cpp] {
            let no_arguments: &[&str] = &[];
            let output = succeed(mpi, size, &example(mpi, language, "halo"), no_arguments);
            let mut lines: Vec<&str> = output.lines().collect();
            lines.sort_unstable();
            assert_eq!(lines.len(), size, "{output}");
            let mut atoms = 0;
            for (rank, line) in lines.iter().enumerate() {
                // The energy is that of one rank, by the test without MPI.
                let start = format!("rank {rank} of {size}: energy 796.573356123400, forces on ");
                let rest = line
                    .strip_prefix(&start)
                    .and_then(|rest| rest.split_once(' '));
                let (count, _) = rest.unwrap_or_else(|| panic!("{line}"));
                atoms += count.parse::<usize>().unwrap();
            }
            assert_eq!(atoms, 60);
        }
    }
}
