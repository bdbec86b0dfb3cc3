//! Files that are something else: the error says what they are, and what to do.

use metatensor_core::{Error, Labels, TensorBlock, TensorMap};
use ndarray::Array2;

use crate::layouts::file;

fn block() -> TensorBlock {
    let labels = Labels::range("i", 2).unwrap();
    TensorBlock::new(Array2::<f64>::zeros((2, 2)), &labels, &[], &labels).unwrap()
}

/// What is said of a file with these bytes, whatever it is loaded as.
fn messages(bytes: &[u8]) -> Vec<String> {
    let file = file(bytes);
    let path = file.path();
    let errors = [
        (
            "a tensor map",
            "buffer",
            TensorMap::load_buffer(bytes).err(),
        ),
        ("a tensor map", "file", TensorMap::load(path).err()),
        (
            "a tensor block",
            "buffer",
            TensorBlock::load_buffer(bytes).err(),
        ),
        ("a tensor block", "file", TensorBlock::load(path).err()),
        ("labels", "buffer", Labels::load_buffer(bytes).err()),
        ("labels", "file", Labels::load(path).err()),
    ];
    errors
        .into_iter()
        .map(|(expected, from, error)| {
            let error = error.unwrap();
            assert!(matches!(error, Error::Serialization(_)), "{error}");
            let name = match from {
                "file" => format!("'{}'", path.display()),
                _ => "the buffer".to_owned(),
            };
            let start =
                format!("serialization format error: expected {expected} in {name}, which ");
            let message = error.to_string();
            let rest = message.strip_prefix(&start);
            rest.unwrap_or_else(|| panic!("{message}")).to_owned()
        })
        .collect()
}

fn check(bytes: &[u8], parts: &[&str]) {
    for message in messages(bytes) {
        for part in parts {
            assert!(
                message.contains(part),
                "'{message}' should contain '{part}'"
            );
        }
    }
}

#[test]
fn files_without_content_are_called_so() {
    check(b"", &["is empty"]);
    for length in [1, 22, 100, 300_000] {
        let size = format!("{length} bytes");
        check(
            &vec![0; length],
            &["nothing but zeros", &size, "never written"],
        );
        check(&vec![b'\n'; length], &["nothing but whitespace", &size]);
    }
}

#[test]
fn files_of_other_formats_are_named_with_what_to_do() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\n\
                    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    check(pointer, &["git-lfs", "`git lfs pull`"]);
    for page in [
        "<!DOCTYPE html>\n<html><body>Sign in</body></html>",
        "\u{feff}\n  <!doctype HTML><title>404</title>",
        "<html lang=\"en\">",
        "<?xml version=\"1.0\"?><html>",
    ] {
        check(page.as_bytes(), &["a web page (HTML)", "address", "login"]);
    }
    check(
        b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>",
        &["XML", "server"],
    );
    check(b"\x1f\x8b\x08\0\0\0\0\0\0\x03", &["gzip", "decompress"]);
    check(b"\x28\xb5\x2f\xfd\x04\x00", &["zstd", "decompress"]);
    check(b"\x89HDF\r\n\x1a\n\0\0", &["HDF5"]);
    check(b"\x80\x04\x95\x10\0\0\0", &["pickle", "metatensor.save"]);
    check(
        b"{\"error\": \"not found\"}",
        &["is text", "starts with '{\\\"error\\\""],
    );
    check(
        "Zugriff verweigert – größer".as_bytes(),
        &["is text", "'Zugriff"],
    );
    check(
        b"\x01\x02\x03\x04\xff",
        &["unknown kind", r"'\x01\x02\x03\x04\xff'"],
    );
    let mut tar = vec![b'n'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    check(&tar, &["tar archive", "unpack"]);
}

#[test]
fn files_that_were_cut_off_are_called_so() {
    let map = TensorMap::new(Labels::single(), vec![block()]).unwrap();
    let archive = map.save_buffer().unwrap();
    let npy = b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1000,), }";
    let mut header = npy.to_vec();
    header.resize(128, b' ');
    for length in (4..archive.len()).step_by(7) {
        let size = format!("{length} bytes, without its end: it was cut off");
        check(&archive[..length], &["the start of an archive", &size]);
        let wrapped = [&header, &archive[..length]].concat();
        check(&wrapped, &["the start of an archive", "it was cut off"]);
    }
    for length in 6..128 {
        check(
            &header[..length],
            &["the start of an array (.npy): it was cut off"],
        );
    }
}

/// An archive of members that are not compressed.
fn archive(names: &[&str]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(b"content").unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives_of_something_else_are_named_with_what_to_do() {
    let no_members = ["no 'keys.npy'", "no 'values.npy'"];
    check(&archive(&[]), &["an archive without members"]);
    check(
        &archive(&["a.npy", "b.npy", "c", "d"]),
        &["members 'a.npy', 'b.npy', 'c'"],
    );
    check(&archive(&["a.npy"]), &no_members);
    check(
        &archive(&["model/data.pkl", "model/data/0"]),
        &["PyTorch", "'model/data.pkl'", "torch.load"],
    );
    check(
        &archive(&["1.mts", "2.mts"]),
        &["collection", "unpack", "'1.mts'"],
    );
    check(
        &archive(&["data/map.npz"]),
        &["collection", "'data/map.npz'"],
    );

    let old = [
        "keys.npy",
        "blocks/0/values/data.npy",
        "blocks/0/values/samples.npy",
        "blocks/0/values/properties.npy",
        "blocks/0/gradients/positions/data.npy",
    ];
    check(
        &archive(&old),
        &[
            "old layout",
            "0.1",
            "rename its members",
            "'values.npy' for 'data.npy'",
        ],
    );
}
