use std::time::{Duration, Instant};

use proptest::prelude::*;
use smallvec::smallvec;

use super::*;

fn scalar(code: &str) -> Scalar {
    let (dtype, _) = CODES.iter().find(|known| known.1 == &code[1..]).unwrap();
    let byte_order = match &code[..1] {
        "<" => ByteOrder::Little,
        _ => ByteOrder::Big,
    };
    Scalar {
        dtype: *dtype,
        byte_order,
    }
}

fn labels(names: &[&str], count: usize) -> Header {
    let field = |name: &&str| Field {
        name: (*name).to_owned(),
        scalar: scalar("<i4"),
    };
    Header {
        descr: Descr::Record(names.iter().map(field).collect()),
        fortran_order: false,
        shape: smallvec![count],
    }
}

fn array(code: &str, shape: &[usize]) -> Header {
    Header {
        descr: Descr::Scalar(scalar(code)),
        fortran_order: false,
        shape: shape.into(),
    }
}

/// A version 1.0 file with this text.
fn file(text: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

fn parse_text(text: &str) -> Result<Header> {
    parse(&file(text)).map(|(header, _)| header)
}

fn message(text: &str) -> String {
    parse_text(text).unwrap_err().to_string()
}

#[test]
fn headers_are_written_as_the_official_library_writes_them() {
    let expect = |header: &Header, text: &str| {
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(format!("{text:117}\n").as_bytes());
        let written = write(header).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&written),
            String::from_utf8_lossy(&expected)
        );
        assert_eq!(written, expected);
    };
    expect(
        &array("<f8", &[2, 3]),
        "{ 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, ) }",
    );
    expect(
        &array("<c16", &[0, 3]),
        "{ 'descr': '<c16', 'fortran_order': False, 'shape': (0, 3, ) }",
    );
    expect(
        &array("<b1", &[2, 3, 2, 4]),
        "{ 'descr': '<b1', 'fortran_order': False, 'shape': (2, 3, 2, 4, ) }",
    );
    expect(
        &labels(&["center_type", "neighbor_type"], 5),
        "{ 'descr': [('center_type', '<i4'), ('neighbor_type', '<i4'), ], \
         'fortran_order': False, 'shape': (5, ) }",
    );
    expect(
        &labels(&[], 0),
        "{ 'descr': [], 'fortran_order': False, 'shape': (0, ) }",
    );
}

#[test]
fn long_headers_get_the_version_and_size_of_the_official_library() {
    // sizes of the files it writes for one name of so many letters
    for (letters, version, size) in [
        (112, 1, 192),
        (113, 1, 256),
        (65456, 1, 65536),
        (65457, 2, 65600),
        (65518, 2, 65600),
        (65519, 2, 65664),
    ] {
        let header = labels(&["a".repeat(letters).as_str()], 1);
        let bytes = write(&header).unwrap();
        assert_eq!((bytes[6], bytes.len()), (version, size), "{letters}");
        assert_eq!(parse(&bytes).unwrap(), (header, size));
    }
    let error = write(&labels(&["a".repeat(2 << 20).as_str()], 1)).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[test]
fn everything_python_may_write_is_read() {
    for text in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }     \n",
        "{'shape':(2,3),\"descr\":\"<f8\",'fortran_order':False}",
        "\t{ 'fortran_order' : False,\n 'shape' : ( 2 , 3 , ) , 'descr' : '<f8' , } \r\n",
    ] {
        assert_eq!(parse_text(text).unwrap(), array("<f8", &[2, 3]), "{text}");
    }
    let header = parse_text("{'descr': '=i2', 'fortran_order': True, 'shape': ()}").unwrap();
    assert_eq!(header.descr, Descr::Scalar(Scalar::native(DType::I16)));
    assert!(header.fortran_order);
    assert!(header.shape.is_empty());
    assert_eq!(header.data_size().unwrap(), 2);

    let header = parse_text("{'descr': '|b1', 'fortran_order': False, 'shape': (7,)}").unwrap();
    assert_eq!(header.descr, Descr::Scalar(Scalar::native(DType::BOOL8)));

    let header = parse_text(
        "{'descr': [('a', '<i4'), ('b', '>i4',)], 'fortran_order': False, 'shape': (5,)}",
    )
    .unwrap();
    assert_eq!(header.data_size().unwrap(), 40);
    let Descr::Record(fields) = header.descr else {
        panic!("expected a record");
    };
    assert_eq!(fields[1].name, "b");
    assert_eq!(fields[1].scalar, scalar(">i4"));

    let mut bytes = file("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}");
    bytes[6] = 3;
    bytes.splice(10..10, [0, 0]);
    assert_eq!(parse(&bytes).unwrap().0, array("<f8", &[2, 3]));
}

