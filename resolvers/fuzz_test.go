package resolvers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/draw"
	"github.com/grapnel/grapnel/internal/web"
	"github.com/grapnel/grapnel/resolvers"
	"github.com/grapnel/grapnel/resolvers/scalar"
)

// fuzzed is an api that is asked without a network and knows its users by
// their names, so that no operation can sign them out.
type fuzzed struct {
	*api
	handler http.Handler
	codes   map[core.Code]bool // that the schema knows
}

func newFuzzed(f *testing.F) *fuzzed {
	f.Helper()
	z := &fuzzed{api: newAPI(f), codes: map[core.Code]bool{}}
	schema := z.schema
	for _, v := range schema.Schema().Types["ErrorCode"].EnumValues {
		z.codes[core.Code(v.Name)] = true
	}
	handler, err := web.New(web.Config{
		Schema:  schema,
		Scalars: resolvers.Scalars(),
		Authenticate: func(_ context.Context, token string) (core.Principal, error) {
			role := map[string]core.Role{"member": core.Member, "author": core.Author, "editor": core.Editor, "admin": core.Admin}[token]
			return core.Principal{UserID: z.ids[token], Role: role, SessionID: "sess_" + token}, nil
		},
		Anonymous: resolvers.AnonymousFields(),
		Limits:    web.Limits{Cost: 1 << 30, Read: 1 << 40, ReadTime: time.Hour, UserCost: -1, NetworkCost: -1},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = handler.Shutdown(context.Background()) })
	z.handler = handler
	return z
}

// answer is what came back.
type answer struct {
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code core.Code }
	}
}

// ask posts a request as a user. Its answer must be one of GraphQL, with the
// status 200 or 400, and errors of the codes that the schema names, INTERNAL none
// of them.
func (z *fuzzed) ask(t *testing.T, as, body string) (out answer) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+as)
	}
	w := httptest.NewRecorder()
	z.handler.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
		t.Fatalf("%s\nas %q: %d %v: %s", body, as, w.Code, err, w.Body)
	}
	if len(out.Errors) == 0 && out.Data == nil || w.Code == http.StatusBadRequest && (len(out.Errors) == 0 || out.Data != nil) {
		t.Errorf("%s\nas %q: %d %s", body, as, w.Code, w.Body)
	}
	for _, e := range out.Errors {
		if !z.codes[e.Extensions.Code] || e.Extensions.Code == core.Internal {
			t.Errorf("%s\nas %q: %d %s", body, as, w.Code, w.Body)
		}
	}
	return out
}

// stock is documents of which each list finds some, with values that a store
// might confuse.
func (z *fuzzed) stock(f *testing.F) map[string][]core.Node {
	f.Helper()
	day := func(n int64) time.Time { return time.UnixMilli(n * 86_400_000).UTC() }
	all := map[string][]core.Node{}
	specs, err := core.CompleteSpecs(model.Specs())
	if err != nil {
		f.Fatal(err)
	}
	add := func(coll string, doc core.Node) {
		if err := z.docs.Write(f.Context(), core.Op{Kind: core.OpInsert, Coll: coll, Doc: specs[coll].Whole(doc)}); err != nil {
			f.Fatal(err)
		}
		all[coll] = append(all[coll], doc)
	}
	for i, title := range hostileTexts {
		at := []time.Time{day(0), day(0).Add(time.Millisecond), day(-719_000), day(19_000), day(2_932_000)}[i%5]
		p := &core.Post{
			Head:  core.Head{ID: fmt.Sprintf("post_%02d", i), Version: 1, CreatedAt: at, UpdatedAt: day(int64(i))},
			Title: title, AuthorID: z.ids[[]string{"author", "mallory"}[i%2]], Tags: hostileTexts[i%3 : i%3+i%4],
			Status: []core.PostStatus{core.Draft, core.Published}[i%2], Date: at, Slugs: []string{},
		}
		if p.Status == core.Published {
			p.Slug, p.Slugs = &p.ID, []string{p.ID}
		}
		if i%3 > 0 {
			p.PublishedAt = &at
		}
		add("posts", p)
		add("assets", &core.Asset{
			Head:     core.Head{ID: fmt.Sprintf("asset_%02d", i), Version: 1, CreatedAt: at, UpdatedAt: at},
			Filename: title, ContentType: []string{"image/png", "text/plain"}[i%2], OwnerID: z.ids["member"],
			Size:       []int64{1, 2, 1 << 53, 1<<53 + 1, math.MaxInt64}[i%5],
			Visibility: []core.Visibility{core.Public, core.Private}[i%2], State: core.Ready,
		})
	}
	for doc, err := range z.docs.Find(f.Context(), "users", core.Query{Limit: 100}) {
		u := new(core.User)
		if err == nil {
			err = doc.Decode(u)
		}
		if err != nil {
			f.Fatal(err)
		}
		all["users"] = append(all["users"], u)
	}
	return all
}

