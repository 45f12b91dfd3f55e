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

// paused is a world whose clock stands still between the steps that tests make.
type paused struct {
	*world
	offset *atomic.Int64
}

func newPaused(t *testing.T) paused {
	var offset atomic.Int64
	start := time.Now()
	w := newWorld(t, func(c *core.Config) {
		c.Now = func() time.Time { return start.Add(time.Duration(offset.Load())) }
	})
	return paused{w, &offset}
}

// attackers try wrong passwords, and record which of them were judged.
type attackers struct {
	paused
	t      *testing.T
	email  string
	at     []time.Duration            // when one was judged
	judged map[string][]time.Duration // by address
}

func (a *attackers) try(address string) {
	a.t.Helper()
	_, _, err := a.Sessions.SignIn(from(a.t, address), a.email, "a wrong password")
	switch {
	case core.Is(err, core.InvalidCredentials):
		now := time.Duration(a.offset.Load())
		a.at, a.judged[address] = append(a.at, now), append(a.judged[address], now)
	case !core.Is(err, core.RateLimited):
		a.t.Fatalf("a wrong password from %s: %v", address, err)
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
			w.as(t, "ada", core.Member)
			const email, password = "ada@example.org", "correct horse"
			_, tokens, err := w.Sessions.SignIn(from(t, "203.0.113.1"), email, password)
			if err != nil {
				t.Fatal(err)
			}
			a := &attackers{w, t, email, nil, map[string][]time.Duration{}}
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
					if _, _, err := w.Sessions.SignIn(from(t, address(1)), email, password, tokens.DeviceToken); err != nil {
						t.Errorf("hour %d, the known device: %v", hour, err)
					}
					fresh := fmt.Sprintf("203.0.113.%d", 2+parts*hour+part)
					if strings.Contains(address(0), ":") {
						fresh = fmt.Sprintf("2001:db8:1:%x::1", parts*hour+part)
					}
					if _, _, err := w.Sessions.SignIn(from(t, fresh), email, password); err != nil {
						t.Errorf("hour %d, a fresh address: %v", hour, err)
					}
					w.offset.Add(int64(time.Hour / parts))
				}
			}
			if n := most(a.at); n > 100 || n < 20 {
				t.Errorf("%d passwords were judged in an hour", n)
			}
			for address, at := range a.judged {
				if n := most(at); n > 20 {
					t.Errorf("%d passwords of %s were judged in an hour", n, address)
				}
			}
		})
	}
}

