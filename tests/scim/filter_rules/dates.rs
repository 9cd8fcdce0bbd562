//! Points in time (RFC 7644 section 3.4.2.2: chronological comparison; RFC 7643 section 2.3.5: xsd:dateTime).

use super::{Table, check, users};

/// lastModified is 2011-05-13T04:42:34Z, created 2010-01-23T04:56:22.5Z.
pub(crate) const DATES: Table = users(&[
    (r#"meta.lastModified eq "2011-05-13T04:42:34Z""#, true),
    (r#"meta.lastModified ne "2011-05-13T04:42:34Z""#, false),
    (r#"meta.lastModified ne "2011-05-13T04:42:35Z""#, true),
    // The same point, differently written.
    (r#"meta.lastModified eq "2011-05-13T04:42:34.000Z""#, true),
    (r#"meta.lastModified eq "2011-05-13T06:42:34+02:00""#, true),
    (r#"meta.lastModified eq "2011-05-12T20:42:34-08:00""#, true),
    (r#"meta.lastModified eq "2011-05-13T04:42:34+00:00""#, true),
    (r#"meta.lastModified eq "2011-05-13T04:42:34-00:00""#, true),
    (r#"meta.lastModified eq "2011-05-13T18:42:34+14:00""#, true),
    // Without an offset it is meant in UTC.
    (r#"meta.lastModified eq "2011-05-13T04:42:34""#, true),
    (r#"meta.lastModified lt "2011-05-13T04:42:34.5""#, true),
    // The text comes later than the point it names.
    (r#"meta.lastModified gt "2011-05-13T06:42:33+02:00""#, true),
    (r#"meta.lastModified gt "2011-05-13T06:42:34+02:00""#, false),
    (r#"meta.lastModified lt "2011-05-12T23:42:35-05:00""#, true),
    (r#"meta.lastModified le "2011-05-13T04:42:33Z""#, false),
    (r#"meta.lastModified ge "2011-05-13T04:42:33Z""#, true),
    // Fractions of any length.
    (r#"meta.created eq "2010-01-23T04:56:22.500Z""#, true),
    (r#"meta.created eq "2010-01-23T04:56:22.5000000000000Z""#, true),
    (r#"meta.created gt "2010-01-23T04:56:22Z""#, true),
    (r#"meta.created gt "2010-01-23T04:56:22.4999999999999Z""#, true),
    (r#"meta.created lt "2010-01-23T04:56:22.5000000000001Z""#, true),
    (r#"meta.created lt "2010-01-23T04:56:22.50Z""#, false),
    // The end of a day is the beginning of the next (XML Schema part 2 section 3.3.7.2).
    (r#"meta.lastModified gt "2011-05-12T24:00:00Z""#, true),
    (r#"meta.lastModified lt "2011-05-12T24:00:00Z""#, false),
    (r#"meta.lastModified lt "2011-05-13T24:00:00Z""#, true),
    // Far away.
    (r#"meta.lastModified gt "0001-01-01T00:00:00Z""#, true),
    (r#"meta.lastModified gt "-0044-03-15T12:00:00Z""#, true),
    (r#"meta.lastModified lt "12011-05-13T04:42:34Z""#, true),
    (r#"meta.lastModified lt "9999-12-31T23:59:59Z""#, true),
    (r#"meta.lastModified gt "2000-02-29T00:00:00Z""#, true),
    // A part of a date is a part of its text.
    (r#"meta.lastModified sw "2011-05""#, true),
    (r#"meta.lastModified co "-05-""#, true),
    (r#"meta.lastModified ew "z""#, true),
    (r#"meta.lastModified sw "2010""#, false),
    ("meta.lastModified pr", true),
    ("meta.lastModified gt 2011-05-13T04:42:33Z", true),
    (r#"meta.created ge "2010-01-23T00:00:00Z" and meta.created lt "2010-01-24T00:00:00Z""#, true),
    (r#"provisioning.updated gt "2010-01-01T00:00:00Z""#, false),
    (r#"provisioning.updated ne "2010-01-01T00:00:00Z""#, true),
]);

#[test]
fn points_in_time_compare_by_the_clock_and_not_by_their_text() {
    check(&DATES);
}
