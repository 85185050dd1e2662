//! What is shipped beside the code is true: the ways to run Holdpoint name settings, ports and addresses that it has, and its own
//! workflows and checklist are what its documentation says.

use super::{App, Folder};
use holdpoint::checklist::{Problem, file, lint};
use holdpoint::config;
use holdpoint::settings::Settings;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

const COMPOSE: &str = "deploy/compose.yaml";
const POD: &str = "deploy/kubernetes/statefulset.yaml";
const SERVICE: &str = "deploy/kubernetes/service.yaml";
const UNIT: &str = "deploy/systemd/holdpoint.service";
const CHECKLIST: &str = ".github/release-checklist.md";

/// Seconds within which Holdpoint stops in order: open connections, then work at hand.
const STOPS_WITHIN: u64 = 30;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder and of those in it, as paths from the root.
fn below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn workflows() -> Vec<String> {
    below(".github/workflows")
}

/// What a line says behind `start`, for each line that begins so.
fn behind<'t>(text: &'t str, start: &'t str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.trim().strip_prefix(start)).map(str::trim).collect()
}

/// The one line that begins so.
fn only<'t>(text: &'t str, start: &'t str) -> &'t str {
    let found = behind(text, start);
    assert_eq!(found.len(), 1, "lines that begin with `{start}`");
    found[0]
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// `15s` and `60` in seconds.
fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// One way to run it: what it sets, where it keeps data, and on which port it is reached.
struct Way {
    path: &'static str,
    environment: Vec<(String, String)>,
    data: String,
    port: u16,
    stops_within: u64,
}

impl Way {
    fn setting(&self, name: &str) -> Option<String> {
        self.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value).to_owned())).collect()
}

fn container() -> Value {
    yaml(POD)["spec"]["template"]["spec"]["containers"][0].clone()
}

/// The keys of a part of `fly.toml`, as they are written.
fn fly(part: &str) -> Vec<(String, String)> {
    let file = read("fly.toml");
    let below = file.lines().skip_while(|line| line.trim() != part).skip(1);
    let keys = below.take_while(|line| !line.trim().starts_with('[')).filter_map(|line| line.trim().split_once(" = "));
    keys.map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned())).collect()
}

fn fly_key(part: &str, key: &str) -> String {
    fly(part).into_iter().find(|(name, _)| name == key).unwrap_or_else(|| panic!("{part} {key}")).1
}

fn ways() -> Vec<Way> {
    let image = read("Dockerfile");
    // `ENV A=1 \` and its next line.
    let image_env = image.lines().map(|line| line.trim().trim_start_matches("ENV ").trim_end_matches(" \\"));
    let image_env = image_env.filter(|line| line.starts_with("HOLDPOINT_")).filter_map(|line| line.split_once('='));
    let compose = &yaml(COMPOSE)["services"]["holdpoint"];
    let published = text(&compose["ports"][0]);
    let pod = container();
    let spec = &yaml(POD)["spec"]["template"]["spec"];
    let pod_env = list(&pod["env"]).iter().filter_map(|one| Some((text(&one["name"]), one["value"].as_str()?)));
    let unit = read(UNIT);
    let unit_env = behind(&unit, "Environment=").into_iter().filter_map(|pair| pair.split_once('='));
    let own = |pairs: Vec<(&str, &str)>| pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let unit_env: Vec<(String, String)> = own(unit_env.collect());
    let listens = unit_env.iter().find(|(name, _)| name == "HOLDPOINT_LISTEN").unwrap().1.clone();
    vec![
        Way {
            path: "Dockerfile",
            environment: own(image_env.collect()),
            data: only(&image, "VOLUME").trim_matches(['[', ']', '"']).to_owned(),
            port: only(&image, "EXPOSE").parse().unwrap(),
            stops_within: STOPS_WITHIN,
        },
        Way {
            path: COMPOSE,
            environment: pairs(&compose["environment"]),
            data: text(&compose["volumes"][0]).split_once(':').unwrap().1.to_owned(),
            port: published.rsplit_once(':').unwrap().1.parse().unwrap(),
            stops_within: seconds(text(&compose["stop_grace_period"])),
        },
        Way {
            path: POD,
            environment: own(pod_env.collect()),
            data: text(&pod["volumeMounts"][0]["mountPath"]).to_owned(),
            port: u16::try_from(pod["ports"][0]["containerPort"].as_u64().unwrap()).unwrap(),
            stops_within: spec["terminationGracePeriodSeconds"].as_u64().unwrap(),
        },
        Way {
            path: UNIT,
            environment: unit_env,
            data: format!("/var/lib/{}", only(&unit, "StateDirectory=")),
            port: listens.rsplit_once(':').unwrap().1.parse().unwrap(),
            stops_within: seconds(only(&unit, "TimeoutStopSec=")),
        },
        Way {
            path: "fly.toml",
            environment: fly("[env]"),
            data: fly_key("[mounts]", "destination"),
            port: fly_key("[http_service]", "internal_port").parse().unwrap(),
            stops_within: seconds(only(&read("fly.toml"), "kill_timeout =")),
        },
    ]
}

