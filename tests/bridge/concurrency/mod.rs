//! Many connections at one resource at the same moment, over real sockets: nothing is lost, nothing is half
//! applied.
//!
//! Members of one group (`members`), one name (`names`), one user (`versions`), a removal among changes and
//! PUT against PATCH (`orders`). Each racer has a connection of its own. What each request may say alone is
//! tested in `promises`.

mod members;
mod names;
mod orders;
mod race;
mod versions;
