//! The environments that the configuration names: does each ask Holdpoint before anything is deployed to it?

use super::findings::Findings;
use super::repository::{MAX_BRANCHES, RepositoryCheck, is_glob};
use crate::checklist::globs::Globs;
use crate::config::Config;
use crate::github::repo::Repo;
use std::collections::BTreeSet;

impl RepositoryCheck<'_> {
    /// Each environment that a checklist gates.
    pub(super) async fn environments(&self, repo: &Repo, about: &str, config: &Config, findings: &mut Findings) {
        let patterns: BTreeSet<&String> =
            config.checklists.values().flat_map(|list| list.gate.environments.patterns()).collect();
        if patterns.is_empty() {
            return;
        }
        let found = match repo.environments().await {
            Ok(found) => found,
            Err(error) => return findings.failed(about, "list the environments", &error),
        };
        let (complete, names) = (found.is_complete(), found.known_part());
        let settings = format!("{}/{}/settings/environments", self.pages.github, repo.repository.name);
        let mut wanted = BTreeSet::new();
        for pattern in patterns {
            let Ok(glob) = Globs::caseless(vec![pattern.clone()]) else { continue };
            let matching: Vec<&String> = names.iter().filter(|name| glob.is_match(&name.to_lowercase())).collect();
            if matching.is_empty() && complete {
                let hint = format!("Make it on {settings}, or correct its name under `gate.environments`.");
                let message = format!("no environment is called `{pattern}`: no deployment waits for it");
                if is_glob(pattern) {
                    findings.warning(about, message, hint);
                } else {
                    findings.error(about, message, hint);
                }
            }
            wanted.extend(matching.into_iter().take(MAX_BRANCHES));
        }
        let (app, slug) = (&self.registration.name, &self.registration.slug);
        for name in wanted {
            match repo.rules_of(name).await {
                Ok(Some(rules)) if rules.iter().any(|rule| rule.enabled && rule.app == *slug) => {
                    findings.ok(about, format!("deployments to `{name}` ask {app} first"));
                }
                Ok(_) => {
                    let hint = format!(
                        "Choose it on {settings}, under \"Deployment protection rules\" of `{name}`. A private repository \
                         needs GitHub Enterprise for that."
                    );
                    findings.error(about, format!("deployments to `{name}` do not ask {app}: nothing waits"), hint);
                }
                Err(error) => findings.failed(about, &format!("read the protection rules of `{name}`"), &error),
            }
        }
    }
}