/// The names of the environment variables that Holdpoint reads.
fn settings() -> BTreeSet<String> {
    let source = read("src/settings.rs");
    source.split("env = \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// `HOLDPOINT_…` in a text, each once.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
    words.filter(|word| word.len() > 10 && word.starts_with("HOLDPOINT_")).map(str::to_owned).collect()
}

#[test]
fn the_files_for_running_it_name_settings_that_are_read() {
    let known = settings();
    let files = below("deploy").into_iter().chain(["Dockerfile".to_owned(), "fly.toml".to_owned()]);
    let mut seen = 0;
    for path in files {
        for name in variables(&read(&path)) {
            assert!(known.contains(&name), "{path} names {name}, which nothing reads");
            seen += 1;
        }
    }
    for one in list(&container()["env"]) {
        assert!(known.contains(text(&one["name"])), "{POD} names {}, which nothing reads", one["name"]);
    }
    for way in ways() {
        for (name, _) in &way.environment {
            assert!(known.contains(name), "{} sets {name}, which nothing reads", way.path);
        }
    }
    assert!(seen >= 15, "only {seen} names were found");
}

#[test]
fn each_way_to_run_it_keeps_its_database_on_its_volume_and_listens_where_it_is_reached() {
    for way in ways() {
        let path = way.path;
        let given = Settings {
            listen: way.setting("HOLDPOINT_LISTEN"),
            database_url: way.setting("HOLDPOINT_DATABASE_URL"),
            ..Settings::default()
        };
        let database = given.database_path().unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(database.parent(), Some(PathBuf::from(&way.data).as_path()), "{path}: the database is elsewhere");
        let listens: std::net::SocketAddr = given.listen().parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(listens.port(), way.port, "{path}: it listens on another port");
        if let Some(format) = way.setting("HOLDPOINT_LOG_FORMAT") {
            assert!(matches!(format.as_str(), "text" | "json"), "{path}: {format} is no form of log lines");
        }
        assert!(way.stops_within >= STOPS_WITHIN, "{path}: it is killed before it has stopped");
    }
    // Behind a proxy on the same machine, nobody else reaches it.
    assert!(text(&yaml(COMPOSE)["services"]["holdpoint"]["ports"][0]).starts_with("127.0.0.1:"));
    assert!(behind(&read(UNIT), "Environment=").contains(&"HOLDPOINT_LISTEN=127.0.0.1:3000"));
    // The service leads to the pod's port, by its name.
    let service = &yaml(SERVICE)["spec"];
    assert_eq!(service["ports"][0]["targetPort"], container()["ports"][0]["name"]);
    assert_eq!(service["selector"], yaml(POD)["spec"]["template"]["metadata"]["labels"]);
    assert_eq!(yaml(POD)["spec"]["selector"]["matchLabels"], service["selector"]);
    assert_eq!(yaml(POD)["spec"]["serviceName"], yaml(SERVICE)["metadata"]["name"]);
}

#[test]
fn there_is_one_process_on_one_disk() {
    assert_eq!(yaml(COMPOSE)["services"]["holdpoint"]["deploy"]["replicas"], 1);
    assert_eq!(yaml(POD)["spec"]["replicas"], 1);
    assert_eq!(yaml(POD)["kind"], "StatefulSet", "others start a second pod while the first still runs");
    let claim = &yaml(POD)["spec"]["volumeClaimTemplates"][0];
    assert_eq!(claim["metadata"]["name"], container()["volumeMounts"][0]["name"]);
    let modes = list(&claim["spec"]["accessModes"]);
    assert_eq!((modes.len(), text(&modes[0])), (1, "ReadWriteOnce"));
}

#[test]
fn nothing_runs_as_root_or_writes_beside_its_data() {
    let compose = &yaml(COMPOSE)["services"]["holdpoint"];
    assert_eq!(compose["read_only"], true);
    assert_eq!(compose["cap_drop"][0], "ALL");
    assert_eq!(compose["security_opt"][0], "no-new-privileges:true");
    let pod = &yaml(POD)["spec"]["template"]["spec"];
    let user = pod["securityContext"]["runAsUser"].as_u64().unwrap();
    assert_eq!((&pod["securityContext"]["runAsNonRoot"], user), (&Value::Bool(true), 65532));
    assert_eq!(pod["automountServiceAccountToken"], false);
    let own = &container()["securityContext"];
    assert_eq!((&own["readOnlyRootFilesystem"], &own["allowPrivilegeEscalation"]), (&true.into(), &false.into()));
    assert_eq!(own["capabilities"]["drop"][0], "ALL");
    let image = read("Dockerfile");
    assert_eq!(only(&image, "USER"), format!("{user}:{user}"));
    assert!(image.contains(&format!("--chown={user}:{user} /data /data")));
    assert!(behind(&image, "FROM").last().unwrap().starts_with("gcr.io/distroless/"));
    let unit = read(UNIT);
    assert_eq!(only(&unit, "User="), "holdpoint");
    for line in ["ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes"]
    {
        assert!(unit.lines().any(|one| one == line), "{UNIT} lacks {line}");
    }
}

#[test]
fn no_file_holds_a_secret() {
    let secrets = ["HOLDPOINT_WEBHOOK_SECRET", "HOLDPOINT_GITHUB_PRIVATE_KEY"];
    for way in ways() {
        for (name, value) in &way.environment {
            let is_path = value.starts_with('/') || value.starts_with("%d/");
            assert!(!secrets.contains(&name.as_str()) || is_path, "{}: {name} is {value}", way.path);
        }
    }
    for path in below("deploy") {
        assert!(!read(&path).contains("-----BEGIN"), "{path} holds a key");
        assert!(!path.ends_with("secret.yaml") && !behind(&read(&path), "kind:").contains(&"Secret"), "{path}");
    }
    // Where a key is said to be, one is put.
    let unit = read(UNIT);
    let (name, _) = only(&unit, "LoadCredential=").split_once(':').unwrap();
    assert!(behind(&unit, "Environment=").contains(&format!("HOLDPOINT_GITHUB_PRIVATE_KEY=%d/{name}").as_str()));
    let key = |path: &str| ways().into_iter().find(|way| way.path == path)?.setting("HOLDPOINT_GITHUB_PRIVATE_KEY");
    let compose = yaml(COMPOSE);
    let secret = text(&compose["services"]["holdpoint"]["secrets"][0]);
    assert_eq!(key(COMPOSE), Some(format!("/run/secrets/{secret}")));
    assert!(compose["secrets"][secret]["file"].is_string());
    let pod = &yaml(POD)["spec"]["template"]["spec"];
    let item = text(&pod["volumes"][0]["secret"]["items"][0]["path"]);
    assert_eq!(key(POD), Some(format!("{}/{item}", text(&container()["volumeMounts"][1]["mountPath"]))));
    assert_eq!(pod["volumes"][0]["name"], container()["volumeMounts"][1]["name"]);
}

/// `GET path`: the status.
async fn get(address: &str, path: &str) -> u16 {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let uri: http::Uri = format!("http://{address}{path}").parse().unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<http_body_util::Empty<tokio_util::bytes::Bytes>>();
    client.get(uri).await.unwrap().status().as_u16()
}

/// Where an app's server listens.
fn address(app: &App) -> String {
    let url = app.github.world().hooks.url.clone().unwrap();
    url.trim_start_matches("http://").trim_end_matches("/webhook").to_owned()
}

#[tokio::test]
async fn what_restarts_it_asks_for_the_process_only_at_an_address_that_it_serves() {
    let pod = container();
    let probes = ["startupProbe", "readinessProbe", "livenessProbe"].map(|name| pod[name]["httpGet"].clone());
    let port = &pod["ports"][0]["name"];
    assert!(probes.iter().all(|probe| probe["port"] == *port), "{probes:?}");
    let mut paths: Vec<String> = probes.iter().map(|probe| text(&probe["path"]).to_owned()).collect();
    paths.push(fly_key("[[http_service.checks]]", "path"));
    let app = App::start().await;
    for path in paths {
        // /readyz asks GitHub too, and an outage of GitHub is no reason to restart or to refuse deliveries.
        assert_eq!((path.as_str(), get(&address(&app), &path).await), ("/healthz", 200));
    }
    app.finish().await;
}

/// Runs the command that the container's health check runs, with the server said to be at `listen`.
async fn healthcheck(arguments: &[String], listen: &str) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
    command.args(arguments).env("HOLDPOINT_LISTEN", listen).env_remove("PORT");
    tokio::task::spawn_blocking(move || command.output().unwrap().status.code()).await.unwrap()
}

