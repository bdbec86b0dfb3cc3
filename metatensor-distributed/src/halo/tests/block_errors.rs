//! What can be wrong with blocks in halos, and what a step of them costs.

use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock};

use crate::halo::{BlockHalo, Halo};
use crate::transport::{Counting, local_ranks};
use crate::{Communicator, run_local};

fn atoms(rows: &[i32]) -> Labels {
    Labels::from_values(&["atom"], rows.to_vec()).unwrap()
}

fn plain(dtype: DType, samples: &Labels, properties: usize) -> TensorBlock {
    let values = DenseArray::zeros(dtype, &[samples.count(), properties]).unwrap();
    TensorBlock::new(values, samples, [], Labels::range("n", properties).unwrap()).unwrap()
}

/// One atom, and that of the next rank as a ghost.
fn halo(communicator: &Communicator) -> (Halo, Labels) {
    let (rank, size) = (communicator.rank() as i32, communicator.size() as i32);
    let owned = atoms(&[rank]);
    let ghosts = atoms(&[(rank + 1) % size]);
    let halo = Halo::of_labels(communicator, &owned, &ghosts, &["atom"]).unwrap();
    (halo, owned)
}

fn prepared(communicator: &Communicator) -> (BlockHalo, TensorBlock) {
    let (halo, owned) = halo(communicator);
    let block = plain(DType::F32, &owned, 2);
    (halo.prepare(&block).unwrap(), block)
}

fn error<T>(test: impl Fn(&Communicator) -> Result<T> + Sync) -> String {
    let errors = run_local(2, |communicator| {
        let error = test(&communicator).map(|_| ()).unwrap_err().to_string();
        communicator.agree(Ok(())).unwrap();
        error
    });
    assert_eq!(errors[0], errors[1]);
    errors[0].clone()
}

#[test]
fn blocks_fit_the_halo() {
    let text = error(|communicator| {
        let halo = Halo::new(communicator, 1, &[communicator.rank() as i32], &[]).unwrap();
        halo.prepare(&plain(DType::F32, &atoms(&[0]), 1))
    });
    assert_eq!(
        text,
        "invalid parameter: rank 0: blocks need a halo that was made of labels, not one of plain rows"
    );
    let text = error(|communicator| {
        halo(communicator)
            .0
            .prepare(&plain(DType::F32, &atoms(&[1]), 1))
    });
    assert_eq!(
        text,
        "invalid parameter: rank 0: sample (atom=1) is not one of those that this rank owns"
    );
    let text = error(|communicator| {
        let samples = Labels::range("system", 1).unwrap();
        halo(communicator)
            .0
            .prepare(&plain(DType::F32, &samples, 1))
    });
    assert_eq!(
        text,
        "invalid parameter: rank 0: the halo is for samples with the dimensions ['atom'], got ['system']"
    );
    let text = error(|communicator| {
        let (halo, owned) = halo(communicator);
        halo.prepare(&plain(DType::F32, &owned, 1 + communicator.rank()))
    });
    assert!(text.starts_with("not equal: "), "{text}");
    assert!(text.contains("properties"), "{text}");
}

#[test]
fn steps_have_the_labels_that_they_were_prepared_for() {
    let step = |make: fn(&Labels) -> TensorBlock| {
        error(move |communicator| {
            let (mut blocks, block) = prepared(communicator);
            match communicator.rank() {
                0 => blocks.forward(&block),
                _ => blocks.forward(&make(block.samples())),
            }
        })
    };
    assert_eq!(
        step(|samples| plain(DType::F64, samples, 2)),
        "not equal: rank 1: this was prepared for blocks of float32, got float64"
    );
    let other = "not equal: rank 1: this was prepared for blocks with other components, properties or gradients";
    assert_eq!(step(|samples| plain(DType::F32, samples, 3)), other);
    assert_eq!(
        step(|samples| {
            let mut block = plain(DType::F32, samples, 2);
            let rows = Labels::new(["sample"], [[0]]).unwrap();
            block
                .add_gradient("g", plain(DType::F32, &rows, 2))
                .unwrap();
            block
        }),
        other
    );
    assert_eq!(
        step(|_| plain(DType::F32, &atoms(&[7]), 2)),
        "not equal: rank 1: this was prepared for other samples: 1 of ['atom'], got 1 of ['atom']"
    );
    let text = error(|communicator| {
        let (mut blocks, block) = prepared(communicator);
        blocks.reverse_add(&block)
    });
    assert_eq!(
        text,
        "not equal: rank 0: this was prepared for other samples: 2 of ['atom'], got 1 of ['atom']"
    );
    let text = error(|communicator| {
        let (halo, owned) = halo(communicator);
        let mut blocks = halo.prepare(&plain(DType::U8, &owned, 1))?;
        let all = blocks.forward(&plain(DType::U8, &owned, 1))?;
        blocks.reverse_add(&all)
    });
    assert_eq!(text, "unsupported: rank 0: combining rows of uint8");
}

