//! The page as a whole, and its texts.

use std::fmt::Write;

use crate::curves::{self, Curve};
use crate::machine::Machine;
use crate::rivals::{OTHERS, System, TASKS};
use crate::rounds::Rounds;
use crate::spread::{Ns, Times};
use crate::targets::{TARGETS, Target};

/// `RESULTS.md`.
pub(crate) fn page(rounds: &Rounds, machine: &Machine) -> String {
    [
        head(rounds),
        section("The machine", &machine_table(machine)),
        section("Against our targets", &targets(rounds)),
        section("Against other systems", &others(rounds)),
        section("Against a plugin call", &plugin(rounds)),
        section("By size of the message", &curve(&curves::payload(), PAYLOAD, rounds)),
        section("By number of components", &curve(&curves::components(), COMPONENTS, rounds)),
        section("By cores", &curve(&curves::cores(), CORES, rounds)),
        section("What is compared", COMPARED),
        section("All of ours", &ours(rounds)),
        section("How to repeat it", REPEAT),
    ]
    .concat()
}

fn section(title: &str, body: &str) -> String {
    format!("\n## {title}\n\n{}\n", body.trim())
}

fn head(rounds: &Rounds) -> String {
    let (command, count) = (&rounds.command, rounds.count());
    let loads = rounds.loads.join("; ");
    let short = if command.contains("--quick") {
        "\nThis was a short run: it shows that everything can be measured, and no more than roughly\n\
         how much. Few samples were taken of each figure, and what is said of targets does not hold yet.\n"
    } else {
        ""
    };
    format!(
        "# What messages cost, here and elsewhere\n\n\
         Written after {command}. Every figure and plot\n\
         on this page is of that one run, and nothing that was measured is left out.\n{short}\n\
         Everything was measured {count} times over, one round after the other, each with all\n\
         systems in turn. A cell has the median of the rounds and in brackets the least and the\n\
         most. Within a round a figure is the median of its samples, and a ratio is to the other\n\
         figure of the same round.\n\n\
         The load of the machine before each round, as the kernel has it for 1, 5 and 15 minutes:\n\
         {loads}. On an idle machine it is near 0 before the first round and near 2 after that. What\n\
         is above that was others at work, and blurs every figure here.\n"
    )
}

fn machine_table(machine: &Machine) -> String {
    let lines = machine.lines.iter().map(|(what, value)| format!("| {what} | {value} |\n"));
    format!("| | |\n| --- | --- |\n{}", lines.collect::<String>())
}

fn targets(rounds: &Rounds) -> String {
    let lines: String = TARGETS.iter().map(|target: &Target| target.line(rounds)).collect();
    format!(
        "{TARGETS_TEXT}\n\n| what | figure | as a multiple of | ratio | target | |\n\
         | --- | --- | --- | ---: | ---: | --- |\n{lines}"
    )
}

fn others(rounds: &Rounds) -> String {
    let mut text = format!("{OTHERS_TEXT}\n");
    for (cores, name) in [(1, "one core"), (2, "two cores")] {
        writeln!(text, "\nOn {name}, nanoseconds for each:\n\n{}", costs(rounds, cores)).unwrap();
        for ours in [System::Components, System::Native] {
            let table = ratios(rounds, ours, cores);
            let ours = ours.name();
            writeln!(text, "\nOn {name}, our {ours} as a multiple of the other:\n\n{table}")
                .unwrap();
        }
    }
    text
}

fn costs(rounds: &Rounds, cores: usize) -> String {
    let systems = [System::Components, System::Native].into_iter().chain(OTHERS);
    let rows = systems.map(|system| {
        let cells = TASKS.iter().map(|task| {
            let ns = rounds.ns(&system.figure(task, cores));
            cell(ns.map(Ns))
        });
        let name = match system {
            System::Other { name, .. } => name.to_owned(),
            ours => format!("our {}", ours.name()),
        };
        row(name, cells)
    });
    format!("{}{}", table_head("", TASKS.iter().map(|task| task.name)), rows.collect::<String>())
}

fn ratios(rounds: &Rounds, ours: System, cores: usize) -> String {
    let rows = TASKS.iter().map(|task| {
        let cells = OTHERS.iter().map(|other| {
            let ratio = rounds.ratio(&ours.figure(task, cores), &other.figure(task, cores));
            cell(ratio.map(Times))
        });
        row(task.name.to_owned(), cells)
    });
    let head = table_head("", OTHERS.iter().map(|other| other.name()));
    format!("{head}{}", rows.collect::<String>())
}