var hostileTexts = []string{
	"", "a", "A", "ab", "a\x00b", "é", "e\u0301", "z\ud7ff", "z\ue000", "z\U00010000", "\U0010ffff", "$gt", `{"$ne":1}`, "100%", ".*", "(?i)a|b", "' OR 1=1 --", "\\", "\n", "5",
}

// list is a list of the schema, and what its documents hold of what can be
// asked for in where: strings, int64, time.Time, lists of strings, nil.
type list struct {
	name string
	docs []core.Node
	at   func(core.Node) map[string]any
}

func (z *fuzzed) lists(f *testing.F) []list {
	moment := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return *t
	}
	all := z.stock(f)
	return []list{
		{"posts", all["posts"], func(n core.Node) map[string]any {
			p := n.(*core.Post)
			return map[string]any{
				"id": p.ID, "title": p.Title, "tags": p.Tags, "authorId": p.AuthorID, "status": string(p.Status),
				"publishedAt": moment(p.PublishedAt), "date": p.Date, "createdAt": p.CreatedAt, "updatedAt": p.UpdatedAt,
			}
		}},
		{"assets", all["assets"], func(n core.Node) map[string]any {
			a := n.(*core.Asset)
			return map[string]any{
				"id": a.ID, "filename": a.Filename, "contentType": a.ContentType, "size": a.Size, "ownerId": a.OwnerID,
				"visibility": string(a.Visibility), "state": string(a.State), "createdAt": a.CreatedAt,
			}
		}},
		{"users", all["users"], func(n core.Node) map[string]any {
			u := n.(*core.User)
			return map[string]any{
				"id": u.ID, "username": u.Username, "role": string(u.Role), "email": u.Email,
				"suspendedAt": moment(u.SuspendedAt), "createdAt": u.CreatedAt,
			}
		}},
	}
}

