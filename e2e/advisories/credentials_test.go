package advisories_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// operators are values that a store which took them as they come would read as
// conditions.
func operators() []any {
	return []any{
		vars{"$ne": nil}, vars{"$gt": ""}, vars{"$regex": ".*"}, vars{"$exists": true}, vars{"$in": []any{"a"}}, vars{"$where": "1"},
		vars{"$ne": nil, "length": 8}, vars{}, []any{}, []any{vars{"$ne": nil}}, []any{"a", "b"}, true,
	}
}

// The token of a password reset was put into a query as it came, and could be an
// operator (GHSA-vgjh-hmwf-c588).
func TestOperators(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		s := newStage(t, stores)
		post := func(token, query string, v vars) map[string]any {
			return answer(t, func() (map[string]any, error) { return s.Post(token, query, v) })
		}
		session := s.Get("", `mutation($p: String!) { signIn(input: {email: "member@example.org", password: $p}) { tokens { accessToken refreshToken } } }`,
			vars{"p": grapnel.Password}, "signIn.tokens").(map[string]any)
		refresh := session["refreshToken"].(string)
		s.Get("", requestReset, vars{"e": "maker@example.org"}, "x.email")
		reset := mailed(t, s.Server, s.root, "maker@example.org")
		id := s.Get(s.member, `{ viewer { id } }`, nil, "viewer.id").(string)

		for name, c := range map[string]struct {
			token, query string
			honest       vars   // works
			hostile      string // the variable to put an operator into
		}{
			"signIn email":          {"", `mutation($e: String!, $p: String!) { x: signIn(input: {email: $e, password: $p}) { viewer { id } } }`, vars{"e": "maker@example.org", "p": grapnel.Password}, "e"},
			"signIn password":       {"", `mutation($e: String!, $p: String!) { x: signIn(input: {email: $e, password: $p}) { viewer { id } } }`, vars{"e": "editor@example.org", "p": grapnel.Password}, "p"},
			"refreshSession":        {"", `mutation($r: String!) { x: refreshSession(input: {refreshToken: $r}) { viewer { id } } }`, vars{"r": refresh}, "r"},
			"resetPassword":         {"", `mutation($t: String!) { x: resetPassword(input: {token: $t, password: "` + grapnel.Password + `"}) { email } }`, vars{"t": reset}, "t"},
			"requestPasswordReset":  {"", requestReset, vars{"e": "maker@example.org"}, "e"},
			"userByUsername":        {"", `query($n: String!) { x: userByUsername(username: $n) { id } }`, vars{"n": "member"}, "n"},
			"userByEmail":           {s.root, `query($e: String!) { x: userByEmail(email: $e) { id } }`, vars{"e": "member@example.org"}, "e"},
			"productBySku":          {"", `query($s: String!) { x: productBySku(sku: $s) { id } }`, vars{"s": "BE-000"}, "s"},
			"user":                  {"", `query($id: ID!) { x: user(id: $id) { id } }`, vars{"id": id}, "id"},
			"product":               {"", `query($id: ID!) { x: product(id: $id) { id } }`, vars{"id": s.beacon}, "id"},
			"node":                  {"", `query($id: ID!) { x: node(id: $id) { id } }`, vars{"id": s.beacon}, "id"},
			"updateProduct":         {s.root, `mutation($id: ID!) { x: updateProduct(input: {id: $id, price: 7}) { product { id } } }`, vars{"id": s.beacon}, "id"},
			"where eq":              {"", `query($v: String) { x: users(where: {username: {eq: $v}}) { totalCount } }`, vars{"v": "member"}, "v"},
			"where prefix":          {"", `query($v: String) { x: users(where: {username: {prefix: $v}}) { totalCount } }`, vars{"v": "mem"}, "v"},
			"where on a number":     {"", `query($v: Int) { x: products(where: {price: {gt: $v}}) { totalCount } }`, vars{"v": 1}, "v"},
			"where on an id":        {"", `query($v: ID) { x: products(where: {makerId: {ne: $v}}) { totalCount } }`, vars{"v": id}, "v"},
			"where on a moment":     {"", `query($v: Time) { x: users(where: {createdAt: {gt: $v}}) { totalCount } }`, vars{"v": "2026-01-01T00:00:00Z"}, "v"},
			"where on a list":       {"", `query($v: String) { x: products(where: {tags: {has: $v}}) { totalCount } }`, vars{"v": "wood"}, "v"},
			"search":                {"", `query($v: String) { x: products(search: $v) { totalCount } }`, vars{"v": "beacon"}, "v"},
			"a text that is stored": {s.root, `mutation($v: String!, $id: ID!) { x: updateProduct(input: {id: $id, name: $v}) { product { id } } }`, vars{"v": "Beacon", "id": s.beacon}, "v"},
		} {
			t.Run("parse#10128 "+name, func(t *testing.T) {
				for _, hostile := range operators() {
					v := vars{}
					for k, honest := range c.honest {
						v[k] = honest
					}
					v[c.hostile] = hostile
					a := post(c.token, c.query, v)
					if code := grapnel.Code(a); code != "GRAPHQL_VALIDATION_FAILED" && code != "BAD_USER_INPUT" || grapnel.Dig(a, "data.x") != nil {
						t.Errorf("%v answered %v", v, a)
					}
				}
				if a := post(c.token, c.query, c.honest); a["errors"] != nil || grapnel.Dig(a, "data.x") == nil {
					t.Errorf("the honest request answered %v", a)
				}
			})
		}

		t.Run("parse#10128 whole inputs", func(t *testing.T) {
			for query, list := range map[string][]string{
				`mutation($i: SignInInput!) { x: signIn(input: $i) { viewer { id } } }`: {
					`{"email": {"$gt": ""}, "password": {"$gt": ""}}`, `{"email": "maker@example.org", "password": {"$ne": ""}}`, `{"$or": [{}]}`,
					`{"email": "maker@example.org", "password": ["correct horse"]}`, `{"email": ["maker@example.org"], "password": "correct horse"}`,
					`{"email": "maker@example.org", "password": "correct horse", "$where": "1"}`, `{"email": "maker@example.org", "password": null}`, `[]`, `"x"`,
				},
				`mutation($i: SignOutInput!) { x: signOut(input: $i) { signedOutAt } }`:                 {`{"refreshToken": {"$ne": null}}`, `{"refreshToken": ["x"]}`, `{"everywhere": {"$ne": false}}`, `{"everywhere": "true"}`, `{"everywhere": 1}`},
				`mutation($i: RefreshSessionInput!) { x: refreshSession(input: $i) { viewer { id } } }`: {`{"refreshToken": {"$regex": "^sess_"}}`, `{"refreshToken": [""]}`},
				`query($i: ProductWhere) { x: products(where: $i) { totalCount } }`: {
					`{"$where": "sleep(1000)"}`, `{"$or": [{}]}`, `{"price": {"$gt": 0}}`, `{"price": {"gt": {"$add": [1]}}}`, `{"price": {"gt": "0"}}`, `{"published": {"eq": "true"}}`, `{"published": {"eq": 1}}`,
					`{"tags": {"has": {"$regex": "."}}}`, `{"price": {"in": [{"$gt": 0}]}}`, `{"kind": {"eq": {"$ne": null}}}`, `{"kind": {"eq": "$kind"}}`, `{"_id": {"eq": "x"}}`, `{"published.x": {"eq": true}}`,
					`{"createdAt": {"lt": {"$date": 1}}}`, `{"createdAt": {"lt": 5}}`, `{"__proto__": {}}`, `{"constructor": {}}`,
				},
				`query($i: UserWhere) { x: users(where: $i) { totalCount } }`: {`{"passwordHash": {"prefix": "$"}}`, `{"password": {"eq": "x"}}`, `{"username": {"$ne": ""}}`, `{"username": {"regex": "."}}`, `{"username": "member"}`},
			} {
				for _, i := range list {
					a := post("", query, vars{"i": json.RawMessage(i)})
					if code := grapnel.Code(a); code != "GRAPHQL_VALIDATION_FAILED" && code != "BAD_USER_INPUT" || grapnel.Dig(a, "data.x") != nil {
						t.Errorf("%s with %s answered %v", query, i, a)
					}
				}
			}
		})

		// A number in the place of a text is no text (GraphQL, section 3.5.3), and a
		// fraction no id (3.5.5).
		for name, c := range map[string]struct {
			query string
			v     vars
		}{
			"a password":       {`mutation($v: String!) { x: signIn(input: {email: "maker@example.org", password: $v}) { viewer { id } } }`, vars{"v": 12345678}},
			"an input":         {`mutation($v: SignInInput!) { x: signIn(input: $v) { viewer { id } } }`, vars{"v": vars{"email": "maker@example.org", "password": 1.5}}},
			"a refresh token":  {`mutation($v: String!) { x: refreshSession(input: {refreshToken: $v}) { viewer { id } } }`, vars{"v": 1}},
			"a filter":         {`query($v: String) { x: users(where: {username: {eq: $v}}) { totalCount } }`, vars{"v": 1}},
			"a list of texts":  {`query($v: [String!]) { x: users(where: {username: {in: $v}}) { totalCount } }`, vars{"v": []any{"a", 2}}},
			"a search":         {`query($v: String) { x: products(search: $v) { totalCount } }`, vars{"v": 1e3}},
			"an id, fractions": {`query($v: ID!) { x: product(id: $v) { id } }`, vars{"v": 1.5}},
		} {
			t.Run("parse#10128 a number for "+name, func(t *testing.T) {
				if a := post("", c.query, c.v); grapnel.Code(a) != "BAD_USER_INPUT" {
					t.Errorf("%v answered %v", c.v, a)
				}
			})
		}

		// Texts that look like operators, fields or code are texts.
		t.Run("parse#10128 texts stay texts", func(t *testing.T) {
			s := s.in(t)
			for _, text := range []string{"$ne", "$username", "{\"$gt\": \"\"}", "$where: 1", "a.b.$[]", "' OR 1=1 --", "%", "_", "*", "\" OR \"\"=\"", "username:member", "NEAR(a b)"} {
				name := s.Get(s.root, `mutation($id: ID!, $n: String!) { updateProduct(input: {id: $id, name: $n, tags: [$n]}) { product { name } } }`, vars{"id": s.beacon, "n": text}, "updateProduct.product.name")
				if name != text {
					t.Errorf("%q was stored as %q", text, name)
				}
				for query, want := range map[string]float64{
					`query($v: String!) { x: products(where: {tags: {has: $v}}) { totalCount } }`:       1,
					`query($v: String!) { x: users(where: {username: {eq: $v}}) { totalCount } }`:       0,
					`query($v: String!) { x: users(where: {username: {prefix: $v}}) { totalCount } }`:   0,
					`query($v: String!) { x: users(where: {username: {in: [$v, $v]}}) { totalCount } }`: 0,
				} {
					if n := s.Get("", query, vars{"v": text}, "x.totalCount"); n != want {
						t.Errorf("%s finds %v by %q", query, n, text)
					}
				}
				// A search reads words, whatever stands around them; never syntax.
				if a := post("", `query($v: String!) { users(search: $v) { totalCount } }`, vars{"v": text}); a["errors"] != nil {
					t.Errorf("search %q answered %v", text, a)
				}
				s.Refused("", `mutation($v: String!) { signIn(input: {email: $v, password: $v}) { viewer { id } } }`, vars{"v": text}, "INVALID_CREDENTIALS")
				s.Refused("", `mutation($v: String!) { refreshSession(input: {refreshToken: $v}) { viewer { id } } }`, vars{"v": text}, "UNAUTHENTICATED")
				s.Refused("", `query($v: ID!) { user(id: $v) { id } }`, vars{"v": text}, "NOT_FOUND")
			}
		})
	})
}

