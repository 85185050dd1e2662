//! The threads that own the connections: one writes with group commit, one moves the log into the database, one reads.
//!
//! They know nothing of tables. The writer answers a write only after the transaction that holds it is on the disk.

use super::Error;
use super::file::Place;
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Writes in one transaction, at most: more gain nothing and make the first one wait.
const GROUP: usize = 128;
/// Transactions after which the checkpointer is woken.
const CHECKPOINT_AFTER: u32 = 64;
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// Pages of log (64 MiB) that a checkpoint between two transactions should bring back to the start: while writes never
/// pause, the one beside them cannot.
const LONG_LOG: i64 = 16_384;
const READ_QUEUE: usize = 1024;

/// What a write leaves behind in its transaction: how to answer, once that is committed or not.
type Answer = Box<dyn FnOnce(Result<(), Arc<str>>) + Send>;
/// Without a connection nothing is run: there is no transaction, and the answer will have to be an error.
type Write = Box<dyn FnOnce(Option<&Connection>) -> Answer + Send>;
type Read = Box<dyn FnOnce(&Connection) + Send>;

/// A way to a thread, and the thread. Closing drops the way and waits for the thread to finish what it was given.
struct Line<M> {
    way: Mutex<Option<mpsc::Sender<M>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<M> Line<M> {
    fn way(&self) -> Result<mpsc::Sender<M>, Error> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Closed)
    }

    fn close(&self) {
        drop(self.way.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a database thread panicked");
        }
    }
}

impl<M> Drop for Line<M> {
    fn drop(&mut self) {
        self.close();
    }
}

/// The one thread that writes.
pub(super) struct Writer {
    line: Line<Write>,
}

impl Writer {
    pub(super) fn start(db: Connection, checkpointer: Connection, place: Place, queue: usize) -> std::io::Result<Self> {
        let (way, mut writes) = mpsc::channel::<Write>(queue);
        let (wake, checkpoints) = checkpoint_thread(checkpointer)?;
        let body = move || {
            let mut commits = 0;
            while let Some(first) = writes.blocking_recv() {
                commit_group(&db, &place, first, &mut writes);
                commits += 1;
                if checkpoints.long.swap(false, Ordering::Relaxed) {
                    let _ = checkpoint(&db);
                }
                if commits >= CHECKPOINT_AFTER {
                    commits = 0;
                    // Full means that it is awake already.
                    let _: Result<(), TrySendError<()>> = wake.try_send(());
                }
            }
            drop(wake);
            checkpoints.join();
        };
        let thread = Builder::new().name("store-writer".to_owned()).spawn(body)?;
        Ok(Self { line: Line { way: Mutex::new(Some(way)), thread: Mutex::new(Some(thread)) } })
    }

    pub(super) async fn write<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (write, answer) = pack(statements);
        self.line.way()?.send(write).await.map_err(|_| Error::Closed)?;
        answer.await.unwrap_or(Err(Error::Closed))
    }

    pub(super) async fn try_write<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (write, answer) = pack(statements);
        match self.line.way()?.try_send(write) {
            Ok(()) => answer.await.unwrap_or(Err(Error::Closed)),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Error::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Error::Closed),
        }
    }

    pub(super) fn close(&self) {
        self.line.close();
    }
}

/// Wraps `statements` so that they run in a savepoint now and are answered later.
fn pack<T, F>(statements: F) -> (Write, oneshot::Receiver<Result<T, Error>>)
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    let (tx, rx) = oneshot::channel();
    let write = move |db: Option<&Connection>| -> Answer {
        let result = db.map_or(Err(Error::Closed), |db| in_savepoint(db, statements));
        Box::new(move |committed| {
            let answer = match committed {
                Ok(()) => result,
                Err(reason) => Err(Error::Commit(reason)),
            };
            // Whoever asked may be gone.
            drop(tx.send(answer));
        })
    };
    (Box::new(write), rx)
}

fn in_savepoint<T>(db: &Connection, statements: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
    db.prepare_cached("SAVEPOINT one")?.execute([])?;
    let result = match catch_unwind(AssertUnwindSafe(|| statements(db))) {
        Ok(result) => result.map_err(Error::from),
        Err(_) => Err(Error::Panicked),
    };
    // After some errors (a full disk) SQLite has undone the whole transaction, and there is no savepoint to go back to.
    if result.is_err() && !db.is_autocommit() {
        db.prepare_cached("ROLLBACK TO one")?.execute([])?;
    }
    if !db.is_autocommit() {
        db.prepare_cached("RELEASE one")?.execute([])?;
    }
    result
}

