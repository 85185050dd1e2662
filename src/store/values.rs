//! Numbers and names as columns hold them.

use crate::ids::{AccountId, Sha};
use rusqlite::Row;

pub(super) fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or_default()
}

pub(super) fn bad(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "no object name".into())
}

/// A column that may hold the number of an account.
pub(super) fn account_id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<AccountId>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|id| AccountId(unsigned(id))))
}

/// A column that holds a commit's name.
pub(super) fn sha(row: &Row<'_>, column: usize) -> rusqlite::Result<Sha> {
    let text: String = row.get(column)?;
    Sha::parse(&text).ok_or_else(|| bad(column))
}
