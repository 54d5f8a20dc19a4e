//! Tests in processes of their own: one runtime each, its own environment, and a crash or a hang that the
//! parent survives to tell.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const CASE: &str = "PARLA_TEST_CASE";

/// How a child ended.
#[derive(Debug)]
pub struct Ended {
    pub ok: bool,
    pub output: String,
}

/// The case this process is to run, if it is a child.
pub fn case() -> Option<String> {
    std::env::var(CASE).ok()
}

/// Runs the test `test` of this program again in a child, where [`case`] gives `case`.
pub fn run(test: &str, case: &str, env: &[(&str, String)], limit: Duration) -> Ended {
    let mut command = Command::new(std::env::current_exe().expect("the test program has a path"));
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CASE, case)
        .envs(env.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    run_command(command, limit)
}

/// Runs a command to its end, or kills it.
pub fn run_command(mut command: Command, limit: Duration) -> Ended {
    let mut child = command.spawn().expect("the test program starts again");
    let mut out = child.stdout.take().expect("piped");
    let mut err = child.stderr.take().expect("piped");
    let read = |pipe: &mut dyn Read| {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let errors = std::thread::spawn(move || read(&mut err));
    let (sender, receiver) = channel();
    let reader = std::thread::spawn(move || {
        let text = read(&mut out);
        let _ = sender.send(());
        text
    });
    // Its output ends when it does.
    let late = receiver.recv_timeout(limit).is_err();
    if late {
        let _ = child.kill();
    }
    let status = child.wait().expect("it is our child");
    let mut output = reader.join().expect("the reader does not panic");
    output.push_str(&errors.join().expect("the reader does not panic"));
    if late {
        output.push_str(&format!("\nkilled after {limit:?}"));
    }
    output.push_str(&format!("\n({status})"));
    Ended { ok: status.success() && !late, output }
}

/// Runs `body` in a child of its own, and shows what it printed. `test` is the name of the calling test.
pub fn isolated(test: &str, env: &[(&str, &str)], limit: Duration, body: impl FnOnce()) {
    if case().is_some() {
        return body();
    }
    let env: Vec<_> = env.iter().map(|&(key, value)| (key, value.to_owned())).collect();
    let ended = run(test, "1", &env, limit);
    for (_, figure) in ended.output.lines().filter_map(|line| line.split_once("figure: ")) {
        println!("{test}: {figure}");
    }
    assert!(ended.ok, "{test} failed in its process:\n{}", ended.output);
}
