//! Random programs: made from a seed ([`plan`]), run by several threads ([`drive`]) with bodies that check
//! what they see ([`body`]), judged when everything has ended ([`oracle`]).

pub mod body;
pub mod drive;
pub mod generate;
pub mod oracle;
pub mod plan;
pub mod run;
pub mod shrink;
