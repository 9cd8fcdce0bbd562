//! The disk fills up while it serves: writes are refused, nobody is denied who is there, and after a start
//! with room nothing is missing.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::says;
use super::starting::with_own_mounts;
use crate::support::bodies::{agent, patch};
use crate::support::client::{Response, call};
use crate::support::program::{Installation, serving_at, terminate, wait};
use crate::support::setup::{SECRET, Setup};
use crate::support::wait::eventually;

/// Serves twice: first with too little room, then, once that one has ended, with enough.
fn script(little: &str, enough: &str) -> String {
    format!(
        r#"data=$1 bin=$2 config=$3 out=$4
mkdir -p "$data"
{little}
"$bin" --config "$config" token new --name idp > "$out/token" || exit 9
for turn in 1 2; do
  "$bin" --config "$config" serve 2> "$out/log$turn" &
  echo $! > "$out/pid$turn.new" && mv "$out/pid$turn.new" "$out/pid$turn"
  wait
  {enough}
done
"#
    )
}

struct Scene {
    place: Installation,
    script: Child,
    http: reqwest::Client,
}

impl Drop for Scene {
    fn drop(&mut self) {
        for turn in 1..=2 {
            if let Ok(pid) = std::fs::read_to_string(self.place.file(&format!("pid{turn}"))) {
                drop(Command::new("kill").args(["-KILL", pid.trim()]).stderr(Stdio::null()).status());
            }
        }
        drop(self.script.kill());
        drop(self.script.wait());
    }
}

impl Scene {
    fn open(shell: Command, script: &str) -> Self {
        Self::with(shell, script, Setup::default())
    }

    fn with(mut shell: Command, script: &str, setup: Setup) -> Self {
        let place = Installation::new(setup);
        shell
            .arg(script)
            .arg("sh")
            .arg(place.data())
            .arg(env!("CARGO_BIN_EXE_scim-bridge"))
            .arg(place.config())
            .arg(place.dir.path());
        shell.env(SECRET, place.secret()).stdin(Stdio::null()).stdout(Stdio::null());
        let script = shell.stderr(File::create(place.file("shell")).unwrap()).spawn().unwrap();
        Self { place, script, http: reqwest::Client::new() }
    }

    async fn serving(&self, turn: u8) -> String {
        let log = self.place.file(&format!("log{turn}"));
        eventually("it serves", async || serving_at(&log).is_some()).await;
        format!("http://{}", serving_at(&log).unwrap())
    }

    async fn send(&self, base: &str, method: &str, path: &str, body: Option<Value>) -> Response {
        let token = std::fs::read_to_string(self.place.file("token")).unwrap();
        let url = format!("{base}{path}");
        call(&self.http, &url, token.trim(), method, body.map(|body| body.to_string())).await
    }

    fn end(&self, turn: u8) {
        let pid = std::fs::read_to_string(self.place.file(&format!("pid{turn}"))).unwrap();
        terminate(pid.trim().parse().unwrap());
    }
}

/// A user whose record takes much room.
fn large(n: usize) -> Value {
    let mut body = agent(&format!("n{n}"));
    // Hard to compress, so that the room is really taken.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (n as u64);
    let text: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    })
    .take(100_000)
    .collect();
    body["nickName"] = json!(text);
    body
}

