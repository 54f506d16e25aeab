//! What Erlang/OTP documents of its supervisors, row by row.
//!
//! The sources, both of OTP 27: [man] is the manual page `supervisor` of STDLIB, [principles] the
//! chapter "Supervisor Behaviour" of OTP Design Principles. Where a one-for-one group is to behave
//! as OTP's, it is not the root here: our root differs (`tests/root.rs`).
//!
//! [man]: https://www.erlang.org/doc/apps/stdlib/supervisor.html
//! [principles]: https://www.erlang.org/doc/system/sup_princ.html

mod driver;

use driver::Driver;

/// What holds; the tree; what happens once it is up; what follows. How to read these: `Driver`.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[track_caller]
fn check(rows: &[Row]) {
    for &(what, tree, steps, expected) in rows {
        let mut driver = Driver::new(tree);
        driver.run("start");
        assert_eq!(driver.run(steps), expected, "{what}: {tree}: {steps}");
    }
}

/// [principles] "Supervision Principles", [man] "Supervision Principles": children start in the
/// list's order, from left to right, and are terminated in the reverse order.
#[test]
fn children_start_in_order_and_stop_in_the_reverse_order() {
    for strategy in ["one", "all", "rest"] {
        let mut driver = Driver::new(&format!("{strategy}/1 a g=one/1( x y ) b"));
        assert_eq!(driver.run("start"), "+a +x +y +b");
        assert_eq!(driver.run("stop"), "-b -y -x -a root. a. g. x. y. b.");
        assert_eq!(driver.run("start"), "+a +x +y +b");
    }
}

/// [man] "Restart Strategies", [principles] "Restart Strategy".
#[test]
fn strategies() {
    check(&[
        ("only that child is affected", "all/9 g=one/9( a b c )", "crash b", "+b"),
        ("first of one-for-one", "all/9 g=one/9( a b c )", "crash a", "+a"),
        ("all others stop, then all start", "all/9 a b c", "crash b", "-c -a +a +b +c"),
        ("first of one-for-all", "all/9 a b c", "crash a", "-c -b +a +b +c"),
        ("last of one-for-all", "all/9 a b c", "crash c", "-b -a +a +b +c"),
        (
            "those after it stop, then it and they start",
            "rest/9 a b c d",
            "crash b",
            "-d -c +b +c +d",
        ),
        ("first of rest-for-one", "rest/9 a b c", "crash a", "-c -b +a +b +c"),
        ("last of rest-for-one", "rest/9 a b c", "crash c", "+c"),
        ("an only child", "all/9 a", "crash a", "+a"),
    ]);
}

/// [man] "Child specification", `restart`; [principles] "Child Specification", `restart`.
#[test]
fn restart_kinds() {
    check(&[
        ("permanent, always", "all/9 g=one/9( a b )", "crash a", "+a"),
        ("permanent, always", "all/9 g=one/9( a b )", "exit a", "+a"),
        ("permanent, normal, its siblings too", "all/9 a b", "exit a", "-b +a +b"),
        ("permanent, normal, the rest too", "rest/9 a b", "exit a", "-b +a +b"),
        ("transient, abnormal", "all/9 g=one/9( a:transient b )", "crash a", "+a"),
        ("transient, normal", "all/9 g=one/9( a:transient b )", "exit a", "a."),
        ("transient, abnormal, all", "all/9 a:transient b", "crash a", "-b +a +b"),
        ("transient, normal: no sibling notices", "all/9 a:transient b", "exit a", "a."),
        ("transient, normal, rest", "rest/9 a:transient b", "exit a", "a."),
        ("temporary, never", "all/9 g=one/9( a:temporary b )", "crash a", "a."),
        ("temporary, never", "all/9 g=one/9( a:temporary b )", "exit a", "a."),
        ("temporary: no sibling notices", "all/9 a:temporary b", "crash a", "a."),
        ("temporary, rest", "rest/9 a:temporary b", "crash a", "a."),
        (
            "temporary, taken down by a sibling",
            "all/9 a b:temporary c",
            "crash a",
            "-c -b b. +a +c",
        ),
        ("temporary, taken down, rest", "rest/9 a b:temporary c", "crash a", "-c -b b. +a +c"),
        ("gone for good", "all/9 a b:temporary", "crash a, crash a", "-b b. +a +a"),
        ("temporary before it in rest-for-one is spared", "rest/9 a:temporary b", "crash b", "+b"),
    ]);
}

