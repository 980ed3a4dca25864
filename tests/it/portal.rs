//! The officer's journey through the portal, as a browser makes it.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::support::{PERSONS, demo, hda, run};

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A browser in small: keeps cookies, follows no redirect.
struct Browser {
    agent: ureq::Agent,
    base: String,
    cookie: Option<String>,
}

struct Page {
    status: u16,
    location: Option<String>,
    text: String,
    policy: String,
}

impl Browser {
    fn new(port: u16) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { agent: config.into(), base: format!("http://127.0.0.1:{port}"), cookie: None }
    }

    fn get(&mut self, path: &str) -> Page {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.call().unwrap();
        self.page(response)
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let mut request =
            self.agent.post(format!("{}{path}", self.base)).header("origin", &self.base);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.send_form(form.iter().copied()).unwrap();
        self.page(response)
    }

    fn page(&mut self, mut response: ureq::http::Response<ureq::Body>) -> Page {
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if let Some(cookie) = header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        Page {
            status: response.status().as_u16(),
            location: header("location"),
            policy: header("content-security-policy").unwrap_or_default(),
            text: response.body_mut().read_to_string().unwrap(),
        }
    }
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let input = page.split("<input").find(|input| input.contains(&format!("name=\"{name}\"")));
    let input = input.unwrap_or_else(|| panic!("no field {name}"));
    input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn start(dir: &std::path::Path, port: u16) -> Serving {
    let mut command: Command = hda();
    command.args(["demo", "--persons", PERSONS, "--port", &port.to_string(), "--dir"]).arg(dir);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answers = lines.map_while(Result::ok);
    assert!(answers.any(|line| line.contains("portal answers at")), "the portal did not start");
    // The rest of what it says is read on, so that it never waits for a reader.
    thread::spawn(move || answers.for_each(drop));
    Serving(child)
}

#[test]
fn an_officer_signs_in_approves_and_the_release_is_public() {
    let folder = tempfile::tempdir().unwrap();
    let output = demo(folder.path(), "warn");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let pending = answer["pending"].as_str().unwrap().to_owned();
    let password = |role: &str| {
        let accounts = answer["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["role"] == role).unwrap();
        account["password"].as_str().unwrap().to_owned()
    };
    let port = free_port();
    let _serving = start(folder.path(), port);

    let mut anyone = Browser::new(port);
    let home = anyone.get("/en");
    let home = if home.status == 200 { home } else { anyone.get(&home.location.unwrap()) };
    assert_eq!(home.status, 200);
    assert!(
        home.policy.contains("default-src 'none'") || home.policy.contains("default-src 'self'")
    );
    for page in ["/en/datasets/vaccination", "/en/releases"] {
        assert_eq!(anyone.get(page).status, 200, "{page}");
    }
    for release in answer["releases"].as_array().unwrap() {
        let page = format!("/en/releases/{}", release.as_str().unwrap());
        assert_eq!(anyone.get(&page).status, 200, "{page}");
    }
    let public = format!("/en/releases/{pending}");
    assert_eq!(anyone.get(&public).status, 404, "what waits is not public");

    let desk = format!("/en/my-work/{pending}");
    let mut analyst = sign_in(port, "policy-analyst", &password("policy-analyst"));
    assert!([403, 404].contains(&analyst.get(&desk).status));

    let mut officer = sign_in(port, "privacy-officer", &password("privacy-officer"));
    let page = officer.get(&desk);
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("hidden"), "hidden cells are named in words");
    let (token, digest) = (field(&page.text, "csrf"), field(&page.text, "digest"));
    let approve = format!("{desk}/approve");
    let forged = officer.post(&approve, &[("csrf", "forged"), ("digest", &digest)]);
    assert_eq!(forged.status, 403);
    let approved = officer.post(&approve, &[("csrf", &token), ("digest", &digest)]);
    assert!([200, 302, 303].contains(&approved.status), "{}", approved.status);

    // The worker looks twice a second; a minute is far more than it needs.
    let is_public = (0..120).any(|_| {
        thread::sleep(Duration::from_millis(500));
        anyone.get(&public).status == 200
    });
    assert!(is_public);
    let package = folder.path().join("hda/releases").join(&pending);
    let (code, text, error) =
        run(&["verify", &package.to_string_lossy(), "--key", answer["key"].as_str().unwrap()]);
    assert_eq!(code, 0, "{text}{error}");
    let csv = anyone.get(&format!("/files/releases/{pending}/table.csv"));
    assert_eq!(csv.text, std::fs::read_to_string(package.join("table.csv")).unwrap());
}

fn sign_in(port: u16, name: &str, password: &str) -> Browser {
    let mut browser = Browser::new(port);
    let page = browser.get("/en/sign-in");
    let token = field(&page.text, "csrf");
    let answer =
        browser.post("/en/sign-in", &[("csrf", &token), ("name", name), ("password", password)]);
    assert!([302, 303].contains(&answer.status), "{name}: {}", answer.status);
    browser
}