async fn fills_up_and_loses_nothing(scene: &mut Scene) {
    let base = scene.serving(1).await;
    let mut acknowledged = Vec::new();
    let mut refused = None;
    for n in 0..400 {
        let got = scene.send(&base, "POST", "/scim/v2/Users", Some(large(n))).await;
        if got.status != 201 {
            refused = Some((n, got));
            break;
        }
        acknowledged.push(got.id());
    }
    let (n, got) = refused.expect("the room ends");
    assert!(!acknowledged.is_empty(), "there is something to lose: {got:?}");
    assert_eq!(got.status, 503, "{got:?}");
    assert!(got.retry_after.is_some(), "{got:?}");
    says("full", got.body["detail"].as_str().unwrap(), &["cannot write"]);
    let again = scene.send(&base, "POST", "/scim/v2/Users", Some(agent("another"))).await;
    assert_eq!(again.status, 503, "{again:?}");
    let ready = scene.send(&base, "GET", "/readyz", None).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    says("readiness", &ready.body.to_string(), &["store takes no more writes"]);
    let health = scene.send(&base, "GET", "/healthz", None).await;
    assert_eq!(health.status, 503, "only another start helps: {health:?}");
    for id in &acknowledged {
        let got = scene.send(&base, "GET", &format!("/scim/v2/Users/{id}"), None).await;
        assert!(matches!(got.status, 200 | 503), "shown or refused, never denied: {got:?}");
    }
    scene.end(1);
    let base = scene.serving(2).await;
    for id in &acknowledged {
        let got = scene.send(&base, "GET", &format!("/scim/v2/Users/{id}"), None).await;
        assert_eq!(got.status, 200, "{id} was acknowledged: {got:?}");
        assert_eq!(got.body["nickName"].as_str().map(str::len), Some(100_000));
    }
    let mut body = large(n);
    body["nickName"] = json!("short");
    eventually("the refused user can be made", async || {
        let got = scene.send(&base, "POST", "/scim/v2/Users", Some(body.clone())).await;
        assert!(matches!(got.status, 201 | 503), "{got:?}");
        got.status == 201
    })
    .await;
    scene.place.cloud.settle();
    let listed = scene.send(&base, "GET", "/scim/v2/Users?count=1000&attributes=userName", None).await;
    let mut known: Vec<&str> = listed.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    known.sort_unstable();
    let world = scene.place.cloud.snapshot();
    let agents =
        world["users"].as_object().unwrap().iter().filter(|(_, user)| user["title"] == "Support Agent");
    let mut there: Vec<&str> = agents.map(|(id, _)| id.as_str()).collect();
    there.sort_unstable();
    assert_eq!(known, there, "directory and Genesys agree on who there is");
    for turn in 1..=2 {
        let log = std::fs::read_to_string(scene.place.file(&format!("log{turn}"))).unwrap();
        assert!(!log.contains("@aurora.example"), "no address in the log");
    }
    scene.end(2);
    assert!(wait(&mut scene.script).is_some_and(|status| status.success()), "it ended well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_loses_nothing_that_was_acknowledged() {
    let Some(shell) = with_own_mounts() else { return };
    let little = "mount -t tmpfs -o size=6m none \"$data\"";
    let enough = "mount -o remount,size=200m \"$data\"";
    fills_up_and_loses_nothing(&mut Scene::open(shell, &script(little, enough))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_grow_loses_nothing_that_was_acknowledged() {
    let mut shell = Command::new("sh");
    shell.arg("-c");
    // Counted in blocks of 512 or 1,024 bytes, as the shell likes it; without the trap the signal would end
    // the process.
    let little = "trap '' XFSZ; ulimit -S -f 6000";
    fills_up_and_loses_nothing(&mut Scene::open(shell, &script(little, "ulimit -S -f unlimited"))).await;
}

/// Fills the disk of a running bridge up to its reserve when told to, and empties it again.
const BALLAST: &str = r#"data=$1 bin=$2 config=$3 out=$4
mkdir -p "$data"
mount -t tmpfs -o size=48m none "$data"
"$bin" --config "$config" token new --name idp > "$out/token" || exit 9
"$bin" --config "$config" serve 2> "$out/log1" &
echo $! > "$out/pid1"
until [ -e "$out/fill" ]; do sleep 0.05; done
head -c 40m /dev/zero > "$data/ballast"
touch "$out/filled"
until [ -e "$out/clear" ]; do sleep 0.05; done
rm "$data/ballast"
wait
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_nearly_full_refuses_what_is_new_lets_leavers_through_and_recovers_by_itself() {
    let Some(shell) = with_own_mounts() else { return };
    let scene = Scene::with(shell, BALLAST, Setup { reserve_mib: 24, ..Setup::default() });
    let base = scene.serving(1).await;
    let made = scene.send(&base, "POST", "/scim/v2/Users", Some(agent("nora"))).await.is(201);
    std::fs::write(scene.place.file("fill"), "").unwrap();
    eventually("it is filled", async || scene.place.file("filled").exists()).await;
    let refused = scene.send(&base, "POST", "/scim/v2/Users", Some(agent("vera"))).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.retry_after.is_some(), "{refused:?}");
    let ready = scene.send(&base, "GET", "/readyz", None).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    says("readiness", &ready.body.to_string(), &["nearly full", "make room", "store.reserve_mib"]);
    scene.send(&base, "GET", "/healthz", None).await.is(200);
    let path = format!("/scim/v2/Users/{}", made.id());
    scene.send(&base, "GET", &path, None).await.is(200);
    let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    scene.send(&base, "PATCH", &path, Some(leave)).await.is(200);
    assert_eq!(scene.place.cloud.snapshot()["users"][&made.id()]["state"], "inactive");
    std::fs::write(scene.place.file("clear"), "").unwrap();
    eventually("it goes on by itself", async || {
        let got = scene.send(&base, "POST", "/scim/v2/Users", Some(agent("vera"))).await;
        assert!(matches!(got.status, 201 | 503), "{got:?}");
        got.status == 201
    })
    .await;
    scene.send(&base, "GET", "/readyz", None).await.is(200);
    scene.end(1);
}
