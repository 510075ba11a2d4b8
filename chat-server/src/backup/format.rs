//! The bytes of a backup.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

use crate::store::{Cell, Column, Piece, Table};

/// What stands before the first piece.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) layout: u32,
    pub(super) made_at: u64,
}

/// Writes a backup, and hashes what it writes.
pub(super) struct Encoder<W> {
    output: W,
    hash: Sha256,
}

impl<W: Write> Encoder<W> {
    pub(super) fn begin(output: W, head: Head) -> io::Result<Self> {
        let hash = Sha256::new();
        let mut encoder = Self { output, hash };
        encoder.write(MAGIC)?;
        encoder.write(&VERSION.to_be_bytes())?;
        encoder.write(&head.layout.to_be_bytes())?;
        encoder.write(&head.made_at.to_be_bytes())?;
        Ok(encoder)
    }

    pub(super) fn table(&mut self, table: &Table, columns: &[&Column]) -> io::Result<()> {
        self.write(&[TABLE])?;
        self.name(table.name)?;
        self.write(&[u8::try_from(columns.len()).map_err(io::Error::other)?])?;
        columns.iter().try_for_each(|column| self.name(column.name))
    }

    pub(super) fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.write(&[ROW])?;
        row.iter().try_for_each(|cell| match cell {
            Cell::Nothing => self.write(&[NOTHING]),
            Cell::Number(number) => {
                self.write(&[NUMBER])?;
                self.write(&number.to_be_bytes())
            }
            Cell::Bytes(bytes) => self.cell(BYTES, bytes),
            Cell::Text(text) => self.cell(TEXT, text.as_bytes()),
        })
    }

    /// Writes end and digest, and gives the output back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.write(&[END])?;
        let digest = self.hash.finalize();
        self.output.write_all(&digest)?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        self.write(&[u8::try_from(name.len()).map_err(io::Error::other)?])?;
        self.write(name.as_bytes())
    }

    fn cell(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > CELL_BYTES {
            return Err(io::Error::other("a column is too large for a backup"));
        }
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.write(&[kind])?;
        self.write(&length.to_be_bytes())?;
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.output.write_all(bytes)
    }
}

/// Why bytes are no backup that this program can read.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Foreign,
    Newer,
    Cut,
    Damaged,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            _ => Self::Io(error),
        }
    }
}

/// Reads a backup row by row, and hashes what it reads.
pub(super) struct Decoder<R> {
    input: R,
    hash: Sha256,
    columns: Vec<&'static Column>,
}

/// One step of reading.
#[derive(Debug)]
pub(super) enum Step {
    Piece(Piece),
    /// The digest, which fits.
    End([u8; 32]),
}

impl<R: Read> Decoder<R> {
    pub(super) fn begin(input: R) -> Result<(Self, Head), Fault> {
        let mut decoder = Self {
            input,
            hash: Sha256::new(),
            columns: Vec::new(),
        };
        // What is shorter than this is of another kind, not cut off.
        let magic = decoder.array::<16>().map_err(|fault| match fault {
            Fault::Cut => Fault::Foreign,
            fault => fault,
        })?;
        if magic != *MAGIC {
            return Err(Fault::Foreign);
        }
        if u32::from_be_bytes(decoder.array()?) != VERSION {
            return Err(Fault::Newer);
        }
        let layout = u32::from_be_bytes(decoder.array()?);
        let made_at = u64::from_be_bytes(decoder.array()?);
        Ok((decoder, Head { layout, made_at }))
    }

    /// The next table or row; behind the end nothing may follow.
    pub(super) fn step(&mut self) -> Result<Step, Fault> {
        match self.byte()? {
            TABLE => self.table().map(Step::Piece),
            ROW => self.row().map(Step::Piece),
            END => self.end().map(Step::End),
            _ => Err(Fault::Damaged),
        }
    }

    fn table(&mut self) -> Result<Piece, Fault> {
        let table = Table::named(&self.name()?).ok_or(Fault::Damaged)?;
        let columns = self.byte()?;
        self.columns.clear();
        for _ in 0..columns {
            let name = self.name()?;
            let column = table.columns.iter().find(|column| column.name == name);
            self.columns.push(column.ok_or(Fault::Damaged)?);
        }
        Ok(Piece::Table(table, self.columns.clone()))
    }

    fn row(&mut self) -> Result<Piece, Fault> {
        if self.columns.is_empty() {
            return Err(Fault::Damaged);
        }
        let columns = std::mem::take(&mut self.columns);
        let mut row = Vec::with_capacity(columns.len());
        for column in &columns {
            let cell = self.read_cell()?;
            if !column.takes(&cell) {
                return Err(Fault::Damaged);
            }
            row.push(cell);
        }
        self.columns = columns;
        Ok(Piece::Rows(vec![row]))
    }

    fn end(&mut self) -> Result<[u8; 32], Fault> {
        let computed: [u8; 32] = self.hash.clone().finalize().into();
        let digest = self.array::<32>()?;
        let mut behind = [0];
        if digest != computed || self.input.read(&mut behind)? != 0 {
            return Err(Fault::Damaged);
        }
        Ok(digest)
    }

