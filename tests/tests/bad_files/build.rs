//! Archives in which anything can be wrong.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use metatensor_core::{Labels, TensorBlock, TensorMap};
use ndarray::Array3;

use super::zip::{crc32, members};

/// What the header before a member says, and what the directory says.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) stored_size: u32,
    pub(crate) size: u32,
    pub(crate) extra: Vec<u8>,
}

/// A member of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As it is stored.
    pub(crate) data: Vec<u8>,
    pub(crate) local: Record,
    pub(crate) record: Record,
    /// Where the directory says that it starts, if it does not say where it does.
    pub(crate) start: Option<u32>,
    /// The number of the file that it is in, of an archive of several ones.
    pub(crate) disk: u16,
}

/// Changes both of the records.
impl Part {
    pub(crate) fn new(name: &str, content: &[u8]) -> Part {
        let record = Record {
            name: name.into(),
            flags: 0,
            method: 0,
            crc: crc32(content),
            stored_size: content.len() as u32,
            size: content.len() as u32,
            extra: Vec::new(),
        };
        Part {
            data: content.to_vec(),
            local: record.clone(),
            record,
            start: None,
            disk: 0,
        }
    }

    pub(crate) fn both(&mut self, change: impl Fn(&mut Record)) {
        change(&mut self.local);
        change(&mut self.record);
    }

    /// The same content, compressed.
    pub(crate) fn deflated(name: &str, content: &[u8]) -> Part {
        let mut part = Part::new(name, content);
        part.both(|record| record.method = 8);
        part.set_data(deflate(content));
        part
    }

    /// Other data, with the size that it has.
    pub(crate) fn set_data(&mut self, data: Vec<u8>) {
        self.both(|record| record.stored_size = data.len() as u32);
        self.data = data;
    }
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What the end of an archive says.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) disk: u16,
    pub(crate) count: u16,
    pub(crate) size: u32,
    pub(crate) start: u32,
    pub(crate) comment: Vec<u8>,
}

pub(crate) fn archive(parts: &[Part]) -> Vec<u8> {
    archive_ending(parts, |_| {})
}

/// An archive whose end says something else than what is true.
pub(crate) fn archive_ending(parts: &[Part], change: impl FnOnce(&mut End)) -> Vec<u8> {
    let (mut file, mut end) = body(parts);
    change(&mut end);
    write_end(&mut file, &end);
    file
}

/// All but the end, and what that should say.
pub(crate) fn body(parts: &[Part]) -> (Vec<u8>, End) {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let start = part.start.unwrap_or(file.len() as u32);
        file.extend(b"PK\x03\x04");
        write_record(&mut file, &part.local);
        file.extend(&part.local.name);
        file.extend(&part.local.extra);
        file.extend(&part.data);
        directory.extend(b"PK\x01\x02\x14\x03");
        write_record(&mut directory, &part.record);
        // no comment; then attributes
        directory.extend([0, 0]);
        directory.extend(part.disk.to_le_bytes());
        directory.extend([0; 6]);
        directory.extend(start.to_le_bytes());
        directory.extend(&part.record.name);
        directory.extend(&part.record.extra);
    }
    let end = End {
        disk: 0,
        count: parts.len() as u16,
        size: directory.len() as u32,
        start: file.len() as u32,
        comment: Vec::new(),
    };
    file.extend(directory);
    (file, end)
}

fn write_record(file: &mut Vec<u8>, record: &Record) {
    for number in [20, record.flags, record.method, 0, 0x2821] {
        file.extend(u16::to_le_bytes(number));
    }
    for number in [record.crc, record.stored_size, record.size] {
        file.extend(number.to_le_bytes());
    }
    for length in [record.name.len(), record.extra.len()] {
        file.extend((length as u16).to_le_bytes());
    }
}

pub(crate) fn write_end(file: &mut Vec<u8>, end: &End) {
    file.extend(b"PK\x05\x06");
    for number in [end.disk, end.disk, end.count, end.count] {
        file.extend(number.to_le_bytes());
    }
    file.extend(end.size.to_le_bytes());
    file.extend(end.start.to_le_bytes());
    file.extend((end.comment.len() as u16).to_le_bytes());
    file.extend(&end.comment);
}

