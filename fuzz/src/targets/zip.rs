//! Archives whose checksums and sizes are right, whatever is in them.

/// A member of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
    /// Whether it is in DEFLATE format, in blocks that are not compressed.
    pub(crate) is_deflated: bool,
}

impl Member {
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> Member {
        Member {
            name: name.into(),
            bytes,
            is_deflated: false,
        }
    }
}

/// The members of a small archive that we wrote, where all are stored.
pub(crate) fn members(archive: &[u8]) -> Vec<Member> {
    let half = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let word = |at: usize| half(at) | half(at + 2) << 16;
    let end = archive.len() - 22;
    let mut record = word(end + 16);
    let read = |_| {
        let (size, name, local) = (word(record + 24), half(record + 28), word(record + 42));
        let data = local + 30 + half(local + 26) + half(local + 28);
        let member = Member {
            name: archive[record + 46..][..name].to_vec(),
            bytes: archive[data..][..size].to_vec(),
            is_deflated: false,
        };
        record += 46 + name + half(record + 30) + half(record + 32);
        member
    };
    (0..half(end + 10)).map(read).collect()
}

/// An archive with these members, and where its directory starts.
pub(crate) fn archive(members: &[Member]) -> (Vec<u8>, usize) {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let offset = file.len() as u32;
        let data = match member.is_deflated {
            true => deflated(&member.bytes),
            false => member.bytes.clone(),
        };
        // version, flags, method, time and date, checksum and sizes, length of the name, no extra field
        let mut header = vec![20, 0, 0, 0];
        header.extend([if member.is_deflated { 8 } else { 0 }, 0, 0, 0, 0x21, 0x28]);
        header.extend(crc32(&member.bytes).to_le_bytes());
        header.extend((data.len() as u32).to_le_bytes());
        header.extend((member.bytes.len() as u32).to_le_bytes());
        header.extend((member.name.len() as u16).to_le_bytes());
        header.extend([0, 0]);

        file.extend(b"PK\x03\x04");
        file.extend(&header);
        file.extend(&member.name);
        file.extend(data);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&header);
        // no comment, first disk, attributes
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(&member.name);
    }
    let start = file.len();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([(members.len() as u16).to_le_bytes(); 2].as_flattened());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend((start as u32).to_le_bytes());
    file.extend([0, 0]);
    (file, start)
}

/// Blocks of at most 65 535 bytes, and an empty last one.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    for block in bytes.chunks(0xffff) {
        let length = block.len() as u16;
        result.push(0);
        result.extend([length.to_le_bytes(), (!length).to_le_bytes()].as_flattened());
        result.extend(block);
    }
    result.extend([1, 0, 0, 0xff, 0xff]);
    result
}

/// For each byte, what it does to a checksum.
const SUMS: [u32; 256] = {
    let mut sums = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
            bit += 1;
        }
        sums[byte] = sum;
        byte += 1;
    }
    sums
};

/// The checksum of archives.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (sum >> 8) ^ SUMS[usize::from(sum as u8 ^ byte)];
    !bytes.iter().fold(u32::MAX, step)
}
