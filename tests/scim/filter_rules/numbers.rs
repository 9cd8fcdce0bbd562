//! Numbers (RFC 7644 section 3.4.2.2: comparison by numeric value; compValue is a number of JSON).

use super::{Table, check, users};

/// Billing 4, Spanish 4.5; languages Debt -1.5, Huge 2^53 + 1, Nil 0; one routing skill of 3.5.
pub(crate) const NUMBERS: Table = users(&[
    ("skills.proficiency eq 4", true),
    ("skills.proficiency eq 4.0", true),
    ("skills.proficiency eq 4e0", true),
    ("skills.proficiency eq 40E-1", true),
    ("skills.proficiency eq 0.4e+1", true),
    ("skills.proficiency eq 4.00000000000001", false),
    ("skills.proficiency eq 45e-1", true),
    ("skills.proficiency ne 4", true),
    ("skills[name eq \"Billing\" and proficiency ne 4.0]", false),
    ("skills.proficiency gt 4", true),
    ("skills.proficiency gt 4.5", false),
    ("skills.proficiency ge 4.5", true),
    ("skills.proficiency lt 4", false),
    ("skills.proficiency le 4", true),
    ("skills.proficiency lt 10", true),
    ("skills.proficiency gt 10", false),
    ("skills.proficiency lt 1e400", true),
    ("skills.proficiency gt -1e400", true),
    ("skills.proficiency gt 1e-400", true),
    ("skills.proficiency lt 123456789012345678901234567890", true),
    ("skills.proficiency gt -123456789012345678901234567890", true),
    ("routingSkills.proficiency eq 3.5", true),
    ("routingSkills.proficiency lt 3.5000001", true),
    ("languages[name eq \"Debt\" and proficiency eq -1.5]", true),
    ("languages[name eq \"Debt\" and proficiency lt -1]", true),
    ("languages[name eq \"Debt\" and proficiency lt -2]", false),
    ("languages.proficiency lt 0", true),
    ("languages[name eq \"Nil\" and proficiency eq 0]", true),
    ("languages[name eq \"Nil\" and proficiency eq -0]", true),
    ("languages[name eq \"Nil\" and proficiency eq 0.0]", true),
    // A float cannot tell these apart.
    ("languages[name eq \"Huge\" and proficiency eq 9007199254740993]", true),
    ("languages[name eq \"Huge\" and proficiency eq 9007199254740992]", false),
    ("languages[name eq \"Huge\" and proficiency gt 9007199254740992]", true),
    ("languages[name eq \"Huge\" and proficiency gt 9007199254740992.0]", true),
    ("languages[name eq \"Huge\" and proficiency lt 9007199254740994]", true),
    ("languages[name eq \"Huge\" and proficiency lt 18446744073709551615]", true),
    ("languages[name eq \"Huge\" and proficiency lt 18446744073709551616]", true),
    // Numbers in quotes and texts without: by the type of the attribute.
    (r#"skills.proficiency eq "4""#, true),
    (r#"skills.proficiency gt "4.25""#, true),
    ("employeeNumber eq 701984", true),
    ("employeeNumber eq 701984.0", false),
    ("employeeNumber ne 0701984", true),
    ("costCenter eq 4130", true),
    ("costCenter co 13", true),
    ("addresses.postalCode eq 91608", true),
    ("externalId eq 12345678901234567890123", false),
]);

#[test]
fn numbers_compare_by_their_value_whatever_they_look_like() {
    check(&NUMBERS);
}
