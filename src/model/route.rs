//! An address and the methods it takes, as data: what the lists of routes of the SCIM service and of the
//! administration are made of.
//!
//! Knows nothing of HTTP libraries: what carries out a method is the caller's type. The lists are
//! `server::routes` and `admin::routes`.

/// A method's name and what carries it out.
pub(crate) type Method<H> = (&'static str, H);

/// One address and the methods it takes; `OPTIONS` is taken everywhere and not listed.
#[derive(Debug)]
pub struct Entry<H: 'static> {
    /// Pattern below the path of its list.
    pub pattern: &'static str,
    /// The methods it takes.
    pub methods: &'static [Method<H>],
}
