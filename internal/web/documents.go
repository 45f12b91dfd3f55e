package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// The codes of documents that do not run because of what they are called.
const (
	persistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"
	documentNotTrusted     = "DOCUMENT_NOT_TRUSTED"
)

// trusted are the documents that everybody may run, where not all are.
type trusted struct {
	byID  map[string]string
	texts map[string]bool
	least core.Role // whose callers may run any other, too; "": nobody
}

func newTrusted(byID map[string]string, least core.Role) *trusted {
	if byID == nil {
		return nil
	}
	t := &trusted{byID: byID, texts: make(map[string]bool, len(byID)), least: least}
	for _, text := range byID {
		t.texts[text] = true
	}
	return t
}

// check refuses a document that is none of these and comes from somebody who may run
// no others. Whose token has expired is told so, and not who they are without it.
func (t *trusted) check(ctx context.Context, document string) *gqlerror.Error {
	if t.texts[document] {
		return nil
	}
	if t.least != "" {
		if core.PrincipalOf(ctx).Role.AtLeast(t.least) {
			return nil
		}
		if err := expired(ctx); err != nil {
			return err
		}
	}
	return graphqlhttp.NewError(documentNotTrusted, "This server runs only the documents of its manifest. Add this one, or send the id of one of them as documentId.")
}

// unknownDocument has the text that Apollo's clients know.
func unknownDocument() *gqlerror.Error {
	return graphqlhttp.NewError(persistedQueryNotFound, "PersistedQueryNotFound")
}

// find puts the document that a request names in the place of its query. Without
// trusted documents these are Apollo's automatic persisted queries: a hash alone
// finds what some client sent with it before. With them, a document runs by its id,
// when it is, letter by letter, one of them, or for who may run others, too.
// The id is "" when the request has none.
func (e *engine) find(ctx context.Context, params *graphql.RawParams) (id string, _ *gqlerror.Error) {
	id, err := graphqlhttp.Document(params)
	if err != nil {
		return "", graphqlhttp.Present(err)
	}
	if e.trusted != nil {
		text, ok := e.trusted.byID[id]
		switch {
		case ok: // whatever was sent beside its id
			params.Query = text
		case params.Query == "":
			return "", unknownDocument()
		}
		return id, e.trusted.check(ctx, params.Query)
	}
	switch {
	case params.Query == "":
		text, ok := e.persisted.Get(ctx, id)
		if !ok {
			return "", unknownDocument()
		}
		params.Query = text
	case id != "":
		sum := sha256.Sum256([]byte(params.Query))
		if hex.EncodeToString(sum[:]) != id {
			return "", graphqlhttp.NewError(core.Invalid, "The id of the document is not the SHA-256 hash of the query.")
		}
	}
	return id, nil
}

// keep lets a document that was sent with its hash be found by that alone.
func (e *engine) keep(id, document string) {
	if id != "" && e.trusted == nil {
		e.persisted.put(id, document, len(document))
	}
}