/// A child that ended normally keeps its specification unless it is temporary ([man]
/// `delete_child/2`, `restart_child/2`), and a restart of "all child processes" is one of all in
/// the list.
#[test]
fn a_transient_child_that_ended_starts_along_with_its_siblings() {
    check(&[
        ("all", "all/9 a:transient b", "exit a, crash b", "a. +a +b"),
        ("rest, after it", "rest/9 a b:transient c", "exit b, crash a", "b. -c +a +b +c"),
        ("rest, before it", "rest/9 a:transient b", "exit a, crash b", "a. +b"),
    ]);
}

/// [man] "Restart intensity and period", [principles] "Maximum Restart Intensity": more than
/// MaxR restarts within MaxT seconds, and the supervisor terminates all its children and then
/// itself, with the reason `shutdown`. Here MaxT is 5 s.
#[test]
fn intensity() {
    check(&[
        ("none allowed", "all/0 a b", "crash a", "-b root! a! b!"),
        ("the reverse order", "all/0 a b c", "crash b", "-c -a root! a! b! c!"),
        ("rest-for-one stops all too", "rest/0 a b c", "crash c", "-b -a root! a! b! c!"),
        ("as many as allowed", "all/2 a", "crash a, crash a", "+a +a"),
        ("one more", "all/2 a", "crash a, crash a, crash a", "+a +a root! a!"),
        ("both ends are in", "all/1 a", "crash a, wait 5, crash a", "+a root! a!"),
        ("a little later", "all/1 a", "crash a, wait 5.001, crash a", "+a +a"),
        ("it slides", "all/2 a", "crash a, wait 3, crash a, wait 3, crash a", "+a +a +a"),
        (
            "counted over all children",
            "all/9 g:temporary=one/1( a b )",
            "crash a, crash b",
            "+a -a g! a! b!",
        ),
        (
            "a restart of many counts once",
            "all/2 a b c",
            "crash a, crash b",
            "-c -b +a +b +c -c -a +a +b +c",
        ),
        ("a temporary child's exits do not count", "all/0 a:temporary b", "crash a", "a."),
        ("a transient child's normal exits do not count", "all/0 a:transient b", "exit a", "a."),
        ("a permanent child's normal exits do", "all/0 a b", "exit a", "-b root! a! b!"),
    ]);
}

/// [principles] "Maximum Restart Intensity": when a supervisor terminates, the one above either
/// restarts it or terminates itself. [man] `init/1`: a supervisor that starts gets its whole list
/// anew, and `intensity` is counted by that supervisor.
#[test]
fn escalation() {
    check(&[
        ("a restart of the group", "all/9 g=one/0( a b )", "crash a", "-b +a +b"),
        ("it is one exit for those above", "all/1 g=one/0( a b ) z", "crash a", "-b -z +a +b +z"),
        ("it counts", "all/1 g=one/0( a )", "crash a, crash a", "+a root! g! a!"),
        ("two levels", "all/1 f=one/0( g=one/0( a b ) c ) z", "crash a", "-b -c -z +a +b +c +z"),
        (
            "two levels, to the end",
            "all/0 f=one/0( g=one/0( a b ) c ) z",
            "crash a",
            "-b -c -z root! f! g! a! b! c! z!",
        ),
        (
            "a restarted group counts anew",
            "all/9 g=one/1( a )",
            "crash a, crash a, crash a",
            "+a +a +a",
        ),
        (
            "the product of both, MaxR 1 and 1",
            "all/1 g=all/1( a )",
            "crash a, crash a, crash a, crash a",
            "+a +a +a root! g! a!",
        ),
        (
            "groups are stopped by those beside them",
            "rest/9 a g=one/9( x y )",
            "crash a",
            "-y -x +a +x +y",
        ),
        (
            "those below a stopped group do not exit",
            "all/1 g=one/0( x y ) a",
            "crash a",
            "-y -x +x +y +a",
        ),
    ]);
}

