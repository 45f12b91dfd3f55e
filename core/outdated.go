package core

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// ErrOutdated says that another process has ensured the collection by a Spec that
// differs, so that nobody with this one may read or write it any more.
var ErrOutdated error = Errorf(Unavailable, "Since this server started, a program has declared this type otherwise. Restart the server, with the program that is to go on.")

// Fingerprint is a short text, the same for Specs by which documents are stored,
// checked and found alike. Rules are part of it as far as hidden fields tell of them.
func (s Spec) Fingerprint() string {
	words := 0
	if len(s.Search) > 0 {
		words = WordRules
	}
	text, err := json.Marshal(struct {
		Declared *snapshot
		Fields   []Field
		Live     bool
		Words    int
	}{newSnapshot(s), s.Fields, s.Live, words})
	if err != nil {
		panic(fmt.Sprintf("core: the Spec of %s: %v", s.Name, err)) // plain strings and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