#[tokio::test]
async fn the_containers_health_check_is_a_command_that_says_whether_the_server_answers() {
    let image = read("Dockerfile");
    let shown = image.lines().find(|line| line.starts_with("HEALTHCHECK")).unwrap().split_once(" CMD ").unwrap().1;
    let shown: Vec<String> = serde_json::from_str(shown).unwrap();
    let test = &yaml(COMPOSE)["services"]["holdpoint"]["healthcheck"]["test"];
    let compose: Vec<&str> = list(test).iter().map(text).collect();
    assert_eq!((compose[0], compose[1..].to_vec()), ("CMD", shown.iter().map(String::as_str).collect()));
    assert_eq!(shown[0], "holdpoint");

    let app = App::start().await;
    let address = address(&app);
    assert_eq!(healthcheck(&shown[1..], &address).await, Some(0));
    // Every address of the machine is reached at its own.
    let port = address.rsplit_once(':').unwrap().1;
    assert_eq!(healthcheck(&shown[1..], &format!("0.0.0.0:{port}")).await, Some(0));
    app.server.abort();
    // Nothing listens, and something else answers.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert_eq!(healthcheck(&shown[1..], &closed).await, Some(1));
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listens = other.local_addr().unwrap().to_string();
    let refusal = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut peer, _) = other.accept().unwrap();
        peer.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
        // Until the peer has read it.
        drop(io::Read::read(&mut peer, &mut [0; 512]));
    });
    assert_eq!(healthcheck(&shown[1..], &listens).await, Some(1));
    refusal.join().unwrap();
    assert_eq!(healthcheck(&shown[1..], "nonsense").await, Some(2));
}

