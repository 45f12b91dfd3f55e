package resolvers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A page of users is no page of errors: whoever may not read a field gets null, and
// the answer says once which fields they are.
func TestWithheldFieldsOfAPage(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	out := a.do("author", `{ users(first: 20) { nodes { username email suspendedAt } edges { node { mail: email } } } }`, nil)
	var got struct {
		Data struct {
			Users struct{ Nodes []map[string]any }
		}
		Errors     []any
		Extensions struct {
			Withheld     [][]any
			WithheldMore int
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Errors != nil || len(got.Data.Users.Nodes) != 5 {
		t.Fatal(out)
	}
	withheld := map[string]int{}
	for _, path := range got.Extensions.Withheld {
		withheld[fmt.Sprint(path...)]++
	}
	for i, user := range got.Data.Users.Nodes {
		own := user["username"] == "author"
		if (user["email"] != nil) != own {
			t.Errorf("reads %v", user)
		}
		for _, path := range []string{fmt.Sprint("users", "nodes", i, "email"), fmt.Sprint("users", "nodes", i, "suspendedAt"), fmt.Sprint("users", "edges", i, "node", "mail")} {
			if n := withheld[path]; (n == 1) == own {
				t.Errorf("%s is withheld %d times, of %v", path, n, user)
			}
		}
	}
	if len(withheld) != 12 || got.Extensions.WithheldMore != 0 {
		t.Errorf("withheld: %v and %d more", withheld, got.Extensions.WithheldMore)
	}
}

// However many fields are withheld, and however long the names by which a document
// calls them, the list of them is bounded.
func TestWithheldFieldsAreBounded(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var fields strings.Builder
	for i := range 90 {
		fmt.Fprintf(&fields, "%s%d: email ", strings.Repeat("x", 1000), i)
	}
	out := a.do("", `{ user(id: "`+a.ids["author"]+`") { `+fields.String()+` } }`, nil)
	listed := len(dig(t, out, "extensions.withheld").([]any))
	more := int(dig(t, out, "extensions.withheldMore").(float64))
	_, list, _ := strings.Cut(out, `"extensions":`)
	if strings.Contains(out, `"errors"`) || listed+more != 90 || listed < 20 || len(list) > 40<<10 {
		t.Errorf("%d are listed and %d more, in %d bytes", listed, more, len(list))
	}
}

// Every transport tells of withheld fields alike.
func TestWithheldFieldsByEveryTransport(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	query := fmt.Sprintf("{ user(id: %q) { email } }", a.ids["author"])
	want := `{"data":{"user":{"email":null}},"extensions":{"withheld":[["user","email"]]}}`
	get := func(accept string) string {
		req, err := http.NewRequestWithContext(t.Context(), "GET", a.url+"/graphql?query="+url.QueryEscape(query), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		return a.send("editor", req)
	}
	if out := get("application/json"); out != want {
		t.Errorf("GET answered %s", out)
	}
	if out := get("text/event-stream"); !strings.Contains(out, "event: next\ndata: "+want+"\n") {
		t.Errorf("the event stream sent %s", out)
	}

	post := a.draft("author", nil)
	a.publish("author", post, time.Time{})
	query = `mutation($file: Upload!) {
		uploadAsset(input: {file: $file}) { asset { owner { email } } }
		unpublishPost(input: {id: "` + post + `"}) { post { author { email } } }
	}`
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	operations, _ := json.Marshal(map[string]any{"query": query, "variables": vars{"file": nil}})
	_ = w.WriteField("operations", string(operations))
	_ = w.WriteField("map", `{"0":["variables.file"]}`)
	part, _ := w.CreateFormFile("0", "notes.txt")
	_, _ = part.Write([]byte("Some text."))
	_ = w.Close()
	req, err := http.NewRequestWithContext(t.Context(), "POST", a.url+"/graphql", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("GraphQL-Require-Preflight", "1")
	want = `{"data":{"uploadAsset":{"asset":{"owner":{"email":"editor@example.org"}}},"unpublishPost":{"post":{"author":{"email":null}}}},` +
		`"extensions":{"withheld":[["unpublishPost","post","author","email"]]}}`
	if out := a.send("editor", req); out != want {
		t.Errorf("multipart answered %s", out)
	}

	s := a.subscribe("editor", "")
	s.write(vars{"id": "2", "type": "subscribe", "payload": vars{"query": fmt.Sprintf("{ user(id: %q) { email } }", a.ids["author"])}})
	want = `{"data":{"user":{"email":null}},"extensions":{"withheld":[["user","email"]]}}`
	if m := s.read(); m.ID != "2" || string(m.Payload) != want {
		t.Errorf("the socket sent %s", m.Payload)
	}
}
