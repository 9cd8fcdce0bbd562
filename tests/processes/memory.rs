//! Memory of the running program has a bound, whatever is under way: bodies that never end, and answers that nobody
//! reads.
//!
//! `MEMORY_CONNECTIONS` sets how many connections of each kind there are (300 by default). Who is let in and who is
//! refused is tested in `tests/scim/server_http/crowding`.

use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::bodies::CORE;
use crate::support::client::call_blocking;
use crate::support::program::{Installation, Program, free_address};
use crate::support::setup::Setup;

const MIB: u64 = 1024 * 1024;
/// What one connection sends of the four mebibytes that it announces.
const SENT: usize = 3 * 1024 * 1024;
/// What may come on top of an idle program, in mebibytes: the room for bodies (`server.bodies_mib`, 128), which buffers
/// that grow may take twice while they do, and four large answers of some megabytes each with the resources they are
/// made of.
const ROOM: u64 = 2 * 128 + 4 * 16;
/// The same for connections, which have buffers of their own: so many take a mebibyte.
const PER_MIB: u64 = 2;
const USERS: u32 = 1_000;
/// For that long is looked, should the work come to no end.
const AT_LONGEST: Duration = Duration::from_secs(60);

fn connections() -> u64 {
    std::env::var("MEMORY_CONNECTIONS").ok().map_or(300, |text| text.parse().unwrap())
}

fn place() -> Installation {
    // Thousand resources of four kilobytes make an answer that no buffer of the system takes.
    let line = |n: u32| {
        let user = json!({"schemas": [CORE], "id": format!("00000000-0000-4000-8000-{n:012}"),
            "userName": format!("u{n}@aurora.example"), "nickName": "n".repeat(4_000)});
        format!("{user}\n")
    };
    let place = Installation::new(Setup { listen: free_address(), ..Setup::without_rules() });
    std::fs::write(place.file("users.ndjson"), (0..USERS).map(line).collect::<String>()).unwrap();
    let imported = place.run("users import --file users.ndjson --complete");
    assert_eq!(imported.code, 0, "{imported:?}");
    place
}

fn token(place: &Installation, name: &str) -> String {
    place.run(&format!("token new --name {name}")).out.trim().to_owned()
}

/// The memory of the program, in bytes.
fn resident(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn connect(program: &Program, head: &str) -> TcpStream {
    let mut raw = TcpStream::connect(&program.address).unwrap();
    raw.write_all(head.as_bytes()).unwrap();
    raw.set_nonblocking(true).unwrap();
    raw
}

/// A body that is announced and does not come to its end.
fn unfinished(program: &Program, token: &str) -> TcpStream {
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/scim+json\r\n\
         content-length: {}\r\n\r\n",
        4 * MIB
    );
    connect(program, &head)
}

/// A large page, asked for by somebody who does not read.
fn unread(program: &Program, token: &str) -> TcpStream {
    connect(
        program,
        &format!(
            "GET /scim/v2/Users?count=1000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        ),
    )
}

/// Sends as much of every body as is taken, all at a time.
fn pour(bodies: &mut [TcpStream]) -> u64 {
    let piece = vec![b' '; 64 * 1024];
    let mut sent = vec![0; bodies.len()];
    for _ in 0..200 {
        for (raw, sent) in bodies.iter_mut().zip(&mut sent) {
            if *sent >= SENT {
                continue;
            }
            match raw.write(&piece) {
                Ok(bytes) => *sent += bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Refused and closed.
                Err(_) => *sent = SENT,
            }
        }
        if sent.iter().all(|sent| *sent >= SENT) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    u64::try_from(sent.iter().sum::<usize>()).unwrap()
}

/// The most memory that the program had while something was done.
fn most_while(program: &Program, work: impl FnOnce()) -> u64 {
    let (most, done) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            while !done.load(Ordering::Relaxed) && began.elapsed() < AT_LONGEST {
                most.fetch_max(resident(program), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        work();
        done.store(true, Ordering::Relaxed);
    });
    most.load(Ordering::Relaxed)
}

#[test]
fn bodies_that_never_end_and_answers_that_nobody_reads_take_a_bounded_amount_of_memory() {
    let place = place();
    let (bad, worse, other) = (token(&place, "bad"), token(&place, "worse"), token(&place, "other"));
    let program = place.serve();
    let read = |token: &str, path: &str| call_blocking(&program.address, token, "GET", path, None).unwrap();
    read(&other, "/scim/v2/Users?count=1000").is(200);
    let idle = resident(&program);
    let number = connections();
    let (mut held, mut sent) = (Vec::new(), 0);
    let most = most_while(&program, || {
        let guest = |n: u64| if n.is_multiple_of(2) { &bad } else { &worse };
        let mut bodies: Vec<TcpStream> = (0..number).map(|n| unfinished(&program, guest(n))).collect();
        sent = pour(&mut bodies);
        held.extend(bodies);
        held.extend((0..number).map(|n| unread(&program, guest(n))));
        std::thread::sleep(Duration::from_secs(3));
        // Somebody else is served all the same.
        read(&other, "/scim/v2/Users?count=10").is(200);
        read("", "/healthz").is(200);
    });
    eprintln!("idle {} MiB, at most {} MiB, {} MiB of bodies were sent", idle / MIB, most / MIB, sent / MIB);
    let room = ROOM + 2 * number / PER_MIB;
    assert!(sent / MIB > room || number < 200, "there is something to hold");
    assert!(
        most / MIB < idle / MIB + room,
        "{} MiB, {} when idle, {room} may come on top",
        most / MIB,
        idle / MIB
    );
    drop(held);
    drop(program);
    drop(place);
}
