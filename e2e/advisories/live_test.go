package advisories_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// stage is a shop with somebody of every kind.
type stage struct {
	*grapnel.Server
	t                     *testing.T
	root                  string // the tokens; a visitor has none
	editor, maker, member string
	editorID, makerID     string

	beacon string // a public product, whose changes everybody hears
	beats  int
}

func newStage(t *testing.T, stores grapnel.Stores) *stage {
	t.Helper()
	s := &stage{Server: shop.Start(t, stores.Env...), t: t}
	s.root = s.Admin()
	s.editor, s.editorID = s.SignUp("editor")
	s.maker, s.makerID = s.SignUp("maker")
	s.member, _ = s.SignUp("member")
	setRole(s.Server, s.root, s.editorID, "EDITOR")
	s.beacon = s.product(s.root, "BE-000", "Beacon", true)
	return s
}

// in is the stage with its failures reported to another test.
func (s *stage) in(t *testing.T) *stage {
	other := *s
	other.t, other.Server = t, s.Server.In(t)
	return &other
}

func (s *stage) product(token, sku, name string, published bool) (id string) {
	s.t.Helper()
	return s.Get(token, `mutation($s: String!, $n: String!, $p: Boolean!) { createProduct(input: {sku: $s, name: $n, price: 100, published: $p}) { product { id } } }`,
		vars{"s": sku, "n": name, "p": published}, "createProduct.product.id").(string)
}

func (s *stage) update(token, id, change string) {
	s.t.Helper()
	s.Get(token, `mutation($id: ID!) { updateProduct(input: {id: $id, `+change+`}) { product { id } } }`, vars{"id": id}, "updateProduct")
}

// subscriber is a socket that follows products.
type subscriber struct {
	*grapnel.Socket
	s *stage
}

// event is what a subscriber heard of one product.
type event struct {
	kind, id string
	product  any
	answer   map[string]any
}

const productEvents = `subscription { productChanged { kind changedId product { id name price costPrice maker { username email } } } }`

// follow subscribes and returns when the subscription has begun.
func (s *stage) follow(c *grapnel.Socket, query string) *subscriber {
	s.t.Helper()
	c.Subscribe("1", query, nil)
	f := &subscriber{c, s}
	for range 75 { // a subscription does not say when it has begun
		s.beat()
		select {
		case m, ok := <-c.Messages:
			if !ok || m.Type != "next" {
				s.t.Fatalf("the subscription began with %v %s, closed with %d", m.Type, m.Payload, c.Closed)
			}
			f.until(s.beacon, fmt.Sprint(s.beats), m)
			return f
		case <-time.After(200 * time.Millisecond):
		}
	}
	s.t.Fatalf("the subscription did not begin\n%s", s.Log)
	return nil
}

// beat changes the beacon.
func (s *stage) beat() {
	s.t.Helper()
	s.beats++
	s.update(s.root, s.beacon, fmt.Sprintf("price: %d", s.beats))
}

// heard is what came before the beacon's next change. Changes of one type come in
// the order of the writes: what was not heard by then never is.
func (f *subscriber) heard() []event {
	f.s.t.Helper()
	f.s.beat()
	return f.until(f.s.beacon, fmt.Sprint(f.s.beats))
}

// until collects events up to the one about id with this price.
func (f *subscriber) until(id, price string, early ...grapnel.Message) (list []event) {
	f.s.t.Helper()
	for {
		var m grapnel.Message
		if len(early) > 0 {
			m, early = early[0], early[1:]
		} else {
			var ok bool
			if m, ok = f.Next(); !ok {
				f.s.t.Fatalf("the socket was closed with %d", f.Closed)
			}
		}
		a := m.Answer()
		e := event{answer: a, product: grapnel.Dig(a, "data.productChanged.product")}
		e.kind, _ = grapnel.Dig(a, "data.productChanged.kind").(string)
		e.id, _ = grapnel.Dig(a, "data.productChanged.changedId").(string)
		if e.id == id && fmt.Sprint(grapnel.Dig(e.product, "price")) == price {
			return list
		}
		if e.id != f.s.beacon {
			list = append(list, e)
		}
	}
}

func kinds(list []event) string {
	var out []string
	for _, e := range list {
		out = append(out, e.kind)
	}
	return strings.Join(out, " ")
}

