//! Who is calling, and whether they may.

use super::super::refused::Refused;
use super::super::repo::{Repo, Role};
use super::super::world::{Token, World, real_now};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

/// Who is calling.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    /// The App itself, by its JWT.
    App,
    /// The App on one account, by an installation token.
    Installation(Token),
    /// A person, by a token of their own (`ghp_` and the login).
    User(String),
}

#[derive(Deserialize)]
struct Claims {
    iss: serde_json::Value,
    iat: i64,
    exp: i64,
}

/// Reads the `Authorization` header.
pub(super) fn caller(world: &World, header: Option<&str>) -> Result<Caller, Refused> {
    let bad = || Refused::new(401, "Bad credentials");
    let header = header.ok_or_else(|| Refused::new(401, "Requires authentication"))?;
    let (scheme, token) = header.split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
        return Err(bad());
    }
    if let Some(login) = token.strip_prefix("ghp_") {
        return if world.users.contains_key(login) { Ok(Caller::User(login.to_owned())) } else { Err(bad()) };
    }
    if token.starts_with("ghs_") {
        let found = world.tokens.get(token).filter(|t| t.expires_at > real_now()).ok_or_else(bad)?;
        let installation = world.installations.get(&found.installation).ok_or_else(bad)?;
        if installation.suspended_at.is_some() {
            return Err(Refused::new(403, "This installation has been suspended"));
        }
        return Ok(Caller::Installation(found.clone()));
    }
    jwt(world, token).map(|()| Caller::App)
}

fn jwt(world: &World, token: &str) -> Result<(), Refused> {
    let undecodable = || Refused::new(401, "A JSON web token could not be decoded");
    let app = world.app()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_rsa_der(&app.public_key);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| undecodable())?.claims;
    let issuer = claims.iss.as_str().map_or_else(|| claims.iss.to_string(), str::to_owned);
    if issuer != app.id.to_string() && issuer != app.client_id {
        return Err(Refused::new(401, "'Issuer' claim ('iss') must be an Integer or the App's client ID"));
    }
    let now = real_now() + world.knobs.clock_ahead;
    if claims.iat > now + 5 {
        return Err(Refused::new(401, "'Issued at' claim ('iat') must be an Integer representing a time in the past"));
    }
    if claims.exp <= now {
        return Err(Refused::new(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ));
    }
    if claims.exp - now > 600 {
        return Err(Refused::new(401, "'Expiration time' claim ('exp') is too far in the future"));
    }
    Ok(())
}

fn rank(level: &str) -> u8 {
    match level {
        "read" => 1,
        "write" => 2,
        "admin" => 3,
        _ => 0,
    }
}

/// Whether the caller reaches the repository and has one of the permissions. The flag says whether a refusal is a fault of
/// the App's: asking for a repository that one cannot see is none.
pub(super) fn allowed(
    world: &World,
    caller: &Caller,
    repo: Option<&Repo>,
    any_of: &[(&str, &str)],
    write: bool,
) -> Result<(), (Refused, bool)> {
    match caller {
        Caller::App => Ok(()),
        Caller::User(login) => match repo {
            Some(repo) => {
                let least =
                    if write && any_of.iter().any(|(p, _)| *p == "contents") { Role::Write } else { Role::Read };
                world.require(repo, login, least).map_err(|refused| (refused, false))
            }
            None => Ok(()),
        },
        Caller::Installation(token) => {
            if let Some(repo) = repo {
                let installation = world.installations.get(&token.installation);
                let reached = installation.is_some_and(|i| i.reaches(repo));
                let narrowed = token.repositories.as_ref().is_none_or(|set| set.contains(&repo.id));
                let public_read = !repo.private && !write;
                if !(reached && narrowed) {
                    return if public_read && any_of.iter().all(|(_, level)| *level == "read") {
                        Ok(())
                    } else {
                        Err((Refused::not_found(), false))
                    };
                }
            }
            let has = |(name, level): &(&str, &str)| {
                token.permissions.get(*name).is_some_and(|given| rank(given) >= rank(level))
            };
            if any_of.is_empty() || any_of.iter().any(has) {
                return Ok(());
            }
            Err((Refused::new(403, "Resource not accessible by integration"), true))
        }
    }
}
