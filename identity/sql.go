package identity

import "github.com/frontdesk-go/frontdesk/store/driver"

// What a store over SQL shows of people to those who read the database itself.
// Notes, bans and devices aren't there.
var (
	endUserView = driver.SQLView{
		Name: "end_users",
		Doc:  "One row for each customer, as far as the desk knows him.",
		Columns: []driver.SQLColumn{
			{Name: "id", Doc: "Id, as tickets and messages name it."},
			{Name: "user_id", Path: "user_id", Doc: "The host's id of its user; null: none is known."},
			{Name: "name", Path: "name", Doc: "Name; null if it isn't known, or after an erasure."},
			{Name: "email", Path: "email.value", Doc: "Email address."},
			{Name: "email_proven", Path: "email.proven", Kind: driver.SQLBool, Doc: "Whether the host or the customer has proven it; otherwise it is a claim."},
			{Name: "language", Path: "language", Doc: "Language tag."},
			{Name: "attributes", Path: "attributes", Kind: driver.SQLJSON, Doc: "List of what the host says of him, each with its key and value; null is none."},
			{Name: "erased", Path: "erased", Kind: driver.SQLBool, Doc: "Whether his data was erased."},
			{Name: "created", Path: "created", Kind: driver.SQLTime, Doc: "When the desk first kept him."},
			{Name: "updated", Path: "updated", Kind: driver.SQLTime, Doc: "When anything about him last changed."},
			{Name: "organisation", Path: "organisation", Doc: "Id of the organisation that he belongs to; null is none."},
			{Name: "merged", Path: "merged", Doc: "Id of the customer who has taken over all that was his; null: nobody."},
			{Name: "private", Path: "private", Kind: driver.SQLBool, Doc: "Whether he is under full privacy; null is no."},
		},
	}
	groupView = driver.SQLView{
		Name: "groups",
		Doc:  "One row for each group of staff, archived ones included.",
		Columns: []driver.SQLColumn{
			{Name: "id", Doc: "Id, as tickets and agents name it."},
			{Name: "name", Path: "name", Doc: "Name."},
			{Name: "archived", Path: "archived", Kind: driver.SQLBool, Doc: "Whether nothing can be given to it any more."},
			{Name: "created", Path: "created", Kind: driver.SQLTime, Doc: "When it was made."},
		},
	}
)