// A live query is a query that goes on: it shows no more than a query would.
func TestLiveQueries(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		s := newStage(t, stores)

		// Subscriptions to a class were not asked for its class-level permissions
		// (GHSA-7ch5-98q2-7289).
		t.Run("parse#10134 rows that the rules of a type hide", func(t *testing.T) {
			s := s.in(t)
			visitor, member := s.follow(s.Socket(""), productEvents), s.follow(s.Socket(s.member), productEvents)
			maker, editor := s.follow(s.Socket(s.maker), productEvents), s.follow(s.Socket(s.editor), productEvents)
			id := s.product(s.maker, "RO-001", "Hidden", false)
			s.update(s.maker, id, `name: "Hidden still"`)
			s.update(s.maker, id, `name: "Shown", published: true`)
			s.update(s.maker, id, `name: "Hidden again", published: false`)
			s.update(s.root, id, `name: "Seen by nobody else"`)
			s.Get(s.root, `mutation($id: ID!) { deleteProduct(input: {id: $id}) { deletedId } }`, vars{"id": id}, "deleteProduct")
			for name, f := range map[string]*subscriber{"visitor": visitor, "member": member} {
				list := f.heard()
				if got := kinds(list); got != "ADDED REMOVED" {
					t.Errorf("the %s heard %q", name, got)
					continue
				}
				if list[0].id != id || grapnel.Dig(list[0].product, "name") != "Shown" || list[1].product != nil {
					t.Errorf("the %s heard %v", name, list)
				}
			}
			for name, f := range map[string]*subscriber{"maker": maker, "editor": editor} {
				if got := kinds(f.heard()); got != "ADDED UPDATED UPDATED UPDATED UPDATED REMOVED" {
					t.Errorf("the %s heard %q", name, got)
				}
			}
		})

		t.Run("parse#10134 a base type: drafts", func(t *testing.T) {
			s := s.in(t)
			visitor, editor := s.Follow("", "postChanged"), s.Follow(s.editor, "postChanged")
			write := func(title string) string {
				return s.Get(s.root, `mutation($t: String!) { createPost(input: {title: $t}) { post { id } } }`, vars{"t": title}, "createPost.post.id").(string)
			}
			do := func(what, id string) {
				s.Get(s.root, `mutation($id: ID!) { `+what+`(input: {id: $id}) { __typename } }`, vars{"id": id}, what)
			}
			// Both have begun when both hear the same new post.
			started := map[<-chan string]bool{}
			for tries := 0; len(started) < 2; tries++ {
				if tries == 75 {
					t.Fatalf("nothing heard\n%s", s.Log)
				}
				do("publishPost", write("Start"))
				for _, c := range []<-chan string{visitor, editor} {
					select {
					case <-c:
						started[c] = true
					case <-time.After(200 * time.Millisecond):
					}
				}
			}
			draft := write("Draft")
			do("publishPost", draft)
			do("unpublishPost", draft)
			do("deletePost", draft)
			last := write("Last")
			do("publishPost", last)
			about := func(c <-chan string) (list []string) {
				for {
					select {
					case e := <-c:
						switch kind, id, _ := strings.Cut(e, " "); id {
						case draft:
							list = append(list, kind)
						case last:
							return list
						}
					case <-time.After(15 * time.Second):
						t.Fatalf("nothing heard of the last post\n%s", s.Log)
					}
				}
			}
			if got := strings.Join(about(visitor), " "); got != "ADDED REMOVED" {
				t.Errorf("the visitor heard %q", got)
			}
			if got := strings.Join(about(editor), " "); got != "ADDED UPDATED UPDATED REMOVED" {
				t.Errorf("the editor heard %q", got)
			}
		})

		// Rules by a field that points to a user were not looked at
		// (GHSA-fph2-r4qg-9576).
		t.Run("parse#10252 rows of other owners", func(t *testing.T) {
			s := s.in(t)
			const orders = `subscription { orderChanged { kind changedId order { total note buyer { username } } } }`
			sockets := map[string]*grapnel.Socket{}
			for name, token := range map[string]string{"visitor": "", "member": s.member, "maker": s.maker, "editor": s.editor} {
				sockets[name] = s.Socket(token)
				sockets[name].Subscribe("orders", orders, nil)
			}
			order := func(token, note string) string {
				return s.Get(token, `mutation($p: ID!, $n: String!) { createOrder(input: {lines: [{productId: $p, quantity: 1}], note: $n}) { order { id } } }`,
					vars{"p": s.beacon, "n": note}, "createOrder.order.id").(string)
			}
			// Each hears of orders of its own: what it should not hear came before.
			heard := map[string]map[string]bool{}
			for name, token := range map[string]string{"member": s.member, "maker": s.maker} {
				heard[name] = map[string]bool{}
				for begun, tries := false, 0; !begun; tries++ {
					if tries == 75 {
						t.Fatalf("the %s hears nothing\n%s", name, s.Log)
					}
					order(token, name)
					select {
					case m := <-sockets[name].Messages:
						begun = true
						heard[name][fmt.Sprint(grapnel.Dig(m.Answer(), "data.orderChanged.order.note"))] = true
					case <-time.After(200 * time.Millisecond):
					}
				}
			}
			order(s.member, "member")
			order(s.maker, "maker")
			order(s.member, "last of member")
			order(s.maker, "last of maker")
			until := func(name, last string) {
				for !heard[name][last] {
					m, ok := sockets[name].Next()
					if !ok {
						t.Fatalf("%s: closed with %d", name, sockets[name].Closed)
					}
					heard[name][fmt.Sprint(grapnel.Dig(m.Answer(), "data.orderChanged.order.note"))] = true
				}
			}
			until("member", "last of member")
			until("maker", "last of maker")
			heard["editor"] = map[string]bool{}
			until("editor", "last of maker")
			for name, want := range map[string]string{"member": "maker", "maker": "member"} {
				if heard[name][want] || heard[name]["last of "+want] {
					t.Errorf("the %s heard of orders of the %s: %v", name, want, heard[name])
				}
			}
			if !heard["editor"]["last of member"] {
				t.Errorf("the editor heard %v", heard["editor"])
			}
			select {
			case m := <-sockets["visitor"].Messages:
				if m.Type == "next" {
					t.Errorf("the visitor heard %s", m.Payload)
				}
			default:
			}
		})

		// A subscription whose where names a protected field told, by its events,
		// what the field holds (GHSA-j7mm-f4rv-6q6q).
		t.Run("parse#10176 where as an oracle", func(t *testing.T) {
			s := s.in(t)
			for _, where := range []string{
				`{costPrice: {gt: 1}}`, `{costPrice: {eq: null}}`, `{costPrice: {in: [1, 2]}}`, `{not: {costPrice: {lt: 5}}}`,
				`{or: [{published: {eq: true}}, {costPrice: {gt: 1}}]}`, `{and: [{or: [{not: {and: [{costPrice: {gte: 1}}]}}]}]}`,
			} {
				query := `subscription { productChanged(where: ` + where + `) { kind changedId } }`
				for name, token := range map[string]string{"visitor": "", "member": s.member, "maker": s.maker, "editor": s.editor} {
					if got := s.refusal(token, query, nil); got != "FORBIDDEN" {
						t.Errorf("%s: where %s answered %q", name, where, got)
					}
				}
			}
			// The admin may ask, and hears what the condition means.
			c := s.Socket(s.root)
			c.Subscribe("1", `subscription { productChanged(where: {costPrice: {gt: 500}}) { kind changedId product { costPrice } } }`, nil)
			id := s.product(s.root, "OR-001", "Priced", true)
			for cost := 600; ; cost += 2 {
				s.update(s.root, id, fmt.Sprintf("costPrice: %d", cost))
				select {
				case m := <-c.Messages:
					if got := grapnel.Dig(m.Answer(), "data.productChanged.product.costPrice"); got == nil || got.(float64) <= 500 {
						t.Errorf("the admin heard %s", m.Payload)
					}
					return
				case <-time.After(200 * time.Millisecond):
				}
				if cost > 750 {
					t.Fatal("the admin hears nothing")
				}
			}
		})

		// The guard looked for lists below $or, and took an object that looks like
		// one for something else (GHSA-mmg8-87c5-jrc2).
		t.Run("parse#10351 what stands in the place of a list", func(t *testing.T) {
			s := s.in(t)
			const query = `subscription($w: ProductWhere) { productChanged(where: $w) { kind changedId } }`
			secret := vars{"costPrice": vars{"gt": 1}}
			for _, w := range []any{
				vars{"or": secret}, vars{"and": secret}, vars{"not": vars{"or": secret}}, vars{"or": vars{"and": secret}},
				vars{"or": vars{"0": secret, "length": 1}}, vars{"or": []any{[]any{secret}}}, vars{"or": []any{vars{"0": secret}}},
				vars{"not": []any{secret}}, vars{"or": "costPrice"}, []any{secret},
			} {
				if got := s.refusal(s.maker, query, vars{"w": w}); got != "FORBIDDEN" && got != "BAD_USER_INPUT" {
					t.Errorf("where %v answered %q", w, got)
				}
			}
			// One value in the place of a list is GraphQL's own coercion, and works.
			f := s.follow(s.Socket(s.maker), `subscription { productChanged(where: {or: {published: {eq: true}}}) { kind changedId product { price } } }`)
			s.product(s.maker, "LI-001", "Not found by where", false)
			if list := f.heard(); len(list) != 0 {
				t.Errorf("heard %v", list)
			}
		})

		// A trigger that ran on each event put the protected fields back
		// (GHSA-5hmj-jcgp-6hff).
		t.Run("parse#10233 guarded fields of an event", func(t *testing.T) {
			s := s.in(t)
			id := s.product(s.maker, "GU-001", "Guarded", true)
			subscribers := map[string]*subscriber{}
			for name, token := range map[string]string{"visitor": "", "member": s.member, "maker": s.maker, "editor": s.editor, "root": s.root} {
				subscribers[name] = s.follow(s.Socket(token), productEvents)
			}
			s.update(s.root, id, `costPrice: 739117391`)
			for name, f := range subscribers {
				list := f.heard()
				if kinds(list) != "UPDATED" {
					t.Fatalf("the %s heard %v", name, list)
				}
				e := list[0]
				told := fmt.Sprint(e.answer)
				if name == "root" {
					if grapnel.Dig(e.product, "costPrice") != 739117391.0 || grapnel.Dig(e.product, "maker.email") != "maker@example.org" {
						t.Errorf("the admin heard %v", told)
					}
					continue
				}
				if strings.Contains(told, "739117391") || grapnel.Code(e.answer) != "" || grapnel.Dig(e.answer, "extensions.withheld") == nil {
					t.Errorf("the %s heard %v", name, told)
				}
				if own := strings.Contains(told, "maker@example.org"); own != (name == "maker") {
					t.Errorf("the %s heard %v", name, told)
				}
			}
		})

		// Subscribers that were served at the same moment shared one object, from
		// which fields were removed for one and not for the other
		// (GHSA-m983-v2ff-wq65).
		t.Run("parse#10331 many subscribers at once", func(t *testing.T) {
			s := s.in(t)
			id := s.product(s.maker, "MA-001", "Many", true)
			tokens := []string{"", s.root, s.member, s.maker, s.root, "", s.editor, s.maker}
			subscribers := make([]*subscriber, len(tokens))
			for i, token := range tokens {
				subscribers[i] = s.follow(s.Socket(token), productEvents)
			}
			const rounds = 30
			for i := range rounds {
				s.update(s.root, id, fmt.Sprintf("costPrice: %d, price: %d", 50_000+i, 1+i))
			}
			s.beat()
			var wg sync.WaitGroup
			for i, f := range subscribers {
				wg.Go(func() {
					list := f.until(s.beacon, fmt.Sprint(s.beats))
					if len(list) != rounds {
						t.Errorf("subscriber %d heard %d events", i, len(list))
					}
					for n, e := range list {
						cost, mail := grapnel.Dig(e.product, "costPrice"), grapnel.Dig(e.product, "maker.email")
						var wantCost, wantMail any
						if tokens[i] == s.root {
							wantCost = 50_000.0 + float64(n)
						}
						if tokens[i] == s.root || tokens[i] == s.maker {
							wantMail = "maker@example.org"
						}
						if cost != wantCost || mail != wantMail || grapnel.Dig(e.product, "price") != 1+float64(n) {
							t.Errorf("subscriber %d heard %v as event %d", i, e.answer, n)
						}
					}
				})
			}
			wg.Wait()
		})

		// The subscriber was judged without its roles (GHSA-9jpp-xhh6-75mf).
		t.Run("parse#10655 the whole identity, however it is shown", func(t *testing.T) {
			s := s.in(t)
			bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
			ways := map[string]func(token string) *grapnel.Socket{
				"Authorization": func(token string) *grapnel.Socket { return s.Dial(nil, vars{"Authorization": "Bearer " + token}) },
				"authorization": func(token string) *grapnel.Socket { return s.Dial(nil, vars{"authorization": "bearer " + token}) },
				"authToken":     func(token string) *grapnel.Socket { return s.Dial(nil, vars{"authToken": token}) },
				"token":         func(token string) *grapnel.Socket { return s.Dial(nil, vars{"token": token}) },
				"the upgrade":   func(token string) *grapnel.Socket { return s.Dial(bearer(token), nil) },
				"a cookie": func(token string) *grapnel.Socket {
					return s.Dial(http.Header{"Cookie": {"grapnel_access=" + token}, "Origin": {s.URL}}, nil)
				},
			}
			id := s.product(s.maker, "ID-001", "Identity", false)
			s.update(s.root, id, `costPrice: 61000`)
			for way, dial := range ways {
				admin, editor, member := s.follow(dial(s.root), productEvents), s.follow(dial(s.editor), productEvents), s.follow(dial(s.member), productEvents)
				s.update(s.root, id, `name: "By `+way+`"`)
				if list := admin.heard(); kinds(list) != "UPDATED" || grapnel.Dig(list[0].product, "costPrice") != 61000.0 {
					t.Errorf("%s: the admin heard %v", way, list)
				}
				if list := editor.heard(); kinds(list) != "UPDATED" || grapnel.Dig(list[0].product, "costPrice") != nil {
					t.Errorf("%s: the editor heard %v", way, list)
				}
				if list := member.heard(); len(list) != 0 {
					t.Errorf("%s: the member heard %v", way, list)
				}
				for _, f := range []*subscriber{admin, editor, member} {
					f.Close()
				}
				// A token that is not good makes no visitor.
				bad := dial(s.root[:len(s.root)-6] + "AAAAAA")
				bad.Subscribe("1", productEvents, nil)
				if m, ok := bad.Next(); ok || bad.Closed != 4403 {
					t.Errorf("%s: a forged token got %v, closed with %d", way, m, bad.Closed)
				}
			}
		})

		// The event that takes an object out of sight carried the object
		// (GHSA-97pr-9hgg-3p8r).
		t.Run("parse#10516 what leaves the sight", func(t *testing.T) {
			s := s.in(t)
			id := s.product(s.maker, "LE-001", "In sight", true)
			f := s.follow(s.Socket(""), `subscription { productChanged { kind changedId product { id name story price tags } } }`)
			s.update(s.maker, id, `name: "Secret 8841", story: "Secret 8841", tags: ["secret 8841"], published: false`)
			s.update(s.maker, id, `name: "Secret 8842"`)
			s.update(s.maker, id, `name: "Back in sight", story: null, tags: [], published: true`)
			list := f.heard()
			if kinds(list) != "REMOVED ADDED" || list[0].product != nil || grapnel.Dig(list[1].product, "name") != "Back in sight" {
				t.Errorf("heard %v", list)
			}
			for _, e := range list {
				if strings.Contains(strings.ToLower(fmt.Sprint(e.answer)), "secret 884") {
					t.Errorf("heard %v", e.answer)
				}
			}
		})

		// What parse#10134 and #10655 are about, later: a right that ends while the
		// subscription goes on.
		t.Run("a revoked right stops events", func(t *testing.T) {
			s := s.in(t)
			id := s.product(s.root, "RE-001", "For editors", false)
			i := 0
			for way, revoke := range map[string]func(token, user, email string){
				"another role": func(_, user, _ string) { setRole(s.Server, s.root, user, "MEMBER") },
				"suspension": func(_, user, _ string) {
					s.Get(s.root, `mutation($id: ID!) { suspendUser(input: {id: $id}) { user { id } } }`, vars{"id": user}, "suspendUser")
				},
				"sign-out": func(token, _, _ string) {
					s.Get(token, `mutation { signOut(input: {everywhere: true}) { signedOutAt } }`, nil, "signOut")
				},
				"another password": func(_, _, email string) {
					other := s.SignIn(email, grapnel.Password)
					s.Get(other, `mutation($p: String!) { changePassword(input: {currentPassword: $p, newPassword: "another horse"}) { viewer { id } } }`,
						vars{"p": grapnel.Password}, "changePassword")
				},
			} {
				i++
				name := fmt.Sprintf("revoked%d", i)
				token, user := s.From("127.0.0.9").SignUp(name)
				setRole(s.Server, s.root, user, "EDITOR")
				f := s.follow(s.Socket(token), productEvents)
				s.update(s.root, id, `name: "Before"`)
				if list := f.heard(); kinds(list) != "UPDATED" {
					t.Errorf("%s: heard %v while the right was there", way, list)
				}
				revoke(token, user, name+"@example.org")
				begin := time.Now()
				s.update(s.root, id, `name: "After 771177117"`)
				for {
					m, ok := f.Next()
					if !ok {
						break
					}
					if strings.Contains(string(m.Payload), "771177117") || strings.Contains(string(m.Payload), id) {
						t.Errorf("%s: heard %s", way, m.Payload)
					}
				}
				if f.Closed != 4403 {
					t.Errorf("%s: closed with %d", way, f.Closed)
				}
				if took := time.Since(begin); took > 8*time.Second { // 5 are promised
					t.Errorf("%s: the socket was open for %v more", way, took)
				}
			}
		})
	})
}

// refusal is the code with which a subscription is refused.
func (s *stage) refusal(token, query string, v vars) string {
	s.t.Helper()
	c := s.Socket(token)
	defer c.Close()
	c.Subscribe("1", query, v)
	m, ok := c.Next()
	switch {
	case !ok:
		return fmt.Sprint("closed ", c.Closed)
	case m.Type != "error":
		return m.Type
	}
	return grapnel.Code(m.Answer())
}