const requestReset = `mutation($e: String!) { x: requestPasswordReset(input: {email: $e}) { email } }`

// mailed waits for a mail with a link to an address, which administrators read where there is
// no mail server, and is the token in it.
func mailed(t *testing.T, s *grapnel.Server, root, to string) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		list := s.In(t).Get(root, `query($to: String!) { mails(where: {to: {eq: $to}}) { nodes { text } } }`, vars{"to": to}, "mails.nodes").([]any)
		for _, m := range list {
			text, _ := m.(map[string]any)["text"].(string)
			if found := regexp.MustCompile(`#reset=(\S+)`).FindStringSubmatch(text); found != nil {
				return found[1]
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no link among %d mails to %s", len(list), to)
		}
	}
}

const refreshSession = `mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }`

// together runs f n times at once.
func together[T any](n int, f func(i int) T) []T {
	out := make([]T, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			out[i] = f(i)
		})
	}
	done.Wait()
	return out
}

// Tokens that are good once were good for all who brought them at the same moment.
func TestRaces(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		s := product.Start(t, stores.Env...)
		root := s.Admin()
		at := func(i int) *grapnel.Server { return s.From(fmt.Sprintf("127.0.1.%d", 1+i)) }
		const many = 12
		clients := make([]*grapnel.Server, many)
		for i := range clients {
			clients[i] = at(i)
		}
		try := func(i int, token, query string, v vars) map[string]any {
			a, err := clients[i].Post(token, query, v)
			if err != nil {
				t.Error(err)
			}
			return a
		}

		// One token of a password reset set several passwords (GHSA-r3xq-68wh-gwvh). A
		// refresh token is good once, too: who uses it at the same moment gets the same
		// successor, so there is one line of tokens and no second one.
		t.Run("parse#10217 one refresh token", func(t *testing.T) {
			s.In(t).SignUp("ada")
			first := s.In(t).Get("", `mutation($p: String!) { signIn(input: {email: "ada@example.org", password: $p}) { tokens { accessToken refreshToken } } }`,
				vars{"p": grapnel.Password}, "signIn.tokens.refreshToken").(string)
			token := first
			for range 5 {
				successors := map[any]int{}
				for _, a := range together(many, func(i int) map[string]any { return try(i, "", refreshSession, vars{"r": token}) }) {
					if a["errors"] != nil {
						t.Fatalf("answered %v", a["errors"])
					}
					successors[grapnel.Dig(a, "data.refreshSession.tokens.refreshToken")]++
				}
				if len(successors) != 1 || successors[token] != 0 {
					t.Fatalf("%d successors: %v", len(successors), successors)
				}
				for next := range successors {
					token = next.(string)
				}
			}
			// The last one works, and its access token too.
			last := s.In(t).Get("", refreshSession, vars{"r": token}, "refreshSession.tokens").(map[string]any)
			if name := s.In(t).Get(last["accessToken"].(string), `{ viewer { username } }`, nil, "viewer.username"); name != "ada" {
				t.Errorf("the viewer is %v", name)
			}
			// Whoever comes with one from before stole it, or was stolen from.
			for range 2 {
				s.In(t).Refused("", refreshSession, vars{"r": first}, "UNAUTHENTICATED")
			}
			s.In(t).Refused("", refreshSession, vars{"r": last["refreshToken"]}, "UNAUTHENTICATED")
			s.In(t).Refused(last["accessToken"].(string), `{ viewer { username } }`, nil, "UNAUTHENTICATED")
		})

		t.Run("parse#10217 theft beside honest use", func(t *testing.T) {
			s.In(t).SignUp("bob")
			tokens := []string{s.In(t).Get("", `mutation($p: String!) { signIn(input: {email: "bob@example.org", password: $p}) { tokens { refreshToken } } }`,
				vars{"p": grapnel.Password}, "signIn.tokens.refreshToken").(string)}
			for range 2 {
				tokens = append(tokens, s.In(t).Get("", refreshSession, vars{"r": tokens[len(tokens)-1]}, "refreshSession.tokens.refreshToken").(string))
			}
			// The stolen one, two turns old, and the current one at once: whatever comes
			// first, the session is over.
			together(many, func(i int) map[string]any { return try(i, "", refreshSession, vars{"r": tokens[2*(i%2)]}) })
			s.In(t).Refused("", refreshSession, vars{"r": tokens[2]}, "UNAUTHENTICATED")
		})

		t.Run("parse#10217 one token of a password reset", func(t *testing.T) {
			s.In(t).SignUp("dora")
			s.In(t).Get("", requestReset, vars{"e": "dora@example.org"}, "x.email")
			token := mailed(t, s, root, "dora@example.org")
			won := -1
			for i, a := range together(many, func(i int) map[string]any {
				return try(i, "", `mutation($t: String!, $p: String!) { resetPassword(input: {token: $t, password: $p}) { email } }`, vars{"t": token, "p": fmt.Sprintf("new horse %d", i)})
			}) {
				switch code := grapnel.Code(a); {
				case code == "" && won < 0:
					won = i
				case code != "BAD_USER_INPUT" && code != "RATE_LIMITED": // too many hash a password
					t.Errorf("%d answered %v", i, a)
				}
			}
			if won < 0 {
				t.Fatal("nobody reset it")
			}
			s.In(t).SignIn("dora@example.org", fmt.Sprintf("new horse %d", won))
			s.In(t).Refused("", `mutation($p: String!) { signIn(input: {email: "dora@example.org", password: $p}) { viewer { id } } }`, vars{"p": fmt.Sprintf("new horse %d", (won+1)%many)}, "INVALID_CREDENTIALS")
		})

		// One code of a second factor signed in several times (GHSA-w73w-g5xw-rwhf). We
		// have none; a password that is being changed is what is used up here.
		t.Run("parse#10327 one password, many changes", func(t *testing.T) {
			token, _ := s.In(t).SignUp("eve")
			const n = 6 // a session has twenty tries
			won := -1
			for i, a := range together(n, func(i int) map[string]any {
				return try(i, token, `mutation($old: String!, $new: String!) { changePassword(input: {currentPassword: $old, newPassword: $new}) { viewer { id } } }`,
					vars{"old": grapnel.Password, "new": fmt.Sprintf("new horse %d", i)})
			}) {
				switch code := grapnel.Code(a); code {
				case "":
					if won >= 0 {
						t.Errorf("%d and %d both changed it", won, i)
					}
					won = i
				case "CONFLICT", "BAD_USER_INPUT":
				default:
					t.Errorf("%d answered %v", i, a)
				}
			}
			if won < 0 {
				t.Fatal("nobody changed it")
			}
			s.In(t).SignIn("eve@example.org", fmt.Sprintf("new horse %d", won))
			s.In(t).Refused("", `mutation { signIn(input: {email: "eve@example.org", password: "`+grapnel.Password+`"}) { viewer { id } } }`, nil, "INVALID_CREDENTIALS")
			s.In(t).Refused("", `mutation($p: String!) { signIn(input: {email: "eve@example.org", password: $p}) { viewer { id } } }`, vars{"p": fmt.Sprintf("new horse %d", (won+1)%n)}, "INVALID_CREDENTIALS")
		})

		t.Run("parse#10217 one name, many accounts", func(t *testing.T) {
			won := 0
			for _, a := range together(many, func(i int) map[string]any {
				return try(i, "", `mutation($e: String!) { signUp(input: {username: "wanted", email: $e, password: "correct horse"}) { viewer { id } } }`, vars{"e": fmt.Sprintf("wanted%d@example.org", i)})
			}) {
				switch grapnel.Code(a) {
				case "":
					won++
				case "CONFLICT":
				default:
					t.Errorf("answered %v", a)
				}
			}
			if n := s.In(t).Get("", `{ users(where: {username: {eq: "wanted"}}) { totalCount } }`, nil, "users.totalCount"); won != 1 || n != 1.0 {
				t.Errorf("%d sign-ups succeeded, %v accounts", won, n)
			}
		})

		// What must be there once, checked and then taken away by two.
		t.Run("parse#10327 two admins demote each other", func(t *testing.T) {
			s := s.In(t)
			other, otherID := s.SignUp("second")
			rootID := s.Get(root, `{ viewer { id } }`, nil, "viewer.id").(string)
			tokens, ids := []string{root, other}, []string{rootID, otherID}
			const admins = `{ users(where: {role: {eq: ADMIN}}) { totalCount } }`
			for round := range 12 {
				for i := range ids { // whoever is one makes the other one
					if grapnel.Dig(try(0, tokens[i], `{ viewer { role } }`, nil), "data.viewer.role") == "ADMIN" {
						setRole(s, tokens[i], ids[1-i], "ADMIN")
						break
					}
				}
				if n := s.Get("", admins, nil, "users.totalCount"); n != 2.0 {
					t.Fatalf("round %d begins with %v admins", round, n)
				}
				won := 0
				for i, a := range together(2, func(i int) map[string]any {
					return try(i, tokens[i], `mutation($id: ID!) { setUserRole(input: {id: $id, role: MEMBER}) { user { role } } }`, vars{"id": ids[1-i]})
				}) {
					switch code := grapnel.Code(a); code {
					case "":
						won++
					case "FORBIDDEN":
					default:
						t.Errorf("admin %d: %v", i, a)
					}
				}
				if n := s.Get("", admins, nil, "users.totalCount"); won != 1 || n != 1.0 {
					t.Fatalf("round %d: %d demotions succeeded, %v admins are left", round, won, n)
				}
			}
			// And two who delete their accounts.
			for i := range ids {
				if grapnel.Dig(try(0, tokens[i], `{ viewer { role } }`, nil), "data.viewer.role") == "ADMIN" {
					setRole(s, tokens[i], ids[1-i], "ADMIN")
					break
				}
			}
			gone := -1
			for i, a := range together(2, func(i int) map[string]any {
				return try(i, tokens[i], `mutation($p: String!) { deleteAccount(input: {password: $p, content: DELETE}) { deletedUserId } }`, vars{"p": grapnel.Password})
			}) {
				switch code := grapnel.Code(a); code {
				case "":
					gone = i
				case "FORBIDDEN":
				default:
					t.Errorf("admin %d: %v", i, a)
				}
			}
			if n := s.Get("", admins, nil, "users.totalCount"); gone < 0 || n != 1.0 {
				t.Fatalf("%d is deleted, %v admins are left", gone, n)
			}
			email := []string{"root@example.org", "second@example.org"}
			s.Refused("", `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { viewer { id } } }`, vars{"e": email[gone], "p": grapnel.Password}, "INVALID_CREDENTIALS")
			s.SignIn(email[1-gone], grapnel.Password)
		})
	})
}