#[test]
fn bad_headers_are_refused_with_the_reason() {
    for (text, reason) in [
        ("", "expected '{', got the end of the text"),
        ("{}", "the key 'descr' is missing"),
        (
            "{'descr': '<f8', 'shape': (1,)}",
            "the key 'fortran_order' is missing",
        ),
        (
            "{'descr': '<f8', 'descr': '<f8'}",
            "the key 'descr' comes twice",
        ),
        ("{'order': 1}", "unknown key 'order'"),
        ("{'descr': '<U4'}", "unsupported data type '<U4'"),
        ("{'descr': 'f8'}", "unsupported data type 'f8'"),
        ("{'descr': '|O'}", "unsupported data type '|O'"),
        ("{'descr': ''}", "unsupported data type ''"),
        (
            "{'descr': {'names': ['a']}}",
            "expected a string at byte 10 of the text, got '{'",
        ),
        (
            "{'descr': [('a', '<i4', (2,))]}",
            "expected ')' at byte 24 of the text, got '('",
        ),
        (
            "{'descr': [('a', [('b', '<i4')])]}",
            "expected a string at byte 17 of the text, got '['",
        ),
        ("{'descr': [('a\\'', '<i4')]}", "got '\\\\'"),
        ("{'descr': [('é', '<i4')]}", "got '\\xc3'"),
        ("{'descr': '<f8", "got the end of the text"),
        (
            "{'fortran_order': 1}",
            "expected True or False at byte 18 of the text, got '1'",
        ),
        (
            "{'shape': 3}",
            "expected '(' at byte 10 of the text, got '3'",
        ),
        (
            "{'shape': (3)}",
            "expected ',' at byte 12 of the text, got ')'",
        ),
        (
            "{'shape': (-3,)}",
            "expected a number at byte 11 of the text, got '-'",
        ),
        (
            "{'shape': (3 4)}",
            "expected ',' at byte 13 of the text, got '4'",
        ),
        ("{'shape': (,)}", "expected a number"),
        (
            "{'shape': (99999999999999999999,)}",
            "a number in the shape is too large",
        ),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
            "the shape is larger than any memory",
        ),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}",
            "the shape is larger than any memory",
        ),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976,)}",
            "the shape is larger than any memory",
        ),
        (
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} + 1",
            "expected the end at byte 56 of the text, got '+'",
        ),
    ] {
        let message = message(text);
        assert!(message.contains(reason), "{text}: {message}");
        assert!(message.contains("invalid npy header"), "{message}");
    }
}

#[test]
fn headers_longer_than_the_data_or_than_reasonable_are_refused() {
    let bytes = write(&array("<f8", &[2, 3])).unwrap();
    for length in 0..bytes.len() {
        assert!(parse(&bytes[..length]).is_err(), "{length}");
    }
    let error = size(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").unwrap_err();
    assert!(error.to_string().contains("4294967295"), "{error}");
    let error = size(b"\x93NUMPY\x04\x00\x10\x00\x00\x00").unwrap_err();
    assert!(error.to_string().contains("unknown version 4.0"), "{error}");
    assert!(size(b"PK\x03\x04").is_err());
}

#[test]
fn deep_brackets_and_long_lists_take_no_time() {
    let start = Instant::now();
    for bracket in ["[", "(", "{", "[(", "'", "{'descr':["] {
        assert!(parse_text(&bracket.repeat(60_000 / bracket.len())).is_err());
        let inside = bracket.repeat(50_000 / bracket.len());
        assert!(parse_text(&format!("{{'descr': {inside}")).is_err());
        assert!(parse_text(&format!("{{'shape': {inside}")).is_err());
    }
    let ones = "1,".repeat(30_000);
    let text = format!("{{'descr':'<f8','fortran_order':False,'shape':({ones})}}");
    assert_eq!(parse_text(&text).unwrap().shape.len(), 30_000);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn names_and_types_that_can_not_be_read_back_are_not_written() {
    for name in ["it's", "back\\slash", "é", "new\nline", "\0"] {
        let error = write(&labels(&[name], 1)).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
    }
    let header = Header {
        descr: Descr::Scalar(Scalar::native(DType::BF16)),
        ..array("<f8", &[1])
    };
    let error = write(&header).unwrap_err();
    assert!(error.to_string().contains("bfloat16"), "{error}");
}

fn any_scalar() -> impl Strategy<Value = Scalar> {
    let order = prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)];
    (
        prop::sample::select(CODES.map(|(dtype, _)| dtype).to_vec()),
        order,
    )
        .prop_map(|(dtype, byte_order)| Scalar { dtype, byte_order })
}

