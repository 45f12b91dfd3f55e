package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// from is the context of a client at an address.
func from(t *testing.T, address string) context.Context {
	return core.WithClient(t.Context(), core.Client{Address: address})
}

// The account that is attacked, and its password.
const (
	adas    = "ada@example.org"
	correct = "correct horse"
)

// paused is a world whose clock stands still between the steps that tests make.
type paused struct {
	*world
	ada    string // her id
	offset *atomic.Int64
}

// newPaused has the account of ada.
func newPaused(t *testing.T) paused {
	w, offset := frozen(t)
	return paused{w, core.PrincipalOf(w.as(t, "ada", core.Member)).UserID, offset}
}

// signIn signs ada in.
func (w paused) signIn(t *testing.T, address string, tokens ...string) (core.Tokens, error) {
	_, got, err := w.Sessions.SignIn(from(t, address), adas, correct, tokens...)
	return got, err
}

// judged tries a wrong password, and reports whether it was judged: others are refused
// unseen.
func (w paused) judged(t *testing.T, address, email string, tokens ...string) bool {
	t.Helper()
	_, _, err := w.Sessions.SignIn(from(t, address), email, "a wrong password", tokens...)
	if !core.Is(err, core.InvalidCredentials) && !core.Is(err, core.RateLimited) {
		t.Errorf("a wrong password of %.20s from %s: %v", email, address, err)
	}
	return core.Is(err, core.InvalidCredentials)
}

// attackers try wrong passwords of ada, and record which of them were judged.
type attackers struct {
	paused
	t  *testing.T
	at []time.Duration            // when one was judged
	by map[string][]time.Duration // the same by address
}

func (w paused) attackers(t *testing.T) *attackers {
	return &attackers{w, t, nil, map[string][]time.Duration{}}
}

func (a *attackers) try(address string) {
	a.t.Helper()
	if a.judged(a.t, address, adas) {
		now := time.Duration(a.offset.Load())
		a.at, a.by[address] = append(a.at, now), append(a.by[address], now)
	}
}

// most is how many of them lie within one hour.
func most(at []time.Duration) (n int) {
	for i := range at {
		for j := i; j < len(at) && at[j]-at[i] < time.Hour; j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// A thousand wrong passwords an hour from fifty addresses: no more than 20 are judged
// of one address and 100 in all, in any hour, and the owner signs in with the first
// try from a known device, though it shares an attacker's address, and from an
// address that was never seen.
func TestNobodyLocksOut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	networks := map[string]func(i int) string{
		"IPv4":          func(i int) string { return fmt.Sprintf("192.0.2.%d", i) },
		"IPv6":          func(i int) string { return fmt.Sprintf("2001:db8:0:%x::1", i) },
		"IPv6, a /64":   func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }, // one network
		"one after one": func(i int) string { return fmt.Sprintf("198.51.100.%d", i) },
	}
	for name, address := range networks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPaused(t)
			tokens, err := w.signIn(t, "203.0.113.1")
			if err != nil {
				t.Fatal(err)
			}
			a := w.attackers(t)
			for hour := range 2 {
				const parts = 4
				for part := range parts {
					for k := range 1000 / parts {
						i := k % 50
						if name == "one after one" {
							i = (part*1000/parts + k) / 20
						}
						a.try(address(i))
					}
					if _, err := w.signIn(t, address(1), tokens.DeviceToken); err != nil {
						t.Errorf("hour %d, the known device: %v", hour, err)
					}
					fresh := fmt.Sprintf("203.0.113.%d", 2+parts*hour+part)
					if strings.Contains(address(0), ":") {
						fresh = fmt.Sprintf("2001:db8:1:%x::1", parts*hour+part)
					}
					if _, err := w.signIn(t, fresh); err != nil {
						t.Errorf("hour %d, a fresh address: %v", hour, err)
					}
					w.offset.Add(int64(time.Hour / parts))
				}
			}
			if n := most(a.at); n > 100 || n < 20 {
				t.Errorf("%d passwords were judged in an hour", n)
			}
			for address, at := range a.by {
				if n := most(at); n > 20 {
					t.Errorf("%d passwords of %s were judged in an hour", n, address)
				}
			}
		})
	}
}