/// `1.92` or `1.92.1` as numbers.
fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or_else(|error| panic!("{text}: {error}"))).collect()
}

#[test]
fn the_image_is_built_from_what_goes_into_its_context_by_a_rust_that_is_new_enough() {
    let image = read("Dockerfile");
    let manifest = read("Cargo.toml");
    let oldest = only(&manifest, "rust-version =").trim_matches('"');
    let builder = only(&image, "FROM rust:").split('-').next().unwrap();
    assert!(version(builder) >= version(oldest), "the image has Rust {builder}, and Cargo.toml wants {oldest}");
    for path in ["README.md", "CONTRIBUTING.md"] {
        assert!(read(path).contains(&format!("Rust {oldest} or newer")), "{path} names another Rust than {oldest}");
    }
    let copied: BTreeSet<&str> = behind(&image, "COPY ")
        .into_iter()
        .filter(|line| !line.starts_with("--"))
        .flat_map(|line| line.split(' ').take(line.split(' ').count() - 1))
        .collect();
    let context = read(".dockerignore");
    assert!(context.lines().any(|line| line == "*"));
    assert_eq!(behind(&context, "!").into_iter().collect::<BTreeSet<_>>(), copied, "left: the context; right: copied");
    assert!(manifest.contains("\n[profile.dist]\n") && image.matches("--profile dist").count() == 2);
}

