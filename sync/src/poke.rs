//! Reading the server's event stream (the WHATWG's HTML standard, "Server-sent events"), as far as pokes need it.
//!
//! Which collections a poke names is not looked at: a pull asks for all of them, and brings only what changed.

/// A line longer than this is none of the server's; what is over it is dropped.
const LINE_BYTES_MAX: usize = 4_096;

/// Takes the stream's bytes as they come, split wherever the network split them.
#[derive(Clone, Debug, Default)]
pub struct PokeReader {
    line: Vec<u8>,
    /// The event that is being read is a poke.
    poke: bool,
}

impl PokeReader {
    /// How many pokes these bytes complete.
    pub fn read(&mut self, bytes: &[u8]) -> usize {
        let mut heard = 0;
        for &byte in bytes {
            match byte {
                b'\n' => heard += usize::from(self.end_line()),
                b'\r' => {}
                byte if self.line.len() < LINE_BYTES_MAX => self.line.push(byte),
                _ => {}
            }
        }
        heard
    }

    /// An empty line ends an event; true where that was a poke.
    fn end_line(&mut self) -> bool {
        let ends_poke = self.line.is_empty() && std::mem::take(&mut self.poke);
        if let Some(name) = self.line.strip_prefix(b"event:") {
            self.poke = name.trim_ascii() == b"poke";
        }
        self.line.clear();
        ends_poke
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &[u8] =
        b": open\n\nevent: poke\ndata: {\"collections\":[\"products\"]}\n\n:\n\nevent:poke\r\ndata: {}\r\n\r\n\
        event: other\ndata: poke\n\ndata: event: poke\n\nevent: poke\ndata: unfinished";

    #[test]
    fn comments_other_events_and_unfinished_ones_are_no_pokes() {
        assert_eq!(PokeReader::default().read(STREAM), 2);
    }

    #[test]
    fn an_endless_line_takes_no_more_room() {
        let mut reader = PokeReader::default();
        assert_eq!(reader.read(&vec![b'x'; 10 * LINE_BYTES_MAX]), 0);
        assert_eq!(reader.line.len(), LINE_BYTES_MAX);
        assert_eq!(reader.read(b"\nevent: poke\n\n"), 1);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_network_splits(cuts in prop::collection::vec(0..STREAM.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut reader = PokeReader::default();
            let heard: usize = cuts.windows(2).map(|cut| reader.read(&STREAM[cut[0]..cut[1]])).sum();
            prop_assert_eq!(heard, 2);
        }
    }
}