fn any_header() -> impl Strategy<Value = Header> {
    let field =
        ("[a-z_][a-z0-9_]{0,20}", any_scalar()).prop_map(|(name, scalar)| Field { name, scalar });
    let descr = prop_oneof![
        any_scalar().prop_map(Descr::Scalar),
        prop::collection::vec(field, 0..6).prop_map(Descr::Record),
    ];
    let shape = prop::collection::vec(0_usize..2000, 0..5).prop_map(SmallVec::from_vec);
    (descr, any::<bool>(), shape).prop_map(|(descr, fortran_order, shape)| Header {
        descr,
        fortran_order,
        shape,
    })
}

/// What the npyz crate calls this type, which it parsed from a header of ours.
fn describe(dtype: &npyz::DType) -> String {
    match dtype {
        npyz::DType::Plain(plain) => plain.to_string(),
        npyz::DType::Record(fields) => fields
            .iter()
            .map(|field| format!("{}:{},", field.name, describe(&field.dtype)))
            .collect(),
        npyz::DType::Array(..) => "array".to_owned(),
    }
}

fn describe_ours(descr: &Descr) -> String {
    match descr {
        Descr::Scalar(Scalar { dtype, byte_order }) => {
            let (_, code) = CODES.iter().find(|known| known.0 == *dtype).unwrap();
            let order = match byte_order {
                ByteOrder::Little => '<',
                ByteOrder::Big => '>',
            };
            format!("{order}{code}")
        }
        Descr::Record(fields) => fields
            .iter()
            .map(|f| format!("{}:{},", f.name, describe_ours(&Descr::Scalar(f.scalar))))
            .collect(),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(header in any_header()) {
        let bytes = write(&header).unwrap();
        prop_assert_eq!(bytes.len() % 64, 0);
        prop_assert_eq!(size(&bytes[..PRELUDE]).unwrap(), bytes.len());
        let (read, position) = parse(&bytes).unwrap();
        prop_assert_eq!(position, bytes.len());
        prop_assert_eq!(read, header);
    }

    #[test]
    fn another_parser_reads_the_same(header in any_header()) {
        let bytes = write(&header).unwrap();
        let other = npyz::NpyHeader::from_reader(&bytes[..]).unwrap();
        let shape: Vec<u64> = header.shape.iter().map(|&n| n as u64).collect();
        prop_assert_eq!(other.shape(), &shape[..]);
        prop_assert_eq!(other.order() == npyz::Order::Fortran, header.fortran_order);
        prop_assert_eq!(describe(&other.dtype()), describe_ours(&header.descr));
    }

    #[test]
    fn damaged_headers_never_panic(
        header in any_header(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = write(&header).unwrap();
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        if let Ok((_, position)) = parse(&bytes) {
            prop_assert!(position <= bytes.len());
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[{}()\\[\\]'\",:a-z0-9<>|= ]{0,200}") {
        let _ = parse(&file(&text));
    }
}

#[test]
fn known_headers_are_those_of_their_bytes() {
    let mut known = Headers::default();
    for count in [1, 2, 3, 1, 4, 5, 6, 7, 8, 9, 10, 1, 3, 10, 10] {
        let bytes = write_records(["a", "b"].into_iter(), count).unwrap();
        assert_eq!(*known.parse(&bytes).unwrap(), parse(&bytes).unwrap().0);
        assert!(known.parse(&bytes[..bytes.len() - 1]).is_err());
    }
    assert_eq!(known.known.len(), Headers::COUNT);
}
