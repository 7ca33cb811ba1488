//! The main job, as a new user meets it.

use shukei_testkit::Program;

use crate::figures::played;

#[test]
fn the_demo_shows_figures_and_a_second_run_shows_the_same() {
    let program = played();
    let again = program.on_data(&["demo", "--survey", "rse"]).ends(0);
    assert!(again.stderr.contains("already here"), "{}", again.stderr);
    let third = program.on_data(&["demo", "--survey", "rse"]).ends(0);
    let figures = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !line.contains(" s.") && !line.contains(" s ("))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(figures(&again.stdout), figures(&third.stdout));
    assert!(again.stdout.contains("135"), "the published count of the first question:\n{}", again.stdout);
    assert!(again.stdout.contains("253"), "{}", again.stdout);
    assert!(
        again.stdout.lines().all(|line| unicode_width(line) <= 100),
        "fits a terminal:\n{}",
        again.stdout
    );
}

fn unicode_width(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn the_first_run_prints_the_figures_of_later_ones() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let first = program.on_data(&["demo", "--survey", "rse"]).ends(0);
    let again = program.on_data(&["demo", "--survey", "rse"]).ends(0);
    let bars = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains('%') || line.contains("raw records"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(bars(&first.stdout), bars(&again.stdout));
    assert!(bars(&first.stdout).len() > 10, "{}", first.stdout);
    assert!(first.stdout.contains("253 submissions came, 253 accepted, 0 rejected"), "{}", first.stdout);
}

#[test]
fn a_foreign_folder_is_refused_and_left_alone() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let file = program.file("data/thesis.txt", "mine");
    for command in [&["demo", "--survey", "rse"][..], &["verify"], &["sql", "SELECT 1"]] {
        let refused = program.on_data(command).ends(2);
        assert!(refused.stderr.contains("thesis.txt"), "{}", refused.stderr);
        assert!(refused.stdout.is_empty());
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(program.data()).unwrap().count(), 1);
}

#[test]
fn two_writers_of_one_folder_are_kept_apart() {
    let program = Program::new(env!("CARGO_BIN_EXE_shukei"));
    let data = program.data();
    let data = data.to_str().unwrap();
    // A submit that waits for its standard input holds the folder.
    let receipts = program.path("receipts");
    let command = program.command(["submit", "-", "--data", data, "--receipts", receipts.to_str().unwrap()]);
    let mut first = program.start(command);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !program.data().join("refined").exists() {
        assert!(std::time::Instant::now() < deadline, "the first writer never started");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let second = program.on_data(&["demo", "--survey", "rse"]).ends(1);
    assert!(second.stderr.contains("hint:"), "{}", second.stderr);
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
}
