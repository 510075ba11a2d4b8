//! What a terminal shows, as far as the programs here move its cursor.

/// A screen of cells.
#[derive(Default)]
pub(crate) struct Screen {
    cells: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// Bytes of a character or of a control sequence whose end has not come.
    open: Vec<u8>,
}

impl Screen {
    /// Takes what the program wrote.
    pub(crate) fn take(&mut self, byte: u8) {
        self.open.push(byte);
        if self.open[0] == 0x1b {
            let is_sequence = self.open.get(1) == Some(&b'[');
            let is_over = match self.open.len() {
                1 => false,
                2 => !is_sequence,
                _ => byte.is_ascii_alphabetic(),
            };
            if is_over {
                let sequence = std::mem::take(&mut self.open);
                self.obey(&sequence);
            }
            return;
        }
        if let Ok(text) = std::str::from_utf8(&self.open) {
            let text = text.to_owned();
            self.open.clear();
            text.chars().for_each(|character| self.put(character));
        }
    }

    /// The lines.
    pub(crate) fn text(&self) -> String {
        let lines = self
            .cells
            .iter()
            .map(|line| line.iter().collect::<String>());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn obey(&mut self, sequence: &[u8]) {
        let (Some(last), Some(numbers)) = (sequence.last(), sequence.get(2..sequence.len() - 1))
        else {
            return;
        };
        match last {
            b'H' => {
                let text = String::from_utf8_lossy(numbers);
                let mut numbers = text.split(';').map(|number| number.parse().unwrap_or(1));
                self.row = numbers.next().unwrap_or(1) - 1;
                self.column = numbers.next().unwrap_or(1) - 1;
            }
            b'J' => self.cells.clear(),
            _ => {}
        }
    }

    fn put(&mut self, character: char) {
        match character {
            '\r' => self.column = 0,
            '\n' => self.row += 1,
            character => {
                let lines = self.cells.len().max(self.row + 1);
                self.cells.resize(lines, Vec::new());
                let line = &mut self.cells[self.row];
                let columns = line.len().max(self.column + 1);
                line.resize(columns, ' ');
                line[self.column] = character;
                self.column += 1;
            }
        }
    }
}
