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
// # Whom a login opens
//
//   - A user id beats an email: the profile with this user id, whatever the email.
//     Case counts, up to 750 characters, and one with spaces around it is refused.
//   - A user id that is new takes along the profile that has no user id and whose
//     proven address this is; else it begins a profile.
//   - An email without user id opens the profile that has no user id and whose proven
//     address it is, whatever its case; else it begins a profile.
//   - So an email never opens the profile of a user id, whoever proves it.
//   - A login by user id with another email moves the proven address. A profile without
//     user id that has that address already stays apart, with its own history; staff
//     may merge the two.
//   - A claim opens nobody.
//
// # What was written before
//
// What an anonymous end user wrote before stays with the device, and is there
// again after logout; or it becomes his who logs in; or it is left to staff:
// [AnonymousPolicy], which a visit brings along. [Service.MergeEndUsers] does for
// staff what a login does. The one who was merged is an alias then, which whatever
// looks an end user up follows; messages and events keep his id ([Service.Aliases]),
// and his devices are logged out.
//
// [Service.LogoutEverywhere] ends an end user's logins on all of his devices.
//
// An end user's language is what the login or the Directory says, else that of the
// device where he was first seen. What is detected of a text belongs to the ticket.
//
// # Directory
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
// # Privacy
//
// [Service.Export] writes all that the desk knows of an end user as JSON, and
// [Service.Archive] a zip with his files. [Service.Erase] removes it: his profile at
// once, and by a job what he wrote and what was written about him, in every
// collection, in events, jobs, files and the index of tickets; [Service.Erasure] tells
// how far it is. A message or a ticket stays as an empty one, so that figures and the
// numbers of messages stay. Each collection says whose data it holds and how that is
// found (store.Collection); a test plants marks in each and looks for them, byte by
// byte.
//
// What is erased is in no document any more. The bytes of files may hold it until
// [github.com/frontdesk-go/frontdesk.Desk.Compact] has written them anew. Out of reach
// are backups, copies and exports that were made before, the write-ahead log, the logs
// and the standbys of a database, what a Pusher or a hook has passed on, and what a
// file system keeps of a file that was deleted. Out of reach, too, is what staff wrote
// of him where nobody looks for it: in the filter of a view, in a quick reply, on
// another one's ticket, in the list of people in copy there, in the name of a tag. A
// ban of him goes on without its value and reason, by a hash of the value, from
// which who knows a value can tell whether it is the one. What somebody did on a device
// without being logged in is another end user's, unless the two were merged.
//
// # Full privacy
//
// Of an end user under full privacy, a child say, name, addresses, telephone numbers and
// further identities are refused whoever sends them, and go if they are known already:
// from devices and the host's directory with a warning, from [Service.Save] with an
// error. An app, a device ([Visit]), the host ([Profile]) or staff ([Service.SetPrivate])
// puts him there, and only staff takes him out. Merged into another end user, he takes
// that one along. User id, language, attributes, organisation and the notes of staff stay.
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
// Every service method that names an agent as its actor asks [Service.Authorize]. The
// matrix of permissions is data ([Role.Grant]): a role has a permission always, never,
// in the teams that he leads, or if the desk has switched it on ([Access]); a team may
// switch it off for its members. [Team.Sees] and [RoleAccess.Sees] say which tickets
// somebody sees; what he doesn't is store.ErrNotFound to him, and missing in lists,
// counts and searches.
//
// Groups, tags and bans belong to a team or to the desk: supervisors look after those
// of their teams, and nobody leads one that is archived. They change roles there, too,
// up to their own ([Service.SetRole]).
//
// Staff comes by invitation: [Service.Invite] gives a token for the host's mail, which
// lets one person in, once, as an agent ([Service.AcceptInvitation]). Who leaves is
// deactivated ([Service.Deactivate]), and hands his tickets over. Of what agents are
// told is theirs to say ([Service.Mute]); package ticket tells them.
//
// Programs of the host's act by API keys ([Service.AddKey]): what [Key.Actor] names may
// do what the key was given, at the moment of each act, and don't see what is an
// agent's own, as his views and quick replies.
//
// # Audit
//
// [Service.Audit] tells who of staff, and which of the host's programs, changed, looked
// at or was refused what. Changes are events; the rest is stored within a second, by
// [Service.Run]. An erasure takes away what people wrote, and leaves who did what.
package identity
