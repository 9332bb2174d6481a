//! The placement file: read with the configuration that names it, and judged alone.

use super::*;

#[test]
fn a_placement_file_is_read_and_judged_with_the_configuration_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cores.toml");
    let text = format!("{VALID}[placement]\nfile = \"cores.toml\"");
    let configuration = [Source { file: directory.path().join("a.toml"), text }];

    let missing = load_sources(&configuration, &Variables::new(), &Registry::default()).unwrap_err();
    assert_eq!(missing.0.len(), 1, "{missing}");
    assert_eq!(missing.0[0].key, "placement.file");

    std::fs::write(&file, "[[core]]\nname = \"engine\"\ncpu = 1\nwait = \"spin\"\nactors = [\"*\"]").unwrap();
    let placement =
        load_sources(&configuration, &Variables::new(), &Registry::default()).unwrap().placement.unwrap();
    let engine = Core { name: "engine".into(), cpu: Some(1), wait: Wait::Spin, actors: vec!["*".into()] };
    assert_eq!(placement.cores, [engine]);

    std::fs::write(&file, "[[core]]\nname = \"engine\"\nactor = [\"*\"]").unwrap();
    let wrong =
        load_sources(&configuration, &Variables::new(), &Registry::default()).unwrap_err().to_string();
    assert!(
        wrong.contains("cores.toml:3: core.engine.actor: unknown key; did you mean `actors`?"),
        "{wrong}"
    );
}

#[test]
fn cores_that_would_wait_for_each_other_are_refused() {
    let text = r#"[[core]]
name = "a"
cpu = 1
wait = "spin"
actors = ["feed.*"]
[[core]]
name = "b"
cpu = 1
wait = "park"
actors = ["feed.*"]
[[core]]
name = "c"
wait = "spin"
actors = ["risk"]
"#;
    let wrong = load_placement(&source("p.toml", text)).unwrap_err();
    let expected = [
        "p.toml:8: core.b.cpu: processor 1 is shared with \"a\", and one of the two spins; give each its own, or let both yield",
        "p.toml:10: core.b.actors: \"feed.*\" stands on \"a\" too; an actor runs on one core",
        "p.toml:11: core.c.wait: it spins, but on no processor of its own; state `cpu`, or wait by \"yield\" or \"park\"",
    ];
    assert_eq!(wrong.to_string(), expected.join("\n"));
}