    fn read_cell(&mut self) -> Result<Cell, Fault> {
        Ok(match self.byte()? {
            NOTHING => Cell::Nothing,
            NUMBER => Cell::Number(u64::from_be_bytes(self.array()?)),
            BYTES => Cell::Bytes(self.long()?),
            TEXT => Cell::Text(text(self.long()?)?),
            _ => return Err(Fault::Damaged),
        })
    }

    fn name(&mut self) -> Result<String, Fault> {
        let length = self.byte()?;
        text(self.bytes(usize::from(length))?)
    }

    fn long(&mut self) -> Result<Vec<u8>, Fault> {
        let length = u32::from_be_bytes(self.array()?);
        match usize::try_from(length) {
            Ok(length) if length <= CELL_BYTES => self.bytes(length),
            _ => Err(Fault::Damaged),
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.hash.update(bytes);
        Ok(bytes)
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes)?;
        self.hash.update(&bytes);
        Ok(bytes)
    }
}

fn text(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|_| Fault::Damaged)
}

const MAGIC: &[u8; 16] = b"sealwire-backup\n";
const VERSION: u32 = 1;
const END: u8 = 0;
const TABLE: u8 = 1;
const ROW: u8 = 2;
const NOTHING: u8 = 0;
const NUMBER: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
/// The largest column: far above the largest record of the protocol, and what a damaged length can
/// make this program reserve.
const CELL_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        layout: 1,
        made_at: 7,
    };

    fn friends() -> &'static Table {
        Table::named("friends").expect("listed")
    }

    fn row() -> Vec<Cell> {
        vec![
            Cell::Bytes(vec![1; 16]),
            Cell::Bytes(vec![2; 16]),
            Cell::Number(3),
        ]
    }

    fn backup() -> Vec<u8> {
        let mut encoder = Encoder::begin(Vec::new(), HEAD).expect("written");
        let columns: Vec<_> = friends().columns.iter().collect();
        encoder.table(friends(), &columns).expect("written");
        encoder.row(&row()).expect("written");
        encoder.finish().expect("written")
    }

    fn read(bytes: &[u8]) -> Result<Vec<Vec<Cell>>, Fault> {
        let (mut decoder, head) = Decoder::begin(bytes)?;
        assert_eq!(head.layout, 1);
        let mut rows = Vec::new();
        loop {
            match decoder.step()? {
                Step::Piece(Piece::Rows(read)) => rows.extend(read),
                Step::Piece(_) => {}
                Step::End(_) => return Ok(rows),
            }
        }
    }

    #[test]
    fn these_are_the_bytes() {
        let mut bytes = b"sealwire-backup\n".to_vec();
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]);
        bytes.extend(b"\x01\x07friends\x03\x07account\x05other\x05state");
        bytes.extend([2, 2, 0, 0, 0, 16]);
        bytes.extend([1; 16]);
        bytes.extend([2, 0, 0, 0, 16]);
        bytes.extend([2; 16]);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 3]);
        bytes.push(0);
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        assert_eq!(backup(), bytes);
        assert_eq!(read(&bytes).expect("whole"), [row()]);
    }

    #[test]
    fn what_is_cut_off_anywhere_is_refused() {
        let whole = backup();
        for length in 0..whole.len() {
            let fault = read(&whole[..length]).expect_err("cut");
            match length {
                0..16 => assert!(matches!(fault, Fault::Foreign), "{length}: {fault:?}"),
                _ => assert!(matches!(fault, Fault::Cut), "{length}: {fault:?}"),
            }
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused() {
        let whole = backup();
        for place in 16..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x10;
            // The layout is compared by who reads the head.
            let is_layout = (20..24).contains(&place);
            assert!(is_layout || read(&changed).is_err(), "{place}");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(matches!(read(&longer), Err(Fault::Damaged)));
    }

    #[test]
    fn other_and_newer_files_are_named_as_such() {
        assert!(matches!(
            read(b"SQLite format 3\0 and so on"),
            Err(Fault::Foreign)
        ));
        let mut newer = backup();
        newer[19] = 2;
        assert!(matches!(read(&newer), Err(Fault::Newer)));
    }

    #[test]
    fn a_column_has_a_most() {
        let mut encoder = Encoder::begin(Vec::new(), HEAD).expect("written");
        let columns: Vec<_> = friends().columns.iter().collect();
        encoder.table(friends(), &columns).expect("written");
        for (bytes, fits) in [
            (CELL_BYTES - 1, true),
            (CELL_BYTES, true),
            (CELL_BYTES + 1, false),
        ] {
            let written = encoder.row(&[Cell::Bytes(vec![0; bytes])]);
            assert_eq!(written.is_ok(), fits, "{bytes}");
        }
        let mut long = backup();
        // The length of the first column.
        let place = long.iter().position(|byte| *byte == 2).expect("a row") + 2;
        long[place..place + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(matches!(read(&long), Err(Fault::Damaged)));
    }
}