/// Cargo reads no manifest whose benches and binaries are missing, and the image's first step builds without the sources.
#[test]
#[cfg(unix)]
fn the_first_step_of_the_image_makes_a_package_that_cargo_reads() {
    let image = read("Dockerfile").replace("\\\n", " ");
    let step = only_first(&image, "RUN ");
    let made: Vec<&str> = step.split("&&").map(str::trim).filter(|command| !command.starts_with("rm ")).collect();
    let (build, made) = made.split_last().unwrap();
    assert!(build.starts_with("cargo build --locked "), "{build}");
    let folder = Folder::new();
    for name in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(name), folder.0.join(name)).unwrap();
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    // With a manifest that it reads, cargo comes as far as the name of the program.
    let script = format!("{} && '{cargo}' check --offline --locked --bin nothing", made.join(" && "));
    let ran = Command::new("sh").args(["-ec", &script]).current_dir(&folder.0).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(said.contains("no bin target named `nothing`"), "{script}\n{said}");
}

#[cfg(unix)]
fn only_first<'t>(text: &'t str, start: &'t str) -> &'t str {
    behind(text, start).first().copied().unwrap_or_else(|| panic!("no line begins with {start}"))
}

/// Every job of a workflow with its name.
fn jobs(workflow: &Value) -> Vec<(String, Value)> {
    workflow["jobs"].as_object().unwrap().iter().map(|(name, job)| (name.clone(), job.clone())).collect()
}

fn steps(workflow: &Value) -> Vec<Value> {
    jobs(workflow).iter().flat_map(|(_, job)| list(&job["steps"]).clone()).collect()
}

/// Whether an action is named by a commit, with its version beside it for people.
fn is_pinned(line: &str) -> bool {
    let Some((_, rest)) = line.split_once('@') else { return false };
    let Some((commit, version)) = rest.split_once(" # v") else { return false };
    let is_version = version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok());
    commit.len() == 40 && commit.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)) && is_version
}

#[test]
fn every_action_is_pinned_to_a_commit_and_every_workflow_says_what_it_may_do() {
    let mut seen = 0;
    let mut commits = std::collections::BTreeMap::new();
    for path in workflows() {
        let source = read(&path);
        let uses: Vec<&str> = source.lines().filter_map(|line| Some(line.split_once("uses: ")?.1.trim())).collect();
        for line in &uses {
            assert!(is_pinned(line), "{path}: {line} is not `ACTION@COMMIT # vX.Y.Z`");
            let (action, commit) = line.split_once('@').unwrap();
            let known = commits.entry(action.to_owned()).or_insert_with(|| commit.to_owned());
            assert_eq!(known, commit, "{path}: {action} has another version elsewhere");
        }
        seen += uses.len();
        let workflow = yaml(&path);
        assert_eq!(steps(&workflow).iter().filter(|step| step["uses"].is_string()).count(), uses.len(), "{path}");
        let top = workflow["permissions"].as_object().unwrap_or_else(|| panic!("{path} declares no permissions"));
        assert!(top.iter().all(|(scope, access)| scope == "contents" && access == "read"), "{path}: {top:?}");
        assert!(workflow["concurrency"]["group"].is_string(), "{path}: two runs may meet");
        for (name, job) in jobs(&workflow) {
            assert!(!top.is_empty() || job["permissions"].is_object(), "{path}: {name} declares no permissions");
            assert!(job["timeout-minutes"].is_u64(), "{path}: {name} may run for hours");
        }
        for step in steps(&workflow) {
            let is_checkout = step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"));
            assert!(
                !is_checkout || step["with"]["persist-credentials"] == false,
                "{path}: a token stays in the checkout"
            );
            // What somebody else named, a branch or a tag, is never pasted into a script.
            assert!(!step["run"].as_str().is_some_and(|run| run.contains("${{")), "{path}: {}", step["run"]);
        }
    }
    assert!(seen >= 15, "only {seen} actions were found");
    assert!(
        !is_pinned("actions/checkout@v7") && !is_pinned("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1")
    );
}

