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
		if !r.concerns(p, verb) {
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

// allowed is the filter of the documents on which p may do verb: by the rules and, for an API
// key, within its scope.
func (s *Spec) allowed(p Principal, verb Verb, now time.Time) Filter {
	if !p.scope.holds(s.Type, verb) {
		return None
	}
	return allowed(s.Rules, p, verb, now)
}

// concerns reports whether the rule can allow p the verb on any document.
func (r Rule) concerns(p Principal, verb Verb) bool {
	return r.Verbs&verb != 0 && (r.Role == "" || p.Role.AtLeast(r.Role)) && (r.Owner == "" || p.SignedIn())
}

// Right is how far somebody may go: on how many documents of a type, whatever is
// stored. It tells an interface what to offer; each document is judged by itself.
type Right uint8

// The rights, least first.
const (
	RightNone Right = iota // on none
	RightOwn               // on their own
	RightSome              // on those that a condition matches
	RightAll               // on all
)

// Right is how far p may go with verb.
func (s Spec) Right(p Principal, verb Verb) Right {
	if !p.scope.holds(s.Type, verb) {
		return RightNone
	}
	return right(s.Rules, p, verb)
}

// Right is how far p may go with verb on the field, among the documents on which it
// has that right.
func (a Attribute) Right(p Principal, verb Verb) Right {
	if len(a.Guard) == 0 {
		return RightAll
	}
	return right(a.Guard, p, verb)
}

func right(rules []Rule, p Principal, verb Verb) Right {
	if p.system {
		return RightAll
	}
	most := RightNone
	for _, r := range rules {
		switch {
		case !r.concerns(p, verb) || r.Where.Op == OpNone:
		case r.Owner != "":
			most = max(most, RightOwn)
		case r.Where.Op != OpAll:
			most = max(most, RightSome)
		default:
			most = RightAll
		}
	}
	return most
}
