//! Listings against the operations of one user, both ways, in an organisation made up at random and changed
//! since. What one side says and the other does not is a fault of the emulator.

use std::collections::BTreeSet;

use genesys_cloud_emulator::{Options, SeedFile, SeedUser};
use serde_json::{Value, json};

use crate::client::{Api, calm};
use crate::listings::follow;

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }

    fn some<T: Clone>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let number = self.below(most + 1);
        (0..number).map(|_| of[self.below(of.len())].clone()).collect()
    }
}

/// People with whatever chance gives them, in groups that have roles and are in queues.
fn chance(dice: &mut Dice, people: usize) -> SeedFile {
    let mut seed = SeedFile::built_in().unwrap();
    let named = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<String>>();
    let roles = named(seed.roles.iter().map(|role| &role.name).collect());
    let divisions = named(seed.divisions.iter().map(|division| &division.name).collect());
    let queues = named(seed.queues.iter().map(|queue| &queue.name).collect());
    let teams = named(seed.teams.iter().map(|team| &team.name).collect());
    let (skills, languages) = (seed.organization.skills.clone(), seed.organization.languages.clone());
    let rated = |dice: &mut Dice, names: &[String]| {
        dice.some(names, 5)
            .into_iter()
            .map(|name| (name, f64::from(u8::try_from(dice.below(6)).unwrap())))
            .collect()
    };
    let pairs = |dice: &mut Dice| {
        let held = dice.some(&roles, 4);
        held.into_iter().map(|role| format!("{role}@{}", divisions[dice.below(divisions.len())])).collect()
    };
    let mut emails = Vec::new();
    for n in 0..people {
        let state = [None, None, None, Some("inactive"), Some("deleted")][dice.below(5)];
        let email = format!("chance.{n}@aurora.example");
        if state.is_none() {
            emails.push(email.clone());
        }
        let gone = state == Some("deleted");
        seed.users.push(SeedUser {
            name: format!("Chance {}", dice.below(people)),
            email,
            state: state.map(str::to_owned),
            skills: rated(dice, &skills),
            languages: rated(dice, &languages),
            roles: if gone { Vec::new() } else { pairs(dice) },
            queues: if gone { Vec::new() } else { dice.some(&queues, 3) },
            teams: if gone { Vec::new() } else { dice.some(&teams, 1) },
            ..SeedUser::default()
        });
    }
    for group in &mut seed.groups {
        group.roles = pairs(dice);
        group.members = dice.some(&emails, people / 2);
    }
    for queue in &mut seed.queues {
        let names: Vec<String> = seed.groups.iter().map(|group| group.name.clone()).collect();
        queue.groups = dice.some(&names, 2);
    }
    seed
}

/// Writes of every kind to people picked by chance, so that what is listed has a history.
async fn stir(api: &Api, dice: &mut Dice, ids: &[String]) {
    let (agent, lead) = (api.role("Agent").await, api.role("Team Lead").await);
    let (apac, skill) = (api.division("APAC").await, api.skill("Pet insurance").await);
    let queue = api.queue("EMEA Billing").await;
    for _ in 0..60 {
        let id = &ids[dice.below(ids.len())];
        let role = if dice.below(2) == 0 { &agent } else { &lead };
        let grants = json!({ "grants": [{ "roleId": role, "divisionId": apac }] });
        let subject = format!("/api/v2/authorization/subjects/{id}");
        match dice.below(7) {
            0 => api.call("POST", &format!("{subject}/bulkadd?subjectType=PC_USER"), Some(grants)).await,
            1 => api.call("POST", &format!("{subject}/bulkreplace?subjectType=PC_USER"), Some(grants)).await,
            2 => {
                let path = format!("/api/v2/users/{id}/routingskills/bulk");
                api.call("PATCH", &path, Some(json!([{ "id": skill, "proficiency": 2.0 }]))).await
            }
            3 => {
                let path = format!("/api/v2/routing/queues/{queue}/members?delete={}", dice.below(2) == 0);
                api.call("POST", &path, Some(json!([{ "id": id }]))).await
            }
            4 => {
                let path = format!("/api/v2/routing/queues/{queue}/members");
                api.call("PATCH", &path, Some(json!([{ "id": id, "joined": dice.below(2) == 0 }]))).await
            }
            5 => {
                let state = if dice.below(2) == 0 { "inactive" } else { "active" };
                api.call("PUT", &format!("/api/v2/users/{id}/state"), Some(json!({ "state": state }))).await
            }
            _ => api.call("DELETE", &format!("/api/v2/users/{id}"), None).await,
        };
    }
}

/// (who, what, where), as a set.
type Facts = BTreeSet<(String, String, String)>;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn listed(api: &Api, path: &str) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    follow(api, &format!("{path}{separator}pageSize=100")).await
}

