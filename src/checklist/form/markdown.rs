//! What a form becomes: Markdown, and where in the file each of its lines comes from.

use super::super::Problem;

/// A form as Markdown.
#[derive(Debug, Default)]
pub(in super::super) struct Form {
    pub(in super::super) markdown: String,
    /// For each line of the Markdown.
    pub(in super::super) places: Vec<Place>,
    /// The lines of the Markdown that hold a box for an option.
    pub(in super::super) options: Vec<usize>,
    /// What is wrong with the form, on the lines of the file.
    pub(in super::super) problems: Vec<Problem>,
}

/// Where a line of the Markdown comes from: line and columns of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    pub(in super::super) line: usize,
    /// Where the text begins that was copied.
    pub(super) column: usize,
    /// The column behind the line's last character.
    pub(super) end: usize,
    /// The column of the Markdown at which the copied text begins.
    pub(super) from: usize,
}

impl Form {
    /// A problem of the Markdown, on the line of the file.
    pub(in super::super) fn in_file(&self, problem: Problem) -> Problem {
        let Some(place) = self.places.get(problem.line.saturating_sub(1)).or(self.places.last()) else {
            return Problem { line: 1, column: 1, width: 1, ..problem };
        };
        let copied = problem.column.checked_sub(place.from).map(|behind| place.column + behind);
        let (column, width) = match copied.filter(|column| *column < place.end) {
            Some(column) => (column, problem.width.min(place.end - column)),
            // The box of an option stands nowhere in the file: the option does.
            None => (place.column, place.end.saturating_sub(place.column)),
        };
        Problem { line: place.line, column, width: width.max(1), ..problem }
    }

    /// Whether the file could not be read at all.
    pub(in super::super) fn is_unread(&self) -> bool {
        self.places.is_empty()
    }

    pub(in super::super) fn broken(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }
}