fn plugin(rounds: &Rounds) -> String {
    const CALL: &str = "extism/plugin call, 64 bytes/1";
    let figures = [
        ("extism: one call of a plugin that does nothing", CALL),
        ("bare wasmtime: one call in, and from there one call out", "paths/floor/pair"),
        ("our components: one hop", "paths/hop/ping-pong"),
    ];
    let rows = figures.map(|(what, id)| {
        row(what.to_owned(), [cell(rounds.ns(id).map(Ns)), cell(rounds.ratio(id, CALL).map(Times))])
    });
    format!("{PLUGIN}\n\n{}{}", table_head("", ["ns", "as a multiple of extism's"]), rows.concat())
}

/// The text, the plot, and the table of the same.
fn curve(curve: &Curve, text: &str, rounds: &Rounds) -> String {
    let Curve { file, title, along, steps, lines } = curve;
    let rows = steps.iter().enumerate().map(|(at, step)| {
        let cells = lines.iter().map(|line| cell(rounds.ns(&line.ids[at]).map(Ns)));
        row((*step).to_owned(), cells)
    });
    let mut table = table_head(along, lines.iter().map(|line| line.name));
    table.extend(rows);
    let ratios = curve_ratios(curve, rounds);
    format!("{text}\n\n![{title}](plots/{file})\n\nNanoseconds:\n\n{table}\n{ratios}")
}

/// Our components as a multiple of each other line.
fn curve_ratios(curve: &Curve, rounds: &Rounds) -> String {
    let (ours, others): (Vec<_>, Vec<_>) =
        curve.lines.iter().partition(|line| line.name == System::Components.name());
    let rows = curve.steps.iter().enumerate().map(|(at, step)| {
        let ratio = |to: &str| ours.first().and_then(|ours| rounds.ratio(&ours.ids[at], to));
        let cells = others.iter().map(|other| cell(ratio(&other.ids[at]).map(Times)));
        row((*step).to_owned(), cells)
    });
    let mut table = table_head(curve.along, others.iter().map(|other| other.name));
    table.extend(rows);
    format!("Our components as a multiple of the other:\n\n{table}")
}

fn ours(rounds: &Rounds) -> String {
    let rows = rounds.ours().into_iter().map(|id| {
        let floor = rounds.ratio(id, "paths/floor/pair");
        row(format!("`{id}`"), [cell(rounds.ns(id).map(Ns)), cell(floor.map(Times))])
    });
    let head = table_head("figure", ["ns", "as a multiple of `paths/floor/pair`"]);
    format!("{OURS}\n\n{head}{}", rows.collect::<String>())
}

fn table_head<'a>(first: &str, others: impl IntoIterator<Item = &'a str>) -> String {
    let others: Vec<_> = others.into_iter().collect();
    let names: String = others.iter().map(|name| format!(" {name} |")).collect();
    format!("| {first} |{names}\n| --- |{}\n", " ---: |".repeat(others.len()))
}

fn row(first: String, cells: impl IntoIterator<Item = String>) -> String {
    let cells: String = cells.into_iter().map(|cell| format!(" {cell} |")).collect();
    format!("| {first} |{cells}\n")
}

fn cell(figure: Option<impl ToString>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| figure.to_string())
}

const TARGETS_TEXT: &str = "\
The floor is one bare call into the relay, in which it makes one bare call out, by wasmtime's
component model, set up as we set it up; `README.md` says what each figure is. Ours call the core
module in a component directly, where they can: so a whole hop may take less than the floor. A target
is met if the median of the ratios is within it.";

const OTHERS_TEXT: &str = "\
Below 1 ours is cheaper, above 1 the other. A dash is a figure that was not measured.

- **Components** are WebAssembly guests, isolated from each other and from the process: a message
  is copied out of one memory and into another, and each send is judged by grants, quotas and
  codecs, counted and traced.
- **Native actors** are our actors in plain Rust (`airssys-wasm-actor` alone), as those of kameo,
  ractor and actix are: nothing is isolated, and nothing judged.

**Tell** is a message of one that sends to one other as fast as it can, from the first send until
the last is handled. **Ask** is a question and its answer, one after the other. A **hop** is from
one send to the next, of a token that goes around; with 100 tokens at once there is work for all
cores.";

