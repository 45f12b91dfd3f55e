// Package advisories_test re-enacts published advisories and reports about
// comparable servers against our schema and the real binary. Each test names what
// it re-enacts: parse is parse-community/parse-server, strapi strapi/strapi,
// payload payloadcms/payload, hasura hasura/graphql-engine, gqlgen
// 99designs/gqlgen. Beside each attack stands a control, the honest request that
// must work, so that no test passes because nothing happened.
package advisories_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/e2e/grapnel"
)

// product is the binary of the repository, shop that of a project with types of
// its own; both are built by TestMain.
var product, shop grapnel.Binary

func TestMain(m *testing.M) {
	grapnel.Main(m, map[*grapnel.Binary]string{&product: ".", &shop: "examples/shop"})
}

type vars = grapnel.Vars

// messages are the texts of an answer's errors.
func messages(answer map[string]any) string {
	list, _ := answer["errors"].([]any)
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprint(grapnel.Dig(e, "message")))
	}
	return strings.Join(out, "\n")
}

// setRole makes a user somebody else.
func setRole(s *grapnel.Server, root, id, role string) {
	s.Get(root, `mutation($id: ID!, $r: Role!) { setUserRole(input: {id: $id, role: $r}) { user { role } } }`, vars{"id": id, "r": role}, "setUserRole")
}

func sha256Hex[T ~string | ~[]byte](data T) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

func sha256Of(r io.Reader) string {
	h := sha256.New()
	_, _ = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil))
}
