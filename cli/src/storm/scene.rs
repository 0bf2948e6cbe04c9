//! What a storm plays with: the plan, the sources that can be played here, whose key is whose, and the witness.

use webhook::destination::{Address, Destination, Endpoint};
use webhook::identity::Mode;
use webhook::letter::Reason;
use webhook::sources::{self, Source};

use super::plan::{Event, Plan};
use super::roster::Roster;
use super::witness::Witness;
use crate::{CliError, sample};

/// Shared by all who play a part.
#[derive(Debug)]
pub struct Scene {
    /// What happens.
    pub plan: Plan,
    /// The sources, as the plan numbers them.
    pub sources: Vec<Source>,
    /// The place of each event's first effect among those of all events.
    first_effects: Vec<u32>,
    /// Whose key is whose.
    pub roster: Roster,
    /// What took effect.
    pub witness: Witness,
}

impl Scene {
    /// The scene of a plan for these sources.
    pub fn new(plan: Plan, sources: Vec<Source>) -> Self {
        let mut count = 0;
        let first_effects = plan.events.iter().map(|event| {
            let first = count;
            // OK because a source has a handful of destinations.
            count += u32::try_from(sources[event.source].destinations.len()).unwrap_or(u32::MAX);
            first
        });
        let first_effects = first_effects.collect();
        let witness = Witness::new(count as usize);
        Scene { plan, sources, first_effects, roster: Roster::default(), witness }
    }

    /// The effect of an event at the destination of this name, or `None` where its source has no such.
    pub fn effect(&self, number: u32, name: &str) -> Option<u32> {
        let at = self.source(number).destinations.iter().position(|destination| destination.name() == name)?;
        Some(self.first_effects[number as usize] + u32::try_from(at).ok()?)
    }

    /// An event by its number.
    pub fn event(&self, number: u32) -> &Event {
        &self.plan.events[number as usize]
    }

    /// The source of an event.
    pub fn source(&self, number: u32) -> &Source {
        &self.sources[self.event(number).source]
    }

    /// Why an event must die, where it must.
    pub fn expected_reason(&self, number: u32) -> Option<Reason> {
        poison(self.source(number)).filter(|_| self.event(number).poison)
    }
}

/// Whether a source's events take effect at the receiver, perhaps among others.
pub fn is_outside(source: &Source) -> bool {
    source.destinations.iter().any(|destination| matches!(destination, Destination::Https(_)))
}

/// The content type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// Why a poison event of this source dies: its only receiver refuses it, or it is no JSON. A form always becomes
/// JSON, so that no form is poison for a table.
pub fn poison(source: &Source) -> Option<Reason> {
    if let [Destination::Https(_)] = &source.destinations[..] {
        return Some(Reason::DestinationRejected);
    }
    let is_form = sample::of(source.provider).is_some_and(|sample| sample.content_type.starts_with(FORM));
    (!is_form).then_some(Reason::ContractViolated)
}

/// The sources to play and the names of those that cannot be: a receiver of ours cannot stand where a URL is
/// written into `sources.toml`, and what a source's own scheme is sent is not known.
///
/// # Errors
/// When a source is asked for that there is not, or that cannot be played.
pub fn choose(all: Vec<Source>, names: &[String]) -> Result<(Vec<Source>, Vec<String>), CliError> {
    // Where each delivery is an event of its own, only the door knows which; and a plan counts on one event a delivery.
    let is_fixed = |destination: &Destination| {
        matches!(destination, Destination::Https(Endpoint { address: Address::Url(_), .. }))
    };
    let is_elsewhere = |source: &Source| {
        source.destinations.iter().any(is_fixed)
            || source.identity == Mode::Delivery
            || source.split.is_some()
            || source.provider.is_custom()
    };
    for name in names {
        let Some(source) = sources::by_name(&all, name) else {
            let there: Vec<&str> = all.iter().map(|source| source.name.as_str()).collect();
            let there = there.join(", ");
            return Err(CliError::Usage(format!("no source {name:?} in sources.toml, there are: {there}")));
        };
        if is_elsewhere(source) {
            let wrong = format!(
                "{name} cannot be played: it posts to a URL of sources.toml (expected \"env:NAME\" as its destination), or has no identity, or a split, or a scheme of its own"
            );
            return Err(CliError::Usage(wrong));
        }
    }
    let asked_for = |source: &Source| names.is_empty() || names.contains(&source.name);
    let (left_out, played): (Vec<Source>, Vec<Source>) = all.into_iter().filter(asked_for).partition(is_elsewhere);
    if played.is_empty() {
        return Err(CliError::Usage("no source of sources.toml can be played here".to_owned()));
    }
    Ok((played, left_out.into_iter().map(|source| source.name).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Source> {
        let row = |name: &str, provider: &str, destination: &str| {
            format!("[{name}]\nprovider = \"{provider}\"\nsecrets = [\"env:S\"]\ndestination = \"{destination}\"\n")
        };
        let text = [
            row("forms", "twilio", "table"),
            row("here", "github", "table"),
            row("posted", "twilio", "env:POSTED_URL"),
            row("there", "github", "https://example.com/"),
        ];
        sources::parse(&text.concat()).unwrap()
    }

    fn chosen(names: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let chosen = choose(all(), &names).map_err(|error| error.to_string());
        chosen.map(|(played, left_out)| (played.into_iter().map(|source| source.name).collect(), left_out))
    }

    #[test]
    fn a_source_that_posts_to_a_fixed_url_is_left_out_and_said_so() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(chosen(&[]), Ok((names(&["forms", "here", "posted"]), names(&["there"]))));
        assert_eq!(chosen(&["here"]), Ok((names(&["here"]), vec![])));
        assert!(chosen(&["there"]).unwrap_err().contains("posts to a URL"));
        assert!(chosen(&["nowhere"]).unwrap_err().contains("no source \"nowhere\""));
    }

    #[test]
    fn what_poison_dies_of_depends_on_where_it_takes_effect() {
        let reasons: Vec<Option<Reason>> = all()[..3].iter().map(poison).collect();
        assert_eq!(reasons, [None, Some(Reason::ContractViolated), Some(Reason::DestinationRejected)]);
    }
}