#[test]
fn a_change_is_tested_by_the_command_of_the_readme() {
    let ci = yaml(".github/workflows/ci.yml");
    let runs: Vec<Value> = steps(&ci).into_iter().map(|step| step["run"].clone()).collect();
    assert!(runs.contains(&".ci/run".into()), "{runs:?}");
    assert!(read(".ci/run").ends_with("\nexec tests/run \"$@\"\n"));
    assert!(read("README.md").contains("```sh\ntests/run\n```"));
    for event in ["pull_request", "merge_group", "push"] {
        assert!(ci["on"].as_object().unwrap().contains_key(event), "nothing is tested on {event}");
    }
}

#[test]
fn the_nights_fuzz_every_target_and_play_the_tests_that_take_hours() {
    let nightly = yaml(".github/workflows/nightly.yml");
    let matrix = &nightly["jobs"]["fuzz"]["strategy"]["matrix"]["target"];
    let fuzzed: BTreeSet<String> = list(matrix).iter().map(|target| text(target).to_owned()).collect();
    let targets = below("fuzz/fuzz_targets").into_iter();
    let targets = targets.filter_map(|path| Some(path.rsplit_once('/')?.1.strip_suffix(".rs")?.to_owned()));
    assert_eq!(fuzzed, targets.collect());
    for (job, test) in [("histories", "hostile"), ("soak", "soak")] {
        let runs = list(&nightly["jobs"][job]["steps"]);
        let runs: String = runs.iter().filter_map(|step| step["run"].as_str()).collect();
        assert!(runs.contains(&format!("--test {test} -- --ignored --nocapture {job}")), "{runs}");
        assert!(read(&format!("tests/{test}/main.rs")).contains(&format!("\nfn {job}() {{\n")), "there is no {job}");
    }
    let code: String =
        ["tests/hostile", "tests/soak"].iter().flat_map(|folder| below(folder)).map(|p| read(&p)).collect();
    for path in workflows() {
        for name in variables(&read(&path)) {
            assert!(code.contains(&format!("\"{name}\"")), "{path} sets {name}, which no test reads");
        }
    }
}

fn said(path: &str, problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|p| format!("{path}:{}: {} ({})", p.line, p.message, p.hint)).collect()
}