/// The end in 64 bits with these numbers, and what says where it is.
pub(crate) fn write_wide_end(file: &mut Vec<u8>, count: u64, size: u64, start: u64) {
    let position = file.len() as u64;
    file.extend(b"PK\x06\x06");
    file.extend(44_u64.to_le_bytes());
    file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [count, count, size, start] {
        file.extend(number.to_le_bytes());
    }
    file.extend(b"PK\x06\x07\0\0\0\0");
    file.extend(position.to_le_bytes());
    file.extend([1, 0, 0, 0]);
}

/// The extra field with 64-bit numbers.
pub(crate) fn wide(numbers: &[u64]) -> Vec<u8> {
    let mut extra = vec![1, 0];
    extra.extend((numbers.len() as u16 * 8).to_le_bytes());
    extra.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    extra
}

/// Two blocks with a component, a gradient, and info.
pub(crate) fn good() -> TensorMap {
    let properties = Labels::range("n", 2).unwrap();
    let component = Labels::range("m", 3).unwrap();
    let block = |count: i32| {
        let rows = (0..count).map(|i| [i, 7]);
        let samples = Labels::from_rows(&["system", "atom"], rows).unwrap();
        let values = Array3::from_elem((count as usize, 3, 2), 0.5);
        let mut block =
            TensorBlock::new(values, samples, [component.clone()], &properties).unwrap();
        let samples = Labels::new(["sample", "atom"], [[0, 0], [1, 0]]).unwrap();
        let values = Array3::from_elem((2, 3, 2), 0.25);
        let gradient = TensorBlock::new(values, samples, [component.clone()], &properties);
        block.add_gradient("positions", gradient.unwrap()).unwrap();
        block
    };
    let keys = Labels::new(["type"], [[1], [8]]).unwrap();
    let mut map = TensorMap::new(keys, vec![block(2), block(3)]).unwrap();
    map.info_mut().insert("unit".into(), "eV".into());
    map
}

pub(crate) fn good_parts() -> Vec<Part> {
    let members = members(&good().save_buffer().unwrap());
    let part = |name: &[u8], bytes: &[u8]| Part::new(std::str::from_utf8(name).unwrap(), bytes);
    members
        .iter()
        .map(|member| part(&member.name, &member.bytes))
        .collect()
}

/// The good archive, where one of the members is changed.
pub(crate) fn changed(name: &str, change: impl FnOnce(&mut Part)) -> Vec<u8> {
    let mut parts = good_parts();
    change(find(&mut parts, name));
    archive(&parts)
}

pub(crate) fn find<'p>(parts: &'p mut [Part], name: &str) -> &'p mut Part {
    let part = parts
        .iter_mut()
        .find(|part| part.record.name == name.as_bytes());
    part.unwrap()
}

/// The good archive with other content of a member, or with one more.
pub(crate) fn with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut parts = good_parts();
    let part = Part::new(name, content);
    match parts
        .iter_mut()
        .find(|part| part.record.name == name.as_bytes())
    {
        Some(other) => *other = part,
        None => parts.push(part),
    }
    archive(&parts)
}

/// The good archive without a member.
pub(crate) fn without(name: &str) -> Vec<u8> {
    let mut parts = good_parts();
    parts.retain(|part| part.record.name != name.as_bytes());
    archive(&parts)
}

/// The good archive with other names of members.
pub(crate) fn renamed(from: &str, to: &str) -> Vec<u8> {
    let mut parts = good_parts();
    for part in &mut parts {
        let name = String::from_utf8(part.record.name.clone()).unwrap();
        part.both(|record| record.name = name.replace(from, to).into());
    }
    archive(&parts)
}

/// An array with this header.
pub(crate) fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n");
    npy_text(&text, data)
}

pub(crate) fn npy_text(text: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

/// Labels with these names, and rows one after the other.
pub(crate) fn labels(names: &[&str], values: &[i32]) -> Vec<u8> {
    let fields: Vec<_> = names
        .iter()
        .map(|name| format!("('{name}', '<i4')"))
        .collect();
    let data: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let count = values.len() / names.len();
    npy(
        &format!("[{}]", fields.join(", ")),
        &format!("({count},)"),
        &data,
    )
}
