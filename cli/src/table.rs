//! A plain table for a terminal.

/// Lays rows out in columns as wide as their widest cell.
pub fn layout<H: AsRef<str>>(head: &[H], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.as_ref().chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    // One long cell must not draw a line across several lines of a terminal.
    const RULE_MAX: usize = 100;
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat((*width).min(RULE_MAX))).collect();
    let mut text = line(&mut head.iter().map(AsRef::as_ref));
    text += &line(&mut rule.iter().map(String::as_str));
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["a".to_owned(), "long cell".to_owned()], vec!["bcd".to_owned(), String::new()]];
        assert_eq!(super::layout(&["x", "y"], &rows), "x    y\n---  ---------\na    long cell\nbcd\n");
    }
}
