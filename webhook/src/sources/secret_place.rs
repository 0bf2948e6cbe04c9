//! Where a source's secrets lie: in a variable of the function, or in a parameter of SSM.

use serde::{Deserialize, Serialize};

/// Where a secret is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretPlace {
    /// In an environment variable, one secret a line.
    Env(String),
    /// In a parameter of SSM Parameter Store, one secret a line. The name may hold [`STAGE`].
    Ssm(String),
}

/// Stands for the stage in the name of a parameter, so that one build serves them all.
pub const STAGE: &str = "{stage}";

impl SecretPlace {
    /// The name of the parameter as this stage has it; `None` for a variable.
    pub fn parameter(&self, stage: &str) -> Option<String> {
        match self {
            SecretPlace::Env(_) => None,
            SecretPlace::Ssm(name) => Some(name.replace(STAGE, stage)),
        }
    }

    /// Whether it lies elsewhere in every stage.
    pub fn needs_stage(&self) -> bool {
        matches!(self, SecretPlace::Ssm(name) if name.contains(STAGE))
    }
}

/// Whether a stage's name may stand in the name of a parameter.
pub fn is_stage(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

fn fits(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// What a mistaken `ssm:` should have been.
#[cfg(feature = "toml")]
pub(super) const PARAMETER_EXPECTED: &str =
    "\"ssm:/PATH/NAME\" of letters, digits, '.', '-' and '_', with {stage} for the stage";

/// The name of a parameter in `ssm:NAME`: the whole path, as the role's policy and the call have to agree on it.
#[cfg(feature = "toml")]
pub(super) fn parameter(text: &str) -> Option<&str> {
    // Names below it are handed on to Secrets Manager (Systems Manager, "Referencing AWS Secrets Manager secrets from
    // Parameter Store parameters").
    const SECRETS_MANAGER: &str = "/aws/reference/secretsmanager/";
    // SSM's own limits: "PutParameter", the description of Name.
    const BYTES_MAX: usize = 900;
    const LEVELS_MAX: usize = 15;
    let name = text.strip_prefix("ssm:").filter(|name| name.len() <= BYTES_MAX)?;
    let own = name.strip_prefix(SECRETS_MANAGER).or_else(|| name.strip_prefix('/').filter(|own| !is_reserved(own)))?;
    let levels = || own.split('/').map(|level| level.replace(STAGE, "s"));
    (levels().count() <= LEVELS_MAX && levels().all(|level| !level.is_empty() && level.bytes().all(fits)))
        .then_some(name)
}

/// SSM keeps names that begin like this, in any case, for AWS.
#[cfg(feature = "toml")]
fn is_reserved(own: &str) -> bool {
    let start = own.get(..3).unwrap_or_default();
    start.eq_ignore_ascii_case("aws") || start.eq_ignore_ascii_case("ssm")
}

#[cfg(all(test, feature = "toml"))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parameter(text), expected, "{text}");
    }

    #[test]
    fn a_parameter_is_named_by_its_whole_path() {
        check("ssm:/tidegate/{stage}/stripe", Some("/tidegate/{stage}/stripe"));
        check("ssm:/tidegate-{stage}/Stripe_2.key", Some("/tidegate-{stage}/Stripe_2.key"));
        check("ssm:/one", Some("/one"));
        for wrong in ["ssm:", "ssm:/", "ssm:stripe", "ssm:/a/", "ssm://a", "ssm:/a//b", "ssm:/a b", "ssm:/a:3", "/a"] {
            check(wrong, None);
        }
        for wrong in ["ssm:/{Stage}/a", "ssm:/{stage/a", "ssm:/ä", "env:A"] {
            check(wrong, None);
        }
        check(&format!("ssm:/{}", ["a"; 15].join("/")), Some(&format!("/{}", ["a"; 15].join("/"))));
        check(&format!("ssm:/{}", ["a"; 16].join("/")), None);
        check(&format!("ssm:/{}", "a".repeat(900)), None);
    }

    #[test]
    fn names_that_ssm_keeps_for_aws_are_mistakes_but_for_the_way_to_secrets_manager() {
        check("ssm:/aws/reference/secretsmanager/stripe", Some("/aws/reference/secretsmanager/stripe"));
        check("ssm:/aws/reference/secretsmanager/{stage}/stripe", Some("/aws/reference/secretsmanager/{stage}/stripe"));
        for wrong in ["ssm:/aws/reference/secretsmanager/", "ssm:/aws/x", "ssm:/AWSome", "ssm:/ssm/x", "ssm:/Ssm"] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_stage_is_filled_in_wherever_it_stands() {
        let place = SecretPlace::Ssm("/{stage}/a-{stage}".into());
        assert!(place.needs_stage() && !SecretPlace::Ssm("/a".into()).needs_stage());
        assert_eq!(place.parameter("prod").as_deref(), Some("/prod/a-prod"));
        assert_eq!(SecretPlace::Env("A".into()).parameter("prod"), None);
        assert!(is_stage("prod-2.eu_1") && !is_stage("") && !is_stage("a/b") && !is_stage("{stage}"));
    }
}