async fn grants_agree(api: &Api, users: &[Value]) {
    let mut by_role = Facts::new();
    for role in listed(api, "/api/v2/authorization/roles").await {
        let path = format!("/api/v2/authorization/roles/{}/subjectgrants", text(&role["id"]));
        let holders = listed(api, &path).await;
        assert_eq!(holders, follow(api, &format!("{path}?pageSize=2")).await, "pages of another size");
        for holder in holders {
            for division in holder["divisions"].as_array().unwrap() {
                by_role.insert((text(&holder["id"]), text(&role["id"]), text(&division["id"])));
            }
        }
    }
    let mut by_subject = Facts::new();
    let groups = listed(api, "/api/v2/groups").await;
    for subject in users.iter().chain(&groups) {
        let id = text(&subject["id"]);
        let path = format!("/api/v2/authorization/subjects/{id}?includeDuplicates=true");
        for grant in api.get(&path).await.body["grants"].as_array().unwrap() {
            let pair = (text(&grant["role"]["id"]), text(&grant["division"]["id"]));
            if grant["subjectId"] == json!(id) {
                by_subject.insert((id.clone(), pair.0, pair.1));
            } else {
                let group = text(&grant["subjectId"]);
                assert!(by_role.contains(&(group, pair.0, pair.1)), "{id} inherits what the group has not");
            }
        }
    }
    assert!(by_role.len() > 40, "the organisation is too plain to prove anything");
    assert_eq!(by_role, by_subject);
}

async fn queues_agree(api: &Api, users: &[Value]) {
    let mut by_queue = Facts::new();
    for queue in listed(api, "/api/v2/routing/queues").await {
        let path = format!("/api/v2/routing/queues/{}/members", text(&queue["id"]));
        let members = listed(api, &path).await;
        let mut parts = 0;
        for by in ["user", "group"] {
            let part = listed(api, &format!("{path}?memberBy={by}")).await;
            assert!(part.iter().all(|member| member["memberBy"] == by));
            parts += part.len();
        }
        assert_eq!((members.len(), &json!(parts)), (parts, &queue["memberCount"]));
        for member in members {
            let joined = member["joined"].to_string();
            by_queue.insert((text(&member["id"]), text(&queue["id"]), joined));
        }
    }
    let mut by_user = Facts::new();
    for user in users.iter().filter(|user| user["state"] != "deleted") {
        for joined in ["true", "false"] {
            let path = format!("/api/v2/users/{}/queues?joined={joined}", text(&user["id"]));
            for queue in listed(api, &path).await {
                by_user.insert((text(&user["id"]), text(&queue["id"]), joined.to_owned()));
            }
        }
    }
    assert!(by_queue.len() > 40, "the organisation is too plain to prove anything");
    assert_eq!(by_queue, by_user);
}

async fn teams_and_groups_agree(api: &Api, users: &[Value]) {
    let (mut by_list, mut by_user) = (Facts::new(), Facts::new());
    for team in listed(api, "/api/v2/teams").await {
        for member in listed(api, &format!("/api/v2/teams/{}/members", text(&team["id"]))).await {
            by_list.insert((text(&member["id"]), "team".to_owned(), text(&team["id"])));
        }
    }
    for group in listed(api, "/api/v2/groups").await {
        let path = format!("/api/v2/groups/{}", text(&group["id"]));
        let members = listed(api, &format!("{path}/members")).await;
        let individuals = api.get(&format!("{path}/individuals")).await;
        assert_eq!(json!(members), individuals.body["entities"]);
        assert_eq!(json!(members.len()), group["memberCount"]);
        for member in members {
            by_list.insert((text(&member["id"]), "group".to_owned(), text(&group["id"])));
        }
    }
    for user in users {
        let id = text(&user["id"]);
        if let Some(team) = user.get("team") {
            by_user.insert((id.clone(), "team".to_owned(), text(&team["id"])));
        }
        for group in user["groups"].as_array().unwrap() {
            by_user.insert((id.clone(), "group".to_owned(), text(&group["id"])));
        }
    }
    assert_eq!(by_list, by_user);
}

async fn expansions_agree(api: &Api, users: &[Value]) {
    for user in users.iter().filter(|user| user["state"] != "deleted") {
        let id = text(&user["id"]);
        let skills = listed(api, &format!("/api/v2/users/{id}/routingskills")).await;
        let languages = listed(api, &format!("/api/v2/users/{id}/routinglanguages")).await;
        assert_eq!((&user["skills"], &user["languages"]), (&json!(skills), &json!(languages)));
        assert_eq!(user["authorization"], api.get(&format!("/api/v2/users/{id}/roles")).await.body);
        let state = api.get(&format!("/api/v2/users/{id}/state")).await.body;
        assert_eq!((&user["state"], &user["version"]), (&state["state"], &state["version"]));
    }
}

#[tokio::test]
async fn listings_and_operations_of_one_user_say_the_same_of_an_organisation_made_by_chance() {
    for start in [0x9e37_79b9_7f4a_7c15, 0xdead_beef_cafe_f00d] {
        let mut dice = Dice(start);
        let seed = chance(&mut dice, 70);
        let options = Options { seed, quirks: calm(), rate_per_minute: 1_000_000, ..Options::default() };
        let api = Api::start(options).await;
        let path = "/api/v2/users/query?state=any&expand=skills&expand=languages&expand=team&expand=groups\
            &expand=authorization";
        let ids: Vec<String> = listed(&api, path).await.iter().map(|user| text(&user["id"])).collect();
        stir(&api, &mut dice, &ids).await;
        let users = listed(&api, path).await;
        assert_eq!(users, listed(&api, &path.replace("/users/query", "/users")).await);
        assert!(users.iter().filter(|user| user["state"] == "deleted").count() > 5);
        grants_agree(&api, &users).await;
        queues_agree(&api, &users).await;
        teams_and_groups_agree(&api, &users).await;
        expansions_agree(&api, &users).await;
    }
}