/// [man] "Restart intensity and period": the reason is `shutdown`; "Child specification": after
/// that one, a transient child is not restarted.
#[test]
fn a_transient_group_that_gave_up_is_not_restarted() {
    check(&[
        ("transient", "all/9 g:transient=one/0( a b ) z", "crash a", "-b g! a! b!"),
        ("temporary", "all/9 g:temporary=one/0( a b ) z", "crash a", "-b g! a! b!"),
        ("permanent", "all/9 g:permanent=one/0( a b ) z", "crash a", "-b -z +a +b +z"),
    ]);
}

/// [man] `init/1`: the list of a supervisor that starts again is its whole one; [principles]
/// "Adding a Child Process": what was added later is lost. (Ours that are not temporary stay.)
#[test]
fn a_restarted_group_starts_its_temporary_children_too() {
    check(&[
        ("running", "all/9 g=one/0( a t:temporary )", "crash a", "-t +a +t"),
        ("ended", "all/9 g=one/0( a t:temporary )", "exit t, crash a", "t. +a +t"),
        ("from above", "rest/9 z g=one/9( a t:temporary )", "exit t, crash z", "t. -a +z +a +t"),
    ]);
}

/// [man] `start_link/3`: if a child fails to start, those started before it are terminated and
/// the supervisor fails to start.
#[test]
fn a_failing_first_start_ends_the_group() {
    let rows = [
        ("all/9 a b c", "break b, start", "+a *b -a root! a! b! c!"),
        ("rest/9 a b c", "break b, start", "+a *b -a root! a! b! c!"),
        ("all/9 a g=one/9( x y ) c", "break y, start", "+a +x *y -x -a root! a! g! x! y! c!"),
    ];
    for (tree, steps, expected) in rows {
        assert_eq!(Driver::new(tree).run(steps), expected, "{tree}");
    }
}

/// OTP tries a restart again whose start function failed, and each try counts (`supervisor.erl`,
/// `try_again_restart`); a supervisor that fails to start is such a start function.
#[test]
fn a_failing_restart_counts_and_is_tried_again() {
    check(&[
        (
            "one-for-one",
            "all/0 g:temporary=one/3( a b )",
            "break a, crash a",
            "*a *a *a -b g! a! b!",
        ),
        (
            "one-for-all: those started before it stop again",
            "all/2 a b c",
            "break b, crash a",
            "-c -b +a *b -a +a *b -a root! a! b! c!",
        ),
        (
            "rest-for-one: those before it stay up",
            "rest/2 a b c d",
            "break c, crash b",
            "-d -c +b *c *c -b -a root! a! b! c! d!",
        ),
        (
            "a group within: its start fails as a whole",
            "all/2 a g=one/9( x y )",
            "break y, crash a",
            "-y -x +a +x *y -x -a +a +x *y -x -a root! a! g! x! y!",
        ),
        (
            "a group below one-for-one",
            "all/0 f:temporary=one/2( g=one/0( x y ) z )",
            "break y, crash x",
            "-y +x *y -x +x *y -x -z f! g! x! y! z!",
        ),
    ]);
}

/// [man] `terminate_child/2`, `restart_child/2`, `delete_child/2`; [principles] "Stopping a Child
/// Process".
#[test]
fn what_the_operator_stops_is_no_exit() {
    check(&[
        ("one-for-one", "all/0 g=one/0( a b )", "stop a", "-a a."),
        ("no sibling notices", "all/0 a b c", "stop b", "-b b."),
        ("rest-for-one", "rest/0 a b c", "stop a", "-a a."),
        ("it can be started again", "all/0 a b", "stop a, start a", "-a a. +a"),
        (
            "restarted by hand, it does not count",
            "all/0 a b",
            "restart a, restart a",
            "-a +a -a +a",
        ),
        ("the supervisor may start it later", "all/9 a b", "stop a, crash b", "-a a. +a +b"),
        ("not what was deleted", "all/9 a b", "remove a, crash b", "-a a. +b"),
        ("a group, in the reverse order", "all/0 g=one/0( a b ) z", "stop g", "-b -a g. a. b."),
        ("a group, again", "all/0 g=one/0( a b ) z", "stop g, start g", "-b -a g. a. b. +a +b"),
    ]);
}