// FuzzWhere sends any JSON as the where of a list. What is refused is the
// client's fault, by its code; what is accepted finds what the words of the
// schema say, and what the filter that came of it matches in memory.
func FuzzWhere(f *testing.F) {
	z := newFuzzed(f)
	lists := z.lists(f)
	deep := strings.Repeat(`{"not":`, 40) + `{}` + strings.Repeat(`}`, 40)
	for i, text := range []string{
		`null`, `{}`, `[]`, `"x"`, `1`, `{"and":[]}`, `{"or":[]}`, `{"not":{}}`, `{"and":{"or":{"not":{}}}}`, `{"and":null}`, deep,
		`{"or":[` + strings.Repeat(`{"id":{"eq":"x"}},`, 600) + `{}]}`, `{"id":{"in":[` + strings.Repeat(`"post_01",`, 100) + `"x"]}}`,
		`{"title":{"eq":null}}`, `{"title":{"eq":5}}`, `{"title":{"in":"a"}}`, `{"title":{"prefix":""}}`, `{"title":{"prefix":"\udbff\udfff"}}`,
		`{"title":{"prefix":"z\ud800"}}`, `{"title":{"eq":"a\u0000b"}}`, `{"title":{"ne":"é","in":["é","a"]}}`, `{"title":{"eq":".*"}}`, `{"title":{"$regex":".*"}}`,
		`{"tags":{"has":"a"}}`, `{"tags":{"hasSome":[]}}`, `{"tags":{"hasSome":"A"}}`, `{"not":{"tags":{"has":""}}}`,
		`{"status":{"eq":"DRAFT"}}`, `{"status":{"eq":"draft"}}`, `{"status":{"in":["DRAFT","PUBLISHED"]}}`, `{"status":{"ne":5}}`,
		`{"publishedAt":{"eq":null}}`, `{"publishedAt":{"lt":"1970-01-01T00:00:00.0010000001Z"}}`, `{"not":{"publishedAt":{"gte":"0000-01-01T00:00:00+23:59"}}}`,
		`{"date":{"gt":"9999-12-31T23:59:59.999Z","lte":"10000-01-01T00:00:00Z"}}`, `{"date":{"eq":1e99}}`, `{"id":{"eq":5}}`, `{"id":{"eq":5.0}}`, `{"authorId":{"eq":true}}`,
		`{"__typename":"PostWhere"}`, `{"id":{"eq":"a","eq":"post_01"}}`, "{\"title\":{\"eq\":\"\xff\"}}",
	} {
		f.Add(uint8(0), text, []byte(nil))
		if i%4 == 0 {
			f.Add(uint8(1), text, []byte(nil))
			f.Add(uint8(2), text, []byte(nil))
		}
	}
	for _, text := range []string{`{"size":{"gt":9007199254740992}}`, `{"size":{"in":[1,9223372036854775807]}}`, `{"size":{"eq":92233720368547758070}}`, `{"size":{"lt":"2"}}`, `{"size":{"lte":1e3}}`, `{"size":{"eq":-0}}`} {
		f.Add(uint8(1), text, []byte(nil))
	}
	f.Add(uint8(2), `{"email":{"prefix":"a"},"role":{"ne":"ADMIN"},"suspendedAt":{"eq":null}}`, []byte(nil))
	seeds := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		data := make([]byte, 40)
		for j := range data {
			data[j] = byte(seeds.Uint32())
		}
		f.Add(uint8(i), "", data)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string, choices []byte) {
		l := lists[int(which)%len(lists)]
		if len(choices) > 0 { // a where that is most likely accepted
			made, err := json.Marshal(where(draw.From(choices), l.at(l.docs[0]), l.docs, l.at, 3))
			if err != nil {
				t.Fatal(err)
			}
			text = string(made)
		}
		kind := strings.ToUpper(l.name[:1]) + l.name[1:len(l.name)-1] + "Where"
		z.docs.asked.Store(nil)
		out := z.ask(t, "admin", `{"query":"query($where:`+kind+`){list:`+l.name+`(where:$where,first:100){totalCount nodes{id}}}","variables":{"where":`+text+`}}`)
		if len(out.Errors) > 0 {
			if code := out.Errors[0].Extensions.Code; code != core.Invalid && code != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("%s: %+v", text, out)
			}
			return
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var in any
		if err := d.Decode(&in); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		var got struct {
			TotalCount int
			Nodes      []struct{ ID string }
		}
		if err := json.Unmarshal(out.Data["list"], &got); err != nil {
			t.Fatal(err)
		}
		var found, meant, matched []string
		filter := z.docs.asked.Load()
		if filter == nil { // what matches nothing reaches no store
			filter = &core.None
		}
		for _, n := range got.Nodes {
			found = append(found, n.ID)
		}
		for _, doc := range l.docs {
			at := l.at(doc)
			if means(t, in, at) {
				meant = append(meant, at["id"].(string))
			}
			if filter.Match(doc, nil) {
				matched = append(matched, at["id"].(string))
			}
		}
		slices.Sort(found)
		slices.Sort(meant)
		slices.Sort(matched)
		if !slices.Equal(found, meant) || !slices.Equal(found, matched) || got.TotalCount != len(found) {
			t.Errorf("%s of %s: found %q of %d, meant %q, matched %q", text, l.name, found, got.TotalCount, meant, matched)
		}
	})
}