const PLUGIN: &str = "\
extism is no actor system: its host calls a plugin and waits. So it is held against the bare calls
and against a whole hop, all with 64 bytes. The plugin does not look at its input.";

const PAYLOAD: &str = "\
A hop copies the message out of one guest's memory and into the other's; the floor copies it in,
and reads it in place on the way out. Erlang copies messages up to 64 bytes, of which the count is
apart from the rest, and shares what is larger. Native actors are left out: they move a pointer,
whatever it points to. The plugin of extism is called once and does not look at the message, which
is copied in.

Ours bends twice. A message of up to 78 bytes lies in its envelope; a longer one has memory of its
own, which is allocated and freed: that is the step between 64 and 256 bytes. From some 4 KiB on it is
the copying, twice for a hop and once for the floor, and from there both grow with the size.";

const COMPONENTS: &str = "\
With one token in the ring only one component runs at a time, on one core. What grows is the memory
that is touched in turn: for bare instances and components alike, as each has its own.

Up to a hundred all of it stays in the core's own caches, and the line is flat. Of a thousand, what is
touched no longer does: each hop waits for some of it from the cache behind. Of ten thousand nearly all
is waited for, and where it lies has to be looked up as well: each guest's memory has 4 GiB of
addresses to itself, so that no two share a page of the tables that say where it is. *Dense*
(`SystemBuilder::dense`) puts them close together. Actors that are no guests have little memory each,
and bend late.";

const CORES: &str = "\
Cores are threads that run actors; they are not bound to cores. The less time, the more throughput:
half the time on two cores would be twice as much. The relays do next to nothing with a token, so
it is the passing on that is shared out. Two cores may do more than twice as much as one: each has
caches of its own, and half of the ring to keep in them.";

const COMPARED: &str = "\
All pass around 64 bytes, 8 of them a count, and do nothing else with them. Where one thing cannot
be the same everywhere, each does it in the way that its own documentation shows.

- **Bare wasmtime** calls and is called, no more: no queue, no scheduler, nobody to send to. It is
  the least that a system on top of it can take, not a rival.
- **Erlang/OTP** isolates its processes from each other's faults and shares out the time by
  counting reductions, as we do by slices. It trusts the code that it runs: any process can send to
  any other. `+S` says on how many cores; all else is as it comes. Tell is `!` in a loop, which
  nothing holds back but the scheduler. Ask is `gen_server:call`, which also monitors the server.
- **kameo, ractor, actix** isolate nothing and judge nothing. An actor that never awaits keeps its
  thread, and what corrupts memory takes all others with it. A message is moved, not copied out of
  anything. kameo and ractor run on tokio: with one core on its single-threaded runtime, which
  needs no wake-ups between threads, with two on the other with two threads.
- **kameo** has its default mailboxes of 64 messages, and waits for room. **ractor** and `do_send`
  of **actix** have no bounds, so there the source sends 64 messages for each of its own, as our
  source does; ours is also held back by the mailbox of the other, which holds 1,000.
- **actix** runs an actor where it was started. On two cores the two of a tell, an ask and a
  ping-pong have a thread each, so that each hop wakes a thread, and of a ring each has one half.
- **extism** makes each call on a plugin that was loaded before. Its version is the newest that
  builds with the Rust that we build with.
- Ours have two workers on two cores, and run next whom they make ready: a ping-pong may stay on
  one of them. So may those of Erlang and tokio.
- An ask of our native actors is a message with an address in it, to which the answer is sent as
  another: there is nothing more to ask with at that level.";

const OURS: &str = "\
Every figure of our benches, `bench/group/name`, with what it is a multiple of the floor; rings have
floors of their own.";

const REPEAT: &str = "\
```sh
benches/run                  # everything, five rounds: about an hour with the builds
benches/run --quick          # two short rounds: does it all work?
benches/run --rounds 3       # so many
```

It needs Rust with a C linker, and the network for crates.io. Erlang comes from Debian's
`erlang-base` where there is none, if it may install that; otherwise its columns stay empty. It
overwrites this page and `plots/`. The parts by themselves, each of which prints what it measured:

```sh
cargo bench -p airssys-wasm-benches                        # paths, curves, native
cargo bench -p airssys-wasm-actor
cd benches/rivals
cargo run --release --bin kameo -- 5 300                   # samples, milliseconds for each
cargo run --release --bin extism -- 5 300                  # so do ractor and actix
erlc erlang/rival.erl && erl -noshell +S 2 -run rival main 5 300
```";