// What one customer of a provider has of IPv6 counts as few networks: it cannot use up
// the first tries that are kept for others, nor all of the further ones.
func TestOneCustomerDelaysNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	w := newPaused(t)
	a := w.attackers(t)
	for i := range 200 {
		a.try(fmt.Sprintf("2001:db8:1:%x::1", i))
	}
	if n := len(a.at); n > 22 {
		t.Errorf("%d passwords of one /48 were judged", n)
	}
	for _, fresh := range []string{"2001:db8:2::1", "203.0.113.1"} {
		if !w.judged(t, fresh, adas) { // the owner's finger slips
			t.Errorf("the first try from %s was not judged", fresh)
		}
		if _, err := w.signIn(t, fresh); err != nil {
			t.Errorf("the second try from %s: %v", fresh, err)
		}
	}
}

// Who tries from one address keeps nobody at another from any of their tries.
func TestOneAddressDelaysNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	w := newPaused(t)
	a := w.attackers(t)
	for range 50 {
		a.try("192.0.2.1")
	}
	for range 50 { // the owner does not remember
		a.try("192.0.2.2")
	}
	if one, other := len(a.by["192.0.2.1"]), len(a.by["192.0.2.2"]); one != 20 || other != 20 {
		t.Errorf("%d and %d were judged, not 20 each", one, other)
	}
	_, err := w.signIn(t, "192.0.2.2")
	var limited *core.Error
	if !errors.As(err, &limited) || limited.Code != core.RateLimited || limited.RetryAfter != time.Hour {
		t.Fatalf("the 21st try: %v", err)
	}
	w.offset.Add(int64(limited.RetryAfter))
	if _, err := w.signIn(t, "192.0.2.2"); err != nil {
		t.Errorf("when the wait is over: %v", err)
	}
}

// Tries at once are no more than tries in turn, right passwords are not counted, and
// an address without an account is refused like one that has one.
func TestGuessesAreCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	w := newPaused(t)
	for _, email := range []string{adas, "nobody@example.org", strings.Repeat("x", 1<<16)} {
		before := w.HashRuns()
		var judged atomic.Int64
		try := func() bool {
			if !w.judged(t, "192.0.2.1", email) {
				return false
			}
			judged.Add(1)
			return true
		}
		var wait sync.WaitGroup
		for range 40 {
			wait.Go(func() { try() })
		}
		wait.Wait()
		for try() { // in place of those that waited too long for a worker
		}
		if runs := w.HashRuns() - before; judged.Load() != 20 || runs != 20 {
			t.Errorf("%.20s: %d judged in %d runs", email, judged.Load(), runs)
		}
		w.offset.Add(int64(10 * time.Minute))
	}
	for range 30 {
		if _, err := w.signIn(t, "192.0.2.2"); err != nil {
			t.Fatalf("a right password: %v", err)
		}
	}
}

// What strangers type as an address takes no more memory than a short one.
func TestGuessKeysAreShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := core.WithClient(t.Context(), core.Client{Address: "192.0.2.1"})
	for i := range 3 {
		if _, _, err := w.Sessions.SignIn(ctx, strings.Repeat(string(rune('a'+i)), 1<<20)+"@example.org", "wrong password"); err == nil {
			t.Fatal("signed in")
		}
	}
	keys := w.GuessKeys()
	if len(keys) == 0 {
		t.Error("nothing is counted")
	}
	for _, key := range keys {
		if len(key) > 64 {
			t.Errorf("a key of %d bytes", len(key))
		}
	}
}

