//! Says once of each instrument that its best prices jumped too far to be believed, and that they are believed again.
//! Whether they are is the book's to say, on its own channel; here it is only told.

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{Flags, Level, Record, TopOfBook, UnixNanos};
use fulmar_engine::market::limits::JUMP_STAYS;

use crate::window::Picture;

/// The books that are watched, by instrument id.
pub struct JumpWatch {
    books: Vec<(Reader, Episode)>,
    record: Box<Record>,
}

/// From the first suspect top until none came for as long as a market must stay somewhere: prices that come and go are
/// told once.
#[derive(Default)]
struct Episode {
    suspect_at: Option<UnixNanos>,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Began,
    Ended,
}

impl JumpWatch {
    /// Watches these book channels.
    pub fn new(books: Vec<Reader>) -> Self {
        let books = books.into_iter().map(|reader| (reader, Episode::default())).collect();
        JumpWatch { books, record: Box::default() }
    }

    /// Tells what the books said since the last look. A top that was overwritten unseen is as good as told: the next
    /// one says how things stand.
    pub fn look(&mut self, names: &[String], pictures: &[Picture]) {
        for (((reader, episode), name), picture) in self.books.iter_mut().zip(names).zip(pictures) {
            loop {
                match reader.poll(&mut self.record) {
                    Poll::Empty => break,
                    Poll::Lapped { .. } => continue,
                    Poll::Record => {}
                }
                let Ok(top) = self.record.read::<TopOfBook>() else { continue };
                let header = self.record.header();
                match episode.take(header.flags.contains(Flags::SUSPECT), header.received_at) {
                    Some(News::Began) => tracing::warn!(
                        "{name}: the best prices jumped to {} and {}; nothing is judged by them before the market has \
                         stayed there",
                        price(picture, top.bid),
                        price(picture, top.ask)
                    ),
                    Some(News::Ended) => tracing::info!("{name}: the best prices are believed again"),
                    None => {}
                }
            }
        }
    }
}

impl Episode {
    fn take(&mut self, is_suspect: bool, at: UnixNanos) -> Option<News> {
        if is_suspect {
            return self.suspect_at.replace(at).is_none().then_some(News::Began);
        }
        self.suspect_at.take_if(|suspect_at| at.since(*suspect_at) >= JUMP_STAYS).map(|_| News::Ended)
    }
}

fn price(picture: &Picture, level: Level) -> String {
    if level.quantity.is_zero() { "nothing".to_owned() } else { picture.price_text(level.price) }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::Nanos;

    use super::*;

    #[test]
    fn prices_that_come_and_go_are_told_once() {
        let mut episode = Episode::default();
        let at = |nanos| UnixNanos(100) + Nanos(nanos);
        let stays = JUMP_STAYS.0;
        let told = [
            episode.take(false, at(0)),
            episode.take(true, at(1)),
            episode.take(false, at(2)),
            episode.take(true, at(3)),
            episode.take(false, at(2 + stays)),
            episode.take(false, at(3 + stays)),
            episode.take(true, at(4 + stays)),
        ];
        assert_eq!(told, [None, Some(News::Began), None, None, None, Some(News::Ended), Some(News::Began)]);
    }
}