// means says by the words of the schema whether a where finds a document.
func means(t *testing.T, in any, doc map[string]any) bool {
	w, _ := in.(map[string]any)
	for name, v := range w {
		holds := true
		switch name {
		case "__typename":
		case "and":
			for _, e := range listOf(v) {
				holds = holds && means(t, e, doc)
			}
		case "or":
			holds = slices.ContainsFunc(listOf(v), func(e any) bool { return means(t, e, doc) })
		case "not":
			holds = !means(t, v, doc)
		default:
			for op, operand := range v.(map[string]any) {
				holds = holds && (op == "__typename" || compares(t, doc[name], op, operand))
			}
		}
		if !holds {
			return false
		}
	}
	return true
}

// listOf is v, or a list of it alone, as GraphQL reads lists.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// compares says whether a field that holds have meets one condition.
func compares(t *testing.T, have any, op string, operand any) bool {
	if list, ok := have.([]string); ok {
		return slices.ContainsFunc(list, func(e string) bool { // has, hasSome
			return slices.ContainsFunc(listOf(operand), func(o any) bool { return e == fmt.Sprint(o) })
		})
	}
	switch op {
	case "in":
		return have != nil && slices.ContainsFunc(listOf(operand), func(o any) bool { return compares(t, have, "eq", o) })
	case "ne":
		return !compares(t, have, "eq", operand)
	case "eq":
		if have == nil || operand == nil {
			return have == nil && operand == nil
		}
	case "prefix":
		return have != nil && strings.HasPrefix(have.(string), fmt.Sprint(operand))
	}
	if have == nil {
		return false
	}
	var c int
	switch have := have.(type) {
	case string:
		c = strings.Compare(have, fmt.Sprint(operand))
	case int64:
		n, err := scalar.UnmarshalInt64(operand) // which has tests of its own
		if err != nil {
			t.Errorf("%v was accepted as a number", operand)
		}
		c = int(max(-1, min(1, float64(have)-float64(n))))
		if have == n {
			c = 0
		} else if c == 0 {
			c = map[bool]int{true: -1, false: 1}[have < n]
		}
	case time.Time:
		at, err := scalar.UnmarshalTime(operand)
		if err != nil {
			t.Errorf("%v was accepted as a moment", operand)
		}
		c = have.Compare(at)
	}
	switch op {
	case "eq":
		return c == 0
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	}
	t.Errorf("%q was accepted", op)
	return false
}

// where draws conditions on the fields that doc has.
func where(r *rand.Rand, doc map[string]any, docs []core.Node, at func(core.Node) map[string]any, depth int) map[string]any {
	w := map[string]any{}
	several := func() []any {
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = where(r, doc, docs, at, depth-1)
		}
		return list
	}
	if depth > 0 {
		switch r.IntN(5) {
		case 0:
			w["and"] = several()
		case 1:
			w["or"] = several()
		case 2:
			w["not"] = where(r, doc, docs, at, depth-1)
		}
	}
	names := make([]string, 0, len(doc))
	for name := range doc {
		names = append(names, name)
	}
	slices.Sort(names)
	for range r.IntN(3) {
		name := names[r.IntN(len(names))]
		operand := func() any { // most likely one that some document has
			switch v := at(docs[r.IntN(len(docs))])[name].(type) {
			case time.Time:
				return v.Add(time.Duration(r.IntN(3)-1) * time.Millisecond).Format(time.RFC3339Nano)
			case nil:
				return "2001-01-01T00:00:00Z"
			case []string:
				return hostileTexts[r.IntN(len(hostileTexts))]
			default:
				return v
			}
		}
		operands := func() []any {
			list := make([]any, r.IntN(4))
			for i := range list {
				list[i] = operand()
			}
			return list
		}
		c := map[string]any{}
		switch v := doc[name].(type) {
		case []string:
			switch r.IntN(2) {
			case 0:
				c["has"] = operand()
			case 1:
				c["hasSome"] = operands()
			}
		case time.Time, nil, int64:
			c[[]string{"eq", "lt", "lte", "gt", "gte"}[r.IntN(5)]] = operand()
			if v == nil && r.IntN(3) == 0 {
				c["eq"] = nil
			}
		default:
			switch r.IntN(4) {
			case 0:
				c["eq"] = operand()
			case 1:
				c["ne"] = operand()
			case 2:
				c["in"] = operands()
			case 3:
				if name == "title" || name == "filename" || name == "username" {
					s := operand().(string)
					c["prefix"] = s[:min(len(s), r.IntN(3))]
				}
			}
		}
		w[name] = c
	}
	return w
}