// A device is known to the account that signed in on it, as long as its token is
// good, and has tries of its own.
func TestKnownDevices(t *testing.T) {
	t.Parallel()
	w := newPaused(t)
	w.as(t, "bob", core.Member)
	good := func() core.Tokens {
		t.Helper()
		got, err := w.signIn(t, "203.0.113.1")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := good()
	_, bobs, err := w.Sessions.SignIn(from(t, "203.0.113.1"), "bob@example.org", correct)
	if err != nil {
		t.Fatal(err)
	}
	a := w.attackers(t)
	close := func() { // nobody gets in at this address
		for range 20 {
			a.try("192.0.2.1")
		}
	}
	known := func(token string) bool {
		t.Helper()
		close()
		_, err := w.signIn(t, "192.0.2.1", token)
		if err != nil && !core.Is(err, core.RateLimited) {
			t.Fatal(err)
		}
		return err == nil
	}
	parts := strings.Split(first.DeviceToken, ".")
	for name, token := range map[string]string{
		"none": "", "another account's": bobs.DeviceToken, "cut": first.DeviceToken[:len(first.DeviceToken)-2], "a refresh token": first.RefreshToken,
		"another device": "x" + first.DeviceToken, "longer": parts[0] + ".99999999999." + parts[2], "long": strings.Repeat("x", 1<<20), "dots": "..",
	} {
		if known(token) {
			t.Errorf("known by %s", name)
		}
	}
	if !known(first.DeviceToken) {
		t.Fatal("not known")
	}
	if _, err := w.signIn(t, "192.0.2.1", "x", bobs.DeviceToken, first.DeviceToken); err != nil {
		t.Errorf("not known among others: %v", err)
	}
	again, err := w.signIn(t, "192.0.2.1", first.DeviceToken)
	if err != nil || strings.Split(again.DeviceToken, ".")[0] != parts[0] {
		t.Errorf("the device has another name: %v", err)
	}

	// A lost device has its tries, and no more.
	judged := 0
	for i := range 100 {
		if w.judged(t, fmt.Sprintf("192.0.2.%d", i), adas, first.DeviceToken) {
			judged++
		}
	}
	if judged != 20 || known(first.DeviceToken) {
		t.Errorf("a device had %d tries", judged)
	}
	w.offset.Add(int64(time.Hour))

	// Refreshing renews the token; it ends after 400 days.
	w.offset.Add(int64(20 * 24 * time.Hour))
	_, renewed, err := w.Sessions.Refresh(from(t, "203.0.113.1"), again.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	w.offset.Add(int64(380*24*time.Hour + time.Second))
	if known(first.DeviceToken) || !known(renewed.DeviceToken) {
		t.Error("not good for 400 days")
	}

	// Signing out everywhere, a suspension and a new password make devices unknown.
	w.offset.Add(int64(time.Hour))
	owner := func(tokens core.Tokens) context.Context {
		p, err := w.Sessions.Authenticate(t.Context(), tokens.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		return core.WithPrincipal(t.Context(), p)
	}
	tokens := good()
	if _, err := w.Sessions.SignOut(owner(tokens), "", false); err != nil || !known(tokens.DeviceToken) {
		t.Errorf("after signing out: %v", err)
	}
	tokens = good()
	if _, err := w.Sessions.SignOut(owner(tokens), "", true); err != nil || known(tokens.DeviceToken) {
		t.Errorf("after signing out everywhere: %v", err)
	}
	tokens = good()
	for _, change := range []func(context.Context, string, *int64) (*core.User, error){w.Users.Suspend, w.Users.Unsuspend} {
		if _, err := change(core.AsSystem(t.Context()), w.ada, nil); err != nil {
			t.Fatal(err)
		}
	}
	if known(tokens.DeviceToken) {
		t.Error("after a suspension")
	}
	tokens = good()
	_, device, err := w.Sessions.ChangePassword(owner(tokens), correct, "another horse")
	if err != nil {
		t.Fatal(err)
	}
	close()
	for token, want := range map[string]bool{tokens.DeviceToken: false, device: true} {
		if _, _, err := w.Sessions.SignIn(from(t, "192.0.2.1"), adas, "another horse", token); (err == nil) != want {
			t.Errorf("after a new password: %v, want known %v", err, want)
		}
	}
}
