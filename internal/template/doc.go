// Package template fills placeholders in texts that staff write: quick replies,
// what bots and automations say, mails.
//
//	t, err := template.Parse("Hi {{user.name | there}}, about {{ticket.number}}: it's done.")
//	text, err := t.Render(template.Text, func(name string) string { return values[name] })
//
// A placeholder is a name between double braces. Behind a bar stands what is
// written where the name has no value; without one, a name that has no value is an
// [*UnresolvedError], which lists all of them. Single braces are text. Double
// braces that are meant as text have a backslash before them: \{{ is {{, and \\{{
// is a backslash before a placeholder. A backslash elsewhere is just that.
//
// [Choose] finds the variant of a text that serves a reader best.
//
// # Caveats
//
// [HTML] escapes values, so that they bring no markup. A value in a link's address
// may still be a bad address: sanitise what was rendered, and not only what was
// written.
package template
