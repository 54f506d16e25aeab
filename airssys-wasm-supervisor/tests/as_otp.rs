//! Any tree, whatever happens to it: what is done is what OTP's supervisors would have done.

mod driver;
mod reference;

use airssys_wasm_supervisor::{ExitReason, Restart};
use driver::Driver;
use proptest::prelude::*;
use reference::{Child, Group, World};

fn restart() -> impl Strategy<Value = Restart> {
    prop_oneof![
        3 => Just(Restart::Permanent),
        1 => Just(Restart::Transient),
        1 => Just(Restart::Temporary),
    ]
}

fn group(children: impl Strategy<Value = Child>) -> impl Strategy<Value = Group> {
    let strategy = prop::sample::select(vec!["one", "all", "rest"]);
    (strategy, 0..4usize, prop::collection::vec(children, 0..4))
        .prop_map(|(strategy, max, children)| Group::new(strategy, max, children))
}

fn child() -> impl Strategy<Value = Child> {
    let component = restart().prop_map(|restart| Child::new("", restart, None));
    component.prop_recursive(3, 20, 4, |child| {
        (restart(), group(child)).prop_map(|(kind, group)| Child::new("", kind, Some(group)))
    })
}

fn name(child: &mut Child, count: &mut usize) {
    for child in child.group.iter_mut().flat_map(|group| &mut group.children) {
        child.name = format!("{}{count}", if child.group.is_some() { "g" } else { "c" });
        *count += 1;
        name(child, count);
    }
}

/// What happens, in the words of the driver, to which of those that it can happen to.
fn step() -> impl Strategy<Value = (&'static str, prop::sample::Index)> {
    let step = prop_oneof![
        8 => Just("crash"),
        3 => Just("exit"),
        2 => Just("break"),
        3 => Just("mend"),
        2 => Just("stop"),
        3 => Just("start"),
        2 => Just("wait 1"),
        1 => Just("wait 5"),
    ];
    (step, any::<prop::sample::Index>())
}

/// Does this in the reference and returns its words for the driver, if there is one to do it to.
fn happen(
    root: &mut Child,
    world: &mut World,
    step: &str,
    which: prop::sample::Index,
) -> Option<String> {
    if let Some(seconds) = step.strip_prefix("wait ") {
        world.now += seconds.parse::<f64>().expect("a number");
        return Some(step.to_owned());
    }
    let can = |(_, is_component, up, startable): &(String, bool, bool, bool)| match step {
        "crash" | "exit" => *is_component && *up,
        "stop" => *up,
        "start" => *startable,
        _ => *is_component,
    };
    let names: Vec<_> = root.names().into_iter().filter(can).collect();
    if names.is_empty() {
        return None;
    }
    let name = &which.get(&names).0;
    match step {
        "crash" => root.exit(name, ExitReason::Crashed, world),
        "exit" => root.exit(name, ExitReason::Normal, world),
        "stop" => root.stop_by_hand(name, world),
        "start" => root.start_by_hand(name, world),
        "break" => world.broken.push(name.clone()),
        _ => world.broken.retain(|broken| broken != name),
    }
    Some(format!("{step} {name}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_does_as_otp_does(
        group in group(child()),
        broken in prop::collection::vec(0..20usize, 0..2),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut root = Child::new("root", Restart::Permanent, Some(group));
        name(&mut root, &mut 0);
        let group = root.group.as_ref().expect("a group");
        let text = format!("{} {}", group.policy(), group.text());
        let mut driver = Driver::new(&text);
        let mut world = World { now: 1000.0, ..World::default() };
        for broken in broken {
            if root.find(&format!("c{broken}")).is_some() {
                world.broken.push(format!("c{broken}"));
                driver.run(&format!("break c{broken}"));
            }
        }
        root.boot(&mut world);
        let mut done = vec!["start".to_owned()];
        prop_assert_eq!(driver.run("start"), world.log.join(" "), "{}", text);
        for (step, which) in steps {
            world.log.clear();
            let Some(words) = happen(&mut root, &mut world, step, which) else { continue };
            done.push(words.clone());
            prop_assert_eq!(driver.run(&words), world.log.join(" "), "{}: {:?}", text, done);
        }
    }
}
