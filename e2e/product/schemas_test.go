package product_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// A command of a program with another schema runs beside a server, as after an edit of
// the schema: the server writes and reads no more of what is declared otherwise, and
// says so. What both have written is in the lists of the next one.
func TestTwoSchemas(t *testing.T) {
	grapnel.EachStores(t, func(t *testing.T, stores grapnel.Stores) {
		old := binary.Start(t, stores.Env...)
		old.SignUp("ada")
		writer := old.Admin()
		old.Get(writer, writeTour, vars{"t": "Before"}, "createPost.post.id")
		if out := binary.Command(t, stores.Env, "", "migrate", "--dry-run"); ready(t, old) != http.StatusOK {
			t.Fatalf("a program of the same schema is in the way: %s", out)
		}

		shop.Command(t, stores.Env, grapnel.Password+"\n", "admin", "create", "--email", "boss@example.org")
		for _, query := range []string{
			`mutation { signUp(input: {username: "bob", email: "bob@example.org", password: "correct horse battery"}) { viewer { id } } }`,
			`{ users { nodes { id } } }`,
		} {
			if out, err := old.Post("", query, nil); err != nil || grapnel.Code(out) != "UNAVAILABLE" {
				t.Errorf("%s: %v %v", query, err, out)
			}
		}
		for end := time.Now().Add(20 * time.Second); ready(t, old) != http.StatusServiceUnavailable; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the server still says that it is ready")
			}
		}
		old.Stop()

		p := shop.Start(t, stores.Env...)
		p.SignUp("cyd")
		root := p.SignIn("root@example.org", grapnel.Password)
		names := p.Get(root, `{ users(where: {seller: {eq: false}}, orderBy: {field: USERNAME, direction: ASC}) { nodes { username } } }`, nil, "users.nodes")
		if n := len(names.([]any)); n != 4 {
			t.Errorf("%d users: %v", n, fmt.Sprint(names))
		}
	})
}

// ready is the status of /readyz.
func ready(t *testing.T, p *grapnel.Server) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.URL+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Do("", req)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status
}
