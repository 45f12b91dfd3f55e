package core_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/grapnel/grapnel/core"
)

// mark is a document that lists can be ordered by fields of every kind of.
type mark struct {
	core.Head `bson:",inline"`
	S         string    `bson:"s"`
	I         int64     `bson:"i"`
	F         float64   `bson:"f"`
	B         bool      `bson:"b"`
	T         time.Time `bson:"t"`
}

func markSpec() core.Spec {
	return core.Spec{
		Type: "Mark", Name: "marks", Prefix: "mark",
		Fields: []core.Field{
			{Name: "s"}, {Name: "i", Kind: core.Int}, {Name: "f", Kind: core.Float}, {Name: "b", Kind: core.Bool}, {Name: "t", Kind: core.Time},
		},
		Indexes: [][]string{{"s"}, {"i"}, {"f"}, {"t"}},
		Rules:   []core.Rule{{Verbs: core.Read}},
	}
}

func marks() (list []*mark) {
	for i, s := range []string{"", "a", "a\x00", "é", "z\uffff", "\U0010ffff", "a", "' --"} {
		t := time.UnixMilli(int64(i-3) * 1_000_000_000_000).UTC()
		list = append(list, &mark{
			Head: core.Head{ID: fmt.Sprintf("mark_%d", i*i%7*10+i), Version: 1, CreatedAt: t, UpdatedAt: t},
			S:    s, I: []int64{math.MinInt64, -1, 0, 1, 1 << 53, math.MaxInt64}[i%6], F: []float64{-1e300, -0.5, 0, 1e300}[i%4], B: i%3 == 0, T: t,
		})
	}
	return list
}

// Whatever a client sends as a cursor, it is refused as BAD_USER_INPUT, or the
// page is what stands behind (or before) the keys that it holds, as memory has
// it. What is accepted means the same when it is written again.
func FuzzCursor(f *testing.F) {
	var orders [][]core.Order
	for _, name := range []string{"s", "i", "f", "b", "t", "_id"} {
		for _, desc := range []bool{false, true} {
			by := []core.Order{{Field: name, Desc: desc}, {Field: "_id", Desc: desc}}
			if name == "_id" {
				by = by[1:]
			}
			orders = append(orders, by)
		}
	}
	for i, text := range []string{
		`["marks+s+_id","a\u0000","mark_1"]`, `["marks-s-_id","\ud800\uffff",""]`, `["marks+i+_id",9223372036854775807,"mark_1"]`,
		`["marks-i-_id",-0,"x"]`, `["marks+f+_id",-0.5,"mark_1"]`, `["marks-f-_id",1e308,"mark_1"]`, `["marks+b+_id",false,"mark_1"]`,
		`["marks-b-_id",true,"mark_1"]`, `["marks+t+_id",1700000000000,"mark_1"]`, `["marks-t-_id",-9223372036854775808,"mark_1"]`,
		`["marks+_id","mark_1"]`, `["marks-_id",null]`, `["marks+s+_id",1,"mark_1"]`, `["marks+i+_id",1.5,"mark_1"]`, `["posts+s+_id","a","mark_1"]`, `["marks-s-_id","a","mark_1"]`,
		`["marks+t+_id",1e400,{}]`, `{}`, `[`, "\xff",
	} {
		f.Add(text, true, uint8(i), false)
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(text)), false, uint8(i), true)
		f.Add(text, true, uint8(0), true)
	}
	f.Add("!!", false, uint8(0), false)

	spec := markSpec()
	w := newWorld(f, func(cfg *core.Config) { cfg.Specs = append(cfg.Specs, spec) })
	model, all := core.NewModel[mark](w.App, spec.Name), marks()
	for _, m := range all {
		if err := w.docs.Write(f.Context(), core.Op{Kind: core.OpInsert, Coll: spec.Name, Doc: m}); err != nil {
			f.Fatal(err)
		}
	}
	ctx := f.Context()
	f.Fuzz(func(t *testing.T, cursor string, plain bool, order uint8, backward bool) {
		if plain {
			cursor = base64.RawURLEncoding.EncodeToString([]byte(cursor))
		}
		if cursor == "" {
			return // an empty one is as none
		}
		by := orders[int(order)%len(orders)]
		keys, again, bad := core.DecodeCursor(spec, by, cursor)
		args := core.PageArgs{OrderBy: by[:len(by)-1], After: &cursor}
		if backward {
			args.After, args.Before = nil, &cursor
		}
		if len(by) == 1 && by[0].Desc {
			return // no list is in the order of ids, backwards
		}
		page, err := model.Page(ctx, args)
		if (err == nil) != (bad == nil) || err != nil && !core.Is(err, core.Invalid) {
			t.Fatalf("%q: %v, decoded: %v", cursor, err, bad)
		}
		if err != nil {
			return
		}
		// Made for this list and this order, as the first of its entries says.
		name := spec.Name
		for _, o := range by {
			name += map[bool]string{false: "+", true: "-"}[o.Desc] + o.Field
		}
		var list []any
		if text, err := base64.RawURLEncoding.DecodeString(cursor); err != nil || json.Unmarshal(text, &list) != nil || len(list) != len(by)+1 || list[0] != name {
			t.Errorf("%q was accepted for %s", cursor, name)
		}
		if _, twice, err := core.DecodeCursor(spec, by, again); err != nil || twice != again {
			t.Errorf("%q became %q, then %q, %v", cursor, again, twice, err)
		}
		var got []string
		for _, m := range page.Nodes() {
			got = append(got, m.ID)
		}
		if want := behind(all, by, keys, backward); !slices.Equal(got, want) {
			t.Errorf("%v %v backward %t: %q, want %q", by, keys, backward, got, want)
		}
	})
}