// Whatever is sent as an id, only that of a document leads to it, and only
// callers who may see it.
func FuzzNode(f *testing.F) {
	z := newFuzzed(f)
	all := z.stock(f)
	var ids []string
	public := map[string]bool{}
	for _, n := range slices.Concat(all["users"], all["posts"], all["assets"]) {
		switch n := n.(type) {
		case *core.User:
			ids = append(ids, n.ID)
			public[n.ID] = true
		case *core.Post:
			ids = append(ids, n.ID)
			public[n.ID] = n.Status == core.Published && n.Date.Before(time.Now())
		case *core.Asset:
			ids = append(ids, n.ID)
			public[n.ID] = n.Visibility == core.Public
		}
	}
	known := len(ids)
	for doc, err := range z.docs.Find(f.Context(), "sessions", core.Query{Limit: 3}) {
		var s core.Session
		if err == nil {
			err = doc.Decode(&s)
		}
		if err != nil {
			f.Fatal(err)
		}
		ids = append(ids, s.ID)
	}
	for i := range ids {
		f.Add(uint8(i), uint16(0), uint16(0), "", i%2 == 0)
	}
	for i, text := range []string{"\x00", " ", "\xff", "\u2028", "_", "%", "$", "\n", strings.Repeat("x", 10_000)} {
		f.Add(uint8(i), uint16(0), uint16(0), text, true)
		f.Add(uint8(i+10), uint16(4), uint16(1), text, true)
		f.Add(uint8(i+20), uint16(100), uint16(0), text, true)
	}
	f.Add(uint8(0), uint16(0), uint16(100), "", true)
	f.Add(uint8(0), uint16(0), uint16(5), "post_", true)
	f.Fuzz(func(t *testing.T, which uint8, at, cut uint16, text string, admin bool) {
		base := ids[int(which)%len(ids)]
		from := min(int(at), len(base))
		id := base[:from] + text + base[min(from+int(cut), len(base)):]
		as := map[bool]string{true: "admin"}[admin]
		encoded, err := json.Marshal(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(encoded, &id); err != nil { // as it arrives
			t.Fatal(err)
		}
		out := z.ask(t, as, `{"query":"query($id:ID!){node(id:$id){id} nodes(ids:[$id,$id]){id}}","variables":{"id":`+string(encoded)+`}}`)
		seen := admin && slices.Contains(ids[:known], id) || public[id]
		want := "null null,null"
		if seen {
			want = fmt.Sprintf(`{"id":"%[1]s"} {"id":"%[1]s"},{"id":"%[1]s"}`, id)
		}
		if got := fmt.Sprintf("%s %s", out.Data["node"], strings.Trim(string(out.Data["nodes"]), "[]")); got != want {
			t.Errorf("%q as %q: %s, want %s", id, as, got, want)
		}
		if seen != (len(out.Errors) == 0) || !seen && out.Errors[0].Extensions.Code != core.NotFound {
			t.Errorf("%q as %q: %+v", id, as, out.Errors)
		}
	})
}

// Any document, with any variables, gets an answer of GraphQL.
func FuzzDocument(f *testing.F) {
	z := newFuzzed(f)
	z.stock(f)
	for i, d := range []struct{ document, variables string }{
		{`{viewer{id email role createdAt version} __typename}`, `null`},
		{`query A($n:Int=3,$by:PostOrder,$where:PostWhere){posts(first:$n,orderBy:$by,where:$where){edges{cursor node{...P}} pageInfo{hasNextPage endCursor} totalCount}} fragment P on Post{id title slug excerpt body bodyHtml tags author{username avatar{url}} cover{id width} status publishedAt date}`, `{"n":2,"by":{"field":"TITLE","direction":"ASC"},"where":{"or":[{"title":{"prefix":"a"}}]}}`},
		{`query($after:String){posts(search:"a b",after:$after,last:2,before:"x"){nodes{id}}}`, `{"after":"WyJwb3N0cy1kYXRlLV9pZCIsMSwieCJd"}`},
		{`{node(id:"post_01"){__typename ...on Post{title @skip(if:false)} ...on User{username @include(if:true)}} nodes(ids:["user_x",5]){id}}`, `{}`},
		{`{postBySlug(slug:"a\u0000"){id} user(id:""){posts{totalCount}} asset(id:"asset_01"){filename size url owner{id}} users(search:"%"){nodes{email suspendedAt}}}`, ``},
		{`mutation($i:CreatePostInput!){createPost(input:$i){post{id slug body}}}`, `{"i":{"title":"A","body":"*b*","tags":["x"],"createdAt":"2001-01-01T00:00:00Z"}}`},
		{`mutation{updatePost(input:{id:"post_01",title:null,tags:["",""],coverId:"asset_01",expectedVersion:1}){post{version}} publishPost(input:{id:"post_02",at:"2999-01-01T00:00:00Z"}){post{date}} unpublishPost(input:{id:"post_03"}){post{status}} deletePost(input:{id:"post_04"}){deletedId}}`, `null`},
		{`mutation{createAssetUpload(input:{filename:"a/../b",contentType:"text/plain",size:9223372036854775807,sha256:"0"}){asset{id} request{method url headers{name value} expiresAt}} completeAssetUpload(input:{id:"asset_00"}){asset{state}} updateAsset(input:{id:"asset_02",alt:"x",visibility:PRIVATE}){asset{url}} deleteAsset(input:{id:"x"}){deletedId}}`, `null`},
		{`mutation($f:Upload!){uploadAsset(input:{file:$f,alt:"x"}){asset{id}}}`, `{"f":{"name":"x"}}`},
		{`mutation{signUp(input:{username:"x y",email:"x",password:"x",transport:COOKIE}){viewer{id}} signIn(input:{email:"a@example.org",password:"y"}){tokens{accessToken}} refreshSession(input:{refreshToken:"a.1.b"}){viewer{id}} signOut(input:{everywhere:true}){signedOutAt} changePassword(input:{currentPassword:"a",newPassword:"b"}){viewer{id}}}`, `null`},
		{`mutation{updateUser(input:{id:"x",bio:"b"}){user{bio}} setUserRole(input:{id:"x",role:ADMIN}){user{role}} suspendUser(input:{id:"x"}){user{id}} unsuspendUser(input:{id:"x"}){user{id}}}`, `null`},
		{`subscription{postChanged(where:{status:{eq:DRAFT}}){kind changedId post{title}}}`, `null`},
		{`{__schema{types{name fields{args{defaultValue type{name ofType{name}}}}} directives{name}} __type(name:"Post"){kind}}`, `null`},
		{`query A{viewer{id}} query B{viewer{id}}`, `{}`},
		{`{...F} fragment F on Query{...G} fragment G on Query{...F}`, `{}`},
		{`query($a:[[Int!]]!=[[1,null]],$b:Nope){a:viewer{id} a:users{totalCount}}`, `{"a":[[["x"]]]}`},
		{`{viewer{id}}#`, `{"a":{"b":[null,1e999,-0.0,"\ud800"]}}`},
		{`query($d:Time,$n:Int){posts(first:$n,where:{date:{gt:$d,in:[$d]}}){totalCount}}`, `{"d":"2000-02-30T00:00:00Z","n":"1"}`},
		{"\ufeff{viewer{id}}", `[]`}, {`{"`, `{`}, {`"""`, `null}`}, {"{viewer(x:\"\\ud83d\"){id}}", `1`}, {"", ""}, {"{\xff}", "\xff"},
	} {
		f.Add(d.document, d.variables, uint8(i))
	}
	f.Fuzz(func(t *testing.T, document, variables string, as uint8) {
		if variables == "" {
			variables = "null"
		}
		query, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		z.ask(t, []string{"", "member", "author", "editor", "admin"}[as%5], `{"query":`+string(query)+`,"variables":`+variables+`}`)
	})
}
