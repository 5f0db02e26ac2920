//! As much of PostgreSQL's frontend protocol as counting needs.

use std::sync::Mutex;

use super::counts::Counts;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Send it on.
    Forward,
    /// Keep it, and answer that there is no encryption.
    RefuseEncryption,
}

/// What is remembered of one connection between its messages.
#[derive(Debug, Default)]
pub(super) struct Frontend {
    started: bool,
    /// Something of the extended protocol was sent since the last sync.
    working: bool,
}

impl Frontend {
    /// Counts the first message in `bytes` and tells its length, if it is there in full.
    pub(super) fn next(&mut self, bytes: &[u8], counts: &Mutex<Counts>) -> Option<(Step, usize)> {
        if !self.started {
            return self.before_start(bytes);
        }
        let (tag, rest) = bytes.split_first()?;
        let length = length(rest)?;
        let body = rest.get(4..length)?;
        self.count(*tag, body, &mut counts.lock().expect("counting does not panic"));
        Some((Step::Forward, 1 + length))
    }

    /// The first messages of a connection have no tag.
    fn before_start(&mut self, bytes: &[u8]) -> Option<(Step, usize)> {
        let length = length(bytes)?;
        let body = bytes.get(4..length)?;
        let code = body.first_chunk().map(|code| u32::from_be_bytes(*code));
        if matches!(code, Some(SSL_REQUEST | GSS_REQUEST)) {
            return Some((Step::RefuseEncryption, length));
        }
        self.started = true;
        Some((Step::Forward, length))
    }

    fn count(&mut self, tag: u8, body: &[u8], counts: &mut Counts) {
        match tag {
            b'Q' => {
                counts.round_trips += 1;
                counts.queries.push(text(body));
            }
            b'P' => {
                counts.parses += 1;
                // The statement's name comes first, then its text.
                let name = body.iter().position(|byte| *byte == 0).map_or(body.len(), |end| end + 1);
                counts.parsed.push(text(&body[name..]));
            }
            b'B' => counts.binds += 1,
            b'E' => counts.executes += 1,
            b'S' if self.working => counts.round_trips += 1,
            b'S' => counts.pings += 1,
            _ => {}
        }
        match tag {
            // Parse, Bind, Execute, Describe, Close: each waits for the next sync.
            b'P' | b'B' | b'E' | b'D' | b'C' => self.working = true,
            b'S' => self.working = false,
            _ => {}
        }
    }
}

/// A message's own idea of its length, which includes the four bytes that state it.
fn length(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|length| u32::from_be_bytes(*length) as usize)
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[tag][..], &length.to_be_bytes(), body].concat()
    }

    fn feed(bytes: &[u8]) -> (Counts, usize) {
        let (mut frontend, counts, mut done) = (Frontend { started: true, working: false }, Mutex::default(), 0);
        while let Some((Step::Forward, length)) = frontend.next(&bytes[done..], &counts) {
            done += length;
        }
        (counts.into_inner().unwrap(), done)
    }

    #[test]
    fn a_lone_sync_is_a_ping() {
        let bytes = [message(b'B', b""), message(b'E', b""), message(b'S', b""), message(b'S', b"")].concat();
        let (counts, _) = feed(&bytes);
        assert_eq!((counts.round_trips, counts.pings, counts.binds, counts.executes), (1, 1, 1, 1));
    }

    #[test]
    fn texts_are_kept() {
        let bytes = [message(b'P', b"s1\0SELECT 1\0\0\0"), message(b'Q', b"BEGIN\0")].concat();
        let (counts, _) = feed(&bytes);
        assert_eq!((counts.parsed, counts.queries), (vec!["SELECT 1".to_owned()], vec!["BEGIN".to_owned()]));
    }

    #[test]
    fn half_a_message_waits_for_its_rest() {
        let bytes = [message(b'S', b""), message(b'Q', b"BEGIN\0")].concat();
        for end in 0..bytes.len() {
            let (counts, done) = feed(&bytes[..end]);
            assert_eq!((done, counts.round_trips), (if end < 5 { 0 } else { 5 }, 0), "of {end} bytes");
        }
    }
}
