package core

import "time"

// Verb is a set of operations on documents.
type Verb uint8

// The verbs.
const (
	Create Verb = 1 << iota
	Read
	Update
	Delete
	AnyVerb = Create | Read | Update | Delete
)

// Rule allows some callers some verbs on some documents. All parts must hold;
// the rules of one type are joined by OR.
type Rule struct {
	Verbs Verb
	// Role is the least role the caller must have; empty: anyone, visitors too.
	Role Role
	// Owner names the field that must hold the caller's id; it shuts visitors out.
	Owner string
	// Where must match the document; it may use [Now].
	Where Filter
}

// allowed compiles rules into the filter of the documents on which p may do
// verb. It goes into the filter of every read and write.
func allowed(rules []Rule, p Principal, verb Verb, now time.Time) Filter {
	if p.system {
		return All
	}
	var any []Filter
	for _, r := range rules {
		if r.Verbs&verb == 0 || (r.Role != "" && !p.Role.AtLeast(r.Role)) || (r.Owner != "" && !p.SignedIn()) {
			continue
		}
		f := r.Where.at(now)
		if r.Owner != "" {
			f = And(Eq(r.Owner, p.UserID), f)
		}
		any = append(any, f)
	}
	return Or(any...)
}