#[test]
fn the_projects_own_release_is_held_by_its_own_checklist() {
    let (config, problems) = config::parse(&read(config::PATH));
    assert_eq!(said(config::PATH, &problems), Vec::<String>::new());
    let config = config.unwrap();
    assert_eq!(config.checklists.keys().collect::<Vec<_>>(), ["release"]);
    let source = read(CHECKLIST);
    let parsed = file::parse(CHECKLIST, &source);
    assert_eq!(said(CHECKLIST, &parsed.problems), Vec::<String>::new());
    assert_eq!(said(CHECKLIST, &lint::lint(&source, &parsed.list)), Vec::<String>::new());
    assert!(parsed.list.items.len() >= 10);

    // What is published waits for it.
    let release = yaml(".github/workflows/release.yml");
    let environment = text(&release["jobs"]["publish"]["environment"]);
    let gated = &yaml(config::PATH)["checklists"]["release"]["gate"]["environments"];
    assert!(list(gated).contains(&environment.into()), "{gated}: not {environment}");
    for (name, job) in jobs(&release) {
        let writes = job["permissions"]["contents"] == "write" || job["permissions"]["id-token"] == "write";
        assert!(name == "publish" || !writes, "{name} publishes, and waits for nobody");
    }
    // What Holdpoint verifies are jobs that there are.
    let ci = yaml(".github/workflows/ci.yml");
    let names: BTreeSet<String> = jobs(&ci).iter().map(|(_, job)| text(&job["name"]).to_owned()).collect();
    let verified = source.split("verify=checks(").nth(1).unwrap().split(')').next().unwrap();
    assert_eq!(verified.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), names);

    // The other lists that people tick.
    for path in [".github/pull_request_template.md", "release-steps/README.md"] {
        let source = read(path);
        let parsed = file::parse(path, &source);
        assert_eq!(said(path, &parsed.problems), Vec::<String>::new());
    }
    for form in ["bug", "idea"] {
        let path = format!(".github/ISSUE_TEMPLATE/{form}.yml");
        assert!(yaml(&path)["body"].is_array(), "{path} is no form");
    }
}

#[test]
fn what_is_published_is_what_the_documentation_says() {
    let release = read(".github/workflows/release.yml");
    let page = read("docs/operating.md");
    let targets = behind(&release, "target: ").into_iter().filter(|target| !target.starts_with("${{"));
    let targets: Vec<&str> = targets.collect();
    assert!(targets.len() >= 3, "{targets:?}");
    for target in targets {
        assert!(page.contains(&format!("`{target}`")), "docs/operating.md does not name {target}");
    }
    assert_eq!(yaml(".github/workflows/release.yml")["on"]["push"]["tags"], serde_json::json!(["v*"]));
    for path in below("deploy").iter().filter(|path| !path.contains("/kubernetes/")) {
        assert!(page.contains(&format!("](../{path})")), "docs/operating.md does not link {path}");
    }
    assert!(page.contains("](../deploy/kubernetes)"));
    // The secret that the pod names is the one that the page creates.
    let spec = &yaml(POD)["spec"]["template"]["spec"];
    let secret = text(&spec["volumes"][0]["secret"]["secretName"]);
    let create = page.split_once(&format!("kubectl create secret generic {secret} ")).expect("how to create it").1;
    let create = create.split("```").next().unwrap();
    for one in list(&container()["env"]) {
        let Some(key) = one["valueFrom"]["secretKeyRef"]["key"].as_str() else { continue };
        assert_eq!(one["valueFrom"]["secretKeyRef"]["name"], secret);
        assert!(create.contains(&format!("={key}=")), "nothing creates the key {key}");
    }
    assert!(create.contains(&format!("--from-file={}=", text(&spec["volumes"][0]["secret"]["items"][0]["key"]))));
}

#[test]
fn updates_are_looked_for_where_there_is_something_to_update() {
    let updates = yaml(".github/dependabot.yml");
    let mut seen = BTreeSet::new();
    for update in list(&updates["updates"]) {
        let kind = text(&update["package-ecosystem"]);
        let one = update["directory"].as_str().map(str::to_owned);
        let several = update["directories"].as_array().into_iter().flatten().map(|folder| text(folder).to_owned());
        for folder in one.into_iter().chain(several) {
            let file = match kind {
                "cargo" => "Cargo.lock",
                "npm" => "package-lock.json",
                "docker" => "Dockerfile",
                "github-actions" => ".github/workflows",
                _ => panic!("{kind} is not known here"),
            };
            let path = root().join(folder.trim_start_matches('/')).join(file);
            assert!(path.exists(), "{kind}: there is no {}", path.display());
            seen.insert(kind.to_owned());
        }
    }
    assert_eq!(seen.len(), 4);
    for line in read(".github/CODEOWNERS").lines().filter(|line| line.starts_with('/')) {
        let path = line.split(' ').next().unwrap_or_default().trim_matches('/');
        assert!(root().join(path).exists(), "CODEOWNERS names {path}, which is not there");
    }
}
