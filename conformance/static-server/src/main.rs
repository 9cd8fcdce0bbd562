//! The yardstick of `conformance/load`: an actix-web server that answers every request with one fixed body,
//! so that the bridge's rates can be said as a share of what this machine can do at all. Knows nothing of
//! SCIM; what is measured is in `conformance/load`.
//!
//! `static-server FILE ADDRESS WORKERS`, for example `static-server body.json 127.0.0.1:8081 2`.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

/// As long as the bridge keeps an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(file), Some(address), Some(workers)) = (words.next(), words.next(), words.next()) else {
        return Err(Error::new(ErrorKind::InvalidInput, "usage: static-server FILE ADDRESS WORKERS"));
    };
    let workers =
        workers.parse().map_err(|_| Error::new(ErrorKind::InvalidInput, "WORKERS must be a number"))?;
    let body = Bytes::from(std::fs::read(file)?);
    let app = move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("application/scim+json").body(body) }
        }))
    };
    HttpServer::new(app).workers(workers).keep_alive(KEEP_ALIVE).bind(address)?.run().await
}
