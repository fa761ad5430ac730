// Package identity knows people: end users with their devices, and staff.
//
// An end user is anonymous (known by a device) or known (by the host's user id,
// or an email). A page or an app begins with a visit, and brings the token that
// it got with each request:
//
//	session, err := people.Begin(ctx, identity.Visit{App: "default", Platform: "webchat", Device: secret})
//	session, err = people.Authenticate(ctx, session.Token)
//
// # Device secrets
//
// A device makes a random secret of its own and keeps it: it is the credential of
// an anonymous end user. The store holds its hash only. A visit that brings no
// login and no address for push writes nothing; the end user is stored with what
// he does first ([Service.Ensure]).
//
// # Login
//
// The host signs who its user is, under a secret of the app: either an HMAC-SHA256
// over user id, a line feed, and the lower-case email ([Sign]), or a JWT (HS256).
// What an HMAC doesn't cover, a name and a phone number, is taken as a claim.
// Two secrets are live while one is replaced by the next. A login that fails says
// why, and the device goes on as an anonymous end user.
//
// A user id beats an email: an email never opens the profile of another user id.
// What an anonymous end user wrote before stays with the device, and is there
// again after logout.
//
// A [Directory] of the host's supplies name, address, language, attributes and
// organisation of a user who logs in. It is asked after the signature was checked, and
// outside of transactions.
//
// # Claims
//
// A contact given without proof is a claim: it is shown as such, replies may go
// to it, and it opens nobody's history.
//
// # Bans
//
// [Service.Ban] keeps somebody from writing, by end user, user id, address, domain,
// IP address or network. Package ticket asks [Service.Sender] with each message, and
// keeps what a banned end user wrote in a list ([Service.Withheld]) for 30 days. A
// ban by address holds for proven and claimed ones, and while it does its end user
// can't claim another one. Who logs out, or takes another device, is another end
// user: that is what bans by network are for.
//
// # Staff
//
// Every service method that names an agent as its actor asks [Service.Authorize].
package identity
