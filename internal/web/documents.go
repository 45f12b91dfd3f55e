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

// trusted are the only documents that may run, where there are any.
type trusted struct {
	byID  map[string]string
	texts map[string]bool
}

func newTrusted(byID map[string]string) *trusted {
	if byID == nil {
		return nil
	}
	t := &trusted{byID: byID, texts: make(map[string]bool, len(byID))}
	for _, text := range byID {
		t.texts[text] = true
	}
	return t
}

// unknownDocument has the text that Apollo's clients know.
func unknownDocument() *gqlerror.Error {
	return graphqlhttp.NewError(persistedQueryNotFound, "PersistedQueryNotFound")
}

// find puts the document that a request names in the place of its query. Without
// trusted documents these are Apollo's automatic persisted queries: a hash alone
// finds what some client sent with it before. With them, a document runs by its id,
// or when it is, letter by letter, one of them.
// The id is "" when the request has none.
func (e *engine) find(params *graphql.RawParams) (id string, _ *gqlerror.Error) {
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
		case !e.trusted.texts[params.Query]:
			return "", graphqlhttp.NewError(documentNotTrusted, "This server runs only the documents of its manifest. Add this one, or send the id of one of them as documentId.")
		}
		return id, nil
	}
	switch {
	case params.Query == "":
		text, ok := e.persisted.Get(context.Background(), id)
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
