package web_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web"
)

// from is the header of a client behind a proxy that the server trusts.
func from(address string) []string { return []string{"X-Forwarded-For", address} }

func metered(t *testing.T, user, network int) *server {
	return start(t, func(c *web.Config) {
		c.Limits.UserCost, c.Limits.NetworkCost = user, network
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
}

// One account of cost serves all transports.
func TestCostIsCharged(t *testing.T) {
	t.Parallel()
	s := metered(t, -1, 3)                    // 30 at once
	page := `{number hello viewer operation}` // costs 4, and 22 for the request
	if a := s.query(t, page, from("192.0.2.1")...); a.status != 200 {
		t.Fatalf("within the account: %d %s", a.status, a.body)
	}
	refused := s.query(t, page, from("192.0.2.1")...)
	if refused.status != http.StatusTooManyRequests || refused.code() != "RATE_LIMITED" || refused.header.Get("Retry-After") == "" || strings.Contains(refused.body, `"data"`) {
		t.Errorf("over HTTP: %d %v %s", refused.status, refused.header, refused.body)
	}
	if e := s.listen(t, "/graphql", `{"query":"`+page+`"}`, from("192.0.2.1")...); e.resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("over an event stream: %d", e.resp.StatusCode)
	}
	c := s.dial(t, from("192.0.2.1")...)
	c.init("")
	c.send("subscribe", "1", map[string]any{"query": page})
	if payload := c.expect("error", "1"); !strings.Contains(payload, "RATE_LIMITED") {
		t.Errorf("over a socket: %s", payload)
	}
	if a := s.query(t, page, from("192.0.2.2")...); a.status != 200 {
		t.Errorf("another address: %d %s", a.status, a.body)
	}
	// IPv6 customers have 64 bits of addresses.
	s.query(t, page, from("2001:db8::1")...)
	if a := s.query(t, page, from("2001:db8::ffff:1")...); a.status != http.StatusTooManyRequests {
		t.Errorf("another address of one network: %d %s", a.status, a.body)
	}
	if a := s.query(t, page, from("2001:db8:0:1::1")...); a.status != 200 {
		t.Errorf("another network: %d %s", a.status, a.body)
	}
}

// What a store works is bounded in sum, and owed afterwards, where it is more than the
// operation seemed to cost.
func TestReadTimeIsCharged(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) {
		c.Limits.NetworkCost, c.Limits.ReadTime = 500, 50*time.Millisecond // 5,000 at once, and worth 10,000
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	a := s.query(t, `{a:count b:count c:count hello}`, from("192.0.2.1")...)
	if a.status != 200 || strings.Count(a.body, `"TOO_LARGE"`) != 3 || !strings.Contains(a.body, "hello world") {
		t.Errorf("three counts: %d %s", a.status, a.body)
	}
	if a := s.query(t, `{hello}`, from("192.0.2.1")...); a.status != http.StatusTooManyRequests {
		t.Errorf("after twice as much as there was: %d %s", a.status, a.body)
	}
	if a := s.query(t, `{hello}`, from("192.0.2.2")...); a.status != 200 {
		t.Errorf("another address: %d %s", a.status, a.body)
	}
}

func TestUsersHaveAccountsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := metered(t, 10, 1_000)
	s.users.set("other", core.Principal{UserID: "user_2", Role: core.Member, SessionID: "session_2"})
	page := `{posts(first:23){nodes{id title}}}`
	as := func(token string) answer { return s.query(t, page, "Authorization", "Bearer "+token) }
	if a := as("good"); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := as("good"); a.status != http.StatusTooManyRequests {
		t.Errorf("a second time: %d %s", a.status, a.body)
	}
	if a := as("other"); a.status != 200 {
		t.Errorf("another user: %d %s", a.status, a.body)
	}
}

// What is refused was not free: the document is charged before it is parsed.
func TestRefusedDocumentsCost(t *testing.T) {
	t.Parallel()
	s := metered(t, -1, 300) // 3,000 at once, and the document is worth 2,500
	document := "{" + strings.Repeat("nope ", 4_000) + "}"
	first := s.query(t, document)
	second := s.query(t, document)
	if first.code() != "GRAPHQL_VALIDATION_FAILED" || second.code() != "RATE_LIMITED" {
		t.Errorf("%.200s\n%.200s", first.body, second.body)
	}
}

// Events wait until their subscriber's account has what they cost.
func TestEventsAreCharged(t *testing.T) {
	t.Parallel()
	s := metered(t, -1, 20) // 200 at once
	e := s.listen(t, "/graphql", `{"query":"subscription{ticks(n:215)}"}`)
	begin := time.Now()
	for range 215 {
		if event := e.next(); !strings.Contains(event, "ticks") {
			t.Fatal(event)
		}
	}
	e.expect(complete, "")
	if took := time.Since(begin); took < 700*time.Millisecond {
		t.Errorf("15 more than there was, in %s", took)
	}
}

// What is refused to one user costs neither it nor its neighbours anything.
func TestRefusalsAreFree(t *testing.T) {
	t.Parallel()
	s := metered(t, 10, 20) // 100 and 200 at once
	page := `{posts(first:23){nodes{id title}}}`
	for range 30 {
		s.query(t, page, "Authorization", "Bearer good")
	}
	if a := s.query(t, page); a.status != 200 {
		t.Errorf("a visitor of the same address: %d %s", a.status, a.body)
	}
}

func TestCostIsReported(t *testing.T) {
	t.Parallel()
	s := metered(t, 1_000, 2_000)
	const document = "{posts(first:10){nodes{id}}}"
	for _, c := range []struct {
		header    []string
		available int
		perSecond int
	}{
		{nil, 19_950, 2_000},
		{[]string{"Authorization", "Bearer good"}, 9_950, 1_000},
	} {
		a := s.post(t, map[string]any{"query": document, "extensions": map[string]any{"cost": true}}, c.header...)
		var got struct {
			Extensions struct {
				Cost struct{ Requested, Limit, Available, PerSecond int }
			}
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		cost := got.Extensions.Cost
		// Some of what was taken may be back by now.
		if cost.Requested != 21 || cost.Limit != 10_000 || cost.PerSecond != c.perSecond || cost.Available < c.available || cost.Available >= 10*c.perSecond {
			t.Errorf("%+v", cost)
		}
	}
	// An introspection has a cost as well: about 2,000 that of editors.
	a := s.post(t, map[string]any{"query": introspection, "operationName": "IntrospectionQuery", "extensions": map[string]any{"cost": true}})
	var got struct {
		Extensions struct{ Cost struct{ Requested int } }
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Extensions.Cost.Requested < 1_500 || got.Extensions.Cost.Requested > 3_000 {
		t.Errorf("%v %s", err, a.body)
	}
	if a := s.query(t, document); strings.Contains(a.body, "extensions") {
		t.Errorf("nobody asked: %s", a.body)
	}
}
