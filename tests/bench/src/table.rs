//! The tables: for a terminal and for a page.

/// Rows of cells under a header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What stands above.
    pub(crate) title: &'static str,
    /// What the columns are.
    pub(crate) header: Vec<&'static str>,
    /// As many cells as the header.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// For a terminal: columns as wide as they need to be.
    pub(crate) fn plain(&self) -> String {
        let header = self.header.iter().map(|cell| (*cell).to_owned()).collect();
        let rows: Vec<&Vec<String>> = std::iter::once(&header).chain(&self.rows).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let mut out = format!("{}\n", self.title);
        for row in &rows {
            let mut line = String::from(" ");
            for (column, cell) in row.iter().enumerate() {
                let fill = width(column) - cell.chars().count();
                line.push(' ');
                line.push_str(cell);
                line.push_str(&" ".repeat(fill + 1));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// For a page.
    pub(crate) fn markdown(&self) -> String {
        let mut out = format!("### {}\n\n", self.title);
        let mut put = |cells: Vec<String>| {
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        };
        put(self.header.iter().map(|cell| (*cell).to_owned()).collect());
        put(self.header.iter().map(|_| "---".to_owned()).collect());
        for row in &self.rows {
            put(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            title: "Things",
            header: vec!["name", "µs"],
            rows: vec![
                vec!["a|b".to_owned(), "1".to_owned()],
                vec!["long name".to_owned(), "2.50".to_owned()],
            ],
        }
    }

    #[test]
    fn a_terminal_gets_columns() {
        let expected = "Things\n  name       µs\n  a|b        1\n  long name  2.50\n";
        assert_eq!(table().plain(), expected);
    }

    #[test]
    fn a_page_gets_markdown() {
        let expected =
            "### Things\n\n| name | µs |\n| --- | --- |\n| a\\|b | 1 |\n| long name | 2.50 |\n";
        assert_eq!(table().markdown(), expected);
    }
}