/// Runs `first` and whatever else waits in one transaction, commits, then answers them all.
fn commit_group(db: &Connection, place: &Place, first: Write, writes: &mut mpsc::Receiver<Write>) {
    if let Err(reason) = place.ensure_there() {
        tracing::error!(reason, "nothing is written");
        return first(None)(Err(reason.into()));
    }
    let mut next = Some(first);
    let mut answers: Vec<Answer> = Vec::new();
    while let Some(write) = next {
        if db.is_autocommit()
            && let Err(error) = db.execute_batch("BEGIN IMMEDIATE")
        {
            tracing::error!(%error, "a transaction was not begun");
            return write(None)(Err(error.to_string().into()));
        }
        answers.push(write(Some(db)));
        if db.is_autocommit() {
            tracing::error!(writes = answers.len(), "an error has undone a transaction");
            answer(std::mem::take(&mut answers), &Err("an error in it has undone the whole transaction".into()));
        }
        next = if answers.len() < GROUP { writes.try_recv().ok() } else { None };
    }
    if answers.is_empty() {
        return;
    }
    let committed = db.execute_batch("COMMIT").map_err(|error| {
        tracing::error!(%error, writes = answers.len(), "a transaction was not committed");
        if !db.is_autocommit() {
            drop(db.execute_batch("ROLLBACK"));
        }
        Arc::from(error.to_string())
    });
    answer(answers, &committed);
}

fn answer(answers: Vec<Answer>, committed: &Result<(), Arc<str>>) {
    for answer in answers {
        answer(committed.clone());
    }
}

/// The writer's end of the checkpointer.
struct Checkpoints {
    /// Set where the log has grown long and the writer should make a checkpoint itself.
    long: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the checkpointing thread panicked");
        }
    }
}

/// Moves the log into the database every few seconds, whenever it is woken, and at the end.
fn checkpoint_thread(db: Connection) -> std::io::Result<(SyncSender<()>, Checkpoints)> {
    let (wake, woken) = sync_channel::<()>(1);
    let long = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&long);
    let body = move || {
        loop {
            let ended = matches!(woken.recv_timeout(CHECKPOINT_EVERY), Err(RecvTimeoutError::Disconnected));
            match checkpoint(&db) {
                Ok(pages) if pages > LONG_LOG => seen.store(true, Ordering::Relaxed),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a checkpoint failed; the log grows until one succeeds"),
            }
            if ended {
                return;
            }
        }
    };
    let thread = Builder::new().name("store-checkpoint".to_owned()).spawn(body)?;
    Ok((wake, Checkpoints { long, thread }))
}

/// Copies what it can without waiting for anybody; the number of pages in the log.
fn checkpoint(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}

/// The one thread that reads.
pub(super) struct Reader {
    line: Line<Read>,
}

impl Reader {
    pub(super) fn start(db: Connection) -> std::io::Result<Self> {
        let (way, mut reads) = mpsc::channel::<Read>(READ_QUEUE);
        let body = move || {
            while let Some(read) = reads.blocking_recv() {
                read(&db);
            }
        };
        let thread = Builder::new().name("store-reader".to_owned()).spawn(body)?;
        Ok(Self { line: Line { way: Mutex::new(Some(way)), thread: Mutex::new(Some(thread)) } })
    }

    pub(super) async fn read<T, F>(&self, statements: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (tx, rx) = oneshot::channel();
        let read = move |db: &Connection| drop(tx.send(on_snapshot(db, statements)));
        self.line.way()?.send(Box::new(read)).await.map_err(|_| Error::Closed)?;
        rx.await.unwrap_or(Err(Error::Closed))
    }

    pub(super) fn close(&self) {
        self.line.close();
    }
}

fn on_snapshot<T>(db: &Connection, statements: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
    db.execute_batch("BEGIN")?;
    let result = match catch_unwind(AssertUnwindSafe(|| statements(db))) {
        Ok(result) => result.map_err(Error::from),
        Err(_) => Err(Error::Panicked),
    };
    if !db.is_autocommit() {
        db.execute_batch("COMMIT")?;
    }
    result
}