// behind is the ids of the documents behind keys, or before them, in the order by.
func behind(all []*mark, by []core.Order, keys []any, backward bool) (ids []string) {
	var sorted []*mark
	for _, m := range all { // insertion, with the comparisons of filters
		at := 0
		for at < len(sorted) && follows(m, by, keysOf(sorted[at], by)) {
			at++
		}
		sorted = slices.Insert(sorted, at, m)
	}
	for _, m := range sorted {
		after := follows(m, by, keys)
		same := core.And(core.Eq(by[0].Field, keys[0]), core.Eq("_id", keys[len(keys)-1])).Match(m, nil)
		if after && !backward || backward && !after && !same {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// follows reports whether m stands behind keys in the order by.
func follows(m *mark, by []core.Order, keys []any) bool {
	f := core.None
	for i, o := range slices.Backward(by) {
		beyond := core.Gt(o.Field, keys[i])
		if o.Desc {
			beyond = core.Lt(o.Field, keys[i])
		}
		f = core.Or(beyond, core.And(core.Eq(o.Field, keys[i]), f))
	}
	return f.Match(m, nil)
}

func keysOf(m *mark, by []core.Order) (list []any) {
	of := map[string]any{"s": m.S, "i": m.I, "f": m.F, "b": m.B, "t": m.T, "_id": m.ID}
	for _, o := range by {
		list = append(list, of[o.Field])
	}
	return list
}

// splice puts text into base, in the place of cut bytes.
func splice(base string, at, cut uint16, text string) string {
	from := min(int(at), len(base))
	return base[:from] + text + base[min(from+int(cut), len(base)):]
}

// still is a world whose clock stands, so that inputs mean the same whenever
// they come.
func still(f *testing.F) *world {
	now := time.Now()
	return newWorld(f, func(cfg *core.Config) { cfg.Now = func() time.Time { return now } })
}

// No access token is good but those that the server has made, byte by byte;
// any other one is UNAUTHENTICATED.
func FuzzAccessToken(f *testing.F) {
	w := still(f)
	w.as(f, "ada", core.Member)
	w.as(f, "eve", core.Admin)
	enter := func(name string) core.Tokens {
		_, tokens, err := w.Sessions.SignIn(f.Context(), name+"@example.org", "correct horse")
		if err != nil {
			f.Fatal(err)
		}
		return tokens
	}
	tokens, ended, admin := enter("ada"), enter("ada"), enter("eve")
	p, err := w.Sessions.Authenticate(f.Context(), tokens.AccessToken)
	if err != nil {
		f.Fatal(err)
	}
	eve, err := w.Sessions.Authenticate(f.Context(), admin.AccessToken)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := w.Sessions.SignOut(f.Context(), ended.RefreshToken, false); err != nil {
		f.Fatal(err)
	}
	sign := func(claims jwt.MapClaims) string {
		token, err := w.SignAccess(claims)
		if err != nil {
			f.Fatal(err)
		}
		return token
	}
	forge := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			f.Fatal(err)
		}
		return token
	}
	later := tokens.AccessTokenExpiresAt.Unix()
	claims := jwt.MapClaims{"jti": p.SessionID, "sub": p.UserID, "exp": later}
	good := []string{tokens.AccessToken, admin.AccessToken}
	bases := append(slices.Clone(good),
		ended.AccessToken, tokens.RefreshToken,
		forge(jwt.SigningMethodHS256, []byte{}, claims),
		forge(jwt.SigningMethodHS256, bytes.Repeat([]byte("k"), 32), claims), // the secret itself
		forge(jwt.SigningMethodHS512, bytes.Repeat([]byte("k"), 32), claims),
		forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims),
		sign(jwt.MapClaims{"jti": p.SessionID, "sub": p.UserID}), // without an end
		sign(jwt.MapClaims{"jti": p.SessionID, "sub": p.UserID, "exp": -1}),
		sign(jwt.MapClaims{"jti": p.SessionID, "sub": p.UserID, "exp": later, "nbf": later}),
		sign(jwt.MapClaims{"jti": p.SessionID, "sub": eve.UserID, "exp": later}), // somebody else's session
		sign(jwt.MapClaims{"jti": p.UserID, "sub": p.SessionID, "exp": later}),
		sign(jwt.MapClaims{"jti": "\x00", "sub": "", "exp": later}),
		sign(jwt.MapClaims{"jti": []int{1}, "sub": nil, "exp": later}),
		sign(jwt.MapClaims{"exp": 1e300}),
	)
	for i, base := range bases {
		f.Add(uint8(i), uint16(0), uint16(0), "")
		f.Add(uint8(i), uint16(len(base)), uint16(0), "A")
		f.Add(uint8(i), uint16(len(base)), uint16(0), "\n")
		f.Add(uint8(i), uint16(strings.IndexByte(base, '.')), uint16(1), ".\n")
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(good[0]) - 1
	for i := range 4 { // they mean the same bytes: the last two bits are unused
		f.Add(uint8(0), uint16(last), uint16(1), string(alphabet[strings.IndexByte(alphabet, good[0][last])&^3|i]))
	}
	f.Add(uint8(0), uint16(0), uint16(math.MaxUint16), "a.b.c")
	f.Fuzz(func(t *testing.T, which uint8, at, cut uint16, text string) {
		token := splice(bases[int(which)%len(bases)], at, cut, text)
		_, err := w.Sessions.Authenticate(t.Context(), token)
		if slices.Contains(good, token) {
			if err != nil {
				t.Errorf("a good token: %v", err)
			}
		} else if !core.Is(err, core.Unauthenticated) {
			t.Errorf("%q: %v", token, err)
		}
	})
}

// No refresh token is good but those that the server has made; any other one is
// UNAUTHENTICATED, whatever it is brought for, and ends no session.
func FuzzRefreshToken(f *testing.F) {
	w := still(f)
	w.as(f, "ada", core.Member)
	var bases []string
	for range 2 {
		_, tokens, err := w.Sessions.SignIn(f.Context(), "ada@example.org", "correct horse")
		if err != nil {
			f.Fatal(err)
		}
		bases = append(bases, tokens.RefreshToken)
	}
	good := slices.Clone(bases)
	id, rest, _ := strings.Cut(good[0], ".")
	other, _, _ := strings.Cut(good[1], ".")
	_, hash, _ := strings.Cut(rest, ".")
	bases = append(bases, other+"."+rest, w.userID(f, "ada")+"."+rest, id+".1."+hash, id+".-1."+hash, id+".+0."+hash, id+".00."+hash, id+"\x00.0."+hash, id+".0.", "..")
	for i, base := range bases {
		f.Add(uint8(i), uint16(0), uint16(0), "")
		f.Add(uint8(i), uint16(len(base)-1), uint16(1), "_")
		f.Add(uint8(i), uint16(len(base)), uint16(0), "\n")
	}
	f.Add(uint8(0), uint16(0), uint16(math.MaxUint16), "sess_x.9223372036854775807.y")
	sessions := func(t testing.TB) int64 {
		n, err := w.docs.Count(t.Context(), "sessions", core.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	f.Fuzz(func(t *testing.T, which uint8, at, cut uint16, text string) {
		token := splice(bases[int(which)%len(bases)], at, cut, text)
		_, next, err := w.Sessions.Refresh(t.Context(), token)
		if slices.Contains(good, token) { // again and again, for the clock stands within the grace
			if err != nil || next.RefreshToken == token {
				t.Errorf("a good token: %v", err)
			}
			return
		}
		if !core.Is(err, core.Unauthenticated) {
			t.Errorf("%q: %v", token, err)
		}
		if _, err := w.Sessions.SignOut(t.Context(), token, true); !core.Is(err, core.Unauthenticated) {
			t.Errorf("sign out with %q: %v", token, err)
		}
		if n := sessions(t); n != int64(len(good)) {
			t.Errorf("%d sessions are left of %d", n, len(good))
		}
	})
}

// A private file and a direct upload are reached with the signature that was
// made for just that purpose, id and end; with another one the file is NOT_FOUND
// and the upload FORBIDDEN.
func FuzzSignedURL(f *testing.F) {
	w := still(f)
	ctx := w.as(f, "ada", core.Member)
	file, err := w.Assets.Upload(ctx, core.Upload{Filename: "a.png", Declared: -1, Body: bytes.NewReader(png), Visibility: core.Private})
	if err != nil {
		f.Fatal(err)
	}
	promised, req, err := w.Assets.Promise(ctx, core.Promise{Filename: "a", ContentType: "text/plain", Size: 3, SHA256: strings.Repeat("0", 64), Visibility: core.Private})
	if err != nil {
		f.Fatal(err)
	}
	query := func(address string) url.Values {
		u, err := url.Parse(address)
		if err != nil {
			f.Fatal(err)
		}
		return u.Query()
	}
	end := req.ExpiresAt
	made := []struct {
		purpose, id string
		query       url.Values
		good        bool
	}{
		{"file", file.ID, query(*w.Assets.URL(file)), true},
		{"upload", promised.ID, query(req.URL), true},
		{"upload", file.ID, w.SignURL("upload", file.ID, end), true}, // it was sent already
		{"file", promised.ID, w.SignURL("file", promised.ID, end), false},
		{"file", file.ID, w.SignURL("file", file.ID, end.Add(-24*time.Hour)), false},
		{"upload", promised.ID, w.SignURL("upload", promised.ID, time.Unix(0, 0)), false},
		{"upload", "x", w.SignURL("upload", "x", end), true}, // there is none
		{"file", "", w.SignURL("file", "", end), false},
	}
	for i, m := range made {
		text := m.query.Encode()
		for j := range made {
			f.Add(uint8(i), uint8(j), "", j%2 == 0, uint16(0), uint16(0), "")
		}
		f.Add(uint8(i), uint8(i), "", m.purpose == "upload", uint16(len("expires=")), uint16(0), "%2B")
		f.Add(uint8(i), uint8(i), "", m.purpose == "upload", uint16(len(text)-1), uint16(1), "_")
		f.Add(uint8(i), uint8(i), "", m.purpose == "upload", uint16(0), uint16(0), "expires=9&")
		f.Add(uint8(i), uint8(i), "\xff", m.purpose == "upload", uint16(len(text)), uint16(0), "&signature=%zz;")
	}
	f.Fuzz(func(t *testing.T, which, of uint8, suffix string, up bool, at, cut uint16, text string) {
		id := made[int(of)%len(made)].id + suffix
		// As of a request: what is broken in the query is left out.
		q, _ := url.ParseQuery(splice(made[int(which)%len(made)].query.Encode(), at, cut, text))
		purpose := map[bool]string{true: "upload", false: "file"}[up]
		good := false
		for _, m := range made {
			good = good || m.good && m.purpose == purpose && m.id == id && m.query.Get("expires") == q.Get("expires") && m.query.Get("signature") == q.Get("signature")
		}
		var err error
		refused := core.Code(core.NotFound)
		if up {
			err = w.Assets.Receive(t.Context(), id, q, strings.NewReader("abc"), -1) // not the promised bytes
			refused = core.Forbidden
			if good && (core.Is(err, core.Invalid) || core.Is(err, core.Conflict) || core.Is(err, core.NotFound)) {
				return
			}
		} else if _, err = w.Assets.File(t.Context(), id, q); good && err == nil {
			return
		}
		if good || !core.Is(err, refused) {
			t.Errorf("%s of %q with %v: %v", purpose, id, q, err)
		}
	})
}

func FuzzCleanFilename(f *testing.F) {
	for _, s := range []string{"a.png", "../x", `\\host\share`, strings.Repeat("é.", 300), "\xff\xfe", ". . .", "a\u2028b", "%2F..%5c", "%2%2ff", "%2\x00f."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := core.CleanFilename(name)
		if got == "" || len(got) > 255 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n\u2028") || strings.Trim(got, ". \t") != got {
			t.Errorf("%q became %q", name, got)
		}
		if again := core.CleanFilename(got); again != got {
			t.Errorf("%q, then %q", got, again)
		}
	})
}
