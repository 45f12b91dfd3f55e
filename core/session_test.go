package core_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// frozen is a world whose clock moves by what is added to ahead, and not by itself.
func frozen(t testing.TB, with ...func(*core.Config)) (w *world, ahead *atomic.Int64) {
	t.Helper()
	start, ahead := core.Millis(time.Now()), new(atomic.Int64)
	clock := func(cfg *core.Config) {
		cfg.Now = func() time.Time { return start.Add(time.Duration(ahead.Load())) }
	}
	return newWorld(t, append([]func(*core.Config){clock}, with...)...), ahead
}

// What the schema says of refreshSession, to the millisecond: the token before the current
// one gives the current one for 30 seconds, and one from before it ends the session at once.
func TestRefreshWithinTheGrace(t *testing.T) {
	t.Parallel()
	w, ahead := frozen(t)
	w.as(t, "ada", core.Member)
	refresh := func(token string) (next string, err error) {
		_, tokens, err := w.Sessions.Refresh(t.Context(), token)
		return tokens.RefreshToken, err
	}
	gives := func(when, token, want string) {
		t.Helper()
		if got, err := refresh(token); err != nil || got != want {
			t.Errorf("%s: %q %v", when, got, err)
		}
	}
	ends := func(when, token, current string) {
		t.Helper()
		for _, token := range []string{token, current} {
			if _, err := refresh(token); !core.Is(err, core.Unauthenticated) {
				t.Errorf("%s: %v", when, err)
			}
		}
	}
	enter := func() (first, second string) {
		_, tokens, err := w.Sessions.SignIn(t.Context(), "ada@example.org", "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if second, err = refresh(tokens.RefreshToken); err != nil || second == tokens.RefreshToken {
			t.Fatalf("%q %v", second, err)
		}
		return tokens.RefreshToken, second
	}

	first, second := enter()
	gives("at once", first, second)
	ahead.Add(int64(30 * time.Second))
	gives("after 30 seconds", first, second)
	ahead.Add(int64(time.Millisecond))
	ends("a moment later", first, second)

	first, second = enter()
	third, err := refresh(second)
	if err != nil {
		t.Fatal(err)
	}
	gives("the one before", second, third)
	ends("the one before that, though it was current a moment ago", first, third)
}
