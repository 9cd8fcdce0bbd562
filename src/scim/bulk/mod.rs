//! Bulk requests (RFC 7644 section 3.7): reading one, the order of its operations, references by `bulkId`,
//! the response.
//!
//! Carries nothing out and knows no clock: the server asks a [`BulkJob`] what to do next and tells it how
//! that went. Single operations are read in `operation`, references in `reference`, the order is found in
//! `order`, the job's course is in `job`.

mod job;
mod method;
mod operation;
mod order;
mod reference;
#[cfg(test)]
mod tests;

pub(crate) use job::{BulkJob, Next, Work};

/// URN of a bulk request.
pub(crate) const REQUEST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// URN of a bulk response.
pub(crate) const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
