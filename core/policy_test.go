package core_test

import (
	"testing"

	"github.com/grapnel/grapnel/core"
)

// How far somebody may go follows from the rules alone.
func TestRight(t *testing.T) {
	t.Parallel()
	open := core.Eq("open", true)
	for _, c := range []struct {
		name                            string
		rules                           []core.Rule
		visitor, member, editor, system core.Right
	}{
		{"no rule", nil, core.RightNone, core.RightNone, core.RightNone, core.RightAll},
		{"everybody", []core.Rule{{Verbs: core.Read}}, core.RightAll, core.RightAll, core.RightAll, core.RightAll},
		{"another verb", []core.Rule{{Verbs: core.Update | core.Delete}}, core.RightNone, core.RightNone, core.RightNone, core.RightAll},
		{"a role", []core.Rule{{Verbs: core.AnyVerb, Role: core.Editor}}, core.RightNone, core.RightNone, core.RightAll, core.RightAll},
		{"owners", []core.Rule{{Verbs: core.Read, Owner: "ownerId"}}, core.RightNone, core.RightOwn, core.RightOwn, core.RightAll},
		{"a condition", []core.Rule{{Verbs: core.Read, Where: open}}, core.RightSome, core.RightSome, core.RightSome, core.RightAll},
		{"what never holds", []core.Rule{{Verbs: core.Read, Where: core.None}}, core.RightNone, core.RightNone, core.RightNone, core.RightAll},
		{"the most of several", []core.Rule{{Verbs: core.Read, Role: core.Editor}, {Verbs: core.Read, Owner: "ownerId"}, {Verbs: core.Read, Where: open}},
			core.RightSome, core.RightSome, core.RightAll, core.RightAll},
		{"owners under a condition", []core.Rule{{Verbs: core.Read, Owner: "ownerId", Role: core.Editor, Where: open}}, core.RightNone, core.RightNone, core.RightOwn, core.RightAll},
	} {
		for who, want := range map[core.Principal]core.Right{
			{}: c.visitor, {UserID: "user_1", Role: core.Member}: c.member, {UserID: "user_1", Role: core.Editor}: c.editor,
			core.PrincipalOf(core.AsSystem(t.Context())): c.system,
		} {
			if got := (core.Spec{Rules: c.rules}).Right(who, core.Read); got != want {
				t.Errorf("%s: %+v has %d, want %d", c.name, who, got, want)
			}
			guarded := core.Attribute{Guard: c.rules}
			if c.rules == nil {
				want = core.RightAll // no guard
			}
			if got := guarded.Right(who, core.Read); got != want {
				t.Errorf("%s, as a guard: %+v has %d, want %d", c.name, who, got, want)
			}
		}
	}
}
