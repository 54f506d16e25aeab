use airssys_wasm::ComponentId;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};

/// A message that is given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) kind: Kind,
    pub(crate) target: ComponentId,
    pub(crate) text: String,
}

/// Whether an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Send,
    Request,
}

/// The values of `--send` and `--request`, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllOutgoing(pub(crate) Vec<Outgoing>);

impl Kind {
    const ALL: [Self; 2] = [Self::Send, Self::Request];

    /// The option, as it is written on the command line.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Send => "--send",
            Self::Request => "--request",
        }
    }

    fn name(self) -> &'static str {
        self.option().trim_start_matches('-')
    }

    fn help(self) -> &'static str {
        match self {
            Self::Send => "Send TEXT to the component ID; repeatable",
            Self::Request => "Send TEXT to the component ID and print its response; repeatable",
        }
    }
}

impl clap::Args for AllOutgoing {
    fn augment_args(command: Command) -> Command {
        command.args(Kind::ALL.map(|kind| {
            Arg::new(kind.name())
                .long(kind.name())
                .value_name("ID=TEXT")
                .help(kind.help())
                .action(ArgAction::Append)
                .value_parser(parse)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AllOutgoing {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut all = Self::default();
        all.update_from_arg_matches(matches)?;
        Ok(all)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let mut placed = Vec::new();
        for kind in Kind::ALL {
            let places = matches.indices_of(kind.name()).into_iter().flatten();
            let values = matches
                .try_get_many::<(ComponentId, String)>(kind.name())
                .map_err(|error| Error::raw(ErrorKind::ValueValidation, error))?;
            placed.extend(places.zip(values.into_iter().flatten()).map(
                |(place, (target, text))| {
                    (place, Outgoing { kind, target: target.clone(), text: text.clone() })
                },
            ));
        }
        placed.sort_by_key(|(place, _)| *place);
        self.0.extend(placed.into_iter().map(|(_, outgoing)| outgoing));
        Ok(())
    }
}

fn parse(value: &str) -> Result<(ComponentId, String), String> {
    let (id, text) = value
        .split_once('=')
        .ok_or("there is no `=` in it; write a component id, `=` and the message")?;
    let id = id.parse().map_err(|error| format!("{id:?} is no component id: {error}"))?;
    Ok((id, text.to_owned()))
}
