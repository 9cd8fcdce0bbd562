//! After the story the stage stays: where it is, with which token, and commands to try. Two of them look at
//! agents in the emulated Genesys Cloud itself.
//!
//! `tests/processes/demo.rs` runs the commands as they are printed.

use super::super::exit::Failure;
use super::cast::{LIN, MARA};
use super::connector::BASE;
use super::narrator::Narrator;
use super::stage::Stage;

/// Prints the invitation.
pub(super) fn invite(stage: &Stage, narrator: &Narrator) -> Result<(), Failure> {
    let (url, token) = (format!("{}{BASE}", stage.url), stage.token.expose());
    narrator.heading("The stage is yours until Ctrl-C")?;
    narrator.say(format_args!("URL    {url}"))?;
    narrator.say(format_args!("Token  {token}"))?;
    let curl = format!("curl -sS -H 'Authorization: Bearer {token}'");
    let json = "-H 'Content-Type: application/scim+json'";
    let id = stage.look().person(LIN.email).id;
    let hire = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"you@aurora.example","displayName":"You","urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User":{"compactRoles":"Agent@EMEA","compactQueues":"VIP;Chat","compactSkills":"Chat:5"}}"#;
    let back = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}"#;
    let agents = format!("{}/__emulator/agents", stage.cloud.api_base());
    narrator.say("\nSee an agent as Genesys Cloud has her: roles, queues, skills, languages, attributes:")?;
    narrator.say(format_args!("curl -sS {agents}/{}", MARA.email))?;
    narrator.say("\nLook at somebody through SCIM, with the state of her entitlements:")?;
    let look = "attributes=userName,active,urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:provisioning";
    narrator.say(format_args!("{curl} '{url}/Users/{id}?{look}'"))?;
    narrator.say("\nHire yourself:")?;
    narrator.say(format_args!("{curl} {json} -d '{hire}' {url}/Users"))?;
    narrator.say("\nSee yourself there:")?;
    narrator.say(format_args!("curl -sS {agents}/you@aurora.example"))?;
    narrator.say("\nTake Lin back; the rules give her everything again:")?;
    narrator.say(format_args!("{curl} {json} -X PATCH -d '{back}' {url}/Users/{id}"))
}
