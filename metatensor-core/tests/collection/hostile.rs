//! Collections that are damaged, or made to do damage.

use super::*;

/// Where `needle` is in `bytes` for the time with this number, from 0.
fn position(bytes: &[u8], needle: &[u8], time: usize) -> usize {
    let mut found = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(needle));
    found.nth(time).unwrap()
}

/// Three maps, uncompressed.
fn three() -> Vec<u8> {
    let maps = [1, 2, 3].map(|number| numbered(number).save_buffer().unwrap());
    stored(&[
        ("0/x.mts", &maps[0]),
        ("1/x.mts", &maps[1]),
        ("2/x.mts", &maps[2]),
    ])
}

/// Change a number of 16 or 32 bits in the header (`PK\x03\x04`) or record (`PK\x01\x02`) of member 1.
fn change(signature: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = three();
    let name = position(&bytes, b"1/x.mts", usize::from(signature == b"PK\x01\x02"));
    let start = (0..name).rfind(|&at| bytes[at..].starts_with(signature));
    let start = start.unwrap() + at;
    bytes[start..start + new.len()].copy_from_slice(new);
    bytes
}

const HEADER: &[u8] = b"PK\x03\x04";
const RECORD: &[u8] = b"PK\x01\x02";

#[test]
fn members_that_are_damaged_are_named_and_others_load() {
    let mut flipped = three();
    let at = position(&flipped, b"1/x.mts", 0);
    flipped[at + 7 + 40] ^= 1;
    let cases = [
        (flipped, "'1/x.mts' is damaged: its checksum is "),
        (
            change(HEADER, 30, b"7"),
            "'1/x.mts' is damaged: its own header calls it '7/x.mts'",
        ),
        (
            change(HEADER, 8, &[8, 0]),
            "'1/x.mts' is damaged: its own header gives the compression method 8, the directory 0",
        ),
        (
            change(HEADER, 0, b"XX"),
            "'1/x.mts' is damaged: its header is not the one in the directory",
        ),
        (
            change(HEADER, 28, &[255, 255]),
            "reach into the next member or past the end of the archive",
        ),
        (
            change(HEADER, 28, &[1, 0]),
            "reach into the next member or past the end of the archive",
        ),
        (
            change(HEADER, 14, &[0, 0, 0, 0]),
            "'1/x.mts' is damaged: its own header gives the checksum 00000000, the directory ",
        ),
        (
            change(RECORD, 16, &[0, 0, 0, 0]),
            ", the directory 00000000",
        ),
    ];
    for (bytes, expected) in cases {
        let collection = in_memory(bytes).unwrap();
        for result in [
            collection.load(1, "x").map(drop),
            collection.load_all("x", &[0, 1, 2]).map(drop),
            collection.bytes("1/x.mts").map(drop),
        ] {
            let text = message(result);
            assert!(
                text.starts_with("serialization format error: the buffer: '1/x.mts' is damaged"),
                "{text}"
            );
            assert!(text.contains(expected), "{text}");
        }
        for number in [0, 2] {
            assert_same_map(
                &collection.load(number, "x").unwrap(),
                &numbered(number as u64 + 1),
            );
        }
    }
}

