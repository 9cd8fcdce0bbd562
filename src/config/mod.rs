//! Stand-in.
/// A rule.
#[derive(Clone, Debug)]
pub struct Rule { /// n
    pub name: String, /// w
    pub when: String, /// g
    pub grants: Vec<Grant> }
/// Grant.
#[derive(Clone, Debug)]
pub enum Grant { /// w
    Wanted(crate::model::Wanted), /// a
    AttributeFrom { /// s
        schema: String, /// f
        field: String, /// f
        from: String } }
