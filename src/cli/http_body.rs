//! An HTTP answer that is read while it comes: its status, then its body, whatever its framing.
//!
//! Used by [`super::http`]. A body that is cut short is an error, never a shorter body.

use std::io::{self, BufRead, Read};

/// Bytes of all headers together.
const HEAD_BYTES: u64 = 64 * 1024;

/// Reads status and headers; what follows is the body.
///
/// # Errors
/// It is no HTTP, or breaks off.
pub(super) fn answer<R: BufRead>(mut from: R) -> io::Result<(u16, Body<R>)> {
    let mut head = (&mut from).take(HEAD_BYTES);
    let mut line = || {
        let mut line = String::new();
        head.read_line(&mut line)?;
        line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(no_http)
    };
    let status = line()?;
    let status = status.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let status: u16 = status.ok_or_else(no_http)?;
    let mut framing = Framing::UntilTheEnd;
    loop {
        let header = line()?;
        if header.is_empty() {
            return Ok((status, Body { from, framing }));
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        let value = value.trim();
        if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            framing = Framing::Chunked { left: 0, begun: false };
        } else if name.eq_ignore_ascii_case("content-length") && !matches!(framing, Framing::Chunked { .. }) {
            framing = Framing::Length(value.parse().map_err(|_| no_http())?);
        }
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Body<R> {
    from: R,
    framing: Framing,
}

/// How the end of a body is known (RFC 9112 section 6.3).
#[derive(Debug)]
enum Framing {
    Length(u64),
    /// Bytes left of a chunk; whether there was one before it.
    Chunked {
        left: u64,
        begun: bool,
    },
    UntilTheEnd,
    /// All was read.
    Over,
}

impl<R: BufRead> Read for Body<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if let Framing::Chunked { left: 0, begun } = self.framing {
            self.framing = match self.next_chunk(begun)? {
                0 => Framing::Over,
                left => Framing::Chunked { left, begun: true },
            };
        }
        let left = match &mut self.framing {
            Framing::Over | Framing::Length(0) => return Ok(0),
            Framing::UntilTheEnd => return self.from.read(into),
            Framing::Length(left) | Framing::Chunked { left, .. } => left,
        };
        let read = (&mut self.from).take(*left).read(into)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *left -= read as u64;
        Ok(read)
    }
}

impl<R: BufRead> Body<R> {
    /// The length of the next chunk (RFC 9112 section 7.1).
    fn next_chunk(&mut self, begun: bool) -> io::Result<u64> {
        let mut line = || {
            let mut line = Vec::new();
            (&mut self.from).take(HEAD_BYTES).read_until(b'\n', &mut line)?;
            let line = line.strip_suffix(b"\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
            Ok::<_, io::Error>(String::from_utf8_lossy(line).into_owned())
        };
        if begun && !line()?.is_empty() {
            return Err(no_http());
        }
        let size = line()?;
        u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).map_err(|_| no_http())
    }
}

fn no_http() -> io::Error {
    io::Error::other("what came back is not HTTP")
}