#[test]
fn gradient_rows_are_about_rows_of_the_halo() {
    let sum = |names: &'static [&'static str], atom: i32, second: bool| {
        error(move |communicator| {
            let (mut halo, _) = halo(communicator);
            let mut block = plain(DType::F64, &Labels::range("system", 1).unwrap(), 1);
            let rows = Labels::new(["sample", "atom"], [[0, atom]]).unwrap();
            let mut gradient = plain(DType::F64, &rows, 1);
            if second {
                let rows = Labels::range("sample", 1).unwrap();
                gradient
                    .add_gradient("strain", plain(DType::F64, &rows, 1))
                    .unwrap();
            }
            block.add_gradient("positions", gradient).unwrap();
            halo.sum_gradient_rows(&block, "positions", names)
        })
    };
    assert_eq!(
        sum(&["atom"], 5, false),
        "invalid parameter: rank 0: gradient 'positions': row 0, (sample=0, atom=5), is about row (atom=5), which this \
         rank neither owns nor has as a ghost"
    );
    assert_eq!(
        sum(&["sample", "atom"], 0, false),
        "invalid parameter: rank 0: gradient 'positions': rows of the halo have 1 integers, but there are 2 names: \
         [\"sample\", \"atom\"]"
    );
    assert_eq!(
        sum(&["system"], 0, false),
        "invalid parameter: rank 0: gradient 'positions': 'system' is not a dimension of samples with the dimensions \
         ['sample', 'atom']"
    );
    assert_eq!(
        sum(&["atom"], 0, true),
        "unsupported: rank 0: gradient 'positions': no sums of gradients of gradients, got 'strain'"
    );
    let text = error(|communicator| {
        let (mut halo, owned) = halo(communicator);
        halo.sum_gradient_rows(&plain(DType::F64, &owned, 1), "cell", &["atom"])
    });
    assert!(
        text.contains("there is no gradient with respect to 'cell'"),
        "{text}"
    );
}

#[test]
fn a_step_is_one_message_to_each_neighbor() {
    std::thread::scope(|scope| {
        for transport in local_ranks(3) {
            scope.spawn(move || {
                let (transport, traffic) = Counting::new(transport);
                let communicator = Communicator::new(transport);
                let (halo, owned) = halo(&communicator);
                let with_gradient = |samples: &Labels| {
                    let mut block = plain(DType::F32, samples, 2);
                    let rows = Labels::new(["sample", "i"], [[0, 1], [0, 2]]).unwrap();
                    block
                        .add_gradient("g", plain(DType::F32, &rows, 2))
                        .unwrap();
                    block
                };
                let block = with_gradient(&owned);
                let mut blocks = halo.prepare(&block).unwrap();
                let mut step = |block: &TensorBlock, is_forward: bool| {
                    let before = traffic.get();
                    let result = match is_forward {
                        true => blocks.forward(block).unwrap(),
                        false => blocks.reverse_add(block).unwrap(),
                    };
                    let after = traffic.get();
                    let others = after.bytes()
                        - before.bytes()
                        - (after.message_bytes - before.message_bytes);
                    assert!(others == 0 || !is_forward);
                    let messages = after.messages - before.messages;
                    (messages, after.message_bytes - before.message_bytes, result)
                };
                let (messages, bytes, all) = step(&block, true);
                // a row of the values, and two of the gradient
                assert_eq!((messages, bytes), (1, 3 * 2 * 4));
                step(&all, false);
                let (messages, bytes, _) = step(&all, false);
                assert_eq!((messages, bytes), (1, 3 * 2 * 4));
            });
        }
    });
}