// Who tries from one address keeps nobody at another from any of their tries.
func TestOneAddressDelaysNoOther(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	w := newPaused(t)
	w.as(t, "ada", core.Member)
	a := &attackers{w, t, "ada@example.org", nil, map[string][]time.Duration{}}
	for range 50 {
		a.try("192.0.2.1")
	}
	for range 50 { // the owner does not remember
		a.try("192.0.2.2")
	}
	if one, other := len(a.judged["192.0.2.1"]), len(a.judged["192.0.2.2"]); one != 20 || other != 20 {
		t.Errorf("%d and %d were judged, not 20 each", one, other)
	}
	_, _, err := w.Sessions.SignIn(from(t, "192.0.2.2"), "ada@example.org", "correct horse")
	var limited *core.Error
	if !errors.As(err, &limited) || limited.Code != core.RateLimited || limited.RetryAfter != time.Hour {
		t.Fatalf("the 21st try: %v", err)
	}
	w.offset.Add(int64(limited.RetryAfter))
	if _, _, err := w.Sessions.SignIn(from(t, "192.0.2.2"), "ada@example.org", "correct horse"); err != nil {
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
	w.as(t, "ada", core.Member)
	for _, email := range []string{"ada@example.org", "nobody@example.org", strings.Repeat("x", 1<<16)} {
		before := w.HashRuns()
		var judged atomic.Int64
		try := func() error {
			_, _, err := w.Sessions.SignIn(from(t, "192.0.2.1"), email, "a wrong password")
			switch {
			case core.Is(err, core.InvalidCredentials):
				judged.Add(1)
			case !core.Is(err, core.RateLimited):
				t.Errorf("%.20s: %v", email, err)
			}
			return err
		}
		var wait sync.WaitGroup
		for range 40 {
			wait.Go(func() { _ = try() })
		}
		wait.Wait()
		for core.Is(try(), core.InvalidCredentials) { // those that waited too long for a worker
		}
		if runs := w.HashRuns() - before; judged.Load() != 20 || runs != 20 {
			t.Errorf("%.20s: %d judged in %d runs", email, judged.Load(), runs)
		}
		w.offset.Add(int64(10 * time.Minute))
	}
	for range 30 {
		if _, _, err := w.Sessions.SignIn(from(t, "192.0.2.2"), "ada@example.org", "correct horse"); err != nil {
			t.Fatalf("a right password: %v", err)
		}
	}
}

// A device is known to the account that signed in on it, as long as its token is
// good, and has tries of its own.
func TestKnownDevices(t *testing.T) {
	t.Parallel()
	w := newPaused(t)
	ada := w.as(t, "ada", core.Member)
	w.as(t, "bob", core.Member)
	signIn := func(name, address, password string, tokens ...string) (core.Tokens, error) {
		_, got, err := w.Sessions.SignIn(from(t, address), name+"@example.org", password, tokens...)
		return got, err
	}
	good := func(name, password string) core.Tokens {
		t.Helper()
		got, err := signIn(name, "203.0.113.1", password)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first, bobs := good("ada", "correct horse"), good("bob", "correct horse")
	a := &attackers{w, t, "ada@example.org", nil, map[string][]time.Duration{}}
	close := func() { // nobody gets in at this address
		for range 20 {
			a.try("192.0.2.1")
		}
	}
	known := func(token string) bool {
		t.Helper()
		close()
		_, err := signIn("ada", "192.0.2.1", "correct horse", token)
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
	if _, err := signIn("ada", "192.0.2.1", "correct horse", "x", bobs.DeviceToken, first.DeviceToken); err != nil {
		t.Errorf("not known among others: %v", err)
	}
	again, err := signIn("ada", "192.0.2.1", "correct horse", first.DeviceToken)
	if err != nil || strings.Split(again.DeviceToken, ".")[0] != parts[0] {
		t.Errorf("the device has another name: %v", err)
	}

	// A lost device has its tries, and no more.
	judged := 0
	for i := range 100 {
		if _, err := signIn("ada", fmt.Sprintf("192.0.2.%d", i), "a wrong password", first.DeviceToken); core.Is(err, core.InvalidCredentials) {
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
	tokens := good("ada", "correct horse")
	if _, err := w.Sessions.SignOut(owner(tokens), "", false); err != nil || !known(tokens.DeviceToken) {
		t.Errorf("after signing out: %v", err)
	}
	tokens = good("ada", "correct horse")
	if _, err := w.Sessions.SignOut(owner(tokens), "", true); err != nil || known(tokens.DeviceToken) {
		t.Errorf("after signing out everywhere: %v", err)
	}
	tokens = good("ada", "correct horse")
	id := core.PrincipalOf(ada).UserID
	for _, change := range []func(context.Context, string, *int64) (*core.User, error){w.Users.Suspend, w.Users.Unsuspend} {
		if _, err := change(core.AsSystem(t.Context()), id, nil); err != nil {
			t.Fatal(err)
		}
	}
	if known(tokens.DeviceToken) {
		t.Error("after a suspension")
	}
	tokens = good("ada", "correct horse")
	_, device, err := w.Sessions.ChangePassword(owner(tokens), "correct horse", "another horse")
	if err != nil {
		t.Fatal(err)
	}
	close()
	for token, want := range map[string]bool{tokens.DeviceToken: false, device: true} {
		if _, err := signIn("ada", "192.0.2.1", "another horse", token); (err == nil) != want {
			t.Errorf("after a new password: %v, want known %v", err, want)
		}
	}
}