#[test]
fn directories_that_can_not_be_are_refused() {
    let huge = [254, 255, 255, 255];
    let cases = [
        (
            change(RECORD, 46, b"0"),
            "the buffer: the archive has two members named '0/x.mts'",
        ),
        (
            change(RECORD, 42, &[0, 0, 0, 0]),
            "the buffer: '0/x.mts' is damaged: its ",
        ),
        (
            change(RECORD, 42, &huge),
            "the buffer: '1/x.mts' is damaged: its ",
        ),
        (
            change(RECORD, 20, &huge),
            "the buffer: '1/x.mts': the sizes of an uncompressed member differ",
        ),
        (
            change(RECORD, 8, &[1, 0]),
            "the buffer: '1/x.mts': the member is encrypted",
        ),
        (
            change(RECORD, 10, &[12, 0]),
            "the buffer: '1/x.mts': compression method 12 is not supported",
        ),
        (
            change(RECORD, 46, b"\xff"),
            "the buffer: the name of the member '\\xff/x.mts' is not UTF-8",
        ),
        (
            change(RECORD, 0, b"XX"),
            "the buffer is not a valid archive",
        ),
        (
            change(RECORD, 28, &huge[..2]),
            "the buffer is not a valid archive",
        ),
    ];
    for (bytes, expected) in cases {
        let text = message(in_memory(bytes));
        let text = text.strip_prefix("serialization format error: ").unwrap();
        assert!(text.starts_with(expected), "{text}");
    }

    // both sizes, so that the data goes on in the next member
    let mut bytes = change(RECORD, 20, &[0, 0, 1, 0]);
    let record = position(&bytes, b"1/x.mts", 1) - 46;
    bytes[record + 24..record + 28].copy_from_slice(&[0, 0, 1, 0]);
    let text = message(in_memory(bytes));
    assert!(
        text.contains("'1/x.mts' is damaged: its 65536 bytes reach into"),
        "{text}"
    );
    // more or fewer members than the end says
    for count in [2, 4] {
        let mut bytes = three();
        let end = bytes.len() - 22;
        bytes[end + 8] = count;
        bytes[end + 10] = count;
        let text = message(in_memory(bytes));
        let expected = format!("its directory should have {count} members, but has ");
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn damage_anywhere_is_an_error_or_harmless() {
    let good = three();
    let maps = [1, 2, 3].map(numbered);
    let mut random = Random(7);
    for _ in 0..3000 {
        let mut bytes = good.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        if random.below(4) == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        let Ok(collection) = in_memory(bytes) else {
            continue;
        };
        for (number, map) in (0..).zip(&maps) {
            if let Ok(loaded) = collection.load(number, "x") {
                assert_same_map(&loaded, map);
            }
        }
    }
}

#[test]
fn what_is_no_map_is_named() {
    let block = TensorBlock::new(
        ndarray::arr2(&[[1.0]]),
        Labels::single(),
        [],
        Labels::single(),
    );
    let block = block.unwrap().save_buffer().unwrap();
    let map = numbered(1).save_buffer().unwrap();
    let array = wrapped(b"nothing");
    let collection = stored(&[
        ("0/x.mts", &block),
        ("1/x.mts", b""),
        ("2/x.mts", b"some text"),
        ("3/x.mts", &map[..map.len() - 30]),
        ("4/x.mts", &array),
    ]);
    let inner = stored(&[("0/x.mts", &collection)]);
    let collection = in_memory(collection).unwrap();
    let expected = [
        "which holds a tensor block: load it with TensorBlock::load_buffer",
        "which is empty",
        "which is text",
        "which is the start of an archive",
        "which is an array of numbers without names (.npy)",
    ];
    for (number, expected) in (0..).zip(expected) {
        let text = message(collection.load(number, "x"));
        let start = format!("expected a tensor map in '{number}/x.mts' of the buffer, {expected}");
        assert!(text.contains(&start), "{text}");
    }
    let text = message(in_memory(inner).unwrap().load(0, "x"));
    assert!(
        text.contains("'0/x.mts' of the buffer, which is a collection of files"),
        "{text}"
    );

    // what is wrong inside of a map is named with all places
    let mut bytes = map.clone();
    let at = position(&bytes, b"blocks/0/values.npy", 0);
    bytes[at] = b'x';
    let text = message(
        in_memory(stored(&[("5/y.mts", &bytes)]))
            .unwrap()
            .load(5, "y"),
    );
    assert!(
        text.contains("'5/y.mts' of the buffer: 'blocks/0/values.npy' is damaged"),
        "{text}"
    );
}

#[test]
fn what_is_no_collection_is_named() {
    let labels = Labels::range("a", 2).unwrap();
    let block = TensorBlock::new(
        ndarray::arr2(&[[1.0]]),
        Labels::single(),
        [],
        Labels::single(),
    );
    let cases = [
        (
            numbered(1).save_buffer().unwrap(),
            "which holds a tensor map",
        ),
        (
            block.unwrap().save_buffer().unwrap(),
            "which holds a tensor block",
        ),
        (labels.save_buffer().unwrap(), "which holds labels"),
        (b"some text".to_vec(), "which is text"),
        (Vec::new(), "which is empty"),
    ];
    for (bytes, expected) in cases {
        let text = message(in_memory(bytes));
        let start = format!("expected a collection of maps in the buffer, {expected}");
        assert!(text.contains(&start), "{text}");
    }
    let missing = message(Collection::open("no/such/dataset.zip"));
    assert!(missing.contains("no/such/dataset.zip"), "{missing}");
}

#[test]
fn what_the_caller_reads_with_may_fail() {
    let reader = Counting {
        bytes: Arc::new(three()),
        reads: Arc::default(),
    };
    let broken = Counting {
        bytes: Arc::new([&[0; 13][..], &three()].concat()),
        reads: Arc::default(),
    };
    assert!(Collection::from_reader("store", reader, Limits::default()).is_ok());
    let broken = Collection::from_reader("store", broken, Limits::default()).unwrap();
    let text = message(broken.load(0, "x"));
    assert_eq!(text, Error::Callback("unlucky".into()).to_string());
    assert!(broken.load(1, "x").is_ok());
}

#[test]
fn limits_hold() {
    let few = Limits::default().with(Limit::Members, 2);
    let text = message(Collection::from_bytes(three(), few));
    assert!(
        text.contains("the buffer: 3 members are more than the limit of 2"),
        "{text}"
    );

    let zeros = vec![0; 1 << 20];
    let bytes = archive(&[(
        "zeros".to_owned(),
        zeros.clone(),
        CompressionMethod::Deflated,
    )]);
    let small = Limits::default().with(Limit::InflatedBytes, 1000);
    let collection = Collection::from_bytes(bytes.clone(), small).unwrap();
    let text = message(collection.bytes("zeros"));
    assert!(
        text.contains("the buffer: 'zeros': 1048576 bytes of uncompressed data are more than the limit of 1000"),
        "{text}"
    );
    assert_eq!(in_memory(bytes).unwrap().bytes("zeros").unwrap(), zeros);

    // the maps in a collection have them as well
    let deep = Limits::default().with(Limit::Depth, 0);
    let collection = Collection::from_bytes(three(), deep).unwrap();
    let text = message(collection.load(0, "x"));
    assert!(text.contains("'0/x.mts' of the buffer: "), "{text}");
    assert!(text.contains("levels of gradients"), "{text}");
}
